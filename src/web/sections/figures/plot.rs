//! One pair of axes on a canvas, with the lanes' values beside it.

use std::rc::Rc;

use plotters::prelude::IntoDrawingArea as _;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, HtmlCanvasElement, PointerEvent, ResizeObserver};
use yew::prelude::*;

use super::FiguresProps;
use super::pointer::Pointer;
use crate::chart::{self, Layout, Look as Drawn, Panel, PanelPlace, Weight, text};
use crate::scenario::Phrase;
use crate::web::components::swatch::Swatch;
use crate::web::platform::canvas::{CanvasBackend, UNIT};
use crate::web::platform::dom;
use crate::web::state::looking::Look;

/// How wide the vertical axis is with its names, CSS pixels: the same for all figures, so that moments stand above each other.
const AXIS_WIDE: f64 = 56.0;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PanelProps {
    pub panels: Rc<Vec<Panel>>,
    /// Which of them.
    pub number: usize,
    /// The figure's name.
    pub name: &'static str,
    pub all: FiguresProps,
}

/// A canvas, and beside it the lanes in their order, each with its value at the moment that is looked at.
#[component]
pub(super) fn PanelPlot(props: &PanelProps) -> Html {
    let all = &props.all;
    let panel = &props.panels[props.number];
    let canvas = use_node_ref();
    let size = use_size(&canvas);
    let layout = use_state_eq(Layout::default);
    let brush = use_state_eq(|| None);
    use_drawing(&canvas, props, size, layout.setter());
    let pointer = Pointer {
        layout: (*layout).clone(),
        data: all.data.clone(),
        on_look: all.on_look.clone(),
        brush: brush.clone(),
    };
    let hear = |act: fn(&Pointer, &PointerEvent)| {
        let pointer = pointer.clone();
        Callback::from(move |event: PointerEvent| act(&pointer, &event))
    };
    let leave = {
        let pointer = pointer.clone();
        Callback::from(move |_: PointerEvent| pointer.left())
    };
    let place = layout.panels.first().copied();
    html! {
        <div class="panel">
            <div class="figure-body">
                <canvas ref={canvas} role="img" aria-label={panel.title.clone()} aria-describedby={format!("summary-{}", props.name)}
                    onpointermove={hear(Pointer::moved)} onpointerdown={hear(Pointer::pressed)}
                    onpointerup={hear(Pointer::released)} onpointerleave={leave} />
                if let Some(place) = place { { overlay(props, place, *brush) } }
            </div>
            { gutter(props, panel) }
        </div>
    }
}

/// The moment that is looked at, and the stretch that is being drawn out.
fn overlay(props: &PanelProps, place: PanelPlace, brush: Option<(f64, f64)>) -> Html {
    let (from, to) = props.all.data.window();
    let moment = props.all.looking.moment().filter(|t| (from..=to).contains(t));
    let height = place.bottom - place.top;
    let cross = moment.map(|t| {
        let x = place.left + (place.right - place.left) * (t - from) / (to - from).max(1e-9);
        let side = if x > (place.left + place.right) / 2.0 { "before" } else { "after" };
        html! {
            <div class="cross" style={format!("left:{x:.1}px;top:{}px;height:{height}px", place.top)}>
                <span class={side}>{ text::moment(t, true, props.all.words.lang) }</span>
            </div>
        }
    });
    let brush = brush.filter(|(a, b)| (a - b).abs() > 2.0).map(|(a, b)| {
        let (left, right) = (a.min(b).max(place.left), a.max(b).min(place.right));
        html! { <div class="brush" style={format!("left:{left:.1}px;width:{:.1}px;top:{}px;height:{height}px", right - left, place.top)} /> }
    });
    html! { <div class="overlay" aria-hidden="true">{ for cross }{ for brush }</div> }
}

const FOCUS: Phrase = Phrase::fixed("Look at this lane alone", "이 레인만 강조");
const FAILED: Phrase = Phrase::fixed("only errors", "오류만 있음");

/// The lanes in their order, each with its value: the legend of the figure. A click looks at one lane alone.
fn gutter(props: &PanelProps, panel: &Panel) -> Html {
    let all = &props.all;
    let language = all.words.lang;
    let data = &all.data;
    let moment = all.looking.moment().unwrap_or(data.now_s);
    let lines = panel.lines.iter().filter(|line| line.weight == Weight::Main);
    let rows = lines.map(|line| {
        let value = line.value_at(moment).map_or_else(|| "–".to_owned(), |value| panel.axis.name(value));
        let beside = panel.lines.iter().find(|area| area.weight == Weight::Area && area.lane == line.lane);
        let beside = beside.and_then(|area| area.value_at(moment)).filter(|value| *value > 0.0);
        let fails = line.fails.iter().any(|at| (at - moment).abs() < data.duration_s / 80.0);
        let lane = line.lane;
        let focused = data.focus == Some(lane);
        let focus = all.on_look.reform(move |event: MouseEvent| {
            dom::leave_after_click(&event);
            Look::Focus(lane)
        });
        let inside = html! {
            <>
                <Swatch {lane} />
                <span class="gutter-name">{ &line.label }</span>
                <span class="gutter-value">
                    if fails { <span class="alarm" title={FAILED.say(language).to_owned()}>{ "× " }</span> }
                    { value }
                    if let Some(beside) = beside { <small>{ format!(" ({})", panel.axis.name(beside)) }</small> }
                </span>
            </>
        };
        let class = classes!("gutter-row", data.focus.is_some_and(|focus| focus != lane).then_some("back"));
        html! {
            <li>
                if all.lets_choose() {
                    <button type="button" {class} tabindex="-1" aria-pressed={focused.to_string()} onclick={focus} title={FOCUS.say(language).to_owned()}>{ inside }</button>
                } else {
                    <span {class}>{ inside }</span>
                }
            </li>
        }
    });
    html! {
        <div class="gutter" aria-hidden="true">
            if props.panels.len() > 1 { <p class="panel-title">{ &panel.title }</p> }
            <ul>{ for rows }</ul>
        </div>
    }
}

/// The canvas' size in CSS pixels, kept up to date.
#[hook]
fn use_size(canvas: &NodeRef) -> (f64, f64) {
    let size = use_state_eq(|| (0.0, 0.0));
    let setter = size.setter();
    use_effect_with(canvas.clone(), move |canvas| {
        let watched = canvas.cast::<Element>();
        let seen = watched.clone();
        let callback = Closure::<dyn FnMut()>::new(move || {
            if let Some(canvas) = &seen {
                setter.set((f64::from(canvas.client_width()), f64::from(canvas.client_height())));
            }
        });
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(canvas)) = (&observer, &watched) {
            observer.observe(canvas);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(callback);
        }
    });
    *size
}

#[hook]
fn use_drawing(canvas: &NodeRef, props: &PanelProps, size: (f64, f64), layout: UseStateSetter<Layout>) {
    let canvas = canvas.clone();
    let ratio = dom::pixel_ratio();
    let number = props.number;
    let language = props.all.words.lang;
    let what = (props.panels.clone(), props.all.data.clone(), props.all.theme, language, size, ratio.to_bits());
    use_effect_with(what, move |(panels, data, theme, _, (width, height), _)| {
        let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { return };
        if *width < 40.0 || *height < 40.0 {
            return;
        }
        let Some(backend) = CanvasBackend::new(&canvas, *width, *height, ratio) else { return };
        let look = Drawn {
            theme: *theme,
            unit: UNIT,
            family: chart::FONT_STACK,
            language,
            ground: false,
            labels: false,
            titles: false,
            gutter: Some(AXIS_WIDE),
        };
        let area = backend.into_drawing_area();
        // A canvas that cannot be drawn on stays empty; the table beneath still says it all.
        let panel = std::slice::from_ref(&panels[number]);
        if let (Ok(drawn), Ok(())) = (chart::draw(&area, panel, data, &look), area.present()) {
            layout.set(drawn);
        }
    });
}
