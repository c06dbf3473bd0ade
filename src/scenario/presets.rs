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
    "view-counter" {
        en: "Page views are counted: one by one in the database, or gathered in the cache and written in bulk. The cache crashes after 45 seconds.",
        ko: "페이지 조회수를 셉니다. 데이터베이스에서 하나씩 올리거나, 캐시에 모았다가 한꺼번에 씁니다. 45초 뒤에 캐시가 죽습니다.",
        try_en: "How many rows does the database write in each lane, and how many views does the crash cost?",
        try_ko: "레인마다 데이터베이스가 쓰는 행은 몇 개이고, 크래시는 조회수를 얼마나 날릴까요?"
    }
    "session-tokens" {
        en: "Sessions live only in the cache. After a crash it remembers nothing, the last snapshot, or its append-only file.",
        ko: "세션은 캐시에만 있습니다. 크래시 뒤에 남는 것은 아무것도 없거나, 마지막 스냅샷이거나, AOF입니다.",
        try_en: "What does each way of remembering cost while nothing goes wrong?",
        try_ko: "아무 일도 없을 때 각 방식은 얼마나 비쌀까요?"
    }
    "keys-star" {
        en: "Somebody types KEYS * on a busy cache. One thread serves all commands, so everyone waits behind it.",
        ko: "바쁜 캐시에서 누군가 KEYS *를 칩니다. 명령은 스레드 하나가 처리하므로 모두가 그 뒤에서 기다립니다.",
        try_en: "How many requests wait, with one node and with four?",
        try_ko: "노드가 하나일 때와 넷일 때, 기다리는 요청은 얼마나 될까요?"
    }
    "failover" {
        en: "The primary dies and a replica takes over. What the replica had not heard of yet is lost, though it was acknowledged.",
        ko: "프라이머리가 죽고 레플리카가 넘겨받습니다. 레플리카가 아직 받지 못한 쓰기는 이미 응답했더라도 사라집니다.",
        try_en: "What does waiting for one replica cost each write?",
        try_ko: "레플리카 하나를 기다리면 쓰기마다 얼마나 느려질까요?"
    }
    "scale-out" {
        en: "One node for all keys, or four with a quarter each. Node 0 dies for 15 seconds.",
        ko: "모든 키를 노드 하나에 두거나, 넷이 4분의 1씩 나눠 가집니다. 0번 노드가 15초 동안 죽습니다.",
        try_en: "Does the database survive the loss of a quarter? And of all?",
        try_ko: "4분의 1을 잃으면 데이터베이스가 버틸까요? 전부를 잃으면요?"
    }
    "local-vs-global" {
        en: "One global cache; a local one in each of eight servers as well; and local ones that are told of every write.",
        ko: "글로벌 캐시 하나, 여기에 서버 여덟 대마다 로컬 캐시, 그리고 모든 쓰기를 통보받는 로컬 캐시를 비교합니다.",
        try_en: "How stale do local copies get, and what do the messages change?",
        try_ko: "로컬 사본은 얼마나 낡고, 메시지는 무엇을 바꿀까요?"
    }
    "memory-overflow" {
        en: "More data than memory: evict the oldest, refuse what does not fit, or page to disk.",
        ko: "데이터가 메모리보다 큽니다. 오래된 것을 밀어내거나, 안 들어가는 것을 거절하거나, 디스크로 페이징합니다.",
        try_en: "Which of the three would you rather explain to your users?",
        try_ko: "셋 중 사용자에게 설명하기 가장 나은 것은 무엇일까요?"
    }
    "ttl-vs-invalidate" {
        en: "Old copies run out by themselves, after a minute or after 2 seconds, or each write deletes them.",
        ko: "낡은 사본이 1분 또는 2초 뒤에 저절로 사라지거나, 쓰기가 그때그때 지웁니다.",
        try_en: "How short must the TTL be to be as fresh as a delete, and what is the hit ratio then?",
        try_ko: "TTL을 얼마나 줄여야 삭제만큼 신선해지고, 그때 적중률은 얼마일까요?"
    }
    "stale-set-race" {
        en: "A reader fetches the old value, a writer deletes the copy, and the reader puts the old value back. Deleting twice shortens it; leases end it.",
        ko: "읽는 쪽이 옛 값을 가져오는 사이 쓰는 쪽이 사본을 지우고, 읽는 쪽이 옛 값을 다시 넣습니다. 두 번 지우면 짧아지고, 리스를 쓰면 사라집니다.",
        try_en: "How many reads are stale with each, and for how long?",
        try_ko: "방식마다 낡은 읽기는 얼마나, 얼마 동안 나올까요?"
    }
    "dual-write" {
        en: "Each write goes to the cache and to the database, and an application server keeps crashing in between. The outbox writes once and lets a relay do the rest.",
        ko: "쓰기마다 캐시와 데이터베이스 두 곳에 쓰는데, 그 사이에 애플리케이션 서버가 자꾸 죽습니다. 아웃박스는 한 번만 쓰고 나머지는 릴레이에 맡깁니다.",
        try_en: "In which lane does somebody read a value that was never there?",
        try_ko: "어느 레인에서 애초에 없던 값을 읽게 될까요?"
    }
    "flush-race" {
        en: "The flusher reads the dirty set, writes it, then deletes it, together with whatever was marked in between.",
        ko: "플러셔가 더티 집합을 읽고, 쓰고, 지웁니다. 그 사이에 새로 표시된 것까지 함께 지웁니다.",
        try_en: "How many writes are lost though nothing ever broke?",
        try_ko: "아무것도 고장 나지 않았는데 몇 개의 쓰기가 사라질까요?"
    }
    "expire-dirty" {
        en: "The TTL is 5 seconds and the flush comes every 10: what expires first is gone.",
        ko: "TTL은 5초인데 플러시는 10초마다 옵니다. 먼저 만료된 것은 사라집니다.",
        try_en: "Which is the longest flush interval that loses nothing?",
        try_ko: "아무것도 잃지 않는 가장 긴 플러시 간격은 얼마일까요?"
    }
    "thundering-herd" {
        en: "Twenty popular entries, set at one moment, expire at one moment, and everyone reloads them at once. Then: single flight, jitter, early refresh.",
        ko: "한꺼번에 저장된 인기 항목 스무 개가 한꺼번에 만료되고, 모두가 동시에 다시 읽습니다. 이어서 싱글 플라이트, 지터, 조기 갱신을 비교합니다.",
        try_en: "Which of the three makes the peaks lower, and which makes them rarer?",
        try_ko: "셋 중 봉우리를 낮추는 것은 무엇이고, 드물게 하는 것은 무엇일까요?"
    }
    "db-brownout" {
        en: "The database is six times slower for 15 seconds. Retries keep it down long after; a circuit breaker lets it recover.",
        ko: "데이터베이스가 15초 동안 여섯 배 느려집니다. 재시도는 그 뒤로도 한참 동안 부하를 붙들고, 서킷 브레이커는 회복하게 해 줍니다.",
        try_en: "How long after the brown-out are requests answered again in each lane?",
        try_ko: "브라운아웃이 끝난 뒤 레인마다 얼마나 지나야 다시 응답할까요?"
    }
    "increment-race" {
        en: "Two clients read 7, both write 8. Compare-and-set notices; an increment in the database cannot go wrong.",
        ko: "두 클라이언트가 7을 읽고 둘 다 8을 씁니다. 비교 후 교체는 이를 알아채고, 데이터베이스의 증가 연산은 애초에 틀리지 않습니다.",
        try_en: "How much slower is compare-and-set when everyone wants the same key?",
        try_ko: "모두가 같은 키를 원할 때 비교 후 교체는 얼마나 느려질까요?"
    }
    "write-heavy" {
        en: "Four of five requests write. The cache can hardly help reads, but it can gather writes.",
        ko: "요청 다섯 중 넷이 쓰기입니다. 캐시가 읽기를 도울 여지는 적지만, 쓰기를 모을 수는 있습니다.",
        try_en: "How many rows does a longer flush interval save the database?",
        try_ko: "플러시 간격을 늘리면 데이터베이스가 쓰는 행이 얼마나 줄까요?"
    }
    "ycsb-a" {
        en: "YCSB workload A: half reads, half updates (a session store).",
        ko: "YCSB 워크로드 A: 읽기 절반, 갱신 절반(세션 저장소).",
        try_en: "Which writing strategy suits a store that is written as often as read?",
        try_ko: "읽는 만큼 쓰는 저장소에는 어떤 쓰기 전략이 맞을까요?"
    }
    "ycsb-b" {
        en: "YCSB workload B: 95 % reads, 5 % updates (photo tags).",
        ko: "YCSB 워크로드 B: 읽기 95 %, 갱신 5 %(사진 태그).",
        try_en: "Does the writing strategy still matter?",
        try_ko: "쓰기 전략이 여전히 중요할까요?"
    }
    "ycsb-c" {
        en: "YCSB workload C: reads only (profiles kept elsewhere).",
        ko: "YCSB 워크로드 C: 읽기만(다른 곳에서 관리하는 프로필).",
        try_en: "How large must the cache be for a hit ratio of 90 %?",
        try_ko: "적중률 90 %를 얻으려면 캐시가 얼마나 커야 할까요?"
    }
    "ycsb-d" {
        en: "YCSB workload D: reads of what was just inserted (status updates).",
        ko: "YCSB 워크로드 D: 방금 추가된 것을 읽기(상태 업데이트).",
        try_en: "Why is the hit ratio so much better when writes fill the cache?",
        try_ko: "쓰기가 캐시를 채우면 적중률이 왜 이렇게 좋아질까요?"
    }
    "ycsb-e" {
        en: "YCSB workload E: short ranges of neighbouring records, each record a read (threaded conversations).",
        ko: "YCSB 워크로드 E: 이웃한 레코드의 짧은 범위 읽기. 레코드 하나가 읽기 하나입니다(대화 스레드).",
        try_en: "Does LRU still help? Try sieve.",
        try_ko: "LRU가 여전히 도움이 될까요? sieve도 해 보세요."
    }
    "ycsb-f" {
        en: "YCSB workload F: half reads, half read-modify-writes (a user database).",
        ko: "YCSB 워크로드 F: 읽기 절반, 읽고 고쳐 쓰기 절반(사용자 데이터베이스).",
        try_en: "How many modifications are lost because two clients read the same value?",
        try_ko: "두 클라이언트가 같은 값을 읽어서 사라지는 수정은 얼마나 될까요?"
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
