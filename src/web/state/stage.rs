//! What the stage asks the worker for: how many requests are followed, and whether single ones can be seen at all.

use super::playback::Playback;
use super::{Run, State};

/// About so many requests of a lane are shown a second; of more, every second, fourth, eighth, …
pub const SHOWN_PER_S: f64 = 50.0;

/// A request that is answered within so much of the viewer's time, seconds, cannot be followed with the eye: each of its
/// hops would take about a frame. Then flows are shown.
pub const SEEN_S: f64 = 0.15;

/// Every how many-th request is shown where so many are sent in a second of the run, at this speed.
pub fn every(sent_per_s: f64, speed: f64) -> u64 {
    let times = (sent_per_s * speed / SHOWN_PER_S).clamp(1.0, 1e15);
    (times.ceil() as u64).next_power_of_two()
}

/// Whether requests that take so long, seconds of the run, are too fast at this speed to be shown one by one. Where
/// nothing is known yet they are shown.
pub fn is_flow(latency_s: Option<f64>, speed: f64) -> bool {
    latency_s.is_some_and(|latency_s| latency_s < SEEN_S * speed)
}

/// How many requests a lane sends in a second of the run, lately.
pub fn sent_per_s(run: &Run) -> f64 {
    const LATELY: usize = 8;
    let of_lane = |series: &crate::report::Series| {
        let lately = series.points.len().saturating_sub(LATELY);
        let sent: u32 = series.points[lately..].iter().map(|point| point.sent).sum();
        f64::from(sent) / (series.bucket_s * (series.points.len() - lately) as f64)
    };
    run.series.iter().filter(|series| !series.points.is_empty()).map(of_lane).fold(0.0, f64::max)
}

/// How long requests of a lane take on average, seconds of the run, once any was answered.
pub fn latency_s(run: &Run, lane: usize) -> Option<f64> {
    let all = &run.report.as_ref()?.lanes.get(lane)?.latency_with_errors_ms.all;
    (all.count > 0).then_some(all.mean / 1e3)
}

impl State {
    /// The number of the run on the page among all that it has had.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether the stage is seen and knows nothing: where the run stands still, it has to ask.
    pub(super) fn lacks_scene(&self) -> bool {
        self.stage_seen && self.run.scenes.is_empty() && self.run.report.is_some() && self.worker_has_run()
    }

    /// What the worker is to follow, while it runs on; `None` while nobody sees the stage.
    pub(super) fn watch(&self) -> Option<u64> {
        if !self.stage_seen {
            return None;
        }
        let lanes = self.running.lanes.len();
        let is_hurrying = self.playback != Playback::Playing;
        if self.wanted.is_some() && !is_hurrying {
            return Some(1); // it may be any
        }
        if is_hurrying || (0..lanes).all(|lane| is_flow(latency_s(&self.run, lane), self.speed)) {
            return Some(0);
        }
        Some(every(sent_per_s(&self.run), self.speed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Action, TimeAction};
    use super::*;
    use crate::web::platform::protocol::ToWorker;

    #[test]
    fn about_fifty_requests_are_shown_a_second_at_every_speed() {
        assert_eq!([every(0.0, 1.0), every(50.0, 1.0), every(51.0, 1.0), every(400.0, 1.0)], [1, 1, 2, 8]);
        assert_eq!([every(2_000.0, 0.01), every(2_000.0, 0.1), every(2_000.0, 3.0)], [1, 4, 128]);
        for sent in [60.0, 999.0, 12_345.0, 1e9] {
            let shown = sent / every(sent, 1.0) as f64;
            assert!((SHOWN_PER_S / 2.0..=SHOWN_PER_S).contains(&shown), "{shown} of {sent}");
        }
    }

    #[test]
    fn what_takes_less_than_some_frames_is_a_flow() {
        assert!(is_flow(Some(0.002), 1.0) && is_flow(Some(0.002), 0.1));
        assert!(!is_flow(Some(0.002), 0.01) && !is_flow(Some(2.0), 1.0) && !is_flow(None, 1e6));
    }

    #[test]
    fn who_sees_the_stage_of_a_run_that_stands_still_is_shown_it_once() {
        let mut state = playing();
        state.apply(frame(1, 60, true));
        let asked = state.apply(Action::StageSeen(true));
        assert!(matches!(sent(&asked), Some(ToWorker::Advance { watch: Some(0), .. })), "{asked:?}");
        let Action::FromWorker(crate::web::platform::protocol::FromWorker::Frame(mut told)) = frame(1, 60, true) else {
            panic!("a frame")
        };
        told.scenes = vec![crate::stage::Scene::default()];
        hears(&mut state, crate::web::platform::protocol::FromWorker::Frame(told));
        assert_eq!(sent(&waits(&mut state, 1.0)), None);
    }

    #[test]
    fn nobody_follows_requests_that_nobody_sees() {
        let watched = |state: &mut State| match sent(&waits(state, 0.2)) {
            Some(ToWorker::Advance { watch, .. }) => *watch,
            other => panic!("{other:?}"),
        };
        let mut state = playing();
        state.apply(frame(1, 20, false));
        assert_eq!(watched(&mut state), None);
        state.apply(frame(1, 21, false));
        let asked = state.apply(Action::StageSeen(true));
        assert!(matches!(sent(&asked), Some(ToWorker::Advance { watch: Some(1), .. })), "{asked:?}");
        state.apply(Action::Time(TimeAction::Finish));
        let hurried = state.apply(frame(1, 23, false));
        assert!(matches!(sent(&hurried), Some(ToWorker::Advance { watch: Some(0), .. })), "{hurried:?}");
    }
}
