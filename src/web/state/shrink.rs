//! *Make it smaller*: the runs that shrinking a scenario takes, one after the other, since each depends on those before it.

use std::rc::Rc;

use super::seeds::Runs;
use super::worst::Hunt;
use crate::experiment::harm::Numbers;
use crate::experiment::shrink::{Found, Target};
use crate::scenario::Scenario;
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// The runs. Which comes next is found by shrinking anew from the start with what is known: that takes no time beside a run, and
/// nothing needs to be kept half done.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    target: Option<Rc<Target>>,
    /// The search whose worst run it is.
    hunt: Option<Rc<Hunt>>,
    count: u32,
    /// What the last of them runs.
    next: Box<Scenario>,
    found: Option<Rc<Found>>,
}

/// How far they are, and what has come of each.
pub type Shrinking = Work<Steps>;

impl Steps {
    /// Those that shrink a run of the search.
    pub fn of(target: Target, hunt: Rc<Hunt>) -> Steps {
        let mut steps = Steps { target: Some(Rc::new(target)), hunt: Some(hunt), ..Steps::default() };
        steps.grow(&[]);
        steps
    }

    /// What came out, once that is known.
    pub fn found(&self) -> Option<&Rc<Found>> {
        self.found.as_ref()
    }
}

impl Jobs for Steps {
    /// What the run comes to; `None` where a limit has ended it.
    type Outcome = Option<Numbers>;

    const COUNT_IS_KNOWN: bool = false;

    fn count(&self) -> u32 {
        self.count
    }

    fn ask(&self, _: &Scenario, (generation, run): Which, _: &[Option<Self::Outcome>]) -> Option<ToWorker> {
        Some(ToWorker::Measure { generation, run, scenario: self.next.clone(), steps: false })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<Self::Outcome>)> {
        let (which, said) = Runs::hear(said)?;
        Some((which, said.map(|(numbers, _)| Some(numbers))))
    }

    fn grow(&mut self, outcomes: &[Option<Self::Outcome>]) {
        let Some(target) = &self.target else { return };
        let mut known = outcomes.iter();
        let shrunk = target.shrink(|smaller| known.next().cloned().flatten().ok_or_else(|| Box::new(smaller.clone())));
        match shrunk {
            Ok(found) => self.found = Some(Rc::new(found)),
            Err(unknown) => (self.count, self.next) = (outcomes.len() as u32 + 1, unknown),
        }
    }

    /// What a limit ends is no smaller scenario that shows it; others may be.
    fn refused(&self) -> Option<Self::Outcome> {
        Some(None)
    }

    /// As of the search whose run it is.
    fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        self.hunt.as_ref().is_some_and(|hunt| hunt.search().is_same(one, other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::Phrase;
    use crate::web::state::jobs::{Order, Phase};
    use crate::web::state::worst::{found, tests};

    fn steps() -> Steps {
        let hunted = tests::hunted();
        let (found, harm) = found(&hunted).expect("it is over");
        let hunt = hunted.jobs().hunt().expect("a search").clone();
        let worst = &found.worst[0];
        let run = hunt.search().scenario_of(worst.candidate);
        Steps::of(Target::of(&run, worst.place, (harm, worst.value), None).expect("some of it"), hunt)
    }

    #[test]
    fn the_page_shrinks_to_what_the_command_line_shrinks_to_to_the_byte() {
        let shrunk = tests::work(Rc::new(tests::short()), steps(), 1);
        let found = shrunk.jobs().found().expect("it is over");
        assert_eq!(found.json(), include_str!("../../../tests/data/shrink.json"));
        assert_eq!((found.runs, found.least.lanes.len()), (shrunk.count(), 1));
    }

    #[test]
    fn a_run_that_a_limit_ends_shows_nothing_and_another_one_follows() {
        let mut shrinking = Shrinking::default();
        let mut orders = shrinking.begin(Rc::new(tests::short()), steps(), None, 1);
        let mut runs = 0;
        while let Some(Order::Say(..)) = orders.pop() {
            runs += 1;
            orders = shrinking.hear(0, FromWorker::Refused { generation: 1, why: Phrase::default() });
        }
        assert_eq!(shrinking.phase(), &Phase::Done);
        let found = shrinking.jobs().found().expect("it is over");
        assert!(runs > 5 && found.runs == runs && found.steps.is_empty() && found.left == found.own, "{found:?}");
    }
}
