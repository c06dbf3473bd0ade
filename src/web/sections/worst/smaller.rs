//! *Make it smaller*: the smallest scenario that still shows what the worst run has shown, and the way there.

use std::rc::Rc;

use yew::prelude::*;

use super::outcome::{Numbers, Told, opened};
use crate::escape::shown;
use crate::experiment::shrink::{Found, Target};
use crate::phrase::{Phrase, phrase};
use crate::scenario::Scenario;
use crate::web::i18n::{Words, titles};
use crate::web::sections::shift::{self, Shift};
use crate::web::state::Action;
use crate::web::state::shrink::Steps;

static BEGIN: Phrase = Phrase::fixed("Make it smaller", "더 작게 줄이기");
static FINISHED: Phrase = Phrase::fixed("Finished runs", "끝난 실행");
static CHANGES: Phrase = Phrase::fixed("What was left out", "줄인 항목");
static CHANGE: Phrase = Phrase::fixed("Change", "변경");
static NO_CHANGE: Phrase = Phrase::fixed("Nothing can be left out.", "더 줄일 수 있는 것이 없습니다.");
static OPEN: Phrase = Phrase::fixed("Open the smaller scenario", "줄인 시나리오 열기");
static IS_HERE: Phrase = Phrase::fixed("The smaller scenario is on the page", "줄인 시나리오가 열려 있습니다");

/// What is made smaller, and what must be left of it.
pub(super) fn head(told: &Told, target: &Target, words: &Words) -> Html {
    let language = words.lang;
    let Some(numbers) = Numbers::of(told.harm(), target.own()) else { return html! {} };
    let lane = told.found().worst.first().and_then(|worst| titles(told.scenario(), words).into_iter().nth(worst.place));
    let lane = lane.map(|title| shown(&title).into_owned()).unwrap_or_default();
    let (title, least) = (numbers.title().clone(), numbers.say(target.at_least()));
    let said = phrase!(
        "Shrinks the worst run: “{lane}” alone, with the fewest and shortest faults, the shortest run and the fewest requests that still \
         show {title} ≥ {least}.",
        "최악의 실행을 줄입니다. ‘{lane}’만 남기고, {title} {least} 이상이 유지되는 한도에서 장애, 실행 시간, 요청을 줄입니다.",
        title
    );
    html! { <p class="key">{ said.say(language).to_owned() }</p> }
}

/// The button, and how far it is.
pub(super) fn controls(shift: &Shift<Steps>, toggle: Callback<MouseEvent>, words: &Words) -> Html {
    let done = shift.work().done();
    let progress = phrase!("{done} runs so far", "지금까지 {done}회 실행");
    html! { <div class="seeds-controls">{ shift.controls(toggle, &BEGIN, (&FINISHED, &progress), words) }</div> }
}

/// How it went, where it is over.
pub(super) fn end(shift: &Shift<Steps>, words: &'static Words) -> Html {
    let done = shift.work().done();
    let finished = phrase!("{done} runs finished.", "실행 {done}회를 마쳤습니다.");
    shift.told(&finished, None, words)
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct SmallerProps {
    pub found: Rc<Found>,
    pub told: Told,
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    pub dispatch: Callback<Action>,
    pub words: &'static Words,
}

/// What came out.
#[component]
pub(super) fn Smaller(props: &SmallerProps) -> Html {
    let SmallerProps { found, told, scenario, dispatch, words } = props;
    let language = words.lang;
    let Some(numbers) = Numbers::of(told.harm(), found.own) else { return html! {} };
    let [own, left, least] = [found.own, found.left, found.at_least].map(|value| numbers.say(value));
    let (title, runs) = (numbers.title().clone(), found.runs);
    let said = phrase!(
        "{title}: {own} before, {left} left (at least {least}) · {runs} runs",
        "{title}: 줄이기 전 {own}, 줄인 뒤 {left}(하한 {least}) · 실행 {runs}회",
        title
    );
    let is_here = found.least == **scenario;
    let name = if is_here { &IS_HERE } else { &OPEN };
    let least = found.least.clone();
    let open = dispatch.reform(move |_: MouseEvent| opened(&least));
    html! {
        <>
            <p>{ said.say(language).to_owned() }</p>
            if found.steps.is_empty() { <p class="soft">{ NO_CHANGE.say(language) }</p> } else { { table(found, &numbers, words) } }
            <p class="buttons">
                { shift::apply(is_here, name, name, open, language) }
                { shift::download(found, &shift::JSON, ("cachelane-shrink.json", "application/json"), Found::json, language) }
            </p>
        </>
    }
}

/// The changes, each with what the run then showed.
fn table(found: &Found, numbers: &Numbers, words: &Words) -> Html {
    let language = words.lang;
    let rows = found.steps.iter().enumerate().map(|(place, step)| {
        html! {
            <tr key={place}>
                <th scope="row">{ shown(step.what.say(language)).into_owned() }</th>
                <td>{ numbers.say(step.value) }</td>
            </tr>
        }
    });
    html! {
        <div class="wide" tabindex="0" role="group" aria-label={CHANGES.say(language)}>
            <table>
                <caption class="unseen">{ CHANGES.say(language) }</caption>
                <thead><tr>
                    <th scope="col">{ CHANGE.say(language) }</th>
                    <th scope="col">{ numbers.title().say(language).to_owned() }</th>
                </tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}
