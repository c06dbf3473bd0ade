//! The sentence at the top, and the legend.

use std::rc::Rc;

use yew::prelude::*;

use super::headline::{Piece, Topic, headline, plain};
use crate::phrase::Phrase;
use crate::report::Report;
use crate::scenario::presets::{Claim, Watch};
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;
use crate::web::platform::clock::now_ms;
use crate::web::platform::dom;
use crate::web::state::{Action, ViewAction};

/// What the sentence at the top is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct HeadlineProps {
    /// The totals so far.
    pub report: Option<Rc<Report>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// What the experiment is about, where a preset says so.
    pub claim: Option<Claim>,
    /// The numbers it is about.
    pub watch: Vec<Watch>,
    /// What the experiment is called.
    pub name: String,
    /// Whether the run is over.
    pub finished: bool,
    /// The language.
    pub words: &'static Words,
}

const ALL_HIDDEN: Phrase = Phrase::fixed("All lanes are hidden.", "모든 레인이 숨겨져 있습니다.");

/// The sentence at the top. It changes as it happens; screen readers hear it when it has been the same for a while.
#[component]
pub fn Headline(props: &HeadlineProps) -> Html {
    let pieces = match &props.report {
        Some(report) => {
            let topic = Topic { claim: props.claim, watch: &props.watch };
            let said = headline(report, topic, |lane| props.shown.get(lane).copied().unwrap_or(false));
            said.map_or_else(
                || vec![Piece::Text(ALL_HIDDEN.say(props.words.lang).to_owned())],
                |said| said.say(&props.titles, props.finished, props.words.lang),
            )
        }
        None => vec![Piece::Text(props.words.starting.to_owned())],
    };
    let whole = plain(&pieces);
    let is_long = whole.chars().count() > LONG;
    use_title(&props.name, props.finished.then(|| whole.clone()));
    let spoken = use_spoken(whole.clone(), props.finished);
    // A phone shows three lines: of a long sentence, what is most telling and the full stop.
    let further = pieces.iter().position(|piece| *piece == Piece::Text("; ".to_owned())).filter(|_| is_long);
    let end = pieces.len().saturating_sub(1);
    let (first, rest) = pieces.split_at(further.unwrap_or(end));
    let (rest, stop) = rest.split_at(end - first.len());
    let ctx = use_ctx();
    let said = |piece: &Piece| said(piece, &ctx);
    // A sentence with other words is another paragraph: where words of the old one wandered, nothing on the page has moved.
    html! {
        <>
            <p key={whole.clone()} class="headline" aria-hidden="true">
                { for first.iter().map(said) }<span class="further">{ for rest.iter().map(said) }</span>{ for stop.iter().map(said) }
            </p>
            <p key="spoken" class="unseen" role="status" aria-live="polite">{ spoken }</p>
        </>
    }
}

/// A sentence of more characters has more than three lines on a phone.
const LONG: usize = 100;

fn said(piece: &Piece, ctx: &Ctx) -> Html {
    match piece {
        Piece::Text(text) => html! { { text } },
        Piece::Number(text) => html! { <b class="number">{ text }</b> },
        Piece::Alarm(text) => html! { <b class="number alarm">{ text }</b> },
        Piece::Lane(lane, name) => {
            let colour = format!("--lane:var(--{})", ctx.lane_style(*lane).colour.name);
            html! { <span class="lane-name" style={colour}>{ name }</span> }
        }
    }
}

/// Calls the window by the experiment, and by what came out once it is over: a title that changes all the time cannot be read.
#[hook]
fn use_title(name: &str, outcome: Option<String>) {
    let title = match outcome {
        Some(outcome) => format!("{outcome} {name} · Cachelane"),
        None => format!("{name} · Cachelane"),
    };
    use_effect_with(title, |title| dom::document().set_title(title));
}

/// What is read aloud: the newest sentence, at most one in eight seconds, and the last one.
#[hook]
fn use_spoken(sentence: String, finished: bool) -> String {
    const EVERY_MS: f64 = 8_000.0;
    let spoken = use_mut_ref(|| (f64::NEG_INFINITY, String::new(), false));
    let mut last = spoken.borrow_mut();
    let now = now_ms();
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
    pub dispatch: Callback<Action>,
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
        let onclick = props.dispatch.reform(move |event: MouseEvent| {
            dom::leave_after_click(&event);
            Action::View(ViewAction::ToggleLane(lane))
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
