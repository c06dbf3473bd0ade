//! Experiments to begin with, each with a question it answers. Their files are in `src/base/scenario/presets/`.
//!
//! Links say what differs from a preset, so a preset's file, once released, stays as it is: a better one gets a new
//! name, or links get a new [version](super::versions) and the presets of the old one are kept in a folder of that name.

mod about;
pub mod twitter;

use std::sync::OnceLock;

pub use self::about::{About, Claim, Group, Watch};
use super::problem::{Reason, did_you_mean};
use super::{Problem, Scenario, ScenarioError, versions};
use crate::phrase::Phrase;

/// An experiment with a name.
#[derive(Debug)]
pub struct Preset {
    /// The name, as links and the command line say it.
    pub name: &'static str,
    /// The file: a scenario, and behind it what the preset says of itself.
    file: &'static str,
    about: &'static OnceLock<About>,
    scenario: &'static OnceLock<Scenario>,
    /// As it was in version 1, if it was there.
    first: Option<First>,
}

/// A preset as it was in version 1.
#[derive(Debug)]
struct First {
    toml: &'static str,
    scenario: &'static OnceLock<Scenario>,
}

macro_rules! presets {
    (@read $type:ident) => {{
        static READ: OnceLock<$type> = OnceLock::new();
        &READ
    }};
    (@first $name:literal new) => { None };
    (@first $name:literal) => {
        Some(First { toml: include_str!(concat!("presets/v1/", $name, ".toml")), scenario: presets!(@read Scenario) })
    };
    (@file $path:expr) => {{
        const FILE: &str = include_str!($path);
        const KEPT: &[u8; kept(FILE)] = &first(FILE);
        match str::from_utf8(KEPT) {
            Ok(text) => text,
            Err(_) => panic!("cut between two lines"),
        }
    }};
    // `"name" new` where the preset is younger than version 1.
    ($($name:literal $($new:ident)?),* $(,)?) => {
        &[$(Preset {
            name: $name,
            file: presets!(@file concat!("presets/", $name, ".toml")),
            about: presets!(@read About),
            scenario: presets!(@read Scenario),
            first: presets!(@first $name $($new)?),
        }),*]
    };
}

/// The presets that have a file of their own, in the order of the menu; the first is where links without a preset begin.
/// [`all`] has the others, too. A new one is its file and its line here.
pub static ALL: &[Preset] = presets! {
    "default",
    "locust-test",
    "never-comes-back" new,
    "like-button",
    "redis-down",
    "cold-start" new,
    "product-list",
    "view-counter",
    "session-tokens",
    "keys-star",
    "failover",
    "scale-out",
    "local-vs-global",
    "memory-overflow",
    "ttl-vs-invalidate",
    "stale-set-race",
    "dual-write",
    "flush-race",
    "expire-dirty",
    "thundering-herd",
    "db-brownout",
    "tipping-point" new,
    "retry-storm" new,
    "increment-race",
    "write-heavy",
    "ycsb-a",
    "ycsb-b",
    "ycsb-c",
    "ycsb-d",
    "ycsb-e",
    "ycsb-f",
};

/// Where the scenario of a file ends, and what the preset says of itself begins.
const ABOUT: &str = "\n[preset]\n";

/// Where what only the whole page shows begins.
const BEYOND_FIGURES: &[u8] = b"[preset.description]\n";

/// How much of a preset's file the program keeps: the figure of an embed describes no preset, and would be larger by a fiftieth.
const fn kept(file: &str) -> usize {
    if !cfg!(feature = "figure") {
        return file.len();
    }
    let mut rest = file.as_bytes();
    while let Some((_, next)) = rest.split_first() {
        if let Some((line, _)) = rest.split_at_checked(BEYOND_FIGURES.len())
            && is_same(line, BEYOND_FIGURES)
        {
            break;
        }
        rest = next;
    }
    file.len() - rest.len()
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len()
}

const fn first<const N: usize>(file: &str) -> [u8; N] {
    *file.as_bytes().first_chunk().expect("no more than there is")
}

/// Every preset: those with a file, then Twitter's caches.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    ALL.iter().chain(twitter::ALL.iter())
}

/// The preset called `name`.
///
/// ```
/// use cachelane::scenario::presets;
/// assert_eq!(presets::get("default").unwrap().scenario().lanes.len(), 5);
/// assert!(presets::get("defualt").unwrap_err().to_string().contains("did you mean default?"));
/// ```
pub fn get(name: &str) -> Result<&'static Preset, ScenarioError> {
    of_version(versions::CURRENT, name)
}

/// The preset called `name`, if it is one of this version of links.
pub(super) fn of_version(version: u32, name: &str) -> Result<&'static Preset, ScenarioError> {
    let there = |preset: &&Preset| version > 1 || preset.first.is_some();
    all().filter(there).find(|preset| preset.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().filter(there).map(|preset| preset.name).collect();
        let meant = did_you_mean(name, &names);
        let mut known: Vec<&str> = ALL.iter().filter(there).map(|preset| preset.name).collect();
        known.push("twitter-cluster01 to twitter-cluster54");
        let reason = Reason::UnknownWord { meant, known: known.into_iter().map(str::to_owned).collect() };
        let value = name.chars().take(80).collect();
        ScenarioError { problems: vec![Problem { field: "preset".to_owned(), value, reason, line: None }] }
    })
}

/// What the lane of a preset with that name is called.
pub fn lane(name: &str) -> Option<&'static Phrase> {
    all().find_map(|preset| preset.about().lane(name))
}

impl Preset {
    /// The scenario's text, without what the preset says of itself.
    pub fn toml(&self) -> &'static str {
        self.file.split_once(ABOUT).map_or(self.file, |(scenario, _)| scenario)
    }

    /// What the preset says of itself.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    pub fn about(&self) -> &'static About {
        self.about.get_or_init(|| {
            let from = self.file.find(ABOUT).unwrap_or(self.file.len());
            About::read(&self.file[from..]).unwrap_or_else(|error| panic!("preset {}: {error}", self.name))
        })
    }

    /// What the file says.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    pub fn scenario(&self) -> &'static Scenario {
        self.scenario.get_or_init(|| match Scenario::from_toml(self.toml()) {
            Ok(scenario) => scenario,
            Err(error) => panic!("preset {}: {error}", self.name),
        })
    }

    /// Whether `scenario` is what it says, but for a name of its own.
    pub fn is(&self, scenario: &Scenario) -> bool {
        self.is_with(scenario, scenario.seed)
    }

    /// Whether `scenario` is this experiment, with whatever seed.
    pub fn is_but_for_its_seed(&self, scenario: &Scenario) -> bool {
        self.is_with(scenario, self.scenario().seed)
    }

    fn is_with(&self, scenario: &Scenario, seed: u64) -> bool {
        let own = self.scenario();
        own == scenario || Scenario { name: own.name.clone(), seed, ..scenario.clone() } == *own
    }

    /// What it said in this version of links.
    ///
    /// # Panics
    /// When it is younger.
    pub(super) fn scenario_of(&self, version: u32) -> &'static Scenario {
        if version > 1 {
            return self.scenario();
        }
        let First { toml, scenario } = self.first.as_ref().expect("a preset of that version");
        scenario.get_or_init(|| match Scenario::from_toml_of(1, toml) {
            Ok(scenario) => scenario,
            Err(error) => panic!("preset {} of version 1: {error}", self.name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    #[test]
    fn what_only_the_whole_page_shows_stands_last() {
        for preset in ALL {
            let tables: Vec<&str> = preset.file.lines().filter(|line| line.starts_with("[preset.")).collect();
            let wanted = ["[preset.title]", "[preset.lanes.ko]", "[preset.description]", "[preset.question]"];
            assert_eq!(tables, wanted, "{}", preset.name);
        }
    }

    #[test]
    fn every_preset_is_a_good_scenario_under_its_own_name() {
        for preset in ALL {
            assert_eq!(preset.scenario().check(), Ok(()), "{}", preset.name);
            assert!(preset.toml().contains("\nversion = 2\n"), "{}: a copy of it must keep its meaning", preset.name);
        }
    }

    #[test]
    fn every_preset_has_one_title_and_it_is_the_name_of_its_scenario() {
        for preset in all() {
            let title = &preset.about().title;
            assert_eq!(title.say(Language::English), preset.scenario().name, "{}", preset.name);
            assert_ne!(title.say(Language::Korean), preset.name);
            let others = all().filter(|other| other.about().title == *title);
            assert_eq!(others.count(), 1, "{title}");
        }
    }

    #[test]
    fn every_preset_says_what_it_is_about_in_two_or_three_sentences_and_asks_a_question() {
        let ends = |text: &str| {
            let words = text.split_whitespace();
            words.filter(|word| word.ends_with(['.', '?', '!'])).count()
        };
        for preset in all() {
            let About { description, question, .. } = preset.about();
            for language in Language::ALL {
                let text = description.say(language);
                let count = ends(text);
                assert!((2..=3).contains(&count) && text.ends_with('.'), "{}: {count} in {text}", preset.name);
                assert!(question.say(language).contains('?'), "{}", preset.name);
            }
            let is_korean = |text: &str| text.contains(|c: char| ('가'..='힣').contains(&c));
            for text in [description, question] {
                assert!(is_korean(text.say(Language::Korean)) && !is_korean(&text.to_string()), "{}", preset.name);
            }
        }
    }

    #[test]
    fn every_preset_with_a_file_says_which_lane_it_is_about_and_beside_which() {
        for preset in ALL {
            let (claim, lanes) = (preset.about().claim.unwrap(), preset.scenario().lanes.len());
            assert!(claim.lane < lanes && claim.than < lanes && claim.lane != claim.than, "{}: {claim:?}", preset.name);
        }
    }

    #[test]
    fn every_preset_s_seed_is_the_default_or_chosen_for_a_reason() {
        for preset in all() {
            let reason = preset.about().seed_reason.as_deref();
            let is_default = preset.scenario().seed == Scenario::default().seed;
            assert!(reason.map_or(is_default, |why| why.len() > 20), "{}: {reason:?}", preset.name);
        }
    }

    #[test]
    fn every_lane_of_every_preset_that_has_a_name_has_one_in_korean() {
        for preset in all() {
            let first: &[super::super::Lane] = if preset.first.is_some() { &preset.scenario_of(1).lanes } else { &[] };
            for lane in preset.scenario().lanes.iter().chain(first).filter(|lane| !lane.name.is_empty()) {
                let called = preset.about().lane(&lane.name).map(|name| name.say(Language::Korean));
                let is_korean = called.is_some_and(|name| name.contains(|c: char| ('가'..='힣').contains(&c)));
                assert!(is_korean, "{}: {:?} is {called:?}", preset.name, lane.name);
                assert_eq!(super::lane(&lane.name).map(|name| name.say(Language::Korean)), called, "{}", preset.name);
            }
        }
    }

    #[test]
    fn what_a_preset_says_of_itself_is_checked_like_a_scenario() {
        let good = ALL[0].file.split_once(ABOUT).expect("it says something").1;
        let told =
            |text: &str| About::read(&format!("[preset]\n{text}")).map_or_else(|e| e.to_string(), |_| String::new());
        assert_eq!(told(good), "");
        assert!(told(&good.replace("\"lost\"", "\"lots\"")).contains("did you mean lost?"));
        assert!(told(&good.replace("question]", "questoin]")).contains("did you mean question?"));
        let untranslated = good.replacen("\nko = ", "\njp = ", 1);
        assert!(told(&untranslated).contains("preset.title.ko: is missing"), "{}", told(&untranslated));
        assert!(told("group = \"stories\"").contains("preset.watch: is missing"));
    }

    #[test]
    fn a_file_s_scenario_ends_where_the_preset_begins_to_speak_of_itself() {
        for preset in ALL {
            assert_eq!(preset.file.matches(ABOUT).count(), 1, "{}", preset.name);
            assert!(!preset.toml().contains("[preset") && preset.toml().ends_with('\n'), "{}", preset.name);
            let refused = Scenario::from_toml(preset.file).expect_err("it is no file of a scenario").to_string();
            assert!(refused.contains(": preset = "), "{refused}");
        }
    }
}
