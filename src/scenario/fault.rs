//! What breaks, when, for how long.

use super::Link;
use super::field::{Field, Takes, record, refuse, words};
use super::node::{Node, Value};
use super::problem::Problems;
use crate::time::Nanos;

record! {
    /// One fault.
    pub struct Fault {
        /// When it strikes.
        pub at: Nanos = Nanos::ZERO => "the moment it strikes, such as \"30s\"",
        /// What happens.
        pub what: What = What::CacheCrash => "what happens, such as \"cache.crash\"",
        /// To which server (from 0) or link; needed only where there are several.
        pub which: Option<Which> = None,
        /// How long it lasts.
        pub lasts as "for": Nanos = Nanos::from_secs(5),
    }
}

words! {
    /// What happens.
    pub enum What {
        /// A cache node loses its memory and restarts cold; without `which`, every one does.
        "cache.crash" => CacheCrash,
        /// An application server drops every request it was serving.
        "app.crash" => AppCrash,
        /// The database refuses everything; what was not committed is gone.
        "database.outage" => DatabaseOutage,
        /// Nothing passes a link; messages wait until it heals, or until the caller gives up.
        "network.partition" => Partition,
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

    fn takes() -> Takes {
        Takes::Value(EXPECTED)
    }
}

const EXPECTED: &str = "a server's number from 0, or a link: client-app, app-cache, app-database or cache-database";
