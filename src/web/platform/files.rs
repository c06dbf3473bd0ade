//! Files to read and to take home.

use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};
use yew::Callback;

use super::dom::document;

/// Offers `text` as a file.
pub fn download(name: &str, mime: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options)
        && let Ok(url) = Url::create_object_url_with_blob(&blob)
    {
        follow(&url, name);
        let _ = Url::revoke_object_url(&url); // an unknown address needs no revoking
    }
}

/// Offers what is at `url` as a file.
pub fn follow(url: &str, name: &str) {
    if let Some(anchor) = document().create_element("a").ok().and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok()) {
        anchor.set_href(url);
        anchor.set_download(name);
        anchor.click();
    }
}

/// Reads a file's text; `done` hears it, or `failed` why it cannot be read.
pub fn read_text(file: &File, done: Callback<String>, failed: Callback<String>) {
    read(file.name(), file.text(), done.reform(|text: JsValue| text.as_string().unwrap_or_default()), failed);
}

/// Reads a file's bytes; `done` hears them, or `failed` why they cannot be read.
pub fn read_bytes(file: &File, done: Callback<Vec<u8>>, failed: Callback<String>) {
    read(file.name(), file.array_buffer(), done.reform(|bytes| js_sys::Uint8Array::new(&bytes).to_vec()), failed);
}

fn read(name: String, content: js_sys::Promise, done: Callback<JsValue>, failed: Callback<String>) {
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(content).await {
            Ok(content) => done.emit(content),
            Err(error) => failed.emit(unread(&name, &error)),
        }
    });
}

fn unread(name: &str, error: &JsValue) -> String {
    let why = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())).unwrap_or_default();
    format!("{name}: the browser cannot read this file; choose it again. {why}")
}
