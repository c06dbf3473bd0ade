//! Several workers that answer as one: each runs some of the lanes, so that a run takes as many processors as there are.
//!
//! The page says what it would say to one worker ([`protocol`](super::protocol)), and hears one answer to it. What one
//! worker is enough for goes to the first. A replayed trace is large: one worker holds it, and runs all lanes.
//!
//! ```text
//!   Load                                 to each that gets some of the lanes
//!   Advance, Recall, Inject       to each that has some
//!   Hello, Tell, Open, Continue, Cancel     to the first
//! ```

use super::protocol::{Frame, FromWorker, Share, ToWorker};
use crate::report::Report;
use crate::scenario::Keys;
use crate::time::Nanos;

/// Who runs what, and what they have answered so far.
#[derive(Debug)]
pub struct Pool {
    most: usize,
    run: SharedRun,
    /// What the workers still have if they refuse what they are asked to load.
    before: Option<SharedRun>,
    /// What those have answered who were asked; `None` from one who owes it.
    answers: Vec<Option<FromWorker>>,
}

/// A run, as the pool knows it.
#[derive(Clone, Copy, Debug)]
struct SharedRun {
    workers: usize,
    duration: Nanos,
    /// The moment that all have reached.
    now: Nanos,
}

/// No worker is further ahead of the others than such a part of the run.
const STEPS: u64 = 40;

impl Pool {
    /// A pool of up to so many workers, at least one.
    pub fn new(most: usize) -> Pool {
        let run = SharedRun { workers: 1, duration: Nanos::ZERO, now: Nanos::ZERO };
        Pool { most: most.max(1), run, before: None, answers: Vec::new() }
    }

    /// How many workers have something to do.
    pub fn workers(&self) -> usize {
        self.run.workers.max(self.before.map_or(1, |run| run.workers))
    }

    /// What to say to whom, by number.
    pub fn send(&mut self, said: ToWorker) -> Vec<(usize, ToWorker)> {
        let to_all = |count: usize, said: &ToWorker| (0..count).map(|worker| (worker, said.clone())).collect();
        let messages: Vec<(usize, ToWorker)> = match said {
            ToWorker::Load { generation, scenario, .. } => {
                self.before = Some(self.run);
                self.run = SharedRun::of(scenario.lanes.len(), scenario.duration);
                let one = matches!(scenario.clients.keys, Keys::Trace { .. });
                self.run.workers = if one { 1 } else { self.run.workers.min(self.most) };
                let of = self.run.workers;
                let share =
                    |first| ToWorker::Load { generation, scenario: scenario.clone(), share: Share { first, of } };
                (0..of).map(|worker| (worker, share(worker))).collect()
            }
            ToWorker::Advance { generation, to_ns, budget_ms, watch } => {
                let to_ns = self.run.goal(Nanos(to_ns)).0;
                to_all(self.run.workers, &ToWorker::Advance { generation, to_ns, budget_ms, watch })
            }
            ToWorker::Hello | ToWorker::Recall { .. } | ToWorker::Inject { .. } => to_all(self.run.workers, &said),
            ToWorker::Open { .. }
            | ToWorker::Continue
            | ToWorker::Cancel
            | ToWorker::Tell { .. }
            | ToWorker::Measure { .. }
            | ToWorker::Seek { .. }
            | ToWorker::Wind { .. }
            | ToWorker::Hold { .. }
            | ToWorker::Curve { .. } => vec![(0, said)],
        };
        self.answers = messages.iter().map(|_| None).collect();
        messages
    }

    /// Worker number `worker` has said this; gives what the page is to hear, once all who were asked have answered. A
    /// panic is heard at once.
    pub fn hear(&mut self, worker: usize, said: FromWorker) -> Option<FromWorker> {
        if matches!(said, FromWorker::Panicked { .. }) {
            return Some(said);
        }
        *self.answers.get_mut(worker)? = Some(said);
        if self.answers.iter().any(Option::is_none) {
            return None;
        }
        let told = together(std::mem::take(&mut self.answers).into_iter().flatten().collect())?;
        match (&told, self.before.take()) {
            (FromWorker::Refused { .. }, Some(before)) => self.run = before,
            (FromWorker::Frame(frame), _) => self.run.now = Nanos(frame.now_ns),
            _ => {}
        }
        Some(told)
    }
}

impl SharedRun {
    fn of(lanes: usize, duration: Nanos) -> SharedRun {
        SharedRun { workers: lanes.max(1), duration, now: Nanos::ZERO }
    }

    /// How far the workers go who are to go to `to`: each uses the time it has, so none waits for the others before it is a
    /// whole step ahead. From the end on, each only settles.
    fn goal(&self, to: Nanos) -> Nanos {
        let is_shared = self.workers > 1 && self.now < self.duration;
        let step = Nanos((self.duration.0 / STEPS).max(1));
        if is_shared { to.min(self.now.saturating_add(step)) } else { to }
    }
}

/// What several workers have answered, as one would have; `None` of none.
fn together(answers: Vec<FromWorker>) -> Option<FromWorker> {
    let refusal = answers.iter().position(|answer| matches!(answer, FromWorker::Refused { .. }));
    let mut all = answers.into_iter();
    if let Some(place) = refusal {
        return all.nth(place);
    }
    let first = all.next()?;
    Some(match first {
        FromWorker::Frame(first) => {
            let others = all.filter_map(|other| if let FromWorker::Frame(frame) = other { Some(*frame) } else { None });
            FromWorker::Frame(Box::new(frame_of(std::iter::once(*first).chain(others).collect())))
        }
        FromWorker::Recalled { generation, at_ns, mut report, cases } => {
            let (mut reports, mut all_cases) = (vec![std::mem::take(&mut report.lanes)], vec![cases]);
            for other in all {
                if let FromWorker::Recalled { report, cases, .. } = other {
                    reports.push(report.lanes);
                    all_cases.push(cases);
                }
            }
            report.lanes = in_turn(reports);
            FromWorker::Recalled { generation, at_ns, report, cases: in_turn(all_cases) }
        }
        other => other,
    })
}

/// The frames of several workers as the frame of one that runs all lanes.
fn frame_of(mut frames: Vec<Frame>) -> Frame {
    fn take<T>(frames: &mut [Frame], of: impl Fn(&mut Frame) -> &mut Vec<T>) -> Vec<T> {
        in_turn(frames.iter_mut().map(|frame| std::mem::take(of(frame))).collect())
    }
    // Whose lanes have all ended holds nobody up.
    let going = frames.iter().filter(|frame| !frame.finished).map(|frame| frame.now_ns).min();
    let latest = frames.iter().map(|frame| frame.now_ns).max();
    let (finished, soonest) = (going.is_none(), frames.iter().map(|frame| frame.soonest_ns).max());
    let lanes = take(&mut frames, |frame| &mut frame.report.lanes);
    let (stopped, series) = (take(&mut frames, |f| &mut f.stopped), take(&mut frames, |f| &mut f.series));
    let (cases, scenes) = (take(&mut frames, |f| &mut f.cases), take(&mut frames, |f| &mut f.scenes));
    let first = frames.swap_remove(0);
    Frame {
        now_ns: going.or(latest).unwrap_or(0),
        finished,
        soonest_ns: soonest.unwrap_or(0),
        report: Report { lanes, ..first.report },
        stopped,
        series,
        cases,
        scenes,
        ..first
    }
}

/// The first of each, then the second of each, and so on: lanes were dealt out like this.
fn in_turn<T>(of_workers: Vec<Vec<T>>) -> Vec<T> {
    let mut rest: Vec<_> = of_workers.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(rest.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Experiment, Plan};
    use crate::report::LaneReport;
    use crate::scenario::{FaultKind, Scenario, presets};

    /// What a worker does, without a browser: it goes `pace` of the way it is asked to go.
    struct Model {
        experiment: Option<Experiment>,
        pace: f64,
    }

    impl Model {
        fn answer(&mut self, said: ToWorker) -> FromWorker {
            match said {
                ToWorker::Load { scenario, share, .. } => {
                    let lanes = share.of_lanes(scenario.lanes.len());
                    self.experiment = Some(Plan::new(&scenario, None).unwrap().begin_lanes(lanes));
                }
                ToWorker::Advance { to_ns, .. } => {
                    let experiment = self.experiment.as_mut().unwrap();
                    let (now, to) = (experiment.now(), Nanos(to_ns));
                    let way = to.saturating_sub(now);
                    let least = Nanos::from_millis(20).max(Nanos((way.0 as f64 * self.pace) as u64));
                    let end = experiment.scenario().duration;
                    let goal = if to >= end && now.saturating_add(least) >= end {
                        Nanos::MAX
                    } else {
                        now.saturating_add(least).min(to)
                    };
                    experiment.advance(goal, || false);
                }
                ToWorker::Inject { generation, at_ns, lasts, .. } => {
                    let experiment = self.experiment.as_mut().unwrap();
                    experiment.inject_at(Nanos(at_ns), FaultKind::CacheCrash, None, lasts).unwrap();
                    let scenario = Box::new(experiment.scenario().clone());
                    return FromWorker::Injected { generation, scenario };
                }
                _ => return FromWorker::Here,
            }
            self.frame()
        }

        fn frame(&self) -> FromWorker {
            let experiment = self.experiment.as_ref().unwrap();
            let report = experiment.report();
            let count = report.lanes.len();
            FromWorker::Frame(Box::new(Frame {
                generation: 1,
                now_ns: experiment.now().0,
                finished: experiment.finished(),
                soonest_ns: experiment.soonest().0,
                unplayed: None,
                report,
                stopped: vec![None; count],
                series: (0..count).map(|lane| experiment.series(lane, 0, 1)).collect(),
                cases: vec![None; count],
                scenes: experiment.scenes(),
            }))
        }
    }

    /// Workers of these paces, and the pool before them.
    struct World {
        pool: Pool,
        workers: Vec<Model>,
        /// How far apart the workers ever were.
        apart: Nanos,
    }

    impl World {
        fn new(paces: &[f64]) -> World {
            let workers = paces.iter().map(|pace| Model { experiment: None, pace: *pace }).collect();
            World { pool: Pool::new(paces.len()), workers, apart: Nanos::ZERO }
        }

        fn ask(&mut self, said: ToWorker) -> FromWorker {
            let messages = self.pool.send(said);
            let last = messages.len() - 1;
            let mut told = None;
            // The last asked answers first.
            for (i, (worker, said)) in messages.into_iter().rev().enumerate() {
                let said = self.workers[worker].answer(said);
                told = self.pool.hear(worker, said);
                assert_eq!(told.is_some(), i == last, "an answer is due once all have given theirs");
            }
            let going = self.workers.iter().filter_map(|worker| worker.experiment.as_ref()).filter(|e| !e.finished());
            let moments: Vec<Nanos> = going.map(Experiment::now).collect();
            if let (Some(first), Some(last)) = (moments.iter().min(), moments.iter().max()) {
                self.apart = self.apart.max(last.saturating_sub(*first));
            }
            told.expect("an answer")
        }

        /// Loads, breaks something on the way, and runs to the end.
        fn run(&mut self, scenario: &Scenario) -> (Vec<LaneReport>, Scenario) {
            self.ask(ToWorker::Load { generation: 1, scenario: Box::new(scenario.clone()), share: Share::default() });
            let mut broken = None;
            loop {
                let to_ns = if broken.is_none() { scenario.duration.0 / 2 } else { u64::MAX };
                let said = ToWorker::Advance { generation: 1, to_ns, budget_ms: 90.0, watch: None };
                let FromWorker::Frame(frame) = self.ask(said) else { panic!("a frame") };
                if frame.finished {
                    return (frame.report.lanes, broken.expect("a fault on the way"));
                }
                if broken.is_none() && frame.now_ns > scenario.duration.0 / 3 {
                    let inject = ToWorker::Inject {
                        generation: 1,
                        at_ns: frame.soonest_ns,
                        what: "cache-crash".into(),
                        server: None,
                        link: None,
                        lasts: Nanos::from_secs(1),
                    };
                    let FromWorker::Injected { scenario, .. } = self.ask(inject) else { panic!("a fault") };
                    broken = Some(*scenario);
                }
            }
        }
    }

    fn scenario() -> Scenario {
        let mut scenario = presets::get("default").unwrap().scenario().clone();
        scenario.duration = Nanos::from_secs(3);
        scenario.faults.clear();
        scenario
    }

    #[test]
    fn any_number_of_workers_tells_what_one_would() {
        for paces in [vec![1.0], vec![1.0, 1.0], vec![1.0, 0.2], vec![0.1, 1.0, 0.5], vec![1.0; 9]] {
            let (lanes, with_fault) = World::new(&paces).run(&scenario());
            let mut alone = Experiment::new(&with_fault, None).unwrap();
            alone.advance(Nanos::MAX, || false);
            assert_eq!(lanes, alone.report().lanes, "{paces:?}");
        }
    }

    #[test]
    fn no_worker_gets_far_ahead() {
        let scenario = scenario();
        let mut world = World::new(&[1.0, 0.05]);
        world.run(&scenario);
        assert!(world.apart > Nanos::ZERO && world.apart <= Nanos(scenario.duration.0 / STEPS), "{:?}", world.apart);
    }

    #[test]
    fn however_slow_one_is_the_others_may_be_a_step_ahead_of_it() {
        let scenario = scenario();
        let mut world = World::new(&[1.0, 0.05]);
        world.ask(ToWorker::Load { generation: 1, scenario: Box::new(scenario.clone()), share: Share::default() });
        let advance = ToWorker::Advance { generation: 1, to_ns: u64::MAX, budget_ms: 90.0, watch: None };
        for _ in 0..5 {
            let FromWorker::Frame(frame) = world.ask(advance.clone()) else { panic!("a frame") };
            assert_eq!(world.pool.run.goal(Nanos::MAX), Nanos(frame.now_ns + scenario.duration.0 / STEPS));
        }
    }

    #[test]
    fn the_shortest_runs_are_shared_too() {
        for duration in [Nanos(1), Nanos(39)] {
            let run = SharedRun { workers: 2, ..SharedRun::of(2, duration) };
            assert_eq!(run.goal(Nanos::MAX), Nanos(1), "{duration:?}");
        }
    }

    #[test]
    fn one_worker_is_enough_for_one_lane_and_for_a_trace() {
        let mut pool = Pool::new(4);
        let mut load = |scenario: &Scenario| {
            let load = ToWorker::Load { generation: 1, scenario: Box::new(scenario.clone()), share: Share::default() };
            pool.send(load).len()
        };
        let mut scenario = scenario();
        assert_eq!(load(&scenario), 4);
        scenario.lanes.truncate(1);
        assert_eq!(load(&scenario), 1);
        let mut replay = self::scenario();
        replay.clients.keys = Keys::Trace { file: "a.csv".into(), ttls: false, sizes: false };
        assert_eq!(load(&replay), 1);
    }

    #[test]
    fn what_one_refuses_is_refused_and_the_run_before_goes_on() {
        let mut world = World::new(&[1.0, 1.0]);
        let load = |scenario| ToWorker::Load { generation: 1, scenario: Box::new(scenario), share: Share::default() };
        world.ask(load(scenario()));
        let mut other = scenario();
        other.lanes.truncate(1);
        assert_eq!(world.pool.send(load(other)).len(), 1);
        assert_eq!(world.pool.workers(), 2, "the second still has the run before");
        let why = crate::phrase::Phrase::fixed("no", "아니요");
        let told = world.pool.hear(0, FromWorker::Refused { generation: 1, why });
        assert!(matches!(told, Some(FromWorker::Refused { .. })));
        let said = ToWorker::Recall { generation: 1, at_ns: 0 };
        assert_eq!(world.pool.send(said).len(), 2);
        assert_eq!(world.pool.hear(7, FromWorker::Here), None, "nobody asked it");
        let last = FromWorker::Panicked { message: "ouch".into() };
        assert_eq!(world.pool.hear(1, last.clone()), Some(last));
    }
}
