//! Fields whose value means nothing at present, because something else says it: a trace, or a mix of operations.

use super::State;
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Arrivals, Keys, Mix, Scenario, limits};
use crate::web::platform::protocol::TraceFacts;
use crate::workload::trace::Detail;

/// A field that something else overrides.
#[derive(Clone, Debug, PartialEq)]
pub struct Overridden {
    /// Its path, of all lanes.
    pub path: &'static str,
    /// What says it instead.
    pub by: Phrase,
    /// What it says, where that is one value.
    pub value: Option<f64>,
}

impl State {
    /// Every field of the controls that something else overrides.
    pub fn overridden(&self) -> Vec<Overridden> {
        overridden(&self.draft, self.traces.opened.as_ref().map(|(_, facts)| facts))
    }
}

const BY_TRACE: Phrase = Phrase::fixed("from the trace", "트레이스 기준");

/// Every field of `scenario` that something else overrides; `trace` is what is in the open file.
pub fn overridden(scenario: &Scenario, trace: Option<&TraceFacts>) -> Vec<Overridden> {
    let says = |what| trace.is_some_and(|facts| facts.says.contains(&what));
    let mut all = Vec::new();
    let mut by_trace = |paths: &[&'static str]| {
        all.extend(paths.iter().map(|&path| Overridden { path, by: BY_TRACE, value: None }));
    };
    let mut trace_says_operations = false;
    if let Keys::Trace { ttls, sizes, .. } = scenario.clients.keys {
        trace_says_operations = says(Detail::Operations);
        if trace_says_operations {
            by_trace(&["clients.mix"]);
            by_trace(&RATIOS);
        }
        if says(Detail::Clients) && matches!(scenario.clients.arrivals, Arrivals::Trace { .. }) {
            by_trace(&["clients.sessions"]);
        }
        if ttls && says(Detail::Ttls) {
            by_trace(&["cache.ttl"]);
        }
        if sizes && says(Detail::Sizes) {
            by_trace(&["clients.value_size"]);
        }
    }
    if scenario.clients.mix != Mix::Custom && !trace_says_operations {
        let (name, shares) = (scenario.clients.mix.name().to_ascii_uppercase(), scenario.clients.shares());
        let by = phrase!("from {name}", "{name} 기준");
        let values = [shares.write, shares.modify, shares.delete, shares.insert, shares.scan, shares.multi_get];
        let each = RATIOS.into_iter().zip(values);
        all.extend(each.map(|(path, value)| Overridden { path, by: by.clone(), value: Some(value) }));
    }
    all
}

/// The shares of operations, in the order of [`Shares`](crate::scenario::Shares).
const RATIOS: [&str; 6] = [
    "clients.write_ratio",
    "clients.modify_ratio",
    "clients.delete_ratio",
    "clients.insert_ratio",
    "clients.scan_ratio",
    "clients.multi_get_ratio",
];

/// What overrides the field at `path`, or the whole that it is a part of, in a lane or in all.
pub fn of<'a>(all: &'a [Overridden], path: &str) -> Option<&'a Overridden> {
    let path = limits::for_all(path).unwrap_or(path);
    all.iter().find(|it| path.strip_prefix(it.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn a_mix_says_the_shares_in_place_of_the_ratios() {
        let scenario = presets::get("ycsb-c").expect("a preset").scenario().clone();
        let all = overridden(&scenario, None);
        let writes = of(&all, "clients.write_ratio").expect("it is overridden");
        assert_eq!((writes.value, writes.by.to_string().as_str()), (Some(0.0), "from YCSB-C"));
        assert!(overridden(&Scenario::default(), None).is_empty());
    }

    #[test]
    fn a_trace_overrides_just_what_it_says() {
        let mut scenario = Scenario::default();
        scenario.clients.keys = Keys::of_trace("a.csv".into());
        let facts =
            TraceFacts { says: vec![Detail::Operations, Detail::Ttls, Detail::Clients], ..TraceFacts::default() };
        let paths = |scenario: &Scenario, facts| {
            let all = overridden(scenario, facts);
            let asked = [
                "clients.write_ratio",
                "cache.ttl.jittered.ttl",
                "lane.1.cache.ttl",
                "clients.value_size",
                "clients.sessions",
            ];
            asked.map(|path| of(&all, path).is_some())
        };
        assert_eq!(paths(&scenario, Some(&facts)), [true, true, true, false, false], "its clients come with its times");
        scenario.clients.arrivals = Arrivals::Trace { speed: 1.0 };
        scenario.clients.keys = Keys::Trace { file: "a.csv".into(), ttls: false, sizes: true };
        assert_eq!(paths(&scenario, Some(&facts)), [true, false, false, false, true]);
        assert_eq!(paths(&scenario, None), [false; 5], "nothing is known of it yet");
        assert_eq!(paths(&Scenario::default(), Some(&facts)), [false; 5], "it is open, and not in use");
    }
}
