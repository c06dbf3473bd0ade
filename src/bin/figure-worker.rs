//! The embed's worker: without what reads traces and tells stories, which no embed asks for.

#[cfg(target_arch = "wasm32")]
mod memory;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

#[cfg(target_arch = "wasm32")]
fn main() {
    cachelane::web::platform::worker::start(None);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
