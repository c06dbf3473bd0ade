//! A plotters backend over a canvas, sharp at the device's pixel ratio.
//!
//! plotters counts in whole pixels; here four of them make one CSS pixel ([`UNIT`]), so that lines run smoothly. The
//! canvas itself has as many pixels as the screen shows.

use std::cell::RefCell;

use plotters::prelude::DrawingBackend;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Backend pixels per CSS pixel.
pub const UNIT: f64 = 4.0;

/// Draws on one canvas.
pub struct CanvasBackend {
    context: CanvasRenderingContext2d,
    size: (u32, u32),
    /// The pen of the strokes that are put together and not drawn yet: a dashed line is one stroke, not a hundred.
    pending: Option<(BackendColor, u32)>,
    /// The font that is set: a browser reads its name each time anew, which is most of what a figure's text would cost.
    font: RefCell<String>,
}

/// What the browser said when it could not draw.
#[derive(Debug)]
pub struct CanvasError(String);

impl std::fmt::Display for CanvasError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the canvas cannot be drawn on: {}", self.0)
    }
}

impl std::error::Error for CanvasError {}

type Drawn = Result<(), DrawingErrorKind<CanvasError>>;

fn failed(value: JsValue) -> DrawingErrorKind<CanvasError> {
    DrawingErrorKind::DrawingError(CanvasError(format!("{value:?}")))
}

impl CanvasBackend {
    /// A clean sheet of `width` × `height` CSS pixels; `None` if the browser has no canvas to give.
    pub fn new(canvas: &HtmlCanvasElement, width: f64, height: f64, ratio: f64) -> Option<CanvasBackend> {
        let (w, h) = ((width * ratio).round() as u32, (height * ratio).round() as u32);
        if canvas.width() != w || canvas.height() != h {
            canvas.set_width(w);
            canvas.set_height(h);
        }
        let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0).ok()?;
        context.clear_rect(0.0, 0.0, f64::from(w), f64::from(h));
        let scale = ratio / UNIT;
        context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0).ok()?;
        context.set_line_join("round");
        context.set_line_cap("butt");
        Some(CanvasBackend {
            context,
            size: ((width * UNIT) as u32, (height * UNIT) as u32),
            pending: None,
            font: RefCell::default(),
        })
    }

    /// Draws what was put together.
    fn flush(&mut self) {
        if let Some((colour, width)) = self.pending.take() {
            self.context.set_stroke_style_str(&css(colour));
            self.context.set_line_width(f64::from(width));
            self.context.stroke();
        }
    }

    fn pen<S: BackendStyle>(&self, style: &S) {
        self.context.set_stroke_style_str(&css(style.color()));
        self.context.set_line_width(f64::from(style.stroke_width()));
    }

    fn path(&self, path: impl IntoIterator<Item = BackendCoord>) {
        for (i, (x, y)) in path.into_iter().enumerate() {
            if i == 0 {
                self.context.move_to(f64::from(x), f64::from(y));
            } else {
                self.context.line_to(f64::from(x), f64::from(y));
            }
        }
    }

    fn font<T: BackendTextStyle>(&self, style: &T) {
        let font = format!("{}px {}", style.size(), style.family().as_str());
        if *self.font.borrow() != font {
            self.context.set_font(&font);
            self.font.replace(font);
        }
    }
}

fn css(colour: BackendColor) -> String {
    let (r, g, b) = colour.rgb;
    if colour.alpha >= 1.0 { format!("rgb({r},{g},{b})") } else { format!("rgba({r},{g},{b},{})", colour.alpha) }
}

impl DrawingBackend for CanvasBackend {
    type ErrorType = CanvasError;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.flush();
        self.context.set_fill_style_str(&css(colour));
        self.context.fill_rect(f64::from(x), f64::from(y), 1.0, 1.0);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Drawn {
        self.flush();
        let (x, y) = (f64::from(a.0), f64::from(a.1));
        let (w, h) = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
        if fill {
            self.context.set_fill_style_str(&css(style.color()));
            self.context.fill_rect(x, y, w, h);
        } else {
            self.pen(style);
            self.context.stroke_rect(x, y, w, h);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let colour = style.color();
        let pen = (colour, style.stroke_width());
        let same = self.pending.is_some_and(|(c, w)| c.rgb == colour.rgb && c.alpha == colour.alpha && w == pen.1);
        if !same {
            self.flush();
            self.context.begin_path();
            self.pending = Some(pen);
        }
        self.path(path);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, at: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        self.flush();
        self.context.begin_path();
        let (x, y) = (f64::from(at.0), f64::from(at.1));
        self.context.arc(x, y, f64::from(radius), 0.0, std::f64::consts::TAU).map_err(failed)?;
        if fill {
            self.context.set_fill_style_str(&css(style.color()));
            self.context.fill();
        } else {
            self.pen(style);
            self.context.stroke();
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.flush();
        self.context.set_fill_style_str(&css(style.color()));
        self.context.begin_path();
        self.path(path);
        self.context.close_path();
        self.context.fill();
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        self.flush();
        self.font(style);
        self.context.set_fill_style_str(&css(style.color()));
        self.context.set_text_align(match style.anchor().h_pos {
            HPos::Left => "left",
            HPos::Right => "right",
            HPos::Center => "center",
        });
        self.context.set_text_baseline(match style.anchor().v_pos {
            VPos::Top => "top",
            VPos::Center => "middle",
            VPos::Bottom => "bottom",
        });
        self.context.fill_text(text, f64::from(at.0), f64::from(at.1)).map_err(failed)
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<CanvasError>> {
        self.font(style);
        let measured = self.context.measure_text(text).map_err(failed)?;
        Ok((measured.width().ceil() as u32, style.size().ceil() as u32))
    }
}
