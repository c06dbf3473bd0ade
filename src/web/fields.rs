//! The widgets of the controls: a number with its slider, a duration, a distribution, a choice.
//!
//! Every field knows its place in the scenario (`clients.arrivals.rate`): what it makes is an [`Edit`] of that path, and
//! what [`check`](super::shelf::check) has against its value stands beside it. What is no value at all (`12 parsecs`)
//! never reaches the scenario.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::shelf::{self, Problem};
use super::state::Action;
use super::words::Words;
use crate::scenario::{Accept, Distribution, Edit, FieldValue};
use crate::time::Nanos;

/// What every field needs to know.
#[derive(Clone, PartialEq)]
pub struct Ctx {
    /// Hears what the reader does.
    pub act: Callback<Action>,
    /// The language.
    pub words: &'static Words,
    /// What is wrong with the values.
    pub problems: Rc<Vec<Problem>>,
    /// What is no value at all, by field.
    pub mistyped: Vec<(String, Problem)>,
}

impl Ctx {
    /// Changes the scenario.
    pub fn edit(&self, edits: Vec<Edit>) {
        self.act.emit(Action::Edit(edits));
    }

    /// A callback that puts what it hears at `path`.
    pub fn setter<T: 'static>(&self, path: impl Into<String>, show: fn(&T) -> FieldValue) -> Callback<T> {
        let path = path.into();
        self.act.reform(move |value: T| Action::Edit(vec![Edit::set(path.clone(), show(&value))]))
    }

    /// A button's click that makes just these edits.
    pub fn on_click(&self, edits: Vec<Edit>) -> Callback<MouseEvent> {
        self.act.reform(move |_: MouseEvent| Action::Edit(edits.clone()))
    }

    /// What is wrong with the field at `path`.
    fn complaint(&self, path: &str) -> Option<String> {
        let typed = self.mistyped.iter().find(|(field, _)| field == path).map(|(_, problem)| problem);
        let problem = typed.or_else(|| self.problems.iter().find(|problem| problem.field == path))?;
        Some(shelf::say(problem, self.words))
    }

    /// What is wrong with the field at `path`, or, if `inside`, with a part of its value. A problem that stands
    /// elsewhere, but that a new value of this field would make, is told with its place.
    pub fn complaint_inside(&self, path: &str, inside: bool) -> Option<String> {
        let is_here = |field: &str| {
            let rest = field.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || (inside && rest.starts_with('.')))
        };
        let typed = self.mistyped.iter().find(|(field, _)| field == path).map(|(_, problem)| problem);
        let problem = typed.or_else(|| self.problems.iter().find(|problem| is_here(&problem.field)))?;
        let said = shelf::say(problem, self.words);
        let is_own = problem.field.starts_with(path);
        Some(if is_own { said } else { format!("{} = {said}", problem.field) })
    }
}

/// The context that all fields stand in.
#[hook]
pub fn use_ctx() -> Ctx {
    use_context::<Ctx>().expect("fields stand inside a ContextProvider of Ctx")
}

/// What a slider covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slide {
    /// From, to, step.
    Even(f64, f64, f64),
    /// From, to; each decade alike.
    Log(f64, f64),
}

const STEPS: f64 = 200.0;

impl Slide {
    fn place(self, value: f64) -> f64 {
        match self {
            Slide::Even(low, high, _) => (value - low) / (high - low) * STEPS,
            Slide::Log(low, high) => libm::log(value.max(low) / low) / libm::log(high / low) * STEPS,
        }
        .clamp(0.0, STEPS)
    }

    fn value(self, place: f64) -> f64 {
        let share = (place / STEPS).clamp(0.0, 1.0);
        match self {
            Slide::Even(low, high, step) => libm::round((low + (high - low) * share) / step) * step,
            Slide::Log(low, high) => two_digits(low * libm::pow(high / low, share)),
        }
    }
}

impl Slide {
    /// The value at `place`, where the slider was moved to from `value`. A short step may round back to where it began;
    /// then it goes on to the next value there is, so that the arrow keys never get stuck.
    fn moved(self, value: f64, place: f64, round: fn(f64) -> f64) -> f64 {
        let step = if place < self.place(value) { -1.0 } else { 1.0 };
        let same = |other: f64| (other - value).abs() <= value.abs() * 1e-9;
        let mut place = place;
        while same(round(self.value(place))) && (1.0..STEPS).contains(&place) {
            place += step;
        }
        round(self.value(place))
    }
}

fn two_digits(value: f64) -> f64 {
    let unit = libm::pow(10.0, libm::floor(libm::log10(value)) - 1.0);
    libm::round(value / unit) * unit
}

/// A number without the dust of binary fractions.
fn tidy(value: f64) -> String {
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
    slide: Option<(f64, Slide)>,
    /// Whether only whole numbers make sense.
    #[prop_or_default]
    whole: bool,
    /// What it means when that was typed.
    typed: Callback<String, Action>,
    /// What it means when the slider was moved there.
    slid: Callback<f64, Vec<Edit>>,
}

/// What is being typed, until it is a value; a new value from outside takes its place.
#[hook]
pub fn use_pending(value: &str, is_bad: bool) -> UseStateHandle<Option<String>> {
    let pending = use_state_eq(|| None::<String>);
    {
        let pending = pending.setter();
        use_effect_with((value.to_owned(), is_bad), move |(_, is_bad)| {
            if !is_bad {
                pending.set(None);
            }
        });
    }
    pending
}

/// A label, a slider and a text field, and beneath them what is wrong.
#[component]
fn Row(props: &RowProps) -> Html {
    let ctx = use_ctx();
    let complaint = ctx.complaint(&props.path);
    let pending = use_pending(&props.text, complaint.is_some());
    let id = format!("f-{}", props.path.replace('.', "-"));
    let change = {
        let (act, typed, pending) = (ctx.act.clone(), props.typed.clone(), pending.setter());
        Callback::from(move |event: Event| {
            let text = event.target_unchecked_into::<HtmlInputElement>().value();
            pending.set(Some(text.clone()));
            act.emit(typed.emit(text));
        })
    };
    let slide = props.slide.map(|(value, slide)| {
        let (act, slid, pending) = (ctx.act.clone(), props.slid.clone(), pending.setter());
        let round = if props.whole { libm::round } else { |value| value };
        let oninput = Callback::from(move |event: InputEvent| {
            pending.set(None);
            let place = event.target_unchecked_into::<HtmlInputElement>().value_as_number();
            act.emit(Action::Drag(slid.emit(slide.moved(value, place, round))));
        });
        let onchange = ctx.act.reform(|_: Event| Action::DragEnd);
        let place = slide.place(value);
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
                value={(*pending).clone().filter(|_| complaint.is_some()).unwrap_or_else(|| props.text.clone())} onchange={change}
                aria-invalid={complaint.is_some().then_some("true")}
                aria-describedby={complaint.is_some().then(|| error.clone())} />
            if let Some(complaint) = complaint { <p class="complaint" id={error} role="alert">{ complaint }</p> }
        </div>
    }
}

/// The action of typing a text into the field at `path`.
fn entered(path: &str, text: String) -> Action {
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
    /// What its slider covers.
    #[prop_or_default]
    pub slide: Option<Slide>,
    /// Whether only whole numbers make sense.
    #[prop_or_default]
    pub whole: bool,
    /// Whether 0 stands for `none`.
    #[prop_or_default]
    pub zero_is_none: bool,
}

/// A number.
#[component]
pub fn Number(props: &NumberProps) -> Html {
    let (path, whole, zero_is_none) = (props.path.clone(), props.whole, props.zero_is_none);
    let typed = Callback::from({
        let path = path.clone();
        move |text: String| entered(&path, if zero_is_none && text.trim() == "0" { "none".to_owned() } else { text })
    });
    let slid = Callback::from(move |value: f64| {
        let value = if whole { FieldValue::of(&(value as u64)) } else { FieldValue::of(&value) };
        vec![Edit::set(path.to_string(), value)]
    });
    let slide = props.slide.map(|slide| (props.value, slide));
    html! { <Row path={props.path.to_string()} label={props.label.clone()} text={tidy(props.value)} {slide} {whole} {typed} {slid} /> }
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
    /// What its slider covers, seconds.
    #[prop_or_default]
    pub slide: Option<Slide>,
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
            let value = shelf::typed(&path, &text).ok().and_then(|plain| plain.parse().ok());
            value.map_or_else(|| entered(&path, text), |value| Action::Edit(edits.emit(value)))
        }),
        None => Callback::from(move |text: String| entered(&path, text)),
    };
    let text = props.value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    let slide = props.slide.zip(props.value).map(|(slide, value)| (value.as_secs_f64(), slide));
    html! { <Row path={props.path.to_string()} label={props.label.clone()} {text} {slide} {typed} {slid} /> }
}

/// What a [`Choice`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ChoiceProps {
    /// The field's place in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
    /// Names of the choices, and what they are called.
    pub options: Vec<(AttrValue, AttrValue)>,
    /// The name of the chosen one.
    pub value: AttrValue,
    /// What a new choice means, where it is more than its name at the path.
    #[prop_or_default]
    pub edits: Option<Callback<String, Vec<Edit>>>,
}

impl ChoiceProps {
    /// Hears the name of a new choice.
    fn set(&self, act: &Callback<Action>) -> Callback<String> {
        let (path, edits) = (self.path.clone(), self.edits.clone());
        act.reform(move |name: String| {
            Action::Edit(match &edits {
                Some(edits) => edits.emit(name),
                None => vec![Edit::set(path.to_string(), FieldValue::word(&name))],
            })
        })
    }
}

/// One of several, in a list that opens.
#[component]
pub fn Choice(props: &ChoiceProps) -> Html {
    let ctx = use_ctx();
    let id = format!("f-{}", props.path.replace('.', "-"));
    let change = props.set(&ctx.act).reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    let options = props.options.iter().map(|(name, label)| {
        html! { <option value={name.clone()} selected={*name == props.value}>{ label }</option> }
    });
    let complaint = ctx.complaint(&props.path);
    html! {
        <div class="field choice">
            <label for={id.clone()}>{ props.label.clone() }</label>
            <select {id} onchange={change}>{ for options }</select>
            if let Some(complaint) = complaint { <p class="complaint" role="alert">{ complaint }</p> }
        </div>
    }
}

/// One of few, all in sight.
#[component]
pub fn Segments(props: &ChoiceProps) -> Html {
    let set = props.set(&use_ctx().act);
    let group = format!("r-{}", props.path.replace('.', "-"));
    let options = props.options.iter().map(|(name, label)| {
        let set = {
            let (set, name) = (set.clone(), name.to_string());
            Callback::from(move |_: Event| set.emit(name.clone()))
        };
        html! {
            <label>
                <input type="radio" name={group.clone()} checked={*name == props.value} onchange={set} />
                <span>{ label }</span>
            </label>
        }
    });
    html! { <fieldset class="segments"><legend>{ props.label.clone() }</legend><div>{ for options }</div></fieldset> }
}

/// What a [`Check`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct CheckProps {
    /// Its name.
    pub label: AttrValue,
    /// Whether it is on.
    pub value: bool,
    /// Hears whether it is on now.
    pub set: Callback<bool>,
}

/// Yes or no.
#[component]
pub fn Check(props: &CheckProps) -> Html {
    let change = props.set.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    html! { <label class="check"><input type="checkbox" checked={props.value} onchange={change} />{ props.label.clone() }</label> }
}

/// What a [`Dist`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct DistProps {
    /// The field's place in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
    /// Its value.
    pub value: Distribution,
    /// What the slider of its middle covers, seconds.
    pub slide: Slide,
}

const KINDS: [&str; 6] = ["constant", "exponential", "uniform", "lognormal", "normal", "empirical"];

fn kind(distribution: &Distribution) -> usize {
    match distribution {
        Distribution::Constant(_) => 0,
        Distribution::Exponential(_) => 1,
        Distribution::Uniform { .. } => 2,
        Distribution::Lognormal { .. } => 3,
        Distribution::Normal { .. } => 4,
        Distribution::Empirical(_) => 5,
    }
}

/// The distribution's first number: where its middle is.
fn middle(distribution: &Distribution) -> Nanos {
    match distribution {
        Distribution::Constant(v) | Distribution::Exponential(v) => *v,
        Distribution::Uniform { min, max } => Nanos(min.0 / 2 + max.0 / 2),
        Distribution::Lognormal { median, .. } => *median,
        Distribution::Normal { mean, .. } => *mean,
        Distribution::Empirical(row) => row.first().map_or(Nanos::ZERO, |(_, v)| *v),
    }
}

/// A distribution of that kind about `m`.
fn of_kind(kind: &str, m: Nanos) -> Option<Distribution> {
    Some(match kind {
        "constant" => Distribution::Constant(m),
        "exponential" => Distribution::Exponential(m),
        "uniform" => Distribution::Uniform { min: Nanos(m.0 / 2), max: Nanos(m.0 / 2 * 3) },
        "lognormal" => Distribution::Lognormal { median: m, p99: Nanos(m.0 * 5) },
        "normal" => Distribution::Normal { mean: m, sd: Nanos(m.0 / 5) },
        _ => return None, // a measured row comes from a file
    })
}

/// A distribution: its kind, and a number or two.
#[component]
pub fn Dist(props: &DistProps) -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let now = kind(&props.value);
    let m = middle(&props.value);
    let set_kind = {
        let set = ctx.setter(props.path.to_string(), FieldValue::of::<Distribution>);
        Callback::from(move |event: Event| {
            let name = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Some(distribution) = of_kind(&name, m) {
                set.emit(distribution);
            }
        })
    };
    let kinds = KINDS.iter().enumerate().filter(|(i, _)| *i < 5 || now == 5).map(|(i, name)| {
        html! { <option value={*name} selected={i == now}>{ (w.distribution)(name) }</option> }
    });
    html! {
        <div class="dist">
            <select class="kind" aria-label={format!("{}: {}", props.label, w.distribution_kind)} onchange={set_kind}>{ for kinds }</select>
            { for numbers(props, w) }
        </div>
    }
}

/// The fields of the distribution's numbers.
fn numbers(props: &DistProps, w: &'static Words) -> Vec<Html> {
    let path_of = |part: &str| if part.is_empty() { props.path.to_string() } else { format!("{}.{part}", props.path) };
    let field = |part: &str, name: &str, value: Nanos, slide: Option<Slide>| {
        let (key, path) = (path_of(part), path_of(part));
        let label = if name.is_empty() { props.label.to_string() } else { format!("{}: {name}", props.label) };
        let edits = match props.value {
            Distribution::Lognormal { median, p99 } if part == "lognormal.median" => {
                Some(Callback::from(with_tail(&path, path_of("lognormal.p99"), median, p99)))
            }
            _ => None,
        };
        html! { <Duration {key} {path} {label} value={Some(value)} {slide} {edits} /> }
    };
    let slide = Some(props.slide);
    match &props.value {
        Distribution::Constant(v) => vec![field("", "", *v, slide)],
        Distribution::Exponential(v) => vec![field("exponential", w.mean, *v, slide)],
        Distribution::Uniform { min, max } => {
            vec![field("uniform.min", w.least, *min, slide), field("uniform.max", w.most, *max, slide)]
        }
        Distribution::Lognormal { median, p99 } => {
            vec![field("lognormal.median", w.median, *median, slide), field("lognormal.p99", w.p99, *p99, None)]
        }
        Distribution::Normal { mean, sd } => {
            vec![field("normal.mean", w.mean, *mean, slide), field("normal.sd", w.deviation, *sd, None)]
        }
        Distribution::Empirical(row) => {
            let points: Vec<String> = row.iter().map(|(p, v)| format!("{p} % {v}")).collect();
            vec![html! { <p class="soft">{ &props.label }{ ": " }{ points.join(" · ") }</p> }]
        }
    }
}

/// Another median of a log-normal: the tail moves along, so that its shape stays.
fn with_tail(path: &str, tail: String, median: Nanos, p99: Nanos) -> impl Fn(Nanos) -> Vec<Edit> + 'static {
    let (path, ratio) = (path.to_owned(), p99.0 as f64 / median.0.max(1) as f64);
    move |median| {
        let p99 = Nanos((median.0 as f64 * ratio) as u64);
        vec![Edit::set(path.clone(), FieldValue::of(&median)), Edit::set(tail.clone(), FieldValue::of(&p99))]
    }
}
