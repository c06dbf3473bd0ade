//! Stories: what happened to a write, step by step, each with its time.

use serde::{Deserialize, Serialize};

use super::record::{COMMITTED, WENT_BACK};
use super::{Cause, Holder, Ledger};
use crate::model::{ClientId, Key, WriteId};
use crate::time::Nanos;
use crate::work;

/// How many stories of lost writes are kept; the rest are counted.
pub const STORIES_MAX: usize = 1_000;

/// How many stories of phantoms are kept.
pub const PHANTOM_STORIES_MAX: usize = 100;

/// One thing that happened to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum StepKind {
    /// The client asked for it.
    Issued,
    /// A write-back buffer took it.
    Buffered,
    /// The client got the acknowledgement.
    Acknowledged,
    /// The client got the rejection.
    Refused,
    /// In the buffer, `into` took its place.
    Coalesced {
        /// The write that did.
        into: WriteId,
    },
    /// It became the database's value.
    Committed,
    /// A read was answered with it.
    Read,
    /// The database went back to `by`, which is older.
    Overwritten {
        /// The older write.
        by: WriteId,
    },
    /// What had it dropped it, for this cause.
    Dropped {
        /// The cause.
        cause: Cause,
    },
    /// From here on nothing could deliver it, or a newer write, any more.
    Lost,
    /// The flush that would have saved it was due.
    FlushDue,
}

/// A [`StepKind`] and its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Since the run began.
    pub at: Nanos,
    /// What happened.
    #[serde(flatten)]
    pub what: StepKind,
}

/// How a write was lost, or how a refused one came to be. Steps are in order of time.
///
/// As JSON: `{"write":1,"key":7,"client":0,"cause":"cache_crash","steps":[{"at":"5s","what":"issued"}, …]}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// The write.
    pub write: WriteId,
    /// Its key.
    pub key: Key,
    /// Who asked for it.
    pub client: ClientId,
    /// Why it was lost; `None` in the story of a phantom.
    pub cause: Option<Cause>,
    /// What happened.
    pub steps: Vec<Step>,
}

impl Story {
    fn add(&mut self, at: Nanos, what: StepKind) {
        self.steps.push(Step { at, what });
    }
}

impl Ledger {
    pub(super) fn tell_lost(&mut self, w: WriteId, cause: Cause) {
        if self.stories.len() >= STORIES_MAX {
            return;
        }
        let mut story = self.begin_story(w, Some(cause));
        let write = &self.writes[w.index()];
        if let Some(at) = self.noted_at(w) {
            story.add(at, StepKind::Buffered);
        }
        story.add(write.end, StepKind::Acknowledged);
        // Follow those that took its place, up to the one whose loss was the loss of all.
        let mut last = w;
        while self.writes[last.index()].into != 0 && !self.went_back(last) {
            let into = WriteId(self.writes[last.index()].into);
            if story.steps.len() < 8 {
                let at = self.noted_at(into).unwrap_or(self.writes[into.index()].issued);
                story.add(at, StepKind::Coalesced { into });
            }
            work::count(1);
            last = into;
        }
        if self.went_back(last) {
            self.add_overwriting(&mut story, last);
        } else if self.writes[last.index()].broke != 0 {
            let broke = self.breaks[self.writes[last.index()].broke as usize];
            story.add(broke.at, StepKind::Dropped { cause: broke.cause });
            if broke.next_flush > broke.at && broke.holder == Holder::Buffer {
                story.add(broke.next_flush, StepKind::FlushDue);
            }
        }
        story.add(self.now, StepKind::Lost);
        story.steps.sort_by_key(|step| step.at);
        self.stories.push(story);
        self.storied.insert(w);
    }

    /// The database has got the write after all: it is not among the lost ones.
    pub(super) fn withdraw_story(&mut self, w: WriteId) {
        if self.storied.remove(&w) {
            work::count(self.stories.len() / 16);
            self.stories.retain(|story| story.write != w);
            self.withdrawn += 1;
        }
    }

    pub(super) fn tell_phantom(&mut self, w: WriteId) {
        if self.phantom_stories.len() >= PHANTOM_STORIES_MAX {
            return;
        }
        let mut story = self.begin_story(w, None);
        let write = &self.writes[w.index()];
        let came_to_light = if write.is(COMMITTED) { StepKind::Committed } else { StepKind::Read };
        story.add(self.noted_at(w).expect("a phantom was refused"), StepKind::Refused);
        story.add(write.end, came_to_light);
        story.steps.sort_by_key(|step| step.at);
        self.phantom_stories.push(story);
    }

    fn begin_story(&self, w: WriteId, cause: Option<Cause>) -> Story {
        let write = &self.writes[w.index()];
        let issued = Step { at: write.issued, what: StepKind::Issued };
        let key = self.keys[write.slot as usize].key;
        Story { write: w, key, client: write.client, cause, steps: vec![issued] }
    }

    fn went_back(&self, w: WriteId) -> bool {
        self.writes[w.index()].flags & (COMMITTED | WENT_BACK) != 0
    }

    fn add_overwriting(&self, story: &mut Story, w: WriteId) {
        let key = &self.keys[self.writes[w.index()].slot as usize];
        if self.writes[w.index()].is(COMMITTED) && key.previous == w.0 {
            story.add(key.previous_since, StepKind::Committed);
        }
        story.add(key.current_since, StepKind::Overwritten { by: WriteId(key.current) });
    }

    /// When the write was first buffered, or if it was refused, refused.
    fn noted_at(&self, w: WriteId) -> Option<Nanos> {
        let write = &self.writes[w.index()];
        match write.noted_after {
            0 => None,
            u32::MAX => self.late_notes.get(&w.0).copied(),
            after => Some(write.issued + Nanos(u64::from(after) - 1)),
        }
    }
}
