//! The run from its start to its end: the moment that is seen, how far it has been simulated, and the faults on it.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlInputElement, InputEvent, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::transport::{TransportProps, clock};
use crate::chart::text;
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::called;
use crate::scenario::{Edit, Fault, FaultTime, FieldValue, Scenario};
use crate::time::Nanos;
use crate::web::platform::media;
use crate::web::state::{Action, TimeAction};

const HINT: Phrase = Phrase::fixed(
    "drag to move, drag its right edge for how long it lasts; arrow keys move it, Delete removes it",
    "끌어서 이동, 오른쪽 끝을 끌어서 지속 시간 변경. 화살표 키로 이동, Delete로 제거",
);

/// The strip with its marks.
#[component]
pub fn Strip(props: &TransportProps) -> Html {
    let w = props.words;
    let all = props.duration.0.max(1);
    let share = |t: Nanos| t.0.min(all) as f64 * 100.0 / all as f64;
    let (now_s, all_s) = (props.now.as_secs_f64().min(props.duration.as_secs_f64()), props.duration.as_secs_f64());
    let spoken = (w.time_of)(now_s, all_s);
    let seek = props.dispatch.reform(move |event: InputEvent| {
        let share = event.target_unchecked_into::<HtmlInputElement>().value_as_number() / 1000.0;
        Action::Time(TimeAction::Seek(Nanos((share.clamp(0.0, 1.0) * all as f64) as u64)))
    });
    let style = format!("--share:{:.2}%;--reached:{:.2}%", share(props.now), share(props.reached));
    html! {
        <div class="progress">
            <div class="strip">
                <Marks ..props.clone() />
                <input type="range" min="0" max="1000" step="1" value={format!("{:.0}", share(props.now) * 10.0)}
                    aria-label={w.moment} aria-valuetext={spoken} {style} oninput={seek} />
            </div>
            { clock(now_s, all_s, w.lang) }
        </div>
    }
}

/// A fault that occurs at a known moment: its place in the scenario, its row, and where it begins and ends.
struct Mark<'a> {
    number: usize,
    row: usize,
    at: Nanos,
    fault: &'a Fault,
}

/// More marks than this could not be told apart.
const MARKS_MAX: usize = 24;

/// The faults with a moment, each in the first row in which there is room for it.
fn marks(scenario: &Scenario) -> Vec<Mark<'_>> {
    let mut known: Vec<(usize, &Fault, Nanos)> = scenario
        .faults
        .iter()
        .enumerate()
        .filter(|(_, fault)| fault.strikes_any(scenario.lanes.len()))
        .filter_map(|(i, fault)| Some((i, fault, fault.at.moment()?)))
        .collect();
    crate::sort::by_key(&mut known, |(_, _, at)| *at);
    // Its name needs room: of a strip on a phone a third.
    let least = Nanos(scenario.duration.0 / if media::matches("(max-width: 40rem)") { 3 } else { 5 });
    let mut rows: Vec<Nanos> = Vec::new();
    let place = |(number, fault, at): (usize, &'_ Fault, Nanos)| {
        let row = rows.iter().position(|free| *free <= at).unwrap_or(rows.len());
        let until = at.saturating_add(fault.lasts.max(least));
        if row == rows.len() {
            rows.push(until);
        } else {
            rows[row] = until;
        }
        (number, row, at)
    };
    let placed: Vec<(usize, usize, Nanos)> = known.into_iter().take(MARKS_MAX).map(place).collect();
    placed.into_iter().map(|(number, row, at)| Mark { number, row, at, fault: &scenario.faults[number] }).collect()
}

/// What is being dragged: the fault, where the pointer began, and whether it is the end that moves.
#[derive(Clone, Copy, PartialEq)]
struct Drag {
    number: usize,
    from_x: f64,
    began: Nanos,
    is_end: bool,
}

/// The faults as marks that can be dragged.
#[component]
fn Marks(props: &TransportProps) -> Html {
    let strip = use_node_ref();
    let drag = use_state_eq(|| None::<Drag>);
    let marks = marks(&props.scenario);
    let placed = marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
    let unplaced = unplaced(&props.scenario, props.words.lang);
    let rows = placed + unplaced.len();
    let duration = props.duration.0.max(1);
    let moved = {
        let (strip, drag, dispatch) = (strip.clone(), drag.clone(), props.dispatch.clone());
        Callback::from(move |event: PointerEvent| {
            let (Some(drag), Some(strip)) = (*drag, strip.cast::<Element>()) else { return };
            let wide = f64::from(strip.client_width()).max(1.0);
            let by = (f64::from(event.client_x()) - drag.from_x) / wide * duration as f64;
            dispatch.emit(Action::Drag(vec![moved_to(drag, by, duration)]));
        })
    };
    let dropped = {
        let (drag, dispatch) = (drag.clone(), props.dispatch.clone());
        Callback::from(move |_: PointerEvent| {
            if drag.is_some() {
                drag.set(None);
                dispatch.emit(Action::DragEnd);
            }
        })
    };
    let all = marks.iter().map(|mark| one(props, mark, &drag));
    html! {
        <div ref={strip} class="fault-marks" style={format!("--rows:{rows}")} onpointermove={moved} onpointerup={dropped.clone()}
            onpointercancel={dropped}>{ for all }{ for unplaced.into_iter().enumerate().map(|(i, name)| at_any_time(placed + i, name)) }</div>
    }
}

/// The faults that have no moment of their own, in words; of many the first ones.
fn unplaced(scenario: &Scenario, language: Language) -> Vec<String> {
    const UNPLACED_MAX: usize = 3;
    let faults = scenario.faults.iter().filter(|fault| fault.at.moment().is_none());
    let said = faults.map(|fault| {
        let (what, when) = (fault.what.title(), when(fault.at));
        format!("{}: {}", what.say(language), when.say(language))
    });
    said.take(UNPLACED_MAX).collect()
}

fn when(at: FaultTime) -> Phrase {
    match at {
        FaultTime::Moment(at) => {
            let [en, ko] = Language::ALL.map(|language| called::duration(at, language));
            phrase!("at {en}", "{ko}")
        }
        FaultTime::Every(mean) => {
            let [en, ko] = Language::ALL.map(|language| called::duration(mean, language));
            phrase!("at random, every {en} on average", "무작위, 평균 {ko}마다")
        }
        FaultTime::BeforeFlush(n) => phrase!("just before flush {n} of a lane", "레인의 {n}번째 플러시 직전"),
        FaultTime::AfterAcknowledged(n) => {
            phrase!("when a lane has acknowledged {n} writes", "레인이 쓰기 {n}건에 응답한 뒤")
        }
    }
}

/// A fault that may strike at any time: its place is the whole strip, and nothing of it can be dragged.
fn at_any_time(row: usize, name: String) -> Html {
    html! {
        <div class="fault-mark any-time" style={format!("left:0;right:0;--row:{row}")} title={name.clone()}>
            <span class="fault-name">{ name }</span>
        </div>
    }
}

/// The edit that a drag asks for, in whole hundredths of a second.
fn moved_to(drag: Drag, by_ns: f64, duration: u64) -> Edit {
    let least = if drag.is_end { 10_000_000.0 } else { 0.0 };
    let to = (drag.began.0 as f64 + by_ns).clamp(least, duration as f64 - 1.0);
    let to = Nanos((to / 1e7).round() as u64 * 10_000_000);
    let field = if drag.is_end { "for" } else { "at" };
    Edit::set(format!("fault.{}.{field}", drag.number), FieldValue::of(&to))
}

fn one(props: &TransportProps, mark: &Mark<'_>, drag: &UseStateHandle<Option<Drag>>) -> Html {
    let language = props.words.lang;
    let duration = props.duration.0.max(1);
    let share = |t: Nanos| t.0.min(duration) as f64 * 100.0 / duration as f64;
    let (number, at, lasts) = (mark.number, mark.at, mark.fault.lasts);
    let title = mark.fault.what.title();
    let title = title.say(language);
    let grab = |is_end: bool| {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            event.prevent_default();
            event.stop_propagation();
            if let Some(target) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
                let _ = target.set_pointer_capture(event.pointer_id()); // only makes the drag smoother
            }
            let began = if is_end { lasts } else { at };
            drag.set(Some(Drag { number, from_x: f64::from(event.client_x()), began, is_end }));
        })
    };
    let keyed = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = duration as f64 / if event.shift_key() { 20.0 } else { 200.0 };
            let by = match event.key().as_str() {
                "ArrowLeft" => -step,
                "ArrowRight" => step,
                "Delete" | "Backspace" => {
                    event.prevent_default();
                    return dispatch.emit(Action::Edit(vec![Edit::remove(format!("fault.{number}"))]));
                }
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            let drag = Drag { number, from_x: 0.0, began: at, is_end: false };
            dispatch.emit(Action::Edit(vec![moved_to(drag, by, duration)]));
        })
    };
    let (left, right) = (share(at), share(at.saturating_add(lasts)).max(share(at) + 0.4));
    let (from_s, for_s) = (at.as_secs_f64(), lasts.as_secs_f64());
    let spared = match (mark.fault.spares.len(), language) {
        (0, _) => String::new(),
        (n, Language::English) => format!(", spares {n} of the lanes"),
        (n, Language::Korean) => format!(", 레인 {n}개는 제외"),
    };
    let label = format!(
        "{title}, {}, {}{spared}: {}",
        text::moment(from_s, true, language),
        text::moment(for_s, true, language),
        HINT.say(language)
    );
    html! {
        <div class="fault-mark" role="button" tabindex="0" key={number} style={format!("left:{left:.2}%;right:{:.2}%;--row:{}", 100.0 - right, mark.row)}
            aria-label={label.clone()} title={label} onpointerdown={grab(false)} onkeydown={keyed}>
            <span class="fault-span"><span class="fault-end" onpointerdown={grab(true)} /></span>
            <span class="fault-name">{ title.to_owned() }</span>
        </div>
    }
}
