//! How a lane is drawn.

use yew::prelude::*;

use crate::chart::palette::{Marker, lane_style};

/// How a lane is drawn: its line with dash and marker.
#[derive(Clone, PartialEq, Properties)]
pub struct SwatchProps {
    /// The lane's place in the scenario.
    pub lane: usize,
}

/// A short piece of a lane's line, as it is in the figures.
#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    let style = lane_style(props.lane);
    let dash: Vec<String> = style.dash.iter().map(f64::to_string).collect();
    let colour = format!("var(--{})", style.colour.name);
    let stroked = |d: &'static str| html! { <path d={d} stroke={colour.clone()} stroke-width="2" fill="none" /> };
    let filled = |d: &'static str| html! { <path d={d} fill={colour.clone()} /> };
    let hollow =
        |shape: Html| html! { <g stroke={colour.clone()} stroke-width="1.8" fill="var(--ground)">{ shape }</g> };
    let marker = match style.marker {
        Marker::Circle => html! { <circle cx="14" cy="6" r="3.5" fill={colour.clone()} /> },
        Marker::Square => filled("M10.8 2.8h6.4v6.4h-6.4z"),
        Marker::Triangle => filled("M14 1.8l4 7.2h-8z"),
        Marker::Down => filled("M14 10.2l4-7.2h-8z"),
        Marker::Diamond => filled("M14 1.4l4 4.6-4 4.6-4-4.6z"),
        Marker::Cross => stroked("M11 3l6 6M17 3l-6 6"),
        Marker::Plus => stroked("M14 1.5v9M9.5 6h9"),
        Marker::Bar => filled("M12.6 1.8h2.8v8.4h-2.8z"),
        Marker::Ring => hollow(html! { <circle cx="14" cy="6" r="3.2" /> }),
        Marker::Frame => hollow(html! { <path d="M11 3h6v6h-6z" /> }),
        Marker::Star => stroked("M14 1.5v9M10.1 3.8l7.8 4.4M10.1 8.200l7.800-4.400"),
        Marker::Left => filled("M9.800 6l7.200-4v8z"),
    };
    html! {
        <svg class="swatch" width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">
            <path d="M0 6h28" stroke={colour.clone()} stroke-width="2" stroke-dasharray={dash.join(" ")} />
            { marker }
        </svg>
    }
}
