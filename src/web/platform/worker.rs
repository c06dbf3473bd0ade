//! The worker: runs the experiment beside the page, so that the page never waits for it.
//!
//! It does nothing by itself. Every message of the page gets one answer ([`protocol`](super::protocol)), soon: it works
//! for the time it is given, and a trace is read piece by piece. What is new since the last frame is all that a frame
//! carries. What it refuses changes nothing.

use std::cell::RefCell;
use std::io::Cursor;
use std::rc::Rc;
use std::sync::Arc;

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::clock::now_ms;
use super::protocol::{Frame, FromWorker, LaneCases, Progress, Share, ToWorker, TraceFacts};
use crate::experiment::capacity::{Found, Halt, Seeking, Survey};
use crate::experiment::curve::{Curving, Origin, Scouting};
use crate::experiment::harm::numbers;
use crate::experiment::seeds::WholeRun;
use crate::experiment::telling::Telling;
use crate::experiment::when::{self, When};
use crate::experiment::{Experiment, Plan};
use crate::ledger::Case;
use crate::metrics::FIGURE_GROUP;
use crate::phrase::{Phrase, phrase};
use crate::report::{Report, Series};
use crate::scenario::{Eviction, FaultKind, FaultTarget, Keys, Link, Scenario};
use crate::story::Story;
use crate::time::Nanos;
use crate::web::state::capacity::search;
use crate::web::state::curve::{CurveAsk, CurveOutcome};
use crate::web::state::jobs::Which;
use crate::web::state::seen::kept_next;
use crate::web::state::when::MOMENTS;
use crate::workload::trace::{Records, Trace, TraceBuilder, TraceError};

/// What only the whole page asks of its worker. An embed does without it, and its worker is smaller by what stands behind
/// these: nothing else may name it.
pub struct Extras {
    open: fn(&str, Rc<[u8]>) -> Opened,
    tell: fn(&mut Work, usize, Case, Option<NamedTrace>) -> FromWorker,
    measure: fn(&mut Option<RunOfMany>, Which, &Scenario, bool) -> FromWorker,
    seek: fn(&mut Option<SearchOfMany>, Which, Sought) -> FromWorker,
    wind: fn(&mut Option<WindingOfMany>, Which, Wound) -> FromWorker,
    curve: fn(&mut Option<CurveOfMany>, Which, Origin, CurveAsk) -> FromWorker,
}

/// A file whose reading has begun.
type Opened = Result<Box<dyn ReadOn>, TraceError>;

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

/// All there is: reading traces, telling how something came about, runs of many, searches and curves.
pub static EXTRAS: Extras = Extras { open: Reading::open, tell: Work::tell, measure, seek, wind, curve };

/// Whether this program runs in a worker, not in a page.
pub fn is_worker() -> bool {
    js_sys::global().has_type::<DedicatedWorkerGlobalScope>()
}

/// Listens for the page's messages until the page closes the worker. Without `extras` it refuses what needs them.
pub fn start(extras: Option<&'static Extras>) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    tell_of_panics(scope.clone());
    let state = Rc::new(RefCell::new(WorkerState { extras, ..WorkerState::default() }));
    let answer = scope.clone();
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let reply = match heard(&event.data()) {
            Ok(said) => state.borrow_mut().handle_message(said),
            Err(error) => refused(
                0,
                phrase!("the worker could not read a message: {error}", "워커가 메시지를 읽지 못했습니다: {error}"),
            ),
        };
        send(&answer, &reply);
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
}

/// A message is a text, or a text and a file's bytes.
fn heard(data: &JsValue) -> serde_json::Result<ToWorker> {
    let Some(both) = data.dyn_ref::<js_sys::Array>() else {
        return serde_json::from_str(&data.as_string().unwrap_or_default());
    };
    let mut said = serde_json::from_str(&both.get(0).as_string().unwrap_or_default())?;
    if let ToWorker::Open { bytes, .. } | ToWorker::Hold { bytes, .. } = &mut said {
        *bytes = js_sys::Uint8Array::new(&both.get(1)).to_vec().into();
    }
    Ok(said)
}

fn send(scope: &DedicatedWorkerGlobalScope, said: &FromWorker) {
    if let Ok(text) = serde_json::to_string(said) {
        // Fails only for what cannot be cloned, and a text can.
        let _ = scope.post_message(&JsValue::from_str(&text));
    }
}

/// The page shows what a panic says; without this it would only know that the worker is gone.
fn tell_of_panics(scope: DedicatedWorkerGlobalScope) {
    struct Scope(DedicatedWorkerGlobalScope);
    let scope = Scope(scope);
    thread_local!(static SCOPE: RefCell<Option<Scope>> = const { RefCell::new(None) });
    SCOPE.with_borrow_mut(|kept| *kept = Some(scope));
    std::panic::set_hook(Box::new(|info| {
        SCOPE.with_borrow(|scope| {
            if let Some(Scope(scope)) = scope {
                send(scope, &FromWorker::Panicked { message: info.to_string() });
            }
        });
    }));
}

fn refused(generation: u32, why: Phrase) -> FromWorker {
    FromWorker::Refused { generation, why }
}

fn to_be_opened(file: &str) -> Phrase {
    phrase!(
        "this scenario replays the trace {file:?}: open that file",
        "이 시나리오는 트레이스 {file:?}를 재생합니다. 그 파일을 여세요"
    )
}

fn unreadable(name: &str, error: &TraceError) -> FromWorker {
    let why = error.phrase();
    FromWorker::Unreadable { why: phrase!("{name}: {why}", "{name}: {why}", why) }
}

/// What lies before the worker.
#[derive(Default)]
struct WorkerState {
    extras: Option<&'static Extras>,
    work: Option<Work>,
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
    reading: Option<(String, Box<dyn ReadOn>)>,
}

/// The totals, and the cases of each lane.
type Totals = (Report, Vec<LaneCases>);

/// One experiment, and how much of it the page has seen.
pub struct Work {
    generation: u32,
    experiment: Experiment,
    seen: Vec<Seen>,
    /// The totals at the moments that a reader may go back to, and the cases of each lane.
    kept: Vec<(Nanos, Totals)>,
    /// The story that is being told, and which it is.
    telling: Option<(usize, Case, Telling)>,
}

const NOT_HERE: Phrase = Phrase::fixed("only the whole page can do that", "전체 페이지에서만 할 수 있습니다");

/// What the page has of one lane.
#[derive(Clone, Copy, Default)]
struct Seen {
    buckets: usize,
    /// How often the cases had changed by then, and one more; 0 before it has any.
    cases: u64,
}

impl WorkerState {
    fn handle_message(&mut self, said: ToWorker) -> FromWorker {
        match said {
            ToWorker::Hello => FromWorker::Here,
            ToWorker::Load { generation, scenario, share } => self.load(generation, &scenario, share),
            ToWorker::Open { name, bytes } => {
                self.reading = None;
                match self.extras.map(|extras| (extras.open)(&name, bytes)) {
                    Some(Ok(reading)) => self.read_on(name, reading),
                    Some(Err(error)) => unreadable(&name, &error),
                    None => FromWorker::Unreadable { why: NOT_HERE },
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
            ToWorker::Advance { generation, to_ns, budget_ms, watch } => match self.at(generation) {
                Some(work) => {
                    work.experiment.watch(watch);
                    work.advance(Nanos(to_ns), budget_ms)
                }
                None => refused(generation, Phrase::fixed("there is no such experiment", "그런 실험이 없습니다")),
            },
            ToWorker::Recall { generation, at_ns } => match self.at(generation) {
                Some(work) => work.recall(at_ns),
                None => refused(generation, Phrase::fixed("there is no such experiment", "그런 실험이 없습니다")),
            },
            ToWorker::Inject { generation, at_ns, what, server, link, lasts } => match self.at(generation) {
                Some(work) => work.inject(Nanos(at_ns), &what, (server, link.as_deref()), lasts),
                None => {
                    refused(generation, Phrase::fixed("there is nothing to break", "장애를 주입할 실험이 없습니다"))
                }
            },
            ToWorker::Tell { generation, lane, case } => {
                let (trace, extras) = (self.trace.clone(), self.extras);
                match (self.at(generation), extras) {
                    (Some(work), Some(extras)) => (extras.tell)(work, lane, case, trace),
                    (_, None) => refused(generation, NOT_HERE),
                    (None, _) => {
                        refused(generation, Phrase::fixed("there is nothing to tell", "설명할 실험이 없습니다"))
                    }
                }
            }
            ToWorker::Measure { generation, .. }
            | ToWorker::Seek { generation, .. }
            | ToWorker::Wind { generation, .. }
            | ToWorker::Curve { generation, .. } => match self.extras {
                Some(extras) => self.one_of_many(extras, said),
                None => refused(generation, NOT_HERE),
            },
            ToWorker::Hold { name, bytes } => {
                self.held = Some((name, bytes));
                FromWorker::Here
            }
        }
    }

    /// What a crew is asked for.
    fn one_of_many(&mut self, extras: &Extras, said: ToWorker) -> FromWorker {
        match said {
            ToWorker::Measure { generation, run, scenario, steps } => {
                (extras.measure)(&mut self.measuring, (generation, run), &scenario, steps)
            }
            ToWorker::Seek { generation, job, scenario, lane, after } => {
                (extras.seek)(&mut self.seeking, (generation, job), (scenario, lane, after))
            }
            ToWorker::Wind { generation, job, scenario, lane, story, forks } => {
                (extras.wind)(&mut self.winding, (generation, job), (scenario, lane, story, forks))
            }
            ToWorker::Curve { generation, job, scenario, file, ask } => {
                let held = self.held.as_ref().filter(|(name, _)| file.as_ref() == Some(name));
                let origin = match (file, held) {
                    (None, _) => Origin::Scenario(scenario),
                    (Some(_), Some((name, bytes))) => Origin::File(name.clone(), bytes.clone()),
                    (Some(file), None) => return refused(generation, to_be_opened(&file)),
                };
                (extras.curve)(&mut self.curving, (generation, job), origin, ask)
            }
            _ => refused(0, NOT_HERE),
        }
    }

    fn at(&mut self, generation: u32) -> Option<&mut Work> {
        self.work.as_mut().filter(|work| work.generation == generation)
    }

    fn read_on(&mut self, name: String, mut reading: Box<dyn ReadOn>) -> FromWorker {
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

    fn load(&mut self, generation: u32, scenario: &Scenario, share: Share) -> FromWorker {
        let trace = match (&scenario.clients.keys, &self.trace) {
            (Keys::Trace { file, .. }, Some((name, trace))) if file == name => Some(trace.clone()),
            (Keys::Trace { file, .. }, _) => {
                return refused(generation, to_be_opened(file));
            }
            _ => None,
        };
        match Plan::new(scenario, trace) {
            Ok(plan) => {
                // Two at once may be more than there is room for.
                self.work = None;
                let lanes = share.of_lanes(scenario.lanes.len());
                let seen = vec![Seen::default(); lanes.size_hint().0];
                let experiment = plan.begin_lanes(lanes);
                experiment.keep_parts_at_end();
                let kept = vec![(Nanos::ZERO, shown_by(&experiment, seen.len()))];
                self.work.insert(Work { generation, experiment, seen, kept, telling: None }).frame()
            }
            Err(error) => refused(generation, error.phrase()),
        }
    }
}

/// The totals now, and the cases of each of so many lanes.
fn shown_by(experiment: &Experiment, lanes: usize) -> Totals {
    (experiment.report(), (0..lanes).map(|lane| LaneCases::from(&*experiment.cases(lane))).collect())
}

impl Work {
    fn advance(&mut self, to: Nanos, budget_ms: f64) -> FromWorker {
        let start = now_ms();
        // Whoever wants the end of the run wants it settled.
        let to = if to >= self.experiment.scenario().duration { Nanos::MAX } else { to };
        let mut is_over = || now_ms() - start >= budget_ms;
        loop {
            let next = self.next_kept();
            let stop = to.min(next);
            let there = self.experiment.advance(stop, &mut is_over);
            // Where nothing happens for a while, lanes that were stopped in it are past the moment already.
            if there >= next {
                self.kept.push((next, shown_by(&self.experiment, self.seen.len())));
            }
            if stop == to || there < stop || is_over() {
                return self.frame();
            }
        }
    }

    /// The next moment at which totals are kept, if there is one.
    fn next_kept(&self) -> Nanos {
        let scenario = self.experiment.scenario();
        let last = self.kept.last().map_or(Nanos::ZERO, |(at, _)| *at);
        let next = kept_next(scenario, last);
        if next < scenario.duration { next } else { Nanos::MAX }
    }

    fn recall(&self, at_ns: u64) -> FromWorker {
        let generation = self.generation;
        let told = |(report, cases)| FromWorker::Recalled { generation, at_ns, report, cases };
        match self.kept.binary_search_by_key(&Nanos(at_ns), |(at, _)| *at) {
            Ok(place) => told(self.kept[place].1.clone()),
            // Lanes that a limit has stopped stay as they are, while those of other workers go on.
            Err(_) if self.experiment.finished() => told(shown_by(&self.experiment, self.seen.len())),
            Err(_) => {
                refused(generation, Phrase::fixed("the run has not got there", "아직 그 시점까지 실행되지 않았습니다"))
            }
        }
    }

    fn frame(&mut self) -> FromWorker {
        let Work { generation, experiment, seen, .. } = self;
        let series: Vec<Series> =
            seen.iter().enumerate().map(|(lane, seen)| experiment.series(lane, seen.buckets, FIGURE_GROUP)).collect();
        let mut cases = Vec::new();
        for (lane, (seen, tail)) in seen.iter_mut().zip(&series).enumerate() {
            // The last bucket may still change: it is sent again.
            seen.buckets = (tail.first + tail.points.len()).saturating_sub(2);
            let now = experiment.cases(lane);
            let changes = now.changes() + 1;
            let changed = std::mem::replace(&mut seen.cases, changes) != changes;
            cases.push(changed.then(|| LaneCases::from(&*now)));
        }
        let mut stopped = vec![None; seen.len()];
        experiment.stopped().for_each(|(lane, why)| stopped[lane] = Some(why.phrase()));
        FromWorker::Frame(Box::new(Frame {
            generation: *generation,
            now_ns: experiment.now().0,
            finished: experiment.finished(),
            soonest_ns: experiment.soonest().0,
            unplayed: experiment.trace_played(),
            report: experiment.report(),
            stopped,
            series,
            cases,
            scenes: experiment.scenes(),
        }))
    }

    /// Goes on with a story, or begins with it.
    fn tell(&mut self, lane: usize, case: Case, trace: Option<NamedTrace>) -> FromWorker {
        let start = now_ms();
        let generation = self.generation;
        let begun = self.telling.take().filter(|(of, what, _)| (*of, *what) == (lane, case));
        let scenario = self.experiment.scenario();
        if lane >= scenario.lanes.len() {
            return refused(generation, Phrase::fixed("there is no such lane", "그런 레인이 없습니다"));
        }
        let mut telling = begun.map_or_else(
            || {
                let named = matches!(scenario.clients.keys, Keys::Trace { .. });
                Telling::new(scenario, trace.filter(|_| named).map(|(_, trace)| trace), lane, case)
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

    fn inject(&mut self, at: Nanos, what: &str, which: (Option<u32>, Option<&str>), lasts: Nanos) -> FromWorker {
        let (server, link) = which;
        let generation = self.generation;
        let link = Link::ALL.iter().copied().find(|known| Some(known.name()) == link);
        let Some(what) = FaultKind::ALL.iter().copied().find(|known| known.name() == what) else {
            return refused(generation, phrase!("{what}: there is no such fault", "{what}: 그런 장애는 없습니다"));
        };
        let which = server.map(FaultTarget::Server).or(link.map(FaultTarget::Link));
        match self.experiment.inject_at(at, what, which, lasts) {
            Ok(_) => FromWorker::Injected { generation, scenario: Box::new(self.experiment.scenario().clone()) },
            Err(error) => refused(generation, error.phrase()),
        }
    }
}

/// Goes on with that run of many, or begins with it, and with nothing else: one at a time is held.
fn measure(under_way: &mut Option<RunOfMany>, which: Which, scenario: &Scenario, steps: bool) -> FromWorker {
    let start = now_ms();
    let (generation, run) = which;
    let begun = under_way.take().filter(|(other, _)| *other == which);
    let begin = || WholeRun::begin(scenario, None).map(|run| if steps { run.keeping_steps() } else { run });
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
fn wind(under_way: &mut Option<WindingOfMany>, which: Which, (scenario, lane, story, forks): Wound) -> FromWorker {
    let start = now_ms();
    let (generation, job) = which;
    let begun = under_way.take().filter(|(other, _)| *other == which).map(|(_, search)| search);
    let begin = || When::of((&scenario, None), (lane, *story), MOMENTS).map(|when| when::Search::begin(when, forks));
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

/// A file that is being read, piece by piece.
trait ReadOn {
    /// How far it is.
    fn progress(&self) -> Progress;

    /// Reads on for a while; true at the end.
    fn read_on(&mut self) -> Result<bool, TraceError>;

    /// The trace, at the end.
    fn finish(self: Box<Self>) -> Result<Trace, TraceError>;
}

/// A trace, as far as it was read.
struct Reading {
    builder: TraceBuilder<'static>,
    total: u64,
}

impl Reading {
    fn open(name: &str, bytes: Rc<[u8]>) -> Opened {
        let total = bytes.len() as u64;
        let records = Records::open(name, Cursor::new(bytes), None)?;
        Ok(Box::new(Reading { builder: TraceBuilder::new(records), total }))
    }
}

impl ReadOn for Reading {
    fn progress(&self) -> Progress {
        Progress { done: self.builder.bytes_read(), total: self.total }
    }

    fn read_on(&mut self) -> Result<bool, TraceError> {
        let start = now_ms();
        while now_ms() - start < READING_MS {
            if self.builder.advance(READING_BYTES)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn finish(self: Box<Self>) -> Result<Trace, TraceError> {
        self.builder.finish()
    }
}
