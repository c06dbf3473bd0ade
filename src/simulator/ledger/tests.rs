//! Claims about the ledger, and a plain model of its definitions to hold it against.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use Holder::{Application, Buffer, Flight, Flusher, Queue};

const KEY: Key = 3;

fn s(seconds: u64) -> Nanos {
    Nanos::from_secs(seconds)
}

/// A write-back write: buffered and acknowledged half a second after it is issued.
fn buffered(ledger: &mut Ledger, at: u64) -> WriteId {
    let w = ledger.issued(KEY, 0, s(at));
    ledger.held(w, Buffer, s(at));
    ledger.acknowledged(w, s(at) + Nanos::from_millis(500));
    w
}

fn flush(ledger: &mut Ledger, w: WriteId, at: u64) {
    ledger.held(w, Flight, s(at));
    ledger.released(w, Buffer, Release::Handed, s(at));
    ledger.committed(w, s(at));
    ledger.released(w, Flight, Release::Delivered, s(at));
}

/// A plain synchronous write, committed and acknowledged.
fn written(ledger: &mut Ledger, client: ClientId, at: u64) -> WriteId {
    let w = ledger.issued(KEY, client, s(at));
    ledger.held(w, Flight, s(at));
    ledger.committed(w, s(at));
    ledger.released(w, Flight, Release::Delivered, s(at));
    ledger.acknowledged(w, s(at) + Nanos(1));
    w
}

fn check(ledger: &Ledger, expected: &[(WriteId, Class)]) {
    ledger.validate();
    for (w, class) in expected {
        assert_eq!(ledger.class(*w), *class, "{w:?}");
    }
}

#[test]
fn a_flushed_write_survives_a_crash() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    check(&ledger, &[(w, Class::AtRisk)]);
    flush(&mut ledger, w, 5);
    check(&ledger, &[(w, Class::Durable)]);
    assert_eq!(ledger.ever_lost().total(), 0);
}

#[test]
fn an_unflushed_write_is_lost() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    ledger.released(w, Buffer, Release::CacheCrash, s(4));
    check(&ledger, &[(w, Class::Lost)]);
    assert_eq!(ledger.cause(w), Some(Cause::CacheCrash));
    assert_eq!(ledger.counts().at_risk, 0);
}

/// An increment of the value `base`, committed and acknowledged.
fn incremented(ledger: &mut Ledger, base: WriteId, at: u64) -> WriteId {
    let w = ledger.issued(KEY, 0, s(at));
    ledger.based_on(w, base);
    ledger.committed(w, s(at));
    ledger.acknowledged(w, s(at) + Nanos(1));
    w
}

#[test]
fn two_increments_of_one_value_lose_the_first_and_one_after_the_other_lose_none() {
    for (second_sees_first, lost) in [(false, 1), (true, 0)] {
        let mut ledger = Ledger::new();
        let root = written(&mut ledger, 0, 1);
        let first = incremented(&mut ledger, root, 2);
        incremented(&mut ledger, if second_sees_first { first } else { root }, 3);
        assert_eq!(ledger.increments(), Increments { acknowledged: 2, lost });
        assert_eq!(ledger.ever_lost().total(), 0, "as writes, both were committed in order");
    }
}

#[test]
fn an_increment_is_not_lost_when_a_plain_write_replaces_it_and_is_when_one_that_precedes_it_comes_back() {
    let mut ledger = Ledger::new();
    let root = written(&mut ledger, 0, 1);
    incremented(&mut ledger, root, 2);
    written(&mut ledger, 0, 3);
    assert_eq!(ledger.increments().lost, 0, "the plain write came after it");
    ledger.committed(root, s(4));
    assert_eq!(ledger.increments().lost, 1);
}

#[test]
fn an_increment_concurrent_with_a_plain_write_is_lost_only_if_it_was_applied_to_it() {
    for (applied, lost) in [(false, 0), (true, 1)] {
        let mut ledger = Ledger::new();
        let (plain, added) = (ledger.issued(KEY, 0, s(1)), ledger.issued(KEY, 1, s(1)));
        ledger.based_on(added, if applied { plain } else { WriteId::INITIAL });
        for w in [added, plain] {
            ledger.committed(w, s(2));
            ledger.acknowledged(w, s(2));
        }
        assert_eq!(ledger.increments(), Increments { acknowledged: 1, lost });
    }
}

#[test]
fn an_increment_at_risk_is_not_lost_and_one_that_a_crash_took_is() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    ledger.based_on(w, WriteId::INITIAL);
    assert_eq!(ledger.increments(), Increments { acknowledged: 1, lost: 0 });
    ledger.released(w, Buffer, Release::CacheCrash, s(4));
    assert_eq!(ledger.increments(), Increments { acknowledged: 1, lost: 1 });
}

#[test]
fn an_increment_that_was_dropped_is_back_when_a_value_made_from_it_is_committed_and_not_when_another_is() {
    for contained in [true, false] {
        let mut ledger = Ledger::new();
        let dropped = buffered(&mut ledger, 1);
        ledger.based_on(dropped, WriteId::INITIAL);
        ledger.read(KEY, 1, s(2), dropped, s(2));
        ledger.released(dropped, Buffer, Release::DroppedAfterRetries, s(3));
        assert_eq!((ledger.ever_lost().total(), ledger.lost_and_read(), ledger.keys_lost()), (1, 1, 1));
        assert_eq!((ledger.reads().vanished, ledger.cases().lost().len()), (1, 1));
        let next = buffered(&mut ledger, 4);
        ledger.based_on(next, if contained { dropped } else { WriteId::INITIAL });
        flush(&mut ledger, next, 5);
        let gone = u64::from(!contained);
        assert_eq!((ledger.ever_lost().total(), ledger.lost_and_read(), ledger.keys_lost()), (gone, gone, 0));
        assert_eq!((ledger.reads().vanished, ledger.cases().lost().len() as u64), (gone, gone));
        assert_eq!(ledger.increments().lost, gone);
        check(&ledger, &[(dropped, Class::Superseded), (next, Class::Durable)]);
    }
}

#[test]
fn a_hundred_thousand_increments_of_one_key_are_lost_and_come_back_as_one() {
    let mut ledger = Ledger::new();
    let n = 100_000;
    let mut base = WriteId::INITIAL;
    for at in 0..n {
        let w = buffered(&mut ledger, at);
        ledger.based_on(w, base);
        ledger.released(w, Buffer, Release::DroppedAfterRetries, s(at) + Nanos::from_millis(600));
        base = w;
    }
    assert_eq!((ledger.ever_lost().total(), ledger.keys_lost(), ledger.increments().lost), (n, 1, n));
    // Each commit goes on from there: if each went all the way back this would take minutes.
    for at in 0..n {
        let w = buffered(&mut ledger, n + at);
        ledger.based_on(w, base);
        flush(&mut ledger, w, n + at + 1);
        base = w;
    }
    assert_eq!((ledger.ever_lost().total(), ledger.keys_lost(), ledger.increments().lost), (0, 0, 0));
    assert_eq!(ledger.cases().withdrawn(), LOST_CASES_MAX as u64);
    ledger.validate();
}

#[test]
fn an_increment_is_lost_as_soon_as_nothing_that_is_held_contains_it() {
    let mut ledger = Ledger::new();
    let (lost, other) = (buffered(&mut ledger, 1), buffered(&mut ledger, 2));
    for w in [lost, other] {
        ledger.based_on(w, WriteId::INITIAL);
    }
    ledger.released(lost, Buffer, Release::DroppedAfterRetries, s(3));
    check(&ledger, &[(lost, Class::AtRisk)]);
    assert_eq!(ledger.increments().lost, 1, "the other one is on its way, and was not made from it");
}

/// Every release that can be a cause.
const BREAKS: [Release; 13] = [
    Release::CacheCrash,
    Release::ExpiredDirty,
    Release::EvictedDirty,
    Release::DroppedAfterRetries,
    Release::FailoverLag,
    Release::AppCrash,
    Release::FlushMarkLost,
    Release::FlusherCrash,
    Release::QueueLost,
    Release::PersistenceWindow,
    Release::FlushAll,
    Release::Refused,
    Release::ConnectionLost,
];

#[test]
fn each_break_loses_a_write_that_only_the_breaking_part_held() {
    for why in BREAKS {
        let mut ledger = Ledger::new();
        let w = buffered(&mut ledger, 1);
        ledger.released(w, Buffer, why, s(2));
        check(&ledger, &[(w, Class::Lost)]);
        assert_eq!(ledger.cause(w), why.cause());
        assert_eq!(ledger.lost_by_cause().get(why.cause().unwrap()), 1);
    }
}

#[test]
fn no_break_loses_a_write_that_something_else_holds() {
    for why in BREAKS {
        let mut ledger = Ledger::new();
        let w = buffered(&mut ledger, 1);
        ledger.held(w, Flight, s(2));
        ledger.released(w, Buffer, why, s(2));
        check(&ledger, &[(w, Class::AtRisk)]);
        ledger.committed(w, s(3));
        ledger.released(w, Flight, Release::Delivered, s(3));
        check(&ledger, &[(w, Class::Durable)]);
        assert_eq!(ledger.ever_lost().total(), 0);
    }
}

#[test]
fn no_break_loses_a_write_that_was_committed() {
    for why in BREAKS {
        let mut ledger = Ledger::new();
        let w = buffered(&mut ledger, 1);
        ledger.committed(w, s(2));
        ledger.released(w, Buffer, why, s(3));
        check(&ledger, &[(w, Class::Durable)]);
    }
}

#[test]
fn a_strategy_that_says_yes_and_does_nothing_delivers_never() {
    let mut ledger = Ledger::new();
    let w = ledger.issued(KEY, 0, s(1));
    ledger.held(w, Application, s(1));
    ledger.acknowledged(w, s(2));
    check(&ledger, &[(w, Class::AtRisk)]);
    ledger.released(w, Application, Release::Finished, s(2));
    check(&ledger, &[(w, Class::Lost)]);
    assert_eq!(ledger.cause(w), Some(Cause::NeverDelivered));
}

#[test]
fn a_strategy_that_writes_before_it_says_yes_loses_nothing() {
    let mut ledger = Ledger::new();
    let w = written(&mut ledger, 0, 1);
    check(&ledger, &[(w, Class::Durable)]);
}

#[test]
fn a_coalesced_write_is_superseded_when_its_successor_is_flushed() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    let v = buffered(&mut ledger, 2);
    ledger.released(w, Buffer, Release::Coalesced { into: v }, s(3));
    check(&ledger, &[(w, Class::AtRisk), (v, Class::AtRisk)]);
    flush(&mut ledger, v, 5);
    check(&ledger, &[(w, Class::Superseded), (v, Class::Durable)]);
}

#[test]
fn a_coalesced_write_is_lost_with_its_successor_and_for_the_same_cause() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    let v = buffered(&mut ledger, 2);
    ledger.released(w, Buffer, Release::Coalesced { into: v }, s(3));
    ledger.released(v, Buffer, Release::EvictedDirty, s(4));
    check(&ledger, &[(w, Class::Lost), (v, Class::Lost)]);
    assert_eq!(ledger.cause(w), Some(Cause::EvictedDirty));
    assert_eq!(ledger.lost_by_cause().get(Cause::EvictedDirty), 2);
}

#[test]
fn a_late_duplicate_of_an_older_write_loses_the_newer_one() {
    let mut ledger = Ledger::new();
    let old = written(&mut ledger, 0, 1);
    let new = written(&mut ledger, 0, 2);
    check(&ledger, &[(old, Class::Durable), (new, Class::Durable)]);
    ledger.committed(old, s(9));
    check(&ledger, &[(old, Class::Durable), (new, Class::Lost)]);
    assert_eq!(ledger.cause(new), Some(Cause::OverwrittenByOlder));
    let kind = CaseKind::Lost { cause: Cause::OverwrittenByOlder };
    let case = Case { kind, key: KEY, write: new, client: 0, issued: s(2), at: s(9) };
    assert_eq!(ledger.cases().lost(), [case]);
}

#[test]
fn a_late_duplicate_of_a_concurrent_write_loses_nothing() {
    let mut ledger = Ledger::new();
    let (a, b) = (ledger.issued(KEY, 0, s(1)), ledger.issued(KEY, 1, s(1)));
    for w in [a, b] {
        ledger.committed(w, s(2));
        ledger.acknowledged(w, s(2));
    }
    ledger.committed(a, s(9));
    check(&ledger, &[(a, Class::Durable), (b, Class::Durable)]);
}

#[test]
fn a_lost_write_is_superseded_once_a_newer_one_is_committed_and_still_counts_as_once_lost() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    ledger.released(w, Buffer, Release::CacheCrash, s(2));
    let v = buffered(&mut ledger, 3);
    check(&ledger, &[(w, Class::AtRisk), (v, Class::AtRisk)]);
    flush(&mut ledger, v, 4);
    check(&ledger, &[(w, Class::Superseded)]);
    assert_eq!((ledger.counts().lost, ledger.ever_lost().get(Cause::CacheCrash)), (0, 1));
}

#[test]
fn a_lost_write_stays_lost_when_an_older_one_is_committed() {
    let mut ledger = Ledger::new();
    let old = ledger.issued(KEY, 0, s(0));
    ledger.acknowledged(old, s(0) + Nanos(1));
    let w = buffered(&mut ledger, 1);
    ledger.released(w, Buffer, Release::CacheCrash, s(2));
    ledger.held(old, Flight, s(3));
    ledger.committed(old, s(3));
    check(&ledger, &[(old, Class::Durable), (w, Class::Lost)]);
    assert_eq!(ledger.cause(w), Some(Cause::CacheCrash));
}

#[test]
fn what_was_never_acknowledged_and_committed_before_does_not_supersede() {
    let mut ledger = Ledger::new();
    let unknown = ledger.issued(KEY, 0, s(1));
    ledger.committed(unknown, s(2));
    ledger.unanswered(unknown, s(3));
    let w = buffered(&mut ledger, 4);
    check(&ledger, &[(unknown, Class::Unknown), (w, Class::AtRisk)]);
    ledger.released(w, Buffer, Release::CacheCrash, s(5));
    check(&ledger, &[(w, Class::Lost)]);
}

#[test]
fn what_was_never_acknowledged_and_is_committed_after_supersedes() {
    let mut ledger = Ledger::new();
    let unknown = ledger.issued(KEY, 0, s(1));
    ledger.unanswered(unknown, s(3));
    let w = buffered(&mut ledger, 4);
    ledger.released(w, Buffer, Release::CacheCrash, s(5));
    ledger.committed(unknown, s(6));
    check(&ledger, &[(w, Class::Superseded)]);
}

#[test]
fn a_refused_write_nobody_saw_is_rejected() {
    let mut ledger = Ledger::new();
    let w = ledger.issued(KEY, 0, s(1));
    ledger.refused(w, s(2));
    check(&ledger, &[(w, Class::Rejected)]);
    assert!(ledger.cases().phantom().is_empty());
}

#[test]
fn a_refused_write_that_is_committed_or_read_is_a_phantom() {
    for read in [false, true] {
        for refused_first in [false, true] {
            let mut ledger = Ledger::new();
            let w = ledger.issued(KEY, 0, s(1));
            if refused_first {
                ledger.refused(w, s(2));
            }
            if read {
                ledger.read(KEY, 1, s(3), w, s(3));
            } else {
                ledger.committed(w, s(3));
            }
            if !refused_first {
                ledger.refused(w, s(4));
            }
            check(&ledger, &[(w, Class::Phantom)]);
            let at = if refused_first { s(3) } else { s(4) };
            let case = Case { kind: CaseKind::Phantom, key: KEY, write: w, client: 0, issued: s(1), at };
            assert_eq!(ledger.cases().phantom(), [case]);
        }
    }
}

#[test]
fn what_is_told_of_the_key_that_is_listened_to_is_heard_in_order_and_nothing_else() {
    let mut ledger = Ledger::new();
    ledger.listen(KEY);
    ledger.next_flush(s(35));
    let w = buffered(&mut ledger, 28);
    let other = ledger.issued(KEY + 1, 0, s(29));
    ledger.held(other, Buffer, s(29));
    ledger.read(KEY, 7, s(29), w, s(29));
    ledger.released(w, Buffer, Release::CacheCrash, s(30));
    let heard = |at, fact| Heard { at, fact };
    let read = Fact::Read { client: 7, issued: s(29), saw: w, stale: false };
    assert_eq!(
        ledger.heard(),
        [
            heard(s(28), Fact::Held { write: w, holder: Buffer, due: s(35) }),
            heard(s(28) + Nanos::from_millis(500), Fact::Acknowledged(w)),
            heard(s(29), read),
            heard(s(30), Fact::Released { write: w, holder: Buffer, why: Release::CacheCrash, due: s(35) }),
        ]
    );
}

#[test]
fn a_read_of_what_then_is_nowhere_is_a_case_and_a_copy_that_differs_is_one() {
    let mut ledger = Ledger::new();
    let w = buffered(&mut ledger, 1);
    ledger.read(KEY, 1, s(2), w, s(2));
    assert!(ledger.cases().vanished().is_empty());
    ledger.released(w, Buffer, Release::CacheCrash, s(3));
    let case = Case { kind: CaseKind::Vanished, key: KEY, write: w, client: 0, issued: s(1), at: s(3) };
    assert_eq!(ledger.cases().vanished(), [case]);
    ledger.copied(KEY, Place::Cache, w, Origin::Restored, Nanos::MAX, s(4));
    let kind = CaseKind::Diverging { place: Place::Cache, divergence: Divergence::NeverCommitted };
    assert_eq!(ledger.cases().diverging(), [Case { kind, at: s(4), ..case }]);
}

#[test]
fn cases_stop_at_their_limit_and_counts_do_not() {
    let mut ledger = Ledger::new();
    for at in 0..LOST_CASES_MAX as u64 + 5 {
        let w = buffered(&mut ledger, at);
        ledger.released(w, Buffer, Release::CacheCrash, s(at) + Nanos::from_millis(600));
    }
    assert_eq!(ledger.cases().lost().len(), LOST_CASES_MAX);
    assert_eq!(ledger.lost_by_cause().total(), LOST_CASES_MAX as u64 + 5);
}

#[test]
fn a_read_of_the_newest_acknowledged_value_is_fresh() {
    let mut ledger = Ledger::new();
    assert_eq!(ledger.read(KEY, 0, s(0), WriteId::INITIAL, s(0)), Freshness::Fresh);
    let w = written(&mut ledger, 0, 1);
    assert_eq!(ledger.read(KEY, 0, s(2), w, s(2)), Freshness::Fresh);
    assert_eq!(ledger.reads().stale, 0);
}

#[test]
fn a_stale_read_is_as_old_as_the_first_newer_acknowledgement() {
    let mut ledger = Ledger::new();
    let old = written(&mut ledger, 0, 1);
    written(&mut ledger, 0, 10);
    written(&mut ledger, 0, 20);
    let age = s(21) - (s(10) + Nanos(1));
    assert_eq!(ledger.read(KEY, 1, s(21), old, s(21)), Freshness::Stale { age });
    assert_eq!(ledger.reads().stale, 1);
}

#[test]
fn a_read_issued_before_the_newer_write_was_acknowledged_is_fresh() {
    let mut ledger = Ledger::new();
    let old = written(&mut ledger, 0, 1);
    written(&mut ledger, 0, 10);
    assert_eq!(ledger.read(KEY, 1, s(9), old, s(21)), Freshness::Fresh);
}

/// Two writes that overlap, committed in this order and both acknowledged at 4 s.
fn overlapping(ledger: &mut Ledger, first: WriteId, second: WriteId) {
    ledger.committed(first, s(2));
    ledger.committed(second, s(3));
    ledger.acknowledged(first, s(4));
    ledger.acknowledged(second, s(4));
}

#[test]
fn of_two_writes_that_overlap_the_one_committed_first_is_stale_and_the_other_is_not() {
    for reversed in [false, true] {
        let mut ledger = Ledger::new();
        let mut pair = [ledger.issued(KEY, 1, s(1)), ledger.issued(KEY, 2, s(1))];
        if reversed {
            pair.reverse();
        }
        overlapping(&mut ledger, pair[0], pair[1]);
        assert_eq!(ledger.read(KEY, 9, s(5), pair[1], s(5)), Freshness::Fresh);
        assert_eq!(ledger.read(KEY, 8, s(5), pair[0], s(6)), Freshness::Stale { age: s(2) });
        assert_eq!(ledger.read(KEY, 8, s(4), pair[0], s(6)), Freshness::Fresh, "nobody had been told yet");
        ledger.validate();
    }
}

#[test]
fn where_writers_do_not_overlap_real_time_decides_whatever_is_committed_late() {
    let mut ledger = Ledger::new();
    let old = written(&mut ledger, 0, 1);
    let new = written(&mut ledger, 0, 3);
    ledger.committed(old, s(5)); // a late duplicate
    assert_eq!(ledger.read(KEY, 1, s(6), new, s(6)), Freshness::Fresh, "the newer one is newer, though it is gone");
    assert!(matches!(ledger.read(KEY, 1, s(6), old, s(6)), Freshness::Stale { .. }), "the database itself is old");
}

#[test]
fn what_only_the_database_s_order_makes_newer_counts_from_its_commit() {
    let mut ledger = Ledger::new();
    let (a, b) = (ledger.issued(KEY, 1, s(1)), ledger.issued(KEY, 2, s(1)));
    ledger.held(b, Buffer, s(1));
    for w in [a, b] {
        ledger.acknowledged(w, s(2));
    }
    ledger.committed(a, s(4));
    assert_eq!(ledger.read(KEY, 3, s(5), a, s(5)), Freshness::Fresh, "the database has it, and has nothing newer");
    ledger.committed(b, s(6));
    assert_eq!(ledger.read(KEY, 3, s(6), a, s(7)), Freshness::Fresh, "at 6 s it was not known yet");
    assert_eq!(ledger.read(KEY, 3, s(7), a, s(8)), Freshness::Stale { age: s(2) });
    assert_eq!(ledger.read(KEY, 3, s(7), b, s(8)), Freshness::Fresh);
}

#[test]
fn guarantees_of_a_session_go_by_the_same_order() {
    let mut ledger = Ledger::new();
    let (theirs, own) = (ledger.issued(KEY, 1, s(1)), ledger.issued(KEY, 2, s(1)));
    overlapping(&mut ledger, theirs, own);
    ledger.read(KEY, 2, s(5), own, s(5));
    assert_eq!((ledger.reads().read_your_writes_violations, ledger.reads().monotonic_read_violations), (0, 0));
    ledger.read(KEY, 2, s(6), theirs, s(6));
    assert_eq!((ledger.reads().read_your_writes_violations, ledger.reads().monotonic_read_violations), (1, 1));
    // Whose write it is not misses none of its own, and who has seen nothing yet goes back behind nothing.
    ledger.read(KEY, 1, s(6), theirs, s(6));
    assert_eq!((ledger.reads().read_your_writes_violations, ledger.reads().monotonic_read_violations), (1, 1));
}

#[test]
fn a_hundred_thousand_commits_after_an_old_copy_cost_its_readers_nothing() {
    // Each overlaps with all others, so that only the database's order says which is newer; half are acknowledged before
    // their commit. If each read looked at all of them this would take minutes.
    let mut ledger = Ledger::new();
    let n = 100_000u32;
    let writes: Vec<WriteId> = (0..n).map(|client| ledger.issued(KEY, client, s(1))).collect();
    for (i, w) in writes.iter().enumerate() {
        let at = s(2 + i as u64);
        if i % 2 == 0 {
            ledger.acknowledged(*w, at);
        }
        ledger.committed(*w, at);
        if i % 2 == 1 {
            ledger.acknowledged(*w, at);
        }
    }
    let end = s(2 + u64::from(n));
    for (i, w) in writes.iter().enumerate() {
        let fresh = i + 1 == writes.len();
        assert_eq!(ledger.read(KEY, 0, end, *w, end) == Freshness::Fresh, fresh);
    }
    assert_eq!(ledger.reads().stale, u64::from(n) - 1);
}

#[test]
fn missing_ones_own_write_is_a_violation_and_missing_anothers_is_not() {
    for (client, violations) in [(0, 1), (1, 0)] {
        let mut ledger = Ledger::new();
        written(&mut ledger, 0, 1);
        ledger.read(KEY, client, s(2), WriteId::INITIAL, s(2));
        assert_eq!(ledger.reads().read_your_writes_violations, violations);
    }
}

#[test]
fn seeing_an_older_value_than_before_is_a_violation_and_seeing_the_same_is_not() {
    for (again, violations) in [(false, 1), (true, 0)] {
        let mut ledger = Ledger::new();
        let (old, new) = (written(&mut ledger, 0, 1), written(&mut ledger, 0, 2));
        ledger.read(KEY, 1, s(3), new, s(3));
        ledger.read(KEY, 1, s(4), if again { new } else { old }, s(4));
        assert_eq!(ledger.reads().monotonic_read_violations, violations);
    }
}

#[test]
fn a_dirty_read_of_a_write_that_is_lost_vanishes_and_of_one_that_is_flushed_does_not() {
    for lost in [false, true] {
        let mut ledger = Ledger::new();
        let w = buffered(&mut ledger, 1);
        ledger.read(KEY, 1, s(2), w, s(2));
        if lost {
            ledger.released(w, Buffer, Release::CacheCrash, s(3));
            ledger.read(KEY, 1, s(4), w, s(4));
        } else {
            flush(&mut ledger, w, 3);
        }
        assert_eq!(ledger.reads().vanished, if lost { 2 } else { 0 });
    }
}

#[test]
fn sessions_beyond_the_limit_are_counted_as_not_followed() {
    let mut ledger = Ledger::new();
    ledger.sessions = Sessions::new(2);
    let w = written(&mut ledger, 0, 1);
    for client in 0..5 {
        ledger.read(KEY, client, s(2), w, s(2));
    }
    assert_eq!(ledger.reads().unfollowed, 3);
}

#[test]
fn a_write_queued_again_after_being_coalesced_has_its_own_cause() {
    let mut ledger = Ledger::new();
    let (w, v) = (buffered(&mut ledger, 1), buffered(&mut ledger, 2));
    ledger.held(w, Flight, s(3));
    ledger.released(w, Buffer, Release::Coalesced { into: v }, s(3));
    ledger.held(w, Buffer, s(4));
    ledger.released(w, Flight, Release::Refused, s(4));
    ledger.released(v, Buffer, Release::ExpiredDirty, s(5));
    ledger.released(w, Buffer, Release::EvictedDirty, s(6));
    check(&ledger, &[(w, Class::Lost), (v, Class::Lost)]);
    assert_eq!(ledger.cause(w), Some(Cause::EvictedDirty));
}

#[test]
fn every_session_is_followed_while_the_table_grows() {
    let mut ledger = Ledger::new();
    let w = written(&mut ledger, 0, 1);
    for client in 0..10_000 {
        ledger.read(KEY, client, s(2), w, s(2));
    }
    for client in 0..10_000 {
        ledger.read(KEY, client, s(3), WriteId::INITIAL, s(3));
    }
    assert_eq!((ledger.reads().monotonic_read_violations, ledger.reads().unfollowed), (10_000, 0));
}

#[test]
fn a_hundred_thousand_writes_of_one_key_are_lost_and_come_back_as_one() {
    let mut ledger = Ledger::new();
    let n = 100_000;
    let writes: Vec<WriteId> = (0..n).map(|at| buffered(&mut ledger, at)).collect();
    assert_eq!(ledger.counts().at_risk, n);
    for w in &writes {
        ledger.released(*w, Buffer, Release::CacheCrash, s(n));
    }
    assert_eq!(ledger.lost_by_cause().get(Cause::CacheCrash), n);
    for at in 0..n {
        // While the cache is down each new write fails. If each touched all lost ones this would take minutes.
        let w = ledger.issued(KEY, 0, s(n + at));
        ledger.held(w, Application, s(n + at));
        assert_eq!(ledger.counts().lost, 0);
        ledger.released(w, Application, Release::ConnectionLost, s(n + at));
        assert_eq!(ledger.counts().lost, n);
        ledger.refused(w, s(n + at));
    }
    let v = buffered(&mut ledger, 2 * n);
    flush(&mut ledger, v, 2 * n + 1);
    assert_eq!((ledger.counts().superseded, ledger.counts().durable), (n, 1));
    ledger.validate();
}

#[test]
fn a_hundred_thousand_writes_of_one_key_are_lost_one_after_the_other() {
    let mut ledger = Ledger::new();
    for at in 0..100_000 {
        let w = ledger.issued(KEY, 0, s(at));
        ledger.held(w, Application, s(at));
        ledger.acknowledged(w, s(at) + Nanos(1));
        assert_eq!(ledger.counts().lost, 0, "while one that is newer is held, all are recoverable");
        ledger.released(w, Application, Release::Finished, s(at) + Nanos(2));
        assert_eq!(ledger.lost_by_cause().get(Cause::NeverDelivered), at + 1);
    }
    ledger.validate();
}

#[test]
fn ends_of_writes_no_longer_held_are_dropped_behind_one_that_stays() {
    let mut ledger = Ledger::new();
    let mut held = std::collections::VecDeque::new();
    for at in 0..1_000 {
        // The newest two are always held, so what is released never comes last.
        held.push_back(buffered(&mut ledger, at));
        if held.len() > 2 {
            ledger.released(held.pop_front().unwrap(), Buffer, Release::CacheCrash, s(at) + Nanos::from_millis(600));
        }
    }
    assert!(ledger.keys[0].earlier_holds.len() <= 34, "{}", ledger.keys[0].earlier_holds.len());
    ledger.validate();
}

// ---- The definitions, transcribed without any thought of speed --------------------------------------------------

#[derive(Clone, Debug, Default)]
struct Attempt {
    key: Key,
    client: ClientId,
    issued: u64,
    acknowledged: Option<u64>,
    refused: bool,
    unanswered: bool,
    commits: Vec<u64>,
    reads: Vec<u64>,
    reads_before_commit: u64,
    holders: Vec<Holder>,
    gave_up: bool,
    into: Option<usize>,
    broke: Option<Cause>,
    went_back: bool,
    cause: Option<Cause>,
    first_cause: Option<Cause>,
    vanished: bool,
    base: Option<usize>,
}

/// A copy in a cache.
#[derive(Clone, Debug)]
struct Copy {
    value: usize,
    origin: Origin,
    expires: u64,
    /// Whether the database had had its value and had another when it came.
    old: bool,
    /// Why it diverged first.
    told: Option<Divergence>,
}

#[derive(Clone, Debug, Default)]
struct Model {
    /// From 1.
    attempts: Vec<Attempt>,
    current: Vec<usize>,
    /// All commits in their order: the write, and when.
    commits: Vec<(usize, u64)>,
    /// By key and client: the newest value seen, and when it first was.
    seen: BTreeMap<(Key, ClientId), (usize, u64)>,
    classes: Vec<Class>,
    reads: ReadCounts,
    copies: BTreeMap<(Key, Place), Copy>,
    /// By key: what is under way besides handlers, and what became of it last since the database's value changed.
    mending: Vec<u32>,
    mishaps: Vec<Option<Mended>>,
    diverging_max: u64,
    diverged: ByDivergence,
}

impl Model {
    fn new() -> Model {
        let (attempts, current) = (vec![Attempt::default()], vec![0; 8]);
        Model { attempts, current, mending: vec![0; 8], mishaps: vec![None; 8], ..Model::default() }
    }

    fn end(&self, w: usize) -> Option<u64> {
        let a = &self.attempts[w];
        a.acknowledged.or_else(|| a.commits.iter().chain(&a.reads).min().copied())
    }

    /// The write, what it was applied to, what that was applied to …, up to a plain write (or the initial value, which
    /// ends a circle, too).
    fn way_back(&self, mut w: usize) -> Vec<usize> {
        let mut way = vec![w];
        while let Some(base) = self.attempts[w].base {
            w = if way.contains(&base) { 0 } else { base };
            way.push(w);
        }
        way
    }

    fn increments(&self) -> Increments {
        let mut told = Increments::default();
        for w in (1..self.attempts.len()).filter(|w| self.attempts[*w].base.is_some()) {
            let a = &self.attempts[w];
            if a.acknowledged.is_some() {
                told.acknowledged += 1;
                let held = (1..self.attempts.len()).filter(|v| self.is_held(*v) && self.attempts[*v].key == a.key);
                let mut values = held.chain([self.current[a.key as usize]]);
                told.lost += u64::from(!values.any(|v| self.accounts_for(v, w)));
            }
        }
        told
    }

    fn is_held(&self, w: usize) -> bool {
        !self.attempts[w].holders.is_empty()
    }

    /// Whether `w` is part of the value `v`, or may have been replaced by a plain write that is.
    fn accounts_for(&self, v: usize, w: usize) -> bool {
        let way = self.way_back(v);
        let root = *way.last().expect("at least the value");
        way.contains(&w) || !(self.precedes(root, w) || self.way_back(w).last() == Some(&root))
    }

    /// Whether the database's value is, or was made from, `w`.
    fn contained(&self, w: usize) -> bool {
        self.way_back(self.current[self.attempts[w].key as usize]).contains(&w)
    }

    /// The place of the last commit of `w` among all.
    fn last_commit(&self, w: usize) -> Option<usize> {
        self.commits.iter().rposition(|(v, _)| *v == w)
    }

    /// From when on it was known that `v` is newer than `s`.
    fn newer_since(&self, v: usize, s: usize) -> Option<u64> {
        let acknowledged = self.attempts[v].acknowledged;
        if self.precedes(s, v) {
            return acknowledged.or(Some(u64::MAX));
        }
        if v == s || v == 0 || self.precedes(v, s) {
            return None;
        }
        let last = self.last_commit(s)?;
        let (_, committed) = self.commits[last..].iter().find(|(w, _)| *w == v)?;
        Some(acknowledged.map_or(u64::MAX, |at| at.max(*committed)))
    }

    fn diverges(&self, key: Key, copy: &Copy, now: u64) -> bool {
        let handlers = self.attempts.iter().filter(|a| a.key == key).any(|a| a.holders.contains(&Application));
        let under_way = handlers || self.mending[key as usize] > 0;
        let differs = copy.value != self.current[key as usize];
        copy.expires >= now && differs && !self.is_held(copy.value) && !under_way
    }

    fn why_it_diverges(&self, key: Key, copy: &Copy) -> Divergence {
        let (x, v) = (copy.value, self.current[key as usize]);
        let crashed = self.attempts[v].broke == Some(Cause::DualWriteHalfDone);
        let mishap = self.mishaps[key as usize];
        if x != 0 && self.attempts[x].commits.is_empty() {
            Divergence::NeverCommitted
        } else if self.precedes(v, x) {
            Divergence::OverwrittenByOlder
        } else if copy.old {
            match copy.origin {
                Origin::Update => Divergence::OvertakenUpdate,
                Origin::Fill => Divergence::StaleFill,
                Origin::Restored => Divergence::Restored,
            }
        } else if crashed || mishap == Some(Mended::Crashed) {
            Divergence::CrashBetween
        } else if mishap == Some(Mended::InVain) {
            Divergence::LostInvalidation
        } else if self.attempts[v].gave_up {
            Divergence::CommitWithoutAnswer
        } else if copy.origin == Origin::Update && !self.precedes(x, v) {
            Divergence::OvertakenUpdate
        } else {
            Divergence::Left
        }
    }

    fn precedes(&self, w: usize, v: usize) -> bool {
        v != 0 && (w == 0 || self.end(w).is_some_and(|end| end < self.attempts[v].issued))
    }

    fn class(&self, w: usize) -> Class {
        let a = &self.attempts[w];
        let seen = !a.commits.is_empty() || !a.reads.is_empty();
        if a.acknowledged.is_some() {
            if !self.precedes(self.current[a.key as usize], w) {
                return if a.commits.is_empty() { Class::Superseded } else { Class::Durable };
            }
            let mends = |v: usize| self.attempts[v].key == a.key && self.is_held(v) && !self.precedes(v, w);
            return if (1..self.attempts.len()).any(mends) { Class::AtRisk } else { Class::Lost };
        }
        match (a.refused, a.unanswered) {
            (true, _) if seen => Class::Phantom,
            (true, _) => Class::Rejected,
            (_, true) => Class::Unknown,
            _ => Class::InFlight,
        }
    }

    fn find_cause(&self, w: usize) -> Cause {
        let a = &self.attempts[w];
        match (a.cause, a.into) {
            (Some(cause), _) => cause,
            _ if a.went_back || !a.commits.is_empty() => Cause::OverwrittenByOlder,
            (_, Some(v)) => self.find_cause(v),
            _ => a.broke.unwrap_or(Cause::NeverDelivered),
        }
    }

    /// After each fact: what follows from the change of classes.
    fn conclude(&mut self, now: u64) {
        let before = std::mem::take(&mut self.classes);
        self.classes = (0..self.attempts.len()).map(|w| if w == 0 { Class::Unknown } else { self.class(w) }).collect();
        let safe = |class: Class| matches!(class, Class::Durable | Class::Superseded);
        for (w, class) in before.iter().enumerate() {
            let a = &mut self.attempts[w];
            if safe(*class) && !safe(self.classes[w]) && a.holders.is_empty() {
                a.went_back = true;
            }
        }
        for w in 1..self.attempts.len() {
            if safe(self.classes[w]) {
                (self.attempts[w].cause, self.attempts[w].went_back) = (None, false);
            }
        }
        let causes: Vec<Cause> = (0..self.attempts.len()).map(|w| self.find_cause(w)).collect();
        for (w, cause) in causes.into_iter().enumerate().skip(1) {
            let (class, contained) = (self.classes[w], self.contained(w));
            let a = &mut self.attempts[w];
            if class == Class::Lost {
                a.cause = Some(cause);
            }
            if contained {
                (a.first_cause, a.vanished) = (None, false);
                continue;
            }
            if class == Class::Lost {
                a.first_cause = a.first_cause.or(a.cause);
            }
            let gone = class == Class::Lost || ((a.refused || a.unanswered) && a.holders.is_empty());
            if gone && a.commits.is_empty() {
                a.vanished = true;
            }
        }
        self.reads.vanished = self.attempts.iter().filter(|a| a.vanished).map(|a| a.reads_before_commit).sum();
        self.conclude_copies(now);
    }

    fn conclude_copies(&mut self, now: u64) {
        let diverging: Vec<(Key, Place)> =
            self.copies.iter().filter(|((key, _), copy)| self.diverges(*key, copy, now)).map(|(at, _)| *at).collect();
        self.diverging_max = self.diverging_max.max(diverging.len() as u64);
        for at in diverging {
            let why = self.why_it_diverges(at.0, &self.copies[&at]);
            let copy = self.copies.get_mut(&at).expect("it diverges");
            if copy.told.is_none() {
                copy.told = Some(why);
                self.diverged.0[why as usize] += 1;
            }
        }
    }

    fn diverging(&self, now: u64) -> u64 {
        self.copies.iter().filter(|((key, _), copy)| self.diverges(*key, copy, now)).count() as u64
    }

    fn read(&mut self, key: Key, client: ClientId, issued: u64, saw: usize, now: u64) -> Freshness {
        self.reads.reads += 1;
        if saw != 0 {
            let a = &mut self.attempts[saw];
            a.reads.push(now);
            a.reads_before_commit += u64::from(a.commits.is_empty());
        }
        let missed: Vec<(usize, u64)> = (1..self.attempts.len())
            .filter(|v| self.attempts[*v].key == key)
            .filter_map(|v| self.newer_since(v, saw).filter(|since| *since < u64::MAX).map(|since| (v, since)))
            .collect();
        let own = (1..self.attempts.len()).rev().find(|v| {
            let a = &self.attempts[*v];
            (a.key, a.client) == (key, client) && a.acknowledged.is_some_and(|at| at < issued)
        });
        let missed_own = own.is_some_and(|own| self.newer_since(own, saw).is_some());
        self.reads.read_your_writes_violations += u64::from(missed_own);
        let (newest, since) = self.seen.get(&(key, client)).copied().unwrap_or_default();
        let back = self.newer_since(newest, saw).is_some();
        self.reads.monotonic_read_violations += u64::from(back && since < issued);
        if saw != newest && !back && (self.newer_since(saw, newest).is_some() || saw > newest) {
            self.seen.insert((key, client), (saw, now));
        }
        match missed.iter().map(|(_, since)| *since).min().filter(|since| *since < issued) {
            None => Freshness::Fresh,
            Some(since) => {
                self.reads.stale += 1;
                Freshness::Stale { age: Nanos(now - since) }
            }
        }
    }
}

/// One fact; `back` picks a write, counted from the newest.
#[derive(Clone, Debug)]
enum Op {
    Wait { nanos: u64 },
    Issue { key: Key, client: ClientId },
    Acknowledge { back: usize },
    Refuse { back: usize },
    Unanswered { back: usize },
    Commit { back: usize },
    Hold { back: usize, holder: usize },
    Release { back: usize, why: usize },
    Coalesce { back: usize, into: usize },
    Base { back: usize, base: usize },
    Copied { back: usize, place: u32, origin: usize, ttl: u64 },
    Renewed { key: Key, place: u32, ttl: u64 },
    Dropped { key: Key, place: u32 },
    Mending { key: Key },
    Mended { key: Key, how: usize },
    Read { key: Key, client: ClientId, ago: u64, back: usize },
}

fn any_op() -> impl Strategy<Value = Op> {
    let back = || prop_oneof![4 => 0..3usize, 1 => 0..30usize];
    prop_oneof![
        4 => (0..4u64).prop_map(|nanos| Op::Wait { nanos }),
        5 => (0..2u32, 0..2u32).prop_map(|(key, client)| Op::Issue { key, client }),
        6 => back().prop_map(|back| Op::Acknowledge { back }),
        1 => back().prop_map(|back| Op::Refuse { back }),
        1 => back().prop_map(|back| Op::Unanswered { back }),
        3 => back().prop_map(|back| Op::Commit { back }),
        6 => (back(), 0..5usize).prop_map(|(back, holder)| Op::Hold { back, holder }),
        6 => (back(), 0..BREAKS.len() + 4).prop_map(|(back, why)| Op::Release { back, why }),
        2 => (back(), back()).prop_map(|(back, into)| Op::Coalesce { back, into }),
        3 => (back(), back()).prop_map(|(back, base)| Op::Base { back, base }),
        6 => (back(), 0..3u32, 0..3usize, 0..9u64).prop_map(|(back, place, origin, ttl)| Op::Copied { back, place, origin, ttl }),
        1 => (0..2u32, 0..3u32, 0..9u64).prop_map(|(key, place, ttl)| Op::Renewed { key, place, ttl }),
        1 => (0..2u32, 0..3u32).prop_map(|(key, place)| Op::Dropped { key, place }),
        1 => (0..2u32).prop_map(|key| Op::Mending { key }),
        2 => (0..2u32, 0..3usize).prop_map(|(key, how)| Op::Mended { key, how }),
        3 => (0..2u32, 0..2u32, 0..4u64, back()).prop_map(|(key, client, ago, back)| Op::Read { key, client, ago, back }),
    ]
}

/// The ledger and the model, told the same.
struct Both {
    ledger: Ledger,
    model: Model,
    now: u64,
    reached: BTreeSet<String>,
}

impl Both {
    fn pick(&self, back: usize) -> Option<usize> {
        let n = self.model.attempts.len() - 1;
        if n == 0 { None } else { Some(n - back.min(n - 1)) }
    }

    fn unanswered(&self, w: usize) -> bool {
        let a = &self.model.attempts[w];
        a.acknowledged.is_none() && !a.refused && !a.unanswered
    }

    /// Tells both the fact, if it can happen.
    fn tell(&mut self, op: &Op) -> Option<()> {
        let now = Nanos(self.now);
        match *op {
            Op::Wait { nanos } => self.now += nanos,
            Op::Issue { key, client } => {
                self.model.attempts.push(Attempt { key, client, issued: self.now, ..Attempt::default() });
                let w = self.ledger.issued(key, client, now);
                assert_eq!(w.index(), self.model.attempts.len() - 1);
            }
            Op::Acknowledge { back } | Op::Refuse { back } | Op::Unanswered { back } => self.answer(op, back, now)?,
            Op::Commit { back } => self.commit(self.pick(back)?, now),
            Op::Hold { back, holder } => {
                self.hold(self.pick(back)?, [Application, Flight, Buffer, Flusher, Queue][holder], now);
            }
            Op::Release { back, why } => {
                let neutral = [Release::Delivered, Release::Handed, Release::Finished, Release::GaveUp];
                let why = BREAKS.get(why).copied().unwrap_or_else(|| neutral[why - BREAKS.len()]);
                self.release(back, why, now)?;
            }
            Op::Coalesce { back, into } => {
                let (w, v) = (self.pick(back)?, self.pick(into)?);
                if w == v || self.model.attempts[w].key != self.model.attempts[v].key {
                    return None;
                }
                self.release(back, Release::Coalesced { into: WriteId(v as u32) }, now)?;
            }
            Op::Base { back, base } => self.base(self.pick(back)?, self.pick(base)?)?,
            Op::Copied { .. } | Op::Renewed { .. } | Op::Dropped { .. } => self.tell_of_copy(op, now)?,
            Op::Mending { key } => {
                if self.ledger.follows(key) {
                    self.model.mending[key as usize] += 1;
                }
                self.ledger.mending(key, now);
            }
            Op::Mended { key, how } => self.mended(key, [Mended::Done, Mended::InVain, Mended::Crashed][how], now)?,
            Op::Read { key, client, ago, back } => {
                let saw = self.pick(back).filter(|w| self.model.attempts[*w].key == key).unwrap_or(0);
                let issued = self.now.saturating_sub(ago);
                let expected = self.model.read(key, client, issued, saw, self.now);
                let found = self.ledger.read(key, client, Nanos(issued), WriteId(saw as u32), now);
                assert_eq!(found, expected);
            }
        }
        Some(())
    }

    fn answer(&mut self, op: &Op, back: usize, now: Nanos) -> Option<()> {
        let w = self.pick(back).filter(|w| self.unanswered(*w))?;
        let (a, id) = (&mut self.model.attempts[w], WriteId(w as u32));
        match op {
            Op::Acknowledge { .. } => {
                a.acknowledged = Some(self.now);
                self.ledger.acknowledged(id, now);
            }
            Op::Refuse { .. } => {
                a.refused = true;
                self.ledger.refused(id, now);
            }
            _ => {
                a.unanswered = true;
                self.ledger.unanswered(id, now);
            }
        }
        Some(())
    }

    fn commit(&mut self, w: usize, now: Nanos) {
        self.model.attempts[w].commits.push(self.now);
        self.model.commits.push((w, self.now));
        let key = self.model.attempts[w].key as usize;
        if self.model.current[key] != w {
            self.model.mishaps[key] = None;
        }
        self.model.current[key] = w;
        self.ledger.committed(WriteId(w as u32), now);
    }

    fn base(&mut self, w: usize, base: usize) -> Option<()> {
        // The pick of the write itself stands for the initial value.
        let base = if base == w { 0 } else { base };
        if base != 0 && self.model.attempts[w].key != self.model.attempts[base].key {
            return None;
        }
        // Nothing is applied to what was made from it.
        if self.model.way_back(base).contains(&w) {
            return None;
        }
        // What the database has, or has something made from, stays what it is.
        if self.model.attempts[w].commits.is_empty() && !self.model.contained(w) {
            self.model.attempts[w].base = Some(base);
        }
        self.ledger.based_on(WriteId(w as u32), WriteId(base as u32));
        Some(())
    }

    fn mended(&mut self, key: Key, how: Mended, now: Nanos) -> Option<()> {
        if self.model.mending[key as usize] == 0 {
            return None;
        }
        self.model.mending[key as usize] -= 1;
        if how != Mended::Done {
            self.model.mishaps[key as usize] = Some(how);
        }
        self.ledger.mended(key, how, now);
        Some(())
    }

    fn tell_of_copy(&mut self, op: &Op, now: Nanos) -> Option<()> {
        let place = |place: u32| if place == 0 { Place::Cache } else { Place::Near(place * 7) };
        // The longest TTL is for ever.
        let end = |ttl: u64| if ttl == 8 { u64::MAX } else { self.now + ttl };
        match *op {
            Op::Copied { back, place: at, origin, ttl } => {
                // The oldest pick stands for the initial value of its key.
                let picked = self.pick(back)?;
                let value = if back > 20 { 0 } else { picked };
                let (key, place) = (self.model.attempts[picked].key, place(at));
                let origin = [Origin::Update, Origin::Fill, Origin::Restored][origin];
                let known = value == 0 || !self.model.attempts[value].commits.is_empty();
                let old = known && self.model.current[key as usize] != value;
                let expires = end(ttl);
                self.model.copies.insert((key, place), Copy { value, origin, expires, old, told: None });
                self.ledger.copied(key, place, WriteId(value as u32), origin, Nanos(expires), now);
            }
            Op::Renewed { key, place: at, ttl } => {
                let (place, expires) = (place(at), end(ttl));
                // What is over is not there to be renewed.
                self.model.copies.get_mut(&(key, place)).filter(|copy| copy.expires >= self.now)?.expires = expires;
                self.ledger.renewed(key, place, Nanos(expires), now);
            }
            Op::Dropped { key, place: at } => {
                self.model.copies.remove(&(key, place(at)));
                self.ledger.dropped(key, place(at), now);
            }
            _ => unreachable!("only of copies"),
        }
        Some(())
    }

    fn hold(&mut self, w: usize, holder: Holder, now: Nanos) {
        let a = &mut self.model.attempts[w];
        a.holders.push(holder);
        if holder == Buffer || holder == Queue {
            a.into = None;
        }
        if a.holders.len() == 1 {
            (a.into, a.broke, a.cause, a.went_back) = (None, None, None, false);
        }
        self.ledger.held(WriteId(w as u32), holder, now);
    }

    fn release(&mut self, back: usize, why: Release, now: Nanos) -> Option<()> {
        let w = self.pick(back).filter(|w| self.model.is_held(*w))?;
        if let Release::Coalesced { into } = why {
            let chain = std::iter::successors(Some(into.index()), |v| self.model.attempts[*v].into);
            if !chain.into_iter().any(|v| v == w) {
                self.model.attempts[w].into = Some(into.index());
            }
        }
        let a = &mut self.model.attempts[w];
        let holder = a.holders.remove(0);
        a.broke = why.cause().or(a.broke);
        a.gave_up |= why == Release::GaveUp;
        self.ledger.released(WriteId(w as u32), holder, why, now);
        Some(())
    }

    fn compare(&mut self) {
        let before = self.model.classes.clone();
        self.model.conclude(self.now);
        let (mut counts, mut lost, mut ever) = ([0u64; 8], ByCause::default(), ByCause::default());
        for w in 1..self.model.attempts.len() {
            let (class, id) = (self.model.classes[w], WriteId(w as u32));
            assert_eq!(self.ledger.class(id), class, "class of {id:?}");
            counts[class as usize] += 1;
            let cause = self.model.attempts[w].cause.filter(|_| class == Class::Lost);
            assert_eq!(self.ledger.cause(id), cause, "cause of {id:?}");
            if let Some(cause) = cause {
                lost.0[cause as usize] += 1;
                self.reached.insert(cause.name().to_owned());
            }
            if let Some(cause) = self.model.attempts[w].first_cause {
                ever.0[cause as usize] += 1;
            }
            self.reached.insert(format!("{class:?}"));
            if let Some(was) = before.get(w).filter(|was| **was != class) {
                self.reached.insert(format!("{was:?} to {class:?}"));
            }
        }
        for (class, n) in ALL_CLASSES.into_iter().zip(counts) {
            assert_eq!(self.ledger.counts().get(class), n, "{class:?}");
        }
        assert_eq!(self.ledger.counts().attempts(), self.model.attempts.len() as u64 - 1);
        assert_eq!((self.ledger.lost_by_cause(), self.ledger.ever_lost()), (&lost, &ever));
        assert_eq!(*self.ledger.reads(), self.model.reads);
        self.compare_losses();
        self.compare_copies();
        let increments = self.model.increments();
        assert_eq!(self.ledger.increments(), increments);
        for (name, n) in [("increments", increments.acknowledged), ("lost increments", increments.lost)] {
            if n > 0 {
                self.reached.insert(name.to_owned());
            }
        }
        self.ledger.validate();
    }

    fn compare_losses(&mut self) {
        let gone = self.model.attempts.iter().filter(|a| a.first_cause.is_some());
        let read = gone.filter(|a| !a.reads.is_empty()).count() as u64;
        assert_eq!(self.ledger.lost_and_read(), read, "lost writes that were read");
        let lost = (1..self.model.attempts.len()).filter(|w| self.model.classes[*w] == Class::Lost);
        let keys: BTreeSet<Key> = lost.map(|w| self.model.attempts[w].key).collect();
        // The last acknowledged value is the one of which it can be said that none was issued later.
        for key in &keys {
            let acknowledged =
                |w: &usize| self.model.attempts[*w].key == *key && self.model.attempts[*w].acknowledged.is_some();
            let newest =
                (1..self.model.attempts.len()).rev().find(acknowledged).expect("a lost write was acknowledged");
            assert_eq!(self.model.classes[newest], Class::Lost, "the last value of key {key} is among the lost ones");
        }
        assert_eq!(self.ledger.keys_lost(), keys.len() as u64, "keys whose last value is lost");
        let storied: BTreeSet<usize> = self.ledger.cases().lost().iter().map(|case| case.write.index()).collect();
        let gone = (1..self.model.attempts.len()).filter(|w| self.model.attempts[*w].first_cause.is_some());
        assert_eq!(storied, gone.collect(), "the cases are the writes ever lost");
        if self.ledger.cases().withdrawn() > 0 {
            self.reached.insert("came back".to_owned());
        }
    }

    fn compare_copies(&mut self) {
        let now = Nanos(self.now);
        assert_eq!(self.ledger.diverging(now), self.model.diverging(self.now), "diverging copies");
        // Not only now: what if nothing happened for a while?
        let later = self.now + 3;
        assert_eq!(self.ledger.diverging(Nanos(later)), self.model.diverging(later), "diverging copies, later");
        assert_eq!(self.ledger.diverging_max(), self.model.diverging_max, "the most diverging copies");
        assert_eq!(*self.ledger.diverged(), self.model.diverged, "diverged copies by cause");
        let here = self.model.copies.iter().filter(|(_, copy)| copy.expires >= self.now);
        let here: BTreeSet<(Key, Place, usize)> = here.map(|((key, at), copy)| (*key, *at, copy.value)).collect();
        let told = self.ledger.copies(now).map(|(key, place, value)| (key, place, value.index())).collect();
        assert_eq!(here, told, "copies");
        self.reached.extend(self.model.diverged.iter().filter(|(_, n)| *n > 0).map(|(why, _)| format!("{why:?}")));
        if self.model.diverging_max > 2 {
            self.reached.insert("three diverge".to_owned());
        }
    }
}

const ALL_CLASSES: [Class; 8] = [
    Class::InFlight,
    Class::Durable,
    Class::Superseded,
    Class::AtRisk,
    Class::Lost,
    Class::Rejected,
    Class::Unknown,
    Class::Phantom,
];

fn note_reads(both: &mut Both) {
    let reads = both.model.reads;
    let names = ["stale", "read your writes", "monotonic reads", "vanished"];
    let counts = [reads.stale, reads.read_your_writes_violations, reads.monotonic_read_violations, reads.vanished];
    for (name, n) in names.into_iter().zip(counts) {
        if n > 0 {
            both.reached.insert(name.to_owned());
        }
    }
}

/// Runs random facts against the model; returns all that was reached.
fn explore(cases: u32, length: usize) -> BTreeSet<String> {
    let reached = std::cell::RefCell::new(BTreeSet::new());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let found = runner.run(&prop::collection::vec(any_op(), 1..length), |ops| {
        let mut both = Both { ledger: Ledger::new(), model: Model::new(), now: 0, reached: BTreeSet::new() };
        for op in &ops {
            if both.tell(op).is_some() {
                both.compare();
            }
        }
        note_reads(&mut both);
        reached.borrow_mut().append(&mut both.reached);
        Ok(())
    });
    if let Err(error) = found {
        panic!("{error}");
    }
    reached.into_inner()
}

#[test]
fn the_ledger_agrees_with_its_definitions_and_the_random_facts_reach_everything() {
    let reached = explore(1_500, 250);
    let classes = ALL_CLASSES.iter().map(|class| format!("{class:?}"));
    let causes = Cause::ALL.iter().map(|cause| cause.name().to_owned());
    let moves = ["Lost to AtRisk", "Lost to Superseded", "Lost to Durable", "Durable to Lost", "Superseded to Lost"];
    let moves = moves.iter().chain(&["AtRisk to Lost", "Durable to AtRisk", "Rejected to Phantom", "InFlight to Lost"]);
    let reads = ["stale", "read your writes", "monotonic reads", "vanished", "increments", "lost increments"];
    let divergences = Divergence::ALL.iter().map(|why| format!("{why:?}"));
    let others = ["three diverge", "came back"].iter();
    let wanted = classes
        .chain(causes)
        .chain(divergences)
        .chain(moves.chain(&reads).chain(others).map(|name| (*name).to_owned()));
    let missing: Vec<String> = wanted.filter(|name| !reached.contains(name)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
