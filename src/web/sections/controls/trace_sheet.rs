//! What is in the trace that was opened, what it overrides, and the button that makes the run play all of it.

use yew::prelude::*;

use crate::chart::text;
use crate::escape::shown;
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Edit, FieldValue, Keys, Scenario};
use crate::web::components::context::Ctx;
use crate::web::platform::protocol::TraceFacts;
use crate::web::state::fit::fit;
use crate::workload::popularity::Popularity;
use crate::workload::trace::Detail;

const LENGTH: Phrase = Phrase::fixed("Length", "길이");
const NO_TIMES: Phrase = Phrase::fixed("no timestamps", "시각 없음");
const RATE: Phrase = Phrase::fixed("Mean rate", "평균 요청 속도");
const REQUESTS: Phrase = Phrase::fixed("Requests", "요청");
const KEYS: Phrase = Phrase::fixed("Keys", "키");
const OVERRIDES: Phrase = Phrase::fixed("Overrides", "대신하는 설정");
const NOTHING: Phrase = Phrase::fixed("only which keys are asked for", "요청하는 키뿐");
const FIT: Phrase = Phrase::fixed("Fit the run", "실행을 트레이스에 맞추기");
const FIT_TIMES: Phrase = Phrase::fixed(
    "Plays the whole trace at its own timestamps: sets arrivals and duration.",
    "트레이스의 시각대로 전체를 재생하도록 도착 방식과 실행 시간을 설정합니다.",
);
const FIT_RATE: Phrase = Phrase::fixed(
    "Plays the whole trace at the arrival rate set above: sets the duration.",
    "위에서 정한 도착 속도로 전체를 재생하도록 실행 시간을 설정합니다.",
);
const FIT_NEVER: Phrase = Phrase::fixed(
    "In a closed loop the length depends on the response times: choose open-loop arrivals to fit the run.",
    "클로즈드 루프에서는 응답 시간에 따라 길이가 달라집니다. 맞추려면 오픈 루프 도착 방식을 선택하세요.",
);
const POPULARITY: Phrase = Phrase::fixed("How unequally keys are asked for", "키별 요청 편중");
const HEAD: Phrase = Phrase::fixed("Most popular keys", "상위 키 수");
const MEASURED: Phrase = Phrase::fixed("Share of requests", "요청 비율");
const LAW: Phrase = Phrase::fixed("Zipf law", "Zipf 분포");
const THIN: Phrase = Phrase::fixed(
    "Few requests a key: the exponent and the number of keys are those of this sample, both too small.",
    "키당 요청이 적어 지수와 키 수가 모두 실제보다 작게 나옵니다.",
);
const USE_LAW: Phrase = Phrase::fixed("Draw keys by this law", "이 분포로 키 생성");

/// The sheet of the trace that is open; `name` is its file's.
pub(super) fn trace_sheet(scenario: &Scenario, name: &str, facts: &TraceFacts, ctx: &Ctx) -> Html {
    let lang = ctx.words.lang;
    let is_in_use = matches!(scenario.clients.keys, Keys::Trace { .. });
    let span_s = facts.span.map(|span| span.as_secs_f64());
    let length = span_s.map_or_else(|| NO_TIMES.say(lang).to_owned(), |span| text::moment(span, true, lang));
    let rate = span_s.filter(|span| *span > 0.0).map(|span| text::rate(facts.requests as f64 / span));
    let entry = |name: Phrase, value: Html| html! { <><dt>{ name.say(lang).to_owned() }</dt><dd>{ value }</dd></> };
    html! {
        <section class="trace-sheet" aria-label={shown(name).into_owned()}>
            <dl>
                { entry(REQUESTS, html! { { text::count(facts.requests) } }) }
                { entry(KEYS, html! { { text::count(facts.keys.into()) } }) }
                { entry(LENGTH, html! { { length } }) }
                if let Some(rate) = rate { { entry(RATE, html! { { rate } }) } }
                if is_in_use { { entry(OVERRIDES, overrides(ctx)) } }
            </dl>
            if is_in_use { { fit_button(scenario, facts, ctx) } }
            if let Some(popularity) = &facts.popularity { { zipf(popularity, ctx) } }
        </section>
    }
}

/// The fields that the trace overrides now.
fn overrides(ctx: &Ctx) -> Html {
    let by_trace = ctx.overridden.iter().filter(|it| it.value.is_none());
    let names: Vec<Html> = by_trace.map(|it| html! { <><code>{ it.path }</code>{ " " }</> }).collect();
    if names.is_empty() {
        html! { { NOTHING.say(ctx.words.lang).to_owned() } }
    } else {
        html! { { for names } }
    }
}

/// The Zipf law that comes nearest, as a table of what both give to the most popular keys, and the button that takes it.
fn zipf(popularity: &Popularity, ctx: &Ctx) -> Html {
    let lang = ctx.words.lang;
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let rows = popularity.heads.iter().map(|(keys, measured, law)| {
        html! { <tr><th scope="row">{ text::count((*keys).into()) }</th><td>{ percent(*measured) }</td><td>{ percent(*law) }</td></tr> }
    });
    let (keys, off) = popularity.farthest();
    let (points, alpha) = (off * 100.0, (popularity.alpha * 100.0).round() / 100.0);
    let told = phrase!(
        "Nearest Zipf law: alpha {alpha}; farthest off at the {keys} most popular keys, by {points:+.1} percentage points.",
        "가장 가까운 Zipf 분포: alpha {alpha}. 상위 {keys}개 키에서 {points:+.1} pp로 가장 크게 벗어납니다."
    );
    let edit = Edit::set("clients.keys", FieldValue::of(&popularity.law()));
    html! {
        <details class="options zipf">
            <summary>{ POPULARITY.say(lang).to_owned() }</summary>
            <table class="row-table">
                <thead><tr>{ for [HEAD, MEASURED, LAW].map(|name| html! { <th scope="col">{ name.say(lang).to_owned() }</th> }) }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
            <p>{ told.say(lang).to_owned() }</p>
            if popularity.is_thin() { <p class="soft">{ THIN.say(lang).to_owned() }</p> }
            <button type="button" onclick={ctx.on_click(vec![edit])}>{ USE_LAW.say(lang).to_owned() }</button>
        </details>
    }
}

fn fit_button(scenario: &Scenario, facts: &TraceFacts, ctx: &Ctx) -> Html {
    let lang = ctx.words.lang;
    let edits = fit(scenario, facts);
    let hint = match &edits {
        None => FIT_NEVER,
        Some(_) if facts.says.contains(&Detail::Times) => FIT_TIMES,
        Some(_) => FIT_RATE,
    };
    let is_fitted = edits.as_ref().is_some_and(|edits| {
        scenario.apply(edits, crate::scenario::Accept::Readable).is_ok_and(|fitted| fitted == *scenario)
    });
    html! {
        <p>
            <button type="button" disabled={edits.is_none() || is_fitted} onclick={ctx.on_click(edits.unwrap_or_default())}
                aria-describedby="trace-fit">{ FIT.say(lang).to_owned() }</button>
            <span id="trace-fit" class="soft">{ hint.say(lang).to_owned() }</span>
        </p>
    }
}
