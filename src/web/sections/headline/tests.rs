use super::*;
use crate::phrase::Language;
use crate::report::{Latencies, Summary};

pub(super) fn lane(write_ms: f64, lost: u64, at_risk: u64, errors: u64) -> LaneReport {
    let write = Summary { count: 2_000, p50: write_ms, ..Summary::default() };
    LaneReport {
        latency_ms: Latencies { write, all: write, ..Latencies::default() },
        ever_lost: lost,
        requests: 2_000 + errors,
        within_deadline: 2_000,
        goodput: 2_000.0 / (2_000 + errors) as f64,
        at_risk_max: at_risk,
        errors,
        ..LaneReport::default()
    }
}

pub(super) fn report(lanes: Vec<LaneReport>) -> Report {
    Report { engine: "1".into(), scenario: String::new(), seed: 1, deadline_s: 1.0, lanes }
}

fn of_all(lanes: Vec<LaneReport>) -> Headline {
    headline(&report(lanes), Topic::default(), |_| true).unwrap()
}

fn said(headline: &Headline, language: Language) -> String {
    let titles = ["One".to_owned(), "Two".to_owned(), "Three".to_owned()];
    plain(&headline.say(&titles, false, language))
}

#[test]
fn it_says_than_whom_and_what_it_cost() {
    let both = report(vec![lane(9.0, 0, 0, 0), lane(1.5, 212, 300, 0)]);
    let topic = Topic { claim: Some(Claim { lane: 1, than: 0 }), watch: &[Watch::WriteP50, Watch::Lost] };
    let headline = headline(&both, topic, |_| true).unwrap();
    assert_eq!(
        said(&headline, Language::English),
        "Two vs. One: writes 6× faster; 212 acknowledged writes lost (vs.\u{a0}0)."
    );
    assert_eq!(
        said(&headline, Language::Korean),
        "Two vs. One: 쓰기 6배 빠름, 성공 응답을 받은 쓰기 212건 유실 (vs.\u{a0}0건)."
    );
}

#[test]
fn before_the_crash_it_says_the_most_that_was_at_risk() {
    let headline = of_all(vec![lane(9.0, 0, 0, 0), lane(9.0, 0, 360, 0)]);
    assert_eq!(said(&headline, Language::English), "Two vs. One: up to 360 writes at risk at once (vs.\u{a0}0).");
}

#[test]
fn who_fails_more_is_not_called_faster_and_who_fails_less_not_slower() {
    let failing = || lane(1.0, 0, 0, 500);
    let headline = of_all(vec![lane(9.9, 0, 0, 0), failing()]);
    assert_eq!(said(&headline, Language::English), "Two vs. One: 20 % of requests failed (vs.\u{a0}0 %).");
    let topic = Topic { claim: Some(Claim { lane: 0, than: 1 }), watch: &[Watch::WriteP50] };
    let honest = super::headline(&report(vec![lane(9.9, 0, 0, 0), failing()]), topic, |_| true).unwrap();
    assert!(!said(&honest, Language::English).contains("slower"), "{}", said(&honest, Language::English));
}

#[test]
fn what_luck_explains_is_no_difference() {
    let stale = |reads| LaneReport { stale_reads: reads, ..lane(1.0, 0, 0, 0) };
    let headline = of_all(vec![stale(100), stale(115)]);
    assert_eq!(said(&headline, Language::English), "Two vs. One: no significant difference so far.");
    let headline = of_all(vec![stale(100), stale(180)]);
    assert_eq!(said(&headline, Language::English), "Two vs. One: 180 stale reads (vs.\u{a0}100).");
}

#[test]
fn a_hidden_lane_is_not_spoken_of_and_one_alone_is_compared_with_nobody() {
    let both = report(vec![lane(9.0, 0, 0, 0), lane(1.0, 212, 3, 0)]);
    let topic = Topic { claim: Some(Claim { lane: 1, than: 0 }), watch: &[Watch::WriteP50] };
    let alone = headline(&both, topic, |i| i == 1).unwrap();
    assert_eq!(said(&alone, Language::English), "Two: 212 acknowledged writes lost.");
    assert_eq!(headline(&both, topic, |_| false), None);
}

#[test]
fn nothing_is_said_before_there_is_something_to_say() {
    let headline = of_all(vec![LaneReport::default(), LaneReport::default()]);
    assert_eq!(said(&headline, Language::English), "One vs. Two: warming up…");
}

#[test]
fn requests_that_still_wait_beyond_the_deadline_fail_too() {
    let stuck = LaneReport { overdue: 4_000, goodput: 0.2, ..lane(1.0, 0, 0, 0) };
    let headline = of_all(vec![lane(9.0, 0, 0, 0), stuck]);
    assert!(!said(&headline, Language::English).contains("faster"), "{}", said(&headline, Language::English));
}

#[test]
fn it_speaks_of_what_the_experiment_is_about_and_of_other_harm_only_where_that_went_unsaid() {
    let stale = |reads, rows| LaneReport {
        stale_reads: reads,
        database: crate::report::DatabaseReport { writes: rows, ..Default::default() },
        ..lane(9.0, 0, 0, 0)
    };
    let both = || report(vec![stale(0, 500), LaneReport { ever_lost: 7, ..stale(800, 100) }]);
    let about = |watch: &[Watch]| {
        let topic = Topic { claim: Some(Claim { lane: 1, than: 0 }), watch };
        said(&headline(&both(), topic, |_| true).unwrap(), Language::English)
    };
    assert_eq!(
        about(&[Watch::Lost, Watch::RowsWritten]),
        "Two vs. One: 7 acknowledged writes lost (vs.\u{a0}0); 100 rows written to the database (vs.\u{a0}500)."
    );
    assert_eq!(about(&[Watch::Lost]), "Two vs. One: 7 acknowledged writes lost (vs.\u{a0}0).");
    assert_eq!(
        about(&[Watch::RowsWritten]),
        "Two vs. One: 100 rows written to the database (vs.\u{a0}500); 7 acknowledged writes lost (vs.\u{a0}0)."
    );
}

#[test]
fn lost_increments_are_not_told_a_second_time_as_lost_writes() {
    let lossy = LaneReport { lost_increments: 7, ..lane(9.0, 7, 0, 0) };
    let headline = of_all(vec![lane(9.0, 0, 0, 0), lossy]);
    assert_eq!(said(&headline, Language::English), "Two vs. One: 7 increments lost (vs.\u{a0}0).");
}

#[test]
fn what_takes_no_time_is_told_by_its_time() {
    let headline = headline(
        &report(vec![lane(2.0, 0, 0, 0), lane(0.0, 0, 0, 0)]),
        Topic { claim: Some(Claim { lane: 1, than: 0 }), watch: &[Watch::WriteP50] },
        |_| true,
    );
    assert_eq!(said(&headline.unwrap(), Language::English), "Two vs. One: writes 0 ms (vs.\u{a0}2 ms).");
}

#[test]
fn a_small_share_has_two_digits() {
    let missing = |misses| LaneReport { misses, hits: 100_000 - misses, ..lane(1.0, 0, 0, 0) };
    let topic = Topic { claim: Some(Claim { lane: 1, than: 0 }), watch: &[Watch::MissRatio] };
    let headline = headline(&report(vec![missing(430), missing(900)]), topic, |_| true).unwrap();
    assert_eq!(said(&headline, Language::English), "Two vs. One: miss ratio 0.90 % (vs.\u{a0}0.43 %).");
}
