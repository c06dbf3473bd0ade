//! The page: what `trunk` builds as the main program of index.html. It is its workers' program, too: what they have in
//! common is downloaded, and compiled, once.

#[cfg(target_arch = "wasm32")]
mod memory;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

#[cfg(target_arch = "wasm32")]
fn main() {
    if cachelane::web::platform::worker::is_worker() {
        use cachelane::web::platform::worker::{extras::Everything, start};
        start(Some(Box::new(Everything::default())));
    } else {
        cachelane::web::app::start();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
