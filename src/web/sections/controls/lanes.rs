//! The lanes: how each reads and writes, and what it has for itself.

use yew::prelude::*;

use super::{ControlsProps, named_row, options};
use crate::scenario::{Edit, FieldValue, Lane, List, Order, Reading, WriteBack, WriteThrough, Writing};
use crate::web::components::any_field::{AddOverride, AllFields, Draft, LaneOverrides, changed_summary};
use crate::web::components::choice::{Check, Choice, Segments};
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::fold::use_fold;
use crate::web::components::number::{Duration, Number};
use crate::web::components::swatch::Swatch;
use crate::web::state::{Action, ViewAction};

pub(super) fn lanes(props: &ControlsProps, draft: &Draft, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let all = props.scenario.lanes.iter().enumerate().map(|(i, lane)| lane_block(props, draft, ctx, i, lane));
    let add = ctx.on_click(vec![Edit::Add(List::Lanes)]);
    html! {
        <>
            <div class="lanes">{ for all }</div>
            <button type="button" class="plain" onclick={add}>{ "+ " }{ w.add_lane }</button>
        </>
    }
}

fn lane_block(props: &ControlsProps, draft: &Draft, ctx: &Ctx, i: usize, lane: &Lane) -> Html {
    let w = ctx.words;
    let title = props.titles.get(i).cloned().unwrap_or_default();
    let shown = props.shown.get(i).copied().unwrap_or(true);
    let toggle = ctx.dispatch.reform(move |_: bool| Action::View(ViewAction::ToggleLane(i)));
    let remove = ctx.on_click(vec![Edit::remove(format!("lane.{i}"))]);
    // A name that a preset gave no longer fits when the strategies change.
    let choose_for = |part: &'static str| {
        Callback::from(move |name: String| {
            let strategy = Edit::set(format!("lane.{i}.{part}"), FieldValue::word(&name));
            vec![strategy, Edit::set(format!("lane.{i}.name"), FieldValue::text(""))]
        })
    };
    html! {
        <div class="lane" key={i} role="group" aria-label={title.clone()}>
            <div class="lane-head">
                <Swatch lane={i} />
                <Check label={title.clone()} value={shown} set={toggle} />
                if props.scenario.lanes.len() > 1 {
                    <button type="button" class="icon" aria-label={(w.remove_lane)(&title)} onclick={remove}>{ "×" }</button>
                }
            </div>
            <Segments path={format!("lane.{i}.read")} label={w.reads} value={lane.read.name()} edits={choose_for("read")}
                options={options(Reading::NAMES, w.strategy_name)} />
            <Segments path={format!("lane.{i}.write")} label={w.writes} value={lane.write.name()} edits={choose_for("write")}
                options={options(Writing::NAMES, w.strategy_name)} />
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
    let (ctx, (open, ontoggle)) = (use_ctx(), use_fold());
    let LaneOptionsProps { draft, lane, title } = props;
    let part = format!("lane.{lane}");
    html! {
        <details class="options" {ontoggle}>
            <summary>{ ctx.words.options }{ changed_summary(&draft.form, &part) }</summary>
            if open {
                { draft.scenario.lanes.get(*lane).map(|it| lane_options(draft, &ctx, *lane, it)).unwrap_or_default() }
                <AddOverride draft={draft.clone()} lane={*lane} />
                <AllFields draft={draft.clone()} {part} title={title.clone()} />
            }
        </details>
    }
}

fn lane_options(draft: &Draft, ctx: &Ctx, i: usize, lane: &Lane) -> Html {
    match &lane.write {
        Writing::WriteAround(_) => named_row(draft, &format!("lane.{i}.write.cached"), ctx.words.cached_copy),
        Writing::WriteThrough(through) => write_through(ctx, i, through),
        Writing::WriteBack(back) => write_back(draft, ctx, i, back),
        Writing::Outbox(_) => Html::default(),
    }
}

fn write_through(ctx: &Ctx, i: usize, through: &WriteThrough) -> Html {
    let w = ctx.words;
    let rollback = ctx.setter(format!("lane.{i}.write.rollback"), FieldValue::of::<bool>);
    let chosen = if through.order == Order::CacheFirst { "cache-first" } else { "database-first" };
    let choices =
        vec![("database-first".into(), w.database_first.into()), ("cache-first".into(), w.cache_first.into())];
    html! {
        <>
            <Choice path={format!("lane.{i}.write.order")} label={w.order} options={choices} value={chosen} />
            if through.order == Order::CacheFirst { <Check label={w.rollback} value={through.rollback} set={rollback} /> }
        </>
    }
}

fn write_back(draft: &Draft, ctx: &Ctx, i: usize, back: &WriteBack) -> Html {
    let w = ctx.words;
    let path = |field: &str| format!("lane.{i}.write.{field}");
    let at = back.at.map_or(0.0, f64::from);
    html! {
        <>
            <Duration path={path("every")} label={w.flush_every} value={Some(back.every)} />
            <Number path={path("at")} label={w.flush_at} value={at} whole=true zero_is_none=true />
            <Number path={path("batch")} label={w.batch} value={f64::from(back.batch)} whole=true />
            <Number path={path("requeue")} label={w.requeue} value={f64::from(back.requeue)} whole=true />
            <Check label={w.coalesce} value={back.coalesce} set={ctx.setter(path("coalesce"), FieldValue::of::<bool>)} />
            { named_row(draft, &path("on_expiry"), w.on_expiry) }
            { named_row(draft, &path("on_eviction"), w.on_eviction) }
        </>
    }
}
