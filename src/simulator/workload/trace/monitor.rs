//! What `redis-cli MONITOR` prints: every command a Redis server was given.
//!
//! A line is cut up by [`monitor_line`]. Lines of other programs come in between where the logs of several
//! containers are put together, others where someone types at redis-cli's prompt; a last line may be cut off. What each command does to keys is [`redis`](super::redis)' matter; those that do nothing to a key are counted by name and told.
//! An entry is as large as its key and its value.

use std::io::BufRead;

use super::commands::{Commands, DATABASE_MAX, Line};
use super::error::shown;
use super::left_out::LeftOut;
use super::lines::{self, Lines, whole};
use super::monitor_line::{self, is_around, is_noise, is_session, parts, plain, unquote};
use super::{Interner, Problem, Step, Table, TraceError};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// The longest line: values stand in it.
const LINE_BYTES_MAX: usize = 16 << 20;

/// So many lines of others may come before the first command.
const STRANGERS_MAX: u64 = 100;

/// Commands as requests. See the [module](self).
pub struct Monitor<R> {
    lines: Lines<R>,
    clients: Interner,
    commands: Commands,
    words: Vec<Vec<u8>>,
    /// The time of the line read last, as it stands there.
    time: Vec<u8>,
    /// Lines that are commands'.
    count: u64,
    /// Whether something stands before each line, as where the logs of several containers are put together.
    has_prefix: bool,
    /// Whether someone types at a prompt: answers follow, which may be anything.
    at_prompt: bool,
    /// Lines that are no command's, and the first of them.
    strangers: u64,
    first_stranger: Phrase,
    /// What is wrong with it, for a file without any command.
    first_problem: Option<TraceError>,
    /// A last line that is cut off.
    cut_off: Option<String>,
}

impl<R: BufRead> Monitor<R> {
    /// Reads from `reader`.
    pub fn new(reader: R) -> Monitor<R> {
        Monitor {
            lines: Lines::new(reader, LINE_BYTES_MAX),
            clients: Interner::default(),
            commands: Commands::default(),
            words: Vec::new(),
            time: Vec::new(),
            count: 0,
            has_prefix: false,
            at_prompt: false,
            strangers: 0,
            first_stranger: Phrase::default(),
            first_problem: None,
            cut_off: None,
        }
    }

    /// The time of the line read last, as it stands there.
    pub fn time(&self) -> &[u8] {
        &self.time
    }

    /// What the reader should know.
    pub fn notes(&self) -> Vec<Phrase> {
        let (count, first) = (self.strangers, &self.first_stranger);
        let strangers = (count > 0).then(|| {
            phrase!(
                "lines that MONITOR did not print are left out: {count} (the first is {first})",
                "MONITOR가 출력하지 않은 줄 {count}개를 제외했습니다(첫 번째: {first})",
                first
            )
        });
        let cut_off = self.cut_off.as_ref().map(|line| {
            phrase!("the last line is cut off and left out: {line}", "마지막 줄이 잘려 있어 제외했습니다: {line}")
        });
        strangers.into_iter().chain(cut_off).collect()
    }

    /// What was left out, and why.
    pub fn left_out(&self) -> &LeftOut {
        self.commands.left_out()
    }

    /// Forgets keys; see [`Records::forget`](super::Records::forget).
    pub fn forget(&mut self, keep: impl Fn(u32) -> bool, keys: &mut Table) {
        self.commands.forget(keep, keys);
    }

    /// The number of the line read last.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The next request.
    pub fn read(&mut self, keys: &mut Table) -> Result<Step, TraceError> {
        if let Some(record) = self.commands.next() {
            return Ok(Step::Record(record));
        }
        let Some(line) = self.lines.next_or_empty()? else {
            let mut none = || {
                self.first_problem.take().unwrap_or_else(|| {
                    lines::empty(Phrase::fixed("one line of MONITOR's output", "MONITOR 출력 한 줄"))
                })
            };
            return if self.count == 0 { Err(none()) } else { Ok(Step::End) };
        };
        let line = plain(line);
        let read = parts(&line).and_then(|parts| {
            unquote(parts.words, &mut self.words)?;
            self.has_prefix |= !parts.prefix.is_empty();
            self.time.clear();
            self.time.extend_from_slice(parts.time);
            let database = whole(parts.database, DATABASE_MAX).unwrap_or(0);
            let client = parts.client.map(|client| self.clients.id(client));
            Ok(Line { at: Nanos(parts.time_ns), database, client, of_script: parts.client == Some(b"lua") })
        });
        match read.and_then(|line| self.commands.take(line, &mut self.words, keys)) {
            Ok(()) => {
                self.count += 1;
                self.at_prompt = false;
            }
            Err(problem) => self.stranger(problem)?,
        }
        Ok(self.commands.next().map_or(Step::Nothing, Step::Record))
    }

    /// A line that is no command's: an error, unless other programs' lines are to be expected, or it is cut off.
    #[cold]
    fn stranger(&mut self, problem: Problem) -> Result<(), TraceError> {
        let line = plain(self.lines.present());
        self.at_prompt = is_session(&line).unwrap_or(self.at_prompt);
        if is_noise(&line) {
            return Ok(());
        }
        let is_stopped = line.ends_with(b"^C");
        let is_expected = self.has_prefix || self.count == 0 || self.at_prompt || is_around(&line);
        if self.lines.is_unfinished() && self.count > 0 && matches!(problem, Problem::Expected { .. }) {
            self.cut_off = Some(shown(&line));
        } else if is_expected && (is_stopped || !monitor_line::is_line(&line)) {
            if self.strangers == 0 {
                let (number, line) = (self.lines.number, shown(&line));
                self.first_stranger = phrase!("line {number}: {line}", "{number}행: {line}");
                self.first_problem = Some(self.lines.wrong(problem));
            }
            self.strangers += 1;
            if self.count == 0 && !self.at_prompt && self.strangers >= STRANGERS_MAX {
                return self.first_problem.take().map_or(Ok(()), Err);
            }
        } else {
            return Err(self.lines.wrong(problem));
        }
        Ok(())
    }
}
