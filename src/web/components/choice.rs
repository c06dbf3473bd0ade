//! One of several, and yes or no.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::context::{id_of, use_ctx};
use crate::scenario::{Edit, FieldValue};
use crate::web::components::select::Select;
use crate::web::state::Action;

/// What a [`Choice`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ChoiceProps {
    /// The field's place in the scenario.
    pub path: AttrValue,
    /// Its name.
    pub label: AttrValue,
    /// Names of the choices, and what they are called.
    pub options: Vec<(AttrValue, AttrValue)>,
    /// What the choices mean, by name, where that is told.
    #[prop_or_default]
    pub tooltips: Vec<(AttrValue, AttrValue)>,
    /// The name of the chosen one.
    pub value: AttrValue,
    /// What a new choice means, where it is more than its name at the path.
    #[prop_or_default]
    pub edits: Option<Callback<String, Vec<Edit>>>,
}

impl ChoiceProps {
    /// Hears the name of a new choice.
    fn set(&self, act: &Callback<Action>) -> Callback<String> {
        let (path, edits) = (self.path.clone(), self.edits.clone());
        act.reform(move |name: String| {
            Action::Edit(match &edits {
                Some(edits) => edits.emit(name),
                None => vec![Edit::set(path.to_string(), FieldValue::word(&name))],
            })
        })
    }
}

/// One of several, in a list that opens.
#[component]
pub fn Choice(props: &ChoiceProps) -> Html {
    let ctx = use_ctx();
    let id = id_of(&props.path);
    let options = props.options.iter().map(|(name, label)| {
        html! { <option key={name.as_str()} value={name.clone()}>{ label }</option> }
    });
    let complaint = ctx.complaint(&props.path);
    html! {
        <div class="field choice">
            <label for={id.clone()}>{ props.label.clone() }</label>
            <Select {id} value={props.value.clone()} choose={props.set(&ctx.dispatch)}>{ for options }</Select>
            if let Some(complaint) = complaint { <p class="complaint" role="alert">{ complaint }</p> }
        </div>
    }
}

/// One of few, all in sight.
#[component]
pub fn Segments(props: &ChoiceProps) -> Html {
    let set = props.set(&use_ctx().dispatch);
    let group = format!("r-{}", props.path.replace('.', "-"));
    let options = props.options.iter().map(|(name, label)| {
        let set = {
            let (set, name) = (set.clone(), name.to_string());
            Callback::from(move |_: Event| set.emit(name.clone()))
        };
        let title = props.tooltips.iter().find(|(word, _)| word == name).map(|(_, told)| told.clone());
        html! {
            <label {title}>
                <input type="radio" name={group.clone()} checked={*name == props.value} onchange={set} />
                <span>{ label }</span>
            </label>
        }
    });
    html! { <fieldset class="segments"><legend>{ props.label.clone() }</legend><div>{ for options }</div></fieldset> }
}

/// What a [`Check`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct CheckProps {
    /// Its name.
    pub label: AttrValue,
    /// Whether it is on.
    pub value: bool,
    /// Hears whether it is on now.
    pub set: Callback<bool>,
}

/// Yes or no.
#[component]
pub fn Check(props: &CheckProps) -> Html {
    let change = props.set.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    html! { <label class="check"><input type="checkbox" checked={props.value} onchange={change} />{ props.label.clone() }</label> }
}
