//! What the buttons of time and view do.

use super::view::{SPEED_RANGE, ThemeChoice};
use super::{Effect, Playback, State};
use crate::chart::Percentile;
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
    Restart,
    Finish,
    Seek(Nanos),
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
            | TimeAction::Restart
            | TimeAction::Finish
            | TimeAction::Seek(_) => true,
            TimeAction::Pause | TimeAction::Speed(_) => false,
        }
    }
}

/// How the experiment is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum ViewAction {
    ToggleLane(usize),
    Percentile(Percentile),
    Linear(bool),
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
            TimeAction::Step => self.step(),
            TimeAction::Restart => self.seek(self.running.warmup, true),
            TimeAction::Finish => self.playback = Playback::Seeking { to: Nanos::MAX, then_play: false },
            TimeAction::Seek(to) => {
                let plays = self.playback == Playback::Playing;
                self.seek(to, plays);
            }
            TimeAction::Speed(speed) => {
                self.speed = speed.clamp(SPEED_RANGE.0, SPEED_RANGE.1);
                self.view.speed = Some(self.speed);
                self.due = self.run.now;
                effects.push(Effect::SaveLink);
            }
        }
    }

    pub(super) fn change_view(&mut self, action: ViewAction, effects: &mut Vec<Effect>) {
        match action {
            ViewAction::ToggleLane(lane) => self.view.toggle_lane(lane, self.draft.lanes.len()),
            ViewAction::Percentile(percentile) => {
                self.view.percentile = (percentile != self.view.default_percentile).then_some(percentile);
            }
            ViewAction::Linear(linear) => self.view.linear = linear,
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
