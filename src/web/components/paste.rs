//! Percentiles that were pasted: what was understood of them, and the button that takes them.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::context::{id_of, use_ctx};
use super::fold::use_fold;
use crate::phrase::Phrase;
use crate::scenario::percentiles::{self, Percentiles};
use crate::scenario::{Distribution, Edit, FieldValue};
use crate::time::Nanos;
use crate::web::i18n::Words;

const TITLE: Phrase = Phrase::fixed("Paste percentiles", "백분위수 붙여 넣기");
const HINT: Phrase = Phrase::fixed(
    "A row or report of Locust, k6, wrk, hey or ab, or one percentile and its time per line. Numbers without a unit are ms.",
    "Locust, k6, wrk, hey, ab의 결과나, 한 줄에 백분위수와 시간 하나씩. 단위 없는 숫자는 ms입니다.",
);
const ENDS_EARLY: Phrase = Phrase::fixed(
    "The maximum is not given; the last value stands for 100 %.",
    "최댓값이 없어 마지막 값을 100 %로 봅니다.",
);
const USE: Phrase = Phrase::fixed("Use these percentiles", "이 백분위수 사용");
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
    let text = use_state(String::new);
    let id = format!("{}-paste", id_of(&props.path));
    let (hint, told) = (format!("{id}-hint"), format!("{id}-told"));
    let oninput = {
        let text = text.setter();
        Callback::from(move |event: InputEvent| text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value()))
    };
    let read = (open && !text.trim().is_empty()).then(|| percentiles::read(&text));
    let is_bad = matches!(read, Some(Err(_))).then_some("true");
    let understood = match read {
        None => html! {},
        Some(Err(error)) => html! { <p class="complaint">{ error.phrase().say(w.lang).to_owned() }</p> },
        Some(Ok(Percentiles { rows, ends_early })) => {
            let take = {
                let edit = Edit::set(props.path.to_string(), FieldValue::of(&Distribution::Empirical(rows.clone())));
                let (clear, edit) = (text.setter(), ctx.on_click(vec![edit]));
                Callback::from(move |event: MouseEvent| {
                    edit.emit(event);
                    clear.set(String::new());
                })
            };
            html! {
                <>
                    { row_table(&rows, w) }
                    if ends_early { <p class="soft">{ ENDS_EARLY.say(w.lang).to_owned() }</p> }
                    <button type="button" onclick={take}>{ USE.say(w.lang).to_owned() }</button>
                </>
            }
        }
    };
    html! {
        <details class="options paste" {ontoggle}>
            <summary aria-label={format!("{}: {}", props.label, TITLE.say(w.lang))}>{ TITLE.say(w.lang).to_owned() }</summary>
            if open {
                <label for={id.clone()} class="unseen">{ format!("{}: {}", props.label, TITLE.say(w.lang)) }</label>
                <textarea {id} rows="4" spellcheck="false" autocomplete="off" value={(*text).clone()} {oninput}
                    aria-invalid={is_bad} aria-describedby={format!("{hint} {told}")} />
                <p class="soft" id={hint}>{ HINT.say(w.lang).to_owned() }</p>
                <div id={told} role="status">{ understood }</div>
            }
        </details>
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
