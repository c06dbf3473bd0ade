//! The moment that is seen. It may lie before the one that the run has reached: what has been simulated stays.

use std::rc::Rc;

use super::playback::Playback;
use super::{Effect, State};
use crate::metrics::{FIGURE_GROUP, bucket_width};
use crate::report::{Report, Series};
use crate::scenario::{Accept, Edit, Fault, FaultKind, FaultTarget, FieldValue, Lane, Link, Scenario};
use crate::time::Nanos;
use crate::web::platform::protocol::ToWorker;

/// What the reader sees, where that is not the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// A moment before the one that the run has reached.
    behind: Option<Nanos>,
    /// The totals as they were at a moment before, and that moment.
    recalled: Option<(Nanos, Rc<Report>)>,
    /// The run as it went before the last change.
    before: Option<Rc<Before>>,
}

/// A run before something was changed in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// What was changed.
    pub scenario: Rc<Scenario>,
    /// Its measures, per lane.
    pub series: Rc<Vec<Series>>,
}

/// Totals are kept where a point of the figures ends: the last such moment that is not after `t`.
fn kept_before(scenario: &Scenario, t: Nanos) -> Nanos {
    let point = point_of(scenario).0;
    Nanos(t.0 / point * point)
}

/// The length of a point of the figures.
pub fn point_of(scenario: &Scenario) -> Nanos {
    Nanos(bucket_width(scenario.duration).0 * FIGURE_GROUP as u64)
}

impl State {
    /// The moment that is seen.
    pub fn seen(&self) -> Nanos {
        self.seen.behind.unwrap_or(self.run.now)
    }

    /// The totals at that moment, as far as they are known.
    pub fn report(&self) -> Option<Rc<Report>> {
        match (&self.seen.behind, &self.seen.recalled) {
            (Some(_), Some((_, report))) => Some(report.clone()),
            _ => self.run.report.clone(),
        }
    }

    /// The run before the last change, if it is to be seen beside this one.
    pub fn before(&self) -> Option<&Rc<Before>> {
        self.seen.before.as_ref()
    }

    /// Whether the run has come to its end, whatever is seen of it.
    pub fn is_over(&self) -> bool {
        self.run.finished && !self.must_load
    }

    /// Whether the end of the run is seen.
    pub fn at_end(&self) -> bool {
        self.is_over() && self.seen.behind.is_none()
    }

    /// Looks at a moment that has been simulated.
    pub(super) fn look_at(&mut self, t: Nanos, then_play: bool) {
        self.seen.behind = (t < self.run.now).then_some(t);
        self.due = self.run.now;
        let ended = self.seen.behind.is_none() && self.run.finished;
        self.playback = if then_play && !ended { Playback::Playing } else { Playback::Paused };
    }

    /// Looks at what is newest.
    pub(super) fn look_at_newest(&mut self) {
        (self.seen.behind, self.seen.recalled) = (None, None);
    }

    /// Simulates the run again up to `t`, and plays on from there: what the stage shows is not kept.
    pub(super) fn run_again_to(&mut self, t: Nanos) {
        self.look_at_newest();
        self.reload();
        self.playback = Playback::Seeking { to: t, then_play: true };
    }

    /// Whether `t` has been simulated, and the page has what there was.
    pub(super) fn is_simulated(&self, t: Nanos) -> bool {
        !self.must_load && self.run.report.is_some() && (t <= self.run.now || self.run.finished)
    }

    /// Plays on through what has been simulated; returns whether that is what is seen.
    pub(super) fn play_behind(&mut self, wall_s: f64) -> bool {
        let Some(behind) = self.seen.behind else { return false };
        if self.playback == Playback::Playing {
            self.look_at(behind.saturating_add(Nanos::from_secs_f64(self.speed * wall_s)), true);
        }
        true
    }

    /// The totals that must be asked for.
    pub(super) fn recall(&self) -> Option<ToWorker> {
        let at = kept_before(&self.running, self.seen.behind?);
        let is_known = self.seen.recalled.as_ref().is_some_and(|(known, _)| *known == at);
        (!is_known).then_some(ToWorker::Recall { generation: self.generation, at_ns: at.0 })
    }

    pub(super) fn handle_recalled(&mut self, generation: u32, at_ns: u64, report: Report) {
        if generation == self.generation {
            self.seen.recalled = Some((Nanos(at_ns), Rc::new(report)));
        }
    }

    /// The run is about to be another one: how it went so far stays to be seen beside it. While a slider is dragged, it is
    /// the run before the drag that stays.
    pub(super) fn keep_before(&mut self, is_first: bool) {
        self.look_at_newest();
        let is_dragged = self.history.is_dragging() && self.seen.before.is_some();
        if is_first && !is_dragged && !self.run.series.is_empty() {
            self.seen.before =
                Some(Rc::new(Before { scenario: self.running.clone(), series: self.run.series.clone() }));
        }
    }

    /// The run before the last change is of no more interest.
    pub(super) fn forget_before(&mut self) {
        self.seen.before = None;
    }

    /// The lane as it was before the last change, where that was all that was changed.
    pub fn lane_before(&self) -> Option<usize> {
        let before = &self.seen.before.as_ref()?.scenario;
        // A lane that another's change gave its look to keep is not changed itself.
        let run = |scenario: &Scenario, i: usize| Some(Lane { look: None, ..scenario.lanes.get(i)?.clone() });
        let mut differ = (0..before.lanes.len()).filter(|i| run(before, *i) != run(&self.draft, *i));
        let only = differ.next().filter(|_| differ.next().is_none())?;
        let mut same = (**before).clone();
        same.lanes.clone_from(&self.draft.lanes);
        (same == *self.draft).then_some(only)
    }

    /// Makes the lane as it was before a lane of its own.
    pub(super) fn keep_both(&mut self, effects: &mut Vec<Effect>) {
        let Some((number, before)) = self.lane_before().zip(self.seen.before.clone()) else { return };
        let lane = FieldValue::of(&before.scenario.lanes[number]);
        let path = format!("lane.{}", self.draft.lanes.len());
        self.edit(&[Edit::Set { path, value: lane }], Accept::Readable, false, effects);
        self.forget_before();
    }

    /// Breaks something at the moment that is seen, which is past: from there on the run is another one.
    pub(super) fn fork(
        &mut self,
        what: FaultKind,
        server: Option<u32>,
        link: Option<Link>,
        lasts: Nanos,
        effects: &mut Vec<Effect>,
    ) {
        let which = server.map(FaultTarget::Server).or(link.map(FaultTarget::Link));
        let at = Nanos(self.seen().0 / 1_000_000 * 1_000_000); // a link has room for milliseconds
        let fault = Fault { which, lasts, ..Fault::new(what, at) };
        let path = format!("fault.{}", self.draft.faults.len());
        self.edit(&[Edit::Set { path, value: FieldValue::of(&fault) }], Accept::Good, false, effects);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Action, TimeAction, ViewAction};
    use super::*;
    use crate::scenario::Writing;
    use crate::web::platform::protocol::FromWorker;

    /// A run of 60 s that is played, and has got to its 30th.
    fn halfway() -> State {
        let mut state = playing();
        state.apply(frame(1, 30, false));
        state.playback = Playback::Playing;
        state
    }

    fn seek(seconds: u64) -> Action {
        Action::Time(TimeAction::Seek(Nanos::from_secs(seconds)))
    }

    #[test]
    fn going_back_shows_what_was_and_runs_nothing_again() {
        let mut state = halfway();
        let effects = state.apply(seek(10));
        let recall = Some(&ToWorker::Recall { generation: 1, at_ns: 9_750_000_000 });
        assert_eq!(sent(&effects), recall, "the totals of the last point that is over");
        assert_eq!((state.seen(), state.run.now, state.generation), (Nanos::from_secs(10), Nanos::from_secs(30), 1));
        let report = Report { engine: "1".into(), scenario: "then".into(), seed: 1, deadline_s: 1.0, lanes: vec![] };
        hears(&mut state, FromWorker::Recalled { generation: 1, at_ns: 9_750_000_000, report });
        assert_eq!(state.report().unwrap().scenario, "then");
        state.apply(seek(30));
        assert_eq!(state.report().unwrap().scenario, "", "the newest totals again");
    }

    #[test]
    fn playing_goes_on_through_what_was_and_then_further() {
        let mut state = halfway();
        state.speed = 10.0;
        state.apply(seek(28));
        assert_eq!(state.playback, Playback::Playing);
        state.apply(Action::Tick { wall_s: 0.1 });
        assert_eq!((state.seen(), state.run.now), (Nanos::from_secs(29), Nanos::from_secs(30)));
        waits(&mut state, 0.2);
        assert!(state.is_running() && state.seen.behind.is_none(), "at the edge it simulates again");
    }

    #[test]
    fn the_end_is_not_the_end_for_who_looks_at_the_middle() {
        let mut state = halfway();
        waits(&mut state, 0.1);
        state.apply(frame(1, 60, true));
        assert!(state.at_end() && !state.is_running());
        state.apply(seek(20));
        assert!(!state.at_end());
        state.apply(Action::Time(TimeAction::Play));
        waits(&mut state, 60.0);
        assert!(state.at_end() && state.playback == Playback::Paused, "{:?}", state.playback);
        assert_eq!(state.generation, 1);
    }

    #[test]
    fn a_fault_in_the_past_forks_the_run_there() {
        let mut state = halfway();
        state.apply(seek(10));
        let inject =
            Action::Inject { what: FaultKind::CacheCrash, server: None, link: None, lasts: Nanos::from_secs(5) };
        state.apply(inject);
        let at: Vec<_> = state.running.faults.iter().map(|fault| fault.at.moment()).collect();
        assert_eq!(at, [Some(Nanos::from_secs(10))]);
        assert_eq!(state.playback, Playback::Seeking { to: Nanos::from_secs(10), then_play: true });
        assert!(state.link().unwrap().contains("fault"), "{:?}", state.link());
    }

    #[test]
    fn what_a_lane_was_before_can_be_kept_as_a_lane_and_what_all_share_cannot() {
        let mut state = halfway();
        state.run.series = Rc::new(vec![Series::default()]);
        state.apply(set("lane.0.write", "write-back"));
        assert_eq!((state.running.lanes.len(), state.lane_before()), (1, Some(0)));
        state.apply(Action::View(ViewAction::KeepBoth));
        let writes: Vec<_> = state.running.lanes.iter().map(|lane| lane.write.name()).collect();
        assert_eq!(writes, ["write-back", Writing::default().name()]);
        assert!(state.before().is_none());
        state.run.series = Rc::new(vec![Series::default()]);
        state.must_load = false;
        state.apply(set("cache.ttl", "5s"));
        assert_eq!(state.lane_before(), None);
    }
}
