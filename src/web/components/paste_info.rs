//! What a Redis server says of itself, pasted: what was understood of it, and the button that puts it into the scenario.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::context::{Ctx, use_ctx};
use super::fold::use_fold;
use crate::phrase::Phrase;
use crate::scenario::redis_info::{self, RedisInfo};

const TITLE: Phrase = Phrase::fixed("Paste redis-cli INFO", "redis-cli INFO 붙여 넣기");
const HINT: Phrase = Phrase::fixed(
    "What redis-cli INFO prints, or INFO everything, which has the share of writes, too. It does not leave this page.",
    "redis-cli INFO의 출력. 쓰기 비율까지 알려면 INFO everything. 이 페이지 밖으로 전송되지 않습니다.",
);
const USE: Phrase = Phrase::fixed("Use these values", "이 값 사용");
const ELSEWHERE: Phrase = Phrase::fixed(
    "Traces and MONITOR captures are pasted under Traffic, response times beside the time that they are of.",
    "트레이스와 MONITOR 출력은 ‘트래픽’에, 응답 시간은 해당 시간 설정 옆에 붙여 넣으세요.",
);
const APPLIED: Phrase = Phrase::fixed("In the scenario now.", "시나리오에 적용되었습니다.");
const COMPARE: Phrase = Phrase::fixed("To compare the run with", "실행 결과와 비교할 값");

/// A text area for an INFO, folded, and under it what was understood.
#[component]
pub fn PasteInfo() -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let (open, ontoggle) = use_fold(false);
    let (text, is_applied) = (use_state(String::new), use_state_eq(|| false));
    let oninput = {
        let (text, is_applied) = (text.setter(), is_applied.setter());
        Callback::from(move |event: InputEvent| {
            is_applied.set(false);
            text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
        })
    };
    let read = (open && !text.trim().is_empty()).then(|| redis_info::read(&text));
    let is_bad = matches!(read, Some(Err(_))).then_some("true");
    let understood = match &read {
        None => html! {},
        Some(Err(error)) => html! {
            <>
                <p class="complaint">{ error.say(w.lang).to_owned() }</p>
                <p class="soft">{ ELSEWHERE.say(w.lang).to_owned() }</p>
            </>
        },
        Some(Ok(info)) => {
            // What to compare the run with is of use from now on: the text stays.
            let (applied, edit) = (is_applied.setter(), ctx.on_click(info.edits()));
            let take = Callback::from(move |event: MouseEvent| {
                edit.emit(event);
                applied.set(true);
            });
            told(info, take, *is_applied, &ctx)
        }
    };
    html! {
        <details class="options paste" {ontoggle}>
            <summary>{ TITLE.say(w.lang).to_owned() }</summary>
            if open {
                <label for="info-paste" class="unseen">{ TITLE.say(w.lang).to_owned() }</label>
                <textarea id="info-paste" rows="4" spellcheck="false" autocomplete="off" value={(*text).clone()} {oninput}
                    aria-invalid={is_bad} aria-describedby="info-paste-hint info-paste-told" />
                <p class="soft" id="info-paste-hint">{ HINT.say(w.lang).to_owned() }</p>
                <div id="info-paste-told" role="status">{ understood }</div>
            }
        </details>
    }
}

fn told(info: &RedisInfo, take: Callback<MouseEvent>, is_applied: bool, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let rows = info.rows.iter().map(|row| {
        let how = row.how.as_ref().map(|how| format!("; {}", how.say(w.lang))).unwrap_or_default();
        html! { <li><code>{ row.path }</code>{ " " }<b>{ row.value.to_string() }</b><span class="soft">{ &row.from }{ how }</span></li> }
    });
    let compare = info
        .compare
        .iter()
        .map(|(name, value)| html! { <><dt>{ name.say(w.lang).to_owned() }</dt><dd>{ value }</dd></> });
    html! {
        <>
            if !info.rows.is_empty() {
                <ul class="info-rows">{ for rows }</ul>
                <p class="buttons">
                    <button type="button" onclick={take}>{ USE.say(w.lang).to_owned() }</button>
                    if is_applied { <span class="soft">{ APPLIED.say(w.lang).to_owned() }</span> }
                </p>
            }
            { for info.notes.iter().map(|note| html! { <p class="soft">{ note.say(w.lang).to_owned() }</p> }) }
            if !info.compare.is_empty() {
                <p>{ COMPARE.say(w.lang).to_owned() }</p>
                <dl class="info-compare">{ for compare }</dl>
            }
        </>
    }
}
