//! Stories from presets: each names who did it, and when.

use cachelane::experiment::Experiment;
use cachelane::experiment::telling::Telling;
use cachelane::ledger::{Case, CaseKind, Cases, Cause, Divergence, Part};
use cachelane::phrase::Language;
use cachelane::scenario::{Gutter, Scenario, presets};
use cachelane::story::{Line, Role, Told};
use cachelane::time::Nanos;

fn preset(name: &str) -> Scenario {
    presets::get(name).expect("a preset").scenario().clone()
}

/// The first case for which `such` holds, of those that `of` lists, told.
fn told(scenario: &Scenario, lane: usize, of: impl Fn(&Cases) -> Vec<Case>, such: impl Fn(&Case) -> bool) -> Told {
    let mut experiment = Experiment::new(scenario, None).expect("it runs");
    experiment.advance(Nanos::MAX, || false);
    let case = of(&experiment.cases(lane)).into_iter().find(such).expect("there is such a case");
    let told = Telling::new(scenario, None, lane, case).advance(|| false).expect("it runs").expect("it is told");
    check(&told);
    told
}

/// What holds of every story.
fn check(told: &Told) {
    let story = &told.story;
    assert!(!story.lines.is_empty() && story.lines.len() <= 12, "{story:#?}");
    assert!(story.lines.iter().all(|line| line.from < story.actors.len() && line.to < story.actors.len()));
    let times: Vec<Nanos> = story.lines.iter().map(|line| line.at).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(story.lines.iter().filter(|line| line.role == Role::Outcome).count(), 1, "{story:#?}");
    assert_eq!(cause(told).at, story.cause_at);
    for language in Language::ALL {
        well_formed(&story.mermaid(language), story.actors.len());
        well_formed(&told.mermaid("a; lane", language), story.actors.len());
        assert!(story.svg(language).ends_with("</svg>\n"));
    }
    let json = serde_json::to_string(told).expect("JSON");
    assert_eq!(&serde_json::from_str::<Told>(&json).expect("the same"), told);
}

/// Every line is one that Mermaid knows, of actors that are there.
fn well_formed(text: &str, actors: usize) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("sequenceDiagram"));
    let known = |actor: &str| actor.strip_prefix('p').and_then(|n| n.parse().ok()).is_some_and(|n: usize| n < actors);
    let mut declared = 0;
    for line in lines {
        let line = line.strip_prefix("    ").expect("indented");
        if let Some(rest) = line.strip_prefix("participant ") {
            let (id, name) = rest.split_once(" as ").expect("a name");
            assert!(id == format!("p{declared}") && !name.is_empty(), "{line}");
            declared += 1;
            continue;
        }
        let (who, said) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        let whole = said.replace("#35;", "").replace("#60;", "");
        assert!(!said.is_empty() && !whole.contains(['#', ';', '<']), "{line}");
        match who.strip_prefix("Note over ") {
            Some(over) => assert!(over.split(',').all(known), "{line}"),
            None => {
                let (from, to) = who.split_once("->>").unwrap_or_else(|| panic!("{line}"));
                assert!(known(from) && known(to), "{line}");
            }
        }
    }
    assert_eq!(declared, actors);
}

fn cause(told: &Told) -> &Line {
    told.story.cause().unwrap_or_else(|| panic!("a cause: {:#?}", told.story))
}

fn says(line: &Line) -> &str {
    line.text.say(Language::English)
}

fn part(told: &Told, actor: usize) -> Part {
    told.story.actors[actor].part
}

fn has(told: &Told, text: &str) -> bool {
    told.story.lines.iter().any(|line| says(line).contains(text))
}

fn write_back(scenario: &Scenario) -> usize {
    scenario.lanes.iter().position(|lane| lane.write.name() == "write-back").expect("a write-back lane")
}

fn lost(cases: &Cases) -> Vec<Case> {
    cases.lost().to_vec()
}

#[test]
fn a_write_lost_by_a_crash_names_the_crash_the_flush_due_and_what_kept_it_elsewhere() {
    let scenario = preset("default");
    let told =
        told(&scenario, write_back(&scenario), lost, |case| case.kind == CaseKind::Lost { cause: Cause::CacheCrash });
    let crash = scenario.faults[0].at.moment().expect("a crash at a moment");
    assert_eq!((cause(&told).at, told.story.case.at), (crash, crash));
    assert!(matches!(part(&told, cause(&told).from), Part::Node(_)));
    assert!(says(cause(&told)).starts_with("crash: w"), "{}", says(cause(&told)));
    assert!(has(&told, "acknowledged") && has(&told, "is dirty"));
    let due = told.story.lines.last().expect("a line");
    assert!(says(due).ends_with("would have been flushed") && due.at > crash, "{due:?}");
    assert_eq!(told.elsewhere.len(), scenario.lanes.len() - 1);
    assert!(told.elsewhere.iter().any(|other| other.kept == Some(true) && says_of(other).contains("committed at")));
}

fn says_of(other: &cachelane::story::Elsewhere) -> &str {
    other.text.say(Language::English)
}

#[test]
fn a_write_whose_mark_was_deleted_names_the_flush_that_took_the_set_before() {
    let told = told(&preset("flush-race"), 0, lost, |case| case.kind == CaseKind::Lost { cause: Cause::FlushMarkLost });
    let story = &told.story;
    assert_eq!(cause(&told).at, story.case.at, "lost when the mark was deleted");
    assert!(matches!(part(&told, cause(&told).from), Part::Flusher(_)));
    assert!(says(cause(&told)).contains("unflushed"));
    // The older write was taken before the lost one came, and committed before the marks were deleted.
    let taken = story.lines.iter().find(|line| says(line).starts_with("the flush takes w")).expect("the flush");
    let dirty = story.lines.iter().find(|line| says(line).contains("is dirty")).expect("the set");
    let committed = story.lines.iter().find(|line| says(line).starts_with("commits w")).expect("the commit");
    assert!(taken.at < dirty.at && dirty.at <= committed.at && committed.at <= cause(&told).at, "{story:#?}");
    assert!(story.left.say(Language::English).contains("the cache"), "it still stands there: {}", story.left);
    assert_eq!(told.elsewhere[0].kept, Some(true), "{}", told.elsewhere[0].text);
}

#[test]
fn a_write_that_a_crashed_flusher_had_taken_out_of_the_cache_is_told_so_in_both_languages() {
    let text = "duration = \"6s\"\n[[lane]]\nwrite = { kind = \"write-back\", every = \"1s\", take = \"getdel\" }\n\
                [[fault]]\nwhat = \"worker.crash\"\nat = { before_flush = 3 }\nfor = \"1s\"";
    let scenario = Scenario::from_toml(text).unwrap();
    let told = told(&scenario, 0, lost, |case| case.kind == CaseKind::Lost { cause: Cause::FlusherCrash });
    let story = &told.story;
    assert!(matches!(part(&told, cause(&told).from), Part::Flusher(_)));
    assert!(says(cause(&told)).starts_with("crash: only it had w"), "{}", says(cause(&told)));
    let taken = story.lines.iter().find(|line| says(line).contains("out of the cache")).expect("it was taken");
    assert!(taken.at <= cause(&told).at && has(&told, "acknowledged") && has(&told, "is dirty"), "{story:#?}");
    assert!(
        story
            .lines
            .iter()
            .any(|line| matches!(part(&told, line.from), Part::Flusher(_)) && says(line).contains("crash"))
    );
    let (english, korean) = (story.sentence.say(Language::English), story.sentence.say(Language::Korean));
    assert!(english.contains("flusher 0 crashed, which had taken w"), "{english}");
    assert!(korean.contains("쓰기 전에 플러셔 0 크래시"), "{korean}");
}

#[test]
fn a_write_in_the_queue_of_a_crashed_server_names_the_server_and_the_flush_that_would_have_saved_it() {
    let text = "duration = \"9s\"\n[[lane]]\nwrite = { kind = \"write-back\", every = \"2s\", buffer = \"app\" }\n\
                [[fault]]\nwhat = \"app.crash\"\nwhich = 1\nat = \"5s\"\nfor = \"1s\"";
    let scenario = Scenario::from_toml(text).unwrap();
    let told = told(&scenario, 0, lost, |case| case.kind == CaseKind::Lost { cause: Cause::QueueLost });
    let story = &told.story;
    assert_eq!((cause(&told).at, part(&told, cause(&told).from)), (Nanos::from_secs(5), Part::Server(1)));
    assert!(says(cause(&told)).contains("was in its queue") && has(&told, "queues w"), "{story:#?}");
    let due = story.lines.last().expect("a line");
    assert!(says(due).ends_with("would have been flushed") && due.at == Nanos::from_secs(6), "{due:?}");
    let (english, korean) = (story.sentence.say(Language::English), story.sentence.say(Language::Korean));
    assert!(english.contains("app server 1 crashed with w"), "{english}");
    assert!(korean.contains("앱 서버 1의 크래시로 큐에 있던 w"), "{korean}");
}

#[test]
fn a_stale_read_from_the_gutter_names_who_filled_it() {
    let scenario = crate::shards::with_a_dead_node(Some(Gutter { capacity: 100, ttl: Nanos::from_secs(8) }));
    let told = told(
        &scenario,
        0,
        Cases::stale,
        |case| matches!(case.kind, CaseKind::Stale { since } if case.at > since + Nanos::from_secs(1)),
    );
    assert_eq!(part(&told, cause(&told).to), Part::Gutter, "{:#?}", told.story);
    assert_eq!(says(cause(&told)), format!("SET w{}", told.story.case.write.0));
    assert!(told.story.sentence.say(Language::English).contains("reached the gutter"), "{}", told.story.sentence);
}

/// Writes that wait ten seconds for their flush, and are read meanwhile.
fn waiting(write: &str) -> Scenario {
    let text = format!(
        "duration = \"60s\"\n[clients]\narrivals = {{ kind = \"poisson\", rate = 200 }}\nkeys = {{ kind = \"uniform\", count = 2000 }}\n\
         write_ratio = 0.5\n[cache]\ncapacity = 2000\nttl = \"3s\"\n[[lane]]\nwrite = {{ kind = \"write-back\", every = \"10s\", {write} }}"
    );
    Scenario::from_toml(&text).unwrap()
}

#[test]
fn a_stale_read_of_a_row_that_went_back_names_the_commit_that_took_it_back() {
    // Two servers have queues of their own: the older write may come to the database last.
    let told = told(&waiting("buffer = \"app\""), 0, Cases::stale, |_| true);
    let value = told.story.case.write.0;
    assert_eq!(
        (says(cause(&told)).to_owned(), part(&told, cause(&told).to)),
        (format!("commits w{value}"), Part::Database),
        "{:#?}",
        told.story
    );
}

#[test]
fn a_stale_read_beside_a_flush_by_getdel_names_who_put_the_old_value_back() {
    let told = told(&waiting("take = \"getdel\""), 0, Cases::stale, |_| true);
    let value = told.story.case.write.0;
    assert_eq!(says(cause(&told)), format!("SET w{value}"), "{:#?}", told.story);
}

#[test]
fn a_stale_read_names_the_slow_reader_who_put_the_old_value_back() {
    let told = told(&preset("stale-set-race"), 0, Cases::stale, |_| true);
    let story = &told.story;
    let CaseKind::Stale { since } = story.case.kind else { panic!("a stale read") };
    // The worst of all: the old value was read before the newer one was committed, and put in after it was deleted.
    let old = format!("w{}", story.case.write.0);
    assert_eq!(says(cause(&told)), format!("SET {old}"));
    assert!(matches!(part(&told, cause(&told).from), Part::Server(_)));
    let line = |text: &str| story.lines.iter().find(|line| says(line) == text).unwrap_or_else(|| panic!("{text}"));
    let deleted = line("DELETE");
    assert!(deleted.at < cause(&told).at && since < story.case.issued);
    let read = story.lines.iter().find(|line| says(line) == old && part(&told, line.from) == Part::Database);
    assert!(read.expect("the reader has it from the database").at < cause(&told).at);
    // Which is the race: it was asked for before the newer one was there.
    let asked = story.lines.iter().find(|line| says(line) == "SELECT" && line.from == cause(&told).from);
    let committed = story.lines.iter().find(|line| says(line).starts_with("commits w")).expect("the commit");
    assert!(asked.expect("the reader's question").at < committed.at, "{story:#?}");
    let slow_reader = story.lines.iter().find(|line| {
        part(&told, line.to) == part(&told, cause(&told).from) && says(line) == "read" && line.at < cause(&told).at
    });
    let asked_by = slow_reader.map(|line| part(&told, line.from));
    assert_eq!(asked_by, story.asked_by.map(Part::Client), "{story:#?}");
    let outcome = story.lines.iter().find(|line| line.role == Role::Outcome).expect("the read");
    assert_eq!((outcome.at, says(outcome)), (story.case.at, format!("{old}, stale").as_str()));
    assert!(told.elsewhere.iter().any(|other| other.kept == Some(true)), "leases keep it fresh");
}

#[test]
fn a_write_lost_in_a_failover_names_the_crash_and_the_replica_that_took_over() {
    let scenario = preset("failover");
    let told = told(&scenario, 0, lost, |case| case.kind == CaseKind::Lost { cause: Cause::FailoverLag });
    assert!(says(cause(&told)).contains("the replica has not received w"), "{}", says(cause(&told)));
    assert_eq!(cause(&told).at, told.story.case.at);
    let crash = scenario.faults[0].at.moment().expect("a crash at a moment");
    let place = |such: &dyn Fn(&Line) -> bool| told.story.lines.iter().position(such).expect("a line");
    let (fault, culprit) = (place(&|line| says(line) == "cache crash"), place(&|line| line.role == Role::Cause));
    assert!(fault < culprit && told.story.lines[fault].at == crash, "{:#?}", told.story);
    assert!(!has(&told, "would have been flushed"), "none is due before the end of the run");
}

#[test]
fn a_copy_that_differs_for_good_names_the_update_that_was_overtaken() {
    let scenario = preset("dual-write");
    let overtaken =
        |case: &Case| matches!(case.kind, CaseKind::Diverging { divergence: Divergence::OvertakenUpdate, .. });
    let lane = (0..scenario.lanes.len()).find(|&lane| {
        let mut experiment = Experiment::new(&scenario, None).expect("it runs");
        experiment.advance(Nanos::MAX, || false);
        experiment.cases(lane).diverging().iter().any(overtaken)
    });
    let told = told(&scenario, lane.expect("a lane"), |cases| cases.diverging().to_vec(), overtaken);
    let copy = format!("w{}", told.story.case.write.0);
    assert_eq!(says(cause(&told)), format!("SET {copy}"));
    assert!(matches!(part(&told, cause(&told).to), Part::Node(_)));
    assert!(told.story.lines.iter().filter(|line| says(line).starts_with("commits w")).count() >= 2, "both writers");
}

#[test]
fn a_read_of_what_then_was_lost_names_the_reader_and_what_took_it() {
    let scenario = preset("default");
    let told = told(&scenario, write_back(&scenario), |cases| cases.vanished().to_vec(), |_| true);
    let value = format!("w{}", told.story.case.write.0);
    assert!(says(cause(&told)).contains(&format!("{value} is gone")), "{}", says(cause(&told)));
    let read = |line: &&Line| says(line) == value && matches!(part(&told, line.to), Part::Client(_));
    assert!(told.story.lines.iter().find(read).expect("the reader").at < cause(&told).at);
    assert!(has(&told, "cache crash"));
}

#[test]
fn listening_changes_nothing_and_a_story_cut_into_pieces_is_the_same() {
    let scenario = preset("flush-race");
    let mut experiment = Experiment::new(&scenario, None).expect("it runs");
    experiment.advance(Nanos::MAX, || false);
    let case = experiment.cases(0).lost()[0];
    let whole = Telling::new(&scenario, None, 0, case).advance(|| false).expect("it runs").expect("it is told");
    let mut cut = Telling::new(&scenario, None, 0, case);
    let mut pieces = 0;
    let told = loop {
        pieces += 1;
        if let Some(told) = cut.advance(|| true).expect("it runs") {
            break told;
        }
    };
    assert!(pieces > 10 && told == whole, "{pieces} pieces");
    let mut listened = cachelane::simulation::Simulation::new(&scenario, 0, None).expect("it runs");
    listened.listen(case.key);
    listened.run_until(Nanos::MAX);
    assert!(listened.ledger().heard().len() > 100);
    assert_eq!(listened.report().digest, experiment.report().lanes[0].digest);
}
