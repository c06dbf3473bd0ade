//! What the run shows beside the figures: the sentence at the top, the legend, the scoreboard, tables and stories.

use std::rc::Rc;

use yew::prelude::*;

use super::extras::Extra;
use super::headline::{Piece, headline, plain};
use super::protocol::Story;
use super::state::Action;
use super::words::Words;
use crate::chart::palette::{Marker, lane_style};
use crate::chart::text;
use crate::escape::shown;
use crate::report::{LaneReport, Report, Summary};

/// How a lane is drawn: its line with dash and marker.
#[derive(Clone, PartialEq, Properties)]
pub struct SwatchProps {
    /// The lane's place in the scenario.
    pub lane: usize,
}

/// A short piece of a lane's line, as it is in the figures.
#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    let style = lane_style(props.lane);
    let dash: Vec<String> = style.dash.iter().map(f64::to_string).collect();
    let colour = format!("var(--{})", style.colour.name);
    let stroked = |d: &'static str| html! { <path d={d} stroke={colour.clone()} stroke-width="2" fill="none" /> };
    let filled = |d: &'static str| html! { <path d={d} fill={colour.clone()} /> };
    let hollow =
        |shape: Html| html! { <g stroke={colour.clone()} stroke-width="1.8" fill="var(--ground)">{ shape }</g> };
    let marker = match style.marker {
        Marker::Circle => html! { <circle cx="14" cy="6" r="3.5" fill={colour.clone()} /> },
        Marker::Square => filled("M10.8 2.8h6.4v6.4h-6.4z"),
        Marker::Triangle => filled("M14 1.8l4 7.2h-8z"),
        Marker::Down => filled("M14 10.2l4-7.2h-8z"),
        Marker::Diamond => filled("M14 1.4l4 4.6-4 4.6-4-4.6z"),
        Marker::Cross => stroked("M11 3l6 6M17 3l-6 6"),
        Marker::Plus => stroked("M14 1.5v9M9.5 6h9"),
        Marker::Bar => filled("M12.6 1.8h2.8v8.4h-2.8z"),
        Marker::Ring => hollow(html! { <circle cx="14" cy="6" r="3.2" /> }),
        Marker::Frame => hollow(html! { <path d="M11 3h6v6h-6z" /> }),
        Marker::Star => stroked("M14 1.5v9M10.1 3.8l7.8 4.4M10.1 8.200l7.800-4.400"),
        Marker::Left => filled("M9.800 6l7.200-4v8z"),
    };
    html! {
        <svg class="swatch" width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">
            <path d="M0 6h28" stroke={colour.clone()} stroke-width="2" stroke-dasharray={dash.join(" ")} />
            { marker }
        </svg>
    }
}

/// What the sentence at the top is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct HeadlineProps {
    /// The totals so far.
    pub report: Option<Rc<Report>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// Whether the run is over.
    pub finished: bool,
    /// The language.
    pub words: &'static Words,
}

/// The sentence at the top. It changes as it happens; screen readers hear it when it has been the same for a while.
#[component]
pub fn Headline(props: &HeadlineProps) -> Html {
    let pieces = match &props.report {
        Some(report) => {
            let said = headline(report, |lane| props.shown.get(lane).copied().unwrap_or(false));
            (props.words.headline)(&said, &props.titles)
        }
        None => vec![Piece::Text(props.words.starting.to_owned())],
    };
    let spoken = use_spoken(plain(&pieces), props.finished);
    let pieces = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => html! { { text } },
        Piece::Number(text) => html! { <b class="number">{ text }</b> },
        Piece::Alarm(text) => html! { <b class="number alarm">{ text }</b> },
        Piece::Lane(lane, name) => {
            let colour = format!("--lane:var(--{})", lane_style(lane).colour.name);
            html! { <span class="lane-name" style={colour}>{ name }</span> }
        }
    });
    html! {
        <>
            <p class="headline" aria-hidden="true">{ for pieces }</p>
            <p class="unseen" role="status" aria-live="polite">{ spoken }</p>
        </>
    }
}

/// What is read aloud: the newest sentence, at most one in eight seconds, and the last one.
#[hook]
fn use_spoken(sentence: String, finished: bool) -> String {
    const EVERY_MS: f64 = 8_000.0;
    let spoken = use_mut_ref(|| (f64::NEG_INFINITY, String::new(), false));
    let mut last = spoken.borrow_mut();
    let now = js_sys::Date::now();
    if now - last.0 >= EVERY_MS || (finished && !last.2) {
        *last = (now, sentence, finished);
    }
    last.2 = finished;
    last.1.clone()
}

/// What the legend is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct LegendProps {
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// Whether lanes can be shown and hidden.
    pub switches: bool,
    /// Hears what the reader does.
    pub act: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// The lanes by name, each with its line; a click hides or shows it.
#[component]
pub fn Legend(props: &LegendProps) -> Html {
    let lanes = props.titles.iter().zip(&props.shown).enumerate().map(|(lane, (title, shown))| {
        let inside = html! { <><Swatch lane={lane} /><span>{ title }</span></> };
        if !props.switches {
            return if *shown {
                html! { <li class="chip">{ inside }</li> }
            } else {
                html! {}
            };
        }
        let onclick = props.act.reform(move |event: MouseEvent| {
            super::dom::leave_after_click(&event);
            Action::ToggleLane(lane)
        });
        html! {
            <li>
                <button type="button" class="chip" aria-pressed={shown.to_string()} {onclick}
                    title={format!("{} ({})", props.words.show_or_hide, lane + 1)}>{ inside }</button>
            </li>
        }
    });
    html! { <ul class="legend" aria-label={props.words.lanes}>{ for lanes }</ul> }
}

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
    html! { <th scope="row"><Swatch lane={lane} />{ title }</th> }
}

/// A latency, or a dash where there was none.
fn latency(summary: &Summary, value: f64) -> String {
    if summary.count == 0 { "–".to_owned() } else { text::millis(value) }
}

/// The share of requests that got a good answer in time, or a dash where there were none.
fn goodput(lane: &LaneReport) -> String {
    lane.shown_goodput().map_or_else(|| "–".to_owned(), |share| text::percent(share, 1))
}

/// A number that is bad news unless it is zero.
fn bad(value: u64) -> Html {
    html! { <td class={if value > 0 { "alarm" } else { "quiet" }}>{ text::count(value) }</td> }
}

/// All lanes at a glance: what went wrong first, since a narrow screen shows the first columns only.
#[component]
pub fn Scoreboard(props: &ReportProps) -> Html {
    let w = props.words;
    let rows = props.lanes().map(|(i, lane, title)| {
        let (read, write) = (&lane.latency_ms.read, &lane.latency_ms.write);
        let copies = lane.diverging_copies;
        let looked = lane.hits + lane.misses;
        let ratio = if looked > 0 { text::percent(lane.hit_ratio, 1) } else { "–".to_owned() };
        html! {
            <tr key={i}>
                { lane_head(i, title) }
                <td>{ text::count(lane.requests) }</td>
                <td>{ goodput(lane) }</td>
                { bad(lane.errors) }
                { bad(lane.ever_lost) }
                <td class={(lane.stale_reads == 0).then_some("quiet")}>{ text::count(lane.stale_reads) }</td>
                <td>{ ratio }</td>
                <td>{ latency(read, read.p50) }</td>
                <td>{ latency(read, read.p99) }</td>
                <td>{ latency(write, write.p50) }</td>
                <td>{ latency(write, write.p99) }</td>
                <td class={(copies.end == 0).then_some("quiet")}>{ text::count(copies.end) }</td>
                <td class={(lane.writes_by_class.at_risk == 0).then_some("quiet")}>{ text::count(lane.writes_by_class.at_risk) }</td>
            </tr>
        }
    });
    let head = [
        w.requests,
        w.goodput,
        w.errors,
        w.lost,
        w.stale_reads,
        w.hit_ratio,
        w.read_p50,
        w.read_p99,
        w.write_p50,
        w.write_p99,
        w.diverging_copies,
        w.at_risk,
    ];
    lane_table("scoreboard", w.scoreboard, w, head.into_iter(), rows)
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

/// The lanes that a limit has ended before they had settled, each with why; mostly none.
#[component]
pub fn StoppedLanes(props: &ReportProps) -> Html {
    let stopped = props.lanes().filter_map(|(i, lane, title)| lane.stopped.as_ref().map(|why| (i, title, why)));
    let told = stopped.map(|(i, title, why)| {
        html! { <li key={i}><Swatch lane={i} /><span>{ (props.words.lane_stopped)(title, &shown(why)) }</span></li> }
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
    let met = Extra::met(props.lanes().map(|(_, lane, _)| lane));
    if met.is_empty() {
        return html! {};
    }
    let cell = |extra: &Extra, lane: &LaneReport| {
        let count = extra.of(lane);
        if extra.is_bad() {
            bad(count)
        } else {
            html! { <td class={(count == 0).then_some("quiet")}>{ text::count(count) }</td> }
        }
    };
    let rows = props.lanes().map(|(i, lane, title)| {
        html! { <tr key={i}>{ lane_head(i, title) }{ for met.iter().map(|extra| cell(extra, lane)) }</tr> }
    });
    lane_table("more-figures", w.more_figures, w, met.iter().map(|extra| (w.extra)(*extra)), rows)
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
        let cause = |(cause, n): &(String, u64)| format!("{} {}", text::count(*n), (w.divergence)(cause));
        let causes: Vec<String> = lane.diverging_by_cause.iter().map(cause).collect();
        html! {
            <tr key={i}>
                { lane_head(i, title) }
                { for [copies.now, copies.max, copies.end].map(|n| html! { <td>{ text::count(n) }</td> }) }
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

/// Whether a fold is open, and what its `ontoggle` should be: what is folded away is not made ten times a second.
#[hook]
fn use_open() -> (bool, Callback<Event>) {
    let open = use_state_eq(|| false);
    let setter = open.setter();
    let toggle = Callback::from(move |event: Event| {
        setter.set(event.target_unchecked_into::<web_sys::HtmlDetailsElement>().open());
    });
    (*open, toggle)
}

/// The percentile row that Locust prints, per lane.
#[component]
pub fn Percentiles(props: &ReportProps) -> Html {
    let w = props.words;
    let (open, ontoggle) = use_open();
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

/// What the list of lost writes is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct LostProps {
    /// The totals so far.
    pub report: Rc<Report>,
    /// The stories per lane.
    pub stories: Rc<Vec<Vec<Story>>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// The language.
    pub words: &'static Words,
}

/// How many stories are listed per lane; the rest are counted.
const LISTED_MAX: usize = 20;

/// Every lost write with its story.
#[component]
pub fn LostWrites(props: &LostProps) -> Html {
    let w = props.words;
    let (open, ontoggle) = use_open();
    let lanes = || {
        let both = props.report.lanes.iter().zip(props.stories.iter()).enumerate();
        both.filter(|(i, (lane, _))| props.shown.get(*i) == Some(&true) && lane.ever_lost > 0)
    };
    let total: u64 = lanes().map(|(_, (lane, _))| lane.ever_lost).sum();
    let lists = lanes().map(|(i, (lane, stories))| {
        let listed = stories.iter().take(LISTED_MAX).map(|story| story_item(story, w));
        let more = lane.ever_lost.saturating_sub(stories.len().min(LISTED_MAX) as u64);
        let causes =
            lane.ever_lost_by_cause.iter().map(|(cause, n)| format!("{} {}", text::count(*n), (w.cause)(cause)));
        html! {
            <div class="lost-lane" key={i}>
                <h3><Swatch lane={i} />{ &props.titles[i] }</h3>
                <p>{ causes.collect::<Vec<_>>().join(" · ") }</p>
                <p class="soft">{ (w.what_was_lost)(lane.lost_and_read, lane.keys_lost) }</p>
                <ul class="stories">{ for listed }</ul>
                if more > 0 { <p class="soft">{ (w.and_more)(more) }</p> }
            </div>
        }
    });
    html! {
        <details class="block fold" {ontoggle}>
            <summary><h2>{ w.lost_writes }</h2><span class={if total > 0 { "alarm" } else { "soft" }}>{ text::count(total) }</span></summary>
            if total == 0 { <p class="soft">{ w.none_lost }</p> }
            if open { { for lists } }
        </details>
    }
}

fn story_item(story: &Story, w: &'static Words) -> Html {
    let start = story.steps.first().map_or(0, |step| step.at_ns);
    let steps = story.steps.iter().map(|step| {
        let at = text::moment(step.at_ns as f64 / 1e9, true);
        let after = text::millis((step.at_ns - start.min(step.at_ns)) as f64 / 1e6);
        let class = (step.what == "lost").then_some("alarm");
        html! { <li {class}><span class="at">{ at }</span><span class="after">{ format!("+{after}") }</span>{ (w.step)(&step.what) }</li> }
    });
    let cause = story.cause.as_deref().map(|cause| (w.cause)(cause)).unwrap_or_default();
    html! {
        <li key={story.write.to_string()}>
            <details>
                <summary>{ (w.story_of)(story.write, story.key) }<span class="soft">{ cause }</span></summary>
                <ol class="steps">{ for steps }</ol>
            </details>
        </li>
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
