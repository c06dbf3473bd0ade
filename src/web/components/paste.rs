//! Response times that were pasted: what was understood of them, the law that comes nearest, and the buttons that take one
//! of both.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::context::{id_of, use_ctx};
use super::fold::use_fold;
use crate::chart::spectrum::{self, Point, TICKS};
use crate::chart::text;
use crate::phrase::{Phrase, phrase};
use crate::scenario::fit::{self, Fit, Measured};
use crate::scenario::percentiles::Percentiles;
use crate::scenario::{Distribution, Edit, FieldValue};
use crate::time::Nanos;
use crate::web::i18n::Words;

const TITLE: Phrase = Phrase::fixed("Paste percentiles", "백분위수 붙여 넣기");
const HINT: Phrase = Phrase::fixed(
    "A row or report of Locust, k6, JMeter, vegeta, wrk, hey, ab, autocannon, memtier_benchmark, YCSB or pgbench, or one percentile and its time per line. Numbers without a unit are ms.",
    "Locust, k6, JMeter, vegeta, wrk, hey, ab, autocannon, memtier_benchmark, YCSB, pgbench의 결과나, 한 줄에 백분위수와 시간 하나씩. 단위 없는 숫자는 ms입니다.",
);
const ENDS_EARLY: Phrase = Phrase::fixed(
    "The maximum is not given; the last value stands for 100 %.",
    "최댓값이 없어 마지막 값을 100 %로 봅니다.",
);
const USE: Phrase = Phrase::fixed("Use these percentiles", "이 백분위수 사용");
const USE_LAW: Phrase = Phrase::fixed("Use the law", "이 분포 사용");
const PERCENTILE: Phrase = Phrase::fixed("Percentile", "백분위수");
const TIME: Phrase = Phrase::fixed("Time", "시간");

/// What a [`PastePercentiles`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct PasteProps {
    /// The place of the distribution in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
}

/// A text area for percentiles, folded, and under it what was understood.
#[component]
pub fn PastePercentiles(props: &PasteProps) -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let (open, ontoggle) = use_fold(false);
    let pasted = use_state(String::new);
    let (applied, area) = (use_state(|| None::<Phrase>), use_node_ref());
    let id = format!("{}-paste", id_of(&props.path));
    let (hint, told) = (format!("{id}-hint"), format!("{id}-told"));
    let oninput = {
        let (text, applied) = (pasted.setter(), applied.setter());
        Callback::from(move |event: InputEvent| {
            applied.set(None);
            text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
        })
    };
    let read = (open && !pasted.trim().is_empty()).then(|| fit::read(&pasted));
    let is_bad = matches!(read, Some(Err(_))).then_some("true");
    let understood = match read {
        None => html! { { for applied.iter().map(|said| html! { <p>{ said.say(w.lang).to_owned() }</p> }) } },
        Some(Err(error)) => html! { <p class="complaint">{ error.phrase().say(w.lang).to_owned() }</p> },
        Some(Ok(measured)) => {
            let take = |name: Phrase, distribution: &Distribution| {
                let edit = Edit::set(props.path.to_string(), FieldValue::of(distribution));
                let (clear, edit) = (pasted.setter(), ctx.on_click(vec![edit]));
                let (applied, area, said) = (applied.setter(), area.clone(), applied_as(distribution));
                let onclick = Callback::from(move |event: MouseEvent| {
                    edit.emit(event);
                    clear.set(String::new());
                    applied.set(Some(said.clone()));
                    // This button goes.
                    if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                        let _ = area.focus(); // it can take it
                    }
                });
                html! { <button type="button" {onclick}>{ name.say(w.lang).to_owned() }</button> }
            };
            let fitted = fit::fit(&measured);
            let points = if let Measured::Percentiles(points) = measured { Some(points) } else { None };
            html! {
                <>
                    if let Some(points) = &points {
                        { row_table(&points.rows, w) }
                        if points.ends_early { <p class="soft">{ ENDS_EARLY.say(w.lang).to_owned() }</p> }
                        { for points.told().map(|told| html! { <p class="soft">{ told.say(w.lang).to_owned() }</p> }) }
                    }
                    if let Some(fit) = &fitted { { law(fit, w) } }
                    <p class="buttons">
                        if let Some(Percentiles { rows, .. }) = points { { take(USE, &Distribution::Empirical(rows)) } }
                        if let Some(fit) = &fitted { { take(USE_LAW, &fit.law) } }
                    </p>
                </>
            }
        }
    };
    html! {
        <details class="options paste" {ontoggle}>
            <summary aria-label={format!("{}: {}", props.label, TITLE.say(w.lang))}>{ TITLE.say(w.lang).to_owned() }</summary>
            if open {
                <label for={id.clone()} class="unseen">{ format!("{}: {}", props.label, TITLE.say(w.lang)) }</label>
                <textarea ref={area} {id} rows="4" spellcheck="false" autocomplete="off" value={(*pasted).clone()} {oninput}
                    aria-invalid={is_bad} aria-describedby={format!("{hint} {told}")} />
                <p class="soft" id={hint}>{ HINT.say(w.lang).to_owned() }</p>
                <div id={told} role="status">{ understood }</div>
            }
        </details>
    }
}

/// What is said once a distribution has been put into the scenario.
fn applied_as(distribution: &Distribution) -> Phrase {
    let what = if let Distribution::Empirical(rows) = distribution {
        let count = rows.len();
        phrase!("{count} percentiles", "백분위수 {count}개")
    } else {
        in_words(distribution)
    };
    phrase!("In the scenario now: {what}", "시나리오에 적용됨: {what}", what)
}

/// A law and its numbers.
fn in_words(law: &Distribution) -> Phrase {
    let ms = |time: &Nanos| text::millis(time.as_millis_f64());
    let kind = law.title();
    match law {
        Distribution::Lognormal { median, p99 } => {
            let (median, p99) = (ms(median), ms(p99));
            phrase!("{kind}, median {median}, p99 {p99}", "{kind}, 중앙값 {median}, p99 {p99}", kind)
        }
        Distribution::Exponential(mean) => {
            let mean = ms(mean);
            phrase!("{kind}, mean {mean}", "{kind}, 평균 {mean}", kind)
        }
        Distribution::Constant(value) => {
            let value = ms(value);
            phrase!("always {value}", "항상 {value}")
        }
        other => FieldValue::of(other).to_string().into(),
    }
}

/// The law, drawn through the points, and how far from them it is.
fn law(fit: &Fit, w: &Words) -> Html {
    const SIZE: (f64, f64) = (240.0, 90.0);
    let value = in_words(&fit.law);
    let Some((percent, factor)) = fit.farthest() else {
        let told =
            phrase!("the law with this mean and deviation: {value}", "이 평균과 표준편차를 갖는 분포: {value}", value);
        return html! { <p>{ told.say(w.lang).to_owned() }</p> };
    };
    let off = format!("{:+}", fit::percent_off(factor)).replace('-', "−");
    let told = phrase!(
        "nearest law: {value}; at {percent} %, where it is farthest off, {off} %",
        "가장 가까운 분포: {value}. 가장 크게 벗어난 {percent} %에서 {off} %",
        value
    );
    let curve = |of: fn(&(f64, Nanos, Nanos)) -> Nanos| -> Vec<Point> {
        fit.points.iter().map(|point| (point.0, of(point).as_millis_f64())).collect()
    };
    let (measured, law) = (curve(|point| point.1), curve(|point| point.2));
    let axis = spectrum::axis([&measured[..], &law[..]].into_iter());
    let dots = measured.iter().filter(|(percent, _)| *percent >= TICKS[0]).map(|(percent, ms)| {
        let [x, y] = [spectrum::place(*percent) * SIZE.0, (1.0 - axis.place(*ms)) * SIZE.1];
        html! { <circle cx={format!("{x:.1}")} cy={format!("{y:.1}")} r="3" /> }
    });
    let names = TICKS.into_iter().filter(|percent| *percent < 100.0).map(|percent| {
        let x = format!("{:.1}", spectrum::place(percent) * SIZE.0);
        html! { <text {x} y={(SIZE.1 + 16.0).to_string()} text-anchor="middle">{ format!("{percent} %") }</text> }
    });
    let times = axis.ticks(5).into_iter().map(|(value, name)| {
        let y = (1.0 - axis.place(value)) * SIZE.1;
        html! { <><path class="grid" d={format!("M0 {y:.1}H{}", SIZE.0)} /><text x="-6" y={format!("{:.1}", y + 4.0)} text-anchor="end">{ name }</text></> }
    });
    html! {
        <>
            <svg class="spectrum law" viewBox={format!("-56 -8 {} {}", SIZE.0 + 80.0, SIZE.1 + 30.0)} role="img"
                aria-label={told.say(w.lang).to_owned()}>
                { for times }
                { for names }
                <path d={spectrum::path(&law, &axis, SIZE)} stroke="var(--ink)" />
                { for dots }
            </svg>
            <p>{ told.say(w.lang).to_owned() }</p>
        </>
    }
}

/// Percentiles and their times, in a small table.
pub fn row_table(rows: &[(f64, Nanos)], w: &Words) -> Html {
    let cells = rows.iter().map(|(percent, value)| {
        html! { <tr><th scope="row">{ format!("{percent} %") }</th><td>{ value.to_string() }</td></tr> }
    });
    html! {
        <table class="row-table">
            <thead><tr><th scope="col">{ PERCENTILE.say(w.lang).to_owned() }</th><th scope="col">{ TIME.say(w.lang).to_owned() }</th></tr></thead>
            <tbody>{ for cells }</tbody>
        </table>
    }
}
