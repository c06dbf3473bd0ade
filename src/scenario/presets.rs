//! Experiments to begin with, each with a question it answers. Their files are in `src/scenario/presets/`.
//!
//! Links say what differs from a preset, so a preset's file, once released, stays as it is: a better one gets a new
//! name, or [`link`](super::link) a new version with a migration.

pub mod twitter;

use std::sync::OnceLock;

use super::problem::{Reason, did_you_mean};
use super::{Problem, Scenario, ScenarioError};

/// An experiment with a name.
#[derive(Debug)]
pub struct Preset {
    /// The name, as links and the command line say it.
    pub name: &'static str,
    /// What it shows, in a sentence: English and Korean.
    pub description: [&'static str; 2],
    /// A question to try out: English and Korean.
    pub question: [&'static str; 2],
    /// The file.
    pub toml: &'static str,
    scenario: &'static OnceLock<Scenario>,
}

macro_rules! presets {
    ($($name:literal { en: $en:literal, ko: $ko:literal, try_en: $try_en:literal, try_ko: $try_ko:literal })*) => {
        &[$(Preset {
            name: $name,
            description: [$en, $ko],
            question: [$try_en, $try_ko],
            toml: include_str!(concat!("presets/", $name, ".toml")),
            scenario: { static READ: OnceLock<Scenario> = OnceLock::new(); &READ },
        }),*]
    };
}

/// The presets that have a file of their own; the first is where links without a preset begin. [`all`] has the others, too.
pub static ALL: &[Preset] = presets! {
    "default" {
        en: "Five strategies under the same traffic; the cache crashes after 20 seconds.",
        ko: "같은 트래픽을 받는 다섯 가지 전략. 20초 뒤에 캐시가 죽습니다.",
        try_en: "Who answers writes fastest, and what does it cost when the cache crashes?",
        try_ko: "쓰기에 가장 빨리 답하는 전략은 무엇이고, 캐시가 죽으면 어떤 대가를 치를까요?"
    }
    "locust-test" {
        en: "A load test of one endpoint, measured with and without Redis: one world in which only the cache is switched.",
        ko: "한 엔드포인트를 Redis 없이, 그리고 Redis와 함께 잰 부하 테스트. 같은 세계에서 캐시만 켜고 끕니다.",
        try_en: "How many users can you add before the row with the cache looks like the one without?",
        try_ko: "사용자를 얼마나 늘리면 캐시가 있는 줄이 없는 줄처럼 될까요?"
    }
    "like-button" {
        en: "Likes kept in the cache for 2 hours, renewed by each access, and flushed to the database every 50 minutes.",
        ko: "좋아요는 캐시에 2시간 머물고 접근할 때마다 연장되며, 50분마다 데이터베이스에 반영됩니다.",
        try_en: "How many likes does one crash cost, and what if you flush every minute?",
        try_ko: "크래시 한 번에 좋아요를 몇 개나 잃을까요? 1분마다 반영하면 어떨까요?"
    }
    "redis-down" {
        en: "The cache is gone for 20 seconds: look-aside floods the database, read-through fails.",
        ko: "캐시가 20초 동안 사라집니다. look-aside는 데이터베이스로 몰리고 read-through는 실패합니다.",
        try_en: "How many database workers does look-aside need to live through it?",
        try_ko: "look-aside가 버티려면 데이터베이스 워커가 몇 개 필요할까요?"
    }
    "product-list" {
        en: "A list of 10,000 products cached as one entry for 10 seconds: at each expiry everyone asks the database at once.",
        ko: "상품 1만 개짜리 목록을 항목 하나로 10초 동안 캐시합니다. 만료될 때마다 모두가 한꺼번에 데이터베이스로 갑니다.",
        try_en: "Does a longer TTL make the stampede rarer or smaller?",
        try_ko: "TTL을 늘리면 쇄도가 드물어질까요, 작아질까요?"
    }
};

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
    all().find(|preset| preset.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().map(|preset| preset.name).collect();
        let meant = did_you_mean(name, &names);
        let mut known: Vec<&str> = ALL.iter().map(|preset| preset.name).collect();
        known.push("twitter-cluster01 to twitter-cluster54");
        let reason = Reason::UnknownWord { meant, known: known.into_iter().map(str::to_owned).collect() };
        let value = name.chars().take(80).collect();
        ScenarioError { problems: vec![Problem { field: "preset".to_owned(), value, reason, line: None }] }
    })
}

impl Preset {
    /// What the file says.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    pub fn scenario(&self) -> &'static Scenario {
        self.scenario.get_or_init(|| match Scenario::from_toml(self.toml) {
            Ok(scenario) => scenario,
            Err(error) => panic!("preset {}: {error}", self.name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_good_scenario_under_its_own_name() {
        for preset in ALL {
            assert_eq!(preset.scenario().check(), Ok(()), "{}", preset.name);
            assert!(!preset.scenario().name.is_empty(), "{}", preset.name);
            assert!(preset.description.iter().chain(&preset.question).all(|text| !text.is_empty()));
        }
    }
}
