//! Requests through many caches at once: read once, played on all cores.
//!
//! ```text
//! file or scenario ──▶ reader ──▶ blocks of requests ──▶ each worker: some of the caches
//!                        ▲                                  │
//!                        └── which keys are remembered ◀────┘
//! ```
//!
//! A cache stays on the thread that made it. All caches see all requests in order, so what they count does not depend on the
//! number of threads. All capacities of LRU are one [`Stack`], where that is exact.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};

use super::super::choices::{Capacity, Choice};
use super::super::replay::{Ahead, BLOCK_MAX, Options, Playing, Sweep};
use super::super::{Failure, input};
use crate::cache::counts::ReplayCounts;
use crate::cache::stack::{Mortal, Stack};
use crate::experiment::curve::{Drawn, looks_up};
use crate::keyspace::{Command, Expiry, Only};
use crate::scenario::Eviction;
use crate::time::Nanos;
use crate::workload::trace::{Format, Misses, NOT_SAMPLED, Record, Records};

/// Requests that go from the reader to the workers at once.
const BLOCK: usize = 2_048;
/// Blocks that may wait for a worker.
const WAITING: usize = 4;

/// Capacities of LRU that one stack of entries that expire is for.
const MORTAL_AT_ONCE: usize = 16;

/// Where requests come from.
pub enum Source {
    /// A trace, of which the keys in a sample are told apart.
    Trace(Box<Records<'static>>),
    /// A scenario.
    Drawn(Box<Drawn>),
}

impl Source {
    /// What misses do.
    fn misses(&self, options: &Options) -> Misses {
        match self {
            Source::Trace(records) => options.misses(records),
            Source::Drawn(_) => Misses::Fill,
        }
    }

    /// Whether it can be known before the first request that no request will be one that a [`Stack`] cannot take.
    pub fn fits_stack(&self) -> bool {
        match self {
            Source::Trace(records) => !matches!(records.format(), Format::Csv | Format::Twitter | Format::Monitor),
            Source::Drawn(_) => true,
        }
    }

    /// Whether some request may give its entry a life.
    fn may_expire(&self) -> bool {
        matches!(self, Source::Trace(records) if matches!(records.format(), Format::Csv | Format::Twitter))
    }

    /// Whether a sample of the keys can be played without the others.
    pub fn can_sample(&self) -> bool {
        !matches!(self, Source::Trace(records) if records.format() == Format::Monitor)
    }

    fn knows_next(&self) -> bool {
        matches!(self, Source::Trace(records) if records.format() == Format::OracleGeneral)
    }

    /// Bytes of a file, or requests.
    fn read_so_far(&self) -> u64 {
        match self {
            Source::Trace(records) => records.bytes_read(),
            Source::Drawn(drawn) => drawn.taken(),
        }
    }

    /// Adds some requests to `block`, at most `room`; false at the end.
    fn read(&mut self, block: &mut Vec<Record>, room: usize, told: &Told<'_>) -> Result<bool, Failure> {
        match self {
            Source::Trace(records) => {
                let begun = block.len();
                block.resize(begun + room, Record::default());
                let read = records.next_block(&mut block[begun..]);
                let count = read.map_err(|error| told.options.told(told.file, &error))?;
                block.truncate(begun + count.unwrap_or(0));
                Ok(count.is_some())
            }
            Source::Drawn(drawn) => {
                let record = drawn.take();
                let is_there = record.is_some();
                block.extend(record);
                Ok(is_there)
            }
        }
    }
}

/// Who is told of what is wrong with a file.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// How it is read.
    pub options: &'a Options,
    /// Its name.
    pub file: &'a str,
}

impl Told<'_> {
    fn progress(&self, source: &Source) -> input::Progress {
        match source {
            Source::Trace(_) => input::Progress::of_file(self.file),
            Source::Drawn(drawn) => input::Progress::of_requests(drawn.count()),
        }
    }

    fn refused(&self, sentence: &str) -> Failure {
        Failure::Input(format!("{}: {sentence}", self.file))
    }
}

/// How many requests and keys there are.
pub struct Scout {
    /// Look-ups.
    pub requests: u64,
    /// Distinct keys, of those in the sample.
    pub distinct: u64,
    /// Whether its keys can be sampled.
    pub can_sample: bool,
}

impl Scout {
    /// Reads all of it.
    pub fn of(mut source: Source, told: Told<'_>) -> Result<Scout, Failure> {
        let (progress, mut block, mut requests) = (told.progress(&source), Vec::new(), 0);
        let mut seen = Vec::new();
        while source.read(&mut block, BLOCK_MAX, &told)? {
            requests += block.iter().filter(|record| looks_up(record)).count() as u64;
            progress.at(|| source.read_so_far());
            match &source {
                Source::Trace(_) => {}
                Source::Drawn(drawn) => {
                    seen.resize(drawn.keys() as usize, false);
                    block
                        .iter()
                        .filter(|record| record.key != NOT_SAMPLED)
                        .for_each(|record| seen[record.key as usize] = true);
                }
            }
            block.clear();
        }
        progress.finish();
        let distinct = match &source {
            Source::Trace(records) => u64::from(records.distinct()),
            Source::Drawn(_) => seen.into_iter().filter(|seen| *seen).count() as u64,
        };
        Ok(Scout { requests, distinct, can_sample: source.can_sample() })
    }
}

/// What all caches counted.
pub struct Played {
    /// In the order of the choices.
    pub counts: Vec<ReplayCounts>,
    /// Look-ups of all keys, sampled or not.
    pub requests: u64,
    /// What the reader should know of the file.
    pub notes: Vec<String>,
}

/// How requests are played.
#[derive(Clone, Copy)]
pub struct How {
    /// All of LRU in a stack, where that is exact as far as is known.
    pub stacks: bool,
    /// Of a sample of the keys: requests come when they come among those of all keys.
    pub sampled: bool,
}

/// Plays all requests of `source` through every cache; `None` where a request came that a stack cannot take, and nothing is
/// known: then it has to be done again without one.
pub fn play(choices: &[Choice], mut source: Source, told: Told<'_>, how: How) -> Result<Option<Played>, Failure> {
    let misses = source.misses(told.options);
    let stacks = how.stacks && misses == Misses::Fill;
    let clock = Clock::new(told.options, how.sampled);
    let mortal = source.may_expire() || told.options.ttl.is_some();
    let jobs = jobs(choices, stacks, mortal);
    let threads = rayon::current_num_threads().min(jobs.len());
    let knows_next = source.knows_next();
    std::thread::scope(|scope| {
        let mut senders = Vec::new();
        let mut workers = Vec::new();
        for number in 0..threads {
            let jobs: Vec<&Job> = jobs.iter().skip(number).step_by(threads).collect();
            let (sender, receiver) = mpsc::sync_channel(WAITING);
            senders.push(sender);
            let begin = move |choice: &Choice| told.options.begin(choice, knows_next, misses);
            workers.push(scope.spawn(move || work(&jobs, choices, begin, &receiver, clock)));
        }
        let ahead = choices.iter().any(|choice| choice.policy == Eviction::Opt) && !knows_next;
        let mut reader = Reader {
            told,
            workers: senders,
            misses,
            ahead: ahead.then(Ahead::default),
            sweep: Sweep::default(),
            fits: !stacks || source.fits_stack(),
            has_stack: jobs.iter().any(|job| matches!(job, Job::Lru(..))),
            has_sizes: false,
            tick: how.sampled.then_some(clock.tick),
            requests: 0,
            keys: 0,
        };
        let fits = reader.read(&mut source)?;
        if fits {
            reader.end(choices)?;
        }
        let requests = reader.requests;
        drop(reader);
        let mut counts = vec![ReplayCounts::default(); choices.len()];
        for worker in workers {
            let counted = worker.join().map_err(|_| Failure::Failed("a thread of the replay failed".to_owned()))?;
            counted.into_iter().for_each(|(number, count)| counts[number] = count);
        }
        let notes = match &source {
            Source::Trace(records) => records.notes().iter().map(ToString::to_string).collect(),
            Source::Drawn(_) => Vec::new(),
        };
        Ok(fits.then_some(Played { counts, requests, notes }))
    })
}

/// What time it is in a replay.
#[derive(Clone, Copy)]
struct Clock {
    /// What requests say counts, where they say it.
    is_own: bool,
    /// Where none has said it yet: from one request to the next.
    tick: Nanos,
    /// How long entries live that nobody gave a life, in ticks.
    ttl: Option<u64>,
    /// What a request said last.
    said: Option<Nanos>,
}

impl Clock {
    fn new(options: &Options, sampled: bool) -> Clock {
        let tick = Nanos::from_secs_f64(1.0 / options.rate.unwrap_or(1_000.0));
        Clock { is_own: sampled || options.own_clock(), tick, ttl: options.ttl, said: None }
    }

    /// The moment of a request, after so many look-ups.
    fn now(&mut self, record: &Record, requests: u64) -> Nanos {
        self.said = record.at.filter(|_| self.is_own).or(self.said);
        self.said.unwrap_or(Nanos(requests.saturating_mul(self.tick.0)))
    }

    /// The last moment of an entry that lives so long, or as long as any.
    fn end(&self, now: Nanos, life: Option<Nanos>) -> Nanos {
        let any = || self.ttl.map(|ticks| Nanos(ticks.saturating_mul(self.tick.0)));
        life.or_else(any).map_or(Nanos::MAX, |life| now.saturating_add(life))
    }
}

/// What one worker does besides others, by the numbers of choices.
enum Job {
    Cache(usize),
    /// All of LRU, and whether entries may expire.
    Lru(Vec<usize>, bool),
}

/// One job for each cache, but one for all of LRU.
fn jobs(choices: &[Choice], stacks: bool, mortal: bool) -> Vec<Job> {
    let in_stack =
        |choice: &Choice| stacks && choice.policy == Eviction::Lru && matches!(choice.capacity, Capacity::Entries(_));
    let (lru, others): (Vec<usize>, Vec<usize>) = (0..choices.len()).partition(|&number| in_stack(&choices[number]));
    // Of entries that expire each capacity costs something.
    let at_once = if mortal { MORTAL_AT_ONCE } else { usize::MAX };
    // A stack takes longest.
    let stacks = lru.chunks(at_once).map(|numbers| Job::Lru(numbers.to_vec(), mortal));
    stacks.chain(others.into_iter().map(Job::Cache)).collect()
}

/// What the reader tells a worker.
enum Message {
    /// Requests.
    Block(Arc<Vec<Record>>),
    /// Everything until now is as if misses had left the caches alone.
    LeaveMisses,
    /// Which of so many keys do the caches remember?
    Remembered(u32, Sender<Vec<bool>>),
    /// That was all; the keys of all requests, for those that must know them, and whether misses left the caches alone.
    End(Arc<Vec<u32>>, bool),
}

/// A cache on a worker, or all those of LRU, by the numbers of their choices.
enum Part {
    Cache(usize, Playing),
    Lru(Vec<(usize, u32)>, Box<Stack>),
    Mortal(Vec<(usize, u32)>, Box<(Mortal, Clock)>),
}

impl Part {
    fn new(job: &Job, choices: &[Choice], begin: impl Fn(&Choice) -> Playing, clock: Clock) -> Part {
        match job {
            Job::Cache(number) => Part::Cache(*number, begin(&choices[*number])),
            Job::Lru(numbers, mortal) => {
                let entries = |&number: &usize| match choices[number].capacity {
                    Capacity::Entries(entries) => Some((number, entries)),
                    Capacity::Bytes(_) => None,
                };
                let all: Vec<(usize, u32)> = numbers.iter().filter_map(entries).collect();
                let capacities: Vec<u32> = all.iter().map(|(_, entries)| *entries).collect();
                if *mortal {
                    return Part::Mortal(all, Box::new((Mortal::of(capacities), clock)));
                }
                Part::Lru(all, Box::new(Stack::to(capacities.into_iter().max().unwrap_or(1))))
            }
        }
    }

    fn play(&mut self, block: &[Record], own_clock: bool) {
        match self {
            Part::Cache(_, playing) => playing.play(block, own_clock),
            Part::Lru(_, stack) => {
                for record in block {
                    match record.command {
                        None | Some(Command::Read) => drop(stack.request(record.key)),
                        Some(Command::Delete) => stack.remove(record.key),
                        Some(_) => drop(stack.put(record.key)),
                    }
                }
            }
            Part::Mortal(_, both) => {
                let (stack, clock) = &mut **both;
                for record in block {
                    let now = clock.now(record, stack.requests());
                    match record.command {
                        None | Some(Command::Read) => stack.request(record.key, now, clock.end(now, record.fill_ttl)),
                        Some(Command::Store { expiry: Expiry::In(life), .. }) => {
                            stack.put(record.key, clock.end(now, Some(life)));
                        }
                        Some(Command::Delete) => stack.remove(record.key),
                        Some(_) => stack.put(record.key, clock.end(now, None)),
                    }
                }
            }
        }
    }

    fn remembers(&mut self, keys: u32, remembered: &mut [bool]) {
        let note = |remembers: &dyn Fn(u32) -> bool| {
            (0..keys).zip(remembered).for_each(|(key, remembered)| *remembered |= remembers(key));
        };
        match self {
            Part::Cache(_, playing) => note(&|key| playing.remembers(key)),
            Part::Lru(_, stack) => {
                stack.compact();
                note(&|key| stack.remembers(key));
            }
            Part::Mortal(_, both) => {
                both.0.compact();
                note(&|key| both.0.remembers(key));
            }
        }
    }

    fn counts(&self, keys: &[u32], leaves: bool) -> Vec<(usize, ReplayCounts)> {
        match self {
            Part::Cache(number, playing) => vec![(*number, playing.counts(keys, leaves))],
            Part::Lru(all, stack) => all.iter().map(|&(number, entries)| (number, stack.counts(entries))).collect(),
            Part::Mortal(all, both) => {
                all.iter().filter_map(|&(number, entries)| Some((number, both.0.counts(entries)?))).collect()
            }
        }
    }
}

/// A worker, from its beginning to its end.
fn work(
    jobs: &[&Job],
    choices: &[Choice],
    begin: impl Fn(&Choice) -> Playing,
    messages: &Receiver<Message>,
    clock: Clock,
) -> Vec<(usize, ReplayCounts)> {
    let mut parts: Vec<Part> = jobs.iter().map(|job| Part::new(job, choices, &begin, clock)).collect();
    for message in messages {
        match message {
            Message::Block(block) => parts.iter_mut().for_each(|part| part.play(&block, clock.is_own)),
            Message::LeaveMisses => parts.iter_mut().for_each(|part| match part {
                Part::Cache(_, playing) => playing.leave_misses_after_all(),
                Part::Lru(..) | Part::Mortal(..) => {
                    unreachable!("a stack is made only where misses fill whatever comes")
                }
            }),
            Message::Remembered(keys, answer) => {
                let mut remembered = vec![false; keys as usize];
                parts.iter_mut().for_each(|part| part.remembers(keys, &mut remembered));
                // A reader that has gone does not want to know.
                let _ = answer.send(remembered);
            }
            Message::End(keys, leaves) => {
                return parts.iter().flat_map(|part| part.counts(&keys, leaves)).collect();
            }
        }
    }
    Vec::new()
}

/// The one who reads, and hands the requests on.
struct Reader<'a> {
    told: Told<'a>,
    workers: Vec<SyncSender<Message>>,
    misses: Misses,
    ahead: Option<Ahead>,
    sweep: Sweep,
    /// Whether every request fits a stack, without looking at it.
    fits: bool,
    has_stack: bool,
    has_sizes: bool,
    /// The time from one request to the next, where only a sample of them is played.
    tick: Option<Nanos>,
    requests: u64,
    /// One more than the greatest key so far.
    keys: u32,
}

impl Reader<'_> {
    /// Reads all requests; false when one does not fit a stack.
    fn read(&mut self, source: &mut Source) -> Result<bool, Failure> {
        let progress = self.told.progress(source);
        let mut is_more = true;
        while is_more {
            let mut block = Vec::with_capacity(BLOCK + BLOCK_MAX);
            while is_more && block.len() < BLOCK {
                let begun = block.len();
                let room = match source {
                    Source::Trace(records) => self.sweep.room(records),
                    Source::Drawn(_) => 1,
                };
                is_more = source.read(&mut block, room, &self.told)?;
                if !self.take(&mut block, begun)? {
                    return Ok(false);
                }
                progress.at(|| source.read_so_far());
                if let Source::Trace(records) = source
                    && self.ahead.is_none()
                    && self.sweep.is_due(records)
                {
                    self.send_block(std::mem::take(&mut block))?;
                    let remembered = self.remembered()?;
                    let is_in = |key: u32| remembered.get(key as usize).is_none_or(|is_in| *is_in);
                    self.sweep.after(records, is_in);
                }
            }
            self.send_block(block)?;
        }
        progress.finish();
        Ok(true)
    }

    /// Looks at what was read last, and leaves in the block what is in the sample; false when it does not fit a stack.
    fn take(&mut self, block: &mut Vec<Record>, begun: usize) -> Result<bool, Failure> {
        let mut kept = begun;
        for at in begun..block.len() {
            let record = &mut block[at];
            if record.command.is_some() || record.fill_ttl.is_some() {
                self.told.options.check_expiry(self.told.file, record)?;
                if self.has_stack && !self.fits && !fits_stack(record) {
                    return Ok(false);
                }
                if self.misses == Misses::FillUnlessItStores && record.command.as_ref().is_some_and(Command::stores) {
                    self.misses = Misses::Leave;
                    self.send(|| Message::LeaveMisses)?;
                }
            }
            self.has_sizes |= record.size.is_some();
            let before = self.requests;
            self.requests += u64::from(looks_up(record));
            if record.key == NOT_SAMPLED {
                continue;
            }
            if let Some(tick) = self.tick.filter(|_| record.at.is_none() || !self.told.options.own_clock()) {
                record.at = Some(Nanos(before.saturating_mul(tick.0)));
            }
            if record.key < NOT_SAMPLED {
                self.keys = self.keys.max(record.key + 1);
            }
            if kept != at {
                block.swap(kept, at);
            }
            kept += 1;
        }
        block.truncate(kept);
        if let Some(ahead) = &mut self.ahead {
            ahead.take(&block[begun..]).map_err(|sentence| self.told.refused(&sentence))?;
        }
        Ok(true)
    }

    fn send(&self, message: impl Fn() -> Message) -> Result<(), Failure> {
        let gone = |_| Failure::Failed("a thread of the replay failed".to_owned());
        self.workers.iter().try_for_each(|worker| worker.send(message()).map_err(gone))
    }

    fn send_block(&self, block: Vec<Record>) -> Result<(), Failure> {
        let block = Arc::new(block);
        self.send(|| Message::Block(block.clone()))
    }

    /// By key: whether some cache remembers it.
    fn remembered(&self) -> Result<Vec<bool>, Failure> {
        let (sender, answers) = mpsc::channel();
        self.send(|| Message::Remembered(self.keys, sender.clone()))?;
        drop(sender);
        let mut all = vec![false; self.keys as usize];
        for answer in answers {
            all.iter_mut().zip(answer).for_each(|(all, one)| *all |= one);
        }
        Ok(all)
    }

    /// Refuses a trace that does not suit the choices; else asks the workers for their counts.
    fn end(&mut self, choices: &[Choice]) -> Result<(), Failure> {
        let in_bytes = choices.iter().find(|choice| matches!(choice.capacity, Capacity::Bytes(_)));
        if let Some(choice) = in_bytes.filter(|_| !self.has_sizes) {
            let told = format!("--capacity {}: the trace has no sizes; give the capacity in entries", choice.capacity);
            return Err(self.told.refused(&told));
        }
        if let Some(ahead) = &self.ahead {
            ahead.check().map_err(|sentence| self.told.refused(&sentence))?;
        }
        let keys = Arc::new(self.ahead.take().map(|ahead| ahead.keys).unwrap_or_default());
        let leaves = self.misses == Misses::Leave;
        self.send(|| Message::End(keys.clone(), leaves))
    }
}

/// Whether a stack does with a request what a cache does.
fn fits_stack(record: &Record) -> bool {
    let fits = match &record.command {
        None | Some(Command::Read | Command::Delete) => true,
        Some(Command::Store { expiry: Expiry::Never, only: Only::Always, .. }) => true,
        Some(Command::Store { expiry: Expiry::In(life), only: Only::Always, .. }) => *life > Nanos::ZERO,
        Some(_) => false,
    };
    fits && record.transaction == 0
}
