//! What lanes are called.

use std::cell::RefCell;
use std::rc::Rc;

use super::Words;
use crate::chart::text;
use crate::escape::shown;
use crate::phrase::{Language, Phrase};
use crate::scenario::called;
use crate::scenario::form::Form;
use crate::scenario::{Difference, Fault, Lane, Scenario, presets};
use crate::time::Nanos;

/// The titles made last: they are asked for with every frame, and change when the scenario does.
#[derive(Default)]
pub struct Titles(RefCell<Option<Made>>);

/// Titles, and what they were made of.
type Made = (Rc<Scenario>, Language, Rc<Vec<String>>);

impl Titles {
    /// The [`titles`] of that scenario.
    pub fn of(&self, scenario: &Rc<Scenario>, words: &Words) -> Rc<Vec<String>> {
        let mut last = self.0.borrow_mut();
        match &*last {
            Some((of, language, titles)) if Rc::ptr_eq(of, scenario) && *language == words.lang => titles.clone(),
            _ => {
                let titles = Rc::new(titles(scenario, words));
                *last = Some((scenario.clone(), words.lang, titles.clone()));
                titles
            }
        }
    }
}

/// What to call each lane: its name, or the strategy that sets it apart from the others, or both strategies; and where
/// several would be called the same, in what they differ. Names that a reader has given stay, with a number where one is
/// given twice.
pub fn titles(scenario: &Scenario, words: &Words) -> Vec<String> {
    let names: Vec<String> = scenario.lanes.iter().map(|lane| name(scenario, lane, words)).collect();
    let may_say_more = |lane: &usize| !has_own_name(&scenario.lanes[*lane]);
    let alike = |name: &String| (0..names.len()).filter(|lane| names[*lane] == *name).filter(may_say_more).collect();
    let mut titles: Vec<String> = Vec::new();
    for (lane, name) in names.iter().enumerate() {
        let alike: Vec<usize> = alike(name);
        let place = alike.iter().position(|other| *other == lane).filter(|_| alike.len() > 1);
        let title = place.map_or_else(|| name.clone(), |place| told_apart(scenario, name, (&alike, place), words.lang));
        let title = title + &spared(scenario, &alike, lane, words.lang);
        let numbered = (1..).map(|n| if n == 1 { title.clone() } else { format!("{title} ({n})") });
        titles.extend(numbered.take(names.len() + 1).find(|name| !titles.contains(name)));
    }
    titles
}

/// Whether a reader has named the lane, and no preset.
fn has_own_name(lane: &Lane) -> bool {
    !lane.name.is_empty() && presets::lane(&lane.name).is_none()
}

/// Its name, or the strategy that sets it apart from the others, or both strategies.
fn name(scenario: &Scenario, lane: &Lane, words: &Words) -> String {
    if !lane.name.is_empty() {
        return shown(&lane_name(&lane.name, words)).into_owned();
    }
    let lanes = &scenario.lanes;
    let same_read = lanes.len() > 1 && lanes.iter().all(|lane| lane.read.name() == lanes[0].read.name());
    let same_write = lanes.len() > 1 && lanes.iter().all(|lane| lane.write.name() == lanes[0].write.name());
    let writes_alike = lanes.iter().all(|other| other.write == lane.write);
    let (read, write) = (lane.read.title(), lane.write.title());
    let (read, write) = (read.say(words.lang).to_owned(), write.say(words.lang).to_owned());
    match (same_read, same_write) {
        (true, false) => write,
        (false, true) => read,
        // In what they differ is said of the strategy that it belongs to.
        (true, true) if writes_alike && lanes.iter().any(|other| other.read != lane.read) => read,
        (true, true) => write,
        (false, false) => format!("{read} + {write}"),
    }
}

/// What a lane with that name is called: the lanes of presets have a name in each language.
fn lane_name(name: &str, words: &Words) -> String {
    presets::lane(name).map_or_else(|| words.strategy(name), |known| known.say(words.lang).to_owned())
}

/// The name, and the first one or two values that set the lane apart from those that are called the same; of these it is
/// the one at that place.
fn told_apart(scenario: &Scenario, name: &str, (alike, place): (&[usize], usize), language: Language) -> String {
    const TOLD_MAX: usize = 2;
    let all = Difference::among(&Form::of(scenario), alike);
    let said = |lane: usize, count: usize| {
        let values = all[lane].iter().take(count).map(|one| value(one, language));
        std::iter::once(name.to_owned()).chain(values).collect::<Vec<_>>().join(", ")
    };
    let is_enough =
        |count: &usize| (0..alike.len()).all(|other| other == place || said(other, *count) != said(place, *count));
    said(place, (1..TOLD_MAX).find(is_enough).unwrap_or(TOLD_MAX))
}

/// What sets a lane apart that a fault spares which strikes one that is called the same.
fn spared(scenario: &Scenario, alike: &[usize], lane: usize, language: Language) -> String {
    // few: a scenario's lanes
    let is_told = |fault: &&Fault| fault.spares(lane) && alike.iter().any(|other| !fault.spares(*other));
    let Some(fault) = scenario.faults.iter().find(is_told) else { return String::new() };
    let title = fault.what.title();
    let what = title.say(language);
    let meets_another = scenario.faults.iter().any(|other| other.what == fault.what && !other.spares(lane));
    let moment = fault.at.moment().filter(|_| meets_another).map(|at| called::duration(at, language));
    match (language, moment) {
        (Language::English, None) => format!(", without {what}"),
        (Language::English, Some(at)) => format!(", without the {what} at {at}"),
        (Language::Korean, None) => format!(", {what} 없음"),
        (Language::Korean, Some(at)) => format!(", {at}의 {what} 없음"),
    }
}

/// A value with what it is called, such as “flush every 1 s”.
fn value(difference: &Difference, language: Language) -> String {
    let called = match difference.field.as_str() {
        "cache.ttl" => "TTL", // its label is that of the kinds of TTLs
        _ => difference.name.say(language),
    };
    let called = match called.strip_prefix("write.").or(called.strip_prefix("read.")) {
        Some(option) => option.replace('_', " "),
        None => uncapitalised(called),
    };
    let own = difference.own.as_str();
    match (own, own.parse::<u64>(), own.parse::<Nanos>()) {
        (_, Ok(count), _) => format!("{called} {}", text::count(count)),
        (_, _, Ok(time)) => format!("{called} {}", called::duration(time, language)),
        ("true", ..) => format!("{called}: {}", ON.say(language)),
        ("false", ..) => format!("{called}: {}", OFF.say(language)),
        ("none", ..) => format!("{called}: {}", NONE.say(language)),
        _ => format!("{called}: {}", shown(&difference.own_in_words(language))),
    }
}

const ON: Phrase = Phrase::fixed("on", "켬");
const OFF: Phrase = Phrase::fixed("off", "끔");
const NONE: Phrase = Phrase::fixed("none", "없음");

/// A label inside a sentence; what begins with an abbreviation stays as it is.
fn uncapitalised(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_ascii_uppercase() => {
            std::iter::once(first.to_ascii_lowercase()).chain(letters).collect()
        }
        _ => label.to_owned(),
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
        for preset in &presets::ALL {
            let scenario = preset.scenario();
            let english: Vec<&str> = scenario.lanes.iter().map(|lane| lane.name.as_str()).collect();
            assert_eq!(titles(scenario, &en::WORDS), english, "{}", preset.name);
            let korean = titles(scenario, &ko::WORDS);
            assert!(korean.iter().all(|title| title.chars().any(|c| ('가'..='힣').contains(&c))), "{korean:?}");
        }
    }

    fn called(lanes: &[&str]) -> [Vec<String>; 2] {
        let text: String = lanes.iter().map(|lane| format!("[[lane]]\n{lane}\n")).collect();
        let scenario = Scenario::from_toml(&text).expect("a scenario");
        [titles(&scenario, &en::WORDS), titles(&scenario, &ko::WORDS)]
    }

    #[test]
    fn a_lane_that_a_fault_spares_is_called_so_beside_its_like() {
        let text = "[[lane]]\n[[lane]]\n[[fault]]\nat = \"5s\"\nwhat = \"cache.crash\"\nspares = [1]\n";
        let scenario = Scenario::from_toml(text).expect("a scenario");
        let [english, korean] = [titles(&scenario, &en::WORDS), titles(&scenario, &ko::WORDS)];
        assert!(english[1] == format!("{}, without cache crash", english[0]), "{english:?}");
        assert!(korean[1].ends_with(", 캐시 크래시 없음"), "{korean:?}");
    }

    #[test]
    fn lanes_are_called_by_what_sets_them_apart() {
        let through = "write = \"write-through\"";
        let [english, _] = called(&["write = \"write-back\"", through, through]);
        assert_eq!(english, ["Write-back", "Write-through", "Write-through (2)"]);
        let [english, _] = called(&["read = \"none\"", "read = \"read-through\""]);
        assert_eq!(english, ["No cache", "Read-through"]);
        let [english, _] = called(&["read = \"none\"", through]);
        assert_eq!(english, ["No cache + Write-around", "Look-aside + Write-through"]);
    }

    #[test]
    fn lanes_of_one_strategy_are_called_by_the_values_in_which_they_differ() {
        let back = |options: &str| format!("write = {{ kind = \"write-back\", {options} }}");
        let (one, five, batch) = (
            back("every = \"1s\", batch = 7"),
            back("every = \"5s\", batch = 7"),
            back("every = \"5s\", batch = 2000"),
        );
        let [english, korean] = called(&[&one, &five]);
        assert_eq!(english, ["Write-back, flush every 1 s", "Write-back, flush every 5 s"]);
        assert_eq!(korean, ["라이트백, 플러시 주기 1초", "라이트백, 플러시 주기 5초"]);
        let [english, _] = called(&[&one, &five, &batch]);
        assert_eq!(english[0], "Write-back, flush every 1 s");
        assert_eq!(
            english[1..],
            [
                "Write-back, flush every 5 s, max rows per batch 7",
                "Write-back, flush every 5 s, max rows per batch 2,000"
            ]
        );
        let [english, korean] = called(&["read = { kind = \"look-aside\", single_flight = true }", ""]);
        assert_eq!(english, ["Look-aside, single flight: on", "Look-aside, single flight: off"]);
        assert_eq!(korean, ["룩어사이드, 싱글 플라이트: 켬", "룩어사이드, 싱글 플라이트: 끔"]);
        let [english, _] = called(&["cache = { ttl = \"2s\" }", "", "read = \"none\"\nwrite = \"write-back\""]);
        assert_eq!(english[0], "Look-aside + Write-around, TTL 2 s");
        let [english, _] = called(&["write = { kind = \"write-around\", cached = \"leave\" }", ""]);
        assert_eq!(english, ["Write-around, cached copy: leave", "Write-around, cached copy: delete"]);
    }

    #[test]
    fn a_copy_of_a_preset_s_lane_is_told_from_it_and_a_reader_s_names_stay() {
        let named = |name: &str, every: &str| {
            format!("name = \"{name}\"\nwrite = {{ kind = \"write-back\", every = \"{every}\" }}")
        };
        let [english, _] = called(&[&named("Write-back", "1s"), &named("Write-back", "9s")]);
        assert_eq!(english, ["Write-back, flush every 1 s", "Write-back, flush every 9 s"]);
        let [english, _] = called(&[&named("mine", "1s"), &named("mine", "9s")]);
        assert_eq!(english, ["mine", "mine (2)"]);
    }
}
