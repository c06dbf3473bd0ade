//! The command line; see [`cachelane::cli`].

#[cfg(not(target_arch = "wasm32"))]
mod memory;

#[cfg(not(target_arch = "wasm32"))]
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cachelane::cli::main()
}

/// The command line is for computers of one's own; in a browser there is the page.
#[cfg(target_arch = "wasm32")]
fn main() {}
