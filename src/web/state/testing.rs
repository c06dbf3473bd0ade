//! What the tests of the state have in common: a worker that says what it is told to.

use super::{Action, Effect, State};
use crate::phrase::Language;
use crate::report::Report;
use crate::scenario::{Accept, Edit, FieldValue};
use crate::time::Nanos;
use crate::web::platform::protocol::{Frame, FromWorker, ToWorker};

pub fn frame(generation: u32, seconds: u64, finished: bool) -> Action {
    let report = Report { engine: "1".into(), scenario: String::new(), seed: 1, deadline_s: 1.0, lanes: vec![] };
    let now_ns = Nanos::from_secs(seconds).0;
    let (series, cases, scenes, stopped) = Default::default();
    let soonest_ns = now_ns + 1_000_000;
    let frame =
        Frame { generation, now_ns, finished, soonest_ns, unplayed: None, report, stopped, series, cases, scenes };
    Action::FromWorker(FromWorker::Frame(Box::new(frame)))
}

pub fn sent(effects: &[Effect]) -> Option<&ToWorker> {
    effects.iter().find_map(|effect| if let Effect::Send(said) = effect { Some(&**said) } else { None })
}

pub fn hears(state: &mut State, said: FromWorker) -> Vec<Effect> {
    state.apply(Action::FromWorker(said))
}

/// A new worker is up; gives what it is sent first.
pub fn comes_up(state: &mut State, effects: &[Effect]) -> Vec<Effect> {
    let new = effects.iter().position(|effect| *effect == Effect::NewWorker).expect("a new worker");
    assert_eq!(sent(&effects[new..]), Some(&ToWorker::Hello), "{effects:?}");
    hears(state, FromWorker::Here)
}

pub fn playing() -> State {
    let mut state = State::new(Language::English, false);
    let effects = state.apply(Action::OpenToml("duration = \"60s\"".into()));
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 1, .. })));
    state
}

/// So many seconds go by; gives what happened.
pub fn waits(state: &mut State, seconds: f64) -> Vec<Effect> {
    let ticks = (seconds * 10.0) as u32;
    (0..ticks).flat_map(|_| state.apply(Action::Tick { wall_s: 0.1 })).collect()
}

pub fn set(path: &str, text: &str) -> Action {
    Action::Edit(vec![Edit::set(path, FieldValue::parse(text).unwrap())])
}

pub fn enter(path: &str, text: &str, accept: Accept) -> Action {
    Action::Enter { path: path.into(), text: text.into(), accept }
}
