//! What tasks do, and the one queue of those asked for.
//!
//! Clients, servers and cache nodes cannot start tasks themselves: they ask for a [`Job`], and the simulation starts its task as
//! soon as the present event is done. What clients send goes first, then what servers do in the background, then what nodes do;
//! among equals, the latest first.

use crate::model::{Key, WriteId};
use crate::pile::Pile;
use crate::time::Nanos;

/// Whose crash ends a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(u32);

impl Owner {
    /// Application servers have numbers below this.
    pub const SERVERS_MAX: u32 = 1_000;
    /// The outbox's relay: a process of its own.
    pub const RELAY: Owner = Owner(Owner::SERVERS_MAX);
    /// Cache nodes are fewer than this.
    const NODES_MAX: u32 = 1_000;

    /// An application server.
    pub fn server(number: u32) -> Owner {
        debug_assert!(number < Owner::SERVERS_MAX, "a checked scenario has fewer servers");
        Owner(number)
    }

    /// A cache node.
    pub fn node(number: u32) -> Owner {
        debug_assert!(number < Owner::NODES_MAX, "a checked scenario has fewer nodes");
        Owner(Owner::SERVERS_MAX + 1 + number)
    }

    /// The process that flushes a cache node's buffer. It runs on the node's machine, and ends and stands still with it.
    pub fn flusher(node: u32) -> Owner {
        Owner(Owner::node(node).0 + Owner::NODES_MAX)
    }

    /// Of a flusher, its node.
    pub fn beside(number: u32) -> Option<Owner> {
        (number > Owner::SERVERS_MAX + Owner::NODES_MAX).then(|| Owner(number - Owner::NODES_MAX))
    }

    /// All owners have different numbers.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// What a task does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// An application server serves a request: its number and the request's slot.
    Serve(u32, u32),
    /// An application server loads a copy that had this value again, in the background.
    Refresh(u32, Key, WriteId),
    /// A cache node loads a key from the database, from that moment on: when the command that asks for it has been served.
    Load(u32, Key, Nanos),
    /// A cache node writes these rows of its buffer to the database.
    Flush(u32, Vec<u32>),
    /// A cache node flushes its buffer at intervals.
    Flusher(u32),
    /// An application server flushes its write-behind queue at intervals.
    FlushQueue(u32),
    /// One of a cache node's loaders, with this number, loads its share of the most popular keys.
    WarmUp(u32, u32),
    /// The relay passes on what is in the outbox.
    Relay,
}

impl Job {
    /// Whose crash ends it.
    pub fn owner(&self) -> Owner {
        match *self {
            Job::Serve(server, _) | Job::Refresh(server, ..) | Job::FlushQueue(server) => Owner::server(server),
            Job::Load(node, ..) | Job::WarmUp(node, _) => Owner::node(node),
            Job::Flush(node, _) | Job::Flusher(node) => Owner::flusher(node),
            Job::Relay => Owner::RELAY,
        }
    }

    /// Which of the queue's piles it is put on.
    fn rank(&self) -> usize {
        match self {
            Job::Serve(..) | Job::Flusher(_) | Job::FlushQueue(_) | Job::WarmUp(..) | Job::Relay => 0,
            Job::Refresh(..) => 1,
            Job::Load(..) | Job::Flush(..) => 2,
        }
    }
}

/// The jobs asked for at the present moment. See the module.
#[derive(Debug, Default)]
pub struct Jobs {
    piles: [Pile<Job>; 3],
}

impl Jobs {
    /// Asks for a job.
    pub fn push(&self, job: Job) {
        self.piles[job.rank()].push(job);
    }

    /// Takes the next job.
    #[inline]
    pub fn pop(&self) -> Option<Job> {
        self.piles.iter().find_map(Pile::pop)
    }

    /// A cache node has crashed: what it asked for at this moment is not done.
    pub fn forget_node(&self, node: u32) {
        // few: asked for at the present moment
        self.piles[2].retain(|job| ![Owner::node(node), Owner::flusher(node)].contains(&job.owner()));
    }

    /// A process has crashed: what was asked of it at this moment is not done. Returns how much that was.
    pub fn forget(&self, owner: Owner) -> usize {
        // few: asked for at the present moment
        self.piles.iter().map(|pile| pile.retain(|job| job.owner() != owner)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_before_background_work_and_that_before_what_nodes_do() {
        let jobs = Jobs::default();
        let load = |node| Job::Load(node, 7, Nanos(1));
        let refresh = Job::Refresh(0, 7, WriteId(1));
        for job in [load(0), load(1), refresh.clone(), Job::Serve(0, 1), Job::Serve(0, 2)] {
            jobs.push(job);
        }
        let order: Vec<Job> = std::iter::from_fn(|| jobs.pop()).collect();
        assert_eq!(order, [Job::Serve(0, 2), Job::Serve(0, 1), refresh, load(1), load(0)]);
    }

    #[test]
    fn a_crash_takes_the_jobs_of_its_node_and_no_others() {
        let jobs = Jobs::default();
        [Job::Flush(0, vec![1]), Job::Flush(1, vec![1]), Job::Serve(0, 3)].into_iter().for_each(|job| jobs.push(job));
        jobs.forget_node(0);
        assert_eq!(std::iter::from_fn(|| jobs.pop()).collect::<Vec<_>>(), [Job::Serve(0, 3), Job::Flush(1, vec![1])]);
    }
}
