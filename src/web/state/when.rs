//! *When was it decided?*: searches beside a story, each with forks of its own, so that the answer grows surer as long as the
//! reader waits.

use std::rc::Rc;

use crate::experiment::when::{Found, Tally, can_be_asked, together};
use crate::scenario::Scenario;
use crate::story::Told;
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// About how many moments can be asked about.
pub const MOMENTS: usize = 40;
/// How many forks each search has at a moment: some seconds' work.
const FORKS: u32 = 4;
/// How many searches there are: together as many forks as the command's.
const SEARCHES: u32 = 12;

/// The searches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Windings {
    /// What they are about; `None`: nothing.
    pub told: Option<Rc<Told>>,
}

/// How far they are, and what each has found.
pub type Winding = Work<Windings>;

impl Jobs for Windings {
    type Outcome = Vec<Tally>;

    fn count(&self) -> u32 {
        SEARCHES
    }

    fn ask(&self, scenario: &Scenario, which: Which, _: &[Option<Vec<Tally>>]) -> Option<ToWorker> {
        let ((generation, job), told) = (which, self.told.as_ref()?);
        let (lane, story) = (told.lane, Box::new(told.story.clone()));
        let forks = (job * FORKS, FORKS);
        Some(ToWorker::Wind { generation, job, scenario: Box::new(scenario.clone()), lane, story, forks })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<Vec<Tally>>)> {
        match said {
            FromWorker::Winding { generation, job, runs } => Some(((generation, job), Said::GoesOn(runs))),
            FromWorker::Wound { generation, job, tallies } => Some(((generation, job), Said::Done(tallies))),
            _ => None,
        }
    }
}

/// Whether it is offered of this story.
pub fn is_offered(scenario: &Scenario, told: &Told) -> bool {
    can_be_asked(scenario, &told.story.case).is_ok()
}

/// What is known so far; the lane is called `lane`. `None` before the first search has ended.
pub fn found(winding: &Winding, lane: &str) -> Option<Found> {
    let (scenario, told) = (winding.scenario()?, winding.jobs().told.as_ref()?);
    let tallies = together(winding.outcomes().iter().flatten().flatten().copied());
    let alone = scenario.only(told.lane);
    let of_searches = |forks| Found::of_searches((&alone, lane), &told.story, (MOMENTS, forks), &tallies);
    (winding.done() > 0).then(|| of_searches(winding.done() * FORKS))
}
