//! The moment that is seen. It may lie before the one that the run has reached: what has been simulated stays.

use std::borrow::Cow;
use std::rc::Rc;

use super::playback::Playback;
use super::{Effect, State};
use crate::metrics::{FIGURE_GROUP, bucket_width};
use crate::phrase::Phrase;
use crate::report::{Report, Series};
use crate::scenario::{Accept, Beside, Edit, Fault, FaultKind, FaultTarget, FieldValue, Link, Scenario};
use crate::time::Nanos;
use crate::web::platform::protocol::{LaneCases, ToWorker};

/// What the reader sees, where that is not the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// A moment before the one that the run has reached.
    behind: Option<Nanos>,
    /// What there was at a moment before.
    recalled: Option<Recalled>,
    /// The run as it went before the last change.
    before: Option<Rc<Before>>,
}

/// The totals as they were at a moment, and what had gone wrong by then, per lane.
#[derive(Clone, Debug, PartialEq)]
struct Recalled {
    at: Nanos,
    report: Rc<Report>,
    cases: Rc<Vec<LaneCases>>,
}

/// A run before something was changed in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// What was changed.
    pub scenario: Rc<Scenario>,
    /// Its measures, per lane.
    pub series: Rc<Vec<Series>>,
}

/// Totals are kept where a point of the figures ends, and where something breaks, for what it did is what a reader who goes
/// there wants to see: the last such moment that is not after `t`.
fn kept_before(scenario: &Scenario, t: Nanos) -> Nanos {
    let point = point_of(scenario).0;
    let struck = breaks_of(scenario).filter(|at| *at <= t).max();
    Nanos(t.0 / point * point).max(struck.unwrap_or_default())
}

/// The first moment after `t` at which totals are kept.
pub fn kept_next(scenario: &Scenario, t: Nanos) -> Nanos {
    let point = point_of(scenario).0;
    let next = Nanos((t.0 / point).saturating_add(1).saturating_mul(point));
    breaks_of(scenario).filter(|at| *at > t).min().map_or(next, |at| next.min(at))
}

/// Of very many faults the figures show no more either.
const BREAKS_MANY: usize = 100;

/// When something breaks, as far as that is known beforehand.
fn breaks_of(scenario: &Scenario) -> impl Iterator<Item = Nanos> {
    scenario.faults.iter().filter_map(|fault| fault.at.moment()).take(BREAKS_MANY)
}

/// The length of a point of the figures.
fn point_of(scenario: &Scenario) -> Nanos {
    Nanos(bucket_width(scenario.duration).0 * FIGURE_GROUP as u64)
}

impl State {
    /// The moment that is seen.
    pub fn seen(&self) -> Nanos {
        self.seen.behind.unwrap_or(self.run.now)
    }

    /// The totals at that moment, as far as they are known.
    pub fn report(&self) -> Option<Rc<Report>> {
        self.recalled().map(|then| then.report.clone()).or_else(|| self.run.report.clone())
    }

    /// What had gone wrong by then, case by case, per lane.
    pub fn cases(&self) -> Rc<Vec<LaneCases>> {
        self.recalled().map_or_else(|| self.run.cases.clone(), |then| then.cases.clone())
    }

    /// Up to which moment totals and cases are, where that is not the newest: the last at which they are kept.
    pub fn recalled_at(&self) -> Option<Nanos> {
        self.recalled().map(|then| then.at)
    }

    fn recalled(&self) -> Option<&Recalled> {
        self.seen.behind.and(self.seen.recalled.as_ref())
    }

    /// Per lane, the measures that are known: where the run is simulated again, also what comes after the moment it has
    /// reached.
    pub fn series(&self) -> Cow<'_, [Series]> {
        let own: &[Series] = &self.run.series;
        // few: LANES_MAX
        let known = self.seen.before.as_ref().filter(|before| before.scenario == self.running);
        let further =
            |before: &Before| own.iter().zip(&*before.series).any(|(own, all)| all.points.len() > own.points.len());
        let Some(known) = known.filter(|known| own.len() == known.series.len() && further(known)) else {
            return own.into();
        };
        let whole = |(own, all): (&Series, &Series)| {
            let rest = all.points.iter().skip(own.points.len()).copied();
            Series { points: own.points.iter().copied().chain(rest).collect(), ..own.clone() }
        };
        own.iter().zip(&*known.series).map(whole).collect()
    }

    /// The run before the last change, if it is to be seen beside this one.
    pub fn before(&self) -> Option<&Rc<Before>> {
        self.seen.before.as_ref().filter(|before| before.scenario != self.running)
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

    /// Simulates the run again up to `t`, and plays on from there: what the stage shows is not kept. What was known of the
    /// run is, to be seen beside it should it go otherwise this time.
    pub(super) fn run_again_to(&mut self, t: Nanos) {
        if self.before().is_none() && !self.run.series.is_empty() {
            self.remember();
        }
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
        let is_known = self.seen.recalled.as_ref().is_some_and(|known| known.at == at);
        (!is_known).then_some(ToWorker::Recall { generation: self.generation, at_ns: at.0 })
    }

    pub(super) fn handle_recalled(&mut self, generation: u32, at_ns: u64, report: Report, cases: Vec<LaneCases>) {
        if generation == self.generation {
            self.seen.recalled = Some(Recalled { at: Nanos(at_ns), report: Rc::new(report), cases: Rc::new(cases) });
        }
    }

    /// The run is about to be another one: how it went so far stays to be seen beside it. While a slider is dragged, it is
    /// the run before the drag that stays.
    pub(super) fn keep_before(&mut self, is_first: bool) {
        self.look_at_newest();
        let is_dragged = self.history.is_dragging() && self.before().is_some();
        if is_first && !is_dragged && !self.run.series.is_empty() {
            self.remember();
        }
    }

    /// Keeps the run as far as it has got; one of the same scenario that got further stays.
    fn remember(&mut self) {
        let length = |series: &[Series]| series.first().map_or(0, |lane| lane.points.len());
        let knows_more =
            |before: &Rc<Before>| before.scenario == self.running && length(&before.series) > length(&self.run.series);
        if !self.seen.before.as_ref().is_some_and(knows_more) {
            let (scenario, series) = (self.running.clone(), self.run.series.clone());
            self.seen.before = Some(Rc::new(Before { scenario, series }));
        }
    }

    /// The run before the last change is of no more interest.
    pub(super) fn forget_before(&mut self) {
        self.seen.before = None;
    }

    /// The lanes as they were before the last change, to stand beside what they have become.
    ///
    /// # Errors
    /// Why they cannot.
    pub fn lanes_before(&self) -> Result<Beside, Phrase> {
        self.before().map_or(Ok(Beside::default()), |before| self.draft.beside(&before.scenario))
    }

    /// Makes lanes of those before the last change.
    pub(super) fn keep_both(&mut self, effects: &mut Vec<Effect>) {
        let first = self.draft.lanes.len();
        let Beside { lanes, faults } = self.lanes_before().unwrap_or_default();
        let lanes = (first..).zip(&lanes).map(|(n, lane)| Edit::set(format!("lane.{n}"), FieldValue::of(lane)));
        let faults = faults.iter().enumerate().filter(|(n, fault)| self.draft.faults.get(*n) != Some(*fault));
        let faults = faults.map(|(n, fault)| Edit::set(format!("fault.{n}"), FieldValue::of(fault)));
        let edits: Vec<Edit> = lanes.chain(faults).collect();
        if !edits.is_empty() {
            self.edit(&edits, Accept::Readable, false, effects);
            self.forget_before();
        }
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
        let (path, before) = (format!("fault.{}", self.draft.faults.len()), self.running.faults.len());
        self.edit(&[Edit::Set { path, value: FieldValue::of(&fault) }], Accept::Good, false, effects);
        self.injected += self.running.faults.len().saturating_sub(before);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Action, TimeAction, ViewAction};
    use super::*;
    use crate::ledger::{Case, CaseKind, Cause};
    use crate::model::WriteId;
    use crate::phrase::Language;
    use crate::scenario::presets::Claim;
    use crate::scenario::{Ttl, Writing};
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
        let cases = vec![lost_at(9)];
        hears(&mut state, FromWorker::Recalled { generation: 1, at_ns: 9_750_000_000, report, cases });
        assert_eq!(state.report().unwrap().scenario, "then");
        state.apply(seek(30));
        assert_eq!(state.report().unwrap().scenario, "", "the newest totals again");
    }

    /// A lane that lost a write at each of these seconds.
    fn lost_at(seconds: u64) -> LaneCases {
        let (issued, at) = (Nanos::from_secs(seconds - 1), Nanos::from_secs(seconds));
        let kind = CaseKind::Lost { cause: Cause::CacheCrash };
        LaneCases {
            lost: vec![Case { kind, key: 1, write: WriteId(9), client: 2, issued, at }],
            ..LaneCases::default()
        }
    }

    #[test]
    fn what_went_wrong_is_listed_up_to_the_moment_that_is_seen() {
        let mut state = halfway();
        state.run.cases = Rc::new(vec![lost_at(25)]);
        state.apply(seek(10));
        let report = (*state.report().unwrap()).clone();
        let cases = vec![LaneCases::default()];
        hears(&mut state, FromWorker::Recalled { generation: 1, at_ns: 9_750_000_000, report, cases });
        assert_eq!((state.cases()[0].lost.len(), state.recalled_at()), (0, Some(Nanos(9_750_000_000))));
        state.apply(seek(30));
        assert_eq!((state.cases()[0].lost.len(), state.recalled_at()), (1, None), "all there are again");
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

    /// Runs until there is something to see, changes one thing, and keeps both if it may.
    fn kept_beside(path: &str, value: &str) -> Result<State, Phrase> {
        let mut state = halfway();
        state.run.series = Rc::new(vec![Series::default()]);
        state.apply(set(path, value));
        assert_eq!(state.running.lanes.len(), 1);
        state.lanes_before()?;
        state.apply(Action::View(ViewAction::KeepBoth));
        assert!(state.before().is_none());
        Ok(state)
    }

    #[test]
    fn what_a_lane_was_before_can_be_kept_as_a_lane() {
        let state = kept_beside("lane.0.write", "write-back").expect("a lane's own");
        let writes: Vec<_> = state.running.lanes.iter().map(|lane| lane.write.name()).collect();
        assert_eq!(writes, ["write-back", Writing::default().name()]);
    }

    #[test]
    fn what_a_shared_part_was_before_can_be_kept_by_a_lane_that_has_it_otherwise() {
        let state = kept_beside("cache.ttl", "5s").expect("a lane may have it otherwise");
        let ttls = [0, 1].map(|lane| state.running.for_lane(lane).cache.ttl);
        assert_eq!(ttls, [Ttl::Fixed(Nanos::from_secs(5)), Scenario::default().cache.ttl]);
    }

    #[test]
    fn a_run_without_the_fault_that_was_injected_can_be_kept_beside_the_one_with_it() {
        let state = kept_beside("fault.0", "(at:5s,what:cache.crash)").expect("a fault may spare lanes");
        assert_eq!(state.claim(), Some(Claim { lane: 0, than: 1 }), "the sentence compares the two futures");
        assert_eq!((state.running.lanes.len(), state.running.faults[0].spares.clone()), (2, vec![1]));
    }

    /// What is known of a run stays when it is simulated again for the stage: it is the other future should something break.
    #[test]
    fn a_fault_after_running_again_leaves_the_future_that_was_known() {
        let mut state = halfway();
        let of = |points: usize| Series { points: vec![Default::default(); points], ..Series::default() };
        state.run.series = Rc::new(vec![of(40)]);
        state.apply(seek(10));
        for _ in 0..2 {
            state.apply(Action::Time(TimeAction::RunFromHere));
            assert!(state.before().is_none(), "the same run is nothing beside itself");
            // The run has got as far as that again.
            (state.must_load, state.resume) = (false, None);
            state.run.series = Rc::new(vec![of(14)]);
        }
        state.apply(set("fault.0", "(at:12s,what:cache.crash)"));
        let before = state.before().expect("the future that was known");
        assert_eq!((before.scenario.faults.len(), before.series[0].points.len()), (0, 40));
        state.apply(Action::View(ViewAction::KeepBoth));
        assert_eq!((state.running.lanes.len(), state.running.faults[0].spares.clone()), (2, vec![1]));
    }

    /// Who plays again before the stage sees it; the figures keep what is known.
    #[test]
    fn playing_again_before_the_stage_simulates_again_and_forgets_nothing() {
        let mut state = halfway();
        let of = |points: usize| Series { points: vec![Default::default(); points], ..Series::default() };
        waits(&mut state, 0.1);
        state.apply(frame(1, 60, true));
        state.run.series = Rc::new(vec![of(80)]);
        state.apply(Action::StageSeen(true));
        state.apply(Action::Time(TimeAction::Play));
        assert_eq!((state.generation, state.seen()), (2, state.run.now), "it is simulated, not only looked at");
        state.run.series = Rc::new(vec![of(14)]);
        assert_eq!(state.series()[0].points.len(), 80);
        state.apply(set("cache.ttl", "5s"));
        assert_eq!(state.series().first().map_or(0, |lane| lane.points.len()), state.run.series[0].points.len());
    }

    /// Just after a crash a reader sees what it did, not what there was before the point of the figures that it fell into.
    #[test]
    fn totals_are_kept_where_something_breaks() {
        let mut state = halfway();
        state.apply(set("fault.0", "(at:10.1s,what:cache.crash)"));
        let scenario = state.running.clone();
        let kept = |ms: u64| kept_before(&scenario, Nanos::from_millis(ms));
        assert_eq!([10_099, 10_100, 10_499, 10_500].map(kept), [9_750, 10_100, 10_100, 10_500].map(Nanos::from_millis));
        let next = |ms: u64| kept_next(&scenario, Nanos::from_millis(ms));
        assert_eq!([9_750, 10_100, 10_500].map(next), [10_100, 10_500, 11_250].map(Nanos::from_millis));
    }

    #[test]
    fn traffic_is_shared_and_the_page_says_so() {
        let why = kept_beside("clients.write_ratio", "0.7").map(|_| ()).expect_err("all lanes share it");
        assert!(why.say(Language::English).contains("all lanes share"), "{why}");
    }
}
