//! The worker: runs simulations beside the page, so that the page never blocks.

#[cfg(target_arch = "wasm32")]
mod memory;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

#[cfg(target_arch = "wasm32")]
fn main() {
    cachelane::web::platform::worker::start(Some(&cachelane::web::platform::worker::EXTRAS));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
