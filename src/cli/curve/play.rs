//! Requests through many caches at once: read once, played on all cores.
//!
//! ```text
//! file or scenario ──▶ reader ──▶ blocks of requests ──▶ each worker: some of the caches
//!                        ▲                                  │
//!                        └── which keys are remembered ◀────┘
//! ```
//!
//! A cache stays on the thread that made it. All caches see all requests of their [share](Shares) of the keys in order, so what
//! they count does not depend on the number of threads. All capacities of LRU that play one share are one [`Stack`], where
//! that is exact.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};

use super::super::choices::{Capacity, Choice};
use super::super::replay::{Ahead, Options, Playing, Sweep};
use super::super::{Failure, input};
use crate::cache::counts::ReplayCounts;
use crate::cache::stack::{Mortal, Stack};
use crate::experiment::curve::{BLOCK_MAX, Clock, Look, Scouted, Shares, Source, gives_life, looks_up};
use crate::keyspace::{Command, Expiry, Only};
use crate::scenario::Eviction;
use crate::time::Nanos;
use crate::workload::trace::{Misses, NOT_SAMPLED, Record, TraceError};

/// Requests that go from the reader to the workers at once.
const BLOCK: usize = 2_048;
/// Blocks that may wait for a worker.
const WAITING: usize = 4;

/// Capacities of LRU that one stack of entries that expire is for.
const MORTAL_AT_ONCE: usize = 16;

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

    /// Looks to the end.
    pub fn look(&self, mut look: Look) -> Result<Scouted, Failure> {
        let progress = self.progress(look.source());
        let scouted = look.advance(|source| {
            progress.at(|| source.read_so_far());
            false
        });
        progress.finish();
        let scouted = scouted.map_err(|error| self.unread(&error))?;
        scouted.ok_or_else(|| Failure::Failed("it has stopped on its way".to_owned()))
    }

    /// What misses do.
    pub fn misses(&self, source: &Source) -> Misses {
        match source {
            Source::Trace(records) => self.options.misses(records),
            Source::Drawn(_) => source.misses(),
        }
    }

    fn unread(&self, error: &TraceError) -> Failure {
        self.options.told(self.file, error)
    }

    fn refused(&self, sentence: &str) -> Failure {
        Failure::Input(format!("{}: {sentence}", self.file))
    }
}

/// What all caches counted.
pub struct Played {
    /// In the order of the choices.
    pub counts: Vec<ReplayCounts>,
    /// Look-ups of all keys, sampled or not.
    pub requests: u64,
    /// Whether entries may have expired.
    pub expire: bool,
    /// What the reader should know of the file.
    pub notes: Vec<String>,
}

/// Plays all requests of `source` through every cache, each the share of the keys that its rate says; `None` where a request
/// came that a stack cannot take, and nothing is known: then it has to be done again without stacks.
pub fn play(
    choices: &[Choice],
    rates: &[f64],
    mut source: Source,
    told: Told<'_>,
    stacks: bool,
) -> Result<Option<Played>, Failure> {
    let misses = told.misses(&source);
    let stacks = stacks && misses == Misses::Fill;
    let mortal = source.may_expire() || told.options.ttl.is_some();
    let jobs = jobs(choices, rates, stacks, mortal);
    let threads = rayon::current_num_threads().min(jobs.len());
    let knows_next = source.knows_next();
    let mut shares = Shares::of(rates.iter().copied());
    std::thread::scope(|scope| {
        let mut senders = Vec::new();
        let mut workers = Vec::new();
        for number in 0..threads {
            let jobs: Vec<&Job> = jobs.iter().skip(number).step_by(threads).collect();
            let (sender, receiver) = mpsc::sync_channel(WAITING);
            senders.push(sender);
            let begin = move |choice: &Choice| told.options.begin(choice, knows_next, misses);
            workers.push(scope.spawn(move || work(&jobs, choices, begin, &receiver, told.options)));
        }
        let ahead = choices.iter().any(|choice| choice.policy == Eviction::Opt) && !knows_next;
        let mut reader = Reader {
            told,
            workers: senders,
            misses,
            ahead: ahead.then(|| shares.all().iter().map(|_| Ahead::default()).collect()),
            shares,
            sweep: Sweep::default(),
            fits: !stacks || source.fits_stack(),
            has_stack: jobs.iter().any(|job| matches!(job.kind, Kind::Lru(..))),
            has_sizes: false,
            tick: clock(told.options, 1.0).tick,
            requests: 0,
            expire: told.options.ttl.is_some(),
            keys: 0,
        };
        let fits = reader.read(&mut source)?;
        if fits {
            reader.end(choices)?;
        }
        let (requests, expire) = (reader.requests, reader.expire);
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
        Ok(fits.then_some(Played { counts, requests, expire, notes }))
    })
}

/// The clock that the options say, for what plays this share of the keys: of a sample all requests say when they come.
pub fn clock(options: &Options, rate: f64) -> Clock {
    let tick = Nanos::from_secs_f64(1.0 / options.rate.unwrap_or(1_000.0));
    Clock::new(rate < 1.0 || options.own_clock(), tick, options.ttl)
}

/// What one worker does besides others.
struct Job {
    /// The share of the keys that it plays.
    rate: f64,
    kind: Kind,
}

/// By the numbers of choices.
enum Kind {
    Cache(usize),
    /// All of LRU, and whether entries may expire.
    Lru(Vec<usize>, bool),
}

/// One job for each cache, but one for all of LRU that plays the same share.
fn jobs(choices: &[Choice], rates: &[f64], stacks: bool, mortal: bool) -> Vec<Job> {
    let in_stack =
        |choice: &Choice| stacks && choice.policy == Eviction::Lru && matches!(choice.capacity, Capacity::Entries(_));
    let (lru, others): (Vec<usize>, Vec<usize>) = (0..choices.len()).partition(|&number| in_stack(&choices[number]));
    // Of entries that expire each capacity costs something.
    let at_once = if mortal { MORTAL_AT_ONCE } else { usize::MAX };
    let mut jobs = Vec::new();
    // A stack takes longest.
    for share in Shares::of(rates.iter().copied()).all() {
        let own: Vec<usize> = lru.iter().copied().filter(|&number| rates[number] == share.rate).collect();
        let kinds = own.chunks(at_once).map(|numbers| Kind::Lru(numbers.to_vec(), mortal));
        jobs.extend(kinds.map(|kind| Job { rate: share.rate, kind }));
    }
    jobs.extend(others.into_iter().map(|number| Job { rate: rates[number], kind: Kind::Cache(number) }));
    jobs
}

/// What the reader tells a worker.
enum Message {
    /// Requests of the share of this rate.
    Block(f64, Arc<Vec<Record>>),
    /// Everything until now is as if misses had left the caches alone.
    LeaveMisses,
    /// Which of so many keys do the caches remember?
    Remembered(u32, Sender<Vec<bool>>),
    /// That was all; the keys of all requests by rate, for those that must know them, and whether misses left the caches
    /// alone.
    End(Arc<Vec<(f64, Vec<u32>)>>, bool),
}

/// A cache on a worker, or all those of LRU.
struct Part {
    rate: f64,
    clock: Clock,
    caches: Caches,
}

/// By the numbers of their choices.
enum Caches {
    Cache(usize, Playing),
    Lru(Vec<(usize, u32)>, Box<Stack>),
    Mortal(Vec<(usize, u32)>, Box<Mortal>),
}

impl Caches {
    fn new(kind: &Kind, choices: &[Choice], begin: impl Fn(&Choice) -> Playing) -> Caches {
        match kind {
            Kind::Cache(number) => Caches::Cache(*number, begin(&choices[*number])),
            Kind::Lru(numbers, mortal) => {
                let entries = |&number: &usize| match choices[number].capacity {
                    Capacity::Entries(entries) => Some((number, entries)),
                    Capacity::Bytes(_) => None,
                };
                let all: Vec<(usize, u32)> = numbers.iter().filter_map(entries).collect();
                let capacities: Vec<u32> = all.iter().map(|(_, entries)| *entries).collect();
                if *mortal {
                    return Caches::Mortal(all, Box::new(Mortal::of(capacities)));
                }
                Caches::Lru(all, Box::new(Stack::to(capacities.into_iter().max().unwrap_or(1))))
            }
        }
    }

    fn play(&mut self, block: &[Record], clock: &mut Clock) {
        match self {
            Caches::Cache(_, playing) => playing.play(block, clock.is_own),
            Caches::Lru(_, stack) => {
                for record in block {
                    match record.command {
                        None | Some(Command::Read) => drop(stack.request(record.key)),
                        Some(Command::Delete) => stack.remove(record.key),
                        Some(_) => drop(stack.put(record.key)),
                    }
                }
            }
            Caches::Mortal(_, stack) => {
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
            Caches::Cache(_, playing) => note(&|key| playing.remembers(key)),
            Caches::Lru(_, stack) => {
                stack.compact();
                note(&|key| stack.remembers(key));
            }
            Caches::Mortal(_, stack) => {
                stack.compact();
                note(&|key| stack.remembers(key));
            }
        }
    }

    fn counts(&self, keys: &[u32], leaves: bool) -> Vec<(usize, ReplayCounts)> {
        match self {
            Caches::Cache(number, playing) => vec![(*number, playing.counts(keys, leaves))],
            Caches::Lru(all, stack) => all.iter().map(|&(number, entries)| (number, stack.counts(entries))).collect(),
            Caches::Mortal(all, stack) => {
                all.iter().filter_map(|&(number, entries)| Some((number, stack.counts(entries)?))).collect()
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
    options: &Options,
) -> Vec<(usize, ReplayCounts)> {
    let part = |job: &&Job| {
        let clock = clock(options, job.rate);
        Part { rate: job.rate, clock, caches: Caches::new(&job.kind, choices, &begin) }
    };
    let mut parts: Vec<Part> = jobs.iter().map(part).collect();
    for message in messages {
        match message {
            Message::Block(rate, block) => {
                let own = parts.iter_mut().filter(|part| part.rate == rate);
                own.for_each(|part| part.caches.play(&block, &mut part.clock));
            }
            Message::LeaveMisses => parts.iter_mut().for_each(|part| match &mut part.caches {
                Caches::Cache(_, playing) => playing.leave_misses_after_all(),
                Caches::Lru(..) | Caches::Mortal(..) => {
                    unreachable!("a stack is made only where misses fill whatever comes")
                }
            }),
            Message::Remembered(keys, answer) => {
                let mut remembered = vec![false; keys as usize];
                parts.iter_mut().for_each(|part| part.caches.remembers(keys, &mut remembered));
                // A reader that has gone does not want to know.
                let _ = answer.send(remembered);
            }
            Message::End(keys, leaves) => {
                let of = |part: &Part| {
                    let keys = keys.iter().find(|(rate, _)| *rate == part.rate).map_or(&[][..], |(_, keys)| keys);
                    part.caches.counts(keys, leaves)
                };
                return parts.iter().flat_map(of).collect();
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
    shares: Shares,
    /// Of each share.
    ahead: Option<Vec<Ahead>>,
    sweep: Sweep,
    /// Whether every request fits a stack, without looking at it.
    fits: bool,
    has_stack: bool,
    has_sizes: bool,
    /// The time from one request to the next, where they do not say when they come.
    tick: Nanos,
    requests: u64,
    /// Whether some entry has been given a life.
    expire: bool,
    /// One more than the greatest key so far.
    keys: u32,
}

impl Reader<'_> {
    /// Reads all requests; false when one does not fit a stack.
    fn read(&mut self, source: &mut Source) -> Result<bool, Failure> {
        let progress = self.told.progress(source);
        let mut block = vec![Record::default(); BLOCK_MAX];
        loop {
            let room = match source {
                Source::Trace(records) => self.sweep.room(records),
                Source::Drawn(_) => BLOCK_MAX,
            };
            let Some(count) = source.read(&mut block[..room]).map_err(|error| self.told.unread(&error))? else { break };
            for record in &mut block[..count] {
                if !self.take(record, source)? {
                    return Ok(false);
                }
            }
            progress.at(|| source.read_so_far());
            if let Source::Trace(records) = source
                && self.ahead.is_none()
                && self.sweep.is_due(records)
            {
                self.send_blocks(1)?;
                let remembered = self.remembered()?;
                let is_in = |key: u32| remembered.get(key as usize).is_none_or(|is_in| *is_in);
                self.sweep.after(records, is_in);
            }
            self.send_blocks(BLOCK)?;
        }
        self.send_blocks(1)?;
        progress.finish();
        Ok(true)
    }

    /// Looks at what was read, and puts it into the shares that have its key; false when it does not fit a stack.
    #[inline]
    fn take(&mut self, record: &mut Record, source: &Source) -> Result<bool, Failure> {
        if record.command.is_some() || record.fill_ttl.is_some() {
            self.told.options.check_expiry(self.told.file, record)?;
            self.expire |= gives_life(record);
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
        let key = record.key;
        if key == NOT_SAMPLED {
            return Ok(true);
        }
        if key < NOT_SAMPLED {
            self.keys = self.keys.max(key + 1);
        }
        let is_untold = record.at.is_none() || !self.told.options.own_clock();
        let clock = is_untold.then(|| Nanos(before.saturating_mul(self.tick.0)));
        self.shares.take(std::mem::take(record), || source.sample_hash(key), clock);
        Ok(true)
    }

    fn send(&self, message: impl Fn() -> Message) -> Result<(), Failure> {
        let gone = |_| Failure::Failed("a thread of the replay failed".to_owned());
        self.workers.iter().try_for_each(|worker| worker.send(message()).map_err(gone))
    }

    /// Sends what is in the shares that have so many requests at least.
    fn send_blocks(&mut self, least: usize) -> Result<(), Failure> {
        for number in 0..self.shares.all().len() {
            let share = &mut self.shares.all()[number];
            if share.block.len() < least {
                continue;
            }
            let (rate, room) = (share.rate, Vec::with_capacity(BLOCK + BLOCK_MAX));
            let block = Arc::new(std::mem::replace(&mut share.block, room));
            if let Some(ahead) = &mut self.ahead {
                ahead[number].take(&block).map_err(|sentence| self.told.refused(&sentence))?;
            }
            self.send(|| Message::Block(rate, block.clone()))?;
        }
        Ok(())
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
        let ahead = self.ahead.take().unwrap_or_default();
        ahead.iter().try_for_each(Ahead::check).map_err(|sentence| self.told.refused(&sentence))?;
        let rates = self.shares.all().iter().map(|share| share.rate);
        let keys = Arc::new(rates.zip(ahead).map(|(rate, ahead)| (rate, ahead.keys)).collect::<Vec<_>>());
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
