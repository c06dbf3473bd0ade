//! What holds for every input, however odd: what reads it does not panic and does not hang, and what was read, written and
//! read again is the same. `tests/fuzz.rs` tries the corpus and mutations of it: always the same ones with `make test`, new
//! ones with `make fuzz`.

use std::fmt::Debug;

use cachelane::experiment::Plan;
use cachelane::scenario::form::Form;
use cachelane::scenario::{Keys, Scenario, link};
use cachelane::time::Nanos;
use cachelane::web::platform::protocol::{FromWorker, ToWorker};
use cachelane::web::platform::wire;
use cachelane::work;
use cachelane::workload::trace::{Format, Records, Trace, TraceBuilder, TraceError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A property of an input: panics where it does not hold, and says whether the input could be read at all.
pub type Property = fn(&[u8]) -> bool;

/// The properties, by the name of their folder in `fuzz/corpus`.
pub const ALL: [(&str, Property); 4] = [("link", link), ("toml", toml), ("trace", trace), ("message", message)];

/// A share link.
fn link(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let read = link::decode(&text);
    match &read {
        Ok(read) => {
            same_in_every_form(&read.scenario);
            if let Some(written) = fits(link::encode(&read.scenario, read.preset, &read.view)) {
                assert_eq!(link::decode(&written).as_ref(), Ok(read), "{written}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    read.is_ok()
}

/// A scenario file.
fn toml(input: &[u8]) -> bool {
    let read = Scenario::from_toml(&String::from_utf8_lossy(input));
    match &read {
        Ok(scenario) => same_in_every_form(scenario),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    read.is_ok()
}

/// A scenario is the same after it was written as a file, as JSON, as a message and as a link, and the page can show it.
fn same_in_every_form(scenario: &Scenario) {
    let file = scenario.to_toml();
    assert_eq!(Scenario::from_toml(&file).as_ref(), Ok(scenario), "{file}");
    let json = serde_json::to_string(scenario).expect("a scenario can be written");
    assert_eq!(serde_json::from_str::<Scenario>(&json).expect("it was just written"), *scenario, "{json}");
    assert_eq!(wire::read::<Scenario>(&wire::write(scenario).expect("short texts")).as_ref(), Ok(scenario), "{file}");
    if let Some(link) = fits(link::encode_shortest(scenario)) {
        assert_eq!(link::decode(&link).expect("it was just written").scenario, *scenario, "{link}");
    }
    assert_eq!(scenario.titles().len(), scenario.lanes.len());
    assert!(scenario.estimate().bytes() >= 0.0);
    assert!(Form::of(scenario).has("cache.ttl"));
}

/// The link, if it is not too long to be one.
fn fits(link: Result<String, cachelane::scenario::ScenarioError>) -> Option<String> {
    link.inspect_err(|error| assert!(error.to_string().contains("the link has "), "{error}")).ok()
}

/// A message between page and worker, here as JSON, which can be read; a scenario that is loaded also runs for a while. Bytes
/// that are no message are refused.
fn message(input: &[u8]) -> bool {
    let _ = (wire::read::<ToWorker>(input), wire::read::<FromWorker>(input));
    let text = String::from_utf8_lossy(input);
    let to_worker = same_again::<ToWorker>(&text);
    if let Some(ToWorker::Load { scenario, .. }) = &to_worker {
        run_a_little(scenario);
    }
    same_again::<FromWorker>(&text).is_some() || to_worker.is_some()
}

/// What a JSON text says, if it can be read; written and read again it is the same, in bytes as they are sent. Bytes with a
/// flaw are another message or none.
fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) -> Option<T> {
    let read: T = serde_json::from_str(text).ok()?;
    let mut written = wire::write(&read).expect("what was read can be written");
    assert_eq!(wire::read::<T>(&written).as_ref(), Ok(&read), "{text}");
    if let Some(flaw) = text.len().checked_rem(written.len()) {
        written[flaw] ^= 1 << (text.len() % 8);
        let _ = wire::read::<T>(&written);
        assert_eq!(wire::read::<T>(&written[..flaw]), Err(wire::Garbled));
    }
    Some(read)
}

/// Steps of work after which a run has gone far enough.
const STEPS: u64 = 10_000;

/// A checked scenario runs; a large one would take too long to begin with.
fn run_a_little(scenario: &Scenario) {
    if matches!(scenario.clients.keys, Keys::Trace { .. }) || scenario.estimate().bytes() > 32e6 {
        return;
    }
    let Ok(plan) = Plan::new(scenario, None) else { return };
    let mut experiment = plan.begin();
    let begun = work::done();
    experiment.advance(Nanos::MAX, || work::done() - begun >= STEPS);
    assert_eq!(experiment.report().lanes.len(), scenario.lanes.len());
}

/// Bytes that a trace is read for, after unpacking: a small file may hold a very large one.
const READ_BYTES: u64 = 1 << 18;

/// A trace, as whatever it is recognised and as one of the formats.
fn trace(input: &[u8]) -> bool {
    let forced = Format::ALL[input.len() % Format::ALL.len()];
    let mut is_read = false;
    for format in [None, Some(forced)] {
        let whole = read_trace(input, format, READ_BYTES);
        let in_pieces = read_trace(input, format, 100);
        match (&whole, &in_pieces) {
            (Ok(Some(whole)), Ok(Some(in_pieces))) => assert_eq!(whole, in_pieces, "{format:?}"),
            (Err(whole), Err(in_pieces)) => assert_eq!(whole.to_string(), in_pieces.to_string(), "{format:?}"),
            // Too long for one of them.
            (Ok(None), _) | (_, Ok(None)) => {}
            _ => panic!("{format:?}: read at once {}, in pieces {}", told(&whole), told(&in_pieces)),
        }
        is_read |= whole.is_ok();
    }
    is_read
}

fn told(read: &Result<Option<Trace>, TraceError>) -> String {
    read.as_ref().map_or_else(|error| error.to_string(), |_| "a trace".to_owned())
}

/// The trace, or `None` when it was not read to its end.
fn read_trace(input: &[u8], format: Option<Format>, piece: u64) -> Result<Option<Trace>, TraceError> {
    let mut builder = TraceBuilder::new(Records::open("-", input, format)?);
    let pieces = READ_BYTES / piece;
    for _ in 0..pieces.max(1) {
        if builder.advance(piece)? {
            assert_eq!(builder.bytes_read(), input.len() as u64, "all of the file was read");
            return builder.finish().map(Some);
        }
    }
    Ok(None)
}
