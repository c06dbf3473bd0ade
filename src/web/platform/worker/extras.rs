//! What only the whole page asks of its worker: to read traces, to tell how something came about, runs of many, searches and
//! curves. Each is worked at for a while, and then the page hears how far it is.

use std::io::Cursor;
use std::rc::Rc;
use std::sync::Arc;

use super::{Extras, NOT_HERE, Work, refused, to_be_opened};
use crate::experiment::capacity::{Found, Halt, Seeking, Survey};
use crate::experiment::curve::{Curving, Origin, Scouting};
use crate::experiment::harm::numbers;
use crate::experiment::seeds::WholeRun;
use crate::experiment::telling::Telling;
use crate::experiment::when::{self, When};
use crate::ledger::Case;
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Eviction, Keys, Scenario};
use crate::story::Story;
use crate::web::platform::clock::now_ms;
use crate::web::platform::protocol::{FromWorker, Progress, ToWorker, TraceFacts};
use crate::web::state::capacity::search;
use crate::web::state::curve::{CurveAsk, CurveOutcome};
use crate::web::state::jobs::Which;
use crate::web::state::when::MOMENTS;
use crate::workload::trace::{Records, Trace, TraceBuilder, TraceError};

/// A trace, and its file's name.
type NamedTrace = (String, Arc<Trace>);

/// A run of many that has not come to its end: what it was asked for, which it is, and the run.
type RunOfMany = (Which, WholeRun);

/// The same of a search.
type SearchOfMany = (Which, Seeking);

/// What is searched: the scenario, the lane, and what the first seed has found where it is another one.
type Sought = (Box<Scenario>, u32, Option<Box<(u32, Found)>>);

/// The same of a curve.
type CurveOfMany = (Which, CurveJob);

/// The same of a search by runs wound back.
type WindingOfMany = (Which, when::Search);

/// What is searched: the scenario, the lane, what came about, and with which forks.
type Wound = (Box<Scenario>, usize, Box<Story>, (u32, u32));

/// All there is.
#[derive(Default)]
pub struct Everything {
    /// The story that is being told, and which it is.
    telling: Option<(usize, Case, Telling)>,
    /// Of many runs the one that is under way.
    measuring: Option<RunOfMany>,
    /// Of many searches likewise.
    seeking: Option<SearchOfMany>,
    /// And of those by runs wound back.
    winding: Option<WindingOfMany>,
    /// Of many curves likewise.
    curving: Option<CurveOfMany>,
    /// The file that curves are of, by its name.
    held: Option<(String, Rc<[u8]>)>,
    /// The trace that was read last, by its file's name.
    trace: Option<NamedTrace>,
    /// The trace that is being read, and its file's name.
    reading: Option<(String, Reading)>,
}

impl Extras for Everything {
    fn answer(&mut self, said: ToWorker, work: Option<&Work>) -> FromWorker {
        match said {
            ToWorker::Open { name, bytes } => {
                self.reading = None;
                match Reading::open(&name, bytes) {
                    Ok(reading) => self.read_on(name, reading),
                    Err(error) => unreadable(&name, &error),
                }
            }
            ToWorker::Continue => match self.reading.take() {
                Some((name, reading)) => self.read_on(name, reading),
                None => FromWorker::Unreadable {
                    why: Phrase::fixed("there is no trace to read", "읽을 트레이스가 없습니다"),
                },
            },
            ToWorker::Cancel => {
                self.reading = None;
                FromWorker::Cancelled
            }
            ToWorker::Tell { generation, lane, case } => match work {
                Some(work) => self.tell(work, lane, case),
                None => refused(generation, Phrase::fixed("there is nothing to tell", "설명할 실험이 없습니다")),
            },
            ToWorker::Hold { name, bytes } => {
                self.held = Some((name, bytes));
                FromWorker::Here
            }
            said => self.one_of_many(said),
        }
    }

    fn begin(&mut self, keys: &Keys) -> Option<Arc<Trace>> {
        self.telling = None;
        self.trace_of(keys)
    }
}

impl Everything {
    /// The trace that these keys replay, where it was read.
    fn trace_of(&self, keys: &Keys) -> Option<Arc<Trace>> {
        let Keys::Trace { file, .. } = keys else { return None };
        self.trace.as_ref().filter(|(name, _)| name == file).map(|(_, trace)| trace.clone())
    }

    fn read_on(&mut self, name: String, mut reading: Reading) -> FromWorker {
        match reading.read_on() {
            Ok(false) => {
                let progress = reading.progress();
                self.reading = Some((name, reading));
                FromWorker::Reading(progress)
            }
            Ok(true) => match reading.finish() {
                Ok(trace) => {
                    let facts = TraceFacts::of(&trace);
                    self.trace = Some((name, Arc::new(trace)));
                    FromWorker::Opened(facts)
                }
                Err(error) => unreadable(&name, &error),
            },
            Err(error) => unreadable(&name, &error),
        }
    }

    /// Goes on with a story, or begins with it.
    fn tell(&mut self, work: &Work, lane: usize, case: Case) -> FromWorker {
        let start = now_ms();
        let generation = work.generation;
        let begun = self.telling.take().filter(|(of, what, _)| (*of, *what) == (lane, case));
        let scenario = work.experiment.scenario();
        if lane >= scenario.lanes.len() {
            return refused(generation, Phrase::fixed("there is no such lane", "그런 레인이 없습니다"));
        }
        let mut telling = begun.map_or_else(
            || {
                let named = matches!(scenario.clients.keys, Keys::Trace { .. });
                let trace = self.trace.as_ref().filter(|_| named).map(|(_, trace)| trace.clone());
                Telling::new(scenario, trace, lane, case)
            },
            |(.., telling)| telling,
        );
        match telling.advance(|| now_ms() - start >= TELLING_MS) {
            Ok(None) => {
                self.telling = Some((lane, case, telling));
                FromWorker::Telling { generation }
            }
            Ok(Some(told)) => FromWorker::Told { generation, told: Box::new(told) },
            Err(error) => refused(generation, error.phrase()),
        }
    }

    /// What a crew is asked for.
    fn one_of_many(&mut self, said: ToWorker) -> FromWorker {
        match said {
            ToWorker::Measure { generation, run, scenario, steps } => {
                let trace = self.trace_of(&scenario.clients.keys);
                measure(&mut self.measuring, (generation, run), (&scenario, trace), steps)
            }
            ToWorker::Seek { generation, job, scenario, lane, after } => {
                seek(&mut self.seeking, (generation, job), (scenario, lane, after))
            }
            ToWorker::Wind { generation, job, scenario, lane, story, forks } => {
                let trace = self.trace_of(&scenario.clients.keys);
                wind(&mut self.winding, (generation, job), (scenario, lane, story, forks), trace)
            }
            ToWorker::Curve { generation, job, scenario, file, ask } => {
                let held = self.held.as_ref().filter(|(name, _)| file.as_ref() == Some(name));
                let origin = match (file, held) {
                    (None, _) => Origin::Scenario(scenario),
                    (Some(_), Some((name, bytes))) => Origin::File(name.clone(), bytes.clone()),
                    (Some(file), None) => return refused(generation, to_be_opened(&file)),
                };
                curve(&mut self.curving, (generation, job), origin, ask)
            }
            _ => refused(0, NOT_HERE),
        }
    }
}

fn unreadable(name: &str, error: &TraceError) -> FromWorker {
    let why = error.phrase();
    FromWorker::Unreadable { why: phrase!("{name}: {why}", "{name}: {why}", why) }
}

/// Goes on with that run of many, or begins with it, and with nothing else: one at a time is held.
fn measure(
    under_way: &mut Option<RunOfMany>,
    which: Which,
    (scenario, trace): (&Scenario, Option<Arc<Trace>>),
    steps: bool,
) -> FromWorker {
    let start = now_ms();
    let (generation, run) = which;
    let begun = under_way.take().filter(|(other, _)| *other == which);
    let begin = || WholeRun::begin(scenario, trace).map(|run| if steps { run.keeping_steps() } else { run });
    let mut whole = match begun.map_or_else(begin, |(_, whole)| Ok(whole)) {
        Ok(whole) => whole,
        Err(error) => return refused(generation, error.phrase()),
    };
    match whole.advance(|| now_ms() - start >= MEASURING_MS) {
        Ok(None) => {
            *under_way = Some((which, whole));
            FromWorker::Measuring { generation, run }
        }
        Ok(Some(report)) => {
            FromWorker::Measured { generation, run, numbers: numbers(&report), steps: whole.take_steps() }
        }
        Err(error) => refused(generation, error.phrase()),
    }
}

/// The same with a search.
fn seek(under_way: &mut Option<SearchOfMany>, which: Which, (scenario, lane, after): Sought) -> FromWorker {
    let start = now_ms();
    let (generation, job) = which;
    let begun = under_way.take().filter(|(other, _)| *other == which).map(|(_, seeking)| seeking);
    let begin = || {
        Survey::new(&scenario, lane as usize, &search()).map(|survey| Seeking::begin(survey, after.map(|both| *both)))
    };
    let mut seeking = match begun.map_or_else(begin, Ok) {
        Ok(seeking) => seeking,
        Err(why) => return refused(generation, why),
    };
    match seeking.advance(|| now_ms() - start >= MEASURING_MS) {
        Ok(None) => {
            let runs = seeking.runs();
            *under_way = Some((which, seeking));
            FromWorker::Seeking { generation, job, runs }
        }
        Ok(Some(found)) => FromWorker::Sought { generation, job, found: Box::new(found) },
        Err(Halt::Cannot(error)) => refused(generation, error.phrase()),
        Err(Halt::Stopped) => refused(generation, Phrase::fixed("stopped", "중단되었습니다")),
    }
}

/// The same with a search by runs wound back.
fn wind(
    under_way: &mut Option<WindingOfMany>,
    which: Which,
    (scenario, lane, story, forks): Wound,
    trace: Option<Arc<Trace>>,
) -> FromWorker {
    let start = now_ms();
    let (generation, job) = which;
    let begun = under_way.take().filter(|(other, _)| *other == which).map(|(_, search)| search);
    let begin = || When::of((&scenario, trace), (lane, *story), MOMENTS).map(|when| when::Search::begin(when, forks));
    let mut search = match begun.map_or_else(begin, Ok) {
        Ok(search) => search,
        Err(when::Halt::Cannot(error)) => return refused(generation, error.phrase()),
        Err(_) => return refused(generation, Phrase::fixed("of this nothing is asked", "이 사례는 찾을 수 없습니다")),
    };
    match search.advance(|| now_ms() - start >= MEASURING_MS) {
        None => {
            let runs = search.runs();
            *under_way = Some((which, search));
            FromWorker::Winding { generation, job, runs }
        }
        Some(tallies) => FromWorker::Wound { generation, job, tallies },
    }
}

/// What a worker is at of a curve.
enum CurveJob {
    Scout(Scouting),
    Play(Curving),
}

impl CurveJob {
    fn begin(origin: Origin, ask: CurveAsk) -> Result<CurveJob, Phrase> {
        match ask {
            CurveAsk::Scout => Ok(CurveJob::Scout(Scouting::begin(origin)?)),
            CurveAsk::Play { policy, capacities, scouted } => {
                let unknown = |_| phrase!("{policy}: there is no such policy", "{policy}: 그런 정책은 없습니다");
                let named = policy.parse::<Eviction>().map_err(unknown)?;
                Ok(CurveJob::Play(Curving::begin(origin, named, &capacities, scouted)?))
            }
        }
    }

    fn advance(&mut self, stop: impl FnMut() -> bool) -> Result<Option<CurveOutcome>, Phrase> {
        match self {
            CurveJob::Scout(scouting) => Ok(scouting.advance(stop)?.map(CurveOutcome::Scouted)),
            CurveJob::Play(curving) => Ok(curving.advance(stop)?.map(CurveOutcome::Played)),
        }
    }

    fn share(&self) -> f64 {
        match self {
            CurveJob::Scout(scouting) => scouting.share(),
            CurveJob::Play(curving) => curving.share(),
        }
    }
}

/// The same with a curve.
fn curve(under_way: &mut Option<CurveOfMany>, which: Which, origin: Origin, ask: CurveAsk) -> FromWorker {
    let start = now_ms();
    let (generation, job) = which;
    let begun = under_way.take().filter(|(other, _)| *other == which).map(|(_, begun)| begun);
    let mut of_many = match begun.map_or_else(|| CurveJob::begin(origin, ask), Ok) {
        Ok(of_many) => of_many,
        Err(why) => return refused(generation, why),
    };
    match of_many.advance(|| now_ms() - start >= MEASURING_MS) {
        Ok(None) => {
            let percent = (100.0 * of_many.share()) as u32;
            *under_way = Some((which, of_many));
            FromWorker::Curving { generation, job, percent }
        }
        Ok(Some(outcome)) => FromWorker::Curved { generation, job, outcome },
        Err(why) => refused(generation, why),
    }
}

/// How long a run of many is worked at until the page hears of it, in milliseconds.
const MEASURING_MS: f64 = 90.0;

/// How long a story is worked at until the page may ask for something else, in milliseconds.
const TELLING_MS: f64 = 90.0;

/// How long a trace is read on until the page is told how far it is, in milliseconds; and how much at once, in bytes
/// after unpacking.
const READING_MS: f64 = 60.0;
const READING_BYTES: u64 = 1 << 17;

/// A trace, as far as it was read.
struct Reading {
    builder: TraceBuilder<'static>,
    total: u64,
}

impl Reading {
    fn open(name: &str, bytes: Rc<[u8]>) -> Result<Reading, TraceError> {
        let total = bytes.len() as u64;
        let records = Records::open(name, Cursor::new(bytes), None)?;
        Ok(Reading { builder: TraceBuilder::new(records), total })
    }

    /// How far it is.
    fn progress(&self) -> Progress {
        Progress { done: self.builder.bytes_read(), total: self.total }
    }

    /// Reads on for a while; true at the end.
    fn read_on(&mut self) -> Result<bool, TraceError> {
        let start = now_ms();
        while now_ms() - start < READING_MS {
            if self.builder.advance(READING_BYTES)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The trace, at the end.
    fn finish(self) -> Result<Trace, TraceError> {
        self.builder.finish()
    }
}
