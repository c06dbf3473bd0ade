//! A control for every field of the scenario, made from the types: no field is ever out of reach.
//!
//! What most readers want to turn has a label and stands among the page's main controls ([`control`](super::control)). All
//! other fields of a part stand under “All fields”, by the names that files and links use. What cannot be is told beside the field, stays as it was typed, and changes
//! nothing.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::context::{Ctx, id_of, use_ctx};
use super::fold::use_fold;
use super::overridden::overridden_row;
use crate::escape::shown;
use crate::scenario::called;
use crate::scenario::form::{Form, FormField, Input};
use crate::scenario::{Accept, Docs, Edit, FieldValue, Lane, Language, Scenario};
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::platform::dom;
use crate::web::state::Action;

/// A scenario and its form: what the controls show.
#[derive(Clone, PartialEq)]
pub struct Draft {
    /// The scenario, good or not.
    pub scenario: Rc<Scenario>,
    /// Its fields.
    pub form: Rc<Form>,
}

impl Draft {
    /// What each word that may be chosen at `path` means, as a tooltip.
    pub fn tooltips(&self, path: &str, w: &Words) -> Vec<(AttrValue, AttrValue)> {
        match self.form.fields(path).into_iter().next().map(|field| field.takes) {
            Some(Input::Choice(words)) => {
                words.into_iter().map(|(word, docs)| (word.into(), tooltip(&docs, w).into())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What may be chosen at `path`: the words.
    pub fn words(&self, path: &str) -> Vec<String> {
        match self.form.fields(path).into_iter().next().map(|field| field.takes) {
            Some(Input::Choice(words)) => words.into_iter().map(|(word, _)| word).collect(),
            _ => Vec::new(),
        }
    }
}

/// The parts of the world that a lane may have otherwise.
const PARTS: [&str; 4] = ["cache", "app", "database", "network"];

/// The fields that have a control of their own, by path, besides those that have a label; a `*` stands for a number.
const WITH_OWN_CONTROL: &[&str] = &[
    "name",
    "clients.arrivals",
    "clients.arrivals.*",
    "clients.keys",
    "clients.keys.*",
    "lane.*.read",
    "lane.*.write",
    "fault.*.at",
    "fault.*.what",
    "fault.*.which",
    "fault.*.for",
];

fn has_own_control(field: &FormField) -> bool {
    let is_listed = WITH_OWN_CONTROL.iter().any(|pattern| {
        let (mut left, mut right) = (pattern.split('.'), field.path.split('.'));
        loop {
            match (left.next(), right.next()) {
                (None, None) => return true,
                (Some(wanted), Some(part)) if wanted == part || wanted == "*" => {}
                _ => return false,
            }
        }
    });
    is_listed || field.label.is_some()
}

/// The fields of a part that have no control of their own.
pub fn rest(form: &Form, part: &str) -> Vec<FormField> {
    form.fields(part).into_iter().filter(|field| !has_own_control(field)).collect()
}

/// What differs from the default among the fields without a control of their own: `Persistence: append-only`.
pub fn changed_summary(form: &Form, part: &str, language: Language) -> Html {
    /// More would be a list, not a glance.
    const TOLD_MAX: usize = 4;
    let told: Vec<FormField> =
        rest(form, part).into_iter().filter(|field| field.differs && !Lane::is_shown_by(&field.name)).collect();
    if told.is_empty() {
        return html! {};
    }
    let more = told.len().saturating_sub(TOLD_MAX);
    let told = told.into_iter().take(TOLD_MAX).map(|field| {
        html! { <span class="changed">{ shown(&field.say(language)).into_owned() }</span> }
    });
    html! { <span class="changed-summary">{ for told }if more > 0 { <span>{ format!("+{more}") }</span> }</span> }
}

/// What [`AllFields`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct AllFieldsProps {
    /// The scenario.
    pub draft: Draft,
    /// The part, such as `cache` or `lane.0`.
    pub part: AttrValue,
    /// What the part is called.
    pub title: AttrValue,
}

/// All fields of a part that have no control of their own, folded.
#[component]
pub fn AllFields(props: &AllFieldsProps) -> Html {
    let ctx = use_ctx();
    let (open, ontoggle) = use_fold(false);
    let fields = rest(&props.draft.form, &props.part);
    if fields.is_empty() {
        return html! {};
    }
    let rows = || {
        fields.iter().map(|field| {
            html! { <FieldRow key={field.path.clone()} draft={props.draft.clone()} field={field.clone()} /> }
        })
    };
    let told = changed_summary(&props.draft.form, &props.part, ctx.words.lang);
    html! {
        <details class="options all" {ontoggle}>
            <summary>{ ctx.words.all_fields }{ told }</summary>
            if open {
                <div class="rows" role="group" aria-label={format!("{}: {}", props.title, ctx.words.all_fields)}>{ for rows() }</div>
            }
        </details>
    }
}

/// What [`LaneOverrides`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct LaneOverridesProps {
    /// The scenario.
    pub draft: Draft,
    /// The lane.
    pub lane: usize,
}

/// What a lane has otherwise than all lanes, a row each, with a button that takes it away.
#[component]
pub fn LaneOverrides(props: &LaneOverridesProps) -> Html {
    let rows = override_fields(&props.draft.form, props.lane).into_iter().map(|field| {
        let (key, removable) = (field.path.clone(), !field.is_option);
        html! { <FieldRow {key} draft={props.draft.clone()} {removable} {field} /> }
    });
    let rows: Vec<Html> = rows.collect();
    if rows.is_empty() {
        return html! {};
    }
    html! { <div class="rows own">{ for rows }</div> }
}

fn override_fields(form: &Form, lane: usize) -> Vec<FormField> {
    let of_part = |part: &str| {
        let mut fields = form.fields(&format!("lane.{lane}.{part}"));
        fields.iter_mut().for_each(|field| field.name = format!("{part}.{}", field.name));
        fields
    };
    PARTS.into_iter().flat_map(of_part).collect()
}

/// A list of all fields that a lane may have otherwise; choosing one gives it a row with the value that all lanes have.
#[component]
pub fn AddOverride(props: &LaneOverridesProps) -> Html {
    let ctx = use_ctx();
    let (form, lane) = (&props.draft.form, props.lane);
    let own = override_fields(form, lane);
    let groups = PARTS.into_iter().map(|part| {
        let free = form.fields(part).into_iter().filter(|field| !field.is_option);
        let free = free.filter(|field| !own.iter().any(|own| own.name == field.path));
        let options =
            free.map(|field| html! { <option value={field.path.clone()} title={tooltip(&field.doc, ctx.words)}>{ field.path }</option> });
        html! { <optgroup label={format!("[{part}]")}>{ for options }</optgroup> }
    });
    let id = format!("f-lane-{lane}-own");
    let change = {
        let (draft, ctx) = (props.draft.clone(), ctx.clone());
        Callback::from(move |chosen: String| {
            let path = format!("lane.{lane}.{chosen}");
            if let Some(value) = draft.form.value(&chosen).and_then(|value| FieldValue::parse(&value).ok()) {
                focus_soon(id_of(&path));
                ctx.edit(vec![Edit::Set { path, value }]);
            }
        })
    };
    html! {
        <div class="field choice">
            <label for={id.clone()}>{ ctx.words.own_field }</label>
            <Select {id} value="" choose={change}>
                <option value="" disabled=true>{ ctx.words.choose_field }</option>
                { for groups }
            </Select>
        </div>
    }
}

/// Gives the focus to the element with that id, once it is there.
fn focus_soon(id: String) {
    focus_within(id, FOCUS_TRIES);
}

/// How often, 20 ms apart, an element is looked for that is about to be drawn.
const FOCUS_TRIES: u32 = 50;

fn focus_within(id: String, tries: u32) {
    let look = move || {
        let element = dom::document().get_element_by_id(&id).and_then(|e| e.dyn_into::<HtmlElement>().ok());
        match element {
            // It has just been found.
            Some(element) => _ = element.focus(),
            None if tries > 0 => focus_within(id, tries - 1),
            None => {}
        }
    };
    Timeout::new(if tries == FOCUS_TRIES { 0 } else { 20 }, look).forget();
}

/// What a [`FieldRow`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct FieldRowProps {
    /// The scenario.
    pub draft: Draft,
    /// The field.
    pub field: FormField,
    /// What it is called; its name in files where nothing is given.
    #[prop_or_default]
    pub label: Option<&'static str>,
    /// Whether it can be taken away (what a lane has otherwise), instead of going back to its default.
    #[prop_or_default]
    pub removable: bool,
}

/// Any field: its name, a control, what it means, and the way back to its default.
#[component]
pub fn FieldRow(props: &FieldRowProps) -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let field = &props.field;
    let complaint = ctx.complaint_inside(&field.path, !matches!(field.takes, Input::Choice(_)));
    let redraw = use_force_update();
    let shown = ctx.text_at(&field.path, &field.value);
    let set = {
        let (path, act) = (field.path.clone(), ctx.dispatch.clone());
        Callback::from(move |text: String| {
            act.emit(Action::Enter { path: path.clone(), text, accept: Accept::NoWorse });
            redraw.force_update();
        })
    };
    let id = id_of(&field.path);
    let (hint, error) = (format!("{id}-hint"), format!("{id}-error"));
    let described = if complaint.is_some() { format!("{error} {hint}") } else { hint.clone() };
    let bad = complaint.is_some().then_some("true");
    let control = match &field.takes {
        Input::Choice(words) => {
            let options = words.iter().map(|(word, doc)| {
                let called = if word == "()" { w.with_usual.to_owned() } else { called::word(word, w.lang) };
                html! { <option key={word.as_str()} value={word.clone()} title={tooltip(doc, w)}>{ called }</option> }
            });
            let (value, invalid) = (shown.clone(), complaint.is_some());
            html! { <Select id={id.clone()} {value} choose={set} {described} {invalid}>{ for options }</Select> }
        }
        Input::Flag => {
            let onchange =
                set.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked().to_string());
            html! { <input id={id.clone()} type="checkbox" checked={shown == "true"} {onchange} aria-describedby={described} aria-invalid={bad} /> }
        }
        takes => {
            let onchange = set.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().value());
            let mode = if matches!(takes, Input::Whole | Input::Number) { "decimal" } else { "text" };
            html! {
                <input id={id.clone()} type="text" inputmode={mode} autocomplete="off" spellcheck="false" value={shown} {onchange}
                    aria-describedby={described} aria-invalid={bad} />
            }
        }
    };
    let name = match props.label {
        Some(label) => html! { { label } },
        None => breakable(&field.name),
    };
    if let Some(by) = ctx.overridden_at(&field.path) {
        return overridden_row(field, by, name, w);
    }
    html! {
        <div class={classes!("field", "any", field.is_option.then_some("option"))}>
            <label for={id}>{ name }</label>
            { control }
            { reset_button(props, &ctx) }
            <p class="hint" id={hint}>{ hint_of(field, w) }</p>
            if let Some(complaint) = complaint { <p class="complaint" id={error} role="alert">{ complaint }</p> }
        </div>
    }
}

/// The button that takes the field away, or puts its default back where something else stands.
fn reset_button(props: &FieldRowProps, ctx: &Ctx) -> Html {
    let field = &props.field;
    let w = ctx.words;
    let default = field.default.as_deref().filter(|_| field.differs).and_then(|text| FieldValue::parse(text).ok());
    let edit = match default {
        _ if props.removable => Edit::remove(field.path.clone()),
        Some(default) => Edit::set(field.path.clone(), default),
        None => return html! { <span></span> },
    };
    let (name, sign) = if props.removable {
        ((w.remove_lane)(&field.name), "×")
    } else {
        ((w.back_to_default)(&field.name, field.default.as_deref().unwrap_or_default()), "↺")
    };
    let next = if props.removable {
        field.path.split('.').take(2).collect::<Vec<_>>().join(".") + ".own"
    } else {
        field.path.clone()
    };
    let onclick = ctx.dispatch.reform(move |_: MouseEvent| {
        focus_soon(id_of(&next));
        Action::Edit(vec![edit.clone()])
    });
    html! { <button type="button" class="icon" aria-label={name.clone()} title={name} {onclick}>{ sign }</button> }
}

/// A name of a field, which breaks at its dots and underscores and nowhere else.
fn breakable(name: &str) -> Html {
    let parts = name.split_inclusive(['.', '_']).map(|part| html! { <>{ part.to_owned() }<wbr /></> });
    html! { <code class="name">{ for parts }</code> }
}

/// A meaning as a tooltip, which has no code.
fn tooltip(doc: &Docs, w: &Words) -> String {
    doc.say(w.lang).replace('`', "")
}

/// A text with what stands between backticks as code.
fn marked(text: &str) -> Html {
    let parts = text.split('`').enumerate();
    parts
        .map(|(i, part)| {
            if i % 2 == 1 {
                html! { <code>{ part }</code> }
            } else {
                html! { { part } }
            }
        })
        .collect()
}

/// What the field means, what may stand there, and its default.
fn hint_of(field: &FormField, w: &'static Words) -> Html {
    let takes = match (&field.limit, &field.takes) {
        (Some(limit), _) => limit.phrase().say(w.lang).to_owned(),
        (None, Input::Other(what) | Input::Distribution(what) | Input::Ttl(what)) => what.say(w.lang).to_owned(),
        _ => String::new(),
    };
    html! {
        <>
            <span>{ marked(&field.doc.say(w.lang)) }</span>
            if !takes.is_empty() { <span>{ takes }</span> }
            if let Some(default) = &field.default { <span>{ (w.default_is)(default) }</span> }
        </>
    }
}
