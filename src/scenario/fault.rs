//! What breaks, when, for how long.

use super::Link;
use super::field::{Field, record, refuse, words};
use super::node::{Node, Value};
use super::problem::Problems;
use crate::time::Nanos;

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it strikes.
    pub at: Nanos,
    /// What happens.
    pub what: What,
    /// To which server (from 0) or link; needed only where there are several.
    pub which: Option<Which>,
    /// How long it lasts.
    pub lasts: Nanos,
}

impl Default for Fault {
    /// A cache crash of five seconds at the very beginning; texts must say when and what.
    fn default() -> Fault {
        Fault { at: Nanos::ZERO, what: What::CacheCrash, which: None, lasts: Nanos::from_secs(5) }
    }
}

record!(Fault { at, what, which, lasts as "for" } require { "at": "the moment it strikes, such as \"30s\"", "what": "what happens, such as \"cache.crash\"" });
words!(What);

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A cache node loses its memory and restarts cold; without `which`, every one does.
    CacheCrash,
    /// An application server drops every request it was serving.
    AppCrash,
    /// The database refuses everything; what was not committed is gone.
    DatabaseOutage,
    /// Nothing passes a link; messages wait until it heals, or until the caller gives up.
    Partition,
}

impl What {
    /// Everything that can happen.
    pub const ALL: [What; 4] = [What::CacheCrash, What::AppCrash, What::DatabaseOutage, What::Partition];

    /// The name in scenario files.
    pub fn name(self) -> &'static str {
        match self {
            What::CacheCrash => "cache.crash",
            What::AppCrash => "app.crash",
            What::DatabaseOutage => "database.outage",
            What::Partition => "network.partition",
        }
    }
}

/// Which of several: a server's number, or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A server, counted from 0.
    Server(u32),
    /// A link.
    Link(Link),
}

impl Field for Which {
    fn show(&self) -> Node {
        match self {
            Which::Server(number) => number.show(),
            Which::Link(link) => link.show(),
        }
    }

    fn read(node: &Node, at: &str, problems: &mut Problems) -> Option<Which> {
        let number = match &node.value {
            Value::Whole(number) => u32::try_from(*number).ok(),
            Value::Bare(word) => word.parse().ok(),
            _ => None,
        };
        if let Some(number) = number {
            return Some(Which::Server(number));
        }
        match node.word().and_then(|word| Link::ALL.into_iter().find(|link| link.name() == word)) {
            Some(link) => Some(Which::Link(link)),
            None => refuse(node, at, problems, EXPECTED),
        }
    }
}

const EXPECTED: &str = "a server's number from 0, or a link: client-app, app-cache, app-database or cache-database";
