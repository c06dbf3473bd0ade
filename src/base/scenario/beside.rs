//! The lanes of another version of an experiment beside its own: what it was before a change, kept to be compared with.
//!
//! Lanes share their traffic and their time, or they could not be compared. All else may differ between them: how they
//! read and write, any field of `[app]`, `[network]`, `[cache]` and `[database]`, which a lane can have
//! [otherwise](super::Otherwise), and the faults, which may [spare](Fault::spares) lanes.

use super::field::Record;
use super::limits::{FAULTS_MAX, LANES_MAX};
use super::{Fault, FaultTime, Lane, Otherwise, Scenario};
use crate::phrase::{Phrase, phrase};

/// What is to be added to a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// The further lanes.
    pub lanes: Vec<Lane>,
    /// All faults, those of the scenario first: which lanes each spares.
    pub faults: Vec<Fault>,
}

impl Scenario {
    /// The lanes of `before` that are no more, as lanes of this scenario: what was otherwise for all of them, each has for
    /// itself, and each meets the faults that it met.
    ///
    /// # Errors
    /// Why they cannot stand beside its own.
    pub fn beside(&self, before: &Scenario) -> Result<Beside, Phrase> {
        let Scenario { app, network, cache, database, lanes, faults, .. } = self.clone();
        if (Scenario { app, network, cache, database, lanes, faults, ..before.clone() }) != *self {
            return Err(Phrase::fixed(
                "It cannot be kept as lanes: all lanes share traffic and run settings.",
                "레인으로 남길 수 없음: 트래픽과 실행 설정은 모든 레인이 공유합니다.",
            ));
        }
        let mut gone = Vec::new();
        let mut places = vec![None; before.lanes.len()];
        let is_here = |lane: &Lane, number: usize| {
            // A lane that another's change gave its look to keep is not changed itself. few: LANES_MAX
            let alike = |own: &usize| Lane { look: None, ..self.lanes[*own].clone() } == *lane;
            (0..self.lanes.len()).filter(alike).any(|own| met_by(self, own) == met_by(before, number))
        };
        for (number, lane) in before.lanes.iter().enumerate() {
            let lane = self.lane_of(before, lane);
            if !is_here(&lane, number) {
                places[number] = Some(self.lanes.len() + gone.len());
                gone.push(lane);
            }
        }
        if gone.is_empty() {
            return Err(Phrase::fixed("Its lanes are all still here.", "그때의 레인이 모두 그대로 있습니다."));
        }
        if self.lanes.len() + gone.len() > LANES_MAX {
            return Err(phrase!(
                "It cannot be kept as lanes: there is room for {LANES_MAX}.",
                "레인으로 남길 수 없음: 레인은 {LANES_MAX}개까지입니다."
            ));
        }
        Ok(Beside { faults: self.faults_beside(before, &places)?, lanes: gone })
    }

    /// The faults of both, each in the lanes that meet it: lane number i of `before` is to be `places[i]` here.
    fn faults_beside(&self, before: &Scenario, places: &[Option<usize>]) -> Result<Vec<Fault>, Phrase> {
        let moved = |spares: &[u32]| spares.iter().filter_map(|lane| *places.get(*lane as usize)?).collect::<Vec<_>>();
        let (own, added): (Vec<usize>, Vec<usize>) =
            ((0..self.lanes.len()).collect(), places.iter().flatten().copied().collect());
        let spared = |fault: &Fault, lanes: Vec<usize>| {
            let more = lanes.into_iter().map(|lane| lane as u32);
            Fault { spares: fault.spares.iter().copied().chain(more).collect(), ..fault.clone() }
        };
        let mut left: Vec<(usize, &Fault)> = before.faults.iter().enumerate().collect();
        let mut faults = Vec::new();
        for (number, fault) in self.faults.iter().enumerate() {
            // few: FAULTS_MAX
            let same = left.iter().position(|(place, other)| {
                Fault { spares: Vec::new(), ..(*other).clone() } == Fault { spares: Vec::new(), ..fault.clone() }
                    && (*place == number || !is_random(fault))
            });
            let lanes = same.map_or_else(|| added.clone(), |place| moved(&left.remove(place).1.spares));
            faults.push(spared(fault, lanes));
        }
        if left.iter().any(|(_, fault)| is_random(fault)) {
            return Err(Phrase::fixed(
                "It cannot be kept as lanes: the moments of a random fault depend on its place in the list.",
                "레인으로 남길 수 없음: 무작위 장애가 일어나는 시점은 목록에서의 순서에 따라 달라집니다.",
            ));
        }
        if faults.len() + left.len() > FAULTS_MAX {
            return Err(phrase!(
                "It cannot be kept as lanes: there is room for {FAULTS_MAX} faults.",
                "레인으로 남길 수 없음: 장애는 {FAULTS_MAX}개까지입니다."
            ));
        }
        faults.extend(left.into_iter().map(|(_, fault)| {
            let there = Fault { spares: own.iter().map(|lane| *lane as u32).collect(), ..fault.clone() };
            spared(&there, moved(&fault.spares))
        }));
        Ok(faults)
    }

    /// The experiment with that lane alone, which meets what it met. Fields that only other lanes have noticed go back to their
    /// defaults: alone they would be refused.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn only(&self, lane: usize) -> Scenario {
        let mut alone = Scenario { lanes: vec![self.lanes[lane].clone()], ..self.clone() };
        alone.keep_spared(&[Some(lane)]);
        // One may have been the last that another needed.
        loop {
            let tidied = alone.clone().tidied(self);
            if tidied == alone {
                return alone;
            }
            alone = tidied;
        }
    }

    /// Lanes that differ only in which faults they meet, in pairs: whom more strikes, and the other.
    pub fn twins(&self) -> impl Iterator<Item = (usize, usize)> {
        let alike = |a: usize, b: usize| {
            let [a, b] = [a, b].map(|lane| Lane { look: None, name: String::new(), ..self.lanes[lane].clone() });
            a == b
        };
        // The page asks at every frame, and mostly no fault spares anybody.
        let lanes = if self.faults.iter().all(|fault| fault.spares.is_empty()) { 0 } else { self.lanes.len() };
        let pairs = (0..lanes).flat_map(move |a| (a + 1..lanes).map(move |b| (a, b)));
        pairs.filter(move |(a, b)| alike(*a, *b)).filter_map(|(a, b)| {
            let [of_a, of_b] = [a, b].map(|lane| met_by(self, lane));
            let all_of = |some: &[_], others: &[_]| some.iter().all(|fault| others.contains(fault)); // few: FAULTS_MAX
            match (all_of(&of_b, &of_a), all_of(&of_a, &of_b)) {
                (true, false) => Some((a, b)),
                (false, true) => Some((b, a)),
                // The same, or one moment instead of another: then the lane that stood there first is spoken of.
                (true, true) => None,
                (false, false) => Some((a, b)),
            }
        })
    }

    /// Lanes that are called the same and do the same, but for a value, in pairs: the first, and one that was kept beside it.
    pub fn kept_beside(&self) -> impl Iterator<Item = (usize, usize)> {
        let lanes = &self.lanes;
        let pairs = (0..lanes.len()).flat_map(|a| (a + 1..lanes.len()).map(move |b| (a, b)));
        pairs.filter(|(a, b)| lanes[*a].name == lanes[*b].name && lanes[*a].is_of_strategy(&lanes[*b]))
    }

    /// The lanes that fault number `fault` spares.
    pub fn spared_by(&self, fault: u32) -> Vec<u32> {
        self.faults.get(fault as usize).map(|fault| fault.spares.clone()).unwrap_or_default()
    }

    /// Its lanes have been taken out or moved: each is now where `from` says which it was. Faults spare those that they
    /// spared, and what strikes nobody any more goes; but a random fault has its moments by its place, and so has one before it.
    pub fn keep_spared(&mut self, from: &[Option<usize>]) {
        for fault in &mut self.faults {
            let still = (0_u32..).zip(from).filter(|(_, was)| was.is_some_and(|was| fault.spares(was)));
            let still: Vec<u32> = still.map(|(lane, _)| lane).collect();
            fault.spares = still;
        }
        let lanes = self.lanes.len();
        let last_random = self.faults.iter().rposition(is_random);
        let mut number = 0;
        self.faults.retain(|fault| {
            number += 1;
            fault.strikes_any(lanes) || last_random.is_some_and(|last| number <= last + 1)
        });
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

/// The faults that a lane meets, random ones with their numbers, by which they have their moments.
fn met_by(scenario: &Scenario, lane: usize) -> Vec<(Option<usize>, Fault)> {
    let met = scenario.faults.iter().enumerate().filter(|(_, fault)| !fault.spares(lane));
    met.map(|(number, fault)| (is_random(fault).then_some(number), Fault { spares: Vec::new(), ..fault.clone() }))
        .collect()
}

fn is_random(fault: &Fault) -> bool {
    matches!(fault.at, FaultTime::Every(_))
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
        let lanes = now.beside(&before).expect("a world is a lane's own").lanes;
        let told: Vec<_> = lanes.iter().map(|lane| (lane.name.as_str(), lane.cache.told())).collect();
        assert_eq!(told, [("a", vec![("ttl".to_owned(), "\"5s\"".to_owned())])]);
    }

    #[test]
    fn what_lanes_share_cannot_be_kept_beside_it() {
        let now = of(LANES);
        for changed in [format!("seed = 9\n{LANES}"), format!("[clients]\nwrite_ratio = 0.9\n{LANES}")] {
            let why = of(&changed).beside(&now).expect_err("shared");
            assert!(why.to_string().contains("share traffic"), "{why}");
        }
        assert_eq!(now.beside(&now).expect_err("the same").to_string(), "Its lanes are all still here.");
        let full = of(&format!("[cache]\nttl = \"5s\"\n{}", "[[lane]]\n".repeat(7)));
        let why = full.beside(&of(&"[[lane]]\n".repeat(7))).expect_err("no room");
        assert!(why.to_string().contains("room for 12"), "{why}");
    }

    const CRASH: &str = "[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\n";

    #[test]
    fn a_fault_that_came_or_went_strikes_the_lanes_that_had_it() {
        let (with, without) = (of(&format!("{LANES}{CRASH}")), of(LANES));
        let came = with.beside(&without).expect("lanes can be spared");
        assert_eq!((came.lanes.len(), came.faults[0].spares.clone()), (2, vec![2, 3]));
        let went = without.beside(&with).expect("lanes can be spared");
        assert_eq!((went.lanes.len(), went.faults[0].spares.clone()), (2, vec![0, 1]));
        // Kept once more, each keeps what it spared.
        let mut both = with.clone();
        both.lanes.extend(came.lanes);
        both.faults = came.faults;
        let again = of(&format!("{LANES}{LANES}{CRASH}{}", CRASH.replace("5s", "6s")));
        let again = Scenario { lanes: both.lanes.clone(), ..again };
        let kept = again.beside(&both).expect("room for eight");
        assert_eq!((kept.lanes.len(), kept.faults[0].spares.clone()), (4, vec![6, 7]));
        assert_eq!(kept.faults[1].spares, [4, 5, 6, 7]);
        both.keep_spared(&[Some(1), Some(3)]);
        assert_eq!(both.faults[0].spares, [1]);
        let random = of(&format!("{LANES}[[fault]]\nat = {{ every = \"5s\" }}\nwhat = \"cache.crash\"\n"));
        let why = without.beside(&random).expect_err("its moments would be others");
        assert!(why.to_string().contains("random"), "{why}");
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
            let Ok(Beside { lanes, .. }) = now.beside(&before) else { continue };
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

    #[test]
    fn a_lane_alone_is_as_good_as_it_was_beside_others() {
        for preset in presets::all() {
            let scenario = preset.scenario();
            for lane in 0..scenario.lanes.len() {
                let alone = scenario.only(lane);
                let checked = alone.check();
                assert!(checked.is_ok(), "{}, lane {lane}: {}", preset.name, checked.unwrap_err());
            }
        }
    }
}
