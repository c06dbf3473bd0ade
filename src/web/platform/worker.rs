//! The worker: runs the experiment beside the page, so that the page never waits for it.
//!
//! It does nothing by itself. Every message of the page gets one answer ([`protocol`](super::protocol)), soon: it works
//! for the time it is given, and a trace is read piece by piece. What is new since the last frame is all that a frame
//! carries. What it refuses changes nothing.

pub mod extras;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::clock::now_ms;
use super::protocol::{Frame, FromWorker, LaneCases, Share, ToWorker};
use super::wire::{self, Garbled};
use crate::experiment::{Experiment, Plan};
use crate::metrics::FIGURE_GROUP;
use crate::phrase::{Phrase, phrase};
use crate::report::{Report, Series};
use crate::scenario::{FaultKind, FaultTarget, Keys, Link, Scenario};
use crate::time::Nanos;
use crate::web::state::seen::kept_next;
use crate::workload::trace::Trace;

/// Whether this program runs in a worker, not in a page.
pub fn is_worker() -> bool {
    js_sys::global().has_type::<DedicatedWorkerGlobalScope>()
}

/// Listens for the page's messages until the page closes the worker. Without `extras` it refuses what needs them.
pub fn start(extras: Option<Box<dyn Extras>>) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    tell_of_panics(scope.clone());
    let state = Rc::new(RefCell::new(WorkerState { extras, work: None }));
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

/// A message is bytes, or bytes and those of a file.
fn heard(data: &JsValue) -> Result<ToWorker, Garbled> {
    let Some(both) = data.dyn_ref::<js_sys::Array>() else { return wire::read(&wire::bytes_of(data)) };
    let mut said = wire::read(&wire::bytes_of(&both.get(0)))?;
    if let ToWorker::Open { bytes, .. } | ToWorker::Hold { bytes, .. } = &mut said {
        *bytes = wire::bytes_of(&both.get(1)).into();
    }
    Ok(said)
}

fn send(scope: &DedicatedWorkerGlobalScope, said: &FromWorker) {
    let bytes = wire::write(said).expect("what a worker says can be written");
    // Fails only for what cannot be cloned, and bytes can.
    let _ = scope.post_message(&js_sys::Uint8Array::from(&*bytes));
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

/// What only the whole page asks of its worker. An embed does without it, and its program is smaller by what stands behind
/// this: nothing else may name it.
pub trait Extras {
    /// Answers what the worker itself does not. `work` is its experiment, where the message means that one.
    fn answer(&mut self, said: ToWorker, work: Option<&Work>) -> FromWorker;

    /// An experiment with these keys begins, and the story of the former is told no further. The trace that it replays, where it
    /// was read.
    fn begin(&mut self, keys: &Keys) -> Option<Arc<Trace>>;
}

/// What lies before the worker.
struct WorkerState {
    extras: Option<Box<dyn Extras>>,
    work: Option<Work>,
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
            said => self.answer_extra(said),
        }
    }

    fn answer_extra(&mut self, said: ToWorker) -> FromWorker {
        let generation = match &said {
            ToWorker::Tell { generation, .. }
            | ToWorker::Measure { generation, .. }
            | ToWorker::Seek { generation, .. }
            | ToWorker::Wind { generation, .. }
            | ToWorker::Curve { generation, .. } => Some(*generation),
            _ => None, // about a file
        };
        let work = self.work.as_ref().filter(|work| Some(work.generation) == generation);
        match (&mut self.extras, generation) {
            (Some(extras), _) => extras.answer(said, work),
            (None, Some(generation)) => refused(generation, NOT_HERE),
            (None, None) => FromWorker::Unreadable { why: NOT_HERE },
        }
    }

    fn at(&mut self, generation: u32) -> Option<&mut Work> {
        self.work.as_mut().filter(|work| work.generation == generation)
    }

    fn load(&mut self, generation: u32, scenario: &Scenario, share: Share) -> FromWorker {
        let keys = &scenario.clients.keys;
        let trace = self.extras.as_mut().and_then(|extras| extras.begin(keys));
        if let (Keys::Trace { file, .. }, None) = (keys, &trace) {
            return refused(generation, to_be_opened(file));
        }
        match Plan::new(scenario, trace) {
            Ok(plan) => {
                // Two at once may be more than there is room for.
                self.work = None;
                let lanes = share.of_lanes(scenario.lanes.len());
                let seen = vec![Seen::default(); lanes.size_hint().0];
                let experiment = plan.begin_lanes(lanes);
                experiment.keep_parts_at_end();
                let kept = vec![(Nanos::ZERO, shown_by(&experiment, seen.len()))];
                self.work.insert(Work { generation, experiment, seen, kept }).frame()
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
