use super::super::sections::headline::{Harm, Speed, plain};
use super::*;
use crate::ledger::{Cause, Divergence};
use crate::workload::trace::Reason;

#[test]
fn the_sentence_says_who_is_fast_and_what_it_cost() {
    let said = Headline {
        lanes: 5,
        speed: Some(Speed { lane: 1, than: 0, factor: 9.0, tail: false, writes: true }),
        harm: Some(Harm::Lost { lane: 1, writes: 212 }),
        alike: true,
    };
    let titles = ["Write-through".to_owned(), "Write-back".to_owned()];
    let english = plain(&(en::WORDS.headline)(&said, &titles));
    assert_eq!(english, "Same traffic for all. Write-back answers writes 9× faster and has lost 212 of them.");
    let korean = plain(&(ko::WORDS.headline)(&said, &["라이트스루".to_owned(), "라이트백".to_owned()]));
    assert_eq!(korean, "모두 같은 트래픽을 받습니다. 라이트백은 쓰기에 9배 빠르게 응답했지만 212건을 유실했습니다.");
}

#[test]
fn what_a_trace_says_of_itself_is_shown_escaped() {
    let commands = [("EV\u{1b}[2JAL".to_owned(), 2)].into();
    let facts = TraceFacts { left_out: [(Reason::Script, commands)].into(), ..TraceFacts::default() };
    for words in [&en::WORDS, &ko::WORDS] {
        let told = (words.trace_opened)("a\u{202e}b.csv", &facts);
        assert!(!told.contains(crate::escape::is_unsafe) && told.contains(r"\u{1b}"), "{told}");
        assert!(!(words.trace_reading)("a\u{202e}b.csv").contains('\u{202e}'));
    }
}

#[test]
fn the_slowest_answers_are_named_as_such() {
    let speed = Some(Speed { lane: 1, than: 0, factor: 6.0, tail: true, writes: false });
    let said = Headline { lanes: 1, speed, harm: None, alike: true };
    let titles = ["One node".to_owned(), "Four".to_owned()];
    let english = plain(&(en::WORDS.headline)(&said, &titles));
    assert_eq!(english, "Four answers its slowest reads (p99) 6× faster than One node.");
    let korean = plain(&(ko::WORDS.headline)(&said, &["노드 하나".to_owned(), "노드 넷".to_owned()]));
    assert_eq!(korean, "노드 넷은 노드 하나보다 가장 느린 읽기(p99)에 6배 빠르게 응답했습니다.");
}

#[test]
fn lost_increments_are_said_of_all() {
    let harm = Some(Harm::Increments { lane: 0, lost: 212, of: 3000 });
    let said = Headline { lanes: 1, speed: None, harm, alike: true };
    let titles = ["naive".to_owned()];
    assert_eq!(plain(&(en::WORDS.headline)(&said, &titles)), "naive has lost 212 of 3,000 increments.");
    assert_eq!(plain(&(ko::WORDS.headline)(&said, &titles)), "naive는 증가 3,000건 중 212건을 유실했습니다.");
}

#[test]
fn every_cause_has_a_name_in_both_languages() {
    let lost = Cause::ALL.map(Cause::name).map(|name| (name, (en::WORDS.cause)(name), (ko::WORDS.cause)(name)));
    let differ = Divergence::ALL.map(Divergence::name);
    let differ = differ.map(|name| (name, (en::WORDS.divergence)(name), (ko::WORDS.divergence)(name)));
    for (name, english, korean) in lost.into_iter().chain(differ) {
        // Some names are English already, of one word.
        assert!(english != name || !name.contains('_'), "{name}");
        assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)), "{name}: {korean}");
    }
}

#[test]
fn what_was_lost_is_said_with_what_was_read_and_of_how_many_keys_the_last_value_is_gone() {
    let english = |read, keys| (en::WORDS.what_was_lost)(read, keys);
    assert_eq!(
        english(0, 0),
        "The database will never have them. No read returned one of them. All their keys have been written again since."
    );
    assert_eq!(
        english(12, 3),
        "The database will never have them. Reads returned 12 of them. 3 keys have lost their last acknowledged value."
    );
    let korean = (ko::WORDS.what_was_lost)(12, 3);
    assert!(korean.contains("12건") && korean.contains("키 3개"), "{korean}");
}
