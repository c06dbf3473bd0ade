//! The reader's own percentiles beside those of the run: a curve and a table for each measured row of the scenario.

use std::rc::Rc;

use yew::prelude::*;

use super::ReportProps;
use crate::chart::spectrum::{self, Point, TICKS};
use crate::chart::text;
use crate::phrase::{Phrase, phrase};
use crate::report::{Latencies, Summary};
use crate::scenario::form::{Form, Input};
use crate::scenario::{Distribution, Scenario};
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::fold::use_fold;
use crate::web::components::swatch::Swatch;

const TITLE: Phrase = Phrase::fixed("Own percentiles and the run's", "입력한 백분위수와 시뮬레이션 결과");
const MEASURED: Phrase = Phrase::fixed("own", "입력값");
const READS: Phrase = Phrase::fixed("reads", "읽기");
const WRITES: Phrase = Phrase::fixed("writes", "쓰기");
const ALL: Phrase = Phrase::fixed("all requests", "전체 요청");

/// What [`Measured`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct MeasuredProps {
    /// The scenario that runs.
    pub scenario: Rc<Scenario>,
    /// The run.
    pub report: ReportProps,
}

/// A row of the scenario, and which requests it is held against.
struct Row {
    path: String,
    curve: Vec<Point>,
    kind: Phrase,
    of: fn(&Latencies) -> &Summary,
}

/// Every measured row of the scenario.
fn rows(scenario: &Scenario) -> Vec<Row> {
    let form = Form::of(scenario);
    let fields = ["clients", "app", "network", "cache", "database"].into_iter().flat_map(|part| form.fields(part));
    let fields = fields.filter(|field| matches!(field.takes, Input::Distribution(_)));
    let rows = fields.filter_map(|field| match form.read::<Distribution>(&field.path)? {
        Distribution::Empirical(row) => {
            let curve = row.into_iter().map(|(percent, value)| (percent, value.as_millis_f64())).collect();
            let (kind, of): (_, fn(&Latencies) -> &Summary) = match field.path.as_str() {
                "database.read" => (READS, |all| &all.read),
                "database.write" => (WRITES, |all| &all.write),
                _ => (ALL, |all| &all.all),
            };
            Some(Row { path: field.path, curve, kind, of })
        }
        _ => None,
    });
    rows.collect()
}

/// The percentiles of the run.
fn curve(s: &Summary) -> Vec<Point> {
    let percents = [50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0];
    let values = [s.p50, s.p66, s.p75, s.p80, s.p90, s.p95, s.p98, s.p99, s.p99_9, s.p99_99, s.max];
    if s.count == 0 { Vec::new() } else { percents.into_iter().zip(values).collect() }
}

/// Own percentiles against the run's, folded; nothing where no distribution of the scenario is measured.
#[component]
pub fn Measured(props: &MeasuredProps) -> Html {
    let (open, ontoggle) = use_fold(true);
    let (ctx, language) = (use_ctx(), props.report.words.lang);
    let rows = use_memo(props.scenario.clone(), |scenario| rows(scenario));
    if rows.is_empty() {
        return html! {};
    }
    html! {
        <details class="block fold measured" open=true {ontoggle}>
            <summary><h2>{ TITLE.say(language).to_owned() }</h2></summary>
            if open { { for rows.iter().map(|row| html! { <>{ figure(row, &props.report, &ctx) }{ table(row, &props.report) }</> }) } }
        </details>
    }
}

const SIZE: (f64, f64) = (560.0, 180.0);

fn figure(row: &Row, report: &ReportProps, ctx: &Ctx) -> Html {
    let lanes: Vec<(usize, Vec<Point>)> =
        report.lanes().map(|(i, lane, _)| (i, curve((row.of)(&lane.latency_with_errors_ms)))).collect();
    let axis = spectrum::axis(lanes.iter().map(|(_, curve)| curve.as_slice()).chain([row.curve.as_slice()]));
    let lines = lanes.iter().map(|(i, curve)| {
        let style = ctx.lane_style(*i);
        let dash: Vec<String> = style.dash.iter().map(f64::to_string).collect();
        html! { <path d={spectrum::path(curve, &axis, SIZE)} stroke={format!("var(--{})", style.colour.name)} stroke-dasharray={dash.join(" ")} /> }
    });
    let percents = TICKS.into_iter().map(|percent| {
        let x = format!("{:.1}", spectrum::place(percent) * SIZE.0);
        let anchor = if percent == 100.0 {
            "end"
        } else if percent == 50.0 {
            "start"
        } else {
            "middle"
        };
        html! { <text {x} y={(SIZE.1 + 16.0).to_string()} text-anchor={anchor}>{ format!("{percent} %") }</text> }
    });
    let times = axis.ticks(5).into_iter().map(|(value, name)| {
        let y = (1.0 - axis.place(value)) * SIZE.1;
        html! { <><path class="grid" d={format!("M0 {y:.1}H{}", SIZE.0)} /><text x="-6" y={format!("{:.1}", y + 4.0)} text-anchor="end">{ name }</text></> }
    });
    let path = &row.path;
    let said = phrase!(
        "{path} and the percentiles of the run: the table below has the same numbers",
        "{path} 및 시뮬레이션의 백분위수. 아래 표에 같은 값이 있습니다"
    );
    html! {
        <svg class="spectrum" viewBox={format!("-64 -8 {} {}", SIZE.0 + 72.0, SIZE.1 + 32.0)} role="img"
            aria-label={said.say(report.words.lang).to_owned()}>
            { for times }
            { for percents }
            <g fill="none" stroke-width="2">{ for lines }</g>
            <path class="own" d={spectrum::path(&row.curve, &axis, SIZE)} />
        </svg>
    }
}

fn table(row: &Row, report: &ReportProps) -> Html {
    let language = report.words.lang;
    let line = |head: Html, curve: &[Point], key: usize| {
        let cells = TABLE.into_iter().map(|percent| {
            let value = spectrum::value_at(curve, percent).map_or_else(|| "–".to_owned(), text::millis);
            html! { <td>{ value }</td> }
        });
        html! { <tr {key}><th scope="row">{ head }</th>{ for cells }</tr> }
    };
    let lanes = report.lanes().map(|(i, lane, title)| {
        let head = html! { <><Swatch lane={i} />{ title.to_owned() }</> };
        line(head, &curve((row.of)(&lane.latency_with_errors_ms)), i + 1)
    });
    let own = html! { <><svg class="swatch" width="28" height="12" viewBox="0 0 28 12" aria-hidden="true"><path class="own" d="M0 6h28" /></svg><code>{ row.path.clone() }</code>{ format!(" ({})", MEASURED.say(language)) }</> };
    html! {
        <div class="wide" tabindex="0" role="group" aria-label={row.path.clone()}>
            <table>
                <caption>{ row.kind.say(language).to_owned() }</caption>
                <thead><tr><th scope="col">{ report.words.strategy }</th>{ for TABLE.iter().map(|p| html! { <th scope="col">{ format!("{p}%") }</th> }) }</tr></thead>
                <tbody>{ line(own, &row.curve, 0) }{ for lanes }</tbody>
            </table>
        </div>
    }
}

/// What the table tells.
const TABLE: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0];
