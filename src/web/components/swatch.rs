//! How a lane is drawn.

use yew::prelude::*;

use crate::chart::Paint;
use crate::web::components::context::use_ctx;

/// How a lane is drawn: its line with dash and marker.
#[derive(Clone, PartialEq, Properties)]
pub struct SwatchProps {
    /// The lane's place in the scenario.
    pub lane: usize,
}

/// A short piece of a lane's line, as it is in the figures.
#[component]
pub fn Swatch(props: &SwatchProps) -> Html {
    let style = use_ctx().lane_style(props.lane);
    let dash: Vec<String> = style.dash.iter().map(f64::to_string).collect();
    let colour = format!("var(--{})", style.colour.name);
    let (outline, paint) = style.marker.outline();
    let marker = match paint {
        Paint::Filled => html! { <path d={outline} fill={colour.clone()} /> },
        Paint::Stroked => html! { <path d={outline} stroke={colour.clone()} stroke-width="2" fill="none" /> },
        Paint::Hollow => html! { <path d={outline} stroke={colour.clone()} stroke-width="1.8" fill="var(--ground)" /> },
    };
    html! {
        <svg class="swatch" width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">
            <path d="M0 6h28" stroke={colour.clone()} stroke-width="2" stroke-dasharray={dash.join(" ")} />
            { marker }
        </svg>
    }
}
