//! Draws the strips: what moves between the parts, and what lies in them.

use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::NodeRef;

use super::film::{Dot, Film, LINGER_S, Look, next_moment};
use super::plan::{self, Area, HEIGHT};
use super::words::condition_of;
use crate::chart::palette::{self, Theme, Token};
use crate::scenario::Link;
use crate::stage::{Condition, Errand, Part, Parts, Scene};
use crate::web::platform::dom;

/// How long what is lost falls, milliseconds.
const FALL_MS: f64 = 700.0;

/// The radius of the ring around the request that is followed.
const RING: f64 = 6.5;

/// At most so many dirty entries and rows are drawn; of more, one square stands for several.
const SQUARES_MAX: u64 = 40;

/// What all strips show, and when.
#[derive(Default)]
pub struct Show {
    /// The strips, by lane.
    pub strips: Vec<Strip>,
    /// The run's speed, and whether it plays.
    pub pace: (f64, bool),
    /// Light or dark.
    pub theme: Theme,
    /// Whether nothing may move.
    pub is_calm: bool,
    run: u32,
    shown: f64,
    simulated: f64,
    heard_ms: f64,
    drawn_ms: Option<f64>,
}

/// One lane's strip.
#[derive(Default)]
pub struct Strip {
    /// The canvas, where the strip is open.
    pub canvas: NodeRef,
    /// How the lane is drawn in the figures.
    pub colour: Option<Token>,
    /// Whether requests are too fast to be seen one by one.
    pub is_flow: bool,
    /// What is known of the lane.
    pub film: Film,
    lost: Option<u64>,
    /// When some were lost last, and how many.
    fall: Option<(f64, u64)>,
}

impl Strip {
    /// How the parts are by the latest message.
    pub fn parts(&self) -> Option<&Parts> {
        self.film.parts(u64::MAX)
    }

    /// Every how many-th request is shown.
    pub fn every(&self) -> u64 {
        self.film.every
    }
}

impl Show {
    /// Nothing yet; where `is_calm`, nothing will move.
    pub fn new(is_calm: bool) -> Show {
        Show { is_calm, ..Show::default() }
    }

    /// The moment that is shown.
    pub fn shown(&self) -> u64 {
        self.shown as u64
    }

    /// The worker has told what happened up to `now_ns` of a run.
    pub fn hear(&mut self, run: u32, now_ns: u64, scenes: &[Scene]) {
        let is_another = std::mem::replace(&mut self.run, run) != run;
        if is_another || (now_ns as f64) < self.simulated || self.strips.len() != scenes.len() {
            // Another run, or this one from its start.
            let kept = std::mem::take(&mut self.strips).into_iter();
            let mut kept = kept.map(|Strip { canvas, .. }| Strip { canvas, ..Strip::default() });
            self.strips = scenes.iter().map(|_| kept.next().unwrap_or_default()).collect();
            self.shown = now_ns as f64;
        }
        for (strip, scene) in self.strips.iter_mut().zip(scenes) {
            strip.film.add(now_ns, scene);
        }
        self.simulated = now_ns as f64;
        self.heard_ms = dom::window().performance().map_or(0.0, |clock| clock.now());
    }

    /// Draws what is to be seen now; returns whether anything will move.
    pub fn draw(&mut self, now_ms: f64) -> bool {
        let frame_s = self.drawn_ms.map_or(0.0, |drawn| (now_ms - drawn).clamp(0.0, 100.0) / 1e3);
        let heard_s = ((now_ms - self.heard_ms) / 1e3).max(0.0);
        let (speed, plays) = self.pace;
        self.shown = match self.is_calm {
            true => self.simulated,
            false => next_moment(self.shown, self.simulated, (heard_s, frame_s), speed, plays),
        };
        let is_behind = self.shown < self.simulated - 1.0;
        let mut moves = !self.is_calm && (plays && heard_s < 1.0 || is_behind);
        for strip in &mut self.strips {
            let Some(pen) = Pen::new(&strip.canvas, self.theme, strip.colour) else { continue };
            let phase = if plays && !self.is_calm { now_ms } else { 0.0 };
            let linger = (LINGER_S * speed * 1e9) as u64;
            moves |= strip.draw(&pen, self.shown as u64, linger, (now_ms, phase)) && !self.is_calm;
        }
        // Whoever begins to draw again begins with a frame of no length.
        self.drawn_ms = moves.then_some(now_ms);
        moves
    }
}

impl Strip {
    /// Returns whether something falls.
    fn draw(&mut self, pen: &Pen, at: u64, linger: u64, (now_ms, phase): (f64, f64)) -> bool {
        let Some(parts) = self.film.parts(at).cloned() else { return false };
        if let Some(before) = self.lost.replace(parts.lost)
            && parts.lost > before
        {
            self.fall = Some((now_ms, parts.lost - before));
        }
        pen.ways(&parts);
        pen.contents(&parts);
        if self.is_flow {
            pen.flows(&self.film, phase);
        }
        let followed = self.film.followed().map(|(about, _)| about.id);
        for dot in self.film.dots(at, linger) {
            let is_followed = followed == Some(dot.journey);
            if !self.is_flow || is_followed || dot.errand == Errand::Flush {
                pen.dot(&dot, is_followed);
            }
        }
        pen.tray(parts.lost);
        self.fall = self.fall.filter(|(since, _)| now_ms - since < FALL_MS);
        if let Some((since, count)) = self.fall {
            pen.falling(count, (now_ms - since) / FALL_MS);
        }
        self.fall.is_some()
    }
}

/// Draws on one strip's canvas.
struct Pen {
    context: CanvasRenderingContext2d,
    width: f64,
    theme: Theme,
    lane: Token,
}

fn css(token: Token, theme: Theme) -> String {
    let colour = token.rgb(theme);
    format!("rgb({},{},{})", colour.0, colour.1, colour.2)
}

impl Pen {
    /// On a clean sheet; `None` where the strip is folded away.
    fn new(canvas: &NodeRef, theme: Theme, lane: Option<Token>) -> Option<Pen> {
        let canvas = canvas.cast::<HtmlCanvasElement>()?;
        let (width, ratio) = (f64::from(canvas.client_width()), dom::pixel_ratio());
        let (w, h) = ((width * ratio).round() as u32, (HEIGHT * ratio).round() as u32);
        if width < 40.0 {
            return None;
        }
        if (canvas.width(), canvas.height()) != (w, h) {
            canvas.set_width(w);
            canvas.set_height(h);
        }
        let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0).ok()?;
        context.clear_rect(0.0, 0.0, width, HEIGHT);
        Some(Pen { context, width, theme, lane: lane.unwrap_or(palette::INK) })
    }

    fn stroke(&self, way: &[(f64, f64)], colour: Token, width: f64) {
        self.context.begin_path();
        for (i, (x, y)) in way.iter().enumerate() {
            if i == 0 { self.context.move_to(*x, *y) } else { self.context.line_to(*x, *y) }
        }
        self.context.set_stroke_style_str(&css(colour, self.theme));
        self.context.set_line_width(width);
        self.context.stroke();
    }

    fn fill(&self, Area { x, y, w, h }: Area, colour: Token) {
        self.context.set_fill_style_str(&css(colour, self.theme));
        self.context.fill_rect(x, y, w, h);
    }

    fn dashes(&self, lengths: &[f64]) {
        let array: js_sys::Array = lengths.iter().map(|length| wasm_bindgen::JsValue::from_f64(*length)).collect();
        let _ = self.context.set_line_dash(&array); // fails for what is no list of numbers
    }

    /// The links: a thin line each, red and broken while nothing gets through.
    fn ways(&self, parts: &Parts) {
        for (link, (from, to)) in LINKS {
            let condition = parts.links.get(link as usize).copied().unwrap_or(Condition::Up);
            let way = plan::way(from, to, self.width);
            let colour = if condition == Condition::Up { palette::RULE } else { palette::FAULT };
            if condition == Condition::Frozen {
                self.dashes(&[3.0, 5.0]);
            }
            self.stroke(&way, colour, 1.0);
            self.dashes(&[]);
        }
    }

    /// What lies in the parts: how full the cache is, its dirty entries; servers and workers.
    fn contents(&self, parts: &Parts) {
        let cache = plan::part(Part::Cache, self.width);
        let full = super::words::share(parts).clamp(0.0, 1.0) * cache.h;
        self.fill(Area { y: cache.y + cache.h - full, h: full, ..cache }, palette::QUIET);
        if condition_of(parts, Part::Cache) != Condition::Down {
            let at = (cache.x + 4.0, cache.y + cache.h - 5.0);
            self.pile(at, plan::squares(parts.dirty.unwrap_or(0), SQUARES_MAX), cache.w - 8.0, self.lane);
        }
        let servers = plan::part(Part::App, self.width);
        for (i, condition) in parts.servers.iter().enumerate() {
            let colour = if *condition == Condition::Up { palette::EDGE } else { palette::FAULT };
            let x = servers.x + 4.0 + i as f64 * 6.0;
            self.fill(Area { x, y: servers.y + servers.h - 5.0, w: 4.0, h: 3.0 }, colour);
        }
        let database = plan::part(Part::Database, self.width);
        let busy = f64::from(parts.busy) / f64::from(parts.workers.max(1));
        let bar = Area { x: database.x + 4.0, y: database.y + database.h - 5.0, w: database.w - 8.0, h: 3.0 };
        self.fill(bar, palette::RULE);
        self.fill(Area { w: bar.w * busy.min(1.0), ..bar }, palette::SOFT);
        // Who waits stands before the door.
        let waiting = plan::thickness(parts.queue.into()) * 3.0;
        self.fill(
            Area { x: database.x - 4.0, y: database.y + database.h - waiting, w: 3.0, h: waiting },
            palette::SOFT,
        );
    }

    /// Small squares, row upon row from the bottom.
    fn pile(&self, (x, y): (f64, f64), count: u64, width: f64, colour: Token) {
        let in_a_row = (width / 4.0).max(1.0) as u64;
        for i in 0..count {
            let (column, row) = ((i % in_a_row) as f64, (i / in_a_row) as f64);
            self.fill(Area { x: x + column * 4.0, y: y - row * 4.0, w: 3.0, h: 3.0 }, colour);
        }
    }

    /// Lines as thick as there is traffic, on which dashes drift from the clients on.
    fn flows(&self, film: &Film, phase: f64) {
        for (link, (from, to)) in LINKS {
            let width = plan::thickness(film.rates[link as usize][0]);
            if width == 0.0 {
                continue;
            }
            let way = plan::way(from, to, self.width);
            self.context.set_global_alpha(0.3);
            self.stroke(&way, self.lane, width);
            self.context.set_global_alpha(1.0);
            self.dashes(&[2.0, 8.0]);
            self.context.set_line_dash_offset(-((phase as u64 % 400) as f64) / 40.0);
            self.stroke(&way, self.lane, width.min(3.0));
            self.dashes(&[]);
        }
    }

    fn dot(&self, dot: &Dot, is_followed: bool) {
        let (x, y) = plan::point(dot, self.width);
        let (x, y) = if is_followed { plan::inside((x, y), RING + 1.0, self.width) } else { (x, y) };
        if dot.errand == Errand::Flush {
            let count = plan::squares(dot.rows.into(), SQUARES_MAX);
            return self.pile((x - 8.0, y + 4.0), count, 20.0, self.lane);
        }
        let colour = match (dot.look, dot.errand) {
            (Look::Failed, _) => palette::FAULT,
            (_, Errand::Read | Errand::Write) => self.lane,
            _ => palette::SOFT,
        };
        let context = &self.context;
        context.begin_path();
        if dot.errand == Errand::Read || dot.errand == Errand::Refresh {
            let _ = context.arc(x, y, 3.2, 0.0, std::f64::consts::TAU); // fails for a negative radius
        } else {
            context.rect(x - 3.0, y - 3.0, 6.0, 6.0);
        }
        let inside = if dot.look == Look::Hollow { palette::GROUND } else { colour };
        context.set_fill_style_str(&css(inside, self.theme));
        context.fill();
        context.set_stroke_style_str(&css(colour, self.theme));
        context.set_line_width(1.5);
        context.stroke();
        if is_followed {
            context.begin_path();
            let _ = context.arc(x, y, RING, 0.0, std::f64::consts::TAU); // as above
            context.set_stroke_style_str(&css(palette::INK, self.theme));
            context.stroke();
        }
    }

    fn tray(&self, lost: u64) {
        let tray = plan::tray(self.width);
        let count = plan::squares(lost, 24);
        self.pile((tray.x + 4.0, tray.y + tray.h - 5.0), count, tray.w * 0.3, palette::FAULT);
    }

    /// What was lost just now, on its way from the cache to the tray.
    fn falling(&self, count: u64, share: f64) {
        let (cache, tray) = (plan::part(Part::Cache, self.width), plan::tray(self.width));
        let from = cache.y + cache.h - 8.0;
        let y = from + (tray.y + tray.h - 5.0 - from) * share * share;
        self.pile((cache.x + 4.0, y), plan::squares(count, 24), cache.w * 0.5, palette::FAULT);
    }
}

const LINKS: [(Link, (Part, Part)); 4] = [
    (Link::ClientApp, (Part::Client, Part::App)),
    (Link::AppCache, (Part::App, Part::Cache)),
    (Link::AppDatabase, (Part::App, Part::Database)),
    (Link::CacheDatabase, (Part::Cache, Part::Database)),
];
