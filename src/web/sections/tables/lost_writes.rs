//! Every lost write; each opens its story.

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::text;
use crate::phrase::{Language, Phrase};
use crate::report::Report;
use crate::time::Nanos;
use crate::web::components::fold::use_fold;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;
use crate::web::platform::protocol::LaneCases;
use crate::web::sections::story::{CaseButton, up_to};

/// What the list of lost writes is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct LostProps {
    /// The totals so far.
    pub report: Rc<Report>,
    /// What went wrong, per lane.
    pub cases: Rc<Vec<LaneCases>>,
    /// Up to when, where that is not the newest moment.
    pub until: Option<Nanos>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// Whether a lane that is shown can have dirty entries.
    pub can_be_dirty: bool,
    /// The language.
    pub words: &'static Words,
}

const CRASH: Phrase = Phrase::fixed(
    "Crash the cache while dirty entries wait in it.",
    "더티 항목이 쌓여 있을 때 캐시를 크래시시켜 보세요.",
);

const MOST: Phrase = Phrase::fixed("at most {n} in a lane", "레인당 최대 {n}건");

/// Every lost write; each opens its story.
#[component]
pub fn LostWrites(props: &LostProps) -> Html {
    let w = props.words;
    let (open, ontoggle) = use_fold(false);
    let lanes = || {
        let both = props.report.lanes.iter().zip(props.cases.iter()).enumerate();
        both.filter(|(i, (lane, _))| props.shown.get(*i) == Some(&true) && lane.ever_lost > 0)
    };
    // Of the lane that lost most: a sum over strategies would be nobody's loss.
    let most = lanes().map(|(_, (lane, _))| lane.ever_lost).max().unwrap_or(0);
    let lists = lanes().map(|(i, (lane, cases))| {
        let listed = cases.lost.iter().map(|case| {
            html! { <li key={case.write.0}><CaseButton lane={i} case={*case} /></li> }
        });
        let more = lane.ever_lost.saturating_sub(cases.lost.len() as u64);
        let causes = lane.ever_lost_by_cause.iter().map(|(cause, n)| match w.lang {
            Language::English => format!("{} {}", text::count(*n), (w.cause)(cause)),
            Language::Korean => format!("{} {}건", (w.cause)(cause), text::count(*n)),
        });
        html! {
            <div class="lost-lane" key={i}>
                <h3><Swatch lane={i} />{ &props.titles[i] }</h3>
                <p>{ causes.collect::<Vec<_>>().join(" · ") }</p>
                <p class="soft">{ (w.what_was_lost)(lane.lost_and_read, lane.keys_lost) }</p>
                <ul class="cases">{ for listed }</ul>
                if more > 0 { <p class="soft">{ (w.and_more)(more) }</p> }
            </div>
        }
    });
    let crash_hint = if props.can_be_dirty { format!(" {}", CRASH.say(w.lang)) } else { String::new() };
    html! {
        <details id="lost-writes" class="block fold" {ontoggle}>
            <summary><h2>{ w.lost_writes }</h2><span class={if most > 0 { "alarm" } else { "soft" }}>{ if lanes().count() > 1 { MOST.say(w.lang).replace("{n}", &text::count(most)) } else { text::count(most) } }</span>{ up_to(props.until, w) }</summary>
            if most == 0 { <p class="soft">{ w.none_lost }{ crash_hint }</p> }
            if open { { for lists } }
        </details>
    }
}
