//! What is said between an embedded figure and the page it stands in: `static/embed.d.ts` is the contract, this its side in
//! the figure. `embed` beside it hears and posts it.
//!
//! ```text
//!   host ── play, pause, crash, seek, set ──▶ Asked::action ──▶ the same actions as the buttons'
//!   host ◀── State ── after a tick in which something has changed
//! ```
//!
//! What a host asks for is done one after the other, each when the one before is done ([`Requests`]): it says `seek(30)` and
//! `crash()`, and means a crash at 30 s. A host is a stranger: what has another shape is left alone, and of too much at once the
//! rest.

use std::collections::VecDeque;

use serde::Serialize;

use crate::report::LaneReport;
use crate::scenario::{Edit, FaultKind, FieldValue};
use crate::time::Nanos;
use crate::web::state::board::limitable;
use crate::web::state::view::ThemeChoice;
use crate::web::state::{Action, State, TimeAction, ViewAction};

/// The longest path and value that a host may set, bytes.
const PATH_MAX: usize = 200;
const VALUE_MAX: usize = 10_000;

/// How long what [`Asked::Crash`] breaks stays so, as with the page's button.
const CRASH_LASTS: Nanos = Nanos::from_secs(5);

/// What a host asks for.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Asked {
    Play,
    Pause,
    /// The cache's process dies, now.
    Crash,
    /// To that second of the run.
    Seek(f64),
    /// A field, and its value in the notation of links.
    Set {
        path: String,
        value: String,
    },
    /// Dark, light, or as the system asks for.
    Theme(ThemeChoice),
    /// Whether to run on out of sight: a figure that goes with this one is in sight.
    Hold(bool),
}

/// The parts of a message, as far as they have the right type.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Parts {
    pub kind: Option<String>,
    pub seconds: Option<f64>,
    pub path: Option<String>,
    pub value: Option<String>,
    pub theme: Option<String>,
    pub on: Option<bool>,
}

impl Asked {
    /// What these parts ask for, if it is something.
    ///
    /// ```
    /// use cachelane::web::platform::host::{Asked, Parts};
    /// let said = |kind: &str, seconds| Parts { kind: Some(kind.into()), seconds, ..Parts::default() };
    /// assert_eq!(Asked::of(said("seek", Some(2.5))), Some(Asked::Seek(2.5)));
    /// assert_eq!(Asked::of(said("seek", Some(f64::INFINITY))), None);
    /// assert_eq!(Asked::of(said("fly", None)), None);
    /// ```
    pub fn of(parts: Parts) -> Option<Asked> {
        match parts.kind?.as_str() {
            "play" => Some(Asked::Play),
            "pause" => Some(Asked::Pause),
            "crash" => Some(Asked::Crash),
            "seek" => parts.seconds.filter(|s| s.is_finite() && *s >= 0.0).map(Asked::Seek),
            "hold" => parts.on.map(Asked::Hold),
            "theme" => ThemeChoice::named(&parts.theme?).map(Asked::Theme),
            "set" => {
                let path = parts.path.filter(|path| (1..=PATH_MAX).contains(&path.len()))?;
                let value = parts.value.filter(|value| value.len() <= VALUE_MAX)?;
                Some(Asked::Set { path, value })
            }
            _ => None,
        }
    }

    /// The action of the button or the field that does the same; none where there is nothing to do it to.
    pub fn action(self, state: &State) -> Option<Action> {
        match self {
            Asked::Play => Some(Action::Time(TimeAction::Play)),
            Asked::Pause => Some(Action::Time(TimeAction::Pause)),
            Asked::Crash if state.at_end() => None, // the button is grey, too
            Asked::Crash => {
                Some(Action::Inject { what: FaultKind::CacheCrash, server: None, link: None, lasts: CRASH_LASTS })
            }
            Asked::Seek(seconds) => {
                let end = state.running.duration.as_secs_f64();
                Some(Action::Time(TimeAction::Seek(Nanos::from_secs_f64(seconds.min(end)))))
            }
            Asked::Set { path, value } => {
                // What is no value at all is refused as a text would be, in words.
                let value = FieldValue::parse(&value).unwrap_or_else(|_| FieldValue::text(&value));
                Some(Action::Edit(vec![Edit::set(path, value)]))
            }
            Asked::Theme(theme) => Some(Action::View(ViewAction::Theme(theme))),
            Asked::Hold(_) => None,
        }
    }

    /// Whether it is about the figure and not about its run: it waits for nothing.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Asked::Theme(_) | Asked::Hold(_))
    }

    /// Whether `later`, asked for right after this, leaves nothing of it.
    fn gives_way_to(&self, later: &Asked) -> bool {
        match (self, later) {
            (Asked::Play | Asked::Pause, Asked::Play | Asked::Pause) | (Asked::Seek(_), Asked::Seek(_)) => true,
            (Asked::Set { path, .. }, Asked::Set { path: other, .. }) => path == other,
            _ => false,
        }
    }
}

/// What a host has asked for and is not done yet, in its order.
#[derive(Debug, Default)]
pub struct Requests {
    waiting: VecDeque<Asked>,
    patience: Patience,
}

impl Requests {
    /// So many wait at most.
    const MOST: usize = 60;

    /// Hears one more. What it leaves nothing of is not done at all: of many moments, or values of a field, the last counts.
    pub fn hear(&mut self, asked: Asked) {
        // Different fields may be set in any order.
        let is_set = |asked: &Asked| matches!(asked, Asked::Set { .. });
        let from = if is_set(&asked) {
            self.waiting.iter().rposition(|before| !is_set(before)).map_or(0, |last| last + 1)
        } else {
            self.waiting.len().saturating_sub(1)
        };
        let outdated = (from..self.waiting.len()).find(|&i| self.waiting[i].gives_way_to(&asked));
        if let Some(i) = outdated {
            self.waiting.remove(i);
        }
        if self.waiting.len() < Requests::MOST {
            self.waiting.push_back(asked);
        }
    }

    /// Whether one may be done at once, which changes nothing of the run.
    pub fn affords(&mut self) -> bool {
        self.patience.affords()
    }

    /// What is to be done now, if the one before is done.
    pub fn next(&mut self, state: &State) -> Option<Asked> {
        let is_next = !self.waiting.is_empty() && state.is_settled() && self.patience.affords();
        is_next.then(|| self.waiting.pop_front()).flatten()
    }

    /// Some time has gone by.
    pub fn tick(&mut self) {
        self.patience.tick();
    }
}

/// How much is done for a host: so much at once, and so much more with each tick.
#[derive(Debug)]
struct Patience(u32);

impl Patience {
    const MOST: u32 = 60;
    const PER_TICK: u32 = 6;

    /// Whether one more is done.
    fn affords(&mut self) -> bool {
        let affords = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        affords
    }

    fn tick(&mut self) {
        self.0 = (self.0 + Patience::PER_TICK).min(Patience::MOST);
    }
}

impl Default for Patience {
    fn default() -> Patience {
        Patience(Patience::MOST)
    }
}

/// What a figure says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "embed.d.ts says it")]
pub struct Told {
    source: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    time: f64,
    duration: f64,
    playing: bool,
    finished: bool,
    lanes: Vec<ToldLane>,
    hash: String,
    faults: String,
    injected: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ToldLane {
    name: String,
    values: serde_json::Map<String, serde_json::Value>,
}

impl Told {
    /// What there is to say; none before the run has begun.
    pub fn of(state: &State, titles: &[String]) -> Option<Told> {
        let report = state.report()?;
        let shown = report.lanes.iter().zip(titles).enumerate().filter(|(lane, _)| state.view.shows(*lane));
        Some(Told {
            source: "cachelane",
            kind: "state",
            time: state.seen().as_secs_f64(),
            duration: state.running.duration.as_secs_f64(),
            playing: state.is_running(),
            finished: state.at_end(),
            lanes: shown.map(|(_, (lane, title))| ToldLane { name: title.clone(), values: values(lane) }).collect(),
            hash: state.link().unwrap_or_default(),
            faults: FieldValue::of(&state.running.faults).to_string(),
            injected: state.injected,
        })
    }
}

/// A lane's numbers, by the names that limits have in links.
fn values(lane: &LaneReport) -> serde_json::Map<String, serde_json::Value> {
    let counts = [("requests", lane.requests as f64), ("errors", lane.errors as f64)].map(|(name, n)| (name, Some(n)));
    let limited = limitable().map(|of| (of.name, (of.value)(lane)));
    let known = |(name, value): (&str, Option<f64>)| Some((name.to_owned(), value?.into()));
    counts.into_iter().chain(limited).filter_map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::Language;
    use crate::scenario::Fault;
    use crate::web::platform::protocol::FromWorker;
    use crate::web::state::testing::{frame, playing};

    fn state() -> State {
        let mut state = State::new(Language::English, false);
        state.apply(Action::OpenLink("#v2&view.embed=lost".into()));
        state
    }

    fn parts(kind: &str) -> Parts {
        Parts { kind: Some(kind.into()), ..Parts::default() }
    }

    #[test]
    fn a_host_may_do_what_the_buttons_do() {
        let state = state();
        let action = |parts| Asked::of(parts).and_then(|asked| asked.action(&state));
        assert_eq!(action(parts("play")), Some(Action::Time(TimeAction::Play)));
        assert_eq!(action(parts("pause")), Some(Action::Time(TimeAction::Pause)));
        assert!(matches!(action(parts("crash")), Some(Action::Inject { what: FaultKind::CacheCrash, .. })));
        let far = Parts { seconds: Some(1e300), ..parts("seek") };
        assert_eq!(action(far), Some(Action::Time(TimeAction::Seek(state.running.duration))));
    }

    #[test]
    fn a_host_sets_a_field_as_a_link_does_and_what_is_no_value_changes_nothing_but_is_told() {
        let mut state = state();
        let set = |state: &mut State, path: &str, value: &str| {
            let asked = Asked::of(Parts { path: Some(path.into()), value: Some(value.into()), ..parts("set") });
            let action = asked.and_then(|asked| asked.action(state)).expect("an action");
            state.apply(action);
        };
        set(&mut state, "cache.ttl", "5s");
        assert!(state.link().unwrap().contains("cache.ttl=5s"), "{:?}", state.link());
        let before = state.running.clone();
        for (path, value) in [("cache.ttl", "soon"), ("cache.ttl", "(("), ("no.such", "1"), ("seed", "-1")] {
            set(&mut state, path, value);
            assert_eq!(state.running, before, "{path}={value}");
            assert!(state.shows_what_does_not_run(), "{path}={value}");
        }
    }

    #[test]
    fn what_has_another_shape_is_no_message() {
        let set =
            |path: &str, value: &str| Parts { path: Some(path.into()), value: Some(value.into()), ..parts("set") };
        for odd in [
            Parts::default(),
            parts(""),
            parts("seek"),
            Parts { seconds: Some(f64::NAN), ..parts("seek") },
            Parts { seconds: Some(-1.0), ..parts("seek") },
            parts("set"),
            set("", "1"),
            set(&"x".repeat(PATH_MAX + 1), "1"),
            set("cache.ttl", &"x".repeat(VALUE_MAX + 1)),
            parts("hold"),
            parts("theme"),
            Parts { theme: Some("pink".into()), ..parts("theme") },
        ] {
            assert_eq!(Asked::of(odd.clone()), None, "{odd:?}");
        }
    }

    #[test]
    fn a_flood_is_heard_and_done_up_to_a_point_and_time_makes_room_again() {
        let mut patience = Patience::default();
        let done = |patience: &mut Patience| (0..10_000).filter(|_| patience.affords()).count();
        assert_eq!((done(&mut patience), done(&mut patience)), (Patience::MOST as usize, 0));
        patience.tick();
        assert_eq!(done(&mut patience), Patience::PER_TICK as usize);
        let mut requests = Requests::default();
        for i in 0..10_000 {
            requests.hear(if i % 2 == 0 { Asked::Crash } else { Asked::Play });
        }
        assert_eq!(requests.waiting.len(), Requests::MOST);
    }

    #[test]
    fn of_many_moments_or_values_of_a_field_the_last_counts() {
        let set = |path: &str, value: usize| Asked::Set { path: path.into(), value: value.to_string() };
        let mut requests = Requests::default();
        for i in 0..100 {
            requests.hear(set("cache.ttl", i));
            requests.hear(set("seed", i));
        }
        for i in 0..100 {
            requests.hear(Asked::Seek(f64::from(i)));
        }
        for asked in [Asked::Play, Asked::Pause, Asked::Crash, set("seed", 7), Asked::Seek(1.0)] {
            requests.hear(asked);
        }
        let last = [set("cache.ttl", 99), set("seed", 99), Asked::Seek(99.0), Asked::Pause];
        let all = last.into_iter().chain([Asked::Crash, set("seed", 7), Asked::Seek(1.0)]);
        assert_eq!(requests.waiting.into_iter().collect::<Vec<_>>(), all.collect::<Vec<_>>());
    }

    #[test]
    fn what_a_host_asks_for_waits_for_what_it_asked_before() {
        let mut state = playing();
        state.apply(frame(1, 0, false));
        let mut requests = Requests::default();
        for asked in [Asked::Seek(30.0), Asked::Crash, Asked::Set { path: "cache.ttl".into(), value: "5s".into() }] {
            requests.hear(asked);
        }
        let mut step = |state: &mut State| {
            let action = requests.next(state).and_then(|asked| asked.action(state));
            action.map(|action| state.apply(action))
        };
        assert!(step(&mut state).is_some(), "to the 30th second");
        assert_eq!(step(&mut state), None, "it is on its way");
        state.apply(frame(1, 10, false));
        assert_eq!(step(&mut state), None);
        state.apply(frame(1, 30, false));
        assert!(step(&mut state).is_some(), "the crash");
        assert_eq!(step(&mut state), None, "it has not struck");
        let mut crashed = (*state.running).clone();
        crashed.faults.push(Fault::new(FaultKind::CacheCrash, Nanos::from_secs(30)));
        state.apply(Action::FromWorker(FromWorker::Injected { generation: 1, scenario: Box::new(crashed) }));
        assert!(step(&mut state).is_some(), "the field");
        assert_eq!((state.running.faults.len(), state.injected), (1, 1), "the crash is in it");
    }

    #[test]
    fn a_figure_says_nothing_before_it_has_run() {
        assert_eq!(Told::of(&state(), &[]), None);
    }
}
