//! Telling a story: the case's lane runs once more, listened to; then each of the others, to see what became of the same there.
//!
//! Runs are deterministic, so an ordinary one keeps nothing for the sake of stories but a short list of cases. The lanes run
//! one after the other, each alone, so that a story takes the memory of one lane.

use std::sync::Arc;

use super::{ENGINE_VERSION, Experiment, StartError};
use crate::ledger::{Case, CaseKind, Class, Fact, Ledger};
use crate::model::WriteId;
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Scenario, presets};
use crate::story::{self, Elsewhere, Evidence, Told, stamp, write_name};
use crate::time::Nanos;
use crate::workload::trace::Trace;

/// How much further another lane is run at once, to see what becomes of a write that waits there.
const WAIT: Nanos = Nanos::from_secs(1);

/// A story that is being told.
pub struct Telling {
    scenario: Scenario,
    trace: Option<Arc<Trace>>,
    lane: usize,
    case: Case,
    /// The lanes that are still to run, the next one last.
    left: Vec<usize>,
    /// The lane that runs, and up to when.
    running: Option<(usize, Experiment, Nanos)>,
    story: Option<story::Story>,
    elsewhere: Vec<Elsewhere>,
}

impl Telling {
    /// Begins to tell how a case of lane `lane` came about, in the experiment that is run from `scenario`.
    ///
    /// # Panics
    /// When there is no such lane.
    pub fn new(scenario: &Scenario, trace: Option<Arc<Trace>>, lane: usize, case: Case) -> Telling {
        assert!(lane < scenario.lanes.len(), "there is no lane {lane}");
        let others = (0..scenario.lanes.len()).rev().filter(|other| *other != lane);
        let left = others.chain([lane]).collect();
        let (scenario, story, elsewhere) = (scenario.clone(), None, Vec::new());
        Telling { scenario, trace, lane, case, left, running: None, story, elsewhere }
    }

    /// Goes on until `stop` says so, which is asked now and then. Gives the story once all lanes have run.
    ///
    /// # Errors
    /// When the lane cannot be run.
    pub fn advance(&mut self, mut stop: impl FnMut() -> bool) -> Result<Option<Told>, StartError> {
        loop {
            let (lane, mut experiment, until) = match self.running.take() {
                Some(running) => running,
                None => match self.left.pop() {
                    Some(lane) => (lane, self.begin(lane)?, self.until(lane)),
                    None => return Ok(self.story.take().map(|story| self.told(story))),
                },
            };
            let reached = experiment.advance(until, &mut stop);
            let there = experiment.finished() || (reached >= until && until <= self.scenario.duration);
            if !there {
                self.running = Some((lane, experiment, until));
                return Ok(None);
            }
            if lane == self.lane {
                self.story = Some(self.tell(&experiment));
            } else if !experiment.finished() && self.waits(&experiment) {
                self.running = Some((lane, experiment, until.saturating_add(WAIT)));
            } else {
                let (kept, text) = self.fate(&experiment);
                self.elsewhere.push(Elsewhere { lane, kept, text });
            }
        }
    }

    /// Up to when a lane runs. In others, what came about at the same time may come a little later.
    fn until(&self, lane: usize) -> Nanos {
        let of_write = matches!(self.case.kind, CaseKind::Lost { .. } | CaseKind::Vanished | CaseKind::Phantom);
        if lane == self.lane || of_write { self.case.at } else { self.case.at.saturating_add(WAIT) }
    }

    /// The lane alone, listened to.
    fn begin(&self, lane: usize) -> Result<Experiment, StartError> {
        let scenario = self.scenario.only(lane);
        let mut experiment = Experiment::new(&scenario, self.trace.clone())?;
        experiment.lanes[0].listen(self.case.key);
        Ok(experiment)
    }

    fn told(&mut self, story: story::Story) -> Told {
        let mut elsewhere = std::mem::take(&mut self.elsewhere);
        crate::sort::by_key(&mut elsewhere, |other| other.lane);
        let (engine, seed) = (ENGINE_VERSION, self.scenario.seed);
        let source = phrase!("Cachelane {engine} · seed {seed}", "Cachelane {engine} · 시드 {seed}");
        Told { run: story::Run { experiment: self.experiment(), source }, lane: self.lane, story, elsewhere }
    }

    /// What the experiment is called: as the preset of that name, in each language.
    fn experiment(&self) -> Phrase {
        let name = &self.scenario.name;
        let known = presets::all().find(|preset| preset.scenario().name == *name && !name.is_empty());
        match known {
            Some(preset) => preset.about().title.clone(),
            None if name.is_empty() => Phrase::fixed("Cachelane", "Cachelane"),
            None => Phrase::from(name.clone()),
        }
    }

    fn tell(&self, experiment: &Experiment) -> story::Story {
        let lane = &experiment.lanes[0];
        let ledger = lane.ledger();
        story::tell(&Evidence {
            case: &self.case,
            heard: &ledger.heard(),
            end: self.scenario.duration,
            faults: &lane.report().faults,
            node: lane.node_of(self.case.key),
            current: ledger.current(self.case.key),
            copies: &ledger.copies_of(self.case.key, lane.now()),
        })
    }

    // ---- The other lanes ----

    /// Whether it is still open there what becomes of the write.
    fn waits(&self, experiment: &Experiment) -> bool {
        let ledger = experiment.lanes[0].ledger();
        let of_write = matches!(self.case.kind, CaseKind::Lost { .. } | CaseKind::Vanished | CaseKind::Phantom);
        of_write && self.same_write(&ledger) && matches!(ledger.class(self.case.write), Class::InFlight | Class::AtRisk)
    }

    /// Whether a write of this number is the same request there: with closed loops it need not be.
    fn same_write(&self, ledger: &Ledger) -> bool {
        let case = &self.case;
        u64::from(case.write.0) <= ledger.counts().attempts()
            && case.write != WriteId::INITIAL
            && ledger.attempt(case.write) == (case.key, case.client, case.issued)
    }

    fn fate(&self, experiment: &Experiment) -> (Option<bool>, Phrase) {
        let ledger = experiment.lanes[0].ledger();
        match self.case.kind {
            CaseKind::Stale { .. } => self.fate_of_read(&ledger),
            CaseKind::Diverging { .. } => self.fate_of_copy(&ledger, experiment.lanes[0].now()),
            _ if self.same_write(&ledger) => self.fate_of_write(&ledger),
            _ => (None, OTHER_TRAFFIC),
        }
    }

    fn fate_of_write(&self, ledger: &Ledger) -> (Option<bool>, Phrase) {
        let write = self.case.write;
        let when = |fact: Fact| ledger.heard().iter().find(|heard| heard.fact == fact).map(|heard| heard.at);
        let (committed, acknowledged) = (when(Fact::Committed(write)), when(Fact::Acknowledged(write)));
        match ledger.class(write) {
            Class::Durable => {
                let at = stamp(committed.unwrap_or_default());
                let before = committed <= acknowledged;
                (
                    Some(true),
                    if before {
                        phrase!(
                            "kept: committed at {at}, before its acknowledgement",
                            "보존: 성공 응답 전인 {at} 커밋",
                            at
                        )
                    } else {
                        phrase!("kept: flushed and committed at {at}", "보존: 플러시되어 {at} 커밋", at)
                    },
                )
            }
            Class::Superseded => {
                let by = write_name(ledger.current(self.case.key));
                (
                    Some(true),
                    phrase!(
                        "no loss: {by}, newer or concurrent, is committed",
                        "유실 아님: 더 새롭거나 동시인 {by} 커밋"
                    ),
                )
            }
            Class::Lost => (Some(false), Phrase::fixed("lost there, too", "여기서도 유실")),
            Class::AtRisk | Class::InFlight => {
                (None, Phrase::fixed("not in the database there yet, still held", "아직 DB에 없음, 보관 중"))
            }
            Class::Rejected => {
                (Some(true), Phrase::fixed("rejected: its client knows", "거절: 클라이언트가 실패를 앎"))
            }
            Class::Unknown => {
                (None, Phrase::fixed("not acknowledged: its client cannot know", "응답 없음: 클라이언트가 알 수 없음"))
            }
            Class::Phantom => (Some(false), Phrase::fixed("rejected, and there all the same", "거절했으나 값이 존재")),
        }
    }

    fn fate_of_read(&self, ledger: &Ledger) -> (Option<bool>, Phrase) {
        let case = &self.case;
        let heard = ledger.heard();
        let read = heard.iter().find_map(|heard| match heard.fact {
            Fact::Read { client, issued, saw, stale } if (client, issued) == (case.client, case.issued) => {
                Some((saw, stale))
            }
            _ => None,
        });
        let Some((saw, stale)) = read else {
            return (
                None,
                Phrase::fixed(
                    "no such read there, or not answered by then",
                    "같은 읽기가 없거나 그때까지 응답되지 않음",
                ),
            );
        };
        let saw = write_name(saw);
        if stale {
            (Some(false), phrase!("stale there, too: {saw}", "여기서도 오래된 값: {saw}"))
        } else {
            (Some(true), phrase!("fresh: {saw}", "최신 값: {saw}"))
        }
    }

    fn fate_of_copy(&self, ledger: &Ledger, now: Nanos) -> (Option<bool>, Phrase) {
        let current = ledger.current(self.case.key);
        let copies = ledger.copies_of(self.case.key, now);
        let row = write_name(current);
        if let Some((_, left)) = ledger.diverging_copies_of(self.case.key, now).first() {
            let copy = write_name(*left);
            return (Some(false), phrase!("copy {copy}, database {row}", "사본 {copy}, DB {row}"));
        }
        if let Some((_, differs)) = copies.iter().find(|(_, value)| *value != current) {
            let copy = write_name(*differs);
            // A dirty copy is ahead of the database, not behind. Any other that does not diverge is seen to: there is a
            // moment between every commit and what deletes or replaces the copy.
            return if ledger.is_held(*differs) {
                (
                    Some(true),
                    phrase!(
                        "copy {copy} is dirty, on its way to the database",
                        "사본 {copy} 더티 상태, DB에 반영 예정"
                    ),
                )
            } else {
                (
                    None,
                    phrase!(
                        "copy {copy}, database {row}: what is to delete or replace the copy is still under way",
                        "사본 {copy}, DB {row}: 사본을 삭제하거나 교체할 작업이 아직 진행 중"
                    ),
                )
            };
        }
        (
            Some(true),
            if copies.is_empty() {
                phrase!("no copy; database {row}", "사본 없음. DB {row}")
            } else {
                phrase!("copy and database agree: {row}", "사본과 DB 일치: {row}")
            },
        )
    }
}

const OTHER_TRAFFIC: Phrase = Phrase::fixed(
    "cannot be compared: in closed loops each lane has traffic of its own",
    "비교 불가: 클로즈드 루프에서는 레인마다 요청이 다릅니다",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::Language;

    /// Every write passes through a moment at which the row is new and the copy old.
    #[test]
    fn a_copy_that_a_write_is_about_to_delete_is_not_held_against_its_lane() {
        let scenario = presets::get("stale-set-race").expect("a preset").scenario();
        let mut experiment = Experiment::new(scenario, None).expect("it runs");
        experiment.advance(Nanos::MAX, || false);
        let count = |lane: usize| experiment.lanes[lane].ledger().diverged().iter().map(|(_, n)| n).sum::<u64>();
        let clean: Vec<usize> = (0..scenario.lanes.len()).filter(|lane| count(*lane) == 0).collect();
        let dirty = (0..scenario.lanes.len()).find(|lane| count(*lane) > 0).expect("one of them leaves copies");
        assert!(!clean.is_empty(), "one of them does not");
        let mut undecided = 0;
        for case in experiment.cases(dirty).diverging() {
            let told =
                Telling::new(scenario, None, dirty, *case).advance(|| false).expect("it runs").expect("it is told");
            for other in told.elsewhere.iter().filter(|other| clean.contains(&other.lane)) {
                assert_ne!(other.kept, Some(false), "{}: {}", other.lane, other.text);
                undecided += usize::from(other.text.say(Language::English).contains("still under way"));
            }
        }
        assert!(undecided > 0, "one of the cases ends in the middle of a write");
    }

    #[test]
    fn what_is_taken_home_says_from_which_run_it_is() {
        let mut scenario = presets::get("flush-race").expect("a preset").scenario().clone();
        scenario.seed = 77;
        let mut experiment = Experiment::new(&scenario, None).expect("it runs");
        experiment.advance(Nanos::MAX, || false);
        let case = experiment.cases(0).lost()[0];
        let told = Telling::new(&scenario, None, 0, case).advance(|| false).expect("it runs").expect("it is told");
        for (language, seed) in [(Language::English, "seed 77"), (Language::Korean, "시드 77")] {
            let title = told.run.experiment.say(language);
            for text in [told.svg("my lane", language), told.mermaid("my lane", language)] {
                assert!(text.contains(title) && text.contains("my lane") && text.contains(seed), "{text}");
            }
        }
    }
}
