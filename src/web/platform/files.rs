//! Files to read and to take home.

use gloo_file::futures::{read_as_bytes, read_as_text};
use gloo_file::{Blob, File, FileReadError, ObjectUrl};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlAnchorElement;
use yew::Callback;

use super::dom::document;
use crate::phrase::{Phrase, phrase};

/// Offers `text` as a file.
pub fn download(name: &str, mime: &str, text: &str) {
    let url = ObjectUrl::from(Blob::new_with_options(text, Some(mime)));
    follow(&url, name);
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
pub fn read_text(file: web_sys::File, done: Callback<String>, failed: Callback<Phrase>) {
    let file = File::from(file);
    spawn_local(async move { report(&file.name(), read_as_text(&file).await, &done, &failed) });
}

/// Reads a file's bytes; `done` hears them, or `failed` why they cannot be read.
pub fn read_bytes(file: web_sys::File, done: Callback<Vec<u8>>, failed: Callback<Phrase>) {
    let file = File::from(file);
    spawn_local(async move { report(&file.name(), read_as_bytes(&file).await, &done, &failed) });
}

fn report<T>(name: &str, read: Result<T, FileReadError>, done: &Callback<T>, failed: &Callback<Phrase>) {
    match read {
        Ok(content) => done.emit(content),
        Err(why) => failed.emit(phrase!(
            "{name}: the browser cannot read this file; choose it again. {why}",
            "{name}: 브라우저가 이 파일을 읽지 못했습니다. 다시 선택하세요. {why}"
        )),
    }
}
