//! The story that the reader has opened: asked of the worker, piece by piece, until it is told.

use std::rc::Rc;

use super::{Effect, State};
use crate::ledger::Case;
use crate::model::{ClientId, Key};
use crate::story::Told;
use crate::time::Nanos;
use crate::web::platform::protocol::ToWorker;
use crate::web::state::SPEEDS;

/// A story that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStory {
    /// Its lane.
    pub lane: usize,
    /// What it is of.
    pub case: Case,
    /// The story, once it is told.
    pub told: Option<Rc<Told>>,
}

/// The request that the stage is to follow as soon as it is sent: the one of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The story's lane.
    pub lane: usize,
    /// Who sends it.
    pub client: ClientId,
    /// About what.
    pub key: Key,
}

/// How long a stretch of slow motion takes from the request to its outcome, seconds.
const MOTION_S: f64 = 8.0;

/// The slowest that a story is gone to.
const SLOWEST: f64 = 0.01;

impl State {
    pub(super) fn open_story(&mut self, lane: usize, case: Case) {
        self.story = Some(OpenStory { lane, case, told: None });
    }

    /// What the worker is asked for the story that is open; again and again, as long as it is not told.
    pub(super) fn next_of_story(&self) -> Option<ToWorker> {
        let story = self.story.as_ref().filter(|story| story.told.is_none())?;
        Some(ToWorker::Tell { generation: self.generation, lane: story.lane, case: story.case })
    }

    /// The worker has told a story. The reader may have closed it meanwhile, or opened another.
    pub(super) fn hear_story(&mut self, generation: u32, told: Told) {
        if let Some(story) = &mut self.story
            && generation == self.generation
            && (story.lane, story.case) == (told.lane, told.story.case)
        {
            story.told = Some(Rc::new(told));
        }
    }

    /// Goes to shortly before the cause of the story that is open, in slow motion, and closes it.
    pub(super) fn go_to_story(&mut self, effects: &mut Vec<Effect>) {
        let Some(told) = self.story.take().and_then(|story| story.told) else { return };
        let (from, speed) = slow_motion(&told);
        self.stop_reason = None;
        self.set_speed(speed, effects);
        self.run_again_to(from);
        let key = told.story.case.key;
        self.wanted = told.story.asked_by.map(|client| Wanted { lane: told.lane, client, key });
    }
}

/// From when, and how slowly: what leads from shortly before the cause to the outcome takes some seconds.
fn slow_motion(told: &Told) -> (Nanos, f64) {
    let story = &told.story;
    let lines = story.lines.iter().map(|line| line.at).filter(|at| *at <= story.cause_at);
    // The last second before the cause, or less where nothing of the story happened in it.
    let earliest = Nanos(story.cause_at.0.saturating_sub(1_000_000_000));
    let first = lines.filter(|at| *at >= earliest).min().unwrap_or(story.cause_at);
    let lead = (story.cause_at.0 - first.0).max(20_000_000);
    let from = Nanos(story.cause_at.0.saturating_sub(lead + lead / 4));
    let to = story.case.at.max(story.cause_at).min(Nanos(story.cause_at.0 + lead));
    let speed = ((to.0 - from.0) as f64 / 1e9 / MOTION_S).clamp(SLOWEST, 1.0);
    // One of those that the reader can choose.
    (from, SPEEDS.into_iter().rev().find(|offered| *offered <= speed).unwrap_or(SPEEDS[0]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Action, Playback};
    use super::*;
    use crate::ledger::{CaseKind, Cause};
    use crate::model::WriteId;
    use crate::phrase::Phrase;
    use crate::story::Story;
    use crate::web::platform::protocol::FromWorker;

    fn case() -> Case {
        let kind = CaseKind::Lost { cause: Cause::CacheCrash };
        let second = Nanos::from_secs;
        Case { kind, key: 1, write: WriteId(9), client: 2, issued: second(24), at: second(25) }
    }

    fn told() -> Told {
        let none = Phrase::fixed("", "");
        let (case, cause_at) = (case(), case().at);
        let story = Story {
            case,
            sentence: none.clone(),
            left: none,
            cause_at,
            asked_by: Some(2),
            actors: Vec::new(),
            lines: Vec::new(),
        };
        Told { run: crate::story::Run::default(), lane: 0, story, elsewhere: Vec::new() }
    }

    #[test]
    fn a_story_is_asked_for_until_it_is_told_and_leads_to_slow_motion_before_its_cause() {
        let mut state = playing();
        state.apply(frame(1, 60, true));
        let effects = state.apply(Action::OpenStory { lane: 0, case: case() });
        let asks = ToWorker::Tell { generation: 1, lane: 0, case: case() };
        assert_eq!(sent(&effects), Some(&asks));
        let effects = hears(&mut state, FromWorker::Telling { generation: 1 });
        assert_eq!(sent(&effects), Some(&asks), "again, until it is told");
        let effects = hears(&mut state, FromWorker::Told { generation: 1, told: Box::new(told()) });
        assert_eq!(sent(&effects), None);
        assert_eq!(state.story.as_ref().and_then(|story| story.told.as_deref()), Some(&told()));
        state.apply(Action::GoToStory);
        assert_eq!(state.story, None);
        let Playback::Seeking { to, then_play: true } = state.playback else { panic!("{:?}", state.playback) };
        assert!(to < case().at && to > Nanos::from_secs(24) && state.speed < 0.1, "{to} at {}", state.speed);
        // Its request is followed, which takes that every one is told of.
        assert_eq!(state.wanted, Some(Wanted { lane: 0, client: 2, key: 1 }));
        state.apply(Action::Time(crate::web::state::TimeAction::Speed(3.0)));
        assert_eq!(state.wanted, None, "at another speed a sample is enough");
    }

    #[test]
    fn a_story_of_another_run_or_one_that_was_closed_is_not_shown() {
        let mut state = playing();
        state.apply(frame(1, 60, true));
        state.apply(Action::OpenStory { lane: 0, case: case() });
        state.apply(Action::CloseStory);
        hears(&mut state, FromWorker::Told { generation: 1, told: Box::new(told()) });
        assert_eq!(state.story, None);
        state.apply(Action::OpenStory { lane: 0, case: case() });
        state.apply(set("seed", "9"));
        assert_eq!(state.story, None, "what is asked of a run that is no more is not told");
    }
}
