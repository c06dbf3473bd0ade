//! What breaks, when, for how long.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Link;
use super::shorthand::or_none;
use crate::time::Nanos;

/// One fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// When it strikes.
    pub at: Nanos,
    /// What happens.
    pub what: What,
    /// To which server (from 0) or link; needed only where there are several.
    #[serde(default, with = "or_none")]
    pub which: Option<Which>,
    /// How long it lasts.
    #[serde(rename = "for", default = "five_seconds")]
    pub lasts: Nanos,
}

fn five_seconds() -> Nanos {
    Nanos::from_secs(5)
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The cache node loses its memory and restarts cold.
    #[serde(rename = "cache.crash")]
    CacheCrash,
    /// An application server drops every request it was serving.
    #[serde(rename = "app.crash")]
    AppCrash,
    /// The database refuses everything; what was not committed is gone.
    #[serde(rename = "database.outage")]
    DatabaseOutage,
    /// Nothing passes a link; messages wait until it heals, or until the caller gives up.
    #[serde(rename = "network.partition")]
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

impl Serialize for Which {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Which::Server(number) => number.serialize(serializer),
            Which::Link(link) => link.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Which {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Which, D::Error> {
        struct WhichVisitor;
        impl Visitor<'_> for WhichVisitor {
            type Value = Which;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a server's number from 0, or a link's name")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Which, E> {
                u32::try_from(number)
                    .map(Which::Server)
                    .map_err(|_| E::custom(format!("no server has number {number}")))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Which, E> {
                u32::try_from(number)
                    .map(Which::Server)
                    .map_err(|_| E::custom(format!("no server has number {number}")))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Which, E> {
                let link = Link::ALL.into_iter().find(|link| link.name() == text);
                link.map(Which::Link).ok_or_else(|| {
                    E::custom(format!(
                        "no link is called {text:?}: choose client-app, app-cache, app-database or cache-database"
                    ))
                })
            }
        }
        deserializer.deserialize_any(WhichVisitor)
    }
}
