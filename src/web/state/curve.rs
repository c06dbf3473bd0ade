//! *Capacity curve*: which policies are played at which capacities, of the scenario's requests or of a file's, and what has come
//! of it so far.

use serde::{Deserialize, Serialize};

use crate::experiment::curve::{Counted, Row, Scouted, csv, ladder};
use crate::report::{LaneReport, Report};
use crate::scenario::{Capacity, Eviction, Keys, Reading, Scenario};
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// What a worker is to do with the requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveAsk {
    /// Find out how many there are.
    Scout,
    /// Play them through caches.
    Play {
        /// The policy, by name.
        policy: String,
        /// In entries.
        capacities: Vec<u32>,
        /// How many there are, and whether to play a sample of them.
        scouted: Scouted,
    },
}

/// What has come of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveOutcome {
    /// How many requests and keys there are.
    Scouted(Scouted),
    /// What a policy counted, for each capacity, rising.
    Played(Vec<Counted>),
}

/// The jobs: to find out how many keys there are, and then each policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// The file whose requests are played; `None`: those of the scenario.
    pub file: Option<String>,
    /// The policies.
    pub policies: Vec<Eviction>,
    /// The capacity at present, in entries of all nodes, so that it is one of those that are played.
    pub present: Option<u32>,
}

/// How far they are, and what has come of each.
pub type Curving = Work<Curves>;

/// The policies on offer: those that need neither the future nor TTLs.
pub fn policies() -> impl Iterator<Item = Eviction> {
    Eviction::ALL.into_iter().filter(|policy| *policy != Eviction::Opt && !policy.may_refuse())
}

/// Those that are chosen unless the reader chooses: the scenario's own, and two to compare it with.
pub fn policies_of(scenario: &Scenario) -> Vec<Eviction> {
    let wanted = [scenario.cache.eviction, Eviction::Lru, Eviction::Sieve];
    policies().filter(|policy| wanted.contains(policy)).collect()
}

/// The file that the scenario replays, if it does.
pub fn file_of(scenario: &Scenario) -> Option<&str> {
    if let Keys::Trace { file, .. } = &scenario.clients.keys { Some(file) } else { None }
}

/// Whether any lane reads from a cache.
pub fn has_cache(scenario: &Scenario) -> bool {
    scenario.lanes.iter().any(|lane| lane.read != Reading::None {})
}

/// The entries of all nodes together; `None` where the capacity is a size, or nobody reads from a cache.
pub fn present_of(scenario: &Scenario) -> Option<u32> {
    match scenario.cache.capacity {
        Capacity::Entries(entries) if has_cache(scenario) => Some(entries.saturating_mul(scenario.cache.shards.max(1))),
        _ => None,
    }
}

/// By lane, where it has the capacity and the policy of the scenario: which share of its look-ups missed in the run.
pub fn missed(scenario: &Scenario, report: &Report) -> Vec<Option<f64>> {
    let of = |(lane, told): (usize, &LaneReport)| {
        let own = scenario.for_lane(lane).cache;
        let is_alike = own.capacity == scenario.cache.capacity && own.eviction == scenario.cache.eviction;
        (is_alike && told.hits + told.misses > 0).then_some(1.0 - told.hit_ratio)
    };
    report.lanes.iter().enumerate().take(scenario.lanes.len()).map(of).collect()
}

/// The capacity of each node where all together are to have so many entries.
pub fn of_each_node(scenario: &Scenario, entries: u32) -> Capacity {
    Capacity::Entries(entries.div_ceil(scenario.cache.shards.max(1)))
}

/// Whether a capacity of all nodes together stands in the scenario. Shared out it may be more: then it is the one that the reader
/// has `used`, and no other.
pub fn is_here(scenario: &Scenario, used: Option<u32>, entries: u32) -> bool {
    let is_used = used == Some(entries) && scenario.cache.capacity == of_each_node(scenario, entries);
    present_of(scenario) == Some(entries) || is_used
}

impl Jobs for Curves {
    type Outcome = CurveOutcome;

    fn count(&self) -> u32 {
        1 + self.policies.len() as u32
    }

    fn ask(&self, scenario: &Scenario, which: Which, outcomes: &[Option<CurveOutcome>]) -> Option<ToWorker> {
        let (generation, job) = which;
        let ask = match (job.checked_sub(1), outcomes.first()) {
            (None, _) => CurveAsk::Scout,
            (Some(place), Some(Some(CurveOutcome::Scouted(scouted)))) => {
                let mut capacities: Vec<u32> = ladder(scouted.distinct).into_iter().chain(self.present).collect();
                capacities.sort_unstable();
                capacities.dedup();
                let policy = self.policies[place as usize].name().to_owned();
                CurveAsk::Play { policy, capacities, scouted: *scouted }
            }
            _ => return None,
        };
        let scenario = Box::new(scenario.clone());
        Some(ToWorker::Curve { generation, job, scenario, file: self.file.clone(), ask })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<CurveOutcome>)> {
        match said {
            FromWorker::Curving { generation, job, percent } => Some(((generation, job), Said::GoesOn(percent))),
            FromWorker::Curved { generation, job, outcome } => Some(((generation, job), Said::Done(outcome))),
            _ => None,
        }
    }

    /// The cache itself does not count: many were played.
    fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        one.clients == other.clients && one.seed == other.seed
    }
}

/// The curves that have come to their ends.
pub fn curves(curving: &Curving) -> Vec<(Eviction, Vec<Counted>)> {
    let played = curving.outcomes().iter().skip(1).zip(&curving.jobs().policies);
    let played = played.filter_map(|(outcome, policy)| match outcome {
        Some(CurveOutcome::Played(points)) => Some((*policy, points.clone())),
        _ => None,
    });
    played.collect()
}

/// What the command prints of these points as CSV.
pub fn csv_of(curves: &[(Eviction, Vec<Counted>)]) -> String {
    let rows = curves.iter().flat_map(|(policy, points)| {
        points.iter().map(|point| Row {
            policy: policy.name(),
            capacity: point.capacity.to_string(),
            counts: point.counts(),
            sampled: (point.rate < 1.0).then_some(point.rate),
            rough: false, // a file can be read twice, and so can a scenario's requests
        })
    });
    csv(rows)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::experiment::Plan;
    use crate::scenario::presets;
    use crate::time::Nanos;
    use crate::web::state::jobs::{Order, Phase};

    #[test]
    fn a_scenario_without_a_cache_has_no_present_capacity_and_a_lane_with_a_capacity_of_its_own_no_point_on_the_curve()
    {
        let of = |name: &str| presets::get(name).expect("a preset").scenario().clone();
        assert!(!has_cache(&of("tipping-point")) && present_of(&of("tipping-point")).is_none());
        let mut scenario = Scenario { duration: Nanos::from_secs(2), ..of("default") };
        scenario.faults.clear();
        let scenario = scenario.edited("lane.1.cache.capacity", "7").expect("a scenario");
        assert_eq!(present_of(&scenario), Some(500));
        let mut experiment = Plan::new(&scenario, None).expect("it can be run").begin();
        experiment.advance(Nanos::MAX, || false);
        let report = experiment.report();
        let missed = missed(&scenario, &report);
        assert_eq!(missed[0], Some(1.0 - report.lanes[0].hit_ratio));
        assert!(missed[0] > Some(0.0) && missed[1].is_none(), "{missed:?}");
    }

    #[test]
    fn of_capacities_that_come_to_the_same_on_each_node_one_is_in_the_scenario_and_the_one_that_was_used() {
        let mut scenario = presets::get("default").expect("a preset").scenario().clone();
        scenario.cache.shards = 8;
        scenario.cache.capacity = Capacity::Entries(1);
        let here = |used: Option<u32>| [1, 2, 5, 8, 9].map(|entries| is_here(&scenario, used, entries));
        assert_eq!(here(None), [false, false, false, true, false]);
        assert_eq!(here(Some(5)), [false, false, true, true, false]);
        assert_eq!(here(Some(9)), here(None), "it is another one by now");
    }

    #[test]
    fn policies_are_played_once_the_keys_are_counted_and_the_present_capacity_is_among_those_played() {
        let scenario = Rc::new(presets::get("default").expect("a preset").scenario().clone());
        let jobs = Curves { file: None, policies: policies_of(&scenario), present: present_of(&scenario) };
        assert!(jobs.policies.contains(&Eviction::Lru) && jobs.policies.len() > 1);
        let mut curving = Curving::default();
        let ask = |order: &Order| match order {
            Order::Say(_, said) => match &**said {
                ToWorker::Curve { ask, .. } => ask.clone(),
                _ => panic!("{said:?}"),
            },
            Order::EndAll => panic!("an end"),
        };
        let orders = curving.begin(scenario.clone(), jobs.clone(), None, 2);
        assert_eq!(orders.iter().map(ask).collect::<Vec<_>>(), [CurveAsk::Scout], "the other one waits");
        let scouted = Scouted { distinct: 4_000, samples: false };
        let orders =
            curving.hear(0, FromWorker::Curved { generation: 1, job: 0, outcome: CurveOutcome::Scouted(scouted) });
        let present = present_of(&scenario).expect("entries");
        for (order, policy) in orders.iter().zip(&jobs.policies) {
            let CurveAsk::Play { policy: name, capacities, scouted: told } = ask(order) else { panic!("{order:?}") };
            assert_eq!((name.as_str(), told), (policy.name(), scouted));
            assert!(capacities.contains(&present) && capacities.contains(&40) && capacities.is_sorted());
        }
        assert_eq!(orders.len(), 2, "one for each worker");
        let point = Counted { capacity: 40, requests: 10, hits: 4, rate: 1.0 };
        let done = |job| FromWorker::Curved { generation: 1, job, outcome: CurveOutcome::Played(vec![point]) };
        curving.hear(1, done(2));
        assert_eq!(curves(&curving), [(jobs.policies[1], vec![point])], "what is known is shown");
        curving.hear(0, done(1));
        (3..jobs.count()).for_each(|job| _ = curving.hear((job as usize) % 2, done(job)));
        assert_eq!(curving.phase(), &Phase::Done);
        assert!(csv_of(&curves(&curving)).contains("\nlru,40,10,4,6,0.6,,\n"));
        let mut other = (*scenario).clone();
        other.cache.capacity = of_each_node(&other, 450);
        assert!(!curving.is_stale(&other), "the cache itself does not count");
        other.clients.write_ratio += 0.1;
        assert!(curving.is_stale(&other));
    }
}
