//! *Hidden capacity*: which searches there are, lane by lane and seed by seed, and what they have found so far.

use crate::experiment::capacity::{Capacities, Found, LaneCapacity, Search, Survey};
use crate::phrase::Phrase;
use crate::scenario::Scenario;
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// The searches: of each lane one with the first seed, and then, each from where that has ended, those with the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Searches {
    lanes: u32,
}

/// How far they are, and what each has found.
pub type Searching = Work<Searches>;

/// What the page asks for: what the command does without options.
pub fn search() -> Search {
    Search::default()
}

impl Searches {
    /// Those of `scenario`.
    pub fn of(scenario: &Scenario) -> Searches {
        Searches { lanes: scenario.lanes.len() as u32 }
    }

    /// Its lane and which seed it is, from 0.
    fn place(&self, job: u32) -> (u32, u32) {
        (job % self.lanes, job / self.lanes)
    }
}

impl Jobs for Searches {
    type Outcome = Found;

    fn count(&self) -> u32 {
        self.lanes * search().seeds
    }

    fn ask(&self, scenario: &Scenario, which: Which, found: &[Option<Found>]) -> Option<ToWorker> {
        let (lane, number) = self.place(which.1);
        let after = if number == 0 { None } else { Some((number, found[lane as usize].clone()?)) };
        let (generation, job) = which;
        Some(ToWorker::Seek { generation, job, scenario: Box::new(scenario.clone()), lane, after: after.map(Box::new) })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<Found>)> {
        match said {
            FromWorker::Seeking { generation, job, runs } => Some(((generation, job), Said::GoesOn(runs))),
            FromWorker::Sought { generation, job, found } => Some(((generation, job), Said::Done(*found))),
            _ => None,
        }
    }
}

/// What a lane's searches so far say, and of how many seeds it is; `None` before the first has ended.
pub type LaneSoFar = Option<(LaneCapacity, u32)>;

/// What is known so far of each lane: of the seeds from the first on.
pub fn so_far(searching: &Searching) -> Vec<LaneSoFar> {
    let Some(scenario) = searching.scenario() else { return Vec::new() };
    let (lanes, search) = (scenario.lanes.len(), search());
    let lane = |lane: usize| {
        let found = searching.outcomes().iter().skip(lane).step_by(lanes);
        let found: Vec<Found> = found.map_while(Clone::clone).collect();
        let survey = Survey::new(scenario, lane, &search).ok().filter(|_| !found.is_empty())?;
        Some((survey.sum_up(&found), found.len() as u32))
    };
    (0..lanes).map(lane).collect()
}

/// What the command would print, once all is known.
pub fn whole(searching: &Searching, so_far: &[LaneSoFar]) -> Option<Capacities> {
    let search = search();
    let lane = |lane: &LaneSoFar| lane.clone().filter(|(_, seeds)| *seeds == search.seeds).map(|(told, _)| told);
    let lanes: Option<Vec<LaneCapacity>> = so_far.iter().map(lane).collect();
    Some(Capacities::of(searching.scenario()?, &search, lanes?))
}

/// Why it is not offered for this scenario, in the command's words.
pub fn refusal(scenario: &Scenario) -> Option<Phrase> {
    crate::experiment::capacity::searchable(scenario).err()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::scenario::presets;
    use crate::web::state::jobs::{Order, Phase};

    /// The searches that orders ask for: worker, lane and how many seeds after the first.
    fn given(orders: &[Order]) -> Vec<(usize, u32, u32)> {
        let said = orders.iter().filter_map(|order| match order {
            Order::Say(worker, said) => match &**said {
                ToWorker::Seek { lane, after, .. } => Some((*worker, *lane, after.as_ref().map_or(0, |after| after.0))),
                _ => None,
            },
            Order::EndAll => None,
        });
        said.collect()
    }

    #[test]
    fn other_seeds_are_asked_once_the_first_has_found_where_to_begin() {
        let scenario = Rc::new(presets::get("tipping-point").expect("a preset").scenario().only(1));
        let survey = Survey::new(&scenario, 0, &search()).expect("an open loop");
        let sought = include_str!("../../../fuzz/corpus/message/sought");
        let Ok(FromWorker::Sought { found, .. }) = serde_json::from_str(sought) else { panic!("{sought}") };
        let mut searching = Searching::default();
        assert_eq!(
            given(&searching.begin(scenario.clone(), Searches::of(&scenario), None, 2)),
            [(0, 0, 0)],
            "the other one waits"
        );
        let said = |job| FromWorker::Sought { generation: 1, job, found: found.clone() };
        let orders = searching.hear(0, said(0));
        assert_eq!(given(&orders), [(0, 0, 1), (1, 0, 2)], "both are free");
        assert!(whole(&searching, &so_far(&searching)).is_none(), "one seed of three");
        let again = searching.hear(1, FromWorker::Seeking { generation: 1, job: 2, runs: 4 });
        assert_eq!((given(&again), searching.parts()), (vec![(1, 0, 2)], 4));
        assert_eq!(searching.hear(1, said(2)), [], "the second seed is still under way");
        let before = so_far(&searching);
        assert_eq!(before, [Some((survey.sum_up(&[(*found).clone()]), 1))], "seeds count from the first on");
        assert_eq!(searching.hear(0, said(1)), [Order::EndAll]);
        assert_eq!(searching.phase(), &Phase::Done);
        let told = whole(&searching, &so_far(&searching)).expect("all seeds");
        assert_eq!(told.lanes, [survey.sum_up(&vec![*found; 3])]);
    }
}
