//! What can happen to a part: a small menu under its button.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::super::breakers::LASTS;
use super::restore::{Restore, struck};
use super::words;
use crate::phrase::Phrase;
use crate::scenario::FaultKind;
use crate::stage::{Condition, Part, Parts};
use crate::time::Nanos;
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::state::Action;

/// What the menu is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct MenuProps {
    /// Of which part.
    pub part: Part,
    /// How the lane's parts are.
    pub parts: Parts,
    /// What is on at it and can be ended.
    pub restores: Vec<Restore>,
    /// Hears what happens.
    pub dispatch: Callback<Action>,
    /// Hears that it should close.
    pub close: Callback<()>,
    /// The language.
    pub words: &'static Words,
}

/// What can strike a part; several of its servers or nodes are struck one at a time.
fn faults(part: Part) -> impl Iterator<Item = FaultKind> {
    FaultKind::ALL.into_iter().filter(move |what| Some(what.part()) == struck(part))
}

/// The first of several that is well, if there are several.
fn target(part: Part, parts: &Parts) -> Option<u32> {
    let all = match part {
        Part::App => &parts.servers,
        Part::Cache if parts.nodes.len() > 1 => &parts.nodes,
        Part::Cache | Part::Client | Part::Database => return None,
    };
    let well = all.iter().position(|condition| *condition == Condition::Up);
    Some(well.unwrap_or(0) as u32)
}

/// The menu. The focus goes to its first entry; Escape gives it back.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let w = props.words;
    let lasts = use_state(|| Nanos::from_secs(5));
    let first = use_node_ref();
    use_effect_with((props.part, first.clone()), |(_, first)| {
        if let Some(first) = first.cast::<HtmlElement>() {
            let _ = first.focus(); // what has just been made can have it
        }
    });
    let restores =
        props.restores.iter().map(|Restore { title, edit }| (title.clone(), Action::Edit(vec![edit.clone()])));
    let injects = faults(props.part).map(|what| {
        let (lasts, server) = (*lasts, target(props.part, &props.parts));
        (what.title(), Action::Inject { what, server, link: None, lasts })
    });
    let entries = restores.chain(injects).enumerate().map(|(i, (title, action))| {
        let (dispatch, close) = (props.dispatch.clone(), props.close.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            dispatch.emit(action.clone());
            close.emit(());
        });
        let node = if i == 0 { first.clone() } else { NodeRef::default() };
        let class = classes!("plain", (i < props.restores.len()).then_some("restore"));
        html! { <li><button type="button" ref={node} {class} {onclick}>{ title.say(w.lang).to_owned() }</button></li> }
    });
    let choose = {
        let lasts = lasts.clone();
        Callback::from(move |chosen: String| {
            if let Ok(chosen) = chosen.parse() {
                lasts.set(chosen);
            }
        })
    };
    let chosen = LASTS.iter().map(|(text, _)| *text).find(|text| text.parse() == Ok(*lasts));
    let options = LASTS.iter().map(|(text, said)| html! { <option value={*text}>{ said.say(w.lang) }</option> });
    let onkeydown = {
        let close = props.close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation(); // the page has an Escape of its own
                close.emit(());
            }
        })
    };
    let name = words::name(props.part);
    let (en, ko) = (name.to_string(), name.say(crate::phrase::Language::Korean).to_owned());
    let label = Phrase::new(format!("Inject a fault: {en}"), format!("장애 주입: {ko}"));
    html! {
        <div class={classes!("part-menu", format!("part-menu-{:?}", props.part).to_lowercase())} role="group"
            aria-label={label.say(w.lang).to_owned()} {onkeydown}>
            <ul>{ for entries }</ul>
            <label class="lasts">{ w.for_how_long }<Select value={chosen.unwrap_or_default()} {choose}>{ for options }</Select></label>
        </div>
    }
}
