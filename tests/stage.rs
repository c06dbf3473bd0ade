//! What is seen on the stage: it changes nothing, and it hangs together.

use std::collections::{BTreeMap, BTreeSet};

use cachelane::experiment::Experiment;
use cachelane::report::Report;
use cachelane::scenario::*;
use cachelane::stage::{Condition, Errand, Fate, Hop, Part, Scene, Word};
use cachelane::strategy::source;
use cachelane::time::Nanos;

const STEPS: u64 = 400;

/// Runs a preset, watched by `every` or not at all, and gives what each lane has shown, piece by piece.
fn run(preset: &str, every: impl Fn(u64) -> Option<u64>) -> (Report, Vec<Vec<Scene>>) {
    let scenario = presets::get(preset).expect("a preset").scenario();
    let mut experiment = Experiment::new(scenario, None).expect("a preset runs");
    let mut scenes = vec![Vec::new(); scenario.lanes.len()];
    for step in 1..=STEPS {
        experiment.watch(every(step));
        let to = if step == STEPS { Nanos::MAX } else { Nanos(scenario.duration.0 / STEPS * step) };
        experiment.advance(to, || false);
        for (lane, scene) in experiment.scenes().into_iter().enumerate() {
            scenes[lane].push(scene);
        }
    }
    (experiment.report(), scenes)
}

const PRESETS: [&str; 6] = ["default", "dual-write", "flush-race", "stale-set-race", "failover", "local-vs-global"];

#[test]
fn whoever_watches_changes_nothing() {
    for preset in PRESETS {
        let (alone, none) = run(preset, |_| None);
        let (watched, scenes) = run(preset, |_| Some(1));
        // Begun and ended in the middle of a run, and now and then only counting.
        let (now_and_then, _) = run(preset, |step| [None, Some(3), Some(0), Some(64)][step as usize / 7 % 4]);
        assert_eq!(alone, watched, "{preset}");
        assert_eq!(alone, now_and_then, "{preset}");
        assert!(none.iter().all(Vec::is_empty));
        assert!(scenes.iter().flatten().any(|scene| !scene.hops.is_empty()), "{preset}: there was something to see");
    }
}

/// The hops of each journey that began after the first scene, in the order in which they were told.
fn journeys(scenes: &[Scene]) -> BTreeMap<u32, Vec<Hop>> {
    let mut journeys: BTreeMap<u32, Vec<Hop>> = BTreeMap::new();
    for hop in scenes.iter().flat_map(|scene| &scene.hops) {
        journeys.entry(hop.journey).or_default().push(*hop);
    }
    journeys
}

#[test]
fn a_followed_request_goes_from_part_to_part_and_comes_back() {
    let (_, lanes) = run("default", |_| Some(64));
    for scenes in &lanes {
        assert!(scenes.iter().all(|scene| scene.left_out == 0), "every 64th fits");
        let ends: BTreeMap<u32, Fate> =
            scenes.iter().flat_map(|scene| &scene.ended).map(|end| (end.journey, end.fate)).collect();
        let mut whole = 0;
        for (journey, hops) in journeys(scenes) {
            if !matches!(ends.get(&journey), Some(Fate::Fresh | Fate::Stale | Fate::Acknowledged)) {
                continue;
            }
            assert_eq!((hops[0].from, hops[0].word), (Part::Client, Word::Ask), "{hops:?}");
            assert_eq!(hops.last().map(|hop| hop.to), Some(Part::Client), "{hops:?}");
            for pair in hops.windows(2) {
                assert_eq!(pair[0].to, pair[1].from, "{hops:?}");
                assert!(pair[0].leaves <= pair[0].arrives && pair[0].arrives <= pair[1].leaves, "{hops:?}");
            }
            whole += 1;
        }
        assert!(whole > 100, "{whole} requests came back");
    }
}

/// After the end everything is tidied up; what stands on the stage then is what stood there when the clients left.
#[test]
fn the_stage_of_a_run_that_is_over_is_that_of_its_end() {
    let scenario = presets::get("default").expect("a preset").scenario();
    let write_back = scenario.lanes.iter().position(|lane| lane.write.write_back().is_some()).expect("a lane");
    // Between two flushes there are dirty entries, which are flushed after the end.
    let scenario = Scenario { duration: Nanos::from_millis(59_900), ..scenario.clone() };
    let mut experiment = Experiment::new(&scenario, None).expect("a preset runs");
    experiment.keep_parts_at_end();
    experiment.watch(Some(64));
    experiment.advance(scenario.duration, || false);
    let dirty = |experiment: &mut Experiment| experiment.scenes()[write_back].parts.dirty;
    let at_end = dirty(&mut experiment);
    experiment.watch(None); // also for those who look away meanwhile
    experiment.advance(Nanos::MAX, || false);
    experiment.watch(Some(0));
    assert!(at_end.is_some_and(|dirty| dirty > 0), "{at_end:?}");
    assert_eq!(dirty(&mut experiment), at_end);
}

#[test]
fn a_hit_ends_at_the_cache_and_a_miss_goes_on_to_the_database() {
    let (_, lanes) = run("default", |_| Some(64));
    let of_lane = |scenes: &[Scene], word| {
        let reads = journeys(scenes).into_values().filter(|hops| hops[0].errand == Errand::Read);
        let such = reads.filter(|hops| hops.iter().any(|hop| hop.from == Part::Cache && hop.word == word));
        such.map(|hops| hops.iter().any(|hop| hop.to == Part::Database)).collect::<Vec<bool>>()
    };
    let all = |word| lanes.iter().flat_map(|scenes| of_lane(scenes, word)).collect::<Vec<_>>();
    assert!(all(Word::Hit).len() > 100 && all(Word::Hit).iter().all(|goes_on| !goes_on));
    assert!(all(Word::Miss).len() > 100 && all(Word::Miss).iter().filter(|goes_on| **goes_on).count() > 100);
}

#[test]
fn dirty_entries_pile_up_sail_off_in_flushes_and_are_lost_in_a_crash() {
    let (report, lanes) = run("default", |_| Some(0));
    let write_back: Vec<usize> = (0..lanes.len()).filter(|&lane| lanes[lane][0].parts.dirty.is_some()).collect();
    assert!(!write_back.is_empty() && write_back.len() < lanes.len(), "some lanes write back, some do not");
    for (lane, scenes) in lanes.iter().enumerate() {
        let flushes = scenes.iter().flat_map(|scene| &scene.hops).filter(|hop| hop.errand == Errand::Flush);
        let rows: u32 = flushes.filter(|hop| hop.to == Part::Database).map(|hop| hop.rows).sum();
        let most = scenes.iter().filter_map(|scene| scene.parts.dirty).max().unwrap_or(0);
        assert_eq!((rows > 0, most > 0), (write_back.contains(&lane), write_back.contains(&lane)), "lane {lane}");
        let last = &scenes.last().expect("scenes").parts;
        assert_eq!(last.lost, report.lanes[lane].ever_lost, "lane {lane}");
        assert!(last.entries <= last.capacity && last.busy <= last.workers);
        let crashed = scenes.iter().any(|scene| scene.parts.nodes.contains(&Condition::Down));
        assert!(crashed, "the preset crashes the cache");
        assert!(scenes.iter().all(|scene| scene.journeys.is_empty()), "no request is followed");
    }
}

// ---- The strategies' code ----

/// A few seconds of everything that a lane may do for a request, with a cache that is too small and goes down.
fn world_of(lane: Lane) -> Scenario {
    let mut scenario = Scenario { duration: Nanos::from_secs(4), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 100.0 };
    scenario.clients.keys = Keys::zipf(20, 0.9);
    (scenario.clients.write_ratio, scenario.clients.modify_ratio) = (0.3, 0.2);
    scenario.cache.ttl = Ttl::Fixed(Nanos::from_secs(2));
    scenario.cache.capacity = Capacity::Entries(10);
    (scenario.database.abort, scenario.app.retries) = (0.2, 0);
    scenario.faults =
        vec![Fault { lasts: Nanos::from_millis(300), ..Fault::new(FaultKind::CacheCrash, Nanos::from_secs(2)) }];
    // Of lanes that can, some ask for several keys at once.
    (scenario.clients.multi_get_ratio, scenario.clients.multi_get_keys) = match lane.name.as_str() {
        "several" | "scattered" => (0.3, 3),
        _ => (0.0, Clients::default().multi_get_keys),
    };
    scenario.app.scatter = lane.name == "scattered";
    scenario.lanes = vec![lane];
    scenario
}

/// Every strategy with every option that leads to a line of its own.
fn lanes() -> Vec<Lane> {
    let look_aside = |how| Lane { read: Reading::LookAside(how), ..Lane::default() };
    let standard = LookAside::default();
    let mut lanes = vec![
        Lane { read: Reading::None {}, ..Lane::default() },
        Lane { read: Reading::read_through(), ..Lane::default() },
        look_aside(LookAside { single_flight: true, ..standard.clone() }),
        look_aside(LookAside { leases: Leases::Wait, ..standard.clone() }),
        look_aside(LookAside { gutter: Some(Gutter::default()), ..standard.clone() }),
        look_aside(LookAside { early_refresh: Some(1.0), ..standard }),
        Lane { name: "several".to_owned(), ..Lane::default() },
        Lane { name: "scattered".to_owned(), ..Lane::default() },
    ];
    let (around, through) = (WriteAround::default(), WriteThrough::default());
    let mut ways: Vec<Writing> =
        [Invalidate::Leave, Invalidate::Update, Invalidate::DeleteTwice, Invalidate::DeleteAgain]
            .map(|cached| Writing::WriteAround(WriteAround { cached, ..around.clone() }))
            .into();
    for order in [Order::DatabaseFirst, Order::CacheFirst] {
        let rollback = order == Order::CacheFirst;
        ways.push(Writing::WriteThrough(WriteThrough { order, rollback, ..through.clone() }));
    }
    let queued = WriteBack { buffer: BufferIn::App, ..WriteBack::default() };
    ways.extend([WriteBack::default(), queued].map(Writing::WriteBack));
    ways.push(Writing::Outbox(Outbox::default()));
    lanes.extend(ways.into_iter().map(|write| Lane { write, ..Lane::default() }));
    let modify = Modify::CompareAndSet { tries: 3 };
    lanes.push(Lane { modify, ..Lane::default() });
    lanes.push(Lane {
        write: Writing::WriteBack(WriteBack::default()),
        modify: Modify::Increment {},
        ..Lane::default()
    });
    lanes
}

/// What a line says that sends such a message.
fn calls(word: Word) -> &'static [&'static str] {
    match word {
        Word::LookUp => &[
            "cache.get(",
            "cache.get_from_gutter(",
            "cache.get_copy(",
            "cache.lease(",
            "cache.fetch(",
            "cache.fetch_to_change(",
            "cache.multi_get(",
        ],
        Word::Fill => &["cache.fill("],
        Word::Set => &["renew_copy(", "renew_or_drop_copy(", "cache.write_behind("],
        Word::Delete => &["cache.delete(", "renew_copy(", "renew_or_drop_copy("],
        Word::Query => &["database.read(", "database.read_primary(", "database.read_several(", "cache.load("],
        Word::Commit => &["database.write("],
        Word::Ask | Word::Hit | Word::Miss | Word::Done | Word::Failed => &[],
    }
}

/// The hops of requests in such a lane, but for those to and from clients.
fn hops_of(lane: Lane) -> Vec<Hop> {
    let name = lane.title();
    let mut experiment = Experiment::new(&world_of(lane), None).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut hops = Vec::new();
    for step in 1..=400 {
        experiment.watch(Some(1));
        experiment.advance(Nanos::from_millis(step * 10), || false);
        hops.extend(experiment.scenes().into_iter().flat_map(|scene| scene.hops));
    }
    let is_own = |hop: &Hop| [Errand::Read, Errand::Write, Errand::Rest].contains(&hop.errand);
    hops.retain(|hop| is_own(hop) && hop.from != Part::Client && hop.to != Part::Client);
    hops
}

#[test]
fn every_step_of_a_request_is_a_line_of_its_strategy_that_makes_that_call() {
    let mut been: BTreeSet<(&str, u32)> = BTreeSet::new();
    for lane in lanes() {
        let name = lane.title();
        let mut asked: BTreeMap<u32, u32> = BTreeMap::new();
        for hop in hops_of(lane) {
            let stack = source::stack(hop.line);
            let (function, line) = *stack.last().unwrap_or_else(|| panic!("{name}: {hop:?} is of no line"));
            let text = function.lines().find(|(number, _)| *number == line).expect("a line of it").1;
            if hop.word.is_answer() {
                continue; // another call of its task may be under way
            }
            assert!(calls(hop.word).iter().any(|call| text.contains(call)), "{name}: {hop:?} by {text}");
            asked.insert(hop.journey, hop.line);
            been.insert((function.file, line));
        }
        assert!(asked.len() > 100, "{name}: {} requests", asked.len());
    }
    // And no call is left out: what a request can do has been done.
    let beside = [
        "outbox::relay",
        "outbox::pass_on",
        "write_around::read_log",
        "write_around::see_to_copies",
        "write_back::flusher",
        "write_back::flush",
        "leases::guard",
    ];
    let all = source::functions().filter(|function| {
        !beside.contains(&&*format!("{}::{}", function.file, function.name)) && function.name != "read_write_delete"
    });
    let words = [Word::LookUp, Word::Fill, Word::Set, Word::Delete, Word::Query, Word::Commit];
    let is_call = |line: &str| words.iter().any(|word| calls(*word).iter().any(|call| line.contains(call)));
    let left: Vec<&str> = all
        .flat_map(|function| function.lines().map(move |(number, line)| (function.file, number, line)))
        .filter(|(file, number, line)| is_call(line) && !line.contains("//") && !been.contains(&(*file, *number)))
        .map(|(.., line)| line.trim())
        .collect();
    assert_eq!(left, [""; 0], "lines where no request has been");
}
