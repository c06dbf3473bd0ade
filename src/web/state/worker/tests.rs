use super::super::playback::Playback;
use super::super::testing::*;
use super::super::traces::{TraceFile, Traces, TracesShown};
use super::super::{Action, Effect, Failure, Notice, State, StopReason, TimeAction, WorkerStatus};
use crate::phrase::Language;
use crate::phrase::Phrase;
use crate::scenario::{FaultKind, Keys};
use crate::time::Nanos;
use crate::web::platform::protocol::{FromWorker, Progress, ToWorker, TraceFacts};

#[test]
fn one_message_at_a_time_is_under_way() {
    let mut state = playing();
    assert_eq!(sent(&state.apply(Action::Tick { wall_s: 0.1 })), None);
    assert_eq!(sent(&state.apply(frame(1, 0, false))), None);
    assert!(matches!(sent(&state.apply(Action::Tick { wall_s: 0.1 })), Some(ToWorker::Advance { .. })));
    assert_eq!(sent(&state.apply(Action::Tick { wall_s: 0.1 })), None);
}

fn opened(state: &mut State, name: &str) -> Vec<Effect> {
    state.apply(Action::OpenTrace(TraceFile { name: name.into(), bytes: name.as_bytes().into() }))
}

#[test]
fn a_bad_trace_is_told_and_changes_nothing() {
    let mut state = playing();
    let (before, why) = (state.running.clone(), Phrase::fixed("keys.txt: line 2", "keys.txt: 2행"));
    state.apply(frame(1, 1, false));
    assert!(matches!(sent(&opened(&mut state, "keys.txt")), Some(ToWorker::Open { .. })));
    state.apply(Action::FromWorker(FromWorker::Unreadable { why: why.clone() }));
    assert_eq!((state.notice, &state.running), (Some(Notice::Message(why.clone())), &before));
    assert_eq!(state.traces.shown(), TracesShown { refused: Some(why), ..TracesShown::default() });
    state.traces.add(TraceFile { name: "other".into(), bytes: b"k"[..].into() });
    assert_eq!(state.traces.shown().refused, None, "that was another file");
}

#[test]
fn a_trace_that_was_read_is_replayed_and_a_second_of_the_same_name_too() {
    let mut state = playing();
    state.apply(frame(1, 1, false));
    for generation in [2, 3] {
        opened(&mut state, "keys.txt");
        let effects = state.apply(Action::FromWorker(FromWorker::Opened(TraceFacts::default())));
        assert_eq!(state.running.clients.keys, Keys::of_trace("keys.txt".into()));
        let loads = matches!(sent(&effects), Some(ToWorker::Load { generation: now, .. }) if *now == generation);
        assert!(loads, "{effects:?}");
        state.apply(frame(generation, 1, false));
    }
}

#[test]
fn two_traces_are_read_one_after_the_other_and_the_second_is_replayed() {
    let mut state = playing();
    state.apply(frame(1, 1, false));
    opened(&mut state, "a");
    assert_eq!(sent(&opened(&mut state, "b")), None);
    let effects = state.apply(Action::FromWorker(FromWorker::Opened(TraceFacts::default())));
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })), "{effects:?}");
    let effects = state.apply(frame(2, 1, false));
    assert!(matches!(sent(&effects), Some(ToWorker::Open { name, .. }) if name == "b"), "{effects:?}");
    state.apply(Action::FromWorker(FromWorker::Opened(TraceFacts::default())));
    assert_eq!(state.running.clients.keys, Keys::of_trace("b".into()));
}

#[test]
fn a_new_worker_reads_the_trace_in_use_again_before_it_runs() {
    let mut state = playing();
    state.apply(frame(1, 1, false));
    opened(&mut state, "a");
    state.apply(Action::FromWorker(FromWorker::Opened(TraceFacts::default())));
    hears(&mut state, FromWorker::Panicked { message: "oh".into() });
    let effects = state.apply(Action::RunAgain);
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Open { name, .. }) if name == "a"));
    let generation = state.generation;
    let effects = state.apply(Action::FromWorker(FromWorker::Opened(TraceFacts::default())));
    assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })));
    assert_eq!(state.generation, generation);
}

#[test]
fn after_a_panic_nothing_is_sent_until_the_reader_asks_for_it() {
    let mut state = playing();
    hears(&mut state, FromWorker::Panicked { message: "oh".into() });
    let failed = StopReason::Failed { failure: Failure::Crashed, details: "oh".into() };
    assert_eq!(state.stop_reason.as_ref(), Some(&failed));
    assert_eq!(waits(&mut state, 60.0), []);
    assert!(!state.is_running());
    let effects = state.apply(Action::RunAgain);
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })));
}

#[test]
fn after_a_panic_another_scenario_runs_without_more_ado() {
    let others: [fn() -> Action; 3] =
        [|| Action::OpenPreset("default".into()), || set("seed", "9"), || Action::Time(TimeAction::RunFromHere)];
    for other in others {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        hears(&mut state, FromWorker::Panicked { message: "oh".into() });
        let effects = state.apply(other());
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })), "{effects:?}");
        assert_eq!(state.stop_reason, None);
    }
}

#[test]
fn a_worker_that_cannot_be_started_is_not_started_again_and_again() {
    let mut state = State::new(Language::English, false);
    state.apply(Action::OpenLink("#v2".into()));
    let failed = Action::WorkerFailed { failure: Failure::NotStarted, details: String::new() };
    assert_eq!(state.apply(failed), [Effect::EndWorker]);
    assert_eq!(waits(&mut state, 60.0), []);
}

#[test]
fn where_a_further_worker_cannot_be_started_one_does_it_all() {
    let mut state = playing();
    let effects = state.apply(Action::HelperFailed);
    assert_eq!(effects[..2], [Effect::EndWorker, Effect::NewWorker]);
    assert!(state.works_alone && state.stop_reason.is_none());
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "{effects:?}");
    // Who wanted the end still does, and who has stopped it is not started again.
    let mut state = playing();
    state.apply(Action::Time(TimeAction::Finish));
    state.apply(Action::HelperFailed);
    assert_eq!(state.playback, Playback::Seeking { to: Nanos::MAX, then_play: false });
    let mut state = playing();
    state.apply(Action::Stop);
    assert_eq!((state.apply(Action::HelperFailed), state.works_alone), (vec![], false));
}

#[test]
fn a_silent_worker_is_said_to_compute_and_can_be_stopped() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(Action::Time(TimeAction::Finish));
    waits(&mut state, 2.8);
    assert_eq!(state.worker_status(), WorkerStatus::Responsive);
    assert_eq!(waits(&mut state, 0.4), [], "it is waited for");
    assert_eq!(state.worker_status(), WorkerStatus::Busy);
    waits(&mut state, 20.0);
    assert_eq!(state.worker_status(), WorkerStatus::Unresponsive);
    assert_eq!(state.apply(Action::Stop), [Effect::EndWorker]);
    assert_eq!(
        (state.worker_status(), state.stop_reason.clone()),
        (WorkerStatus::Responsive, Some(StopReason::Stopped))
    );
    assert_eq!((state.run.now, state.is_running()), (Nanos::from_secs(20), false), "what was seen stays");
    // And goes on from there when it is asked for.
    let effects = state.apply(Action::Time(TimeAction::PlayPause));
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })));
    assert_eq!(state.playback, Playback::Seeking { to: Nanos::from_secs(20), then_play: true });
}

#[test]
fn an_answer_ends_the_waiting() {
    let mut state = playing();
    state.apply(frame(1, 0, false));
    state.apply(Action::Time(TimeAction::Finish));
    waits(&mut state, 4.0);
    state.apply(frame(1, 5, false));
    assert_eq!(state.worker_status(), WorkerStatus::Responsive);
}

#[test]
fn another_scenario_waits_a_moment_for_a_silent_worker_and_no_longer() {
    let others: [fn() -> Action; 4] = [
        || Action::OpenPreset("default".into()),
        || set("seed", "9"),
        || Action::OpenLink("#v2&seed=4".into()),
        || Action::Time(TimeAction::RunFromHere),
    ];
    for other in others {
        let mut state = playing();
        state.apply(frame(1, 20, false));
        state.apply(Action::Time(TimeAction::Finish));
        assert_eq!(waits(&mut state, 10.0), [], "nobody wants anything else");
        assert_eq!(sent(&state.apply(other())), None);
        assert_eq!(waits(&mut state, 0.3), []);
        let effects = waits(&mut state, 0.2);
        assert_eq!(effects[0], Effect::EndWorker);
        let effects = comes_up(&mut state, &effects);
        assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })), "{effects:?}");
    }
}

#[test]
fn a_worker_that_answers_in_time_is_kept() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(Action::Time(TimeAction::Finish));
    state.apply(set("seed", "9"));
    waits(&mut state, 0.3);
    let effects = state.apply(frame(1, 30, false));
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 2, .. })));
    assert_eq!(waits(&mut state, 2.0), [], "its load is waited for: nobody wants anything else");
}

#[test]
fn a_worker_that_is_still_being_loaded_is_not_ended_for_it() {
    let mut state = State::new(Language::English, false);
    state.apply(Action::OpenLink("#v2".into()));
    state.apply(set("seed", "9"));
    assert_eq!(waits(&mut state, 60.0), []);
    assert_eq!(state.worker_status(), WorkerStatus::Loading);
}

#[test]
fn a_sleeping_machine_is_no_silent_worker() {
    let mut state = playing();
    state.apply(frame(1, 0, false));
    state.apply(Action::Time(TimeAction::Finish));
    state.apply(Action::Tick { wall_s: 3_600.0 });
    assert_eq!(state.worker_status(), WorkerStatus::Responsive);
}

#[test]
fn an_idle_worker_is_asked_whether_it_is_there_and_missed_when_it_is_not() {
    let mut state = playing();
    state.apply(frame(1, 60, true));
    let asked = |effects: &[Effect]| sent(effects) == Some(&ToWorker::Hello);
    assert!(!asked(&waits(&mut state, 4.9)));
    assert!(asked(&waits(&mut state, 0.3)));
    assert_eq!(hears(&mut state, FromWorker::Here), []);
    assert!(asked(&waits(&mut state, 5.3)));
    assert_eq!(waits(&mut state, 3.2), [Effect::EndWorker]);
    assert!(matches!(state.stop_reason, Some(StopReason::Failed { failure: Failure::Gone, .. })));
    assert!(state.run.finished, "what was shown stays");
}

#[test]
fn a_click_that_breaks_something_waits_until_the_worker_is_free() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(Action::Time(TimeAction::Finish));
    let click = || Action::Inject { what: FaultKind::CacheCrash, server: None, link: None, lasts: Nanos::from_secs(1) };
    assert_eq!(state.apply(click()), [], "one message at a time");
    let effects = state.apply(frame(1, 21, false));
    assert!(matches!(sent(&effects), Some(ToWorker::Inject { generation: 1, .. })));
    assert_eq!(state.apply(click()), []);
    let effects = hears(&mut state, FromWorker::Injected { generation: 1, scenario: Box::default() });
    assert!(matches!(sent(&effects), Some(ToWorker::Inject { .. })), "{effects:?}");
}

#[test]
fn a_refused_click_stops_nothing() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(Action::Inject { what: FaultKind::CacheCrash, server: None, link: None, lasts: Nanos::from_secs(1) });
    let why = Phrase::fixed("there is no replica", "복제본이 없습니다");
    let effects = hears(&mut state, FromWorker::Refused { generation: 1, why: why.clone() });
    assert_eq!((state.notice.clone(), state.playback), (Some(Notice::Message(why)), Playback::Playing));
    assert_eq!(effects, []);
    assert!(matches!(sent(&waits(&mut state, 0.2)), Some(ToWorker::Advance { .. })));
}

#[test]
fn a_refused_edit_loses_nothing_that_ran() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    let before = (state.running.clone(), state.run.clone(), state.link());
    state.apply(set("seed", "9"));
    state.apply(set("seed", "10"));
    let effects = hears(&mut state, FromWorker::Refused { generation: 2, why: Phrase::fixed("no", "아니요") });
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 3, .. })), "a newer one is tried");
    let effects = hears(&mut state, FromWorker::Refused { generation: 3, why: Phrase::fixed("no", "아니요") });
    assert!(effects.contains(&Effect::SaveLink));
    assert_eq!((state.running.clone(), state.run.clone(), state.link()), before);
    assert_eq!((state.playback, state.draft.seed), (Playback::Playing, 10), "the controls keep what was typed");
    assert!(state.shows_what_does_not_run(), "and the page says so");
    let effects = waits(&mut state, 0.2);
    assert!(matches!(sent(&effects), Some(ToWorker::Advance { generation: 1, .. })), "{effects:?}");
    state.apply(frame(1, 21, false));
    assert_eq!(state.run.now, Nanos::from_secs(21));
}

#[test]
fn an_edit_between_two_others_that_was_never_shown_is_run_again_when_the_last_is_refused() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(set("seed", "9"));
    state.apply(set("seed", "10"));
    state.apply(frame(2, 0, false));
    let effects = hears(&mut state, FromWorker::Refused { generation: 3, why: Phrase::fixed("no", "아니요") });
    assert_eq!(state.running.seed, 1, "the one that was shown");
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 4, .. })), "{effects:?}");
}

#[test]
fn a_scenario_from_outside_that_is_refused_stays_on_the_page() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(Action::OpenLink("#v2&clients.keys=trace(file:a)".into()));
    state.apply(Action::FromWorker(FromWorker::Refused {
        generation: 2,
        why: Phrase::fixed("open that file", "그 파일을 여세요"),
    }));
    assert_eq!(state.running.clients.keys, Keys::of_trace("a".into()));
    assert_eq!(waits(&mut state, 2.0), [], "it is not tried again by itself");
    let effects = state.apply(Action::Time(TimeAction::PlayPause));
    assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "but when the reader wants it");
}

fn reading(state: &mut State, done: u64) -> Vec<Effect> {
    hears(state, FromWorker::Reading(Progress { done, total: 10 }))
}

#[test]
fn a_trace_is_read_piece_by_piece_and_the_run_goes_on() {
    let mut state = playing();
    state.apply(frame(1, 1, false));
    opened(&mut state, "a");
    assert_eq!(reading(&mut state, 3), [Effect::Send(Box::new(ToWorker::Continue))]);
    assert_eq!(state.traces.shown().reading, Some(("a".into(), Progress { done: 3, total: 10 })));
    waits(&mut state, 0.1);
    let effects = reading(&mut state, 4);
    assert!(matches!(sent(&effects), Some(ToWorker::Advance { .. })), "{effects:?}");
    assert_eq!(sent(&state.apply(frame(1, 2, false))), Some(&ToWorker::Continue));
    hears(&mut state, FromWorker::Opened(TraceFacts::default()));
    assert_eq!(state.running.clients.keys, Keys::of_trace("a".into()));
}

#[test]
fn a_trace_that_nobody_wants_any_more_is_left_and_changes_nothing() {
    let mut state = playing();
    state.apply(frame(1, 1, false));
    let before = state.running.clone();
    opened(&mut state, "a");
    reading(&mut state, 3);
    assert_eq!(state.apply(Action::CancelTrace), []);
    assert_eq!(state.traces.shown().reading, None);
    assert_eq!(sent(&reading(&mut state, 4)), Some(&ToWorker::Cancel));
    hears(&mut state, FromWorker::Cancelled);
    assert_eq!((&state.running, &state.traces), (&before, &Traces::default()));
    // One that was done before the word came is not used either.
    opened(&mut state, "b");
    state.apply(Action::CancelTrace);
    hears(&mut state, FromWorker::Opened(TraceFacts::default()));
    assert_eq!((&state.running, &state.traces), (&before, &Traces::default()));
}

#[test]
fn a_worker_that_does_not_let_go_of_a_trace_is_replaced_and_the_run_goes_on() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    opened(&mut state, "a");
    waits(&mut state, 10.0);
    state.apply(Action::CancelTrace);
    let effects = waits(&mut state, 0.6);
    assert_eq!(effects[0], Effect::EndWorker);
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { generation: 1, .. })), "{effects:?}");
    assert_eq!(state.playback, Playback::Seeking { to: Nanos::from_secs(20), then_play: true });
    assert_eq!((state.traces, state.notice), (Traces::default(), None));
}

#[test]
fn a_trace_that_a_worker_did_not_survive_is_named_and_not_tried_again() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    opened(&mut state, "a");
    state.apply(Action::WorkerFailed { failure: Failure::OutOfMemory, details: String::new() });
    assert_eq!(state.notice, Some(Notice::TraceStopped("a".into())));
    let effects = state.apply(Action::RunAgain);
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "{effects:?}");
}

#[test]
fn another_preset_does_not_wait_for_a_trace_that_it_does_not_need() {
    let mut state = playing();
    state.apply(frame(1, 1, false));
    opened(&mut state, "a");
    hears(&mut state, FromWorker::Opened(TraceFacts::default()));
    waits(&mut state, 2.0);
    state.apply(Action::OpenPreset("default".into()));
    let effects = waits(&mut state, 0.6);
    let effects = comes_up(&mut state, &effects);
    assert!(matches!(sent(&effects), Some(ToWorker::Load { .. })), "{effects:?}");
}
