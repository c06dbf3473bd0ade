//! What went wrong, what takes long, and what could not be done: each in a sentence, with a way on.

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::text;
use crate::escape::{shown, shown_lines};
use crate::scenario::Scenario;
use crate::scenario::link::LENGTH_MAX;
use crate::time::Nanos;
use crate::web::i18n::Words;
use crate::web::platform::{dom, files};
use crate::web::sections::controls::trace_opener;
use crate::web::state::saved::TooLong;
use crate::web::state::view::CAN_BE_WHOLE;
use crate::web::state::{Action, Failure, Notice, StopReason, WorkerStatus};

/// What the notices are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct NoticesProps {
    /// Why nothing runs.
    pub stop_reason: Option<StopReason>,
    /// What the reader is waiting for.
    pub worker_status: WorkerStatus,
    /// What could not be done.
    pub notice: Option<Notice>,
    /// What runs replays a trace that is not open.
    pub lacks_trace: bool,
    /// The moment of the run that the page shows, if it shows one.
    pub at: Option<Nanos>,
    /// The experiment is too large for a link.
    pub too_long: Option<TooLong>,
    /// What runs.
    pub scenario: Rc<Scenario>,
    /// Whether a control holds something that cannot run.
    pub has_bad_values: bool,
    /// Hears what the reader does about it.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// All there are; mostly none.
#[component]
pub fn Notices(props: &NoticesProps) -> Html {
    let w = props.words;
    html! {
        <>
            { stop_reason(props) }
            { worker_status(props) }
            if let Some(notice) = &props.notice {
                <div class="notice" role="alert">
                    <p class="lines">{ said(notice, w) }</p>
                    if props.lacks_trace { { trace_opener(&props.dispatch, w) } }
                    <p>{ button(props, w.close, || Action::Dismiss) }</p>
                </div>
            }
            if let Some(TooLong { bytes }) = props.too_long.filter(|_| CAN_BE_WHOLE) {
                <div class="notice calm" role="status">
                    <p>{ too_long(bytes, w) }{ " " }{ w.address_is_old }</p>
                    <p><SaveScenario scenario={props.scenario.clone()} words={w} /></p>
                </div>
            }
            if props.has_bad_values { <p class="notice small" role="status">{ w.last_good_runs }</p> }
        </>
    }
}

/// Why there is no link.
pub fn too_long(bytes: usize, w: &Words) -> String {
    (w.too_long)(bytes as u64, LENGTH_MAX as u64)
}

/// What [`SaveScenario`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct SaveProps {
    /// What is saved.
    pub scenario: Rc<Scenario>,
    /// The language.
    pub words: &'static Words,
}

/// A button that offers the scenario as a file.
#[component]
pub fn SaveScenario(props: &SaveProps) -> Html {
    let scenario = props.scenario.clone();
    let save = move |_: MouseEvent| files::download("scenario.toml", "application/toml", &scenario.to_toml());
    html! { <button type="button" onclick={save}>{ props.words.save_scenario }</button> }
}

fn button(props: &NoticesProps, name: &'static str, action: fn() -> Action) -> Html {
    html! { <button type="button" onclick={props.dispatch.reform(move |_: MouseEvent| action())}>{ name }</button> }
}

/// What a notice says, line by line.
fn said(notice: &Notice, w: &Words) -> String {
    match notice {
        Notice::Message(text) => sentence(&shown_lines(text.say(w.lang))),
        Notice::TraceStopped(name) => (w.trace_stopped)(&shown(name)),
    }
}

/// It begins with a capital letter, unless with the name of a field: what the command line prints after a colon stands here
/// by itself.
fn sentence(text: &str) -> String {
    let (first, rest) = text.split_once([' ', '\n']).unwrap_or((text, ""));
    let is_word = first.chars().all(|letter| letter.is_ascii_alphabetic()) && !rest.starts_with('=');
    let mut letters = text.chars();
    match letters.next() {
        Some(letter) if is_word => letter.to_ascii_uppercase().to_string() + letters.as_str(),
        _ => text.to_owned(),
    }
}

/// Nothing runs until the reader asks for it.
fn stop_reason(props: &NoticesProps) -> Html {
    let w = props.words;
    let ways_on = html! {
        <p class="buttons">
            { button(props, w.run_again, || Action::RunAgain) }
            { button(props, w.open_default, || Action::OpenPreset("default".to_owned())) }
        </p>
    };
    match &props.stop_reason {
        None => html! {},
        Some(StopReason::Stopped) => {
            let at = props.at.map(|at| text::moment(at.as_secs_f64(), true, w.lang));
            html! { <div class="notice calm" role="alert"><p>{ (w.was_stopped)(at.as_deref()) }</p>{ ways_on }</div> }
        }
        Some(StopReason::Failed { failure, details }) => html! {
            <div class="notice" role="alert">
                <p><strong>{ (w.worker_failed)(*failure) }</strong></p>
                if *failure == Failure::NotStarted { <p>{ not_started(w) }</p> }
                if !details.is_empty() {
                    <details><summary>{ w.details }</summary><p><code>{ shown(details).into_owned() }</code></p></details>
                }
                { ways_on }
            </div>
        },
    }
}

/// What may be the matter where the worker's files do not arrive.
fn not_started(w: &Words) -> &'static str {
    if dom::has_origin() { w.reload_page } else { w.needs_cors }
}

/// The reader is waiting.
fn worker_status(props: &NoticesProps) -> Html {
    let w = props.words;
    let sentence = match props.worker_status {
        WorkerStatus::Responsive => return html! {},
        WorkerStatus::Loading => return html! { <p class="notice small calm" role="status">{ w.still_loading }</p> },
        WorkerStatus::Busy => w.still_computing,
        WorkerStatus::Unresponsive => w.maybe_gone,
    };
    html! {
        <div class="notice calm" role="status">
            <p>{ sentence }</p>
            <p>{ button(props, w.stop, || Action::Stop) }</p>
        </div>
    }
}
