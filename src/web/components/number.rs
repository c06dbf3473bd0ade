//! A number or a duration, with its slider.
//!
//! Every field knows its place in the scenario (`clients.arrivals.rate`): what it makes is an [`Edit`] of that path, and
//! what [`check`](crate::web::state::saved::check) has against its value stands beside it. What is no value at all (`12
//! parsecs`) never reaches the scenario.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::context::{id_of, use_ctx};
use super::slider::{STEPS, place_of, value_after_move};
use crate::scenario::{Accept, Edit, FieldValue, Slider, slider_of};
use crate::time::Nanos;
use crate::web::state::{Action, saved};

/// A number without the dust of binary fractions.
fn rounded(value: f64) -> String {
    let text = format!("{value:.6}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// What a [`Row`] is made from.
#[derive(Clone, PartialEq, Properties)]
struct RowProps {
    path: String,
    label: AttrValue,
    /// The value as text.
    text: String,
    /// Where the slider stands, and what it covers.
    slide: Option<(f64, Slider)>,
    /// Whether only whole numbers make sense.
    #[prop_or_default]
    whole: bool,
    /// What it means when that was typed.
    typed: Callback<String, Action>,
    /// What it means when the slider was moved there.
    slid: Callback<f64, Vec<Edit>>,
}

/// A label, a slider and a text field, and beneath them what is wrong.
#[component]
fn Row(props: &RowProps) -> Html {
    let ctx = use_ctx();
    let complaint = ctx.complaint(&props.path);
    // Another way to write the same value changes nothing, and still makes way for the usual one.
    let redraw = use_force_update();
    let id = id_of(&props.path);
    let change = {
        let (act, typed) = (ctx.dispatch.clone(), props.typed.clone());
        Callback::from(move |event: Event| {
            let text = event.target_unchecked_into::<HtmlInputElement>().value();
            act.emit(typed.emit(text));
            redraw.force_update();
        })
    };
    let slide = props.slide.map(|(value, slide)| {
        let (act, slid) = (ctx.dispatch.clone(), props.slid.clone());
        let round = if props.whole { libm::round } else { |value| value };
        let oninput = Callback::from(move |event: InputEvent| {
            let place = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
            act.emit(Action::Drag(slid.emit(value_after_move(slide, value, place, round))));
        });
        let onchange = ctx.dispatch.reform(|_: Event| Action::DragEnd);
        let place = place_of(slide, value);
        html! {
            <input type="range" min="0" max={STEPS.to_string()} step="1" value={format!("{place:.0}")} {oninput} {onchange}
                style={format!("--share:{:.1}%", place / STEPS * 100.0)}
                aria-label={props.label.clone()} aria-valuetext={props.text.clone()} />
        }
    });
    let error = format!("{id}-error");
    html! {
        <div class={classes!("field", props.slide.is_none().then_some("no-slider"))}>
            <label for={id.clone()}>{ props.label.clone() }</label>
            { slide.unwrap_or_default() }
            <input {id} type="text" inputmode="decimal" autocomplete="off" spellcheck="false"
                value={ctx.text_at(&props.path, &props.text)} onchange={change}
                aria-invalid={complaint.is_some().then_some("true")}
                aria-describedby={complaint.is_some().then(|| error.clone())} />
            if let Some(complaint) = complaint { <p class="complaint" id={error} role="alert">{ complaint }</p> }
        </div>
    }
}

/// The action of typing a text into the field at `path`.
fn enter(path: &str, text: String) -> Action {
    Action::Enter { path: path.to_owned(), text, accept: Accept::Readable }
}

/// What a [`Number`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct NumberProps {
    /// The field's place in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
    /// Its value.
    pub value: f64,
    /// What its slider covers, where the field itself does not say it.
    #[prop_or_default]
    pub slide: Option<Slider>,
    /// Whether only whole numbers make sense.
    #[prop_or_default]
    pub whole: bool,
}

/// A number.
#[component]
pub fn Number(props: &NumberProps) -> Html {
    let (path, whole) = (props.path.clone(), props.whole);
    let typed = Callback::from({
        let path = path.clone();
        move |text: String| enter(&path, text)
    });
    let slid = Callback::from(move |value: f64| {
        let value = if whole { FieldValue::of(&(value as u64)) } else { FieldValue::of(&value) };
        vec![Edit::set(path.to_string(), value)]
    });
    let slide = props.slide.or_else(|| slider_of(&props.path)).map(|slide| (props.value, slide));
    html! { <Row path={props.path.to_string()} label={props.label.clone()} text={rounded(props.value)} {slide} {whole} {typed} {slid} /> }
}

/// What a [`Duration`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct DurationProps {
    /// The field's place in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
    /// Its value; `None` is shown as `none`.
    pub value: Option<Nanos>,
    /// What its slider covers, seconds, where the field itself does not say it.
    #[prop_or_default]
    pub slide: Option<Slider>,
    /// What another value means, where it is more than that value at the path.
    #[prop_or_default]
    pub edits: Option<Callback<Nanos, Vec<Edit>>>,
}

/// A duration: a number and a unit.
#[component]
pub fn Duration(props: &DurationProps) -> Html {
    let path = props.path.clone();
    let edits = props.edits.clone().unwrap_or_else(|| {
        let path = path.clone();
        Callback::from(move |value: Nanos| vec![Edit::set(path.to_string(), FieldValue::of(&value))])
    });
    let slid = edits.reform(Nanos::from_secs_f64);
    let typed = match props.edits.clone() {
        Some(edits) => Callback::from(move |text: String| {
            let value = saved::typed(&path, &text).ok().and_then(|plain| plain.parse().ok());
            value.map_or_else(|| enter(&path, text), |value| Action::Edit(edits.emit(value)))
        }),
        None => Callback::from(move |text: String| enter(&path, text)),
    };
    let text = props.value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    let slide = props
        .slide
        .or_else(|| slider_of(&props.path))
        .zip(props.value)
        .map(|(slide, value)| (value.as_secs_f64(), slide));
    html! { <Row path={props.path.to_string()} label={props.label.clone()} {text} {slide} {typed} {slid} /> }
}
