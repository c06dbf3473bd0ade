//! Whether a fault could be noticed at all: what the page offers to inject.

use super::problem::Problems;
use super::{
    Fault, FaultKind, FaultTarget, FaultTime, Invalidate, Lane, Link, Part, Reading, Scenario, WriteAround, Writing,
    check, needs,
};
use crate::time::Nanos;

impl Lane {
    /// Whether anything of it goes to the cache.
    pub(super) fn uses_cache(&self) -> bool {
        let leaves_it_alone =
            matches!(self.in_effect(), Writing::WriteAround(WriteAround { cached: Invalidate::Leave, log: None, .. }));
        self.read != Reading::None {} || !leaves_it_alone
    }

    /// How it writes, less what is done for readers where there are none.
    fn in_effect(&self) -> Writing {
        if self.read == (Reading::None {}) { self.write.without_readers() } else { self.write.clone() }
    }

    /// Whether something brings on in the background what was written.
    pub(super) fn has_workers(&self) -> bool {
        self.in_effect().flushes() || self.in_effect().tells_later()
    }

    /// Whether its cache calls the database.
    fn cache_calls(&self) -> bool {
        matches!(self.read, Reading::ReadThrough(_)) || self.write.flushes()
    }
}

impl Scenario {
    /// Whether some lane could notice the fault `what`, on the link `link` where it happens to one.
    ///
    /// ```
    /// use cachelane::scenario::{FaultKind, Scenario};
    /// let bare = Scenario::from_toml("[[lane]]\nread = \"none\"").unwrap();
    /// assert!(bare.could_notice(FaultKind::DatabaseOutage, None));
    /// assert!(!bare.could_notice(FaultKind::CacheCrash, None));
    /// ```
    pub fn could_notice(&self, what: FaultKind, link: Option<Link>) -> bool {
        let has_part = match (what.part(), link) {
            (Part::Cache | Part::Replica, _) | (Part::Link, Some(Link::AppCache)) => {
                self.lanes.iter().any(Lane::uses_cache)
            }
            (Part::Link, Some(Link::CacheDatabase)) => self.lanes.iter().any(Lane::cache_calls),
            (Part::Database, _) => what != FaultKind::DatabaseFailing || !self.clients.never_writes(),
            (Part::Worker, _) => self.lanes.iter().any(Lane::has_workers),
            (Part::App | Part::Link, _) => true,
        };
        let which = match what.part() {
            Part::App => Some(FaultTarget::Server(0)),
            Part::Link => link.map(FaultTarget::Link),
            Part::Cache | Part::Replica | Part::Worker | Part::Database => None,
        };
        let fault = Fault { which, ..Fault::new(what, FaultTime::Moment(Nanos::ZERO)) };
        let mut problems = Problems::default();
        if has_part {
            check::check_fault(self, 0, &fault, &mut problems);
            needs::check_fault(self, 0, &fault, &mut problems);
        }
        has_part && problems.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noticed(toml: &str, what: FaultKind, link: Option<Link>) -> bool {
        Scenario::from_toml(toml).expect("a scenario").could_notice(what, link)
    }

    #[test]
    fn what_happens_to_a_cache_is_noticed_where_a_lane_reads_it_or_writes_to_it() {
        let cached = [
            "[[lane]]\nread = \"look-aside\"",
            "[[lane]]\nread = \"none\"\nwrite = \"write-through\"",
            "[[lane]]\nread = \"none\"\n[[lane]]\nwrite = \"write-back\"",
        ];
        for toml in cached {
            assert!(noticed(toml, FaultKind::CacheCrash, None), "{toml}");
            assert!(noticed(toml, FaultKind::Partition, Some(Link::AppCache)), "{toml}");
        }
        let bare = "[[lane]]\nread = \"none\"";
        assert!(!noticed(bare, FaultKind::FlushAll, None));
        assert!(!noticed(bare, FaultKind::Partition, Some(Link::AppCache)));
        assert!(noticed(bare, FaultKind::Partition, Some(Link::AppDatabase)));
    }

    #[test]
    fn what_a_scenario_would_refuse_is_not_noticed() {
        let plain = "[[lane]]\nread = \"look-aside\"";
        assert!(!noticed(plain, FaultKind::ReplicaCrash, None), "there are no replicas");
        assert!(noticed("[cache]\nreplicas = 1\n[[lane]]\nread = \"look-aside\"", FaultKind::ReplicaCrash, None));
        assert!(!noticed(plain, FaultKind::WorkerCrash, None), "nothing works in the background");
        assert!(noticed("[[lane]]\nwrite = \"outbox\"", FaultKind::WorkerCrash, None));
        assert!(noticed("[[lane]]\nwrite = { kind = \"write-around\", log = {} }", FaultKind::WorkerCrash, None));
        assert!(!noticed(plain, FaultKind::AppSlow, None), "requests take no CPU time");
        assert!(!noticed(plain, FaultKind::Partition, Some(Link::CacheDatabase)), "its cache calls nobody");
        assert!(noticed("[[lane]]\nread = \"read-through\"", FaultKind::Partition, Some(Link::CacheDatabase)));
        let reads_only = "[clients]\nwrite_ratio = 0\n[[lane]]\nread = \"look-aside\"";
        assert!(!noticed(reads_only, FaultKind::DatabaseFailing, None), "no transaction can fail");
        assert!(noticed(plain, FaultKind::DatabaseFailing, None));
    }
}
