//! The lanes of another version of an experiment beside its own: what it was before a change, kept to be compared with.
//!
//! Lanes share their traffic, their faults and their time, or they could not be compared. All else may differ between
//! them: how they read and write, and any field of `[app]`, `[network]`, `[cache]` and `[database]`, which a lane can have
//! [otherwise](super::Otherwise).

use super::field::Record;
use super::limits::LANES_MAX;
use super::{Lane, Otherwise, Scenario};
use crate::phrase::{Phrase, phrase};

impl Scenario {
    /// The lanes of `before` that are no more, as lanes of this scenario: what was otherwise for all of them, each has for
    /// itself.
    ///
    /// # Errors
    /// Why they cannot stand beside its own.
    pub fn lanes_of(&self, before: &Scenario) -> Result<Vec<Lane>, Phrase> {
        let Scenario { app, network, cache, database, lanes, .. } = self.clone();
        if (Scenario { app, network, cache, database, lanes, ..before.clone() }) != *self {
            return Err(Phrase::fixed(
                "It cannot be kept as lanes: all lanes share traffic, faults and run settings.",
                "레인으로 남길 수 없음: 트래픽, 장애, 실행 설정은 모든 레인이 공유합니다.",
            ));
        }
        // few: LANES_MAX
        let as_before = before.lanes.iter().map(|lane| self.lane_of(before, lane));
        // A lane that another's change gave its look to keep is not changed itself.
        let here = |lane: &Lane| self.lanes.iter().any(|own| Lane { look: None, ..own.clone() } == *lane);
        let gone: Vec<Lane> = as_before.filter(|lane| !here(lane)).collect();
        if gone.is_empty() {
            return Err(Phrase::fixed("Its lanes are all still here.", "그때의 레인이 모두 그대로 있습니다."));
        }
        if self.lanes.len() + gone.len() > LANES_MAX {
            return Err(phrase!(
                "It cannot be kept as lanes: there is room for {LANES_MAX}.",
                "레인으로 남길 수 없음: 레인은 {LANES_MAX}개까지입니다."
            ));
        }
        Ok(gone)
    }

    /// A lane of `before` as one of this scenario, in the same world as there.
    fn lane_of(&self, before: &Scenario, lane: &Lane) -> Lane {
        Lane {
            app: as_there(&lane.app, &self.app, &before.app),
            network: as_there(&lane.network, &self.network, &before.network),
            cache: as_there(&lane.cache, &self.cache, &before.cache),
            database: as_there(&lane.database, &self.database, &before.database),
            look: None,
            ..lane.clone()
        }
    }
}

/// What is laid over `here` to give what `own` gives over `there`.
fn as_there<T: Record + Clone + PartialEq>(own: &Otherwise<T>, here: &T, there: &T) -> Otherwise<T> {
    let wanted = own.over(there);
    if own.over(here) == wanted { own.clone() } else { Otherwise::between(here, &wanted) }
}

#[cfg(test)]
mod tests {
    use super::super::presets;
    use super::*;

    fn of(toml: &str) -> Scenario {
        Scenario::from_toml(toml).expect("a scenario")
    }

    const LANES: &str = "[[lane]]\nname = \"a\"\n[[lane]]\nname = \"b\"\ncache.ttl = \"9s\"\n";

    #[test]
    fn what_all_lanes_had_otherwise_each_has_for_itself_and_a_lane_it_did_not_change_is_not_doubled() {
        let before = of(&format!("[cache]\nttl = \"5s\"\ncapacity = 70\n{LANES}"));
        let now = of(&format!("[cache]\nttl = \"6s\"\ncapacity = 70\n{LANES}"));
        let lanes = now.lanes_of(&before).expect("a world is a lane's own");
        let told: Vec<_> = lanes.iter().map(|lane| (lane.name.as_str(), lane.cache.told())).collect();
        assert_eq!(told, [("a", vec![("ttl".to_owned(), "\"5s\"".to_owned())])]);
    }

    #[test]
    fn what_lanes_share_cannot_be_kept_beside_it() {
        let now = of(LANES);
        for changed in [
            format!("seed = 9\n{LANES}"),
            format!("[clients]\nwrite_ratio = 0.9\n{LANES}"),
            format!("{LANES}[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\n"),
        ] {
            let why = of(&changed).lanes_of(&now).expect_err("shared");
            assert!(why.to_string().contains("share traffic, faults"), "{why}");
        }
        assert_eq!(now.lanes_of(&now).expect_err("the same").to_string(), "Its lanes are all still here.");
        let full = of(&format!("[cache]\nttl = \"5s\"\n{}", "[[lane]]\n".repeat(7)));
        let why = full.lanes_of(&of(&"[[lane]]\n".repeat(7))).expect_err("no room");
        assert!(why.to_string().contains("room for 12"), "{why}");
    }

    /// Whatever two presets have otherwise than each other in the parts of the world: a lane of the one, kept beside the other,
    /// runs in the world that it had.
    #[test]
    fn a_lane_that_is_kept_runs_in_the_world_that_it_had() {
        let all: Vec<&Scenario> = presets::all().map(|preset| preset.scenario()).take(40).collect();
        let mut kept = 0;
        for pair in all.windows(2) {
            let (now, there) = (pair[0], pair[1]);
            let before = Scenario { lanes: there.lanes.clone(), ..now.clone() };
            let (app, network) = (there.app.clone(), there.network.clone());
            let (cache, database) = (there.cache.clone(), there.database.clone());
            let before = Scenario { app, network, cache, database, ..before };
            let Ok(lanes) = now.lanes_of(&before) else { continue };
            if lanes.len() < before.lanes.len() {
                continue; // one of them is here, too: which is which is checked above
            }
            let mut with = now.clone();
            with.lanes.extend(lanes);
            for (lane, place) in (now.lanes.len()..with.lanes.len()).enumerate() {
                let (it, was) = (with.for_lane(place), before.for_lane(lane));
                assert_eq!((it.app, it.network, it.cache), (was.app, was.network, was.cache));
                assert_eq!(it.database, was.database);
                kept += 1;
            }
        }
        assert!(kept > 30, "{kept} lanes");
    }
}
