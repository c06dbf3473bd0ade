//! What the buttons of time and view do.

use super::limits::Limits;
use super::view::{SPEED_RANGE, ThemeChoice};
use super::{Effect, Playback, State};
use crate::chart::{Figure, Percentile};
use crate::phrase::Language;
use crate::time::Nanos;

/// What a control of time, or its key, asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum TimeAction {
    PlayPause,
    Play,
    Pause,
    Step,
    StepBack,
    Restart,
    Finish,
    Seek(Nanos),
    /// Simulate again from the moment that is seen, so that the stage can show it.
    RunFromHere,
    /// Virtual seconds per second.
    Speed(f64),
}

impl TimeAction {
    /// Whether time is to go on, so that what was stopped begins again.
    fn runs(self) -> bool {
        match self {
            TimeAction::PlayPause
            | TimeAction::Play
            | TimeAction::Step
            | TimeAction::StepBack
            | TimeAction::Restart
            | TimeAction::Finish
            | TimeAction::Seek(_)
            | TimeAction::RunFromHere => true,
            TimeAction::Pause | TimeAction::Speed(_) => false,
        }
    }
}

/// How the experiment is to be looked at.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum ViewAction {
    ToggleLane(usize),
    Percentile(Percentile),
    Linear(bool),
    /// The run before the last change is of no more interest.
    ForgetBefore,
    /// What a lane was before the last change is to be a lane of its own.
    KeepBoth,
    /// These figures are to be shown.
    Figures(Vec<&'static Figure>),
    /// What the lanes are to keep.
    Limits(Limits),
    Language(Language),
    Theme(ThemeChoice),
}

impl State {
    pub(super) fn control_time(&mut self, action: TimeAction, effects: &mut Vec<Effect>) {
        if action.runs() {
            self.stop_reason = None;
        }
        match action {
            TimeAction::PlayPause => {
                let runs = matches!(self.playback, Playback::Playing | Playback::Seeking { .. }) && !self.at_end();
                if runs { self.playback = Playback::Paused } else { self.play() }
            }
            TimeAction::Play => self.play(),
            TimeAction::Pause => self.playback = Playback::Paused,
            TimeAction::Step => self.step(false),
            TimeAction::StepBack => self.step(true),
            TimeAction::Restart => self.restart(),
            TimeAction::Finish => self.seek(Nanos::MAX, false),
            TimeAction::Seek(to) => {
                // Whoever hurries somewhere to play on there plays on here.
                let plays = matches!(self.playback, Playback::Playing | Playback::Seeking { then_play: true, .. });
                self.seek(to, plays);
            }
            TimeAction::Speed(speed) => self.set_speed(speed, effects),
            TimeAction::RunFromHere => self.run_again_to(self.seen()),
        }
    }

    pub(super) fn set_speed(&mut self, speed: f64, effects: &mut Vec<Effect>) {
        self.speed = speed.clamp(SPEED_RANGE.0, SPEED_RANGE.1);
        self.view.speed = Some(self.speed);
        self.wanted = None; // at its story's speed every request is told of, at others a sample
        self.due = self.run.now;
        effects.push(Effect::SaveLink);
    }

    pub(super) fn change_view(&mut self, action: ViewAction, effects: &mut Vec<Effect>) {
        match action {
            ViewAction::ToggleLane(lane) => self.view.toggle_lane(lane, self.draft.lanes.len()),
            ViewAction::Percentile(percentile) => {
                self.view.percentile = (percentile != self.view.defaults.percentile).then_some(percentile);
            }
            ViewAction::ForgetBefore => self.forget_before(),
            ViewAction::KeepBoth => self.keep_both(effects),
            ViewAction::Linear(linear) => self.view.linear = linear,
            ViewAction::Figures(figures) => self.view.choose_figures(figures),
            ViewAction::Limits(limits) => self.view.limits = limits,
            ViewAction::Language(lang) => {
                self.lang = lang;
                self.view.lang = self.view.lang.map(|_| lang);
                effects.push(Effect::Remember("lang", lang.code()));
            }
            ViewAction::Theme(theme) => {
                self.view.theme = theme;
                effects.push(Effect::Remember("theme", theme.name()));
            }
        }
        effects.push(Effect::SaveLink);
    }
}
