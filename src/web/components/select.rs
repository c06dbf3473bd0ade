//! One of several, in a list that opens.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// What a [`Select`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct SelectProps {
    /// The value of the option that is chosen.
    pub value: AttrValue,
    /// Hears the value of another one.
    pub choose: Callback<String>,
    /// Its id, for a label elsewhere.
    #[prop_or_default]
    pub id: Option<AttrValue>,
    /// What it is called, where nothing on the page says so.
    #[prop_or_default]
    pub called: Option<AttrValue>,
    /// Its class.
    #[prop_or_default]
    pub class: Option<AttrValue>,
    /// Its tooltip.
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// The ids of what describes it.
    #[prop_or_default]
    pub described: Option<AttrValue>,
    /// Whether what is chosen is wrong.
    #[prop_or_default]
    pub invalid: bool,
    /// Whether it cannot be used now.
    #[prop_or_default]
    pub disabled: bool,
    /// The element, for who looks into it.
    #[prop_or_default]
    pub node: NodeRef,
    /// Its options, with keys where some of them come and go.
    pub children: Html,
}

/// A list of options, which shows the one that is chosen whatever was chosen in it before.
///
/// Attributes of the options could not say which that is: an option that a reader has once chosen goes by them no more, so
/// that after *Undo* the list would show what is no longer so.
#[component]
pub fn Select(props: &SelectProps) -> Html {
    let SelectProps { value, choose, id, called, class, title, described, invalid, disabled, node, children } = props;
    let redraw = use_force_update();
    let onchange = choose.reform(move |event: Event| {
        redraw.force_update(); // it may not be taken
        event.target_unchecked_into::<HtmlSelectElement>().value()
    });
    let (list, value) = (node.clone(), value.clone());
    use_effect(move || {
        if let Some(list) = list.cast::<HtmlSelectElement>().filter(|list| list.value() != *value) {
            list.set_value(&value);
        }
    });
    html! {
        <select ref={node} {id} {class} {title} aria-label={called} aria-describedby={described} aria-invalid={invalid.then_some("true")}
            disabled={*disabled} {onchange}>{ children.clone() }</select>
    }
}
