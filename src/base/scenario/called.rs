//! What options are called in words, and the words that may be chosen in Korean. Files, links and the command line know
//! them by their names alone, and there is where people type them; the page calls them what an engineer would.

use super::FaultKind;
use crate::phrase::{Language, Phrase};
use crate::time::Nanos;

/// Words that may be chosen. What is not here is a name, such as `LRU`, and stays as it is.
const WORDS: [(&str, &str); 75] = [
    ("always", "응답 전마다"),
    ("app", "앱 서버"),
    ("app-cache", "앱–캐시"),
    ("app-database", "앱–DB"),
    ("append-only", "AOF"),
    ("atomic", "원자적"),
    ("block", "대기"),
    ("both", "둘 다"),
    ("bursts", "버스트"),
    ("cache", "캐시"),
    ("cache-database", "캐시–DB"),
    ("cache-first", "캐시 먼저"),
    ("client-app", "클라이언트–앱"),
    ("closed", "클로즈드 루프"),
    ("compare-and-set", "CAS(비교 후 교체)"),
    ("concurrency-limit", "동시성 한도"),
    ("constant", "상수"),
    ("custom", "직접 지정"),
    ("database-first", "DB 먼저"),
    ("delete", "삭제"),
    ("delete-again", "커밋 후 이중 삭제"),
    ("delete-twice", "이중 삭제"),
    ("drop", "폐기"),
    ("empirical", "실측 분포"),
    ("every-second", "1초마다"),
    ("exponential", "지수 분포"),
    ("false", "아니요"),
    ("first", "첫 쓰기"),
    ("first-come", "먼저 온 순"),
    ("fixed", "고정"),
    ("flush", "플러시"),
    ("getdel", "꺼낸 뒤 쓰기(GETDEL)"),
    ("hot-set", "핫 셋"),
    ("increment", "DB에서 증가"),
    ("jittered", "지터"),
    ("keep", "유지"),
    ("last-come", "나중에 온 순"),
    ("latest", "최신 키 우선"),
    ("lazy", "접근 시"),
    ("leave", "그대로 둠"),
    ("locking", "잠금 읽기"),
    ("lognormal", "로그 정규 분포"),
    ("look-aside", "룩어사이드"),
    ("messages", "무효화 메시지"),
    ("mixed", "키마다 다름"),
    ("naive", "읽고 쓰기"),
    ("no", "커널에 맡김"),
    ("none", "없음"),
    ("normal", "정규 분포"),
    ("outbox", "아웃박스"),
    ("poisson", "포아송"),
    ("precise", "정확히"),
    ("primary", "프라이머리"),
    ("random", "무작위"),
    ("read-then-delete", "읽은 뒤 삭제"),
    ("read-through", "리드스루"),
    ("refuse", "거부"),
    ("remove", "제거"),
    ("replicas", "복제본"),
    ("sampled", "표본 추출"),
    ("scan", "순차"),
    ("sliding", "슬라이딩"),
    ("snapshot", "스냅샷"),
    ("snapshots", "스냅샷"),
    ("spike", "일시 급증"),
    ("stale", "오래된 값"),
    ("trace", "트레이스"),
    ("true", "예"),
    ("uniform", "균등"),
    ("update", "갱신"),
    ("wait", "기다림"),
    ("wave", "사인파"),
    ("write-around", "라이트어라운드"),
    ("write-back", "라이트백"),
    ("write-through", "라이트스루"),
];

/// Options that a lane can have, by the last part of their names. Those that have a label are called by it.
const OPTIONS: [(&str, &str, &str); 89] = [
    ("acknowledge", "Acknowledgement", "응답 시점"),
    ("after_flush", "Entry after its flush", "플러시 후 항목"),
    ("also", "Further rules", "추가 규칙"),
    ("app_cache", "App–cache", "앱–캐시"),
    ("app_database", "App–database", "앱–DB"),
    ("base", "Batch, base time", "배치 기본 시간"),
    ("backoff", "Back-off", "백오프"),
    ("bound", "Limit of dirty entries", "더티 상한"),
    ("bounded", "Ends with its parent", "원본과 함께 만료"),
    ("breaker", "Circuit breaker", "브레이커"),
    ("burst", "Burst", "버스트"),
    ("cache_backoff", "Cache back-off", "캐시 백오프"),
    ("cache_retries", "Cache retries", "캐시 재시도 횟수"),
    ("cache_database", "Cache–database", "캐시–DB"),
    ("cancel", "Cancel queries on timeout", "타임아웃 시 쿼리 취소"),
    ("capacity", "Capacity", "용량"),
    ("changes", "Minimum of changes", "최소 변경 수"),
    ("client_app", "Client–app", "클라이언트–앱"),
    ("concurrency", "Concurrency limit", "동시 처리 한도"),
    ("coherency", "Coherency (USL β)", "일관성 비용(USL β)"),
    ("connections", "Connection limit", "커넥션 한도"),
    ("contention", "Contention (USL α)", "경합 비용(USL α)"),
    ("cores", "CPU cores", "CPU 코어 수"),
    ("delay", "Delay", "지연"),
    ("early_refresh", "Early refresh (XFetch) β", "조기 갱신(XFetch) β"),
    ("every", "Interval", "주기"),
    ("eviction", "Eviction", "축출 정책"),
    ("expiry", "Expiry", "만료 항목 정리"),
    ("failover", "Time to detect a failure", "장애 감지 시간"),
    ("failures", "Failures in a row", "연속 실패 수"),
    ("flush", "Flush to the database", "DB로 플러시"),
    ("fsync", "fsync", "fsync 시점"),
    ("fsync_time", "fsync time", "fsync 시간"),
    ("gutter", "Gutter", "거터"),
    ("invalidate", "Invalidation", "무효화"),
    ("lag", "Replication lag", "복제 지연"),
    ("leases", "Leases", "리스"),
    ("lfu_decay", "LFU decay", "LFU 감쇠"),
    ("lfu_log_factor", "LFU log factor", "LFU 로그 계수"),
    ("log", "Commit log reader", "커밋 로그 리더"),
    ("loading", "Loading time per entry", "항목당 로딩 시간"),
    ("max", "Maximum", "최댓값"),
    ("mean", "Mean", "평균"),
    ("median", "Median", "중앙값"),
    ("memory", "Memory (entries)", "메모리(항목 수)"),
    ("min", "Minimum", "최솟값"),
    ("min_replicas", "Minimum of replicas", "최소 복제본 수"),
    ("modify", "Read-modify-write", "읽고 고쳐 쓰는 방법"),
    ("near", "Near cache", "로컬 캐시"),
    ("negative", "Remember missing rows", "없는 행 기억"),
    ("on_eviction", "Dirty entry is evicted", "더티 항목 축출 시"),
    ("on_expiry", "Dirty entry expires", "더티 항목 만료 시"),
    ("open_for", "Open for", "차단 시간"),
    ("page_fault", "Page fault time", "페이지 폴트 시간"),
    ("per_entry", "Write time per entry", "항목당 쓰기 시간"),
    ("persistence", "Persistence", "영속성"),
    ("per_key", "Time per further key", "추가 키당 시간"),
    ("pool", "Connection pool", "커넥션 풀"),
    ("pool_timeout", "Pool timeout", "풀 대기 한도"),
    ("probes", "Probes", "시험 요청 수"),
    ("queue_order", "Queue order", "큐 처리 순서"),
    ("reads", "Reads from", "읽는 곳"),
    ("refresh_ahead", "Refresh-ahead", "사전 갱신"),
    ("replicas", "Replicas", "복제본 수"),
    ("retry_budget", "Retry budget", "재시도 예산"),
    ("row_locks", "Row locks", "행 잠금"),
    ("samples", "Samples", "표본 수"),
    ("sd", "Standard deviation", "표준 편차"),
    ("second", "Second class of traffic", "두 번째 트래픽"),
    ("shards", "Nodes", "노드 수"),
    ("shed", "Load shedding", "부하 차단"),
    ("single_flight", "Single flight", "싱글 플라이트"),
    ("share", "Share", "비율"),
    ("spares", "Spared lanes", "제외할 레인"),
    ("spread", "Jitter", "지터 비율"),
    ("stale_if_error", "Stale if error", "오류 시 만료 사본 제공"),
    ("stale_while_revalidate", "Stale while revalidate", "갱신 중 만료 사본 제공"),
    ("take", "How rows are taken", "행을 꺼내는 방법"),
    ("throughput", "Commands per second", "초당 명령 한도"),
    ("tries", "Maximum of tries", "최대 시도 수"),
    ("ttl", "TTL", "TTL"),
    ("versions", "Compare row versions", "행 버전 비교"),
    ("wait", "Replicas to wait for", "기다릴 복제본 수"),
    ("wait_timeout", "Replica wait timeout", "복제 대기 한도"),
    ("warm_up", "Keys loaded beforehand", "미리 로드할 키 수"),
    ("when_full", "At the limit", "상한에 이르면"),
    ("window", "Calls looked at", "판단 기준 호출 수"),
    ("cache", "Cache", "캐시"),
    ("database", "Database", "DB"),
];

fn find(table: &'static [(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    // few: what the table above has
    table.iter().find(|(known, _)| *known == word).map(|(_, korean)| *korean)
}

/// What the page calls a word that may be chosen.
pub fn word(word: &str, language: Language) -> String {
    let fault = || FaultKind::ALL.into_iter().find(|kind| kind.name() == word).map(FaultKind::title);
    match language {
        Language::English => word.to_owned(),
        Language::Korean => match find(&WORDS, word) {
            Some(korean) => korean.to_owned(),
            None => fault().map_or_else(|| word.to_owned(), |title| title.say(language).to_owned()),
        },
    }
}

/// What an option without a label is called where one lane is told from another: the last part of its name says it.
pub(super) fn option(name: &str, language: Language) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    // few: what the table above has
    match (OPTIONS.iter().find(|(known, ..)| *known == last), language) {
        (Some((_, english, _)), Language::English) => (*english).to_owned(),
        (Some((_, _, korean)), Language::Korean) => (*korean).to_owned(),
        (None, _) => name.to_owned(),
    }
}

/// An option that has options of its own, all of which are as usual.
const ON: Phrase = Phrase::fixed("on", "켬");

/// A duration as a text has it: `1 s`, `1초`.
pub fn duration(time: Nanos, language: Language) -> String {
    let written = time.to_string();
    let (number, unit) = written.split_at(written.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(written.len()));
    let korean = match unit {
        "us" => "µs",
        "s" => "초",
        "min" => "분",
        "h" => "시간",
        "d" => "일",
        _ => unit,
    };
    match (language, unit) {
        (Language::English, "us") => format!("{number} µs"),
        (Language::English, _) => format!("{number} {unit}"),
        (Language::Korean, _) => format!("{number}{korean}"),
    }
}

/// A value in the notation of links, with its words as the page calls them: `append-only(fsync:always)`.
pub(super) fn value(text: &str, language: Language) -> String {
    if text == "()" {
        return ON.say(language).to_owned();
    }
    if let Ok(time) = text.parse::<Nanos>() {
        return duration(time, language);
    }
    if language == Language::English {
        return text.to_owned();
    }
    let mut said = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(end);
        let is_option = behind.starts_with(':');
        said.push_str(&match token.parse::<Nanos>() {
            Ok(time) => duration(time, language),
            Err(_) if is_option => option(token, language),
            Err(_) => word(token, language),
        });
        let other = behind.chars().next();
        said.extend(other);
        rest = &behind[other.map_or(0, char::len_utf8)..];
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::field::{Entry, Takes};
    use super::super::form::{Form, whole};
    use super::super::{Difference, presets};
    use super::*;

    /// Names that an engineer writes in Latin letters.
    const NAMES: &[&str] = &[
        "2q",
        "codel",
        "gdsf",
        "opt",
        "s3-fifo",
        "zipf",
        "zipf-sample",
        "redis",
        "redis-lru",
        "redis-lfu",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "lirs",
        "sieve",
        "slru",
        "w-tinylfu",
        "arc",
        "lru",
        "lfu",
        "fifo",
        "ycsb-a",
        "ycsb-b",
        "ycsb-c",
        "ycsb-d",
        "ycsb-e",
        "ycsb-f",
        "fsync",
        "clock",
        "XFetch",
    ];

    fn chosen(takes: &Takes, all: &mut Vec<&'static str>) {
        let of = |entries: &[Entry], all: &mut Vec<&'static str>| entries.iter().for_each(|e| chosen(&e.takes, all));
        match takes {
            Takes::Words(words) => all.extend(words.iter().map(|(word, _)| *word)),
            Takes::Kinds(kinds) => kinds.iter().for_each(|(word, _, entries)| {
                all.push(word);
                of(entries, all);
            }),
            Takes::Table(_, entries) => of(entries, all),
            Takes::List(inner) | Takes::OrNone(inner) => chosen(inner, all),
            Takes::Value(_) => {}
        }
    }

    #[test]
    fn every_word_that_may_be_chosen_is_korean_in_korean_or_a_name() {
        let mut all = Vec::new();
        chosen(whole(), &mut all);
        assert!(all.len() > 80 && all.contains(&"delete-twice"), "{all:?}");
        let is_korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        let ascii = |&&name: &&&str| !NAMES.contains(&name) && !is_korean(&word(name, Language::Korean));
        let left: Vec<_> = all.iter().filter(ascii).filter(|name| **name != "append-only").collect();
        assert!(left.is_empty(), "{left:?}");
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0), "each once");
    }

    /// In the lines that tell the lanes of presets apart, Korean readers read Korean, and nobody the name of a field.
    #[test]
    fn what_sets_the_lanes_of_presets_apart_is_said_in_words() {
        let mut lines = 0;
        for preset in presets::all() {
            let scenario = preset.scenario();
            for difference in Difference::of_lanes(&Form::of(scenario), scenario.lanes.len()).into_iter().flatten() {
                let english = difference.name.say(Language::English);
                assert!(!english.contains(['_', '.']), "{}: {english}", preset.name);
                let said = difference.say(Language::Korean);
                let words = said.split(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_');
                let foreign: Vec<&str> = words.filter(|word| word.len() > 3 && !NAMES.contains(word)).collect();
                assert!(foreign.is_empty(), "{}: {said}: {foreign:?}", preset.name);
                lines += 1;
            }
        }
        assert!(lines > 60, "{lines}");
    }

    #[test]
    fn a_value_of_several_parts_is_said_part_by_part() {
        let said = value("append-only(fsync:every-second,fsync_time:5ms)", Language::Korean);
        assert_eq!(said, "AOF(fsync 시점:1초마다,fsync 시간:5ms)");
        assert_eq!(value("append-only(fsync:no)", Language::English), "append-only(fsync:no)");
        assert_eq!(
            (value("캐시~, x", Language::Korean), value("", Language::Korean)),
            ("캐시~, x".into(), String::new())
        );
    }
}
