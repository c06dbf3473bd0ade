//! What page and worker say to each other: bytes over `postMessage` ([`wire`](super::wire)); a trace goes along as it is.
//!
//! Several workers may share the lanes of a scenario; together they answer as one ([`pool`](super::pool)).
//!
//! Every message of the page carries the generation of the scenario it means; what the worker says about an older one is
//! thrown away. The worker answers each message with exactly one of its own, so that the page knows when it is free; the
//! page sends nothing before the answer has come. A panic is told besides, for it is the last word.
//!
//! ```text
//!   Hello                     Here
//!   Load                      Frame, or Refused: then the worker keeps the experiment it had
//!   Advance                   Frame
//!   Recall                    Recalled, or Refused
//!   Inject                    Injected, or Refused
//!   Tell, again and again     Telling, as long as there is more to run; then Told, or Refused
//!   Measure, again and again  Measuring, as long as there is more to run; then Measured, or Refused
//!   Seek, again and again     Seeking, as long as there is more to run; then Sought, or Refused
//!   Wind, again and again     Winding, as long as there is more to run; then Wound, or Refused
//!   Hold                      Here
//!   Curve, again and again    Curving, as long as there is more to play; then Curved, or Refused
//!   Open, then Continue …     Reading, as long as there is more; then Opened or Unreadable
//!   Cancel                    Cancelled
//! ```
//!
//! What no embed asks for, nor is told, cannot be written by its program (the feature `figure`), which is smaller by that.
//!
//! `Measure`, `Seek`, `Wind`, `Hold` and `Curve` go to workers of their own (crews, `crew.rs`), whose generations are those of the panels that ask: no
//! run on the page waits for them.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::chart::bands::Steps;
use crate::experiment::capacity::Found;
use crate::experiment::harm::Numbers;
use crate::experiment::when::Tally;
use crate::ledger::{Case, Cases};
use crate::phrase::Phrase;
use crate::report::{Report, Series};
use crate::scenario::{Scenario, checked};
use crate::stage::Scene;
use crate::story::{Story, Told};
use crate::time::Nanos;
use crate::web::state::curve::{CurveAsk, CurveOutcome};
use crate::workload::popularity::Popularity;
use crate::workload::trace::{Detail, Reason, Trace};

/// Which of a scenario's lanes a worker runs: every `of`-th, from number `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The first, from 0.
    pub first: usize,
    /// How many workers there are.
    pub of: usize,
}

impl Share {
    /// Of so many lanes, those that this worker runs.
    pub fn of_lanes(self, count: usize) -> impl Iterator<Item = usize> {
        (self.first..count).step_by(self.of.max(1))
    }
}

impl Default for Share {
    fn default() -> Share {
        Share { first: 0, of: 1 }
    }
}

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToWorker {
    /// Is anybody there? The first message to every worker, and one now and then to a worker that has nothing to do.
    Hello,
    /// Begin again with this scenario. One that is refused leaves the worker with the experiment it had.
    Load {
        /// Counts scenarios up.
        generation: u32,
        /// What to run.
        #[serde(with = "checked")]
        scenario: Box<Scenario>,
        /// Which of its lanes.
        #[serde(default)]
        share: Share,
    },
    /// Begin to read this trace, to keep it for the scenarios that name its file. One that cannot be read changes nothing.
    Open {
        /// The file's name.
        name: String,
        /// The file. It goes along as it is.
        #[serde(skip)]
        bytes: Rc<[u8]>,
    },
    /// Read on in the trace that was opened.
    Continue,
    /// Read no further in it, and forget it.
    Cancel,
    /// Run on, up to a moment, but work no longer than `budget_ms`.
    Advance {
        /// The scenario that is meant.
        generation: u32,
        /// Up to when, nanoseconds since the run began.
        to_ns: u64,
        /// The longest to work, milliseconds of real time.
        budget_ms: f64,
        /// Every how many-th request is followed for the stage, none with 0; absent where the stage is not seen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        watch: Option<u64>,
    },
    /// Tell the totals as they were at a moment at which they are kept.
    Recall {
        /// The scenario that is meant.
        generation: u32,
        /// One at which a point of the figures begins or something breaks, nanoseconds since the run began.
        at_ns: u64,
    },
    /// Break something.
    Inject {
        /// The scenario that is meant.
        generation: u32,
        /// When, nanoseconds since the run began: not before [`Frame::soonest_ns`].
        at_ns: u64,
        /// What breaks, by its name in scenario files.
        what: String,
        /// Which server, from 0.
        server: Option<u32>,
        /// Which link, by its name.
        link: Option<String>,
        /// For how long.
        lasts: Nanos,
    },
    /// Tell how this came about: run its lane once more, and the others; each time for a while.
    Tell {
        /// The scenario that is meant.
        generation: u32,
        /// The lane, from 0.
        lane: usize,
        /// What came about.
        case: Case,
    },
    /// Run this scenario to its end for its measures alone, or go on with it; each time for a while. The experiment that the
    /// worker holds stays as it is. All that is needed is said each time, so that any worker can be asked.
    #[cfg_attr(feature = "figure", serde(skip))]
    Measure {
        /// What it is asked for, counted up.
        generation: u32,
        /// Which of many runs it is.
        run: u32,
        /// The scenario, with the seed of that run.
        #[serde(with = "checked")]
        scenario: Box<Scenario>,
        /// Whether its figures' steps are wanted, too.
        #[serde(default)]
        steps: bool,
    },
    /// Search what a lane serves and heals from, or go on with it; each time for a while. Else as [`Measure`](Self::Measure).
    #[cfg_attr(feature = "figure", serde(skip))]
    Seek {
        /// What it is asked for, counted up.
        generation: u32,
        /// Which of many searches it is.
        job: u32,
        /// The scenario, with its own seed.
        #[serde(with = "checked")]
        scenario: Box<Scenario>,
        /// The lane, from 0.
        lane: u32,
        /// Not with the first seed: how many after it, and what that has found.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<(u32, Found)>>,
    },
    /// Search when something came about, by runs wound back, or go on with it; each time for a while. Else as
    /// [`Measure`](Self::Measure).
    #[cfg_attr(feature = "figure", serde(skip))]
    Wind {
        /// What it is asked for, counted up.
        generation: u32,
        /// Which of many searches it is.
        job: u32,
        /// The scenario.
        #[serde(with = "checked")]
        scenario: Box<Scenario>,
        /// The lane, from 0.
        lane: usize,
        /// What came about.
        story: Box<Story>,
        /// The first fork's number, and how many there are at each moment.
        forks: (u32, u32),
    },
    /// Keep this file for the curves of its requests.
    #[cfg_attr(feature = "figure", serde(skip))]
    Hold {
        /// Its name.
        name: String,
        /// The file. It goes along as it is.
        #[serde(skip)]
        bytes: Rc<[u8]>,
    },
    /// Play requests through caches, or go on with it; each time for a while. Else as [`Measure`](Self::Measure).
    #[cfg_attr(feature = "figure", serde(skip))]
    Curve {
        /// What it is asked for, counted up.
        generation: u32,
        /// Which of many curves it is.
        job: u32,
        /// The scenario.
        #[serde(with = "checked")]
        scenario: Box<Scenario>,
        /// The file whose requests are played; absent: those of the scenario.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// What to do with them.
        ask: CurveAsk,
    },
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromWorker {
    /// The worker is up, and free.
    Here,
    /// How far it is, after a load or an advance.
    Frame(Box<Frame>),
    /// The totals at a moment that is past.
    Recalled {
        /// The scenario they are of.
        generation: u32,
        /// The moment, nanoseconds since the run began.
        at_ns: u64,
        /// The totals.
        report: Report,
        /// Per lane: what had gone wrong by then, case by case.
        cases: Vec<LaneCases>,
    },
    /// A fault was added.
    Injected {
        /// The scenario it was added to.
        generation: u32,
        /// That scenario with the fault in it: run from the start, it gives the same events.
        #[serde(with = "checked")]
        scenario: Box<Scenario>,
    },
    /// A story is not told to its end yet.
    Telling {
        /// The scenario it is of.
        generation: u32,
    },
    /// A run of many has not come to its end yet.
    Measuring {
        /// What it was asked for.
        generation: u32,
        /// Which of many runs it is.
        run: u32,
    },
    /// A search has not come to its end yet.
    Seeking {
        /// What it was asked for.
        generation: u32,
        /// Which of many searches it is.
        job: u32,
        /// How many runs it has made.
        runs: u32,
    },
    /// A search by runs wound back has not come to its end yet.
    Winding {
        /// What it was asked for.
        generation: u32,
        /// Which of many searches it is.
        job: u32,
        /// How many runs it has made.
        runs: u32,
    },
    /// A curve has not come to its end yet.
    Curving {
        /// What it was asked for.
        generation: u32,
        /// Which of many curves it is.
        job: u32,
        /// How much of it is done.
        percent: u32,
    },
    /// A trace is being read.
    Reading(Progress),
    /// A trace is not read any further.
    Cancelled,
    /// A trace cannot be read.
    Unreadable {
        /// Why, with the file's name.
        why: Phrase,
    },
    /// What was asked for cannot be done.
    Refused {
        /// The scenario that was meant.
        generation: u32,
        /// Why.
        why: Phrase,
    },
    /// The worker is beyond help.
    Panicked {
        /// What it said last.
        message: String,
    },
    // What the figure of an embed goes without stands last: serde counts what it skips when it writes a variant's number, and not
    // when it reads one.
    /// A story.
    #[cfg_attr(feature = "figure", serde(skip))]
    Told {
        /// The scenario it is of.
        generation: u32,
        /// The story.
        told: Box<Told>,
    },
    /// A run of many has come to its end.
    #[cfg_attr(feature = "figure", serde(skip))]
    Measured {
        /// What it was asked for.
        generation: u32,
        /// Which of many runs it is.
        run: u32,
        /// Its measures.
        numbers: Numbers,
        /// By lane: the steps of its figures, where they were wanted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        steps: Vec<Steps>,
    },
    /// A search has come to its end.
    #[cfg_attr(feature = "figure", serde(skip))]
    Sought {
        /// What it was asked for.
        generation: u32,
        /// Which of many searches it is.
        job: u32,
        /// What it has found.
        found: Box<Found>,
    },
    /// A search by runs wound back has come to its end.
    #[cfg_attr(feature = "figure", serde(skip))]
    Wound {
        /// What it was asked for.
        generation: u32,
        /// Which of many searches it is.
        job: u32,
        /// What it has found, in order of time.
        tallies: Vec<Tally>,
    },
    /// A curve has come to its end.
    #[cfg_attr(feature = "figure", serde(skip))]
    Curved {
        /// What it was asked for.
        generation: u32,
        /// Which of many curves it is.
        job: u32,
        /// What has come of it.
        outcome: CurveOutcome,
    },
    /// A trace was read.
    #[cfg_attr(feature = "figure", serde(skip))]
    Opened(TraceFacts),
}

/// How far the reading of a file is, in bytes of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// So many have been read.
    pub done: u64,
    /// So many there are.
    pub total: u64,
}

impl Progress {
    /// The share that was read, in whole percent.
    pub fn percent(self) -> u64 {
        self.done.min(self.total).saturating_mul(100).checked_div(self.total).unwrap_or(0)
    }
}

/// What there is in a trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceFacts {
    /// How many requests.
    pub requests: u64,
    /// How many different keys.
    pub keys: u32,
    /// What it says besides the keys; see [`Trace::says`](crate::workload::trace::Trace::says).
    pub says: Vec<Detail>,
    /// Commands that became no request: by why, and by their names.
    pub left_out: BTreeMap<Reason, BTreeMap<String, u64>>,
    /// What the reader should know of how the file was read.
    #[serde(default)]
    pub notes: Vec<Phrase>,
    /// From its first request to its last, where it says when they came.
    #[serde(default)]
    pub span: Option<Nanos>,
    /// How unequally its keys are asked for.
    #[serde(default)]
    pub popularity: Option<Popularity>,
}

impl TraceFacts {
    /// What is in a trace.
    pub fn of(trace: &Trace) -> TraceFacts {
        TraceFacts {
            requests: trace.keys().len() as u64,
            keys: trace.distinct(),
            says: trace.says().collect(),
            left_out: trace.left_out().by_reason().map(|(why, names)| (why, names.clone())).collect(),
            notes: trace.notes().to_vec(),
            span: trace.at(trace.keys().len().saturating_sub(1)),
            popularity: popularity(trace),
        }
    }
}

fn popularity(trace: &Trace) -> Option<Popularity> {
    let mut counts = vec![0u64; trace.distinct() as usize];
    for key in trace.keys() {
        if let Some(count) = counts.get_mut(*key as usize) {
            *count += 1;
        }
    }
    Popularity::of(counts.into_iter())
}

/// How far the run is, and what is new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The scenario that runs.
    pub generation: u32,
    /// The moment all lanes have reached, nanoseconds since the run began.
    pub now_ns: u64,
    /// Whether the run has ended and drained.
    pub finished: bool,
    /// The first moment at which something can still break, nanoseconds since the run began.
    #[serde(default)]
    pub soonest_ns: u64,
    /// How many requests of a trace were played so far, and how many it has, where it is not all.
    #[serde(default)]
    pub unplayed: Option<(u64, u64)>,
    /// The totals so far.
    pub report: Report,
    /// Per lane: why a limit has ended it, if one has; the report says it in English only.
    #[serde(default)]
    pub stopped: Vec<Option<Phrase>>,
    /// Per lane: the buckets that are new or have changed.
    pub series: Vec<Series>,
    /// Per lane: what went wrong, case by case, where that has changed.
    pub cases: Vec<Option<LaneCases>>,
    /// Per lane: what the stage shows; empty where it is not seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenes: Vec<Scene>,
}

/// What went wrong in a lane, case by case: the first or the worst of each kind; the rest are counted in the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneCases {
    /// Lost writes, the first ones.
    pub lost: Vec<Case>,
    /// Stale reads, the oldest values.
    pub stale: Vec<Case>,
    /// Reads of what then was nowhere, the first ones.
    pub vanished: Vec<Case>,
    /// Copies that came to differ from the database, the first ones.
    pub diverging: Vec<Case>,
}

/// How many cases of a kind the page is told of each lane.
pub const CASES_TOLD_MAX: usize = 20;

impl From<&Cases> for LaneCases {
    fn from(cases: &Cases) -> LaneCases {
        let some = |all: &[Case]| all.iter().take(CASES_TOLD_MAX).copied().collect();
        LaneCases {
            lost: some(cases.lost()),
            stale: some(&cases.stale()),
            vanished: some(cases.vanished()),
            diverging: some(cases.diverging()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::super::wire;
    use super::*;
    use crate::experiment::curve::Scouted;

    fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(said: &T) {
        assert_eq!(wire::read::<T>(&wire::write(said).unwrap()).as_ref(), Ok(said));
    }

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let said =
            ToWorker::Load { generation: 3, scenario: Box::new(Scenario::default()), share: Share { first: 1, of: 2 } };
        arrives(&said);
        let advance = |watch| ToWorker::Advance { generation: 3, to_ns: u64::MAX, budget_ms: 60.0, watch };
        let measure =
            ToWorker::Measure { generation: 2, run: 17, scenario: Box::new(Scenario::default()), steps: true };
        let text = include_str!("../../../fuzz/corpus/message/sought");
        let Ok(FromWorker::Sought { found, .. }) = serde_json::from_str(text) else { panic!("{text}") };
        let seek = ToWorker::Seek {
            generation: 2,
            job: 4,
            scenario: Box::new(Scenario::default()),
            lane: 1,
            after: Some(Box::new((1, (*found).clone()))),
        };
        let scouted = Scouted { distinct: 90, samples: true };
        let ask = CurveAsk::Play { policy: "sieve".into(), capacities: vec![20, 90], scouted };
        let scenario = Box::new(Scenario::default());
        let curve = ToWorker::Curve { generation: 1, job: 3, scenario, file: Some("a.txt".into()), ask };
        for said in [ToWorker::Hello, advance(None), advance(Some(8)), measure, seek, curve] {
            arrives(&said);
        }
        let refused =
            FromWorker::Refused { generation: 1, why: Phrase::fixed("no such fault", "그런 장애는 없습니다") };
        let lane = std::array::from_fn(|i| (i > 0).then(|| 1.0 / i as f64));
        let steps = vec![vec![[Some(0.1), None, Some(1.0 / 3.0), None, Some(1.0), Some(3e6)]; 80]; 2];
        let measured = FromWorker::Measured { generation: 2, run: 17, numbers: vec![lane; 2], steps };
        let reading = FromWorker::Reading(Progress { done: 1, total: 2 });
        let seeking = FromWorker::Seeking { generation: 2, job: 4, runs: 7 };
        let tally = Tally { moment: 3, probability: (1, 4), without_faults: Some((0, 4)) };
        let wound = FromWorker::Wound { generation: 2, job: 4, tallies: vec![tally] };
        let sought = FromWorker::Sought { generation: 2, job: 4, found };
        for said in [FromWorker::Here, reading, FromWorker::Cancelled, refused, measured, seeking, sought, wound] {
            arrives(&said);
        }
    }

    #[test]
    fn what_is_in_a_trace_arrives_as_it_was_told() {
        let left_out = [(Reason::NoKey, [("ping".to_owned(), 1)].into())].into();
        let facts = TraceFacts { says: vec![Detail::Ttls], left_out, ..TraceFacts::default() };
        arrives(&FromWorker::Opened(facts));
    }
}
