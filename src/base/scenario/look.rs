//! Which colour, marker and dash each lane has: those of its strategy, wherever the lane stands and whatever stands beside it.
//!
//! There are as many looks as there are ways to read and write. The first lane of a strategy has its strategy's look;
//! another of the same strategy has the first that is free behind it, of the colours that no other has as long as there are
//! some. Lanes that an edit does not touch keep their looks: where theirs would change, the edit notes it in their field
//! `look`, so that a link and a file have it, too.

use super::limits::LANES_MAX;
use super::{Lane, Reading, Scenario, Writing};

/// So many looks have a colour of their own; the others have one of these colours again, with another marker and dash.
pub const COLOURS: usize = 8;

/// The look of a lane's strategy, from 0.
fn of_strategy(lane: &Lane) -> usize {
    match (&lane.read, &lane.write) {
        (Reading::LookAside(_), Writing::WriteAround(_)) => 0,
        (Reading::ReadThrough(_), Writing::WriteAround(_)) => 1,
        (Reading::ReadThrough(_), Writing::WriteThrough(_)) => 2,
        (Reading::LookAside(_), Writing::WriteThrough(_)) => 3,
        (Reading::ReadThrough(_), Writing::WriteBack(_)) => 4,
        (Reading::LookAside(_), Writing::Outbox(_)) => 5,
        (Reading::LookAside(_), Writing::WriteBack(_)) => 6,
        (Reading::None {}, Writing::WriteAround(_)) => 7,
        (Reading::None {}, Writing::WriteThrough(_)) => 8,
        (Reading::ReadThrough(_), Writing::Outbox(_)) => 9,
        (Reading::None {}, Writing::WriteBack(_)) => 10,
        (Reading::None {}, Writing::Outbox(_)) => 11,
    }
}

/// The look that a lane asks for, from 0.
fn asked_for(lane: &Lane) -> Option<usize> {
    (lane.look? as usize).checked_sub(1).filter(|look| *look < LANES_MAX)
}

/// The grey one, which many cannot tell from some of the others.
const GREY: usize = COLOURS - 1;

/// The lighter blue, which is easily taken for the first.
const SECOND_BLUE: usize = 5;

/// The other looks, those with a colour of their own first, and of these the second blue and the grey one last.
fn others(look: usize) -> impl Iterator<Item = usize> {
    let all = (1..=GREY).map(move |n| (look + n) % GREY).filter(|other| *other != SECOND_BLUE);
    all.chain([SECOND_BLUE]).chain(GREY..LANES_MAX)
}

impl Scenario {
    /// The look of each lane, from 0: no two of them have the same one.
    ///
    /// ```
    /// use cachelane::scenario::Scenario;
    /// let three = Scenario::from_toml("[[lane]]\nwrite = \"write-back\"\n[[lane]]\n[[lane]]").unwrap();
    /// let two = Scenario::from_toml("[[lane]]\n[[lane]]\nwrite = \"write-back\"").unwrap();
    /// assert_eq!((three.looks()[0], three.looks()[1]), (two.looks()[1], two.looks()[0]));
    /// assert!(!two.looks().contains(&three.looks()[2]));
    /// ```
    pub fn looks(&self) -> Vec<usize> {
        let mut taken = [false; LANES_MAX];
        let mut take = |look: &usize| !std::mem::replace(&mut taken[*look], true);
        let mut looks: Vec<Option<usize>> = self.lanes.iter().map(|lane| asked_for(lane).filter(&mut take)).collect();
        for (look, lane) in looks.iter_mut().zip(&self.lanes) {
            *look = look.or_else(|| Some(of_strategy(lane)).filter(&mut take));
        }
        // Of more lanes than there may be, the last have none left.
        let mut free = |own: usize| others(own).find(&mut take).unwrap_or(own);
        let all = looks.into_iter().zip(&self.lanes);
        all.map(|(look, lane)| look.unwrap_or_else(|| free(of_strategy(lane)))).collect()
    }

    /// Gives each lane the look that it had `before`, when it was the lane that `from` says, unless it is another strategy
    /// now or has asked for another look.
    pub fn keep_looks(&mut self, before: &Scenario, from: &[Option<usize>]) {
        let looks = before.looks();
        let mut kept = vec![None; self.lanes.len()];
        for (i, lane) in self.lanes.iter_mut().enumerate() {
            let Some(was) = from.get(i).copied().flatten() else { continue };
            let earlier = &before.lanes[was];
            if of_strategy(lane) != of_strategy(earlier) {
                lane.look = lane.look.filter(|look| Some(*look) != earlier.look);
            } else if lane.look == earlier.look {
                kept[i] = Some(looks[was]);
            }
        }
        let is_new = |(lane, kept): (&Lane, &Option<usize>)| asked_for(lane).filter(|_| kept.is_none());
        let asked: Vec<usize> = self.lanes.iter().zip(&kept).filter_map(is_new).collect();
        for (lane, kept) in
            self.lanes.iter_mut().zip(&mut kept).filter(|(_, kept)| kept.is_some_and(|look| asked.contains(&look)))
        {
            (lane.look, *kept) = (None, None);
        }
        for _ in 0..kept.len() {
            let now = self.looks();
            let other = (0..now.len()).find(|lane| kept[*lane].is_some_and(|look| look != now[*lane]));
            let Some(lane) = other else { break };
            self.lanes[lane].look = kept[lane].map(|look| look as u32 + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Accept, Edit, FieldValue, List, link, presets};
    use super::*;

    fn scenario(lanes: &[(&str, &str)]) -> Scenario {
        let lanes = lanes.iter().map(|(read, write)| format!("[[lane]]\nread = \"{read}\"\nwrite = \"{write}\"\n"));
        Scenario::from_toml(&lanes.collect::<String>()).expect("a scenario")
    }

    fn all_strategies() -> Vec<(&'static str, &'static str)> {
        Reading::NAMES.iter().flat_map(|read| Writing::NAMES.iter().map(|write| (*read, *write))).collect()
    }

    fn edited(scenario: &Scenario, edits: &[Edit]) -> Scenario {
        scenario.apply(edits, Accept::Readable).expect("it can be read")
    }

    #[test]
    fn every_strategy_has_a_look_of_its_own() {
        let all = all_strategies();
        assert_eq!(all.len(), LANES_MAX);
        let mut looks = scenario(&all).looks();
        for (strategy, look) in all.iter().zip(&looks) {
            assert_eq!(scenario(&[*strategy]).looks(), [*look], "{strategy:?} alone");
        }
        looks.sort_unstable();
        assert_eq!(looks, (0..LANES_MAX).collect::<Vec<_>>());
    }

    #[test]
    fn the_same_strategy_looks_the_same_in_every_preset() {
        for preset in presets::all() {
            let scenario = preset.scenario();
            let mut met = Vec::new();
            for (lane, look) in scenario.lanes.iter().zip(scenario.looks()) {
                let strategy = (lane.read.name(), lane.write.name());
                if !met.contains(&strategy) {
                    assert_eq!(look, of_strategy(lane), "{}: the first {strategy:?}", preset.name);
                    met.push(strategy);
                }
            }
        }
    }

    #[test]
    fn any_number_of_lanes_can_be_told_apart() {
        for strategy in all_strategies() {
            for count in 1..=LANES_MAX {
                let looks = scenario(&vec![strategy; count]).looks();
                let colours = looks.iter().filter(|look| **look < COLOURS).count();
                let mut different = looks.clone();
                different.sort_unstable();
                different.dedup();
                assert_eq!(different.len(), count, "{strategy:?}: {looks:?}");
                assert!(colours + 1 >= count.min(COLOURS), "colours of their own first: {looks:?}");
            }
        }
        let mut many = scenario(&[("none", "outbox"); LANES_MAX]);
        let one = many.lanes[0].clone();
        many.lanes.push(one);
        assert_eq!(many.looks().len(), LANES_MAX + 1, "too many are refused elsewhere");
    }

    #[test]
    fn a_lane_that_goes_leaves_the_looks_of_the_others_alone_and_a_link_knows_them() {
        let twelve = scenario(&[("look-aside", "write-back"); LANES_MAX]);
        for scenario in presets::ALL.iter().map(|preset| preset.scenario()).chain([&twelve]) {
            for gone in 0..scenario.lanes.len() {
                let mut looks = scenario.looks();
                looks.remove(gone);
                let rest = edited(scenario, &[Edit::remove(format!("lane.{gone}"))]);
                assert_eq!(rest.looks(), looks, "{} without lane {gone}", scenario.name);
                if rest.check().is_ok() {
                    let link = link::encode_shortest(&rest).expect("it fits in a link");
                    assert_eq!(link::decode(&link).expect("a link").scenario.looks(), looks, "{link}");
                }
            }
        }
    }

    #[test]
    fn lanes_that_come_or_become_others_leave_the_looks_of_the_others_alone() {
        let mut many = scenario(&[("look-aside", "write-around"), ("look-aside", "write-around")]);
        for _ in many.lanes.len()..LANES_MAX {
            let looks = many.looks();
            many = edited(&many, &[Edit::Add(List::Lanes)]);
            assert_eq!(many.looks()[..looks.len()], looks);
        }
        let looks = many.looks();
        let word = |path: &str, word: &str| Edit::set(path, FieldValue::word(word));
        let other = edited(&many, &[word("lane.0.read", "none"), word("lane.0.write", "outbox")]);
        assert_eq!(other.looks()[1..], looks[1..]);
        // As soon as there is room, a lane has its own strategy's look.
        let two = edited(&scenario(&[("look-aside", "write-around"); 2]), &[word("lane.1.write", "write-back")]);
        assert_eq!(two.looks(), [0, 6]);
        assert!(two.lanes.iter().all(|lane| lane.look.is_none()), "and nothing need be noted");
    }

    #[test]
    fn a_look_that_is_asked_for_is_given_and_moves_who_had_it() {
        let two = scenario(&[("look-aside", "write-around"), ("look-aside", "write-back")]);
        let asked = edited(&two, &[Edit::set("lane.1.look", FieldValue::word("1"))]);
        assert_eq!(asked.looks(), [1, 0]);
        let back = edited(&asked, &[Edit::remove("lane.1.look")]);
        assert_eq!(back.looks(), [1, 6], "the first is left alone again");
        let seed = edited(&back, &[Edit::set("seed", FieldValue::word("9"))]);
        assert_eq!(seed.lanes, back.lanes);
        assert!(two.edited("lane.0.look", "13").is_err() && two.edited("lane.0.look", "0").is_err());
    }
}
