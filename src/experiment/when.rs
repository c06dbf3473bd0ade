//! When was it lost? A run is wound back to a moment and goes on with other luck, many times: how often is the same write
//! lost, the same read stale? Over moments that bracket the steps of the [story](crate::story), it was decided where it jumps.
//!
//! ```text
//! the run        ──────●──────────●─────────●──▶ lost
//!                      ├─▶ kept   ├─▶ kept  ├─▶ lost      forks: the same up to the moment, other luck from then on
//!                      └─▶ lost   └─▶ kept  └─▶ lost
//! ```
//!
//! *Luck* is all that is drawn at random from then on: service times, latencies and what links lose, evictions, jitter,
//! replication lag. What was drawn before stays: a message under way arrives when it would have. What is *no* luck: the
//! requests (which, by whom, when; the users' pauses in closed loops), the sizes of values, and the faults. So request
//! number n is the same in every fork, also before it is sent, and one can ask what becomes of it. Not so in closed loops,
//! with retries or in scans, where the next request waits for the last answer: there nothing is asked before the write or read is issued.
//!
//! *Faults*: each moment has two probabilities where faults are still to come. In one they come as they do; in the other
//! what has not begun by then never does. A fault that is sure to come is no news: with it, the write may be doomed from
//! the beginning. So the jump is looked for in the other, which knows at each moment no more than somebody there could.
//!
//! A run cannot be copied (its tasks are futures), so each fork runs from the start: as much work as 'moments × forks' runs
//! up to the case. Forks are independent; whoever has several cores runs them side by side, with the same result.

mod picture;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::telling::Telling;
use super::{ENGINE_VERSION, Experiment, Plan, StartError};
use crate::chart::text;
use crate::ledger::{Case, CaseKind, Cause, Class, Fact, Ledger};
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::{Arrivals, Scenario};
use crate::stats::Share;
use crate::story::{Line, Story};
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// How much further a fork is run at once, where what becomes of it is still open.
const WAIT: Nanos = Nanos::from_millis(50);

/// How much later than in the run a copy may come to diverge in a fork.
const LATER: Nanos = Nanos::from_secs(1);

/// Two probabilities that are no further apart are the same, in a quick search.
const SAME: f64 = 0.1;

/// What is asked, ready to be forked.
pub struct When {
    /// The lane alone.
    plan: Plan,
    scenario: Scenario,
    story: Story,
    moments: Vec<Nanos>,
}

/// A fork to run: the moment's number, the fork's, and whether faults to come do come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Which of the [moments](When::moments).
    pub moment: usize,
    /// Which luck, from 0.
    pub number: u32,
    /// Whether what has not begun to break by then does break.
    pub faults: bool,
}

/// What a fork came to: whether it went wrong there, too; nothing where the same request was not sent.
pub type Answer = Option<bool>;

/// What the forks of each moment came to: with the faults to come, and where some are to come also without them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers(BTreeMap<usize, Vec<Vec<Answer>>>);

impl Answers {
    /// Takes in what these forks came to, in their order.
    ///
    /// # Panics
    /// When there is not an answer for each.
    pub fn take_in(&mut self, forks: &[Fork], answers: &[Answer]) {
        assert_eq!(forks.len(), answers.len(), "an answer for each fork");
        for (fork, answer) in forks.iter().zip(answers) {
            let both = self.0.entry(fork.moment).or_default();
            let place = usize::from(!fork.faults);
            if both.len() <= place {
                both.resize(place + 1, Vec::new());
            }
            both[place].push(*answer);
        }
    }
}

/// How often a moment's forks went wrong, and of how many that sent the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Which of the moments.
    pub moment: usize,
    /// With the faults to come.
    pub probability: (u32, u32),
    /// Without them; where one is still to come.
    pub without_faults: Option<(u32, u32)>,
}

impl Answers {
    /// What they come to, in order of time.
    fn tallies(&self) -> Vec<Tally> {
        let count = |answers: &Vec<Answer>| {
            let known = answers.iter().flatten();
            (known.clone().filter(|wrong| **wrong).count() as u32, known.count() as u32)
        };
        let of = |(&moment, both): (&usize, &Vec<Vec<Answer>>)| Tally {
            moment,
            probability: both.first().map_or((0, 0), count),
            without_faults: both.get(1).map(count),
        };
        self.0.iter().map(of).collect()
    }
}

/// What several searches found together, each by forks of its own: the moments that any of them asked about, in order of time.
pub fn together(tallies: impl IntoIterator<Item = Tally>) -> Vec<Tally> {
    let plus = |a: (u32, u32), b: (u32, u32)| (a.0 + b.0, a.1 + b.1);
    let mut all: BTreeMap<usize, Tally> = BTreeMap::new();
    for Tally { moment, probability, without_faults } in tallies {
        let own = all.entry(moment).or_insert(Tally { moment, probability: (0, 0), without_faults: None });
        own.probability = plus(own.probability, probability);
        own.without_faults =
            without_faults.map(|more| plus(own.without_faults.unwrap_or((0, 0)), more)).or(own.without_faults);
    }
    all.into_values().collect()
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Halt {
    /// The caller asked to stop.
    Stopped,
    /// The lane cannot be run.
    Cannot(StartError),
    /// Of this kind of case nothing is asked.
    Kind,
    /// The case came about after the end of the run, while what was under way ended.
    AfterTheRun,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The engine's version.
    pub engine: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// The lane's name.
    pub lane: String,
    /// The case.
    pub case: Case,
    /// Its story in a sentence or two.
    pub sentence: Phrase,
    /// When the story's cause was, s.
    pub cause_s: f64,
    /// How many forks each probability is of.
    pub forks: u32,
    /// In order of time.
    pub moments: Vec<Moment>,
    /// Where the probability rises most, if it does by more than luck would make it.
    pub jump: Option<Jump>,
    /// That one, and every other one that may be as great, as far as these forks tell; in order of time.
    pub jumps: Vec<Jump>,
}

/// A moment, and how likely it was then.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// When, s: after all that happened at it.
    pub at_s: f64,
    /// What the story tells of the time since the moment before, a line each.
    pub since: Vec<Phrase>,
    /// How likely it goes wrong from here on.
    pub probability: Share,
    /// The same if no other fault begins; where one is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_faults: Option<Share>,
}

/// Between which two neighbours the probability rises most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Jump {
    /// The later one's place among the moments.
    pub moment: usize,
    /// From, s.
    pub from_s: f64,
    /// To, s.
    pub to_s: f64,
    /// The probability before, without faults to come.
    pub before: f64,
    /// And after.
    pub after: f64,
}

impl When {
    /// Asks of a case of lane `lane`, at about `moments` moments: all that bracket the story's steps, and some in between.
    ///
    /// # Errors
    /// When the lane cannot be run, `stop` says so, or nothing can be asked of the case.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn new(
        (scenario, trace): (&Scenario, Option<Arc<Trace>>),
        (lane, case): (usize, Case),
        moments: usize,
        stop: impl FnMut() -> bool,
    ) -> Result<When, Halt> {
        can_be_asked(scenario, &case)?;
        let alone = scenario.only(lane);
        let told = Telling::new(&alone, trace.clone(), 0, case).advance(stop).map_err(Halt::Cannot)?;
        let story = told.ok_or(Halt::Stopped)?.story;
        When::of((scenario, trace), (lane, story), moments)
    }

    /// The same of a case whose story is told.
    ///
    /// # Errors
    /// When the lane cannot be run, or nothing can be asked of the case.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn of(
        (scenario, trace): (&Scenario, Option<Arc<Trace>>),
        (lane, story): (usize, Story),
        moments: usize,
    ) -> Result<When, Halt> {
        can_be_asked(scenario, &story.case)?;
        let scenario = scenario.only(lane);
        let plan = Plan::new(&scenario, trace).map_err(Halt::Cannot)?;
        let moments = chosen(&story, is_closed(&scenario), moments);
        Ok(When { plan, scenario, story, moments })
    }

    /// The moments, in order.
    pub fn moments(&self) -> &[Nanos] {
        &self.moments
    }

    /// All the forks of these moments, `forks` for each probability.
    pub fn forks(&self, moments: &[usize], forks: u32) -> Vec<Fork> {
        let of = |&moment: &usize| {
            let both = if self.is_to_come(self.moments[moment]) { &[true, false][..] } else { &[true] };
            both.iter().flat_map(move |&faults| (0..forks).map(move |number| Fork { moment, number, faults }))
        };
        moments.iter().flat_map(of).collect()
    }

    /// The moments that are still to be asked about: all at once, or in a quick search the two ends, and then again and
    /// again the middle between two that differ, until they are neighbours. What lies between two that agree is not asked.
    pub fn next(&self, known: &Answers, quick: bool) -> Vec<usize> {
        let last = self.moments.len() - 1;
        if !quick {
            return if known.0.is_empty() { (0..=last).collect() } else { Vec::new() };
        }
        if known.0.is_empty() {
            return BTreeSet::from([0, last]).into_iter().collect();
        }
        let shares: Vec<(usize, f64)> =
            known.0.iter().map(|(moment, both)| (*moment, both.last().map_or(0.0, |own| share(own).share))).collect();
        let pairs = shares.iter().zip(shares.iter().skip(1));
        let apart = pairs.filter(|(a, b)| b.0 > a.0 + 1 && (b.1 - a.1).abs() > SAME);
        apart.map(|(a, b)| a.0 + (b.0 - a.0) / 2).collect()
    }

    /// Whether a fault may begin after that moment.
    fn is_to_come(&self, at: Nanos) -> bool {
        let mut faults = self.scenario.faults.iter().filter(|fault| !fault.spares(0));
        faults.any(|fault| fault.at.moment().is_none_or(|moment| moment > at))
    }

    /// Runs a fork. `stop` is asked now and then.
    ///
    /// # Errors
    /// When `stop` says so.
    pub fn run(&self, fork: Fork, mut stop: impl FnMut() -> bool) -> Result<Answer, Halt> {
        self.go_on(&mut self.begin(fork), &mut stop)
    }

    fn begin(&self, fork: Fork) -> Forked {
        let case = &self.story.case;
        let mut experiment = self.plan.clone().begin();
        if let CaseKind::Stale { .. } = case.kind {
            experiment.lanes[0].listen(case.key);
        }
        Forked { fork, experiment, until: self.moments[fork.moment], has_turned: false }
    }

    /// Runs a fork on; where `stop` halts it, it can go on from there.
    fn go_on(&self, forked: &mut Forked, stop: &mut impl FnMut() -> bool) -> Result<Answer, Halt> {
        let case = &self.story.case;
        let Forked { fork, experiment, until, has_turned } = forked;
        loop {
            reach(experiment, *until, stop)?;
            if !*has_turned {
                experiment.lanes[0].turn_luck(u64::from(fork.number) + 1);
                if !fork.faults {
                    experiment.lanes[0].spare_the_rest();
                }
                *has_turned = true;
            }
            if experiment.stopped().any(|(_, why)| !why.is_after_the_run()) {
                return Ok(None); // a limit has ended it: nobody knows what would have become of it
            }
            let over = experiment.finished();
            if let Some(answer) = self.judge(experiment, over) {
                return Ok(answer);
            }
            if over {
                return Ok(None);
            }
            *until = if *until < case.at { case.at } else { until.saturating_add(WAIT) };
            if *until > self.scenario.duration {
                *until = Nanos::MAX;
            }
        }
    }

    /// What the fork came to, if that is known by now.
    fn judge(&self, experiment: &Experiment, over: bool) -> Option<Answer> {
        let (case, now) = (&self.story.case, experiment.now());
        let ledger = experiment.lanes[0].ledger();
        match case.kind {
            CaseKind::Lost { cause } => self.judge_write(&ledger, cause, (now, over)),
            CaseKind::Stale { .. } => {
                let read = ledger.heard().into_iter().find_map(|heard| match heard.fact {
                    Fact::Read { client, issued, stale, .. } if (client, issued) == (case.client, case.issued) => {
                        Some(stale)
                    }
                    _ => None,
                });
                // A read that fails is not stale; but in a closed loop it may be that nobody asked.
                read.map(Some).or_else(|| over.then_some((!is_closed(&self.scenario)).then_some(false)))
            }
            CaseKind::Diverging { place, .. } => {
                let at = experiment.lanes[0].now();
                let left = || ledger.diverging_copies_of(case.key, at);
                if now >= case.at && left().iter().any(|(other, _)| *other == place) {
                    return Some(Some(true));
                }
                (over || now >= case.at.saturating_add(LATER)).then_some(Some(false))
            }
            CaseKind::Vanished | CaseKind::Phantom => Some(None),
        }
    }

    fn judge_write(&self, ledger: &Ledger, cause: Cause, (now, over): (Nanos, bool)) -> Option<Answer> {
        let case = &self.story.case;
        let Some(write) = ledger.write_of(case.key, case.client, case.issued) else {
            return (now >= case.issued || over).then_some(None);
        };
        if ledger.was_lost(write) {
            return Some(Some(true));
        }
        // Something older may still come over what the database has.
        let is_final = over || (now >= case.at && cause != Cause::OverwrittenByOlder);
        match ledger.class(write) {
            Class::InFlight | Class::AtRisk if !over => None,
            _ => is_final.then_some(Some(false)),
        }
    }

    /// What the answers say; `lane` is what the lane is called.
    pub fn sum_up(&self, lane: &str, forks: u32, known: &Answers) -> Found {
        Found::of((&self.scenario, lane), (&self.story, &self.moments), forks, &known.tallies())
    }
}

impl Found {
    /// What these forks of a case say; `moments` are those that can be asked about.
    fn of(
        (scenario, lane): (&Scenario, &str),
        (story, moments): (&Story, &[Nanos]),
        forks: u32,
        known: &[Tally],
    ) -> Found {
        let share = |(wrong, of): (u32, u32)| Share::of(wrong, of);
        let mut before = None;
        let mut found = Vec::new();
        for tally in known {
            let Some(&at) = moments.get(tally.moment) else { continue };
            let since = story.lines.iter().filter(|line| before < Some(line.at) && line.at <= at);
            let since = since.filter(|_| before.is_some()).map(|line| told(story, line)).collect();
            let (probability, without_faults) = (share(tally.probability), tally.without_faults.map(share));
            found.push(Moment { at_s: at.as_secs_f64(), since, probability, without_faults });
            before = Some(at);
        }
        let (jump, jumps) = (jump(&found), jumps(&found));
        Found {
            engine: ENGINE_VERSION,
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            lane: lane.to_owned(),
            case: story.case,
            sentence: story.sentence.clone(),
            cause_s: story.cause_at.as_secs_f64(),
            forks,
            moments: found,
            jump,
            jumps,
        }
    }

    /// Whether that moment is the end of one of the [jumps](Found::jumps).
    pub fn is_jump(&self, moment: usize) -> bool {
        self.jumps.iter().any(|jump| jump.moment == moment)
    }

    /// Whether nearly any luck did it, from the first moment on.
    fn is_sure(&self) -> bool {
        self.moments.iter().all(|moment| moment.expected().low > 0.6)
    }

    /// What it comes to, of how many forks; `labels` are what the moments are called, and `cause` what that of the story is.
    pub fn decided(&self, labels: &[String], cause: &str) -> Phrase {
        let forks = self.forks;
        if let [jump] = self.jumps[..] {
            let (before, after) = (text::percent(jump.before, 0), text::percent(jump.after, 0));
            let at = &labels[jump.moment];
            return phrase!(
                "Decided at {at}: the probability jumps from {before} to {after} (up to {forks} forks a moment).",
                "{at}에 결정: 확률이 {before}에서 {after}로 급변합니다(시점마다 최대 {forks}번 분기)."
            );
        }
        if !self.jumps.is_empty() {
            let each = |jump: &Jump| {
                let (before, after) = (text::percent(jump.before, 0), text::percent(jump.after, 0));
                format!("{} ({before} → {after})", labels[jump.moment])
            };
            let all = self.jumps.iter().map(each).collect::<Vec<_>>().join(" · ");
            return phrase!(
                "Decided in several steps: {all}. Of these jumps none is surely the greatest (up to {forks} forks a moment).",
                "여러 단계에 걸쳐 결정: {all}. 이 가운데 어느 것이 가장 큰지는 확실하지 않습니다(시점마다 최대 {forks}번 분기)."
            );
        }
        if self.is_sure() {
            return phrase!(
                "From the first moment on it goes wrong with nearly any luck: the requests and the settings decide it (up to {forks} forks a moment). Other luck keeps the cause at {cause} away hardly ever: look for the setting that does.",
                "처음 시점부터 난수와 거의 상관없이 문제가 발생합니다. 요청과 설정이 결정합니다(시점마다 최대 {forks}번 분기). 난수가 달라져도 {cause}의 원인은 거의 그대로 일어나므로, 이를 막을 설정을 찾아야 합니다."
            );
        }
        phrase!(
            "No two neighbours differ by more than chance (up to {forks} forks a moment).",
            "이웃한 두 시점의 차이가 우연 범위 안에 있습니다(시점마다 최대 {forks}번 분기)."
        )
    }

    /// What several quick searches of a case whose story is told found [`together`], of `scenario`, in which the lane is called
    /// `lane`; `forks`: how many each of the moments that all have asked about has.
    pub fn of_searches(
        (scenario, lane): (&Scenario, &str),
        story: &Story,
        (count, forks): (usize, u32),
        known: &[Tally],
    ) -> Found {
        Found::of((scenario, lane), (story, &chosen(story, is_closed(scenario), count)), forks, known)
    }
}

/// A line of the story, in words.
fn told(story: &Story, line: &Line) -> Phrase {
    let say = |language: Language| format!("{}: {}", story.way(line, language), line.text.say(language));
    Phrase::new(say(Language::English), say(Language::Korean))
}

/// A fork as it runs. It may be made in several goes.
struct Forked {
    fork: Fork,
    experiment: Experiment,
    /// How far it runs until it is looked at.
    until: Nanos,
    /// Whether it has its own luck by now.
    has_turned: bool,
}

/// A quick search with some forks of its own, made in several goes.
pub struct Search {
    when: When,
    /// The number of the first fork, and how many there are of each probability.
    forks: (u32, u32),
    known: Answers,
    round: Vec<Fork>,
    answers: Vec<Answer>,
    running: Option<Forked>,
    runs: u32,
}

impl Search {
    /// At its beginning.
    pub fn begin(when: When, forks: (u32, u32)) -> Search {
        Search {
            when,
            forks,
            known: Answers::default(),
            round: Vec::new(),
            answers: Vec::new(),
            running: None,
            runs: 0,
        }
    }

    /// How many forks have come to their end.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// Goes on to the end, and gives what the forks of each moment came to, in order of time; `None` where `stop` has asked for
    /// a pause before. However often it pauses, it finds the same.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Option<Vec<Tally>> {
        loop {
            if self.answers.len() == self.round.len() {
                self.known.take_in(&self.round, &self.answers);
                self.answers.clear();
                self.round = self.when.forks(&self.when.next(&self.known, true), self.forks.1);
                if self.round.is_empty() {
                    return Some(self.known.tallies());
                }
            }
            let fork = self.round[self.answers.len()];
            let other = Fork { number: fork.number + self.forks.0, ..fork };
            let running = self.running.get_or_insert_with(|| self.when.begin(other));
            match self.when.go_on(running, &mut stop) {
                Ok(answer) => {
                    self.answers.push(answer);
                    (self.running, self.runs) = (None, self.runs + 1);
                }
                Err(_) => return None,
            }
        }
    }
}

impl Jump {
    /// By how much it rises.
    fn by(&self) -> f64 {
        self.after - self.before
    }
}

/// Whether it can be asked when this came about.
///
/// # Errors
/// When it cannot: why.
pub fn can_be_asked(scenario: &Scenario, case: &Case) -> Result<(), Halt> {
    if !is_asked_of(case) {
        return Err(Halt::Kind);
    }
    if case.issued >= scenario.duration || case.at > scenario.duration {
        return Err(Halt::AfterTheRun);
    }
    Ok(())
}

impl Moment {
    /// What somebody at that moment could have said: without faults of which nobody knows yet.
    pub fn expected(&self) -> Share {
        self.without_faults.unwrap_or(self.probability)
    }
}

/// How often it went wrong, of the forks that sent the same request.
fn share(answers: &[Answer]) -> Share {
    let known = answers.iter().flatten();
    Share::of(known.clone().filter(|wrong| **wrong).count() as u32, known.count() as u32)
}

/// Whether it can be asked when it came about.
fn is_asked_of(case: &Case) -> bool {
    matches!(case.kind, CaseKind::Lost { .. } | CaseKind::Stale { .. } | CaseKind::Diverging { .. })
}

/// Whether what is asked for next depends on answers.
fn is_closed(scenario: &Scenario) -> bool {
    let clients = &scenario.clients;
    // The next key of a scan is read when the one before has come.
    let closed = |arrivals: &Arrivals| matches!(arrivals, Arrivals::Closed { .. });
    let second = clients.second.as_ref().is_some_and(|second| closed(&second.arrivals));
    closed(&clients.arrivals) || second || clients.retries > 0 || clients.scan_ratio > 0.0
}

fn reach(experiment: &mut Experiment, to: Nanos, stop: &mut impl FnMut() -> bool) -> Result<(), Halt> {
    let mut stopped = false;
    experiment.advance(to, || {
        stopped = stop();
        stopped
    });
    if stopped { Err(Halt::Stopped) } else { Ok(()) }
}

/// Moments just before and after each step of the story; then the widest gaps are halved until there are `count`. They
/// begin as long before the first step as the story lasts, in a closed loop with the request itself.
fn chosen(story: &Story, closed: bool, count: usize) -> Vec<Nanos> {
    let case = &story.case;
    let of_request = !matches!(case.kind, CaseKind::Diverging { .. });
    let told = story.lines.iter().map(|line| line.at).chain([story.cause_at, case.issued, case.at]);
    let mut steps: BTreeSet<Nanos> = told.filter(|at| *at <= case.at).collect();
    let first = steps.first().copied().unwrap_or(case.issued);
    let begin = if closed && of_request { case.issued } else { first.saturating_sub(case.at - first) };
    steps.retain(|at| *at >= begin);
    let mut moments: BTreeSet<Nanos> = steps.iter().flat_map(|at| [at.saturating_sub(Nanos(1)), *at]).collect();
    moments.insert(begin);
    moments.retain(|at| *at >= begin);
    while moments.len() < count {
        let gaps = moments.iter().zip(moments.iter().skip(1)).map(|(from, to)| (*to - *from, *from));
        // Of equal ones the first.
        let Some((gap, from)) = gaps.reduce(|a, b| if b.0 > a.0 { b } else { a }).filter(|(gap, _)| gap.0 > 1) else {
            break;
        };
        moments.insert(from + Nanos(gap.0 / 2));
    }
    moments.into_iter().collect()
}

/// Every rise between neighbours whose intervals lie apart, in order of time, each with its 95 % interval: that of a difference
/// of two shares (Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
/// 1998, method 10).
fn rises(moments: &[Moment]) -> Vec<(Jump, (f64, f64))> {
    let pairs = moments.iter().zip(moments.iter().skip(1)).enumerate();
    let rise = |(place, (before, after)): (usize, (&Moment, &Moment))| {
        let (from, to) = (before.expected(), after.expected());
        let (from_s, to_s) = (before.at_s, after.at_s);
        let jump = Jump { moment: place + 1, from_s, to_s, before: from.share, after: to.share };
        let less = libm::hypot(to.share - to.low, from.high - from.share);
        let more = libm::hypot(to.high - to.share, from.share - from.low);
        let is_clear = from.of > 0 && to.of > 0 && to.low > from.high;
        is_clear.then_some((jump, (jump.by() - less, jump.by() + more)))
    };
    pairs.filter_map(rise).collect()
}

/// The greatest rise between neighbours, if their intervals lie apart.
fn jump(moments: &[Moment]) -> Option<Jump> {
    let greatest = rises(moments).into_iter().reduce(|a, b| if b.0.by() > a.0.by() { b } else { a });
    greatest.map(|(jump, _)| jump)
}

/// The greatest one, and every other one that may be as great.
fn jumps(moments: &[Moment]) -> Vec<Jump> {
    let mut rises = rises(moments);
    let least = jump(moments).and_then(|jump| Some(rises.iter().find(|(rise, _)| *rise == jump)?.1.0)).unwrap_or(0.0);
    rises.retain(|(_, (_, high))| *high >= least);
    rises.into_iter().map(|(rise, _)| rise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn of_several_jumps_that_may_be_as_great_none_is_left_out_and_a_smaller_one_is() {
        let found = |forks: u32, counts: &[u32]| -> Vec<usize> {
            let moment = |(place, count): (usize, &u32)| Moment {
                at_s: place as f64,
                since: Vec::new(),
                probability: Share::of(*count, forks),
                without_faults: None,
            };
            let moments: Vec<Moment> = counts.iter().enumerate().map(moment).collect();
            let all: Vec<usize> = jumps(&moments).iter().map(|jump| jump.moment).collect();
            assert!(jump(&moments).is_none_or(|jump| all.contains(&jump.moment)));
            all
        };
        assert_eq!(found(30, &[0, 15, 14, 29, 30]), [1, 3], "two halves");
        assert_eq!(found(1_000, &[0, 200, 210, 990, 1_000]), [3], "the other is a fifth of it");
        assert_eq!(found(20, &[0, 0, 20, 20]), [2]);
        assert!(found(20, &[9, 10, 11, 12]).is_empty(), "no more than chance");
    }

    #[test]
    fn what_it_comes_to_names_every_jump_and_every_one_is_marked_in_the_picture() {
        let scenario = presets::get("flush-race").expect("a preset").scenario().clone();
        let mut experiment = Plan::new(&Scenario { duration: Nanos::from_secs(5), ..scenario.clone() }, None)
            .expect("it can be run")
            .begin();
        experiment.advance(Nanos::MAX, || false);
        let lane = (0..scenario.lanes.len()).find(|lane| !experiment.cases(*lane).lost().is_empty()).expect("a loss");
        let case = experiment.cases(lane).lost()[0];
        let story = When::new((&scenario, None), (lane, case), 4, || false).expect("it can be asked").story;
        let found = |counts: [u32; 4]| {
            let tally =
                |(moment, count): (usize, &u32)| Tally { moment, probability: (*count, 30), without_faults: None };
            let known: Vec<Tally> = counts.iter().enumerate().map(tally).collect();
            let moments: Vec<Nanos> = (1..=4).map(Nanos::from_secs).collect();
            Found::of((&scenario, "a lane"), (&story, &moments), 30, &known)
        };
        let told = |counts: [u32; 4]| {
            let labels = ["one", "two", "three", "four"].map(str::to_owned);
            let decided = found(counts).decided(&labels, "then");
            (decided.to_string(), found(counts).svg(Language::English))
        };
        let (one, picture) = told([0, 30, 30, 30]);
        assert!(one.starts_with("Decided at two: the probability jumps from 0 % to 100 %"), "{one}");
        assert!(picture.contains("The jump: from 0 % to 100 % at 2.000000 s"), "{picture}");
        let (two, picture) = told([0, 15, 15, 30]);
        assert!(two.starts_with("Decided in several steps: two (0 % → 50 %) · four (50 % → 100 %)."), "{two}");
        assert!(picture.contains("The jumps: from 0 % to 50 % at 2.000000 s · from 50 %"), "{picture}");
        assert_eq!(picture.matches("stroke=\"#b3243b\"").count(), 2, "{picture}");
        let (sure, picture) = told([30; 4]);
        assert!(sure.contains("Other luck keeps the cause at then away hardly ever"), "{sure}");
        assert!(picture.contains("No jump: from the first moment on it goes wrong"), "{picture}");
        assert!(told([15, 14, 16, 15]).0.starts_with("No two neighbours differ"));
    }

    #[test]
    fn a_search_that_pauses_finds_what_the_forks_found_one_by_one_and_two_make_one_of_all() {
        let mut scenario = presets::get("flush-race").expect("a preset").scenario().clone();
        scenario.duration = Nanos::from_secs(5);
        let mut experiment = Plan::new(&scenario, None).expect("it can be run").begin();
        experiment.advance(Nanos::MAX, || false);
        let lane = (0..scenario.lanes.len()).find(|lane| !experiment.cases(*lane).lost().is_empty()).expect("a loss");
        let case = experiment.cases(lane).lost()[0];
        let when = || When::new((&scenario, None), (lane, case), 12, || false).expect("it can be asked");
        let in_pieces = |forks: (u32, u32)| {
            let (mut search, mut pauses) = (Search::begin(when(), forks), 0);
            loop {
                let mut calls = 0;
                let stop = || {
                    calls += 1;
                    calls > 20
                };
                match search.advance(stop) {
                    Some(found) => return (found, pauses),
                    None => pauses += 1,
                }
            }
        };
        let asked = when();
        let mut known = Answers::default();
        loop {
            let forks = asked.forks(&asked.next(&known, true), 3);
            if forks.is_empty() {
                break;
            }
            let answers: Vec<Answer> =
                forks.iter().map(|fork| asked.run(*fork, || false).expect("an answer")).collect();
            known.take_in(&forks, &answers);
        }
        let (first, pauses) = in_pieces((0, 3));
        assert_eq!(first, known.tallies());
        assert!(pauses > 2, "{pauses} pauses");
        let (second, _) = in_pieces((3, 3));
        let both = together(first.iter().chain(&second).copied());
        let last = both.last().expect("the end of the case");
        assert_eq!(last.probability.1, 6, "forks of both");
        let found = Found::of_searches((&scenario, "a lane"), &asked.story, (12, 6), &both);
        assert_eq!(found.moments.len(), both.len());
        assert!(found.moments.last().expect("a moment").probability.share > 0.9, "there it is lost");
    }
}
