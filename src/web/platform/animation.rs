//! Drawing as often as the screen shows a new picture, for as long as there is something that moves.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::{JsCast as _, closure::Closure};

use super::dom;

/// Draws frame after frame once it is [woken](Animation::wake), until there is nothing to draw or it is dropped.
pub struct Animation(Rc<Inner>);

/// What the browser calls for a frame.
type Draw = Closure<dyn FnMut(f64)>;

struct Inner {
    /// The frame that was asked for.
    next: Cell<Option<i32>>,
    callback: RefCell<Option<Draw>>,
}

impl Animation {
    /// `draw` is told the time in milliseconds, and says whether it wants to draw again.
    pub fn new(mut draw: impl FnMut(f64) -> bool + 'static) -> Animation {
        let inner = Rc::new(Inner { next: Cell::new(None), callback: RefCell::new(None) });
        let weak = Rc::downgrade(&inner);
        let callback = Closure::<dyn FnMut(f64)>::new(move |now| {
            let Some(inner) = weak.upgrade() else { return };
            inner.next.set(None);
            if draw(now) {
                inner.ask();
            }
        });
        *inner.callback.borrow_mut() = Some(callback);
        Animation(inner)
    }

    /// There is something to draw.
    pub fn wake(&self) {
        self.0.ask();
    }
}

impl Inner {
    fn ask(&self) {
        if let (None, Some(callback)) = (self.next.get(), &*self.callback.borrow()) {
            self.next.set(dom::window().request_animation_frame(callback.as_ref().unchecked_ref()).ok());
        }
    }
}

impl Drop for Animation {
    fn drop(&mut self) {
        if let Some(next) = self.0.next.take() {
            let _ = dom::window().cancel_animation_frame(next); // it may have come already
        }
    }
}
