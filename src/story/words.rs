//! What is said in stories, in each language.

use crate::ledger::{Case, CaseKind, Fact, Holder, Message, Origin, Part, Passed, Place, Release};
use crate::model::{CallError, WriteId};
use crate::phrase::{Language, Phrase, phrase};
use crate::time::Nanos;

/// A moment to the microsecond: `12.345678 s`, `12.345678초`.
pub fn stamp(at: Nanos) -> Phrase {
    let seconds = format!("{}.{:06}", at.0 / 1_000_000_000, at.0 % 1_000_000_000 / 1_000);
    phrase!("{seconds} s", "{seconds}초")
}

/// A write, or its value: `w12`. The initial value is `w0`.
pub fn write_name(write: WriteId) -> String {
    format!("w{}", write.0)
}

/// A case in a line: what, and of which key.
pub fn case_title(case: &Case) -> Phrase {
    let (w, key, client) = (write_name(case.write), case.key, case.client);
    match case.kind {
        CaseKind::Lost { .. } => phrase!("Lost write {w} of key {key}", "유실된 쓰기 {w} (키 {key})"),
        CaseKind::Stale { .. } => {
            phrase!("Stale read of key {key} by client {client}", "오래된 읽기: 키 {key}, 클라이언트 {client}")
        }
        CaseKind::Vanished => phrase!("Read of {w} of key {key}, later lost", "읽은 뒤 유실된 값 {w} (키 {key})"),
        CaseKind::Diverging { .. } => phrase!("Diverging copy {w} of key {key}", "DB와 다른 사본 {w} (키 {key})"),
        CaseKind::Phantom => phrase!("Rejected write {w} of key {key}", "거절된 쓰기 {w} (키 {key})"),
    }
}

pub(super) fn part(part: Part) -> Phrase {
    match part {
        Part::Client(number) => phrase!("Client {number}", "클라이언트 {number}"),
        Part::Server(number) => phrase!("App server {number}", "앱 서버 {number}"),
        Part::Loader => Phrase::fixed("Warm-up", "워밍업"),
        Part::Relay => Phrase::fixed("Relay or log reader", "릴레이(로그 리더)"),
        Part::Node(number) => phrase!("Cache node {number}", "캐시 노드 {number}"),
        Part::Gutter => Phrase::fixed("Gutter", "거터"),
        Part::Flusher(number) => phrase!("Flusher {number}", "플러셔 {number}"),
        Part::Database => Phrase::fixed("Database", "DB"),
    }
}

pub(super) fn place(at: Place) -> Phrase {
    match at {
        Place::Cache => Phrase::fixed("the cache", "캐시"),
        Place::Near(server) => phrase!("the near cache of app server {server}", "앱 서버 {server}의 로컬 캐시"),
    }
}

fn error(failure: CallError) -> Phrase {
    match failure {
        CallError::Down => Phrase::fixed("error: down", "오류: 다운"),
        CallError::QueueFull => Phrase::fixed("error: queue full", "오류: 큐 초과"),
        CallError::Full => Phrase::fixed("error: cache full", "오류: 캐시 공간 부족"),
        CallError::Aborted => Phrase::fixed("error: rolled back", "오류: 롤백"),
        CallError::Conflict => Phrase::fixed("refused: the value has changed", "거절: 값이 바뀜"),
        CallError::Lost => Phrase::fixed("connection lost", "연결 끊김"),
        CallError::TimedOut => Phrase::fixed("timed out", "타임아웃"),
        CallError::BreakerOpen => Phrase::fixed("error: circuit breaker open", "오류: 브레이커 차단"),
        CallError::NoConnection => Phrase::fixed("error: no connection", "오류: 커넥션 없음"),
    }
}

pub(super) fn message(message: Message, from: Part, to: Part) -> Phrase {
    match message {
        Message::Request(None) => Phrase::fixed("read", "읽기"),
        Message::Request(Some(w)) => {
            let w = write_name(w);
            phrase!("write {w}", "쓰기 {w}")
        }
        Message::Get if to == Part::Database => Phrase::fixed("SELECT", "SELECT"),
        Message::Get => Phrase::fixed("GET", "GET"),
        Message::Put(w) | Message::PutBehind(w) => {
            let w = write_name(w);
            phrase!("SET {w}", "SET {w}")
        }
        Message::Delete => Phrase::fixed("DELETE", "DELETE"),
        Message::Update(w) if matches!(from, Part::Flusher(_)) => {
            let w = write_name(w);
            phrase!("batch with {w}", "배치에 {w} 포함")
        }
        Message::Update(w) => {
            let w = write_name(w);
            phrase!("UPDATE {w}", "UPDATE {w}")
        }
        Message::Value(w) => {
            let w = write_name(w);
            phrase!("{w}", "{w}")
        }
        Message::Miss => Phrase::fixed("miss", "미스"),
        Message::Done => Phrase::fixed("OK", "OK"),
        Message::Failed(failure) => error(failure),
    }
}

pub(super) fn committed(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("commits {w}", "{w} 커밋")
}

pub(super) fn dirty(w: WriteId, due: Nanos, at: Nanos) -> Phrase {
    let w = write_name(w);
    if due <= at {
        return phrase!("{w} is dirty", "{w} 더티 상태");
    }
    let due = stamp(due);
    phrase!("{w} is dirty; next flush at {due}", "{w} 더티 상태, 다음 플러시 {due}", due)
}

pub(super) fn queued(w: WriteId, due: Nanos, at: Nanos) -> Phrase {
    let w = write_name(w);
    if due <= at {
        return phrase!("queues {w}", "{w} 큐에 넣음");
    }
    let due = stamp(due);
    phrase!("queues {w}; next flush at {due}", "{w} 큐에 넣음, 다음 플러시 {due}", due)
}

pub(super) fn taken(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("the flush takes {w}", "플러시가 {w} 가져감")
}

pub(super) fn taken_out(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("takes {w} out of the cache", "{w} 캐시에서 꺼냄")
}

pub(super) fn acknowledged(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("{w} acknowledged", "{w} 성공 응답")
}

pub(super) fn refused(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("{w} rejected", "{w} 거절")
}

pub(super) fn unanswered(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("no answer for {w}", "{w} 응답 없음")
}

pub(super) fn read(w: WriteId, stale: bool) -> Phrase {
    let w = write_name(w);
    if stale { phrase!("{w}, stale", "{w} (오래된 값)") } else { phrase!("{w}", "{w}") }
}

pub(super) fn holds(w: WriteId, near: bool) -> Phrase {
    let w = write_name(w);
    if near { phrase!("near cache: {w}", "로컬 캐시: {w}") } else { phrase!("now holds {w}", "이제 {w} 보관") }
}

pub(super) fn restored(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("comes back with {w}", "{w} 상태로 복구됨")
}

/// Why a holder has a write no longer, where that is worth a line.
pub(super) fn released(w: WriteId, holder: Holder, why: Release) -> Option<Phrase> {
    let w = write_name(w);
    Some(match why {
        Release::Coalesced { into } => {
            let into = write_name(into);
            phrase!("{into} takes the place of {w}", "{into}, {w} 대체")
        }
        Release::Delivered if holder == Holder::Buffer => phrase!("deletes the mark of {w}", "{w} 더티 표시 삭제"),
        Release::FlushMarkLost => {
            phrase!("deletes the mark of {w} too, unflushed", "플러시되지 않은 {w} 표시까지 삭제")
        }
        Release::FlusherCrash => phrase!("crash: only it had {w}", "크래시: 혼자 가지고 있던 {w} 소실"),
        Release::QueueLost => phrase!("crash: {w} was in its queue", "크래시: 큐에 있던 {w} 소실"),
        Release::CacheCrash => phrase!("crash: {w} is gone", "크래시: {w} 소실"),
        Release::ExpiredDirty => phrase!("{w} expires while dirty", "{w} 더티 상태로 만료"),
        Release::EvictedDirty => phrase!("{w} is evicted while dirty", "{w} 더티 상태로 축출"),
        Release::DroppedAfterRetries => phrase!("{w} is dropped after its retries", "{w} 재시도 소진 후 폐기"),
        Release::FailoverLag => {
            phrase!("failover: the replica has not received {w}", "페일오버: 복제본이 {w} 미수신")
        }
        Release::AppCrash => phrase!("crash: {w} is half done", "크래시: {w} 처리 중단"),
        Release::PersistenceWindow => phrase!("restarts without {w}, not on disk yet", "디스크에 없던 {w} 없이 재시작"),
        Release::FlushAll => phrase!("emptied: {w} is gone", "전체 삭제: {w} 소실"),
        Release::Refused => phrase!("{w} is refused", "{w} 거부"),
        Release::ConnectionLost => phrase!("connection lost: {w} does not arrive", "연결 끊김: {w} 미도착"),
        Release::GaveUp => phrase!("gives up {w} with an error", "오류로 {w} 중단"),
        Release::Delivered | Release::Handed | Release::Finished => return None,
    })
}

pub(super) fn flush_due(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("{w} would have been flushed", "{w} 플러시되었을 시각")
}

/// What caused a case, as the rest of a sentence, when a line about it says `text`.
pub(super) fn caused(fact: Option<Fact>, from: Part, to: Part, text: &Phrase) -> Phrase {
    let [(from, from_ko), (to, to_ko)] = [from, to].map(inside);
    let (said, said_ko) = (text.say(Language::English), text.say(Language::Korean));
    match fact {
        Some(Fact::Passed(Passed { message: Message::Value(_) | Message::Miss | Message::Done, .. })) => Phrase::new(
            format!("the answer of {from}, {said}, reached {to}"),
            format!("{from_ko}의 응답 {said_ko}, {to_ko}에 도착"),
        ),
        Some(Fact::Passed(Passed { message: Message::Failed(_), .. })) => Phrase::new(
            format!("the answer of {from} to {to} was “{said}”"),
            format!("{to_ko}에 대한 {from_ko}의 응답이 “{said_ko}”"),
        ),
        Some(Fact::Passed(_)) => {
            Phrase::new(format!("the {said} of {from} reached {to}"), format!("{from_ko}의 {said_ko}, {to_ko}에 도착"))
        }
        Some(Fact::Released { write, why, .. }) => gone(write, why, &from, &from_ko),
        Some(Fact::Committed(w)) => {
            let w = write_name(w);
            phrase!("the database committed {w}", "DB에서 {w} 커밋")
        }
        Some(Fact::Copied { value, origin: Origin::Restored, .. }) => {
            let w = write_name(value);
            phrase!("{from} came back with {w}", "{from_ko}, {w} 상태로 복구됨")
        }
        Some(Fact::Copied { value, .. }) => {
            let w = write_name(value);
            phrase!("{from} took {w} in", "{from_ko}에 {w} 저장")
        }
        // A fault: `cache crash`.
        _ => Phrase::new(format!("the fault “{said}” struck {from}"), format!("{from_ko}에 “{said_ko}” 장애")),
    }
}

/// Someone who takes part, inside a sentence.
fn inside(who: Part) -> (String, String) {
    let name = part(who);
    let english = name.say(Language::English).to_lowercase();
    let is_one_of_many = english.ends_with(|c: char| c.is_ascii_digit());
    (if is_one_of_many { english } else { format!("the {english}") }, name.say(Language::Korean).to_owned())
}

/// How `at` came to have a write no longer, as the rest of a sentence.
fn gone(w: WriteId, why: Release, at: &str, at_ko: &str) -> Phrase {
    let w = write_name(w);
    match why {
        Release::Coalesced { into } => {
            let into = write_name(into);
            phrase!("{into} took the place of {w} in {at}", "{at_ko}에서 {into} 값이 {w} 대체")
        }
        Release::Delivered | Release::Handed | Release::Finished => {
            phrase!("{at} deleted the mark of {w}", "{at_ko}에서 {w} 더티 표시 삭제")
        }
        Release::FlushMarkLost => phrase!(
            "{at} deleted the mark of {w}, too, which was not flushed",
            "{at_ko}에서 플러시되지 않은 {w} 표시까지 삭제"
        ),
        Release::FlusherCrash => phrase!(
            "{at} crashed, which had taken {w} out of the cache and not written it yet",
            "캐시에서 꺼낸 {w} 값을 DB에 쓰기 전에 {at_ko} 크래시"
        ),
        Release::QueueLost => {
            phrase!("{at} crashed with {w} in its queue", "{at_ko}의 크래시로 큐에 있던 {w} 소실")
        }
        Release::CacheCrash => phrase!("{at} crashed, and {w} was gone", "{at_ko}의 크래시로 {w} 소실"),
        Release::ExpiredDirty => {
            phrase!("{w} expired in {at} while it was dirty", "{at_ko}에서 {w} 더티 상태로 만료")
        }
        Release::EvictedDirty => {
            phrase!("{w} was evicted from {at} while it was dirty", "{at_ko}에서 {w} 더티 상태로 축출")
        }
        Release::DroppedAfterRetries => {
            phrase!("{at} dropped {w} after its retries", "{at_ko}에서 {w} 재시도 소진 후 폐기")
        }
        Release::FailoverLag => phrase!(
            "the replica that took over from {at} had not received {w}",
            "{at_ko}의 페일오버: 복제본이 {w} 미수신"
        ),
        Release::AppCrash => phrase!("{at} crashed with {w} half done", "{at_ko}의 크래시로 {w} 처리 중단"),
        Release::PersistenceWindow => {
            phrase!("{at} restarted without {w}, which was not on disk yet", "{at_ko}, 디스크에 없던 {w} 없이 재시작")
        }
        Release::FlushAll => phrase!("{at} was emptied, and {w} was gone", "{at_ko}의 전체 삭제로 {w} 소실"),
        Release::Refused => phrase!("{at} refused {w}", "{at_ko}에서 {w} 거부"),
        Release::ConnectionLost => {
            phrase!("a connection of {at} was lost, and {w} did not arrive", "{at_ko}의 연결 끊김으로 {w} 미도착")
        }
        Release::GaveUp => phrase!("{at} gave up {w} with an error", "{at_ko}에서 오류로 {w} 중단"),
    }
}

/// How bad a stale read was: what it saw, and how long that had been old, as the page writes durations.
pub fn how_stale(saw: WriteId, age: &str) -> Phrase {
    let w = write_name(saw);
    phrase!("{w} · {age} old", "{w} · {age} 지남")
}

pub(super) fn lost(w: WriteId, current: WriteId) -> Phrase {
    let (w, current) = (write_name(w), write_name(current));
    phrase!("{w} is lost; the row is {current}", "{w} 유실, 저장된 값 {current}")
}

pub(super) fn vanished(w: WriteId, current: WriteId) -> Phrase {
    let (w, current) = (write_name(w), write_name(current));
    phrase!("{w} is nowhere; the row is {current}", "{w} 사라짐, 저장된 값 {current}")
}

pub(super) fn differs(copy: WriteId, current: WriteId) -> Phrase {
    let (copy, current) = (write_name(copy), write_name(current));
    phrase!("copy {copy}, row {current}: they differ", "사본 {copy}, DB {current}: 불일치")
}

pub(super) fn phantom(w: WriteId) -> Phrase {
    let w = write_name(w);
    phrase!("{w} is there although it was rejected", "거절된 {w} 값이 존재")
}

/// Where a value stands, and what the database has.
pub(super) fn left(w: WriteId, copies: &[Place], current: WriteId) -> Phrase {
    let (w, current) = (write_name(w), write_name(current));
    if copies.is_empty() {
        return phrase!("No copy of {w} is left; the database has {current}.", "{w} 사본 없음. DB 값: {current}.");
    }
    let say = |language| copies.iter().map(|at| place(*at).say(language).to_owned()).collect::<Vec<_>>().join(", ");
    let (english, korean) = (say(Language::English), say(Language::Korean));
    Phrase::new(
        format!("{w} still stands in {english}; the database has {current}."),
        format!("{w} 남은 곳: {korean}. DB 값: {current}."),
    )
}

/// The same of a value that the gutter was given.
pub(super) fn left_in_gutter(w: WriteId, current: WriteId) -> Phrase {
    let (w, current) = (write_name(w), write_name(current));
    phrase!(
        "Only the gutter may still have {w}, which no write is told; the database has {current}.",
        "쓰기가 알려지지 않는 거터에만 {w} 사본이 남아 있을 수 있음. DB 값: {current}."
    )
}

/// What happened, before its cause is named.
pub(super) fn sentence(case: &Case, current: WriteId, acknowledged: Option<Nanos>, newer: Option<WriteId>) -> Phrase {
    let (w, key, at) = (write_name(case.write), case.key, stamp(case.at));
    match case.kind {
        CaseKind::Lost { .. } => {
            let told = stamp(acknowledged.unwrap_or(case.issued));
            phrase!(
                "Write {w} of key {key} was acknowledged at {told} and lost at {at}.",
                "키 {key}의 쓰기 {w}: {told} 성공 응답, {at} 유실.",
                told,
                at
            )
        }
        CaseKind::Stale { since } => {
            let (client, age) = (case.client, stamp(case.at - since));
            let newer = write_name(newer.unwrap_or(current));
            phrase!(
                "At {at} client {client} was answered {w} of key {key}; it should have seen {newer}, known for {age}.",
                "{at}에 클라이언트 {client}: 키 {key}의 {w} 응답. {age} 전부터 {newer}여야 합니다.",
                at,
                age
            )
        }
        CaseKind::Vanished => phrase!(
            "A client had read {w} of key {key}; from {at} on it was nowhere any more.",
            "키 {key}의 {w} 값을 클라이언트가 읽었으나 {at}부터 어디에도 없습니다.",
            at
        ),
        CaseKind::Diverging { place: at_place, .. } => {
            let (current, holder) = (write_name(current), place(at_place));
            phrase!(
                "From {at} on {holder} has {w} of key {key} and the database {current}, and nothing on its way will \
                 change that.",
                "{at}부터 키 {key}: {holder} {w}, DB {current}. 이를 맞출 작업이 진행 중이지 않습니다.",
                at,
                holder
            )
        }
        CaseKind::Phantom => phrase!(
            "The client was told that write {w} of key {key} had failed, and at {at} it was there all the same.",
            "키 {key}의 쓰기 {w}: 클라이언트에는 실패로 응답했지만 {at}에 값이 있습니다.",
            at
        ),
    }
}
