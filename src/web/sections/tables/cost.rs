//! What each lane has cost, part by part, where the scenario has prices.

use yew::prelude::*;

use super::{ReportProps, lane_head, lane_table};
use crate::chart::text;
use crate::phrase::Phrase;
use crate::report::Cost;

/// A part of the cost: what it is called, and how much of it there is.
struct Part {
    called: Phrase,
    of: fn(&Cost) -> f64,
}

static PARTS: [Part; 6] = [
    Part { called: Phrase::fixed("Cache memory", "캐시 메모리"), of: |cost| cost.memory },
    Part { called: Phrase::fixed("Database reads", "DB 읽기"), of: |cost| cost.database_reads },
    Part { called: Phrase::fixed("Database writes", "DB 쓰기"), of: |cost| cost.database_writes },
    Part { called: Phrase::fixed("Lost writes", "유실된 쓰기"), of: |cost| cost.lost_writes },
    Part { called: Phrase::fixed("Failed requests", "실패한 요청"), of: |cost| cost.failed_requests },
    Part { called: Phrase::fixed("Past the deadline", "기한 초과"), of: |cost| cost.lateness },
];
static TITLE: Phrase = Phrase::fixed("Cost", "비용");
static TOTAL: Phrase = Phrase::fixed("Total", "합계");

/// A row for each lane, with the parts that cost anything; nothing where nothing has a price.
#[component]
pub fn Costs(props: &ReportProps) -> Html {
    let language = props.words.lang;
    let costs = || props.lanes().filter_map(|(lane, report, title)| Some((lane, title, report.cost?)));
    let parts: Vec<&Part> = PARTS.iter().filter(|part| costs().any(|(.., cost)| (part.of)(&cost) > 0.0)).collect();
    if costs().next().is_none() {
        return html! {};
    }
    let rows = costs().map(|(lane, title, cost)| {
        let parts = parts.iter().map(|part| (part.of)(&cost));
        let parts = parts.map(|part| html! { <td class={(part == 0.0).then_some("quiet")}>{ text::amount(part) }</td> });
        html! { <tr key={lane}>{ lane_head(lane, title) }{ for parts }<td><b>{ text::amount(cost.total) }</b></td></tr> }
    });
    let heads = parts.iter().map(|part| &part.called).chain([&TOTAL]);
    lane_table("costs", TITLE.say(language), props.words, heads.map(|head| head.say(language)), rows)
}
