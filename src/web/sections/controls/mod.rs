//! The controls beside the figures: lanes, traffic, cache, database, application, network, faults, prices, run.

mod faults;
mod lanes;
mod paste_trace;
mod trace_sheet;
mod traffic;

use std::rc::Rc;

use yew::prelude::*;

use self::faults::Faults;
use self::lanes::lanes;
use self::traffic::traffic;
pub use self::traffic::{trace_opener, trace_reader, trace_refused};
use crate::number;
use crate::scenario::form::{Form, FormField};
use crate::scenario::{Edit, FieldValue, Scenario};
use crate::web::components::any_field::{AllFields, Draft, FieldRow, changed_summary};
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::control::labelled;
use crate::web::components::fold::use_fold;
use crate::web::components::number::Number;
use crate::web::components::paste_info::PasteInfo;
use crate::web::components::sheet::Sheet;
use crate::web::platform::media;
use crate::web::state::Action;
use crate::web::state::saved;
use crate::web::state::traces::TracesShown;

/// What the controls are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ControlsProps {
    /// What they show, good or not.
    pub scenario: Rc<Scenario>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// Whether there is a step back.
    pub can_undo: bool,
    /// Whether there is a step forth.
    pub can_redo: bool,
    /// The trace files.
    pub traces: TracesShown,
    /// Whether they are open where they are a sheet.
    pub is_open: bool,
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// All controls of the scenario, in sections.
#[component]
pub fn Controls(props: &ControlsProps) -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let wide = *use_memo((), |()| media::matches("(min-width: 64.01rem)"));
    let form = use_memo(props.scenario.clone(), |scenario| Form::of(scenario));
    let draft = Draft { scenario: props.scenario.clone(), form };
    let section = |title: &'static str, name: &'static str, open_at_first: bool, inside: Inside| {
        let inside = {
            let (props, draft, ctx) = (props.clone(), draft.clone(), ctx.clone());
            Callback::from(move |()| inside(name, &props, &draft, &ctx))
        };
        html! { <Section {title} {name} {open_at_first} draft={draft.clone()} {inside} /> }
    };
    html! {
        <Sheet name={w.controls} is_open={props.is_open} close={props.close.clone()} words={w}>
            { undo_buttons(props, &ctx) }
            { section(w.lanes, "", wide, |_, props, draft, ctx| lanes(props, draft, ctx)) }
            { section(w.traffic, "clients", false, |_, props, draft, ctx| traffic(draft, ctx, &props.traces)) }
            { section(w.cache, "cache", false, |part, props, draft, ctx| html! { <>{ of_part(part, props, draft, ctx) }<PasteInfo /></> }) }
            { section(w.database, "database", false, of_part) }
            { section(w.application, "app", false, of_part) }
            { section(w.network, "network", false, of_part) }
            { section(w.faults, "fault", false, |_, _, draft, _| html! { <Faults scenario={draft.scenario.clone()} /> }) }
            { section(w.prices, "prices", false, of_part) }
            { section(w.run, "run", false, |_, _, draft, ctx| labelled(draft, ctx, draft.form.fields_of_table(""))) }
            { general_problems(&ctx) }
        </Sheet>
    }
}

/// Makes what is in a section of that name.
type Inside = fn(&str, &ControlsProps, &Draft, &Ctx) -> Html;

/// The fields of a part of the scenario that have a label.
fn of_part(part: &str, _: &ControlsProps, draft: &Draft, ctx: &Ctx) -> Html {
    labelled(draft, ctx, draft.form.fields(part))
}

/// What a [`Section`] is made from.
#[derive(Clone, PartialEq, Properties)]
struct SectionProps {
    title: &'static str,
    /// The part of the scenario that it shows, or else what it is.
    name: &'static str,
    open_at_first: bool,
    draft: Draft,
    /// Makes what is in it.
    inside: Callback<(), Html>,
}

/// A part of the controls, folded or not; what is folded away is not made.
#[component]
fn Section(props: &SectionProps) -> Html {
    let SectionProps { title, name, draft, .. } = props;
    let (open, ontoggle) = use_fold(props.open_at_first);
    let language = use_ctx().words.lang;
    // Lanes and faults show their own fields; the others have one part each.
    let part = matches!(*name, "clients" | "cache" | "database" | "app" | "network" | "prices").then_some(*name);
    html! {
        <details class={classes!("section", *name)} {open} {ontoggle}>
            <summary><h2>{ *title }</h2>{ part.map(|part| changed_summary(&draft.form, part, language)).unwrap_or_default() }</summary>
            <div class="inside">
                if open {
                    { props.inside.emit(()) }
                    if let Some(part) = part { <AllFields draft={draft.clone()} {part} title={*title} /> }
                }
            </div>
        </details>
    }
}

fn undo_buttons(props: &ControlsProps, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let button = |name: &'static str, sign: &'static str, keys: &'static str, enabled: bool, action: fn() -> Action| {
        let dispatch = ctx.dispatch.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            if enabled {
                dispatch.emit(action());
            }
        });
        let title = format!("{name} ({})", keys.replace("Control", "Ctrl"));
        html! {
            <button type="button" class="plain" {title} aria-keyshortcuts={keys} aria-disabled={(!enabled).then_some("true")} {onclick}>
                <span aria-hidden="true">{ sign }{ " " }</span>{ name }
            </button>
        }
    };
    html! {
        <div class="undo">
            { button(w.undo, "↶", "Control+Z", props.can_undo, || Action::Undo) }
            { button(w.redo, "↷", "Control+Shift+Z", props.can_redo, || Action::Redo) }
        </div>
    }
}

/// What is wrong with no field in particular.
fn general_problems(ctx: &Ctx) -> Html {
    let all = ctx.problems.iter().filter(|p| p.field.is_empty() || p.field == "lane" || p.field == "fault");
    let all = all.map(|problem| html! { <p class="complaint" role="alert">{ saved::say(problem, ctx.words) }</p> });
    html! { <>{ for all }</> }
}

fn options(names: &[&'static str], called: impl Fn(&str) -> String) -> Vec<(AttrValue, AttrValue)> {
    names.iter().map(|name| (AttrValue::from(*name), AttrValue::from(called(name)))).collect()
}

/// The choices at `path`, as the types know them.
fn choices(draft: &Draft, path: &str, called: impl Fn(&str) -> String) -> Vec<(AttrValue, AttrValue)> {
    let words = draft.words(path).into_iter();
    words.map(|word| (AttrValue::from(word.clone()), AttrValue::from(called(&word)))).collect()
}

/// Another choice at `path`; options that both choices have stay as they are.
fn choose(path: &'static str, value: FieldValue) -> Vec<Edit> {
    vec![Edit::Choose { path: path.to_owned(), value }]
}

/// The word that stands at `path`.
fn word_at(draft: &Draft, path: &str) -> String {
    draft.form.fields(path).into_iter().next().map(|field| field.value).unwrap_or_default()
}

/// The options of the choice at `path`: those that most readers want to turn with a slider, the others as they come.
fn options_at(draft: &Draft, ctx: &Ctx, path: &str) -> Html {
    let w = ctx.words;
    let rows = draft.form.fields(path).into_iter().filter(|field| field.is_option).map(|field| {
        match w.option_called(&field.name) {
            Some((label, whole)) => number_at(draft, &field.path, label, whole),
            None => {
                let key = field.path.clone();
                html! { <FieldRow {key} draft={draft.clone()} {field} /> }
            }
        }
    });
    html! { <>{ for rows }</> }
}

/// A number with a slider, as long as what stands there is one.
fn number_at(draft: &Draft, path: &str, label: &'static str, whole: bool) -> Html {
    match number::read(&word_at(draft, path)) {
        Some(value) => {
            let path = path.to_owned();
            html! { <Number key={path.clone()} path={path.clone()} {label} {value} {whole} /> }
        }
        None => named_row(draft, path, label),
    }
}

/// A field of the types, under a name of the page's.
fn named_row(draft: &Draft, path: &str, label: &'static str) -> Html {
    let field: Option<FormField> = draft.form.fields(path).into_iter().next();
    field.map_or_else(|| html! {}, |field| html! { <FieldRow draft={draft.clone()} {field} {label} /> })
}
