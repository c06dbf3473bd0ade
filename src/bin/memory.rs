//! What happens when there is no memory left: a sentence, and the end.
//!
//! A run's [estimate](cachelane::scenario::estimate) keeps it within what a browser gives a page. A machine may have less,
//! and only the allocator hears of that. The standard library would abort: exit code 134 natively, a bare "unreachable" in
//! a browser. The library itself forbids unsafe code; an allocator cannot do without, so this one stands with the programs.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator; where that gives nothing, the program ends with a sentence.
pub struct Memory;

#[allow(unsafe_code, reason = "every call is handed on to the system's allocator as it came, and so is its answer")]
// SAFETY: the system's allocator keeps the promises of the trait; null is the only answer that is not passed on, and then
// nothing returns.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        had(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        had(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        had(unsafe { System.realloc(place, layout, size) }, size)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}

#[inline]
fn had(place: *mut u8, bytes: usize) -> *mut u8 {
    if place.is_null() {
        end(bytes);
    }
    place
}

/// Nothing here may take memory: numbers are written without, and standard error has no buffer.
#[cold]
#[cfg(not(target_arch = "wasm32"))]
fn end(bytes: usize) -> ! {
    use std::io::Write as _;
    let _ = writeln!(
        std::io::stderr(),
        "error: out of memory: {bytes} bytes more could not be had; `cachelane check` says what a scenario takes at most"
    );
    std::process::exit(1);
}

/// The page hears it as the worker's last word.
#[cold]
#[cfg(target_arch = "wasm32")]
fn end(_bytes: usize) -> ! {
    wasm_bindgen::throw_str("out of memory")
}
