//! What a visit leaves for the next one.
//!
//! Not by gloo-storage: that traps where storage is forbidden, as it is in every sandboxed frame.

use super::dom::window;

/// What an earlier visit left under `key`. Storage may be forbidden (a private window, a strict frame): then nothing.
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(&format!("cachelane.{key}")).ok()?
}

/// Leaves `value` under `key` for the next visit.
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage only means that the next visit starts as the first did.
        let _ = storage.set_item(&format!("cachelane.{key}"), value);
    }
}
