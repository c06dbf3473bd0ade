use super::*;
use crate::ledger::{Cause, Divergence};
use crate::workload::trace::Reason;

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
