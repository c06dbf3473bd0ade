//! Temporary: digests of random worlds, to compare two engines.
use cachelane::random::{Stream, Streams};
use cachelane::scenario::form::{Form, FormField, Input};
use cachelane::scenario::limits::Range;
use cachelane::scenario::*;
use cachelane::simulation::Simulation;
use cachelane::time::Nanos;

fn pick<'a>(draws: &mut Stream, from: &[&'a str]) -> &'a str {
    from[draws.below(from.len() as u32) as usize]
}

const DISTRIBUTIONS: &[&str] = &[
    "0s",
    "0s",
    "1ns",
    "300us",
    "300us",
    "2ms",
    "exponential(2ms)",
    "uniform(min:0s,max:20ms)",
    "lognormal(median:1ms,p99:9ms)",
];
const DURATIONS: &[&str] = &["1us", "1ms", "4ms", "20ms", "50ms", "300ms"];
const WHOLES: &[u64] = &[0, 1, 1, 2, 3, 5, 20, 200];
const NUMBERS: &[f64] = &[0.0, 0.1, 0.3, 0.5, 0.9, 1.0, 3.0];

/// A value for a field, as links write it; none where it should stay.
fn value(field: &FormField, draws: &mut Stream) -> Option<String> {
    let can_be_none = field.limit.is_some_and(|limit| limit.or_none);
    if can_be_none && draws.chance(0.4) {
        return Some("none".to_owned());
    }
    let special = match field.path.as_str() {
        "name" | "seed" | "duration" | "warmup" | "lane.0.name" => return None,
        path if path.ends_with(".rate") => pick(draws, &["300", "1000", "3000"]),
        path if path.ends_with(".users") => pick(draws, &["1", "4", "20"]),
        path if path.ends_with(".think") => pick(draws, &["1ms", "exponential(2ms)", "20ms"]),
        path if path.ends_with(".count") => pick(draws, &["1", "3", "30", "300"]),
        // A timeout shorter than anything else is one case of many, not the usual one.
        path if path.ends_with("_timeout") => pick(draws, &["1us", "4ms", "30ms", "200ms"]),
        "cache.ttl" => {
            pick(draws, &["none", "none", "1us", "30ms", "sliding(10ms)", "jittered(ttl:50ms,spread:1)", "10s"])
        }
        // A relay that never succeeds tries for as long as a run may settle, an hour: not every millisecond.
        "lane.0.write.every" => pick(draws, &["20ms", "50ms", "100ms", "100s"]),
        // Each retry doubles the pause: twenty of them outlast the hour that a run is given to settle.
        "app.retries" => pick(draws, &["0", "0", "1", "3", "6"]),
        "cache.shards" => pick(draws, &["1", "1", "2", "5"]),
        "database.abort" => pick(draws, &["0", "0", "0", "0.3", "1"]),
        "database.queue" => pick(draws, &["0", "1", "10000", "10000"]),
        _ => "",
    };
    if !special.is_empty() {
        return Some(special.to_owned());
    }
    Some(match &field.takes {
        Input::Choice(words) => words[draws.below(words.len() as u32) as usize].0.clone(),
        Input::Flag => pick(draws, &["true", "false"]).to_owned(),
        Input::Whole => {
            let Some(Range::Whole(least, most)) = field.limit.map(|limit| limit.range) else { return None };
            WHOLES[draws.below(WHOLES.len() as u32) as usize].clamp(least, most).to_string()
        }
        Input::Number => {
            let Some(Range::Number(least, most)) = field.limit.map(|limit| limit.range) else { return None };
            NUMBERS[draws.below(NUMBERS.len() as u32) as usize].clamp(least, most).to_string()
        }
        Input::Duration => pick(draws, DURATIONS).to_owned(),
        Input::Other(what) if what.contains("distribution") => pick(draws, DISTRIBUTIONS).to_owned(),
        // Sizes, and what else may come: what does not fit is refused and left alone.
        Input::Other(_) => pick(draws, &["1", "20", "64KiB", "1KiB", "20ms"]).to_owned(),
        Input::Text => return None,
    })
}

/// `scenario` with these values, less those that it refuses, and those that would have no effect beside the others.
fn set(scenario: Scenario, pairs: &[(String, String)]) -> Scenario {
    let with = |scenario: Scenario, (path, value): &(String, String)| scenario.drafted(path, value).unwrap_or(scenario);
    let good = |changed: &Scenario| changed.check().is_ok();
    let all = Some(pairs.iter().fold(scenario.clone(), with).without_idle()).filter(good);
    all.unwrap_or_else(|| {
        pairs.iter().fold(scenario, |scenario, pair| {
            Some(with(scenario.clone(), pair).without_idle()).filter(good).unwrap_or(scenario)
        })
    })
}

fn needs_a_file(scenario: &Scenario) -> bool {
    Simulation::new(scenario, 0, None).is_err()
}

/// The case of this number: the same each time.
fn case(number: u64) -> Scenario {
    let mut draws = Streams::new(number).named("storm");
    let mut scenario = Scenario { seed: number, duration: Nanos::from_millis(250), ..Scenario::default() };
    scenario.clients.arrivals = Arrivals::Poisson { rate: 1_000.0 };
    scenario.clients.keys = Keys::zipf(30, 0.9);
    scenario.clients.write_ratio = 0.5;
    scenario.clients.sessions = 4;
    scenario.cache.ttl = Ttl::None;
    scenario.database.read = Distribution::Constant(Nanos::from_millis(1));
    scenario.database.write = Distribution::Exponential(Nanos::from_millis(1));
    scenario.database.batch.base = Distribution::Constant(Nanos::from_millis(1));
    // Every pair of strategies comes as often as any other.
    let (reads, writes) = (Reading::NAMES.len() as u64, Writing::NAMES.len() as u64);
    let (read, write) = (Reading::NAMES[(number % reads) as usize], Writing::NAMES[(number / reads % writes) as usize]);
    let lane = [("lane.0.read".to_owned(), read.to_owned()), ("lane.0.write".to_owned(), write.to_owned())];
    scenario = set(scenario, &lane);
    let share = [0.15, 0.4, 0.8][draws.below(3) as usize];
    // Options appear when their choice is made: twice round.
    for round in 0..2 {
        let form = Form::of(&scenario);
        let fields = form.fields("").into_iter().chain(form.fields("lane.0"));
        let pairs: Vec<(String, String)> = fields
            .filter(|field| field.path != "lane.0.read" && field.path != "lane.0.write")
            .filter(|field| round == 0 || field.is_option)
            .filter_map(|field| {
                // Each field draws, so that one more changes little for the others.
                let mut own = Streams::new(number).named(&format!("{} {round}", field.path));
                own.chance(share).then(|| value(&field, &mut own).map(|value| (field.path.clone(), value)))?
            })
            .collect();
        let before = scenario.clone();
        scenario = set(scenario, &pairs);
        if needs_a_file(&scenario) {
            (scenario.clients.keys, scenario.clients.arrivals) = (before.clients.keys, before.clients.arrivals);
        }
    }
    // Of all options only those that say nothing of flushes go with this one: chance alone would hardly hit on it.
    if let (Writing::WriteBack(_), 0) = (&scenario.lanes[0].write, number / (reads * writes) % 8) {
        scenario.lanes[0].write = Writing::WriteBack(WriteBack::cache_only());
    }
    // A relay tries for ever: where it never succeeds, a run settles for an hour and shows nothing new.
    if let Writing::Outbox(_) = scenario.lanes[0].write {
        scenario.database.abort = scenario.database.abort.min(0.5);
        let timeout = &mut scenario.app.database_timeout;
        *timeout = timeout.filter(|timeout| *timeout >= Nanos::from_millis(200));
    }
    if draws.chance(0.1) {
        scenario.duration = Nanos::from_millis(1);
    } else if draws.chance(0.03) {
        scenario.duration = Nanos::from_secs(2);
    }
    if draws.chance(0.25) {
        return calmed(scenario);
    }
    for _ in 0..draws.below(5) {
        let mut with = scenario.clone();
        with.faults.push(fault(&scenario, &mut draws));
        if with.check().is_ok() {
            scenario = with;
        }
    }
    scenario
}

/// The same where nothing goes wrong: what only holds then is looked at often enough.
fn calmed(mut scenario: Scenario) -> Scenario {
    (scenario.app.cache_timeout, scenario.app.database_timeout) = (None, None);
    (scenario.database.abort, scenario.database.queue) = (0.0, 10_000);
    assert!(is_calm(&scenario), "nothing else can go wrong");
    scenario
}

fn fault(scenario: &Scenario, draws: &mut Stream) -> Fault {
    let what = What::ALL[draws.below(What::ALL.len() as u32) as usize];
    let times: &[u64] = &[1, 1_000, 1_000_000, 20_000_000, 50_000_000, 100_000_000, 9_000_000_000];
    let mut time = |from: &[u64]| Nanos(from[draws.below(from.len() as u32) as usize]);
    let (lasts, every) = (time(&times[1..]), time(&times[3..6]));
    let at = match draws.below(6) {
        0 => At::Every(every),
        1 => At::BeforeFlush(u64::from(1 + draws.below(4))),
        2 => At::AfterAcknowledged(u64::from(1 + draws.below(60))),
        _ => At::Moment(Nanos(((scenario.duration.0 - 1) as f64 * draws.unit()) as u64)),
    };
    let which = match what.part() {
        Part::App => Some(Which::Server(draws.below(scenario.app.servers))),
        Part::Cache | Part::Replica if draws.chance(0.5) => Some(Which::Server(draws.below(scenario.cache.shards))),
        Part::Link => Some(Which::Link(Link::ALL[draws.below(Link::ALL.len() as u32) as usize])),
        Part::Cache | Part::Replica | Part::Database => None,
    };
    let times = what.has_times().then(|| [1.0, 3.0, 100.0][draws.below(3) as usize]);
    let share = what.has_share().then(|| [0.0, 0.3, 1.0][draws.below(3) as usize]);
    Fault { which, lasts, times, share, ..Fault::new(what, at) }
}

fn is_calm(_: &Scenario) -> bool {
    true
}

fn heavy(number: u64) -> Scenario {
    let mut scenario = case(number);
    let mut draws = Streams::new(number).named("heavy");
    if !matches!(scenario.clients.arrivals, Arrivals::Closed { .. }) {
        scenario.clients.arrivals = Arrivals::Poisson { rate: [1000.0, 3000.0, 6000.0][draws.below(3) as usize] };
    }
    scenario.duration = Nanos::from_millis(700);
    scenario.database.read = Distribution::Exponential(Nanos::from_millis([1, 5, 30][draws.below(3) as usize]));
    scenario.database.workers = [3, 64, 200][draws.below(3) as usize];
    scenario.clients.keys = Keys::zipf([3, 30, 3000][draws.below(3) as usize], 0.9);
    if draws.chance(0.5) {
        scenario.app.database_timeout = Some(Nanos::from_millis(100));
    }
    if draws.chance(0.5) {
        scenario.app.pool = Some([2, 20][draws.below(2) as usize]);
    }
    if draws.chance(0.3) {
        scenario.cache.replicas = 2;
        scenario.cache.lag = Distribution::Exponential(Nanos::from_millis(5));
        scenario.cache.wait = 1;
    }
    let kinds =
        [What::AppFreeze, What::AppCrash, What::CacheFreeze, What::CacheCrash, What::DatabaseFreeze, What::FlushAll];
    for _ in 0..draws.below(6) {
        let what = kinds[draws.below(6) as usize];
        let mut fault = Fault::new(what, At::Moment(Nanos::from_millis(u64::from(draws.below(690)))));
        fault.lasts = Nanos::from_millis(u64::from(1 + draws.below(300)));
        if what == What::AppFreeze || what == What::AppCrash {
            fault.which = Some(Which::Server(draws.below(scenario.app.servers)));
        }
        let mut with = scenario.clone();
        with.faults.push(fault);
        if with.check().is_ok() {
            scenario = with;
        }
    }
    let scenario = scenario.without_idle();
    if scenario.check().is_ok() && !needs_a_file(&scenario) { scenario } else { case(number) }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf29ce484222325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100000001b3))
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (from, to): (u64, u64) = (args[1].parse().unwrap(), args[2].parse().unwrap());
    for number in from..to {
        for (mode, scenario) in [(0, case(number)), (1, heavy(number))] {
            let mut lane = Simulation::new(&scenario, 0, None).expect("no trace");
            lane.run_until(Nanos::MAX);
            let mut report = serde_json::to_value(lane.report()).unwrap();
            if args.len() > 3 {
                println!("{}", serde_json::to_string_pretty(&report).unwrap());
                println!("{}", scenario.to_toml());
                continue;
            }
            let digest = report["digest"].as_str().unwrap().to_owned();
            report.as_object_mut().unwrap().remove("stopped");
            report.as_object_mut().unwrap().remove("drained");
            println!(
                "{number} {mode} {digest} {} {:016x} {:016x}",
                lane.events(),
                hash(&report.to_string()),
                hash(&serde_json::to_string(&lane.stories()).unwrap())
            );
        }
    }
}
