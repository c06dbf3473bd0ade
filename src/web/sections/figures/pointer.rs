//! What the pointer does on a figure.

use web_sys::PointerEvent;
use yew::prelude::*;

use crate::chart::{Data, Layout};
use crate::web::state::looking::Look;

/// The moment of the run at a place on a canvas.
pub(super) fn moment_at(layout: &Layout, (x, y): (f64, f64), data: &Data) -> Option<f64> {
    let place = layout
        .panels
        .iter()
        .find(|p| (p.left - 6.0..=p.right + 6.0).contains(&x) && (p.top - 20.0..=p.bottom + 20.0).contains(&y))?;
    let share = ((x - place.left) / (place.right - place.left)).clamp(0.0, 1.0);
    let (from, to) = data.window();
    Some(from + share * (to - from))
}

/// A stretch that is being drawn out with the pointer: where it began and where the pointer is, CSS pixels.
pub(super) type Brush = Option<(f64, f64)>;

/// Less than this is a click.
const BRUSH_MIN_PX: f64 = 6.0;

/// What the pointer does on a canvas: it shows a moment, a click pins it, a drag zooms in.
#[derive(Clone)]
pub(super) struct Pointer {
    pub layout: Layout,
    pub data: std::rc::Rc<Data>,
    pub on_look: Callback<Look>,
    pub brush: UseStateHandle<Brush>,
}

impl Pointer {
    fn place(event: &PointerEvent) -> (f64, f64) {
        (f64::from(event.offset_x()), f64::from(event.offset_y()))
    }

    fn moment(&self, (x, y): (f64, f64)) -> Option<f64> {
        moment_at(&self.layout, (x, y), &self.data)
    }

    pub fn moved(&self, event: &PointerEvent) {
        let (x, y) = Pointer::place(event);
        self.on_look.emit(Look::Hover(self.moment((x, y))));
        if let Some((from, _)) = *self.brush {
            self.brush.set(Some((from, x)));
        }
    }

    pub fn pressed(&self, event: &PointerEvent) {
        let (x, y) = Pointer::place(event);
        if event.button() == 0 && self.moment((x, y)).is_some() {
            self.brush.set(Some((x, x)));
        }
    }

    pub fn released(&self, event: &PointerEvent) {
        let Some((from, _)) = *self.brush else { return };
        self.brush.set(None);
        let (to, y) = Pointer::place(event);
        let look = if (to - from).abs() < BRUSH_MIN_PX {
            self.moment((to, y)).map(Look::Pin)
        } else {
            let ends = (self.moment((from.min(to), y)), self.moment((from.max(to), y)));
            if let (Some(from), Some(to)) = ends { Some(Look::Zoom(Some((from, to)))) } else { None }
        };
        if let Some(look) = look {
            self.on_look.emit(look);
        }
    }

    pub fn left(&self) {
        self.brush.set(None);
        self.on_look.emit(Look::Hover(None));
    }
}
