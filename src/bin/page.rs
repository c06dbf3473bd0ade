//! The page: what `trunk` builds as the main program of index.html.

#[cfg(target_arch = "wasm32")]
fn main() {
    cachelane::web::app::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program is for the browser: run `trunk serve`");
    std::process::ExitCode::FAILURE
}
