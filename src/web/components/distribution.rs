//! A distribution of durations: its kind, and a number or two.

use yew::prelude::*;

use super::context::use_ctx;
use super::number::Duration;
use super::paste::{PastePercentiles, row_table};
use crate::scenario::{Distribution, Edit, FieldValue, Slider, slider_of};
use crate::time::Nanos;
use crate::web::components::select::Select;
use crate::web::i18n::Words;

/// What a [`Dist`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct DistProps {
    /// The field's place in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
    /// Its value.
    pub value: Distribution,
}

/// A distribution: its kind, and a number or two.
#[component]
pub fn Dist(props: &DistProps) -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let kinds = props.value.each_kind();
    let options = kinds.iter().map(|kind| {
        html! { <option key={kind.kind()} value={kind.kind()}>{ kind.title().say(w.lang).to_owned() }</option> }
    });
    let options: Vec<Html> = options.collect();
    let set_kind = {
        let set = ctx.setter(props.path.to_string(), FieldValue::of::<Distribution>);
        Callback::from(move |name: String| {
            if let Some(distribution) = kinds.iter().find(|kind| kind.kind() == name) {
                set.emit(distribution.clone());
            }
        })
    };
    html! {
        <div class="dist">
            <Select class="kind" called={format!("{}: {}", props.label, w.distribution_kind)} value={props.value.kind()} choose={set_kind}>{ for options }</Select>
            { for numbers(props, w) }
            <PastePercentiles path={props.path.clone()} label={props.label.clone()} />
        </div>
    }
}

/// The fields of the distribution's numbers.
fn numbers(props: &DistProps, w: &'static Words) -> Vec<Html> {
    let path_of = |part: &str| if part.is_empty() { props.path.to_string() } else { format!("{}.{part}", props.path) };
    let field = |part: &str, name: &str, value: Nanos, slide: Option<Slider>| {
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
    let slide = slider_of(&props.path);
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
            vec![html! { <><p class="soft">{ &props.label }</p>{ row_table(row, w) }</> }]
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
