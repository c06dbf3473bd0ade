//! An SVG as a PNG, drawn by the browser itself.

use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

use super::{dom, files};
use crate::chart::sheet::Picture;

/// Pixels of the picture per CSS pixel: sharp on a dense screen and in print.
const SHARPNESS: u32 = 2;

/// Offers `picture` as a PNG, as soon as the browser has drawn it.
pub fn save_png(picture: &Picture, name: &str) {
    let Ok(image) = HtmlImageElement::new() else { return };
    let address = format!("data:image/svg+xml;charset=utf-8,{}", js_sys::encode_uri_component(&picture.svg));
    let (size, name, loaded) = (picture.size, name.to_owned(), image.clone());
    let draw = Closure::once_into_js(move || {
        if let Some(url) = drawn(&loaded, size) {
            files::follow(&url, &name);
        }
    });
    image.set_onload(Some(draw.unchecked_ref()));
    image.set_src(&address);
}

/// The address of a PNG of `image`.
fn drawn(image: &HtmlImageElement, (width, height): (u32, u32)) -> Option<String> {
    let canvas = dom::document().create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
    canvas.set_width(width * SHARPNESS);
    canvas.set_height(height * SHARPNESS);
    let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width, height).ok()?;
    canvas.to_data_url().ok()
}
