//! Experiments to begin with, each with a question it answers. Their files are in `src/base/scenario/presets/`.
//!
//! Links say what differs from a preset, so a preset's file, once released, stays as it is: a better one gets a new
//! name, or links get a new [version](super::versions) and the presets of the old one are kept in a folder of that name.

mod about;
pub mod twitter;

use std::sync::OnceLock;

pub use self::about::{About, Claim, Group, Watch};
use super::problem::{Reason, did_you_mean};
use super::{Problem, Scenario, ScenarioError, notation, versions};
use crate::phrase::Phrase;

/// What the program keeps of the presets' files, a line each: its name, its scenario, what it says of itself, and its scenario of
/// version 1, all as links write them. No reader of TOML is needed for them. A test writes them.
const KEPT: &str = include_str!("presets/kept.txt");

/// What only the whole page shows of presets, a line each: their descriptions and questions. The program of an embed is smaller
/// without.
const TOLD: &str = if cfg!(feature = "figure") { "" } else { include_str!("presets/told.txt") };

/// An experiment with a name.
#[derive(Debug)]
pub struct Preset {
    /// The name, as links and the command line say it.
    pub name: &'static str,
    source: Source,
    about: OnceLock<About>,
    scenario: OnceLock<Scenario>,
    /// As it was in version 1, if it was there.
    first: Option<OnceLock<Scenario>>,
}

/// Where a preset is written.
#[derive(Debug)]
enum Source {
    /// In a file, and in what is kept of it.
    File(File),
    /// In Twitter's table.
    Table(twitter::Texts),
}

/// A preset's file. The page does without.
#[derive(Debug)]
struct File {
    /// A scenario, and behind it what the preset says of itself.
    #[cfg(not(target_arch = "wasm32"))]
    text: &'static str,
    /// The scenario as it was in version 1.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    first: Option<&'static str>,
}

macro_rules! presets {
    (@first $name:literal new) => { None };
    (@first $name:literal) => { Some(include_str!(concat!("presets/v1/", $name, ".toml"))) };
    (@is_first new) => { None };
    (@is_first) => { Some(OnceLock::new()) };
    // `"name" new` where the preset is younger than version 1.
    ($($name:literal $($new:ident)?),* $(,)?) => {
        [$(Preset {
            name: $name,
            source: Source::File(File {
                #[cfg(not(target_arch = "wasm32"))]
                text: include_str!(concat!("presets/", $name, ".toml")),
                #[cfg(all(test, not(target_arch = "wasm32")))]
                first: presets!(@first $name $($new)?),
            }),
            about: OnceLock::new(),
            scenario: OnceLock::new(),
            first: presets!(@is_first $($new)?),
        }),*]
    };
}

/// The presets that have a file of their own, in the order of the menu; the first is where links without a preset begin.
/// [`all`] has the others, too. A new one is its file, its line here, and its lines in what is [kept](KEPT) of the files.
pub static ALL: [Preset; 31] = presets! {
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
#[cfg(not(target_arch = "wasm32"))]
const ABOUT: &str = "\n[preset]\n";

/// What a line says of the preset with that name, value by value.
fn values(lines: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    let line = lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'));
    line.unwrap_or_default().split('\t')
}

/// Every preset: those with a file, then Twitter's caches, which nobody makes who finds another one.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    ALL.iter().chain(std::iter::once_with(|| twitter::ALL.iter()).flatten())
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
    ALL.iter().find_map(|preset| preset.about().lane(name)).or_else(|| twitter::lane(name))
}

impl Preset {
    /// The scenario's text, without what the preset says of itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn toml(&self) -> &str {
        match &self.source {
            Source::File(file) => file.text.split_once(ABOUT).map_or(file.text, |(scenario, _)| scenario),
            Source::Table(texts) => &texts.current,
        }
    }

    /// What the preset says of itself.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    pub fn about(&self) -> &About {
        self.about.get_or_init(|| {
            let told = values(TOLD, self.name).next().unwrap_or_default();
            About::from_parts([self.kept(1), told]).unwrap_or_else(|why| self.unread(&why))
        })
    }

    /// What the file says.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    pub fn scenario(&self) -> &Scenario {
        self.scenario.get_or_init(|| match &self.source {
            Source::File(_) => self.kept_scenario(0),
            Source::Table(texts) => Scenario::from_toml(&texts.current).unwrap_or_else(|why| self.unread(&why)),
        })
    }

    /// Value number `number` of what is kept of its file.
    fn kept(&self, number: usize) -> &'static str {
        values(KEPT, self.name).nth(number).unwrap_or_default()
    }

    fn kept_scenario(&self, number: usize) -> Scenario {
        let tree = notation::parse(self.kept(number)).unwrap_or_else(|why| self.unread(&why));
        Scenario::from_checked(&tree).unwrap_or_else(|why| self.unread(&why))
    }

    fn unread(&self, why: &dyn std::fmt::Display) -> ! {
        panic!("preset {}: {why}", self.name)
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
    pub(super) fn scenario_of(&self, version: u32) -> &Scenario {
        if version > 1 {
            return self.scenario();
        }
        self.first.as_ref().expect("a preset of that version").get_or_init(|| match &self.source {
            Source::File(_) => self.kept_scenario(2),
            Source::Table(texts) => Scenario::from_toml_of(1, &texts.first).unwrap_or_else(|why| self.unread(&why)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::Field as _;
    use super::super::node::{Node, Value};
    use super::super::{Language, text};
    use super::*;

    impl Preset {
        fn file(&self) -> &File {
            match &self.source {
                Source::File(file) => file,
                Source::Table(_) => panic!("{} has no file", self.name),
            }
        }
    }

    /// What only the whole page shows.
    const TOLD_FIELDS: [&str; 3] = ["description", "question", "seed_reason"];

    /// A line of [`KEPT`] and one of [`TOLD`].
    fn lines(preset: &Preset) -> [String; 2] {
        let File { text: file, first } = preset.file();
        let written = |scenario: &Scenario| notation::print(&versions::told(scenario.show()));
        let tree = text::parse(file).expect("TOML");
        let about = tree.find("preset").and_then(Node::fields).expect("it says something of itself");
        let (told, kept) = about.iter().cloned().partition(|(name, _)| TOLD_FIELDS.contains(&name.as_str()));
        let [told, kept] = [told, kept].map(|fields| notation::print(&Value::Table(fields).into()));
        let scenario = written(&Scenario::from_toml(preset.toml()).expect("a good scenario"));
        let first = first.map(|text| written(&Scenario::from_toml_of(1, text).expect("a good scenario")));
        let values = [preset.name.to_owned(), scenario, kept].into_iter().chain(first);
        [values.collect::<Vec<_>>().join("\t"), [preset.name, &told].join("\t")]
    }

    /// `CACHELANE_BLESS=1 cargo test -p cachelane-base presets` writes them again.
    #[test]
    fn what_is_kept_of_the_files_is_what_they_say() {
        let files = [("kept.txt", KEPT), ("told.txt", TOLD)];
        for (number, (name, kept)) in files.into_iter().enumerate() {
            let said: String = ALL.iter().map(|preset| lines(preset)[number].clone() + "\n").collect();
            let count =
                if number == 0 { ALL.iter().map(|preset| 2 + preset.first.iter().count()).sum() } else { ALL.len() };
            assert_eq!(
                (said.lines().count(), said.matches('\t').count()),
                (ALL.len(), count),
                "a value has a tab, or a line of its own"
            );
            if std::env::var_os("CACHELANE_BLESS").is_some() {
                let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenario/presets/");
                std::fs::write(format!("{path}{name}"), &said).expect("it can be written");
            } else {
                assert!(
                    kept == said,
                    "presets/{name} is older than the presets' files: CACHELANE_BLESS=1 cargo test -p cachelane-base presets"
                );
            }
        }
    }

    #[test]
    fn every_preset_is_a_good_scenario_under_its_own_name() {
        for preset in &ALL {
            assert_eq!(preset.scenario().check(), Ok(()), "{}", preset.name);
            assert_eq!(Ok(preset.scenario()), Scenario::from_toml(preset.toml()).as_ref(), "{}", preset.name);
            if let Some(first) = preset.file().first {
                assert_eq!(Ok(preset.scenario_of(1)), Scenario::from_toml_of(1, first).as_ref(), "{}", preset.name);
            }
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
        for preset in &ALL {
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
        let good = ALL[0].file().text.split_once(ABOUT).expect("it says something").1;
        let told = |text: &str| {
            let tree = text::parse(&format!("[preset]\n{text}")).expect("TOML");
            About::from_fields(tree.find("preset").and_then(Node::fields).expect("a table"))
                .map_or_else(|why| why.to_string(), |_| String::new())
        };
        assert_eq!(told(good), "");
        assert!(told(&good.replace("\"lost\"", "\"lots\"")).contains("did you mean lost?"));
        assert!(told(&good.replace("question]", "questoin]")).contains("did you mean question?"));
        let untranslated = good.replacen("\nko = ", "\njp = ", 1);
        assert!(told(&untranslated).contains("preset.title.ko: is missing"), "{}", told(&untranslated));
        assert!(told("group = \"stories\"").contains("preset.watch: is missing"));
    }

    #[test]
    fn a_file_s_scenario_ends_where_the_preset_begins_to_speak_of_itself() {
        for preset in &ALL {
            assert_eq!(preset.file().text.matches(ABOUT).count(), 1, "{}", preset.name);
            assert!(!preset.toml().contains("[preset") && preset.toml().ends_with('\n'), "{}", preset.name);
            let refused = Scenario::from_toml(preset.file().text).expect_err("it is no file of a scenario").to_string();
            assert!(refused.contains(": preset = "), "{refused}");
        }
    }
}
