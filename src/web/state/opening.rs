//! Experiments from outside: links, presets, files.

use std::rc::Rc;

use super::history::Step;
use super::playback::{Playback, Run, fitting_speed};
use super::saved;
use super::seen::Seen;
use super::view::{BadOption, ThemeChoice, View, in_full};
use super::{Effect, Notice, Problem, State};
use crate::scenario::{FaultTime, Scenario, presets};
use crate::time::Nanos;

/// A link, preset or file that could not be opened; nothing was put in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct UnopenedLink {
    /// The text as it was given.
    pub text: String,
    /// What is wrong with the scenario.
    pub problems: Vec<Problem>,
    /// What is wrong with the view.
    pub options: Vec<BadOption>,
}

impl State {
    pub(super) fn open_link(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let decoded = saved::decode(&in_full(text));
        let (view, options) = decoded.as_ref().map(|link| View::of(&link.view)).unwrap_or_default();
        match decoded {
            Ok(link) if options.is_empty() => {
                let before = self.snapshot();
                self.lang = view.lang.unwrap_or(self.lang);
                let theme = if view.theme == ThemeChoice::System { self.view.theme } else { view.theme };
                self.view = View { theme, ..view };
                if self.unopened.is_some() {
                    effects.push(Effect::SaveLink); // the mended one, not the bad one in the address bar
                }
                self.start_over_with(link.scenario, Some(link.preset.to_owned()), before);
            }
            decoded => {
                let problems = decoded.err().unwrap_or_default();
                self.unopened = Some(UnopenedLink { text: text.to_owned(), problems, options });
                self.playback = Playback::Paused;
            }
        }
    }

    pub(super) fn open_preset(&mut self, name: &str, effects: &mut Vec<Effect>) {
        match presets::get(name) {
            Ok(preset) => {
                let before = self.snapshot();
                (self.view.lanes, self.view.speed, self.view.percentile, self.view.figures) = (None, None, None, None);
                self.start_over_with(preset.scenario().clone(), Some(name.to_owned()), before);
                self.playback = Playback::Seeking { to: self.running.warmup, then_play: true };
                effects.push(Effect::PushLink);
            }
            Err(error) => self.notice = Some(Notice::Message(error.phrase())),
        }
    }

    /// Begins shortly before the first fault instead of at the end of the warm-up, for a reader who has seen nothing yet.
    pub fn begin_before_the_fault(&mut self) {
        /// As long as it takes to see that all is well, seconds of the reader's.
        const BEFORE_S: f64 = 2.0;
        let moments = self.running.faults.iter().filter_map(|fault| match fault.at {
            FaultTime::Moment(at) => Some(at),
            FaultTime::Every(_) | FaultTime::BeforeFlush(_) | FaultTime::AfterAcknowledged(_) => None,
        });
        let first = moments.min();
        if let (Some(at), Playback::Seeking { to, then_play: true }) = (first, self.playback) {
            let before = at.saturating_sub(Nanos::from_secs_f64(BEFORE_S * self.speed));
            self.playback = Playback::Seeking { to: to.max(before), then_play: true };
        }
    }

    pub(super) fn open_toml(&mut self, text: String, effects: &mut Vec<Effect>) {
        match Scenario::from_toml(&text) {
            Ok(scenario) => {
                let before = self.snapshot();
                self.view.lanes = None;
                self.start_over_with(scenario, None, before);
                effects.push(Effect::SaveLink);
            }
            Err(error) => self.notice = Some(Notice::Message(error.phrase())),
        }
    }

    /// Starts on a scenario from outside, at its beginning.
    fn start_over_with(&mut self, scenario: Scenario, preset: Option<String>, before: Step) {
        if self.generation > 0 {
            self.history.record(before);
        }
        let scenario = Rc::new(scenario);
        self.draft = scenario.clone();
        self.running = scenario;
        self.injected = 0;
        self.view.defaults = saved::defaults_of(preset.as_deref(), &self.running);
        self.preset = preset;
        self.problems = Rc::default();
        self.invalid.clear();
        self.unopened = None;
        (self.notice, self.stop_reason, self.resume) = (None, None, None);
        self.run = Run::default();
        self.seen = Seen::default();
        self.speed = self.view.speed.unwrap_or_else(|| fitting_speed(&self.running));
        self.due = Nanos::ZERO;
        if !matches!(self.playback, Playback::Seeking { then_play: false, .. }) {
            // The warm-up counts for nothing, so nobody need watch it.
            self.playback = Playback::Seeking { to: self.running.warmup, then_play: true };
        }
        self.reload();
    }
}

#[cfg(test)]
mod tests {
    use super::super::saved::TooLong;
    use super::super::testing::*;
    use super::super::{Action, Effect, Playback, State, ViewAction};
    use crate::chart::Percentile;
    use crate::phrase::Language;
    use crate::scenario::{Edit, FaultKind, FieldValue};
    use crate::time::Nanos;

    #[test]
    fn a_preset_about_the_slowest_answers_shows_them_unless_somebody_chose_otherwise() {
        let mut state = State::new(Language::English, false);
        state.apply(Action::OpenLink("#v2&preset=keys-star".into()));
        assert_eq!(state.view.percentile(), Percentile::P99);
        assert!(!state.link().unwrap().contains("percentile"), "{:?}", state.link());
        state.apply(Action::View(ViewAction::Percentile(Percentile::P50)));
        let link = state.link().unwrap();
        assert!(link.contains("view.percentile=p50"), "{link}");
        let mut other = State::new(Language::English, false);
        other.apply(Action::OpenLink(link));
        assert_eq!(other.view.percentile(), Percentile::P50);
        other.apply(Action::OpenPreset("default".into()));
        assert_eq!(other.view.percentile(), Percentile::P50);
        assert!(!other.link().unwrap().contains("percentile"));
    }

    #[test]
    fn a_first_visit_begins_two_seconds_before_something_breaks() {
        let mut state = State::new(Language::English, false);
        state.apply(Action::OpenLink(String::new()));
        state.begin_before_the_fault();
        let to = Nanos::from_secs_f64(22.5 - 2.0 * state.speed);
        assert_eq!(state.playback, Playback::Seeking { to, then_play: true });
        // Never in the warm-up; where nothing moves, or nothing breaks, nothing changes.
        for (toml, to) in
            [("warmup = \"9s\"\n[[fault]]\nat = \"8s\"\nwhat = \"cache.crash\"", 9), ("warmup = \"9s\"", 9)]
        {
            state.apply(Action::OpenToml(toml.into()));
            state.begin_before_the_fault();
            assert_eq!(state.playback, Playback::Seeking { to: Nanos::from_secs(to), then_play: true });
        }
        let mut still = State::new(Language::English, true);
        still.apply(Action::OpenLink(String::new()));
        still.begin_before_the_fault();
        assert_eq!(still.playback, Playback::Seeking { to: Nanos::MAX, then_play: false });
    }

    #[test]
    fn opening_a_preset_is_a_new_entry_of_the_history_and_a_link_is_none() {
        let mut state = playing();
        assert!(state.apply(Action::OpenPreset("like-button".into())).contains(&Effect::PushLink));
        assert!(!state.apply(Action::OpenLink("#v2&preset=default".into())).contains(&Effect::PushLink));
    }

    #[test]
    fn a_bad_link_keeps_its_text_and_replaces_nothing() {
        let mut state = State::new(Language::English, false);
        let effects = state.apply(Action::OpenLink("#v2&cache.capacity=lots".into()));
        assert_eq!(effects, []);
        assert_eq!(state.unopened.as_ref().map(|u| u.text.as_str()), Some("#v2&cache.capacity=lots"));
    }

    #[test]
    fn an_experiment_too_large_for_a_link_says_how_large_and_is_no_empty_link() {
        let mut state = playing();
        state.apply(frame(1, 1, false));
        let fault = |n: u64| crate::scenario::Fault::new(FaultKind::CacheCrash, Nanos::from_millis(1_000 + n));
        let add = |n: u64| Edit::set(format!("fault.{n}"), FieldValue::of(&fault(n)));
        state.apply(Action::Edit((0..1_000).map(add).collect()));
        let TooLong { bytes } = state.link().unwrap_err();
        assert!((20_000..80_000).contains(&bytes), "{bytes}");
        assert_eq!(state.running.faults.len(), 1_000, "it runs all the same");
        let text = state.running.to_toml();
        state.apply(Action::OpenPreset("default".into()));
        assert!(state.link().is_ok());
        state.apply(Action::OpenToml(text));
        assert_eq!((state.running.faults.len(), state.link().is_err()), (1_000, true), "the file keeps it");
    }
}
