//! What lanes are called.

use super::Words;
use crate::escape::shown;
use crate::scenario::{Lane, Scenario, presets};

/// What to call each lane: its name, or the strategy that sets it apart from the others, or both strategies.
pub fn titles(scenario: &Scenario, words: &Words) -> Vec<String> {
    let lanes = &scenario.lanes;
    let same_read = lanes.len() > 1 && lanes.iter().all(|lane| lane.read.name() == lanes[0].read.name());
    let same_write = lanes.len() > 1 && lanes.iter().all(|lane| lane.write.name() == lanes[0].write.name());
    let mut titles: Vec<String> = Vec::new();
    for lane in lanes {
        let (read, write) = (lane.read.title(), lane.write.title());
        let (read, write) = (read.say(words.lang).to_owned(), write.say(words.lang).to_owned());
        let title = match lane.name.as_str() {
            "" if same_read && !same_write => write,
            "" if same_write && !same_read => read,
            "" if same_read && same_write => with_its_own(scenario, lane, write),
            "" => format!("{read} + {write}"),
            name => shown(&lane_name(name, words)).into_owned(),
        };
        let numbered = (1..).map(|n| if n == 1 { title.clone() } else { format!("{title} ({n})") });
        titles.extend(numbered.take(lanes.len() + 1).find(|name| !titles.contains(name)));
    }
    titles
}

/// What a lane with that name is called: the lanes of presets have a name in each language.
fn lane_name(name: &str, words: &Words) -> String {
    presets::lane(name).map_or_else(|| words.strategy(name), |known| known.say(words.lang).to_owned())
}

/// The strategy's name with the first detail that sets the lane apart from the others, all of which write in the same way.
fn with_its_own(scenario: &Scenario, lane: &Lane, name: String) -> String {
    let others: Vec<Vec<String>> = scenario.lanes.iter().map(|other| other.write.details()).collect();
    let mut own = lane.write.details().into_iter().enumerate();
    match own.find(|(i, own)| others.iter().any(|other| other.get(*i) != Some(own))) {
        Some((_, own)) => format!("{name}, {own}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{en, ko};
    use super::*;

    #[test]
    fn a_lane_s_name_cannot_turn_the_text_around_it() {
        let mut scenario = Scenario::default();
        scenario.lanes[0].name = "safe\u{202e}lanif".to_owned();
        assert_eq!(titles(&scenario, &en::WORDS), [r"safe\u{202e}lanif"]);
        assert_eq!(titles(&scenario, &ko::WORDS), [r"safe\u{202e}lanif"]);
    }

    #[test]
    fn the_lanes_of_presets_are_called_by_their_names_in_each_language() {
        let scenario = presets::get("redis-down").expect("a preset").scenario();
        assert_eq!(titles(scenario, &en::WORDS), scenario.titles());
        let korean = titles(scenario, &ko::WORDS);
        assert!(korean.iter().all(|title| title.chars().any(|c| ('가'..='힣').contains(&c))), "{korean:?}");
    }

    #[test]
    fn lanes_are_called_by_what_sets_them_apart() {
        let scenario = Scenario::from_toml(
            "[[lane]]\nwrite = \"write-back\"\n[[lane]]\nwrite = \"write-through\"\n[[lane]]\nwrite = \"write-through\"",
        );
        let names = titles(&scenario.unwrap(), &en::WORDS);
        assert_eq!(names, ["Write-back", "Write-through", "Write-through (2)"]);
    }
}
