//! What is folded away is not made: neither at the start, nor ten times a second while a run plays.

use web_sys::HtmlDetailsElement;
use yew::prelude::*;

/// Whether a `<details>` is open, which it is or is not at first, and what its `ontoggle` should be.
#[hook]
pub fn use_fold(open_at_first: bool) -> (bool, Callback<Event>) {
    let open = use_state_eq(|| open_at_first);
    let setter = open.setter();
    let on_toggle = Callback::from(move |event: Event| {
        setter.set(event.target_unchecked_into::<HtmlDetailsElement>().open()); // a toggle does not bubble
    });
    (*open, on_toggle)
}
