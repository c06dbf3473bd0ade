//! The live figures: a canvas each, a read-out under the pointer, and the same in words and as a table.

use std::rc::Rc;

use plotters::prelude::IntoDrawingArea as _;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, HtmlCanvasElement, PointerEvent, ResizeObserver};
use yew::prelude::*;

use crate::chart::palette::Theme;
use crate::chart::{self, Data, Figure, Layout, Look, Panel, text};
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;
use crate::web::platform::canvas::{CanvasBackend, UNIT};
use crate::web::platform::dom;
use crate::web::state::view::Shown;

/// What a figure is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct PlotProps {
    /// Which of the three.
    pub shown: Shown,
    /// How it is to be seen.
    pub figure: Figure,
    /// What it shows.
    pub data: Rc<Data>,
    /// Light or dark.
    pub theme: Theme,
    /// The language.
    pub words: &'static Words,
    /// The moment under the pointer, shared by all figures.
    pub hovered: Option<f64>,
    /// Hears when the pointer moves to another moment.
    pub on_hover: Callback<Option<f64>>,
    /// Switches that belong to the figure.
    #[prop_or_default]
    pub children: Html,
}

/// One figure.
#[component]
pub fn Plot(props: &PlotProps) -> Html {
    let canvas = use_node_ref();
    let size = use_size(&canvas);
    let layout = use_state_eq(Layout::default);
    let panels = use_memo((props.figure, props.data.clone(), props.words.lang), |(figure, data, _)| {
        figure.panels(data, &props.words.labels)
    });
    use_drawing(&canvas, &panels, props, size, layout.setter());
    let on_move = {
        let (layout, on_hover, duration) = (layout.clone(), props.on_hover.clone(), props.data.duration_s);
        Callback::from(move |event: PointerEvent| {
            let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
            on_hover.emit(moment_at(&layout, x, y, duration));
        })
    };
    let on_leave = props.on_hover.reform(|_: PointerEvent| None);
    let table = use_table(props, &panels);
    let name = props.shown.name();
    let title = props.words.figure_title(props.shown);
    let summary = props.words.figure_summary(props.shown, &panels);
    html! {
        <figure class={classes!("figure", format!("figure-{name}"))} aria-labelledby={format!("figure-{name}")}>
            <div class="figure-head">
                <h2 id={format!("figure-{name}")}>{ title }</h2>
                { props.children.clone() }
            </div>
            <div class="figure-body">
                <canvas ref={canvas} role="img" aria-label={title} aria-describedby={format!("summary-{name}")}
                    onpointermove={on_move.clone()} onpointerdown={on_move} onpointerleave={on_leave} />
                { read_out(props, &panels, &layout, size.0) }
            </div>
            <figcaption class="unseen" id={format!("summary-{name}")}>{ summary }</figcaption>
            <div class="unseen">{ (*table).clone() }</div>
        </figure>
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
fn use_drawing(
    canvas: &NodeRef,
    panels: &Rc<Vec<Panel>>,
    props: &PlotProps,
    size: (f64, f64),
    layout: UseStateSetter<Layout>,
) {
    let canvas = canvas.clone();
    let ratio = dom::pixel_ratio();
    let what = (panels.clone(), props.data.clone(), props.theme, size, ratio.to_bits());
    use_effect_with(what, move |(panels, data, theme, (width, height), _)| {
        let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { return };
        if *width < 40.0 || *height < 40.0 {
            return;
        }
        let Some(backend) = CanvasBackend::new(&canvas, *width, *height, ratio) else { return };
        let look =
            Look { theme: *theme, unit: UNIT, family: chart::FONT_STACK, ground: false, labels: true, titles: false };
        let area = backend.into_drawing_area();
        // A canvas that cannot be drawn on stays empty; the table beneath still says it all.
        if let (Ok(drawn), Ok(())) = (chart::draw(&area, panels, data, &look), area.present()) {
            layout.set(drawn);
        }
    });
}

/// The moment of the run at a place on the canvas.
fn moment_at(layout: &Layout, x: f64, y: f64, duration_s: f64) -> Option<f64> {
    let place = layout
        .panels
        .iter()
        .find(|p| (p.left - 6.0..=p.right + 6.0).contains(&x) && (p.top - 20.0..=p.bottom + 20.0).contains(&y))?;
    let share = ((x - place.left) / (place.right - place.left)).clamp(0.0, 1.0);
    Some(share * duration_s)
}

/// About how wide a read-out is, CSS pixels.
const READ_OUT_WIDE: f64 = 260.0;

/// A thin line at the hovered moment and every lane's value there.
fn read_out(props: &PlotProps, panels: &[Panel], layout: &Layout, width: f64) -> Html {
    let Some(t) = props.hovered.filter(|t| *t <= props.data.now_s) else { return html! {} };
    let boxes = panels.iter().zip(&layout.panels).map(|(panel, place)| {
        let x = place.left + (place.right - place.left) * (t / props.data.duration_s.max(1e-9));
        // At the right of the moment, unless that would leave the figure.
        let flip = x + READ_OUT_WIDE > width && x > READ_OUT_WIDE;
        let side = if flip { "translateX(calc(-100% - 10px))" } else { "translateX(10px)" };
        let rows = panel.lines.iter().filter_map(|line| line.value_at(t).map(|v| (line, v))).map(|(line, value)| {
            html! {
                <li>
                    <Swatch lane={line.lane} />
                    <span>{ &line.label }</span>
                    <b>{ panel.axis.name(value) }</b>
                </li>
            }
        });
        html! {
            <>
                <div class="cross" style={format!("left:{x:.1}px;top:{}px;height:{}px", place.top, place.bottom - place.top)} />
                <div class="read-out" style={format!("left:{x:.1}px;top:{}px;transform:{side}", place.top)}>
                    <p>{ text::moment(t, true) }</p>
                    <ul>{ for rows }</ul>
                </div>
            </>
        }
    });
    html! { <div class="read-outs" aria-hidden="true">{ for boxes }</div> }
}

/// The table, made anew ten times a run and when something else than the time has changed.
#[hook]
fn use_table(props: &PlotProps, panels: &Rc<Vec<Panel>>) -> Rc<Html> {
    let tenth = (props.data.now_s * 10.0 / props.data.duration_s.max(1e-9) + 1e-6) as u64;
    let lanes: Vec<(usize, String)> = props.data.lanes.iter().map(|lane| (lane.number, lane.label.clone())).collect();
    use_memo((tenth, lanes, props.figure, props.words.lang), |_| {
        table(props.words, props.words.figure_title(props.shown), panels, &props.data)
    })
}

/// The figure as a table: ten moments, every line.
fn table(words: &'static Words, title: &str, panels: &[Panel], data: &Data) -> Html {
    const ROWS: usize = 10;
    let moments = (1..=ROWS).map(|i| data.duration_s * i as f64 / ROWS as f64).filter(|t| *t <= data.now_s + 1e-6);
    let lines: Vec<(&Panel, &chart::Line)> = panels.iter().flat_map(|p| p.lines.iter().map(move |l| (p, l))).collect();
    let head = lines.iter().map(|(panel, line)| {
        let of = if panels.len() > 1 { format!(" ({})", panel.title) } else { String::new() };
        html! { <th scope="col">{ format!("{}{of}", line.label) }</th> }
    });
    let rows = moments.map(|t| {
        let cells = lines.iter().map(|(panel, line)| {
            let value = line.value_at(t).map_or_else(|| "–".to_owned(), |v| panel.axis.name(v));
            html! { <td>{ value }</td> }
        });
        html! { <tr><th scope="row">{ text::moment(t, true) }</th>{ for cells }</tr> }
    });
    html! {
        <table>
            <caption>{ title }</caption>
            <thead><tr><th scope="col">{ words.time }</th>{ for head }</tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}
