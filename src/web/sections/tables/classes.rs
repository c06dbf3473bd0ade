//! What each class of traffic got, where there are two.

use yew::prelude::*;

use super::{ReportProps, bad, lane_head, lane_table, latency};
use crate::chart::text;
use crate::phrase::Phrase;
use crate::report::ClassReport;

static TITLE: Phrase = Phrase::fixed("Classes of traffic", "트래픽별 결과");
static NAMES: [Phrase; 2] = [Phrase::fixed("first", "첫 번째"), Phrase::fixed("second", "두 번째")];
static HEAD: [Phrase; 7] = [
    Phrase::fixed("Traffic", "트래픽"),
    Phrase::fixed("Requests", "요청"),
    Phrase::fixed("Errors", "오류"),
    Phrase::fixed("Hit ratio of all reads", "전체 읽기 적중률"),
    Phrase::fixed("p99", "p99"),
    Phrase::fixed("Stale reads", "오래된 읽기"),
    Phrase::fixed("Lost", "유실"),
];

/// A row for each class of each lane; nothing where there is one class.
#[component]
pub fn TrafficClasses(props: &ReportProps) -> Html {
    let w = props.words;
    if props.lanes().all(|(_, lane, _)| lane.classes.is_empty()) {
        return html! {};
    }
    let rows = props.lanes().flat_map(|(i, lane, title)| {
        let classes = lane.classes.iter().zip(&NAMES).enumerate();
        classes.map(move |(class, (report, name))| row((i, class), title, name.say(w.lang), report))
    });
    lane_table("traffic-classes", TITLE.say(w.lang), w, HEAD.iter().map(|head| head.say(w.lang)), rows)
}

fn row((lane, class): (usize, usize), title: &str, name: &'static str, report: &ClassReport) -> Html {
    let hits = if report.reads == 0 { "–".to_owned() } else { text::share(report.read_hit_ratio) };
    html! {
        <tr key={lane * 2 + class}>
            { lane_head(lane, title) }
            <td class="words">{ name }</td>
            <td>{ text::count(report.requests) }</td>
            { bad(report.errors) }
            <td>{ hits }</td>
            <td>{ latency(&report.latency_ms, report.latency_ms.p99) }</td>
            <td class={(report.stale_reads == 0).then_some("quiet")}>{ text::count(report.stale_reads) }</td>
            { bad(report.ever_lost) }
        </tr>
    }
}
