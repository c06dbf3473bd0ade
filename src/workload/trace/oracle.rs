//! oracleGeneral: the binary traces of libCacheSim (the public collections at `s3://cache-datasets` and others).
//!
//! Records of 24 bytes, little-endian and packed: time (u32, seconds), object (u64), size (u32, bytes), and when the
//! object comes next (i64, the number of that request; −1 or the greatest number: never). The last one is what lets
//! [OPT](crate::cache::eviction::opt) look ahead without a second reading. Yang et al., libCacheSim,
//! `oracleGeneralBin.h`.

use std::io::{self, BufRead, Read};

use super::{Next, Place, Problem, Record, Table, TraceError};
use crate::time::Nanos;

const RECORD_BYTES: usize = 24;

/// Records one after the other. See the [module](self).
pub struct Oracle<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Oracle<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Oracle<R> {
        Oracle { reader, number: 0 }
    }

    fn wrong(&self, problem: Problem) -> TraceError {
        TraceError { place: Place::Record(self.number), problem }
    }

    /// The next record.
    #[inline]
    pub fn read(&mut self, keys: &mut Table) -> Result<Option<Record>, TraceError> {
        self.number += 1;
        let mut bytes = [0; RECORD_BYTES];
        let filled = fill(&mut self.reader, &mut bytes).map_err(|error| self.wrong(Problem::Read(error)))?;
        match filled {
            RECORD_BYTES => {}
            0 if self.number == 1 => return Err(self.wrong(Problem::EmptyTrace("one record of 24 bytes"))),
            0 => return Ok(None),
            cut => {
                let found = format!("a record of {cut} bytes, where the file ends,");
                let expected = "a record of 24 (is the file cut off, or of another format?)".to_owned();
                return Err(self.wrong(Problem::Expected { found, expected }));
            }
        }
        self.record(&bytes, keys).map(Some).map_err(|problem| self.wrong(problem))
    }

    fn record(&self, bytes: &[u8; RECORD_BYTES], keys: &mut Table) -> Result<Record, Problem> {
        let time = u32_at(bytes, 0);
        let object = u64_at(bytes, 4);
        let size = u32_at(bytes, 12);
        let next = u64_at(bytes, 16) as i64;
        let next = match next {
            -1 | i64::MAX => Next::Never,
            // Requests are numbered from 0 or from 1; in both, what comes next has a greater number than this one.
            ahead if ahead >= self.number as i64 => Next::At(ahead as u64),
            behind => {
                let found = format!("the next access {behind}");
                let expected = format!("the number of a later request than this, {}, or -1", self.number);
                return Err(Problem::Expected { found, expected });
            }
        };
        let at = Some(Nanos::from_secs(u64::from(time)));
        Ok(Record { key: keys.number(object)?, at, size: Some(size), next, ..Record::default() })
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

/// Reads until the buffer is full or the file ends; how much was read.
#[inline]
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
