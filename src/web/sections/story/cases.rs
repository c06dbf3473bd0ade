//! What went wrong besides lost writes, case by case: stale and vanished reads, copies that differ.

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::text;
use crate::ledger::{Case, CaseKind};
use crate::phrase::{Phrase, phrase};
use crate::story::{how_stale, stamp};
use crate::time::Nanos;
use crate::web::components::context::use_ctx;
use crate::web::components::fold::use_fold;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;
use crate::web::platform::protocol::LaneCases;
use crate::web::state::Action;

static STALE: Phrase = Phrase::fixed("Worst stale reads", "가장 오래된 값을 읽은 사례");
static DIVERGING: Phrase = Phrase::fixed("First diverging copies", "DB와 달라진 첫 사본");
static VANISHED: Phrase = Phrase::fixed("Reads of values later lost", "읽은 뒤 유실된 값");

/// What a [`CaseButton`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct CaseProps {
    /// Its lane.
    pub lane: usize,
    /// What it opens the story of.
    pub case: Case,
}

/// A case in a line; it opens the story.
#[component]
pub fn CaseButton(props: &CaseProps) -> Html {
    let ctx = use_ctx();
    let CaseProps { lane, case } = *props;
    let open = ctx.dispatch.reform(move |_: MouseEvent| Action::OpenStory { lane, case });
    let (what, why) = said(&case, ctx.words);
    html! {
        <button type="button" class="case" onclick={open} aria-haspopup="dialog">
            <span>{ what }</span><span class="soft">{ why }</span><span class="at soft">{ stamp(case.at).say(ctx.words.lang).to_owned() }</span>
        </button>
    }
}

/// What the case is, and why or how bad.
fn said(case: &Case, w: &'static Words) -> (String, String) {
    let name =
        |cause: Option<serde_json::Value>| cause.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let what = crate::story::case_title(case).say(w.lang).to_owned();
    match case.kind {
        CaseKind::Lost { cause } => (what, (w.cause)(&name(serde_json::to_value(cause).ok()))),
        CaseKind::Diverging { divergence, .. } => (what, (w.divergence)(&name(serde_json::to_value(divergence).ok()))),
        CaseKind::Stale { since } => {
            let age = text::millis((case.at - since).as_secs_f64() * 1e3);
            (what, how_stale(case.write, &age).say(w.lang).to_owned())
        }
        CaseKind::Vanished | CaseKind::Phantom => (what, String::new()),
    }
}

/// Beside the heading of a list: up to when it goes, where the reader looks at an earlier moment.
pub fn up_to(until: Option<Nanos>, words: &'static Words) -> Html {
    let said = until.map(|until| {
        let t = text::moment(until.as_secs_f64(), true, words.lang);
        phrase!("up to {t}", "{t}까지").say(words.lang).to_owned()
    });
    html! { if let Some(said) = said { <span class="soft">{ said }</span> } }
}

/// What [`OtherCases`] are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct OtherProps {
    /// Per lane.
    pub cases: Rc<Vec<LaneCases>>,
    /// Up to when, where that is not the newest moment.
    pub until: Option<Nanos>,
    /// Reads sent before this moment are left out of the figures, and here.
    pub warmup: Nanos,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// The language.
    pub words: &'static Words,
}

/// The lists besides that of the lost writes; each only where there is something in it.
#[component]
pub fn OtherCases(props: &OtherProps) -> Html {
    type Of = fn(&LaneCases) -> &Vec<Case>;
    let kinds: [(&'static Phrase, &'static str, Of); 3] = [
        (&STALE, "stale-cases", |cases| &cases.stale),
        (&DIVERGING, "diverging-cases", |cases| &cases.diverging),
        (&VANISHED, "vanished-cases", |cases| &cases.vanished),
    ];
    let measured = |case: &&Case| !matches!(case.kind, CaseKind::Stale { .. }) || case.issued >= props.warmup;
    let lists = kinds.into_iter().map(|(title, id, of)| {
        let shown = props.cases.iter().enumerate().filter(|(lane, _)| props.shown.get(*lane) == Some(&true));
        let lanes = shown.map(|(lane, cases)| (lane, of(cases).iter().filter(measured).copied().collect::<Vec<Case>>()));
        let lanes: Vec<(usize, Vec<Case>)> = lanes.filter(|(_, cases)| !cases.is_empty()).collect();
        html! {
            if !lanes.is_empty() {
                <CaseList key={id} title={title.say(props.words.lang).to_owned()} {lanes} until={props.until} titles={props.titles.clone()} words={props.words} />
            }
        }
    });
    html! { <>{ for lists }</> }
}

#[derive(Clone, PartialEq, Properties)]
struct ListProps {
    title: String,
    lanes: Vec<(usize, Vec<Case>)>,
    until: Option<Nanos>,
    titles: Rc<Vec<String>>,
    words: &'static Words,
}

#[component]
fn CaseList(props: &ListProps) -> Html {
    let (open, ontoggle) = use_fold(false);
    let lanes = props.lanes.iter().map(|(lane, cases)| {
        let items = cases.iter().map(|case| {
            html! { <li key={format!("{} {} {} {}", case.key, case.write.0, case.client, case.at.0)}><CaseButton lane={*lane} case={*case} /></li> }
        });
        html! {
            <div class="lost-lane" key={*lane}>
                <h3><Swatch lane={*lane} />{ props.titles.get(*lane) }</h3>
                <ul class="cases">{ for items }</ul>
            </div>
        }
    });
    html! {
        <details class="block fold" {ontoggle}>
            <summary><h2>{ &props.title }</h2>{ up_to(props.until, props.words) }</summary>
            if open { { for lanes } }
        </details>
    }
}
