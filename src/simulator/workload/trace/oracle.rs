//! oracleGeneral: the binary traces of libCacheSim (the public collections at `s3://cache-datasets` and others).
//!
//! Records of 24 bytes, little-endian and packed: time (u32, seconds), object (u64), size (u32, bytes), and when the
//! object comes next (i64, the number of that request; −1 or the greatest number: never). The last one is what lets
//! [OPT](crate::cache::eviction::opt) look ahead without a second reading. Yang et al., libCacheSim,
//! `oracleGeneralBin.h`.

use std::io::{self, BufRead};

use super::order::Order;
use super::unpack::read_up_to;
use super::{NOT_SAMPLED, Next, NumberIds, Place, Problem, Record, Step, Table, TraceError, name_of};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

const RECORD_BYTES: usize = 24;
/// The most bytes that are copied at once.
const BLOCK_BYTES: usize = 64 << 10;
/// For how many records the ids of their objects are guessed at once.
const GUESSES: usize = 64;

/// Whether the first bytes of a file are such records beyond doubt: times do not fall, and every next access lies ahead,
/// is of the same object, and leaves out no access that lies between.
pub fn is_plausible(head: &[u8]) -> bool {
    let records: Vec<Raw> = head.as_chunks::<RECORD_BYTES>().0.iter().map(Raw::of).collect();
    let (Some(first), false) = (records.first(), records.is_empty()) else { return false };
    let numbered_from = [0, 1];
    let fits = |from: u64| {
        records.iter().enumerate().all(|(at, record)| {
            let Some(next) = record.next(at as u64 + from) else { return false };
            let Next::At(next) = next else { return true };
            let ahead = (next - from) as usize;
            next < 1 << 40 && ahead > at && records.get(ahead).is_none_or(|other| other.object == record.object)
        })
    };
    let rises = records.windows(2).all(|pair| pair[0].time <= pair[1].time);
    let all_alike = records.len() > 1 && records.iter().all(|record| record == first);
    rises && !all_alike && first.size > 0 && numbered_from.into_iter().any(fits)
}

/// A record's fields.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Raw {
    time: u32,
    object: u64,
    size: u32,
    next: i64,
}

impl Raw {
    fn of(bytes: &[u8; RECORD_BYTES]) -> Raw {
        Raw {
            time: u32_at(bytes, 0),
            object: u64_at(bytes, 4),
            size: u32_at(bytes, 12),
            next: u64_at(bytes, 16) as i64,
        }
    }

    /// When it came, by the trace's clock.
    fn at(&self) -> Nanos {
        Nanos::from_secs(u64::from(self.time))
    }

    /// When the object comes next, after the request of this number; `None` where that lies behind.
    fn next(&self, number: u64) -> Option<Next> {
        match self.next {
            -1 | i64::MAX => Some(Next::Never),
            ahead => u64::try_from(ahead).ok().filter(|&ahead| ahead > number).map(Next::At),
        }
    }
}

/// Records one after the other. See the [module](self).
pub struct Oracle<R> {
    reader: R,
    number: u64,
    /// Whole records as the reader had them at hand, and how far they are read; the last one may be cut off.
    block: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Oracle<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Oracle<R> {
        Oracle { reader, number: 0, block: Vec::new(), at: 0 }
    }

    #[cold]
    fn wrong(&self, problem: Problem) -> TraceError {
        TraceError { place: Place::Record(self.number), problem }
    }

    /// The next record.
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        let Some(raw) = self.raw()? else { return Ok(Step::End) };
        let mut record = Record { at: Some(raw.at()), ..Record::default() };
        self.record(&mut record, &raw, NumberIds::NO_GUESS, keys)?;
        Ok(Step::Record(record))
    }

    /// The next records, with their times in order, in the first places of `block`, where there is nothing but such records:
    /// how many; none at the end.
    pub fn read_block(
        &mut self,
        keys: &mut Table,
        order: &mut Order,
        block: &mut [Record],
    ) -> Result<usize, TraceError> {
        let mut guesses = [NumberIds::NO_GUESS; GUESSES];
        let at_hand = self.block[self.at..].as_chunks().0;
        let (most, sample) = (block.len().min(GUESSES), keys.sample);
        for (guess, bytes) in guesses.iter_mut().zip(at_hand).take(most) {
            let object = Raw::of(bytes).object;
            *guess = if sample.has_number(object) { keys.numbers.guess(object) } else { NOT_SAMPLED };
        }
        for (count, (place, guess)) in block.iter_mut().zip(guesses).enumerate() {
            let Some(raw) = self.raw()? else { return Ok(count) };
            let at = order.take(raw.at(), Place::Record(self.number), &[]);
            let at = at.map_err(|problem| self.wrong(problem))?;
            if guess != NOT_SAMPLED && sample.has_number(raw.object) {
                place.at = Some(at);
                self.record(place, &raw, guess, keys)?;
            } else {
                // Of a small sample that is nearly all; the rest of a record would take longer to write than to read.
                self.next(&raw)?;
                (place.key, place.size) = (NOT_SAMPLED, Some(raw.size));
            }
        }
        Ok(most)
    }

    /// The next record's fields.
    #[inline(always)]
    fn raw(&mut self) -> Result<Option<Raw>, TraceError> {
        self.number += 1;
        if self.at == self.block.len() {
            self.refill()?;
        }
        let Some(bytes) = self.block[self.at..].first_chunk() else { return self.end().map(|()| None) };
        self.at += RECORD_BYTES;
        Ok(Some(Raw::of(bytes)))
    }

    /// Takes all whole records that the reader has at hand, or else waits for one.
    fn refill(&mut self) -> Result<(), TraceError> {
        let number = self.number;
        let unread = |error| TraceError { place: Place::Record(number), problem: Problem::Read(error) };
        self.block.clear();
        self.at = 0;
        let held = match self.reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => &[],
            held => held.map_err(unread)?,
        };
        // What is in memory already comes as a whole, however long it is.
        let held = &held[..held.len().min(BLOCK_BYTES)];
        let whole = held.len() - held.len() % RECORD_BYTES;
        if whole > 0 {
            self.block.extend_from_slice(&held[..whole]);
            self.reader.consume(whole);
        } else {
            let mut one = [0; RECORD_BYTES];
            let filled = read_up_to(&mut self.reader, &mut one).map_err(unread)?;
            self.block.extend_from_slice(&one[..filled]);
        }
        Ok(())
    }

    /// What it means that there is no whole record any more.
    #[cold]
    fn end(&self) -> Result<(), TraceError> {
        match self.block.len() {
            0 if self.number == 1 => {
                let wanted = Phrase::fixed("one record of 24 bytes", "24바이트 레코드 하나");
                Err(self.wrong(Problem::EmptyTrace(wanted)))
            }
            0 => Ok(()),
            cut => {
                let found = phrase!("a record of {cut} bytes, where the file ends,", "파일 끝의 {cut}바이트 레코드");
                let expected = Phrase::fixed(
                    "a record of 24 (is the file cut off, or of another format?)",
                    "24바이트 레코드(파일이 잘렸거나 다른 형식인지 확인하세요)",
                );
                Err(self.wrong(Problem::Expected { found, expected }))
            }
        }
    }

    /// Puts what the fields say, but for the time, in the place of a record of the same format, whose other parts are empty
    /// for ever: to write the whole would take longer than all else here.
    #[inline(always)]
    fn record(&self, place: &mut Record, raw: &Raw, guess: u32, keys: &mut Table) -> Result<(), TraceError> {
        let next = self.next(raw)?;
        let key =
            if keys.sample.has_number(raw.object) { keys.numbers.id_or(guess, raw.object) } else { Some(NOT_SAMPLED) };
        let Some(key) = key else { return Err(self.wrong(keys.numbers.full())) };
        (place.key, place.name, place.size, place.next) = (key, name_of(raw.object), Some(raw.size), next);
        Ok(())
    }

    #[inline(always)]
    fn next(&self, raw: &Raw) -> Result<Next, TraceError> {
        // Requests are numbered from 0 or from 1; in both, what comes next has a number of at least this one's from 1.
        raw.next(self.number - 1).ok_or_else(|| self.behind(raw))
    }

    #[cold]
    fn behind(&self, raw: &Raw) -> TraceError {
        let (number, next) = (self.number, raw.next);
        let found = phrase!("the next access {next}", "다음 접근 {next}");
        let expected = phrase!(
            "the number of a later request than this, {number}, or -1",
            "이 요청({number}번) 뒤의 요청 번호 또는 -1"
        );
        self.wrong(Problem::Expected { found, expected })
    }
}

fn u32_at(bytes: &[u8; RECORD_BYTES], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8; RECORD_BYTES], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}
