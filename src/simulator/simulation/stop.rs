//! Where a lane ends that would not end by itself, or in nobody's lifetime; and what is said of it.
//!
//! A scenario's [check](Scenario::check) estimates the work beforehand. These limits count what really happens, so that
//! a world that makes more of itself than anybody foresaw ends with a sentence, not with the machine's memory. A lane
//! meets a limit at the same event in every run, however the run is cut into pieces.

use std::fmt;

use crate::phrase::{Phrase, phrase};
use crate::scenario::{Distribution, Link, Scenario, limits};
use crate::time::Nanos;

/// How far one lane may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often tasks may go on at one moment of virtual time.
    pub at_one_moment: u64,
    /// Requests sent.
    pub requests: u64,
    /// Writes that the ledger remembers.
    pub writes: u64,
    /// Requests that wait at once, and what else is under way with them.
    pub waiting: u64,
    /// Events in all.
    pub events: u64,
    /// How long the system may take to settle after the clients have gone.
    pub settling: Nanos,
    /// How many events it may take to settle, beside four times as many as the run took.
    pub settling_events: u64,
}

impl Limits {
    /// The limits of each lane of `scenario`. Requests and writes are checked by their expected numbers beforehand, and
    /// may be twice as many.
    pub fn of(scenario: &Scenario) -> Limits {
        Limits {
            at_one_moment: 100_000_000,
            requests: 2 * limits::REQUESTS_MAX as u64,
            writes: 2 * limits::WRITES_MAX as u64 / scenario.lanes.len().max(1) as u64,
            // As many as the memory has room for.
            waiting: scenario.estimate().waiting(),
            // The queue numbers what is put in it with 40 bits, and each event puts in a few at most.
            events: 1 << 37,
            // As long again as the run, and an hour.
            settling: scenario.duration.saturating_add(limits::SETTLING),
            settling_events: limits::SETTLING_EVENTS,
        }
    }
}

/// Why a lane ended before it had settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Virtual time does not go on.
    AtOneMoment {
        /// The moment.
        at: Nanos,
        /// How often tasks went on at it.
        steps: u64,
        /// The fields that say that something takes no time.
        without_time: Vec<String>,
    },
    /// More requests were sent than a lane may send.
    Requests {
        /// When.
        at: Nanos,
        /// How many.
        requests: u64,
    },
    /// More was written than can be remembered.
    Writes {
        /// When.
        at: Nanos,
        /// How many writes.
        writes: u64,
    },
    /// More requests wait at once than memory has room for.
    Waiting {
        /// When.
        at: Nanos,
        /// How many.
        waiting: u64,
    },
    /// More events than can be numbered.
    Events {
        /// When.
        at: Nanos,
        /// How many.
        events: u64,
    },
    /// The run was over, and what was under way did not come to an end.
    Unsettled {
        /// For how long it was waited.
        within: Nanos,
    },
    /// The same, and it went on and on.
    UnsettledAfter {
        /// How many events there were after the end of the run.
        events: u64,
        /// How much time they took.
        within: Nanos,
    },
}

impl Stopped {
    /// Whether the run itself came to its end, so that its figures are whole.
    pub fn is_after_the_run(&self) -> bool {
        matches!(self, Stopped::Unsettled { .. } | Stopped::UnsettledAfter { .. })
    }
}

impl Stopped {
    /// Why, in each language.
    pub fn phrase(&self) -> Phrase {
        match self {
            Stopped::AtOneMoment { at, steps, without_time } => {
                let fields = without_time.join(", ");
                let how = if fields.is_empty() {
                    Phrase::fixed("send fewer requests at once", "한꺼번에 보내는 요청을 줄이세요")
                } else {
                    phrase!(
                        "let one of these take longer than 0s: {fields}",
                        "다음 중 하나를 0s보다 길게 하세요: {fields}"
                    )
                };
                phrase!(
                    "more than {steps} steps at one moment, {at}: virtual time stands still; {how}",
                    "한 시점({at})에서 {steps}단계를 넘어 가상 시간이 멈춰 있습니다. {how}",
                    how
                )
            }
            Stopped::Requests { at, requests } => phrase!(
                "more than {requests} requests by {at}, the most that a lane can simulate; shorten the duration, lower \
                 clients.arrivals.rate or users, or let users think longer",
                "{at}까지 요청이 레인당 한도인 {requests}건을 넘었습니다. 실행 시간을 줄이거나 clients.arrivals.rate 또는 users를 \
                 낮추거나 대기 시간(think time)을 늘리세요"
            ),
            Stopped::Writes { at, writes } => phrase!(
                "more than {writes} writes by {at}, the most that can be remembered of a lane; shorten the duration, lower \
                 clients.write_ratio, or run fewer lanes",
                "{at}까지 쓰기가 레인당 기록할 수 있는 {writes}건을 넘었습니다. 실행 시간을 줄이거나 clients.write_ratio를 낮추거나 \
                 레인을 줄이세요"
            ),
            Stopped::Waiting { at, waiting } => phrase!(
                "more than {waiting} requests wait at once at {at}, and memory has room for no more; lower \
                 clients.arrivals.rate or users, let whoever is waited for be quicker, give app.cache_timeout and \
                 app.database_timeout, or run fewer lanes",
                "{at}에 동시에 대기하는 요청이 {waiting}건을 넘어 메모리가 부족합니다. clients.arrivals.rate 또는 users를 낮추거나, \
                 병목의 처리 시간을 줄이거나, app.cache_timeout과 app.database_timeout을 지정하거나, 레인을 줄이세요"
            ),
            Stopped::Events { at, events } => phrase!(
                "more than {events} events by {at}, the most of a run; shorten the duration",
                "{at}까지 이벤트가 한 실행의 한도인 {events}개를 넘었습니다. 실행 시간을 줄이세요"
            ),
            Stopped::Unsettled { within } => phrase!(
                "it did not settle within {within} after the end of the run: something was still under way",
                "실행이 끝나고 {within} 안에 정리되지 않았습니다. 아직 진행 중인 작업이 있었습니다"
            ),
            Stopped::UnsettledAfter { events, within } => phrase!(
                "it did not settle after the end of the run: {events} events later, at {within}, something was still under way",
                "실행이 끝난 뒤에도 정리되지 않았습니다. 이벤트 {events}개가 더 지난 {within} 시점에도 진행 중인 작업이 있었습니다"
            ),
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phrase().fmt(f)
    }
}

/// The fields of a lane's `scenario` that say that something takes no time.
pub(super) fn without_time(scenario: &Scenario) -> Vec<String> {
    let zero = |time: &Distribution| *time == Distribution::Constant(Nanos::ZERO);
    let links = Link::ALL.into_iter().filter(|&link| zero(scenario.network.latency(link)));
    let mut fields: Vec<String> = links.map(|link| format!("network.{}", link.name().replace('-', "_"))).collect();
    let parts = [
        ("app.work", zero(&scenario.app.work)),
        ("app.backoff", scenario.app.backoff == Nanos::ZERO),
        ("cache.command", zero(&scenario.cache.command)),
        ("database.read", zero(&scenario.database.read)),
        ("database.write", zero(&scenario.database.write)),
        ("database.batch.base", scenario.database.batch.base.as_ref().is_some_and(zero)),
    ];
    fields.extend(parts.into_iter().filter(|(_, zero)| *zero).map(|(field, _)| field.to_owned()));
    fields
}
