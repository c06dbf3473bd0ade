//! What breaks, when, where.

use std::rc::Rc;

use yew::prelude::*;

use crate::scenario::{
    Edit, Fault, FaultKind, FaultTarget, FaultTime, FieldValue, Link, List, Part, Scenario, Slider, slider_of,
};
use crate::web::components::choice::{Check, Choice};
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::number::{Duration, Number};
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::state::Action;

/// So many faults have their controls at once, and so many more at a click: a thousand would stop the page for seconds.
const FAULTS_SHOWN: usize = 20;

/// What [`Faults`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct FaultsProps {
    /// What they show, good or not.
    pub scenario: Rc<Scenario>,
}

/// What breaks, a block each: the first ones, the last one, and those that something is wrong with.
#[component]
pub fn Faults(props: &FaultsProps) -> Html {
    let ctx = &use_ctx();
    let (s, w) = (&*props.scenario, ctx.words);
    let shown = use_state(|| FAULTS_SHOWN);
    let count = s.faults.len();
    let is_wrong = |i: usize| ctx.problems.iter().any(|problem| problem.field.starts_with(&format!("fault.{i}.")));
    let wrong: Vec<usize> = if ctx.problems.is_empty() {
        Vec::new()
    } else {
        (*shown..count).filter(|i| is_wrong(*i)).take(FAULTS_SHOWN).collect()
    };
    let is_shown = |i: &usize| *i < *shown || *i + 1 == count || wrong.contains(i);
    let all = (0..count).filter(is_shown).map(|i| fault_block(s, ctx, i, &s.faults[i]));
    let hidden = (0..count).filter(|i| !is_shown(i)).count();
    let more = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(*shown + FAULTS_SHOWN))
    };
    let add = ctx.on_click(vec![Edit::Add(List::Faults)]);
    html! {
        <>
            if s.faults.is_empty() { <p class="soft">{ w.no_faults }</p> }
            <div class="lanes">{ for all }</div>
            if hidden > 0 { <button type="button" class="plain" onclick={more}>{ (w.more_faults)(hidden as u64) }</button> }
            <button type="button" class="plain" onclick={add}>{ "+ " }{ w.add_fault }</button>
        </>
    }
}

fn fault_block(s: &Scenario, ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let remove = ctx.on_click(vec![Edit::remove(format!("fault.{i}"))]);
    html! {
        <div class="fault" key={i} role="group" aria-label={format!("{} {}", fault.what.title().say(w.lang), fault.at)}>
            <div class="lane-head">
                { what(ctx, i, fault) }
                <button type="button" class="icon" aria-label={w.remove_fault} onclick={remove}>{ "×" }</button>
            </div>
            { which(s, ctx, i, fault) }
            { when(s, ctx, i, fault) }
            <Duration path={format!("fault.{i}.for")} label={if matches!(fault.at, FaultTime::Every(_)) { w.mean_repair } else { w.for_how_long }}
                value={Some(fault.lasts)} />
            if fault.what.has_times() {
                <Number path={format!("fault.{i}.times")} label={w.times_as_long} value={fault.times.unwrap_or(1.0)} />
            }
            if fault.what.can_be_silent() {
                <Check label={w.silent} value={fault.silent == Some(true)} set={ctx.setter(format!("fault.{i}.silent"), FieldValue::of::<bool>)} />
            }
            if fault.what.is_in_order() {
                <Check label={w.flush_first} value={fault.flush == Some(true)} set={ctx.setter(format!("fault.{i}.flush"), FieldValue::of::<bool>)} />
                <Check label={w.save_first} value={fault.save == Some(true)} set={ctx.setter(format!("fault.{i}.save"), FieldValue::of::<bool>)} />
            }
            if fault.what.has_share() {
                <Number path={format!("fault.{i}.share")} label={w.share_struck} value={fault.share.unwrap_or(0.0)} />
            }
        </div>
    }
}

/// Every fault there is, by what it happens to.
fn fault_options(w: &'static Words) -> Html {
    let groups = Part::ALL.into_iter().map(|part| {
        let all = FaultKind::ALL.into_iter().filter(|what| what.part() == part);
        let options =
            all.map(|what| html! { <option value={what.name()}>{ what.title().say(w.lang).to_owned() }</option> });
        html! { <optgroup label={(w.fault_part)(part)}>{ for options }</optgroup> }
    });
    html! { <>{ for groups }</> }
}

/// What a fault affects where nobody has said it yet.
fn usual_target(what: FaultKind) -> Option<FaultTarget> {
    match what.part() {
        Part::App => Some(FaultTarget::Server(0)),
        Part::Link => Some(FaultTarget::Link(Link::AppCache)),
        Part::Cache | Part::Replica | Part::Worker | Part::Database => None,
    }
}

fn what(ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let id = format!("f-fault-{i}-what");
    let change = ctx.dispatch.reform(move |name: String| {
        let what = FaultKind::ALL.into_iter().find(|what| what.name() == name).unwrap_or(FaultKind::CacheCrash);
        // All else about it is as usual again, but not when it occurs.
        let usual = ["which", "for", "times", "share", "silent", "flush", "save"]
            .map(|field| Edit::remove(format!("fault.{i}.{field}")));
        let what_and_which = [
            Edit::set(format!("fault.{i}.what"), FieldValue::of(&what)),
            Edit::set(format!("fault.{i}.which"), FieldValue::of(&usual_target(what))),
        ];
        Action::Edit(usual.into_iter().chain(what_and_which).collect())
    });
    html! {
        <div class="field choice">
            <label for={id.clone()}>{ w.what_breaks }</label>
            <Select {id} value={fault.what.name()} choose={change}>{ fault_options(w) }</Select>
        </div>
    }
}

/// When a fault occurs: at a moment, at random, or when a lane gets somewhere.
fn when(s: &Scenario, ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let kind = fault.at.kind();
    let kinds = FaultTime::each_kind(s.duration);
    let edits = Callback::from(move |name: String| {
        let chosen = kinds.iter().find(|kind| kind.kind() == name);
        chosen.map(|at| Edit::set(format!("fault.{i}.at"), FieldValue::of(at))).into_iter().collect()
    });
    let path = |part: &str| format!("fault.{i}.at{part}");
    let count = |label: &'static str, number: u64| {
        html! { <Number path={path(&format!(".{kind}"))} {label} value={number as f64} whole=true /> }
    };
    let numbers = match fault.at {
        FaultTime::Moment(at) => html! {
            <Duration path={path("")} label={w.at_moment} value={Some(at)} slide={Slider::Even(0.0, s.duration.as_secs_f64(), 0.1)} />
        },
        FaultTime::Every(mean) => html! {
            <Duration path={path(".every")} label={w.mean_between} value={Some(mean)} slide={slider_of(&path(""))} />
        },
        FaultTime::BeforeFlush(number) => count(w.nth_flush, number),
        FaultTime::AfterAcknowledged(number) => count(w.nth_write, number),
    };
    let options: Vec<(AttrValue, AttrValue)> =
        kinds.iter().map(|kind| (kind.kind().into(), kind.title().say(w.lang).to_owned().into())).collect();
    html! {
        <>
            <Choice path={format!("fault.{i}.when")} label={w.when} value={kind} {edits} {options} />
            { numbers }
        </>
    }
}

/// Which node, server or link a fault affects.
fn which(s: &Scenario, ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let path = format!("fault.{i}.which");
    let edits = Callback::from(move |name: String| {
        let which = if name.is_empty() { "none" } else { &name };
        vec![Edit::set(format!("fault.{i}.which"), FieldValue::word(which))]
    });
    let numbered =
        |count: u32| (0..count).map(|n| (AttrValue::from(n.to_string()), AttrValue::from((n + 1).to_string())));
    let chosen = match fault.which {
        Some(FaultTarget::Server(number)) => number.to_string(),
        _ => String::new(),
    };
    match fault.what.part() {
        Part::App => {
            let options: Vec<_> = numbered(s.app.servers).collect();
            html! { <Choice {path} label={w.which_server} value={chosen} {edits} {options} /> }
        }
        Part::Cache if s.cache.shards > 1 => {
            let all = std::iter::once((AttrValue::from(""), AttrValue::from(w.all_nodes)));
            let options: Vec<_> = all.chain(numbered(s.cache.shards)).collect();
            html! { <Choice {path} label={w.which_node} value={chosen} {edits} {options} /> }
        }
        Part::Link => {
            let links = Link::ALL.iter().map(|l| (AttrValue::from(l.name()), AttrValue::from((w.link_name)(*l))));
            let chosen = if let Some(FaultTarget::Link(link)) = fault.which { link } else { Link::AppCache };
            html! { <Choice {path} label={w.which_link} value={chosen.name()} {edits} options={links.collect::<Vec<_>>()} /> }
        }
        _ => html! {},
    }
}
