//! The control of a field that stands among the page's main ones: it has a `#[label = …]` beside it in the scenario's types.

use yew::prelude::*;

use super::any_field::{Draft, FieldRow};
use super::choice::{Check, Choice};
use super::context::Ctx;
use super::distribution::Dist;
use super::number::{Duration, Number};
use super::overridden::overridden_row;
use crate::number;
use crate::scenario::form::{FormField, Input};
use crate::scenario::{Distribution, Edit, FieldValue, Ttl, slider_of};

/// The controls of those of `fields` that have a label.
pub fn labelled(draft: &Draft, ctx: &Ctx, fields: Vec<FormField>) -> Html {
    let rows = fields.into_iter().filter_map(|field| {
        let label = field.label?.say(ctx.words.lang);
        Some(control(draft, ctx, field, label))
    });
    html! { <>{ for rows }</> }
}

/// The control of a field under that name: what fits what may stand there.
fn control(draft: &Draft, ctx: &Ctx, field: FormField, label: &'static str) -> Html {
    let (key, path) = (field.path.clone(), field.path.clone());
    if let Some(by) = ctx.overridden_at(&path) {
        return overridden_row(&field, by, html! { { label } }, ctx.words);
    }
    let number = number::read(&field.value);
    match (&field.takes, number) {
        (Input::Flag, _) => {
            html! { <Check {key} {label} value={field.value == "true"} set={ctx.setter(path, FieldValue::of::<bool>)} /> }
        }
        (Input::Duration, _) => html! { <Duration {key} {path} {label} value={field.value.parse().ok()} /> },
        (Input::Whole | Input::Number, Some(value)) => {
            html! { <Number {key} {path} {label} {value} whole={field.takes == Input::Whole} /> }
        }
        // So many entries, or a size.
        (Input::Other(_), Some(value)) if field.slider.is_some() => {
            html! { <Number {key} {path} {label} {value} whole=true /> }
        }
        (Input::Distribution(_), _) if let Some(value) = draft.form.read::<Distribution>(&path) => {
            html! { <Dist {key} {path} {label} {value} /> }
        }
        (Input::Ttl(_), _) if let Some(value) = draft.form.read::<Ttl>(&path) => ttl(&path, label, value, ctx),
        _ => html! { <FieldRow {key} draft={draft.clone()} {field} {label} /> },
    }
}

fn ttl(path: &str, label: &'static str, ttl: Ttl, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let part = match ttl {
        Ttl::None | Ttl::Fixed(_) | Ttl::Mixed(_) => "",
        Ttl::Jittered { .. } => ".jittered.ttl",
        Ttl::Sliding(_) => ".sliding",
    };
    let options: Vec<(AttrValue, AttrValue)> =
        ttl.each_kind().iter().map(|kind| (kind.kind().into(), kind.title().say(w.lang).to_owned().into())).collect();
    let edits = {
        let path = path.to_owned();
        Callback::from(move |name: String| {
            let chosen = ttl.each_kind().into_iter().find(|kind| kind.kind() == name);
            chosen.map(|chosen| Edit::set(path.clone(), FieldValue::of(&chosen))).into_iter().collect()
        })
    };
    html! {
        <>
            <Choice path={format!("{path}.kind")} {label} value={ttl.kind()} {edits} {options} />
            if let Some(time) = ttl.time() {
                <Duration path={format!("{path}{part}")} label={w.ttl} value={Some(time)} slide={slider_of(path)} />
            }
            if let Ttl::Jittered { spread, .. } = ttl {
                <Number path={format!("{path}.jittered.spread")} label={w.spread} value={spread} />
            }
        </>
    }
}
