//! The order of a trace's times.
//!
//! A trace is played in the order of its file, whatever its times say: of one server that is the order in which things
//! happened, even where its clock was set. Captures of several servers put together are out of order by a little; there
//! the time stands still until the file has caught up, and that is told. Where it is much, the file is not in order.

use super::error::shown;
use super::{Place, Problem};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// Times may lie so far before the ones above them.
const BACK_MAX: Nanos = Nanos::from_secs(10);
/// A jump ahead that is worth a word.
const JUMP: Nanos = Nanos::from_secs(86_400);

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Order {
    last: Option<Nanos>,
    /// The last time, as the file writes it.
    text: Vec<u8>,
    late: u64,
    /// The most that one was behind.
    most: Nanos,
    first_late: Phrase,
    jumps: u64,
    first_jump: Phrase,
}

impl Order {
    /// The next request's time, as it is played: never before the one of the request before.
    ///
    /// # Errors
    /// When it lies too far back.
    #[inline]
    pub fn take(&mut self, at: Nanos, place: Place, text: &[u8]) -> Result<Nanos, Problem> {
        let last = *self.last.get_or_insert(at);
        if at < last {
            return self.back(at, last, place, text).map(|()| last);
        }
        if at.0 - last.0 > JUMP.0 {
            self.jump(at, last, place);
        }
        self.last = Some(at);
        self.text.clear();
        self.text.extend_from_slice(text);
        Ok(at)
    }

    #[cold]
    fn back(&mut self, at: Nanos, last: Nanos, place: Place, text: &[u8]) -> Result<(), Problem> {
        let (from, to) = (written(&self.text, last), written(text, at));
        let by = Nanos(last.0 - at.0);
        if by > BACK_MAX {
            return Err(Problem::TimeGoesBack { from, to });
        }
        if self.late == 0 {
            let place = place.phrase();
            self.first_late =
                phrase!("the first at {place}: {to} after {from}", "첫 번째: {place}, {from} 다음에 {to}", place);
        }
        self.late += 1;
        self.most = self.most.max(by);
        Ok(())
    }

    #[cold]
    fn jump(&mut self, at: Nanos, last: Nanos, place: Place) {
        if self.jumps == 0 {
            let (place, days) = (place.phrase(), (at.0 - last.0) / JUMP.0);
            self.first_jump = phrase!("the first at {place}, of {days} days", "첫 번째: {place}, {days}일", place);
        }
        self.jumps += 1;
    }

    /// What the reader should know.
    pub fn notes(&self) -> impl Iterator<Item = Phrase> {
        let late = (self.late > 0).then(|| {
            let (count, most, first) = (self.late, exact(self.most), &self.first_late);
            phrase!(
                "requests out of order: {count}, by up to {most} s ({first}); they are played in the order of the file",
                "순서가 뒤바뀐 요청 {count}건, 최대 {most}초({first}). 파일에 적힌 순서대로 재생합니다",
                first
            )
        });
        let jumps = (self.jumps > 0).then(|| {
            let (count, first) = (self.jumps, &self.first_jump);
            phrase!(
                "jumps of the time by more than a day: {count} ({first})",
                "시각이 하루 넘게 건너뛴 곳: {count}곳({first})",
                first
            )
        });
        late.into_iter().chain(jumps)
    }
}

/// A time as the file writes it, or else in seconds.
fn written(text: &[u8], at: Nanos) -> String {
    if text.is_empty() { format!("{} s", exact(at)) } else { shown(text) }
}

/// Seconds in decimals, exactly, without zeros at the end.
fn exact(at: Nanos) -> String {
    let text = format!("{}.{:09}", at.0 / 1_000_000_000, at.0 % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_out_of_order_is_played_at_the_later_time_and_told_as_it_is_written() {
        let mut order = Order::default();
        let mut take = |ns: u64, line: u64, text: &str| order.take(Nanos(ns), Place::Line(line), text.as_bytes());
        assert_eq!(
            take(1_700_000_001_250_000_000, 1, "1700000001.250000").ok(),
            Some(Nanos(1_700_000_001_250_000_000))
        );
        assert_eq!(
            take(1_700_000_001_249_990_000, 2, "1700000001.249990").ok(),
            Some(Nanos(1_700_000_001_250_000_000))
        );
        assert_eq!(take(1_700_000_001_260_000_000, 3, "x").ok(), Some(Nanos(1_700_000_001_260_000_000)));
        let notes: Vec<String> = order.notes().map(|note| note.to_string()).collect();
        assert_eq!(
            notes,
            [
                "requests out of order: 1, by up to 0.00001 s (the first at line 2: 1700000001.249990 after 1700000001.250000); \
              they are played in the order of the file"
            ]
        );
    }

    #[test]
    fn much_out_of_order_is_refused_and_a_long_gap_told() {
        let mut order = Order::default();
        let s = Nanos::from_secs;
        assert!(order.take(s(100), Place::Line(1), b"100").is_ok());
        assert!(order.take(s(90), Place::Line(2), b"90").is_ok());
        assert!(
            matches!(order.take(s(89), Place::Line(3), b"89"), Err(Problem::TimeGoesBack { from, to }) if from == "100" && to == "89")
        );
        assert!(order.take(s(100 + 3 * 86_400), Place::Line(4), b"").is_ok());
        assert!(
            order
                .notes()
                .any(|note| note.to_string().contains("by more than a day: 1 (the first at line 4, of 3 days)"))
        );
    }
}
