//! Stories made by hand: what is drawn of them.

use super::*;
use crate::ledger::{CaseKind, Cause, Fact, Heard, Holder, Message, Passed, Release};
use crate::model::WriteId;

const KEY: u32 = 3;

fn passed(at: u64, errand: u32, from: Part, to: Part, message: Message) -> Heard {
    Heard { at: Nanos(at), fact: Fact::Passed(Passed { errand, from, to, message }) }
}

/// A write that a crash takes, after so many reads by its own client's request.
fn lost(gets: u64) -> Story {
    let (client, server, node, w) = (Part::Client(7), Part::Server(1), Part::Node(0), WriteId(1));
    let mut heard = vec![passed(1_000, 1, client, server, Message::Request(Some(w)))];
    heard.extend((0..gets).map(|n| passed(1_001 + n, 1, server, node, Message::Get)));
    heard.extend([
        passed(2_000, 1, server, node, Message::PutBehind(w)),
        Heard { at: Nanos(2_000), fact: Fact::Held { write: w, holder: Holder::Buffer, due: Nanos(9_000_000) } },
        Heard { at: Nanos(3_000), fact: Fact::Acknowledged(w) },
        passed(3_500, 9, Part::Server(0), node, Message::Get),
        Heard {
            at: Nanos(5_000_000),
            fact: Fact::Released { write: w, holder: Holder::Buffer, why: Release::CacheCrash, due: Nanos(9_000_000) },
        },
    ]);
    let case = Case {
        kind: CaseKind::Lost { cause: Cause::CacheCrash },
        key: KEY,
        write: w,
        client: 7,
        issued: Nanos(900),
        at: Nanos(5_000_000),
    };
    let current = WriteId::INITIAL;
    let end = Nanos::from_secs(1);
    tell(&Evidence { case: &case, heard: &heard, end, faults: &[], node: 0, current, copies: &[] })
}

#[test]
fn a_story_has_what_belongs_to_it_its_cause_its_outcome_and_the_flush_that_came_too_late() {
    let story = lost(0);
    assert_eq!(
        story.plain(Language::English),
        [
            "0.000001 s  Client 7 → App server 1: write w1",
            "0.000002 s  App server 1 → Cache node 0: SET w1",
            "0.000002 s  Cache node 0: w1 is dirty; next flush at 0.009000 s",
            "0.000003 s  App server 1 → Client 7: w1 acknowledged",
            "0.005000 s  Cache node 0: crash: w1 is gone",
            "0.005000 s  Database: w1 is lost; the row is w0",
            "0.009000 s  Flusher 0: w1 would have been flushed",
        ]
    );
    let roles: Vec<Role> = story.lines.iter().map(|line| line.role).collect();
    assert_eq!(&roles[4..6], [Role::Cause, Role::Outcome]);
    assert_eq!(story.cause_at, Nanos(5_000_000));
    assert_eq!(
        story.sentence,
        Phrase::fixed(
            "Write w1 of key 3 was acknowledged at 0.000003 s and lost at 0.005000 s. The cause: at 0.005000 s, cache node 0 \
             crashed, and w1 was gone.",
            "키 3의 쓰기 w1: 0.000003초 성공 응답, 0.005000초 유실. 원인: 0.005000초, 캐시 노드 0의 크래시로 w1 소실.",
        )
    );
    let legend = story.legend().expect("the row is w0");
    assert!(legend.say(Language::English).starts_with("w0 is the value"), "{legend}");
    let mut later = story.clone();
    later.lines.iter_mut().for_each(|line| line.text = Phrase::fixed("the row is w01, not w10", ""));
    later.left = later.sentence.clone();
    assert_eq!(later.legend(), None);
    let due = story.lines.last().expect("a line");
    assert_eq!(due.text.say(Language::Korean), "w1 플러시되었을 시각");
}

#[test]
fn a_long_story_keeps_twelve_lines_and_counts_what_it_leaves_out() {
    let story = lost(40);
    assert_eq!(story.lines.len(), LINES_MAX);
    assert_eq!(story.lines.iter().map(|line| line.skipped).sum::<u32>(), 47 - LINES_MAX as u32);
    assert!(story.lines.iter().any(|line| line.role == Role::Cause));
    assert!(story.mermaid(Language::Korean).contains("Note over p0,p4: …"));
}

#[test]
fn a_picture_is_well_formed_says_everything_and_has_no_colours_of_its_own() {
    for language in Language::ALL {
        let mut story = lost(3);
        story.actors[0].name = Phrase::fixed("<a> & \"b\"", "<가> & \"나\"");
        let svg = story.svg(language);
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        assert!(svg.contains("&lt;") && !svg.contains("<a>"), "{svg}");
        assert!(story.lines.iter().all(|line| svg.contains(stamp(line.at).say(language))));
        let coloured = svg.split("fill=\"").skip(1).chain(svg.split("stroke=\"").skip(1));
        assert!(coloured.into_iter().all(|rest| rest.starts_with("var(--") || rest.starts_with("none")), "{svg}");
    }
}

#[test]
fn what_mermaid_takes_for_its_own_is_escaped() {
    let mut story = lost(0);
    story.lines[0].text = Phrase::fixed("a;b#c\nd<e", "가");
    let text = story.mermaid(Language::English);
    assert!(text.contains("a,b#35;c d#60;e"), "{text}");
}

/// What opens a file need not know custom properties: it would be black.
#[test]
fn a_file_has_colours_of_its_own_and_says_from_which_run_it_is() {
    let experiment = Phrase::fixed("A <b> crash", "크래시 <b>");
    let run = Run { experiment, source: Phrase::fixed("Cachelane 1 · seed 7", "Cachelane 1 · 시드 7") };
    let told = Told { run, lane: 0, story: lost(3), elsewhere: Vec::new() };
    for (language, seed) in [(Language::English, "seed 7"), (Language::Korean, "시드 7")] {
        let svg = told.svg("write-back & more", language);
        assert!(!svg.contains("var("), "{svg}");
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        let coloured = svg.split("fill=\"").skip(1).chain(svg.split("stroke=\"").skip(1));
        assert!(coloured.into_iter().all(|rest| rest.starts_with('#') || rest.starts_with("none")), "{svg}");
        assert!(svg.contains("write-back &amp; more · ") && svg.contains("&lt;b&gt;") && svg.contains(seed), "{svg}");
        let mermaid = told.mermaid("write-back; more", language);
        assert!(mermaid.contains("write-back, more · ") && mermaid.contains(seed), "{mermaid}");
        assert!(mermaid.contains("#60;b>"), "{mermaid}");
    }
}

#[test]
fn a_stale_read_says_that_its_time_is_an_age() {
    let said = how_stale(WriteId(3), "5.7 s");
    assert_eq!((said.say(Language::English), said.say(Language::Korean)), ("w3 · 5.7 s old", "w3 · 5.7 s 지남"));
}
