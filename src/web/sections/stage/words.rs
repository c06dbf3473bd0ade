//! What is said of the parts on the stage.

use crate::chart::text;
use crate::phrase::{Language, Phrase, phrase};
use crate::stage::{Condition, Part, Parts};

/// What the stage is called.
pub const STAGE: Phrase = Phrase::fixed("Stage", "요청 흐름");

/// What its marks mean.
pub const KEY: [(&str, Phrase); 5] = [
    ("read", Phrase::fixed("read", "읽기")),
    ("write", Phrase::fixed("write", "쓰기")),
    ("stale", Phrase::fixed("stale", "오래된 값")),
    ("failed", Phrase::fixed("failed", "실패")),
    ("dirty", Phrase::fixed("dirty entry", "더티 항목")),
];

/// Shows what is folded away, or folds it.
pub fn unfold(is_open: bool, lanes: usize) -> Phrase {
    if is_open {
        Phrase::fixed("Show fewer lanes", "레인 접기")
    } else {
        phrase!("Show all {lanes} lanes", "레인 {lanes}개 모두 보기")
    }
}

/// The lanes that are open where only so many are: those that the sentence at the top compares, then those that write back,
/// in their order.
pub fn open(lanes: &[usize], compared: &[usize], writes_back: &[bool], most: usize) -> Vec<usize> {
    let mut open = lanes.to_vec();
    let place = |lane: &usize| compared.iter().position(|other| other == lane).unwrap_or(compared.len());
    open.sort_by_key(|lane| (place(lane), !writes_back.get(*lane).copied().unwrap_or(false))); // keeps the order of equals
    open.truncate(most);
    open.sort_unstable();
    open
}

/// What a part is called.
pub fn name(part: Part) -> Phrase {
    match part {
        Part::Client => Phrase::fixed("Clients", "클라이언트"),
        Part::App => Phrase::fixed("App servers", "앱 서버"),
        Part::Cache => Phrase::fixed("Cache", "캐시"),
        Part::Database => Phrase::fixed("Database", "DB"),
    }
}

/// How a part is, if it is not well.
pub fn condition(condition: Condition) -> Option<Phrase> {
    match condition {
        Condition::Up => None,
        Condition::Slow => Some(Phrase::fixed("slow", "느려짐")),
        Condition::Frozen => Some(Phrase::fixed("frozen", "멈춤")),
        Condition::Down => Some(Phrase::fixed("down", "중단")),
    }
}

/// The worst of these conditions.
pub fn worst(conditions: &[Condition]) -> Condition {
    conditions.iter().copied().max().unwrap_or(Condition::Up)
}

/// How a part is, all of its servers together: of several, the worst.
pub fn condition_of(parts: &Parts, part: Part) -> Condition {
    match part {
        Part::Client => Condition::Up,
        Part::App => worst(&parts.servers),
        Part::Cache => worst(&parts.nodes),
        Part::Database => parts.database.unwrap_or(Condition::Up),
    }
}

/// `2 of 3 down`, or only `down` where there is one.
fn condition_in_words(parts: &Parts, part: Part) -> Option<Phrase> {
    let all = match part {
        Part::App => &*parts.servers,
        Part::Cache => &*parts.nodes,
        Part::Client | Part::Database => &[],
    };
    let worst = condition_of(parts, part);
    let what = condition(worst)?;
    let so = all.iter().filter(|condition| **condition == worst).count();
    let (en, ko, count) = (what.say(Language::English), what.say(Language::Korean), all.len());
    Some(if count > 1 { phrase!("{so} of {count} {en}", "{count}대 중 {so}대 {ko}") } else { what })
}

/// What a part has, in one short line: the shortest where the stage is narrow.
pub fn short(parts: &Parts, part: Part, is_narrow: bool) -> Phrase {
    if let Some(what) = condition_in_words(parts, part) {
        return what;
    }
    let count = text::count;
    match part {
        Part::Client => Phrase::fixed("", ""),
        Part::App => {
            let busy = count(parts.in_work);
            phrase!("{busy} active", "처리 중 {busy}")
        }
        Part::Cache => {
            let fill = text::percent(share(parts), 0);
            match parts.dirty {
                // How full it is can be seen.
                Some(dirty) if is_narrow => {
                    let dirty = count(dirty);
                    phrase!("{dirty} dirty", "더티 {dirty}")
                }
                Some(dirty) => {
                    let dirty = count(dirty);
                    phrase!("{fill}, {dirty} dirty", "{fill}, 더티 {dirty}")
                }
                None => phrase!("{fill} full", "{fill} 사용"),
            }
        }
        Part::Database => {
            let (busy, workers, queue) = (parts.busy, parts.workers, count(parts.queue.into()));
            match parts.queue {
                0 => phrase!("{busy}/{workers} busy", "{busy}/{workers} 사용"),
                _ => phrase!("{queue} queued", "대기 {queue}"),
            }
        }
    }
}

/// How much of the cache's room is taken, 0 to 1.
pub fn share(parts: &Parts) -> f64 {
    parts.bytes.unwrap_or(parts.entries) as f64 / parts.capacity.max(1) as f64
}

/// What a part of a lane has, for who does not see it: `Cache of Write-back: 812 of 1,000 entries, 212 dirty`.
pub fn label(parts: &Parts, part: Part, lane: &str) -> Phrase {
    let count = text::count;
    let mut details = Vec::new();
    details.extend(condition_in_words(parts, part));
    match part {
        Part::Client => {}
        Part::App => {
            let busy = count(parts.in_work);
            details.push(phrase!("{busy} requests in progress", "요청 {busy}건 처리 중"));
        }
        Part::Cache => {
            let (entries, capacity) = (count(parts.entries), count(parts.capacity));
            details.push(match parts.bytes {
                None => phrase!("{entries} of {capacity} entries", "항목 {entries}/{capacity}"),
                Some(_) => {
                    let fill = text::percent(share(parts), 0);
                    phrase!("{entries} entries, {fill} full", "항목 {entries}, {fill} 사용")
                }
            });
            details.extend(parts.dirty.map(|dirty| {
                let dirty = count(dirty);
                phrase!("{dirty} dirty", "더티 {dirty}")
            }));
            let (expired, refused) = (count(parts.expired), count(parts.refused));
            details.extend((parts.expired > 0).then(|| phrase!("{expired} expired", "만료 {expired}")));
            details.extend((parts.refused > 0).then(|| phrase!("{refused} commands refused", "명령 {refused}건 거부")));
        }
        Part::Database => {
            let (busy, workers, queue) = (parts.busy, parts.workers, count(parts.queue.into()));
            details.push(phrase!("{busy} of {workers} workers busy", "워커 {workers}개 중 {busy}개 사용"));
            details.push(phrase!("{queue} queries queued", "쿼리 {queue}건 대기"));
        }
    }
    let name = name(part);
    let (en, ko) = (name.say(Language::English), name.say(Language::Korean));
    let (in_english, in_korean) = (join(&details, Language::English), join(&details, Language::Korean));
    phrase!("{en} of {lane}: {in_english}", "{lane} – {ko}: {in_korean}")
}

/// The tray of a lane's lost writes.
pub fn tray(lost: u64) -> Phrase {
    let lost = text::count(lost);
    phrase!("{lost} lost", "유실 {lost}")
}

/// The same, for who does not see it.
pub fn tray_label(lost: u64, lane: &str) -> Phrase {
    let lost = text::count(lost);
    phrase!("Lost writes of {lane}: {lost}", "{lane} – 유실된 쓰기: {lost}")
}

/// A lane in a sentence, for who does not see the stage.
pub fn sentence(parts: &Parts, lane: &str) -> Phrase {
    let count = text::count;
    let mut said: Vec<Phrase> = [Part::App, Part::Cache, Part::Database]
        .into_iter()
        .filter_map(|part| {
            let (what, name) = (condition_in_words(parts, part)?, name(part));
            let (en, ko) = (name.say(Language::English), name.say(Language::Korean));
            let (what_en, what_ko) = (what.say(Language::English), what.say(Language::Korean));
            Some(phrase!("{en}: {what_en}", "{ko}: {what_ko}"))
        })
        .collect();
    if said.is_empty() {
        said.push(Phrase::fixed("all parts up", "모든 구성 요소 정상"));
    }
    if let Some(dirty) = parts.dirty.filter(|dirty| *dirty > 0) {
        let dirty = count(dirty);
        said.push(phrase!("{dirty} dirty entries in the cache", "캐시에 더티 항목 {dirty}개"));
    }
    if parts.queue > 0 {
        let queue = count(parts.queue.into());
        said.push(phrase!("{queue} queries queued at the database", "DB 대기 쿼리 {queue}건"));
    }
    let lost = count(parts.lost);
    said.push(phrase!("{lost} writes lost", "유실된 쓰기 {lost}건"));
    let (en, ko) = (join(&said, Language::English), join(&said, Language::Korean));
    phrase!("{lane}: {en}.", "{lane}: {ko}.")
}

/// How much of a lane is shown: all, some of it, or flows.
pub fn shown(every: u64, is_flow: bool) -> Option<Phrase> {
    match every {
        _ if is_flow => Some(Phrase::fixed("flows", "흐름으로 표시")),
        0 | 1 => None,
        _ => Some(phrase!("1 of {every} shown", "{every}개 중 1개 표시")),
    }
}

fn join(phrases: &[Phrase], language: Language) -> String {
    phrases.iter().map(|phrase| phrase.say(language)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            servers: vec![Condition::Up; 3],
            nodes: vec![Condition::Up],
            entries: 812,
            capacity: 1_000,
            dirty: Some(212),
            database: Some(Condition::Up),
            workers: 16,
            busy: 4,
            ..Parts::default()
        }
    }

    fn both(phrase: &Phrase) -> [&str; 2] {
        [phrase.say(Language::English), phrase.say(Language::Korean)]
    }

    #[test]
    fn parts_say_what_they_have() {
        assert_eq!(
            both(&label(&parts(), Part::Cache, "Write-back")),
            ["Cache of Write-back: 812 of 1,000 entries, 212 dirty", "Write-back – 캐시: 항목 812/1,000, 더티 212"]
        );
        let fill = text::percent(0.812, 0);
        let expected = [format!("{fill}, 212 dirty"), format!("{fill}, 더티 212")];
        assert_eq!(both(&short(&parts(), Part::Cache, false)), expected.each_ref().map(String::as_str));
        assert_eq!(both(&short(&parts(), Part::Cache, true)), ["212 dirty", "더티 212"]);
        let read_only = Parts { dirty: None, ..parts() };
        assert_eq!(short(&read_only, Part::Cache, true).to_string(), format!("{fill} full"));
    }

    #[test]
    fn what_is_broken_is_said_first_and_of_how_many() {
        let mut parts = parts();
        assert_eq!(
            sentence(&parts, "A").say(Language::English),
            "A: all parts up, 212 dirty entries in the cache, 0 writes lost."
        );
        (parts.nodes, parts.lost, parts.servers[1]) = (vec![Condition::Down], 7, Condition::Frozen);
        assert_eq!(
            sentence(&parts, "A").say(Language::English),
            "A: App servers: 1 of 3 frozen, Cache: down, 212 dirty entries in the cache, 7 writes lost."
        );
        assert_eq!(both(&short(&parts, Part::App, false)), ["1 of 3 frozen", "3대 중 1대 멈춤"]);
    }

    #[test]
    fn a_lane_that_writes_back_is_open_before_others_and_stands_in_its_place() {
        let writes_back = [false, false, false, false, true];
        assert_eq!(open(&[0, 1, 2, 3, 4], &[], &writes_back, 3), [0, 1, 4]);
        assert_eq!(open(&[0, 2, 4], &[], &writes_back, 1), [4]);
        assert_eq!(open(&[0, 1], &[], &writes_back, 3), [0, 1]);
        assert_eq!(open(&[0, 1, 2, 3, 4], &[3, 2], &writes_back, 3), [2, 3, 4], "what the sentence compares is seen");
        assert_eq!(open(&[0, 1, 2, 3, 4], &[3, 2], &writes_back, 1), [3]);
    }

    #[test]
    fn a_sample_says_that_it_is_one() {
        assert_eq!(shown(8, false).map(|p| p.to_string()).as_deref(), Some("1 of 8 shown"));
        assert_eq!((shown(1, false), shown(8, true)), (None, Some(Phrase::fixed("flows", "흐름으로 표시"))));
    }
}
