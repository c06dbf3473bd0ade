//! The one thread of a node: what it serves, who waits in line for it, and how long a command keeps it busy.

use super::availability::Availability;
use crate::cache::command::{Answer, Command};
use crate::engine::{CallId, CallQueue, Calls};
use crate::random::{Lengths, Stream};
use crate::scenario;
use crate::time::Nanos;

/// See the module.
#[derive(Debug)]
pub(in crate::cache) struct Server {
    pub(super) availability: Availability,
    line: CallQueue,
    /// The command served last, and until when: before that, the node is busy.
    serving: Option<(CallId, Nanos)>,
    /// Whether an event will come when the node is free again; there is one only while somebody waits.
    called_back: bool,
    command: Lengths,
    /// How long a byte of a value takes to copy, nanoseconds.
    ns_per_byte: f64,
    per_key: Nanos,
}

/// What becomes of a command that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is served now.
    Served,
    /// It waits in line until the node is free.
    Queued,
    /// It waits until something that keeps the node from serving ends.
    Held,
    /// Nobody is there.
    Refused,
}

impl Server {
    /// A server that is free; `draws` is for how long commands take.
    pub(in crate::cache) fn new(settings: &scenario::Cache, draws: Stream) -> Server {
        Server {
            availability: Availability::default(),
            line: CallQueue::default(),
            serving: None,
            called_back: false,
            command: settings.command.sampler().lengths(draws),
            ns_per_byte: settings.throughput.map_or(0.0, |bytes| 1e9 / bytes.0 as f64),
            per_key: settings.per_key,
        }
    }

    /// A command has reached the node.
    #[inline]
    pub(super) fn arrive(&mut self, calls: &Calls<Command, Answer>, call: CallId, now: Nanos) -> Arrival {
        if self.availability.is_silent() {
            self.availability.leave_unanswered(calls, call);
            Arrival::Held
        } else if self.availability.refuses() {
            Arrival::Refused
        } else if self.availability.is_halted() {
            self.hold(calls, call);
            Arrival::Held
        } else if self.busy_until() > now || !self.line.is_empty() {
            self.line.push(calls, call);
            Arrival::Queued
        } else {
            Arrival::Served
        }
    }

    /// A command has reached a node that serves none.
    #[cold]
    fn hold(&mut self, calls: &Calls<Command, Answer>, call: CallId) {
        if self.availability.is_frozen() {
            self.availability.stall(calls, call);
        } else {
            self.line.push(calls, call);
        }
    }

    /// Until when it is busy.
    #[inline]
    pub(super) fn busy_until(&self) -> Nanos {
        self.serving.map_or(Nanos::ZERO, |(_, until)| until)
    }

    /// It begins to serve a command, and is busy with it until then.
    #[inline]
    pub(super) fn begin(&mut self, call: CallId, until: Nanos) {
        self.serving = Some((call, until));
    }

    /// What it serves takes until then.
    pub(super) fn extend(&mut self, until: Nanos) {
        if let Some((_, end)) = &mut self.serving {
            *end = until;
        }
    }

    /// What it is serving now.
    pub(super) fn serving(&self, now: Nanos) -> Option<CallId> {
        self.serving.filter(|(_, until)| *until > now).map(|(call, _)| call)
    }

    /// How long the next command takes, if nothing slows it down.
    #[inline]
    pub(in crate::cache) fn draw_time(&mut self) -> Nanos {
        self.command.draw()
    }

    /// Whether copying a value takes time.
    #[inline]
    pub(super) fn copies_slowly(&self) -> bool {
        self.ns_per_byte > 0.0
    }

    /// How long it takes to copy a value.
    pub(in crate::cache) fn copying_time(&self, bytes: u32) -> Nanos {
        Nanos((f64::from(bytes) * self.ns_per_byte) as u64)
    }

    /// How much longer a command for so many keys takes than one for one.
    pub(super) fn further_keys_time(&self, keys: usize) -> Nanos {
        Nanos(self.per_key.0.saturating_mul(keys as u64 - 1))
    }

    /// When an event must come so that the first in line is served as soon as the node is free; `None` where nobody waits,
    /// or one will come anyway.
    #[inline]
    pub(super) fn call_back(&mut self, now: Nanos) -> Option<Nanos> {
        let wanted = !self.line.is_empty() && !std::mem::replace(&mut self.called_back, true);
        wanted.then(|| self.busy_until().max(now))
    }

    /// That event has come; whether the node is free indeed. A crash or a freeze may have overtaken it.
    #[inline]
    pub(super) fn is_free(&mut self, now: Nanos) -> bool {
        if self.busy_until() > now {
            return false;
        }
        self.called_back = false;
        !self.availability.is_halted()
    }

    /// Takes the first in line.
    #[inline]
    pub(super) fn take_next(&mut self, calls: &Calls<Command, Answer>) -> Option<CallId> {
        self.line.pop(calls)
    }

    /// The node had been standing still `since` that moment: what it is serving takes as much longer. An event under way
    /// comes too early.
    pub(super) fn resume(&mut self, since: Nanos, now: Nanos) {
        if let Some((_, until)) = &mut self.serving
            && *until > since
        {
            *until = until.saturating_add(now - since);
        }
        self.called_back = false;
    }

    /// Whether it serves nothing and nobody waits in line.
    pub(super) fn is_idle(&self, now: Nanos) -> bool {
        self.busy_until() <= now && self.line.is_empty()
    }

    /// Stops serving; gives what it was serving.
    pub(super) fn interrupt(&mut self, now: Nanos) -> Option<CallId> {
        let serving = self.serving(now);
        self.serving = None;
        self.called_back = false;
        serving
    }

    /// Everyone in line.
    pub(super) fn take_line(&mut self) -> CallQueue {
        std::mem::take(&mut self.line)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::engine::Kernel;
    use crate::random::Streams;
    use crate::scenario::Distribution;

    /// What a command takes.
    const TIME: u64 = 10;

    /// What happens to a server, in the order in which it does at one moment.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Happening {
        Thaw,
        Freeze { until: u64 },
        Free,
        Arrive { number: u64 },
    }

    /// A server that tells when each command had been served.
    struct Run {
        calls: Calls<Command, Answer>,
        server: Server,
        events: BTreeSet<(u64, Happening)>,
        numbers: Vec<u64>,
        ends: Vec<u64>,
        serving: Option<u64>,
    }

    impl Run {
        fn new() -> Run {
            let settings =
                scenario::Cache { command: Distribution::Constant(Nanos(TIME)), ..scenario::Cache::default() };
            let server = Server::new(&settings, Streams::new(1).named("cache command"));
            let (calls, events, numbers, ends) = Default::default();
            Run { calls, server, events, numbers, ends, serving: None }
        }

        /// What was served is done: its end is noted before something else begins.
        fn serve(&mut self, call: CallId, now: u64) {
            self.note_end();
            let until = Nanos(now) + self.server.draw_time();
            self.server.begin(call, until);
            self.serving = Some(self.numbers[call as usize]);
        }

        fn note_end(&mut self) {
            if let Some(number) = self.serving.take() {
                self.ends[number as usize] = self.server.busy_until().0;
            }
        }

        fn call_back(&mut self, now: u64) {
            let at = self.server.call_back(Nanos(now));
            self.events.extend(at.map(|at| (at.0, Happening::Free)));
        }

        fn arrive(&mut self, call: CallId, now: u64) {
            match self.server.arrive(&self.calls, call, Nanos(now)) {
                Arrival::Served => self.serve(call, now),
                Arrival::Queued => self.call_back(now),
                Arrival::Held => assert!(self.server.availability.is_frozen()),
                Arrival::Refused => panic!("it is up"),
            }
        }

        fn step(&mut self, now: u64, what: Happening) {
            match what {
                Happening::Arrive { number } => {
                    let call = self.calls.open(&Kernel::default(), Command::Get(0)).id();
                    self.numbers.push(number);
                    self.arrive(call, now);
                }
                Happening::Free => {
                    if !self.server.is_free(Nanos(now)) {
                        return;
                    }
                    if let Some(call) = self.server.take_next(&self.calls) {
                        self.serve(call, now);
                    }
                    self.call_back(now);
                }
                Happening::Freeze { until } => {
                    self.server.availability.freeze(Nanos(until), Nanos(now));
                    self.events.insert((until, Happening::Thaw));
                }
                Happening::Thaw => {
                    let Some(since) = self.server.availability.thaw(Nanos(now)) else { return };
                    self.server.resume(since, Nanos(now));
                    self.call_back(now);
                    let mut stalled = self.server.availability.take_stalled();
                    while let Some(call) = stalled.pop(&self.calls) {
                        self.arrive(call, now);
                    }
                }
            }
        }
    }

    /// When each command had been served, moment by moment: one at a time, in their order, and none while it is frozen.
    fn naive(arrivals: &[u64], freezes: &[(u64, u64)]) -> Vec<u64> {
        let frozen = |moment: u64| freezes.iter().any(|&(from, until)| from <= moment && moment < until);
        let (mut ends, mut free) = (Vec::new(), 0);
        for &arrival in arrivals {
            let (mut moment, mut left) = (free.max(arrival), TIME);
            while left > 0 {
                left -= u64::from(!frozen(moment));
                moment += 1;
            }
            ends.push(moment);
            free = moment;
        }
        ends
    }

    proptest! {
        /// A server is one thread that serves in the order of arrival, and does nothing while it is frozen.
        #[test]
        fn a_server_is_a_thread_that_stands_still_while_it_is_frozen(
            arrivals in prop::collection::vec(1..15u64, 1..20),
            freezes in prop::collection::vec((0..150u64, 1..40u64), 0..4),
        ) {
            let arrivals: Vec<u64> = arrivals.iter().scan(0, |sum, gap| { *sum += gap; Some(*sum) }).collect();
            // No two freezes end at one moment: a set of events has it once.
            let freezes: Vec<(u64, u64)> =
                freezes.iter().map(|&(from, length)| (from, from + length)).collect::<BTreeSet<_>>().into_iter().collect();
            let ends: BTreeSet<u64> = freezes.iter().map(|&(_, until)| until).collect();
            prop_assume!(ends.len() == freezes.len());
            let mut run = Run::new();
            run.ends = vec![0; arrivals.len()];
            run.events.extend((0..).zip(&arrivals).map(|(number, &at)| (at, Happening::Arrive { number })));
            run.events.extend(freezes.iter().map(|&(from, until)| (from, Happening::Freeze { until })));
            while let Some((now, what)) = run.events.pop_first() {
                run.step(now, what);
            }
            run.note_end();
            prop_assert_eq!(run.ends, naive(&arrivals, &freezes));
        }
    }

    #[test]
    fn a_server_that_is_down_refuses_and_one_that_is_silent_does_not_even_that() {
        let mut run = Run::new();
        let call = run.calls.open(&Kernel::default(), Command::Get(0)).id();
        run.server.availability.go_down();
        assert_eq!(run.server.arrive(&run.calls, call, Nanos(1)), Arrival::Refused);
        run.server.availability.stop_responding(Nanos(9));
        assert_eq!(run.server.arrive(&run.calls, call, Nanos(2)), Arrival::Held);
        assert!(run.server.availability.respond_again(Nanos(9)));
        assert_eq!(run.server.availability.take_unanswered().pop(&run.calls), Some(call));
        assert!(run.server.availability.come_up());
        assert_eq!(run.server.arrive(&run.calls, call, Nanos(10)), Arrival::Served);
    }

    #[test]
    fn a_long_command_lets_the_line_wait_and_counts_from_its_beginning_to_the_end_of_the_last() {
        let mut run = Run::new();
        run.server.availability.begin_long_command(Nanos(20), Nanos(5));
        run.server.availability.begin_long_command(Nanos(30), Nanos(8));
        let call = run.calls.open(&Kernel::default(), Command::Get(0)).id();
        assert_eq!(run.server.arrive(&run.calls, call, Nanos(9)), Arrival::Held);
        assert_eq!(run.server.availability.end_long_command(Nanos(20), Nanos(20)), Some(Nanos::ZERO));
        assert!(run.server.availability.is_halted() && !run.server.availability.is_frozen());
        assert_eq!(run.server.availability.end_long_command(Nanos(30), Nanos(30)), Some(Nanos(25)));
        assert_eq!(run.server.availability.end_long_command(Nanos(30), Nanos(30)), None);
        assert!(!run.server.availability.is_halted());
        assert_eq!(run.server.call_back(Nanos(30)), Some(Nanos(30)), "the line goes on");
    }
}
