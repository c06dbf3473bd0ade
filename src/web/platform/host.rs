//! What is said between an embedded figure and the page it stands in: `static/embed.d.ts` is the contract, this its side in
//! the figure. `embed` beside it hears and posts it.
//!
//! ```text
//!   host ── play, pause, crash, seek, set ──▶ Asked::action ──▶ the same actions as the buttons'
//!   host ◀── State ── after a tick in which something has changed
//! ```
//!
//! A host is a stranger: what has another shape is left alone, and of too much in a second the rest.

use serde::Serialize;

use crate::report::LaneReport;
use crate::scenario::{Edit, FaultKind, FieldValue};
use crate::time::Nanos;
use crate::web::state::board::limitable;
use crate::web::state::{Action, State, TimeAction};

/// The longest path and value that a host may set, bytes.
const PATH_MAX: usize = 200;
const VALUE_MAX: usize = 2_000;

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
            Asked::Hold(_) => None,
        }
    }
}

/// How many messages of a host are heard: so many at once, and so many more with each tick.
#[derive(Debug)]
pub struct Patience(u32);

impl Patience {
    const MOST: u32 = 60;
    const PER_TICK: u32 = 6;

    /// Whether one more is heard.
    pub fn affords(&mut self) -> bool {
        let affords = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        affords
    }

    /// Some time has gone by.
    pub fn tick(&mut self) {
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
        ] {
            assert_eq!(Asked::of(odd.clone()), None, "{odd:?}");
        }
    }

    #[test]
    fn a_flood_is_heard_up_to_a_point_and_time_makes_room_again() {
        let mut patience = Patience::default();
        let heard = |patience: &mut Patience| (0..10_000).filter(|_| patience.affords()).count();
        assert_eq!((heard(&mut patience), heard(&mut patience)), (Patience::MOST as usize, 0));
        patience.tick();
        assert_eq!(heard(&mut patience), Patience::PER_TICK as usize);
    }

    #[test]
    fn a_figure_says_nothing_before_it_has_run() {
        assert_eq!(Told::of(&state(), &[]), None);
    }
}
