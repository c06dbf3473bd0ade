//! The figure of an embed: the page without what edits an experiment, a program of its own because it is so much smaller.

#[cfg(target_arch = "wasm32")]
fn main() {
    cachelane::web::app::start_figure();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
