//! One request, step by step, in words.

use super::film::Trail;
use crate::chart::text;
use crate::model::CallError;
use crate::phrase::{Language, Phrase, phrase};
use crate::stage::{Ended, Errand, Fate, Hop, Journey, Part, Word};

/// Something that happens to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When, nanoseconds since the run began.
    pub at: u64,
    /// How long after the request was sent, in words.
    pub after: String,
    /// What.
    pub what: Phrase,
}

/// Begins to follow a request, or ends it.
pub fn follow(is_following: bool) -> Phrase {
    if is_following {
        Phrase::fixed("Stop following", "추적 끝내기")
    } else {
        Phrase::fixed("Follow a request", "요청 하나 따라가기")
    }
}

/// Lets time go on until the next thing happens to the request.
pub const NEXT: Phrase = Phrase::fixed("Next step of this request", "이 요청의 다음 단계");

/// The request is over: another one.
pub const ANOTHER: Phrase = Phrase::fixed("Follow another request", "다른 요청 따라가기");

/// Nothing to follow yet.
pub const WAITS: Phrase = Phrase::fixed("Waiting for the next request…", "다음 요청을 기다리는 중…");

/// Which request it is.
pub fn title(journey: &Journey) -> Phrase {
    let (number, key, client) = (text::count(journey.request), journey.key, journey.client);
    match journey.errand {
        Errand::Write => phrase!(
            "Request {number}: client {client} writes key {key}",
            "요청 {number}: 클라이언트 {client}, 키 {key} 쓰기"
        ),
        _ => phrase!(
            "Request {number}: client {client} reads key {key}",
            "요청 {number}: 클라이언트 {client}, 키 {key} 읽기"
        ),
    }
}

/// A part where a message comes from or goes to.
fn end(part: Part) -> Phrase {
    match part {
        Part::Client => Phrase::fixed("client", "클라이언트"),
        Part::App => Phrase::fixed("app server", "앱 서버"),
        Part::Cache => Phrase::fixed("cache", "캐시"),
        Part::Database => Phrase::fixed("database", "DB"),
    }
}

/// What a message says, where it says more than its way does.
fn message(hop: &Hop) -> Option<Phrase> {
    match hop.word {
        Word::Ask => None,
        Word::LookUp => Some(Phrase::fixed("look-up", "조회")),
        Word::Fill => Some(Phrase::fixed("fill", "채우기")),
        Word::Set => Some(Phrase::fixed("set", "저장")),
        Word::Delete => Some(Phrase::fixed("delete", "삭제")),
        Word::Query => Some(Phrase::fixed("read", "읽기")),
        Word::Commit => Some(Phrase::fixed("write", "쓰기")),
        Word::Hit => Some(Phrase::fixed("hit", "적중")),
        Word::Miss => Some(Phrase::fixed("miss", "미스")),
        Word::Done => Some(Phrase::fixed("done", "완료")),
        Word::Failed => Some(Phrase::fixed("error", "오류")),
    }
}

fn outcome(ended: Ended) -> Phrase {
    match ended.fate {
        Fate::Fresh => Phrase::fixed(
            "the client has a value that was current when it asked",
            "클라이언트가 요청 시점의 최신 값을 받음",
        ),
        Fate::Stale => Phrase::fixed("the client has a stale value", "클라이언트가 오래된 값을 받음"),
        Fate::Acknowledged => Phrase::fixed("the client has an acknowledgement", "클라이언트가 성공 응답을 받음"),
        Fate::Failed => {
            let error = usize::from(ended.error).checked_sub(1).and_then(|number| CallError::ALL.get(number));
            let name = error.map_or("error", |error| error.name()).replace('_', " ");
            phrase!("the client has an error: {name}", "클라이언트가 오류를 받음: {name}")
        }
    }
}

/// What has happened to a request up to the moment `until`.
pub fn steps(trail: &Trail, until: u64) -> Vec<Step> {
    let start = trail.hops().next().map_or(0, |hop| hop.leaves);
    let step = |at: u64, what| {
        let after = format!("+{}", text::millis(at.saturating_sub(start) as f64 / 1e6));
        Step { at, after, what }
    };
    let sent = trail.hops().map(|hop| {
        let (from, to, message) = (end(hop.from), end(hop.to), message(hop));
        let say = |language| {
            let message = message.as_ref().map_or_else(String::new, |message| format!(": {}", message.say(language)));
            format!("{} → {}{message}", from.say(language), to.say(language))
        };
        step(hop.leaves, Phrase::new(say(Language::English), say(Language::Korean)))
    });
    let ended = trail.ended().map(|ended| step(ended.at, outcome(ended)));
    sent.chain(ended).filter(|step| step.at <= until).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_is_told_step_by_step_and_no_further_than_it_is_seen() {
        use Part::{App, Cache, Client, Database};
        let hop = |(from, to), leaves, word| Hop {
            journey: 1,
            errand: Errand::Read,
            from,
            to,
            leaves,
            arrives: leaves + 100_000,
            word,
            rows: 0,
            line: 0,
        };
        let hops = [
            hop((Client, App), 1_000_000, Word::Ask),
            hop((App, Cache), 1_200_000, Word::LookUp),
            hop((Cache, App), 1_400_000, Word::Miss),
            hop((App, Database), 1_500_000, Word::Query),
            hop((Database, App), 3_000_000, Word::Done),
            hop((App, Client), 3_500_000, Word::Done),
        ];
        let ended = Ended { journey: 1, at: 3_600_000, fate: Fate::Stale, error: 0 };
        let told = |until| {
            let steps = steps(&Trail::new(hops, Some(ended)), until);
            steps.iter().map(|step| step.what.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(told(1_450_000), ["client → app server", "app server → cache: look-up", "cache → app server: miss"]);
        assert_eq!(told(u64::MAX).last().map(String::as_str), Some("the client has a stale value"));
        let failed = Ended { fate: Fate::Failed, error: CallError::TimedOut as u8 + 1, ..ended };
        assert_eq!(outcome(failed).to_string(), "the client has an error: timed out");
    }
}
