//! What the run shows beside the figures: the scoreboard and tables.

mod classes;
mod cost;
mod limits;
mod lost_writes;
mod measured;
mod scoreboard;

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::text;
use crate::escape::shown;
use crate::phrase::{Language, Phrase};
use crate::report::columns::{Column, counts_met};
use crate::report::{LaneReport, Report, Summary};
use crate::web::components::fold::use_fold;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;

pub use self::classes::TrafficClasses;
pub use self::cost::Costs;
pub use self::lost_writes::LostWrites;
pub use self::measured::Measured;
pub use self::scoreboard::Scoreboard;

/// What the tables are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ReportProps {
    /// The totals so far.
    pub report: Rc<Report>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// The language.
    pub words: &'static Words,
}

impl ReportProps {
    fn lanes(&self) -> impl Iterator<Item = (usize, &LaneReport, &str)> + Clone {
        let named = self.report.lanes.iter().zip(self.titles.iter());
        named
            .enumerate()
            .filter(|(i, _)| self.shown.get(*i) == Some(&true))
            .map(|(i, (l, title))| (i, l, title.as_str()))
    }
}

fn lane_head(lane: usize, title: &str) -> Html {
    html! { <th scope="row" role="rowheader"><Swatch lane={lane} />{ title }</th> }
}

/// A latency, or a dash where there was none.
fn latency(summary: &Summary, value: f64) -> String {
    if summary.count == 0 { "–".to_owned() } else { text::millis(value) }
}

/// A number that is bad news unless it is zero.
fn bad(value: u64) -> Html {
    html! { <td class={if value > 0 { "alarm" } else { "quiet" }}>{ text::count(value) }</td> }
}

/// A section with a table of a row per lane.
fn lane_table(
    id: &'static str,
    title: &'static str,
    w: &Words,
    head: impl Iterator<Item = &'static str>,
    rows: impl Iterator<Item = Html>,
) -> Html {
    html! {
        <section class={classes!("block", id)} aria-labelledby={id}>
            <h2 {id}>{ title }</h2>
            <div class="wide" tabindex="0" role="group" aria-labelledby={id}>
                <table>
                    <thead><tr>
                        <th scope="col">{ w.strategy }</th>
                        { for head.map(|name| html! { <th scope="col">{ name }</th> }) }
                    </tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        </section>
    }
}

/// What [`StoppedLanes`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct StoppedProps {
    /// Per lane: why a limit has ended it, if one has.
    pub stopped: Rc<Vec<Option<Phrase>>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// The language.
    pub words: &'static Words,
}

/// The lanes that a limit has ended before they had settled, each with why; mostly none.
#[component]
pub fn StoppedLanes(props: &StoppedProps) -> Html {
    let w = props.words;
    let all = props.stopped.iter().zip(props.titles.iter()).zip(&props.shown).enumerate();
    let told = all.filter_map(|(i, ((why, title), is_shown))| {
        let why = why.as_ref().filter(|_| *is_shown)?.say(w.lang);
        Some(html! { <li key={i}><Swatch lane={i} /><span>{ (w.lane_stopped)(title, &shown(why)) }</span></li> })
    });
    let told: Vec<Html> = told.collect();
    if told.is_empty() {
        html! {}
    } else {
        html! { <ul class="notice calm stopped-lanes" role="status">{ for told }</ul> }
    }
}

/// The figures that only some experiments have; nothing where no lane has any.
#[component]
pub fn MoreFigures(props: &ReportProps) -> Html {
    let w = props.words;
    let met: Vec<_> = counts_met(props.lanes().map(|(_, lane, _)| lane)).collect();
    if met.is_empty() {
        return html! {};
    }
    let cell = |column: &Column, lane: &LaneReport| {
        let count = column.count.map_or(0, |count| count(lane));
        if column.is_bad {
            bad(count)
        } else {
            html! { <td class={(count == 0).then_some("quiet")}>{ text::count(count) }</td> }
        }
    };
    let rows = props.lanes().map(|(i, lane, title)| {
        html! { <tr key={i}>{ lane_head(i, title) }{ for met.iter().map(|(column, _)| cell(column, lane)) }</tr> }
    });
    lane_table("more-figures", w.more_figures, w, met.iter().map(|(_, label)| label.say(w.lang)), rows)
}

/// Why copies differed from the database; nothing where none did.
#[component]
pub fn DivergedCopies(props: &ReportProps) -> Html {
    let w = props.words;
    if props.lanes().all(|(_, lane, _)| lane.diverging_by_cause.is_empty()) {
        return html! {};
    }
    let rows = props.lanes().map(|(i, lane, title)| {
        let copies = lane.diverging_copies;
        let cause = |(cause, n): &(String, u64)| match w.lang {
            Language::English => format!("{}: {}", (w.divergence)(cause), text::count(*n)),
            Language::Korean => format!("{} {}건", (w.divergence)(cause), text::count(*n)),
        };
        let causes: Vec<String> = lane.diverging_by_cause.iter().map(cause).collect();
        html! {
            <tr key={i}>
                { lane_head(i, title) }
                { for [copies.now, copies.max].map(|n| html! { <td>{ text::count(n) }</td> }) }
                <td>{ if lane.drained { text::count(copies.end) } else { "–".to_owned() } }</td>
                <td class="words">{ if causes.is_empty() { "–".to_owned() } else { causes.join(" · ") } }</td>
            </tr>
        }
    });
    let head = [w.now, w.at_most, w.at_the_end, w.diverged_why];
    lane_table("diverged-copies", w.diverging_copies, w, head.into_iter(), rows)
}

/// How the nodes share the work, and which keys no number of nodes can split; nothing where every lane has one node.
#[component]
pub fn CacheNodes(props: &ReportProps) -> Html {
    let w = props.words;
    if props.lanes().all(|(_, lane, _)| lane.cache.nodes.is_empty()) {
        return html! {};
    }
    let rows = props.lanes().flat_map(|(i, lane, title)| {
        let cache = &lane.cache;
        cache.nodes.iter().enumerate().map(move |(number, node)| {
            let hottest = cache.hottest.iter().find(|hot| hot.node as usize == number);
            let hottest = hottest.map(|hot| (w.hot_key)(hot.key, &text::percent(hot.share, 1)));
            html! {
                <tr key={format!("{i} {number}")}>
                    { lane_head(i, title) }
                    <td>{ number }</td>
                    <td>{ text::count(node.commands) }</td>
                    <td>{ text::percent(node.utilisation, 1) }</td>
                    <td>{ text::count(node.entries) }</td>
                    <td>{ hottest.unwrap_or_else(|| "–".to_owned()) }</td>
                </tr>
            }
        })
    });
    let head = [w.node, w.commands, w.busy, w.entries, w.hottest_key];
    lane_table("cache-nodes", w.cache_nodes, w, head.into_iter(), rows)
}

/// The percentile row that Locust prints, per lane.
#[component]
pub fn Percentiles(props: &ReportProps) -> Html {
    let w = props.words;
    let (open, ontoggle) = use_fold(false);
    type Of = fn(&LaneReport) -> &Summary;
    let kinds: [(&str, Of); 4] = [
        (w.all_requests, |l| &l.latency_ms.all),
        (w.with_errors, |l| &l.latency_with_errors_ms.all),
        (w.reads, |l| &l.latency_ms.read),
        (w.writes, |l| &l.latency_ms.write),
    ];
    // Without errors, the second would say what the first does.
    let some_fail = props.lanes().any(|(_, lane, _)| lane.errors > 0);
    let kinds = kinds.into_iter().filter(|(name, _)| some_fail || *name != w.with_errors);
    let tables = kinds.map(|(name, of)| {
        let rows = props.lanes().map(|(i, lane, title)| {
            let s = of(lane);
            let row = [s.p50, s.p66, s.p75, s.p80, s.p90, s.p95, s.p98, s.p99, s.p99_9, s.p99_99, s.max];
            let cells = row.into_iter().map(|v| html! { <td>{ latency(s, v) }</td> });
            html! { <tr key={i}>{ lane_head(i, title) }{ for cells }<td>{ text::count(s.count) }</td></tr> }
        });
        let heads = ["50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%"];
        html! {
            <div class="wide" tabindex="0" role="group" aria-label={name.to_owned()}>
                <table>
                    <caption>{ name }</caption>
                    <thead><tr>
                        <th scope="col">{ w.strategy }</th>
                        { for heads.iter().map(|head| html! { <th scope="col">{ *head }</th> }) }
                        <th scope="col">{ w.count }</th>
                    </tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        }
    });
    html! {
        <details class="block fold" {ontoggle}>
            <summary><h2>{ w.percentiles }</h2></summary>
            if open { { for tables } }
        </details>
    }
}

/// What it takes to reproduce the run.
#[component]
pub fn Reproduce(props: &ReportProps) -> Html {
    let w = props.words;
    let rows = props.lanes().map(|(i, lane, title)| {
        html! { <tr key={i}>{ lane_head(i, title) }<td><code>{ &lane.digest }</code></td><td>{ text::count(lane.events) }</td></tr> }
    });
    html! {
        <section class="block reproduce" aria-labelledby="reproduce">
            <h2 id="reproduce">{ w.reproduce }</h2>
            <p class="soft">{ w.reproduce_why }</p>
            <p>{ w.seed }{ " " }<b>{ props.report.seed }</b>{ " · " }{ w.engine }{ " " }<b>{ &props.report.engine }</b></p>
            <div class="wide" tabindex="0" role="group" aria-labelledby="reproduce">
                <table>
                    <thead><tr>
                        <th scope="col">{ w.strategy }</th><th scope="col">{ w.digest }</th><th scope="col">{ w.events }</th>
                    </tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        </section>
    }
}
