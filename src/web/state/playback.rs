//! Whether time goes on, how fast, and what the worker has told of the run so far.

use std::rc::Rc;

use super::view::SPEED_RANGE;
use super::{Effect, State};
use crate::phrase::Phrase;
use crate::report::{Report, Series};
use crate::scenario::Scenario;
use crate::stage::Scene;
use crate::time::Nanos;
use crate::web::platform::protocol::{Frame, LaneCases};

/// Whether time goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Playback {
    /// Stands still.
    Paused,
    /// Goes on at the chosen speed.
    Playing,
    /// Hurries to a moment, then plays on or stands still.
    Seeking {
        /// The moment.
        to: Nanos,
        /// Whether it then plays on.
        then_play: bool,
    },
}

/// What the worker has told of the run so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The moment all lanes have reached.
    pub now: Nanos,
    /// Whether it has ended and drained.
    pub finished: bool,
    /// The first moment at which something can still break.
    pub soonest: Nanos,
    /// How many requests of a trace were played so far, and how many it has, where it is not all.
    pub unplayed: Option<(u64, u64)>,
    /// The totals; `None` before the first frame.
    pub report: Option<Rc<Report>>,
    /// Per lane: why a limit has ended it, if one has.
    pub stopped: Rc<Vec<Option<Phrase>>>,
    /// Per lane, from the start.
    pub series: Rc<Vec<Series>>,
    /// What went wrong, case by case, per lane.
    pub cases: Rc<Vec<LaneCases>>,
    /// Per lane: what the stage was told last; empty where nobody sees it.
    pub scenes: Rc<Vec<Scene>>,
}

/// More time than this has not gone by between two ticks, seconds: the machine was asleep.
const TICK_MOST_S: f64 = 0.5;

/// A run should play for about so long, seconds.
const RUN_WALL_S: f64 = 20.0;

/// The speeds on offer, virtual seconds per second.
pub const SPEEDS: [f64; 16] =
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1_000.0, 10_000.0];

impl State {
    /// Whether time goes on.
    pub fn is_running(&self) -> bool {
        self.playback != Playback::Paused && !self.at_end()
    }

    /// Whether the run is on its way to a moment further on, as fast as it gets there.
    pub fn is_hurrying(&self) -> bool {
        matches!(self.playback, Playback::Seeking { to, .. } if to > self.run.now) && !self.run.finished
    }

    /// Once it is at the moment that it is on its way to, it goes on, or stands still.
    pub fn then_play(&mut self, plays: bool) {
        if let Playback::Seeking { then_play, .. } = &mut self.playback {
            *then_play = plays;
        }
    }

    pub(super) fn play(&mut self) {
        if self.at_end() {
            self.restart();
        } else if self.seen() < self.run.now {
            self.look_at(self.seen(), true);
        } else if !self.worker_has_run() {
            self.catch_up();
        } else {
            self.due = self.run.now;
            self.playback = Playback::Playing;
        }
    }

    /// Plays from the beginning. What the stage shows is simulated again; the figures have it all.
    pub(super) fn restart(&mut self) {
        let from = self.running.warmup;
        if self.stage_seen && self.is_over() { self.run_again_to(from) } else { self.seek(from, true) }
    }

    /// A step is a 240th of the run: a third of a point of the figures.
    pub(super) fn step(&mut self, is_back: bool) {
        let step = Nanos((self.running.duration.0 / 240).max(1));
        let seen = self.seen();
        self.seek(if is_back { seen.saturating_sub(step) } else { seen.saturating_add(step) }, false);
    }

    /// Looks at another moment: at once, where it has been simulated; else the run hurries there.
    pub(super) fn seek(&mut self, to: Nanos, then_play: bool) {
        if self.is_simulated(to) {
            return self.look_at(to, then_play);
        }
        self.look_at_newest();
        self.playback = Playback::Seeking { to, then_play };
    }

    pub(super) fn reload(&mut self) {
        self.generations += 1;
        self.generation = self.generations;
        self.must_load = true;
        // They were meant for a moment of another run.
        self.injections.clear();
        self.wanted = None;
        self.story = self.story.take().filter(|story| story.told.is_some());
    }

    /// The worker has not got what the page shows: it is run again up to there, and goes on.
    pub(super) fn catch_up(&mut self) {
        self.must_load = true;
        self.playback = Playback::Seeking { to: self.run.now.max(self.running.warmup), then_play: true };
    }

    /// Whether the worker holds the run that is on the page.
    pub(super) fn worker_has_run(&self) -> bool {
        !self.must_load && self.loaded.is_some_and(|loaded| loaded.generation == self.generation)
    }

    pub(super) fn tick(&mut self, wall_s: f64, effects: &mut Vec<Effect>) {
        if self.play_behind(wall_s.min(TICK_MOST_S)) {
            // Nothing is due before what there is has been seen.
        } else if self.playback == Playback::Playing && self.run.report.is_some() && !self.must_load {
            let due = self.due.saturating_add(Nanos::from_secs_f64(self.speed * wall_s.min(0.25)));
            // Never more than three ticks ahead: what a slow machine cannot do is left out of the playing, not of the run.
            let most = self.run.now.saturating_add(Nanos::from_secs_f64(self.speed * 0.3));
            self.due = due.min(most);
        }
        self.wait(wall_s.min(TICK_MOST_S), effects);
    }

    pub(super) fn show_frame(&mut self, frame: Frame) {
        let run = &mut self.run;
        let fresh = frame.series.iter().all(|tail| tail.first == 0);
        run.now = Nanos(frame.now_ns);
        run.finished = frame.finished;
        run.soonest = Nanos(frame.soonest_ns);
        run.unplayed = frame.unplayed;
        let series = Rc::make_mut(&mut run.series);
        if fresh || series.len() != frame.series.len() {
            *series = frame.series;
        } else {
            for (whole, tail) in series.iter_mut().zip(frame.series) {
                whole.points.truncate(tail.first);
                whole.points.extend(tail.points);
            }
        }
        if frame.cases.iter().any(Option::is_some) || run.cases.len() != frame.cases.len() {
            let cases = Rc::make_mut(&mut run.cases);
            cases.resize(frame.cases.len(), LaneCases::default());
            for (told, new) in cases.iter_mut().zip(frame.cases) {
                *told = new.unwrap_or_else(|| std::mem::take(told));
            }
        }
        run.scenes = Rc::new(frame.scenes);
        run.report = Some(Rc::new(frame.report));
        if *run.stopped != frame.stopped {
            run.stopped = Rc::new(frame.stopped);
        }
        if let Playback::Seeking { to, then_play } = self.playback {
            if run.finished || run.now >= to {
                self.playback = if then_play && !run.finished { Playback::Playing } else { Playback::Paused };
                self.due = run.now;
            }
        } else if self.playback == Playback::Playing && self.seen() >= self.run.now {
            let run = &self.run;
            self.due = self.due.max(run.now);
            if run.finished {
                self.playback = Playback::Paused;
            }
        }
    }
}

/// The offered speed at which what is measured of a run plays for about [`RUN_WALL_S`].
pub(super) fn fitting_speed(scenario: &Scenario) -> f64 {
    let wanted = scenario.duration.saturating_sub(scenario.warmup).as_secs_f64() / RUN_WALL_S;
    let above = SPEEDS.into_iter().find(|speed| *speed >= wanted * 0.99);
    above.unwrap_or(wanted.min(SPEED_RANGE.1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Action, TimeAction};
    use super::*;
    use crate::phrase::Language;
    use crate::web::platform::protocol::ToWorker;

    #[test]
    fn nobody_has_to_watch_the_warm_up() {
        let mut state = State::new(Language::English, false);
        let effects = state.apply(Action::OpenToml("duration = \"60s\"\nwarmup = \"20s\"".into()));
        assert_eq!(state.speed, 2.0, "40 s in 20");
        comes_up(&mut state, &effects);
        let effects = state.apply(frame(1, 0, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { to_ns: 20_000_000_000, .. })), "{effects:?}");
        state.apply(frame(1, 20, false));
        assert_eq!(state.playback, Playback::Playing);
        state.apply(Action::Time(TimeAction::Restart));
        assert_eq!((state.playback, state.seen()), (Playback::Playing, Nanos::from_secs(20)));
    }

    #[test]
    fn play_at_the_end_begins_again() {
        let mut state = playing();
        state.apply(frame(1, 60, true));
        assert!(!state.is_running());
        state.apply(Action::Time(TimeAction::PlayPause));
        assert_eq!((state.playback, state.seen(), state.generation), (Playback::Playing, Nanos::ZERO, 1));
    }

    #[test]
    fn what_an_old_scenario_says_is_thrown_away() {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(set("seed", "9"));
        state.apply(frame(1, 30, false));
        assert_eq!(state.run.now, Nanos::from_secs(20));
    }

    #[test]
    fn calm_readers_see_the_outcome_at_once() {
        let mut state = State::new(Language::English, true);
        let effects = state.apply(Action::OpenToml("duration = \"60s\"".into()));
        comes_up(&mut state, &effects);
        let effects = state.apply(frame(1, 0, false));
        assert!(matches!(sent(&effects), Some(ToWorker::Advance { to_ns: u64::MAX, .. })));
    }
}
