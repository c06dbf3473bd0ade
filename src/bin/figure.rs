//! The figure of an embed: the page without what edits an experiment, a program of its own because it is so much smaller.
//! It is its own worker, too, as the page is.

#[cfg(target_arch = "wasm32")]
mod memory;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

#[cfg(target_arch = "wasm32")]
fn main() {
    if cachelane::web::platform::worker::is_worker() {
        // Without what reads traces and tells stories, which no embed asks for.
        cachelane::web::platform::worker::start(None);
    } else {
        cachelane::web::app::start_figure();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
