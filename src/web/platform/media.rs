//! Media queries.

use gloo_events::EventListener;
use yew::Callback;

use super::dom::window;

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Says whenever a media query begins to hold or no longer does, until the listener is dropped.
pub fn listen(query: &str, change: Callback<bool>) -> Option<EventListener> {
    let list = window().match_media(query).ok().flatten()?;
    Some(EventListener::new(&list.clone(), "change", move |_| change.emit(list.matches())))
}
