//! The caches that `replay` plays a trace through: policies and capacities.

use super::Failure;
use crate::bytes::Bytes;
use crate::cache::entry;
use crate::scenario::Eviction;

/// The most caches of one pass.
const CACHES_MAX: usize = 256;

/// The most entries of a cache.
const ENTRIES_MAX: u32 = 10_000_000;

/// How much a cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// A number of entries.
    Entries(u32),
    /// A number of bytes.
    Bytes(Bytes),
}

impl Capacity {
    fn parse(text: &str) -> Result<Capacity, Failure> {
        let text = text.trim();
        let told = |why: String| Failure::Input(format!("--capacity {text}: {why}"));
        let expected = format!("give a whole number of entries from 1 to {ENTRIES_MAX}, or bytes such as 64MiB");
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let entries = text.parse().ok().filter(|entries| (1..=ENTRIES_MAX).contains(entries));
            return entries.map(Capacity::Entries).ok_or_else(|| told(expected));
        }
        match text.parse::<Bytes>() {
            Ok(Bytes(0)) | Err(_) => Err(told(expected)),
            Ok(bytes) => Ok(Capacity::Bytes(bytes)),
        }
    }

    /// The capacity, where each entry takes so many bytes besides its size.
    pub fn with_overhead(self, overhead: u32) -> entry::Capacity {
        match self {
            Capacity::Entries(count) => entry::Capacity::entries_of(count),
            Capacity::Bytes(bytes) => entry::Capacity::bytes_with_overhead(bytes.0, overhead),
        }
    }

    /// As JSON.
    pub fn json(self) -> serde_json::Value {
        match self {
            Capacity::Entries(count) => count.into(),
            Capacity::Bytes(bytes) => bytes.to_string().into(),
        }
    }
}

impl std::fmt::Display for Capacity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Capacity::Entries(count) => write!(f, "{count}"),
            Capacity::Bytes(bytes) => write!(f, "{bytes}"),
        }
    }
}

/// One cache to play the trace through.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The policy as it was named.
    pub name: String,
    /// The policy.
    pub policy: Eviction,
    /// How much it has room for.
    pub capacity: Capacity,
}

/// Every policy named in one list with every capacity named in the other.
pub fn choices(policies: &[String], capacities: &[String]) -> Result<Vec<Choice>, Failure> {
    let policy = |name: &String| -> Result<(String, Eviction), Failure> {
        let policy = name.parse::<Eviction>().map_err(|unknown| Failure::Input(format!("--policy {unknown}")))?;
        Ok((name.trim().to_ascii_lowercase(), policy))
    };
    let policies = policies.iter().map(policy).collect::<Result<Vec<_>, _>>()?;
    let capacities = capacities.iter().map(|text| Capacity::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let count = policies.len() * capacities.len();
    if count > CACHES_MAX {
        return Err(Failure::Input(format!("{count} caches are too many for one pass; name at most {CACHES_MAX}")));
    }
    let all = policies.iter().flat_map(|(name, policy)| {
        capacities.iter().map(|&capacity| Choice { name: name.clone(), policy: *policy, capacity })
    });
    Ok(all.collect())
}
