//! The faults of a run in the order in which they strike and end.

use crate::scenario::{Fault, Link, What, Which};
use crate::time::Nanos;

/// What exactly breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One cache node.
    Cache(u32),
    /// One application server.
    App(u32),
    /// The database.
    Database,
    /// A link.
    Link(Link),
}

/// A fault begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When.
    pub at: Nanos,
    /// Whether it begins; else it ends.
    pub begins: bool,
    /// What breaks, or is well again.
    pub target: Target,
}

/// How many there are of each part that can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Application servers.
    pub app_servers: u32,
    /// Cache nodes.
    pub cache_shards: u32,
}

/// All strikes of a run, earliest first. At one moment, faults strike before anything else happens,
/// in the order in which the scenario lists them.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    strikes: Vec<Strike>,
    next: usize,
}

impl Plan {
    /// The plan of these faults, for a world of these `parts`.
    pub fn new(faults: &[Fault], parts: Parts) -> Plan {
        let mut plan = Plan::default();
        faults.iter().for_each(|fault| plan.add(fault, parts));
        plan
    }

    /// Adds a fault that has not struck yet.
    pub fn add(&mut self, fault: &Fault, parts: Parts) {
        for target in targets(fault, parts) {
            self.insert(Strike { at: fault.at, begins: true, target });
            self.insert(Strike { at: fault.at.saturating_add(fault.lasts), begins: false, target });
        }
    }

    /// After everything at the same moment or earlier.
    fn insert(&mut self, strike: Strike) {
        let position = self.strikes.partition_point(|other| other.at <= strike.at);
        assert!(position >= self.next, "a fault cannot be added in the past");
        self.strikes.insert(position, strike);
    }

    /// When the next strike comes.
    pub fn peek(&self) -> Option<Nanos> {
        self.strikes.get(self.next).map(|strike| strike.at)
    }

    /// Takes the next strike.
    pub fn take_next(&mut self) -> Option<Strike> {
        let strike = self.strikes.get(self.next).copied()?;
        self.next += 1;
        Some(strike)
    }

    /// Everything heals: what has begun and not ended, in the order in which it would have ended; nothing else follows.
    pub fn heal_all(&mut self) -> Vec<Target> {
        let rest = self.strikes.split_off(self.next);
        let ends: Vec<Target> = rest.iter().filter(|strike| !strike.begins).map(|strike| strike.target).collect();
        let begins: Vec<Target> = rest.iter().filter(|strike| strike.begins).map(|strike| strike.target).collect();
        let mut unbegun = begins;
        // A fault that never began does not end: match its end, the latest of its target, with its beginning.
        let mut healed: Vec<Target> = ends.into_iter().rev().filter(|end| !remove_first(&mut unbegun, *end)).collect();
        healed.reverse();
        healed
    }
}

fn remove_first(targets: &mut Vec<Target>, target: Target) -> bool {
    let position = targets.iter().position(|other| *other == target);
    position.map(|position| targets.remove(position)).is_some()
}

fn targets(fault: &Fault, parts: Parts) -> Vec<Target> {
    match (fault.what, fault.which) {
        (What::CacheCrash, Some(Which::Server(shard))) => vec![Target::Cache(shard)],
        (What::CacheCrash, _) => (0..parts.cache_shards).map(Target::Cache).collect(),
        (What::DatabaseOutage, _) => vec![Target::Database],
        (What::AppCrash, Some(Which::Server(server))) => vec![Target::App(server)],
        (What::AppCrash, _) => (0..parts.app_servers).map(Target::App).collect(),
        (What::Partition, Some(Which::Link(link))) => vec![Target::Link(link)],
        (What::Partition, _) => vec![Target::Link(Link::AppCache)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Parts = Parts { app_servers: 1, cache_shards: 1 };

    fn crash(at: u64, lasts: u64) -> Fault {
        Fault { at: Nanos(at), what: What::CacheCrash, which: None, lasts: Nanos(lasts) }
    }

    #[test]
    fn strikes_come_in_order_whichever_way_the_faults_are_listed() {
        let mut plan = Plan::new(&[crash(50, 10), crash(10, 100)], ONE);
        let order: Vec<(u64, bool)> = std::iter::from_fn(|| plan.take_next()).map(|s| (s.at.0, s.begins)).collect();
        assert_eq!(order, [(10, true), (50, true), (60, false), (110, false)]);
    }

    #[test]
    fn only_what_has_begun_is_healed() {
        let mut plan = Plan::new(&[crash(10, 100), crash(200, 5)], ONE);
        plan.take_next();
        assert_eq!(plan.heal_all(), [Target::Cache(0)]);
        assert_eq!(plan.peek(), None);
        assert_eq!(Plan::new(&[crash(10, 100)], ONE).heal_all(), []);
    }

    #[test]
    fn a_fault_added_while_running_strikes_like_one_that_was_there_from_the_start() {
        let mut added = Plan::new(&[crash(10, 100)], ONE);
        added.take_next();
        added.add(&crash(50, 10), ONE);
        let mut whole = Plan::new(&[crash(10, 100), crash(50, 10)], ONE);
        whole.take_next();
        assert!((0..4).all(|_| added.take_next() == whole.take_next()));
    }
}
