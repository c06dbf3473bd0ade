//! The lanes: how each reads and writes, and what it has for itself.

use yew::prelude::*;

use super::{ControlsProps, options};
use crate::escape::shown;
use crate::phrase::Language;
use crate::scenario::form::FormField;
use crate::scenario::{Difference, Edit, Lane, List, Reading, Writing};
use crate::web::components::any_field::{AddOverride, AllFields, Draft, LaneOverrides, changed_summary};
use crate::web::components::choice::{Check, Segments};
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::control::labelled;
use crate::web::components::fold::use_fold;
use crate::web::components::swatch::Swatch;
use crate::web::state::{Action, ViewAction};

pub(super) fn lanes(props: &ControlsProps, draft: &Draft, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let differences = Difference::of_lanes(&draft.form, props.scenario.lanes.len());
    let all = props.scenario.lanes.iter().enumerate().map(|(i, lane)| {
        let difference = difference(differences.get(i).map_or(&[], Vec::as_slice), w.lang);
        lane_block(props, draft, ctx, (i, lane), difference)
    });
    let add = ctx.on_click(vec![Edit::Add(List::Lanes)]);
    html! {
        <>
            <div class="lanes">{ for all }</div>
            <button type="button" class="plain" onclick={add}>{ "+ " }{ w.add_lane }</button>
        </>
    }
}

/// What sets a lane apart from its neighbours, in a line.
fn difference(all: &[Difference], language: Language) -> Html {
    /// More would be a list, not a glance.
    const TOLD_MAX: usize = 3;
    if all.is_empty() {
        return html! {};
    }
    let more = all.len().saturating_sub(TOLD_MAX);
    let told = all.iter().take(TOLD_MAX).map(|one| html! { <span>{ shown(&one.say(language)).into_owned() }</span> });
    html! { <p class="difference">{ for told }if more > 0 { <span>{ format!("+{more}") }</span> }</p> }
}

fn lane_block(props: &ControlsProps, draft: &Draft, ctx: &Ctx, (i, lane): (usize, &Lane), difference: Html) -> Html {
    let w = ctx.words;
    let title = props.titles.get(i).cloned().unwrap_or_default();
    let is_shown = props.shown.get(i).copied().unwrap_or(true);
    let toggle = ctx.dispatch.reform(move |_: bool| Action::View(ViewAction::ToggleLane(i)));
    let remove = ctx.on_click(vec![Edit::remove(format!("lane.{i}"))]);
    html! {
        <div class="lane" key={i} role="group" aria-label={title.clone()}>
            <div class="lane-head">
                <Swatch lane={i} />
                <Check label={title.clone()} value={is_shown} set={toggle} />
                if props.scenario.lanes.len() > 1 {
                    <button type="button" class="icon" aria-label={(w.remove_lane)(&title)} onclick={remove}>{ "×" }</button>
                }
            </div>
            { difference }
            <Segments path={format!("lane.{i}.read")} label={w.reads} value={lane.read.name()} tooltips={draft.tooltips(&format!("lane.{i}.read"), w)}
                options={options(Reading::NAMES, |word| w.strategy(word))} />
            <Segments path={format!("lane.{i}.write")} label={w.writes} value={lane.write.name()} tooltips={draft.tooltips(&format!("lane.{i}.write"), w)}
                options={options(Writing::NAMES, |word| w.strategy(word))} />
            <LaneOverrides draft={draft.clone()} lane={i} />
            <LaneOptions draft={draft.clone()} lane={i} {title} />
        </div>
    }
}

/// What [`LaneOptions`] is made from.
#[derive(Clone, PartialEq, Properties)]
struct LaneOptionsProps {
    draft: Draft,
    lane: usize,
    title: String,
}

/// All that a lane has beside its strategies, folded; made when it is open.
#[component]
fn LaneOptions(props: &LaneOptionsProps) -> Html {
    let (ctx, (open, ontoggle)) = (use_ctx(), use_fold(false));
    let LaneOptionsProps { draft, lane, title } = props;
    let part = format!("lane.{lane}");
    html! {
        <details class="options" {ontoggle}>
            <summary>{ ctx.words.options }{ changed_summary(&draft.form, &part, ctx.words.lang) }</summary>
            if open {
                { lane_options(draft, &ctx, *lane) }
                <AddOverride draft={draft.clone()} lane={*lane} />
                <AllFields draft={draft.clone()} {part} title={title.clone()} />
            }
        </details>
    }
}

/// The options of how the lane writes that have a label; what has no effect beside the others is not shown.
fn lane_options(draft: &Draft, ctx: &Ctx, i: usize) -> Html {
    let shown = |field: &FormField| field.differs || draft.scenario.has_effect(i, &format!("write.{}", field.name));
    let options = draft.form.fields(&format!("lane.{i}.write")).into_iter();
    labelled(draft, ctx, options.filter(shown).collect())
}
