use super::super::testing::*;
use super::super::worker::{Request, Worker};
use super::super::{Action, Effect, Playback, TimeAction, ViewAction};
use super::*;
use crate::phrase::Language;
use crate::scenario::presets::Claim;
use crate::scenario::{FaultKind, List, presets};
use crate::web::platform::protocol::FromWorker;

#[test]
fn a_change_runs_from_the_start_and_goes_on_where_the_reader_was() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(set("seed", "9"));
    assert_eq!(state.playback, Playback::Seeking { to: Nanos::from_secs(20), then_play: true });
    assert_eq!(state.running.seed, 9);
}

#[test]
fn a_bad_value_leaves_the_last_good_run_alone() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(set("clients.write_ratio", "7"));
    assert_eq!(state.problems.len(), 1);
    assert_eq!(state.running.clients.write_ratio, 0.1);
    assert_eq!(state.generation, 1);
}

#[test]
fn an_edit_changes_what_is_there_now_whatever_was_there_when_it_was_made() {
    // Two controls, drawn from the same scenario, are used before either is drawn again; so is a click that breaks
    // something. Nothing of all that is lost.
    let mut state = playing();
    state.apply(frame(1, 1, false));
    let made = [
        set("cache.shards", "3"),
        enter("database.replicas", "2", Accept::NoWorse),
        enter("clients.write_ratio", "0.4", Accept::Readable),
        Action::Edit(vec![Edit::Add(List::Lanes)]),
        Action::Edit(vec![Edit::Add(List::Lanes)]),
        Action::Edit(vec![Edit::Add(List::Faults)]),
    ];
    made.into_iter().for_each(|action| _ = state.apply(action));
    let now = &state.running;
    assert_eq!((now.cache.shards, now.database.replicas, now.clients.write_ratio), (3, 2, 0.4));
    assert_eq!((now.lanes.len(), now.faults.len()), (3, 1));
    assert!(now.lanes[1] != now.lanes[2]);
}

#[test]
fn a_fault_that_was_injected_beside_a_bad_value_is_there_when_the_value_is_mended() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(set("cache.capacity", "0"));
    injected(&mut state);
    assert_eq!((state.draft.faults.len(), state.problems.len()), (1, 1));
    state.apply(set("cache.capacity", "7"));
    assert_eq!((state.running.faults.len(), state.running.cache.capacity), (1, 7.into()));
}

#[test]
fn who_has_stopped_time_sees_a_fault_strike_all_the_same() {
    let mut state = playing();
    state.apply(frame(1, 19, false));
    state.apply(Action::Time(TimeAction::Pause));
    injected(&mut state);
    let to = Nanos::from_secs(20).saturating_add(Nanos(1));
    assert_eq!(state.playback, Playback::Seeking { to, then_play: false });
}

#[test]
fn the_sentence_keeps_its_two_lanes_as_long_as_they_are_what_they_were() {
    let mut state = playing();
    state.apply(Action::OpenPreset("default".into()));
    let own = state.claim();
    state.apply(set("cache.ttl", "5s"));
    assert!(own.is_some() && state.claim() == own, "{:?}", state.claim());
    let lane = own.unwrap().lane;
    let lanes = state.running.lanes.len();
    let other = FieldValue::of(&state.running.lanes[lane]);
    state.apply(Action::Edit(vec![Edit::set(format!("lane.{lanes}"), other)]));
    state.apply(set(&format!("lane.{lanes}.write.every"), "9s"));
    assert_eq!(state.claim(), Some(Claim { lane, than: lanes }), "one that was kept beside it");
    state.apply(set(&format!("lane.{lane}.write"), "write-around"));
    assert_eq!(state.claim(), None, "the lane is another");
}

/// The reader breaks something, and the worker has done so.
fn injected(state: &mut State) {
    let lasts = Nanos::from_secs(1);
    state.apply(Action::Inject { what: FaultKind::CacheCrash, server: None, link: None, lasts });
    let mut scenario = (*state.running).clone();
    scenario.faults.push(crate::scenario::Fault::new(FaultKind::CacheCrash, Nanos::from_secs(20)));
    let generation = state.generation;
    state.worker = Worker::Busy { request: Request::Inject, silent_s: 0.0 };
    hears(state, FromWorker::Injected { generation, scenario: scenario.into() });
}

#[test]
fn what_cannot_be_read_is_told_beside_its_field_and_changes_nothing() {
    let mut state = playing();
    let before = state.draft.clone();
    state.apply(enter("cache.shards", "1000", Accept::NoWorse));
    state.apply(enter("cache.capacity", "many", Accept::Readable));
    state.apply(enter("seed", "1,000", Accept::Readable));
    let fields: Vec<&str> = state.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
    assert_eq!((fields, &state.draft), (vec!["cache.shards", "cache.capacity", "seed"], &before));
    assert!(!state.history.can_undo(), "nothing to take back");
    state.apply(enter("seed", "1 000", Accept::Readable));
    assert_eq!((state.draft.seed, state.invalid.len()), (1_000, 2));
    state.apply(Action::Undo);
    assert_eq!((&state.draft, state.invalid.len()), (&before, 0), "the controls show that step, and nothing else");
}

#[test]
fn a_number_far_out_of_range_stays_in_its_field_for_mending() {
    let mut state = playing();
    let before = state.draft.clone();
    for (path, typed) in [
        ("clients.keys.count", "1e12"),
        ("clients.keys.count", "1e300"),
        ("clients.keys.count", "99999999999999999999"),
        ("seed", "1e20"),
        ("app.servers", "1e12"),
        ("cache.capacity", "1e12"),
    ] {
        state.apply(enter(path, typed, Accept::Readable));
        let held = state.invalid.iter().find(|invalid| invalid.field == path).expect(path);
        assert_eq!(held.typed, typed);
        let told = held.problem.say(Language::English);
        assert!(told.contains("must be"), "{told}");
        assert_eq!(state.draft, before, "{path}");
    }
}

#[test]
fn undo_takes_back_what_was_typed_over_a_value_that_cannot_run() {
    let mut state = playing();
    state.apply(enter("cache.capacity", "0", Accept::Readable));
    state.apply(enter("cache.capacity", "nothing", Accept::Readable));
    state.apply(enter("cache.capacity", "nought", Accept::Readable));
    let held: Vec<(&str, &str)> = state.invalid.iter().map(|it| (it.field.as_str(), it.typed.as_str())).collect();
    assert_eq!((held, &state.draft.cache.capacity), (vec![("cache.capacity", "nought")], &0.into()));
    state.apply(Action::Undo);
    assert_eq!((&state.invalid, state.problems.len(), &state.draft), (&vec![], 0, &state.running));
    state.apply(Action::Redo);
    assert_eq!((&state.invalid, state.problems.len()), (&vec![], 1), "the field shows the 0 again");
}

#[test]
fn what_was_mistyped_makes_way_for_a_new_value_of_its_field() {
    let mut state = playing();
    state.apply(enter("clients.keys.count", "lots", Accept::Readable));
    state.apply(set("clients.keys", "uniform(count:7)"));
    assert_eq!((&state.invalid, state.draft.clients.keys.count()), (&vec![], Some(7)));
}

#[test]
fn lanes_hidden_before_a_preset_was_opened_are_hidden_again_once_that_is_undone() {
    // As many lanes in both: what tells them apart is the preset.
    let mut state = playing();
    state.apply(Action::OpenPreset("redis-down".into()));
    let count = state.draft.lanes.len();
    state.apply(Action::View(ViewAction::ToggleLane(0)));
    let hidden = state.view.lanes.clone();
    let same = presets::all().find(|it| it.name != "redis-down" && it.scenario().lanes.len() == count);
    state.apply(Action::OpenPreset(same.expect("another preset with as many lanes").name.into()));
    assert_eq!((state.draft.lanes.len(), &state.view.lanes), (count, &None));
    state.apply(Action::Undo);
    assert!(hidden.is_some() && state.view.lanes == hidden);
    state.apply(Action::Redo);
    assert_eq!(state.view.lanes, None);
}

#[test]
fn undo_and_redo_go_back_and_forth_over_whatever_has_changed_the_experiment() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(Action::View(ViewAction::ToggleLane(0)));
    let makers: [fn(&mut State); 7] = [
        |state| _ = state.apply(set("seed", "9")),
        |state| _ = state.apply(Action::Edit(vec![Edit::Add(List::Lanes)])),
        |state| _ = state.apply(Action::Edit(vec![Edit::Add(List::Faults)])),
        injected,
        |state| _ = state.apply(Action::OpenPreset("redis-down".into())),
        |state| _ = state.apply(Action::OpenToml("seed = 4\n[[lane]]\n".into())),
        |state| _ = state.apply(Action::OpenLink("#v2&preset=flush-race&seed=3".into())),
    ];
    let seen = |state: &State| (state.running.clone(), state.preset.clone(), state.view.lanes.clone(), state.link());
    let mut steps = vec![seen(&state)];
    for make in makers {
        make(&mut state);
        let generation = state.generation;
        state.worker = Worker::Free { idle_s: 0.0 };
        state.apply(frame(generation, 20, false));
        state.must_load = false;
        steps.push(seen(&state));
        assert!(steps[steps.len() - 2].0 != state.running, "{}", steps.len());
    }
    for step in steps.iter().rev().skip(1) {
        let effects = state.apply(Action::Undo);
        assert_eq!(&seen(&state), step);
        assert!(effects.contains(&Effect::SaveLink));
    }
    assert!(!state.history.can_undo());
    for step in &steps[1..] {
        state.apply(Action::Redo);
        assert_eq!(&seen(&state), step);
    }
    assert!(!state.history.can_redo());
}

#[test]
fn undo_runs_what_was_up_to_where_the_reader_is() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(set("seed", "9"));
    state.apply(frame(2, 20, false));
    state.apply(Action::Undo);
    assert_eq!((state.running.seed, state.generation, state.must_load), (1, 3, true));
    assert_eq!(state.playback, Playback::Seeking { to: Nanos::from_secs(20), then_play: true });
}

#[test]
fn a_slider_s_drag_is_one_step() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    for seed in 2_u64..50 {
        state.apply(Action::Drag(vec![Edit::set("seed", FieldValue::of(&seed))]));
    }
    state.apply(Action::DragEnd);
    state.apply(Action::Drag(vec![Edit::set("seed", FieldValue::of(&99_u64))]));
    state.apply(Action::Undo);
    assert_eq!(state.running.seed, 49);
    state.apply(Action::Undo);
    assert_eq!((state.running.seed, state.history.can_undo()), (1, false));
}

#[test]
fn a_bad_edit_is_undone_and_one_that_changes_nothing_is_no_step() {
    let mut state = playing();
    state.apply(frame(1, 20, false));
    state.apply(set("cache.capacity", "0"));
    assert_eq!(state.problems.len(), 1);
    state.apply(Action::Undo);
    assert_eq!((state.problems.len(), state.generation), (0, 1), "what ran goes on");
    state.apply(set("seed", "1"));
    assert!(state.history.can_redo() && !state.history.can_undo());
}

#[test]
fn a_link_that_cannot_be_opened_and_an_embed_have_nothing_to_undo() {
    let mut state = playing();
    state.apply(set("seed", "9"));
    state.apply(Action::OpenLink("#v2&cache.capacity=lots".into()));
    state.apply(Action::Undo);
    assert!(state.unopened.is_some() && state.draft.seed == 9);
    state.apply(Action::OpenLink("#v2&view.embed=lost".into()));
    state.apply(Action::Undo);
    assert_eq!(state.preset.as_deref(), Some("default"));
}

#[test]
fn what_happened_can_be_logged_and_played_again() {
    let log = [
        Action::OpenLink("#v2".into()),
        set("cache.ttl", "sliding(5s)"),
        Action::Edit(vec![Edit::Choose { path: "clients.arrivals".into(), value: FieldValue::word("constant") }]),
        enter("seed", "7", Accept::Readable),
        Action::Edit(vec![Edit::Add(List::Lanes), Edit::remove("lane.0")]),
        Action::Undo,
        Action::Redo,
    ];
    let play = |log: &[Action]| {
        let mut state = State::new(Language::English, false);
        let effects: Vec<Effect> = log.iter().flat_map(|action| state.apply(action.clone())).collect();
        (state, effects)
    };
    assert_eq!(play(&log), play(&log.clone()));
    assert!(format!("{log:?}").contains("sliding(5s)"));
}
