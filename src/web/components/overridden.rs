//! A field whose value means nothing at present, because a trace or a mix says it: it cannot be changed, and says why.

use yew::prelude::*;

use super::context::id_of;
use crate::scenario::form::FormField;
use crate::web::i18n::Words;
use crate::web::state::overridden::Overridden;

/// The field, with what holds in place of its value.
pub fn overridden_row(field: &FormField, by: &Overridden, name: Html, w: &Words) -> Html {
    let id = id_of(&field.path);
    let why = format!("{id}-by");
    let value = by.value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    html! {
        <div class="field overridden">
            <label for={id.clone()}>{ name }</label>
            <span id={why.clone()} class="soft">{ by.by.say(w.lang).to_owned() }</span>
            <input {id} type="text" {value} disabled=true aria-describedby={why} />
        </div>
    }
}
