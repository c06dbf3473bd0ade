//! All lanes at a glance: what went wrong first, without the columns in which no lane has anything; on a phone a card for
//! each lane.

use std::rc::Rc;

use yew::prelude::*;

use super::limits::LimitFields;
use super::{ReportProps, lane_head};
use crate::chart::text;
use crate::phrase::{Language, Phrase, phrase};
use crate::report::{LaneReport, Report};
use crate::time::Nanos;
use crate::web::i18n::Words;
use crate::web::state::Action;
use crate::web::state::board::{Column, Unit, arranged};
use crate::web::state::limits::{Limit, Limits};

/// What the table is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ScoreboardProps {
    /// The totals so far.
    pub report: Rc<Report>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// Up to when the totals go, where that is not the newest.
    pub until: Option<Nanos>,
    /// The beginning of the run that most of the numbers leave out.
    pub warmup: Nanos,
    /// What the lanes are to keep.
    pub limits: Limits,
    /// Whether copies that differ are a figure of the page: else their column is folded away, for a table tells of them.
    pub watches_copies: bool,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

const NO_WARMUP: Phrase = Phrase::fixed(
    ", without its warm-up; what became of writes, from the start",
    ", 워밍업 제외(쓰기의 결과는 처음부터)",
);
const SHOW_ALL: Phrase = Phrase::fixed("Show all columns", "모든 열 표시");
const SHOW_FEWER: Phrase = Phrase::fixed("Show fewer columns", "일부 열만 표시");
const NOTHING_IN: Phrase = Phrase::fixed("None in any lane:", "모든 레인에서 없음:");
const VERDICT: Phrase = Phrase::fixed("Limits", "한계");
const PASSES: Phrase = Phrase::fixed("pass", "통과");
const FAILS: Phrase = Phrase::fixed("fail", "실패");
const OVER: Phrase = Phrase::fixed("outside its limit", "한계를 벗어남");
const FAILED_COUNT: Phrase = Phrase::fixed(
    "Latencies count failed requests with the time they took, as in the figure.",
    "응답 시간에는 그래프와 같이 실패한 요청도 걸린 시간대로 포함됩니다.",
);

const WITH_FAILED: Phrase =
    Phrase::fixed("Failed requests count with the time they took.", "실패한 요청도 걸린 시간대로 포함됩니다.");

/// The table of lanes, what is folded away of it, and the reader's limits.
#[component]
pub fn Scoreboard(props: &ScoreboardProps) -> Html {
    let ScoreboardProps { report, titles, shown, limits, words, .. } = props;
    let (w, language) = (*words, words.lang);
    let all = use_state_eq(|| false);
    let of = ReportProps { report: report.clone(), titles: titles.clone(), shown: shown.clone(), words: w };
    let lanes = || of.lanes().map(|(_, lane, _)| lane);
    let [mut columns, folded] = arranged(lanes(), limits, props.watches_copies);
    if *all {
        columns.extend(&folded);
    }
    let head = columns.iter().map(|column| {
        let title = (column.unit == Unit::Millis).then(|| WITH_FAILED.say(language).to_owned());
        html! { <th scope="col" role="columnheader" {title}>{ column.head.say(language) }</th> }
    });
    let rows = of.lanes().map(|(i, lane, title)| row(i, lane, title, &columns, limits, w));
    let toggle = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    let fold = if *all { SHOW_FEWER } else { SHOW_ALL };
    let none = folded.iter().filter(|column| !column.has_any(lanes()));
    let names: Vec<&str> = none.map(|column| column.head.say(language)).collect();
    html! {
        <section class="block scoreboard" aria-labelledby="scoreboard">
            <h2 id="scoreboard">{ w.scoreboard }</h2>
            <p class="key">{ counted(props.until, props.warmup).say(language) }</p>
            <div class="wide" tabindex="0" role="group" aria-labelledby="scoreboard">
                // As cards its parts are no table to a browser; so it is said.
                <table role="table">
                    <thead role="rowgroup"><tr role="row">
                        <th scope="col" role="columnheader">{ w.strategy }</th>
                        // First, where it is seen on every screen: who sets limits wants to know this.
                        if !limits.is_empty() { <th scope="col" role="columnheader">{ VERDICT.say(language) }</th> }
                        { for head }
                    </tr></thead>
                    <tbody role="rowgroup">{ for rows }</tbody>
                </table>
            </div>
            <p class="folded soft">
                if !folded.is_empty() {
                    if !*all && !names.is_empty() { <span>{ NOTHING_IN.say(language) }{ " " }{ names.join(", ") }</span> }
                    <button type="button" class="plain" onclick={toggle}>{ fold.say(language) }</button>
                }
                if lanes().any(|lane| lane.errors > 0) { <span>{ FAILED_COUNT.say(language) }</span> }
            </p>
            <LimitFields limits={limits.clone()} dispatch={props.dispatch.clone()} {words} />
        </section>
    }
}

/// Over what the numbers are.
fn counted(until: Option<Nanos>, warmup: Nanos) -> Phrase {
    let without = if warmup == Nanos::ZERO { Phrase::fixed("", "") } else { NO_WARMUP };
    let Some(until) = until else {
        return phrase!(
            "Like the sentence at the top: over the whole run so far{without}",
            "맨 위 문장과 같은 기준: 지금까지의 전체 구간{without}",
            without
        );
    };
    let [en, ko] = Language::ALL.map(|language| text::moment(until.as_secs_f64(), true, language));
    phrase!(
        "Like the sentence at the top: from the start up to {en}{without}",
        "맨 위 문장과 같은 기준: 처음부터 {ko}까지{without}",
        without
    )
}

fn row(i: usize, lane: &LaneReport, title: &str, columns: &[&Column], limits: &Limits, w: &Words) -> Html {
    let failed: Vec<Limit> = limits.failed(lane).collect();
    let language = w.lang;
    let cells = columns.iter().map(|column| {
        let value = (column.value)(lane).unwrap_or_default();
        let fails = column.limited.as_ref().is_some_and(|of| failed.iter().any(|limit| limit.of == of));
        let tone = match (value > 0.0, column.is_bad) {
            _ if fails => "alarm",
            (true, true) => "alarm",
            (true, false) => "",
            (false, _) => "quiet",
        };
        html! {
            <td role="cell" class={tone} data-label={column.head.say(language).to_owned()}>
                <span>{ column.say(lane) }if fails { <b class="fails" title={OVER.say(language).to_owned()}>{ " ✗" }<span class="unseen">{ OVER.say(language) }</span></b> }</span>
            </td>
        }
    });
    html! {
        <tr key={i} role="row">
            { lane_head(i, title) }
            if !limits.is_empty() { { verdict(&failed, w) } }
            { for cells }
        </tr>
    }
}

/// Whether a lane keeps all limits; else which it does not.
fn verdict(failed: &[Limit], w: &Words) -> Html {
    let language = w.lang;
    let label = VERDICT.say(language).to_owned();
    if failed.is_empty() {
        return html! { <td role="cell" class="verdict" data-label={label}><span>{ "✓ " }{ PASSES.say(language) }</span></td> };
    }
    let names: Vec<&str> = failed.iter().map(|limit| limit.of.label.say(language)).collect();
    html! {
        <td role="cell" class="verdict words alarm" data-label={label}>
            <span>{ "✗ " }{ FAILS.say(language) }{ ": " }{ names.join(", ") }</span>
        </td>
    }
}
