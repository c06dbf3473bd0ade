//! The question beside an experiment's description: what does the reader expect? It can be answered until the run is over,
//! and then the page says how it went. Nobody has to, and nothing is kept but for as long as the page is open.

use std::cell::Cell;
use std::rc::Rc;

use yew::prelude::*;

use super::headline::{NO_DIFFERENCE, Question};
use crate::phrase::Phrase;
use crate::report::Report;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;

/// What the question is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ExpectProps {
    /// What is asked.
    pub question: Question,
    /// The totals at the run's end, once it is over.
    pub outcome: Option<Rc<Report>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The language.
    pub words: &'static Words,
}

static DISMISS: Phrase = Phrase::fixed("Do not ask", "묻지 않기");

thread_local! {
    /// Whether the reader does not want to be asked.
    static IS_DISMISSED: Cell<bool> = const { Cell::new(false) };
}

/// The question with its answers, and how it went.
#[component]
pub fn Expect(props: &ExpectProps) -> Html {
    let expected = use_state(|| None::<Option<usize>>);
    let redraw = use_force_update();
    if IS_DISMISSED.get() {
        return html! {};
    }
    let language = props.words.lang;
    let dismiss = Callback::from(move |_: MouseEvent| {
        IS_DISMISSED.set(true);
        redraw.force_update();
    });
    let dismiss = html! { <button type="button" class="icon" aria-label={DISMISS.say(language).to_owned()} title={DISMISS.say(language).to_owned()} onclick={dismiss}>{ "×" }</button> };
    let inside = match (&props.outcome, *expected) {
        // It is too late to ask. The room stays, so that nothing jumps.
        (Some(_), None) => html! {},
        (Some(report), Some(lane)) => {
            let verdict = props.question.judge(report, language);
            let said = verdict.map(|verdict| verdict.say(lane, &props.titles, language));
            html! { <><p role="status">{ said.unwrap_or_default() }</p>{ dismiss }</> }
        }
        (None, _) => html! { <>{ question(props, &expected) }{ dismiss }</> },
    };
    html! { <div class="expect">{ inside }</div> }
}

fn question(props: &ExpectProps, expected: &UseStateHandle<Option<Option<usize>>>) -> Html {
    let language = props.words.lang;
    let [first, second] = props.question.lanes;
    let answers = [Some(first), Some(second), None].map(|answer| {
        let onchange = {
            let expected = expected.clone();
            Callback::from(move |_: Event| expected.set(Some(answer)))
        };
        let called = match answer {
            Some(lane) => html! { <span><Swatch {lane} />{ props.titles.get(lane).cloned().unwrap_or_default() }</span> },
            None => html! { <span>{ NO_DIFFERENCE.say(language).to_owned() }</span> },
        };
        html! { <label><input type="radio" name="expected" checked={**expected == Some(answer)} {onchange} />{ called }</label> }
    });
    html! {
        <fieldset class="segments">
            <legend>{ props.question.ask().say(language).to_owned() }</legend>
            <div>{ for answers }</div>
        </fieldset>
    }
}
