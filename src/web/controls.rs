//! The controls beside the figures: lanes, traffic, cache, database, application, network, faults, run.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::fields::{Check, Choice, Ctx, Dist, Duration, Number, Segments, Slide, use_ctx};
use super::form::{AddOwn, AllFields, Draft, FieldRow, Own, tells};
use super::panels::Swatch;
use super::state::Action;
use super::traces::{BYTES_MAX, TraceFile, TracesShown};
use super::words::Words;
use crate::escape::shown;
use crate::scenario::form::{Form, FormField};
use crate::scenario::{
    Arrivals, At, Edit, Fault, FieldValue, Keys, Lane, Link, List, Order, Part, Reading, Scenario, Ttl, What, Which,
    WriteBack, WriteThrough, Writing,
};
use crate::time::Nanos;

/// What the controls are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ControlsProps {
    /// How many of the sections have their inside yet; the first render of all at once would be a long task.
    pub phase: u8,
    /// What they show, good or not.
    pub scenario: Rc<Scenario>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// The lanes that are shown.
    pub shown: Vec<bool>,
    /// Whether there is a step back.
    pub can_undo: bool,
    /// Whether there is a step forth.
    pub can_redo: bool,
    /// The trace files.
    pub traces: TracesShown,
}

/// How many sections there are.
pub const SECTIONS: u8 = 8;

/// All controls of the scenario.
#[component]
pub fn Controls(props: &ControlsProps) -> Html {
    let ctx = use_ctx();
    let w = ctx.words;
    let s = &props.scenario;
    let wide = *use_memo((), |()| super::dom::media("(min-width: 64.01rem)"));
    let form = use_memo(props.scenario.clone(), |scenario| Form::of(scenario));
    let draft = Draft { scenario: props.scenario.clone(), form };
    let section = |title: &'static str, name: &'static str, open: bool, phase: u8, inside: &dyn Fn() -> Html| {
        // Lanes and faults show their own fields; the others have one part each.
        let part = matches!(name, "clients" | "cache" | "database" | "app" | "network").then_some(name);
        let inside = if props.phase >= phase {
            let all = part.map(|part| html! { <AllFields draft={draft.clone()} {part} {title} /> });
            html! { <>{ inside() }{ all.unwrap_or_default() }</> }
        } else {
            html! {}
        };
        html! {
            <details class={classes!("section", name)} {open}>
                <summary><h2>{ title }</h2>{ part.map(|part| tells(&draft.form, part)).unwrap_or_default() }</summary>
                <div class="inside">{ inside }</div>
            </details>
        }
    };
    html! {
        <aside class="controls" aria-label={w.controls}>
            { undo_buttons(props, &ctx) }
            { section(w.lanes, "", wide, 1, &|| lanes(props, &draft, &ctx)) }
            { section(w.traffic, "clients", wide, 2, &|| traffic(&draft, &ctx, &props.traces)) }
            { section(w.cache, "cache", wide, 3, &|| cache(&draft, &ctx)) }
            { section(w.database, "database", false, 4, &|| database(s, &ctx)) }
            { section(w.application, "app", false, 5, &|| application(s, &ctx)) }
            { section(w.network, "network", false, 6, &|| network(s, &ctx)) }
            { section(w.faults, "fault", false, 7, &|| html! { <Faults scenario={s.clone()} /> }) }
            { section(w.run, "run", false, 8, &|| run(s, &ctx)) }
            { general_problems(&ctx) }
        </aside>
    }
}

fn undo_buttons(props: &ControlsProps, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let button = |name: &'static str, sign: &'static str, keys: &'static str, enabled: bool, action: fn() -> Action| {
        let onclick = ctx.act.reform(move |_: MouseEvent| action());
        let title = format!("{name} ({})", keys.replace("Control", "Ctrl"));
        html! {
            <button type="button" class="plain" {title} aria-keyshortcuts={keys} disabled={!enabled} {onclick}>
                <span aria-hidden="true">{ sign }{ " " }</span>{ name }
            </button>
        }
    };
    html! {
        <div class="undo">
            { button(w.undo, "↶", "Control+Z", props.can_undo, || Action::Undo) }
            { button(w.redo, "↷", "Control+Shift+Z", props.can_redo, || Action::Redo) }
        </div>
    }
}

/// What is wrong with no field in particular.
fn general_problems(ctx: &Ctx) -> Html {
    let all = ctx.problems.iter().filter(|p| p.field.is_empty() || p.field == "lane" || p.field == "fault");
    let all =
        all.map(|problem| html! { <p class="complaint" role="alert">{ super::shelf::say(problem, ctx.words) }</p> });
    html! { <>{ for all }</> }
}

fn options(names: &[&'static str], called: fn(&str) -> String) -> Vec<(AttrValue, AttrValue)> {
    names.iter().map(|name| (AttrValue::from(*name), AttrValue::from(called(name)))).collect()
}

/// The choices at `path`, as the types know them.
fn choices(draft: &Draft, path: &str, called: fn(&str) -> String) -> Vec<(AttrValue, AttrValue)> {
    let words = draft.words(path).into_iter();
    words.map(|word| (AttrValue::from(word.clone()), AttrValue::from(called(&word)))).collect()
}

/// Another choice at `path`; options that both choices have stay as they are.
fn choose(path: &'static str, value: FieldValue) -> Vec<Edit> {
    vec![Edit::Choose { path: path.to_owned(), value }]
}

/// The word that stands at `path`.
fn word_at(draft: &Draft, path: &str) -> String {
    draft.form.fields(path).into_iter().next().map(|field| field.value).unwrap_or_default()
}

/// The options of the choice at `path`: those that most readers want to turn with a slider, the others as they come.
fn options_at(draft: &Draft, ctx: &Ctx, path: &str) -> Html {
    let w = ctx.words;
    let rows = draft.form.fields(path).into_iter().filter(|field| field.is_option).map(|field| {
        let known = match field.name.as_str() {
            "rate" => (w.rate, Slide::Log(1.0, 10_000.0), false),
            "users" => (w.users, Slide::Log(1.0, 10_000.0), true),
            "count" => (w.key_count, Slide::Log(1.0, 100_000.0), true),
            "alpha" => (w.alpha, Slide::Even(0.0, 2.0, 0.05), false),
            "hot" => (w.hot, Slide::Even(0.0, 1.0, 0.01), false),
            "traffic" => (w.hot_traffic, Slide::Even(0.0, 1.0, 0.01), false),
            _ => {
                let key = field.path.clone();
                return html! { <FieldRow {key} draft={draft.clone()} {field} /> };
            }
        };
        number_at(draft, &field.path, known.0, known.1, known.2)
    });
    html! { <>{ for rows }</> }
}

/// A number with a slider, as long as what stands there is one.
fn number_at(draft: &Draft, path: &str, label: &'static str, slide: Slide, whole: bool) -> Html {
    match word_at(draft, path).parse::<f64>() {
        Ok(value) => {
            let path = path.to_owned();
            html! { <Number key={path.clone()} path={path.clone()} {label} {value} {whole} {slide} /> }
        }
        Err(_) => named_row(draft, path, label),
    }
}

/// A field of the types, under a name of the page's.
fn named_row(draft: &Draft, path: &str, label: &'static str) -> Html {
    let field: Option<FormField> = draft.form.fields(path).into_iter().next();
    field.map_or_else(|| html! {}, |field| html! { <FieldRow draft={draft.clone()} {field} {label} /> })
}

// ---- lanes

fn lanes(props: &ControlsProps, draft: &Draft, ctx: &Ctx) -> Html {
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
    let toggle = ctx.act.reform(move |_: bool| Action::ToggleLane(i));
    let remove = ctx.on_click(vec![Edit::remove(format!("lane.{i}"))]);
    // A name that a preset gave no longer fits when the strategies change.
    let choose_for = |part: &'static str| {
        Callback::from(move |name: String| {
            let strategy = Edit::set(format!("lane.{i}.{part}"), FieldValue::word(&name));
            vec![strategy, Edit::set(format!("lane.{i}.name"), FieldValue::text(""))]
        })
    };
    let names: (AttrValue, AttrValue) = (format!("lane.{i}").into(), title.clone().into());
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
            <Own draft={draft.clone()} lane={i} />
            <details class="options">
                <summary>{ w.options }{ tells(&draft.form, &names.0) }</summary>
                { lane_options(draft, ctx, i, lane) }
                <AddOwn draft={draft.clone()} lane={i} />
                <AllFields draft={draft.clone()} part={names.0} title={names.1} />
            </details>
        </div>
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
            <Duration path={path("every")} label={w.flush_every} value={Some(back.every)} slide={Slide::Log(0.05, 600.0)} />
            <Number path={path("at")} label={w.flush_at} value={at} whole=true zero_is_none=true />
            <Number path={path("batch")} label={w.batch} value={f64::from(back.batch)} whole=true slide={Slide::Log(1.0, 10_000.0)} />
            <Number path={path("requeue")} label={w.requeue} value={f64::from(back.requeue)} whole=true slide={Slide::Even(0.0, 10.0, 1.0)} />
            <Check label={w.coalesce} value={back.coalesce} set={ctx.setter(path("coalesce"), FieldValue::of::<bool>)} />
            { named_row(draft, &path("on_expiry"), w.on_expiry) }
            { named_row(draft, &path("on_eviction"), w.on_eviction) }
        </>
    }
}

// ---- traffic

fn traffic(draft: &Draft, ctx: &Ctx, traces: &TracesShown) -> Html {
    let w = ctx.words;
    html! {
        <>
            { arrivals(draft, ctx) }
            <Number path="clients.write_ratio" label={w.write_ratio} value={draft.scenario.clients.write_ratio} slide={Slide::Even(0.0, 1.0, 0.01)} />
            { keys(draft, ctx, traces) }
        </>
    }
}

fn arrivals(draft: &Draft, ctx: &Ctx) -> Html {
    const PATH: &str = "clients.arrivals";
    let w = ctx.words;
    let edits = Callback::from(|word: String| choose(PATH, FieldValue::word(&word)));
    let detail = match &draft.scenario.clients.arrivals {
        Arrivals::Closed { users, think, .. } => html! {
                   <>
                       <Number path="clients.arrivals.users" label={w.users} value={f64::from(*users)} whole=true slide={Slide::Log(1.0, 10_000.0)} />
                       <Dist path="clients.arrivals.think" label={w.think} value={think.clone()} slide={Slide::Log(0.01, 60.0)}
        />
                   </>
               },
        _ => options_at(draft, ctx, PATH),
    };
    html! {
        <>
            <Choice path={PATH} label={w.arrivals} value={word_at(draft, PATH)} {edits}
                options={choices(draft, PATH, w.arrivals_name)} />
            { detail }
        </>
    }
}

fn keys(draft: &Draft, ctx: &Ctx, traces: &TracesShown) -> Html {
    const PATH: &str = "clients.keys";
    let w = ctx.words;
    let now = word_at(draft, PATH);
    let file = traces.opened.as_ref().map(|(name, _)| name.clone());
    let is_open = file.is_some();
    let edits = Callback::from(move |word: String| match &file {
        Some(file) if word == "trace" => choose(PATH, FieldValue::of(&Keys::of_trace(file.clone()))),
        _ => choose(PATH, FieldValue::word(&word)),
    });
    // A trace can be chosen once it is open.
    let offered = choices(draft, PATH, w.keys_name).into_iter();
    let offered = offered.filter(|(name, _)| *name != "trace" || is_open || now == "trace");
    html! {
        <>
            <Choice path={PATH} label={w.keys} value={now.clone()} {edits} options={offered.collect::<Vec<_>>()} />
            { options_at(draft, ctx, PATH) }
            { trace_input(ctx, traces) }
        </>
    }
}

fn trace_input(ctx: &Ctx, traces: &TracesShown) -> Html {
    let w = ctx.words;
    let act = ctx.act.clone();
    let open = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            let unread = act.reform(Action::Unread);
            if file.size() > BYTES_MAX {
                unread.emit(too_large(&file.name(), file.size()));
            } else {
                let name = file.name();
                let open = act.reform(move |bytes: Vec<u8>| {
                    Action::OpenTrace(TraceFile { name: name.clone(), bytes: bytes.into() })
                });
                super::dom::read_bytes(&file, open, unread);
            }
            input.set_value(""); // else the same file, mended, would be no change
        }
    });
    let cancel = ctx.act.reform(|_: MouseEvent| Action::CancelTrace);
    let told = match traces {
        TracesShown { reading: Some((name, _)), .. } => (w.trace_reading)(name),
        TracesShown { opened: Some((name, facts)), .. } => (w.trace_opened)(name, facts),
        _ => w.trace_formats.to_owned(),
    };
    html! {
        <>
            <label class="file">{ w.open_trace }<input type="file" aria-describedby="trace-told" onchange={open} /></label>
            <p id="trace-told" class="soft" role="status">{ told }</p>
            { trace_notes(traces) }
            if let Some((name, progress)) = &traces.reading {
                <p class="reading">
                    <progress max="100" value={progress.percent().to_string()} aria-label={(w.trace_reading)(name)} />
                    <span class="number">{ format!("{} %", progress.percent()) }</span>
                    <button type="button" onclick={cancel}>{ w.cancel_reading }</button>
                </p>
            }
        </>
    }
}

/// What the reader should know of how the file was read; in English.
fn trace_notes(traces: &TracesShown) -> Html {
    let notes = match traces {
        TracesShown { reading: None, opened: Some((_, facts)) } if !facts.notes.is_empty() => &facts.notes,
        _ => return html! {},
    };
    let notes = notes.iter().map(|note| html! { <li>{ shown(note).into_owned() }</li> });
    html! { <ul class="soft trace-notes" lang="en">{ for notes }</ul> }
}

fn too_large(name: &str, size: f64) -> String {
    let mib = |bytes: f64| (bytes / 1_048_576.0).ceil();
    format!(
        "{name}: it is {} MiB, and this page reads traces of at most {} MiB; the command line reads larger ones",
        mib(size),
        mib(BYTES_MAX)
    )
}

// ---- cache

fn cache(draft: &Draft, ctx: &Ctx) -> Html {
    const EVICTION: &str = "cache.eviction";
    let (w, s) = (ctx.words, &draft.scenario);
    let edits = Callback::from(|word: String| choose(EVICTION, FieldValue::word(&word)));
    html! {
        <>
            { number_at(draft, "cache.capacity", w.capacity, Slide::Log(1.0, 100_000.0), true) }
            <Choice path={EVICTION} label={w.eviction} value={word_at(draft, EVICTION)} {edits}
                options={choices(draft, EVICTION, |name| name.to_uppercase())} />
            { ttl(s.cache.ttl, ctx) }
            <Dist path="cache.command" label={w.command} value={s.cache.command.clone()} slide={Slide::Log(1e-6, 0.1)} />
        </>
    }
}

fn ttl(ttl: Ttl, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let (name, part, time) = match ttl {
        Ttl::None => ("none", "", None),
        Ttl::Fixed(t) => ("fixed", "", Some(t)),
        Ttl::Jittered { ttl, .. } => ("jittered", ".jittered.ttl", Some(ttl)),
        Ttl::Sliding(t) => ("sliding", ".sliding", Some(t)),
        Ttl::Mixed(_) => ("mixed", "", None),
    };
    // Files and links say mixtures: one is kept here, and can be left.
    let names = ["none", "fixed", "jittered", "sliding", "mixed"];
    let names = if name == "mixed" { &names[..] } else { &names[..4] };
    let edits = Callback::from(move |name: String| {
        let time = time.unwrap_or(Nanos::from_secs(60));
        let chosen = match name.as_str() {
            "none" => Ttl::None,
            "mixed" => ttl,
            "jittered" => Ttl::Jittered { ttl: time, spread: 0.1 },
            "sliding" => Ttl::Sliding(time),
            _ => Ttl::Fixed(time),
        };
        vec![Edit::set("cache.ttl", FieldValue::of(&chosen))]
    });
    html! {
        <>
            <Choice path="cache.ttl.kind" label={w.ttl_kind} value={name} {edits}
                options={options(names, w.ttl_name)} />
            if time.is_some() {
                <Duration path={format!("cache.ttl{part}")} label={w.ttl} value={time} slide={Slide::Log(0.1, 86_400.0)} />
            }
            if let Ttl::Jittered { spread, .. } = ttl {
                <Number path="cache.ttl.jittered.spread" label={w.spread} value={spread} slide={Slide::Even(0.0, 1.0, 0.01)} />
            }
        </>
    }
}

// ---- database, application, network

fn database(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let d = &s.database;
    html! {
        <>
            <Number path="database.workers" label={w.workers} value={f64::from(d.workers)} whole=true slide={Slide::Log(1.0, 256.0)} />
            <Number path="database.queue" label={w.queue} value={f64::from(d.queue)} whole=true slide={Slide::Log(1.0, 100_000.0)} />
            <Dist path="database.read" label={w.database_read} value={d.read.clone()} slide={Slide::Log(1e-4, 1.0)} />
            <Dist path="database.write" label={w.database_write} value={d.write.clone()} slide={Slide::Log(1e-4, 1.0)} />
            <Duration path="database.batch.row" label={w.batch_row} value={Some(d.batch.row)} slide={Slide::Log(1e-6, 0.1)} />
            <Number path="database.abort" label={w.abort} value={d.abort} slide={Slide::Even(0.0, 1.0, 0.01)} />
        </>
    }
}

fn application(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let a = &s.app;
    html! {
        <>
            <Number path="app.servers" label={w.servers} value={f64::from(a.servers)} whole=true slide={Slide::Even(1.0, 16.0, 1.0)} />
            <Dist path="app.work" label={w.work} value={a.work.clone()} slide={Slide::Log(1e-5, 1.0)} />
            <Duration path="app.cache_timeout" label={w.cache_timeout} value={a.cache_timeout} slide={Slide::Log(1e-3, 60.0)} />
            <Duration path="app.database_timeout" label={w.database_timeout} value={a.database_timeout} slide={Slide::Log(1e-3, 60.0)} />
            <Number path="app.retries" label={w.retries} value={f64::from(a.retries)} whole=true slide={Slide::Even(0.0, 10.0, 1.0)} />
            <Duration path="app.backoff" label={w.backoff} value={Some(a.backoff)} slide={Slide::Log(1e-3, 10.0)} />
        </>
    }
}

fn network(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let links = Link::ALL.into_iter().map(|link| {
        html! {
            <Dist key={link.name()} path={format!("network.{}", link.name().replace('-', "_"))} label={(w.link_name)(link)}
                value={s.network.latency(link).clone()} slide={Slide::Log(1e-5, 1.0)} />
        }
    });
    html! { <>{ for links }</> }
}

// ---- faults, run

/// So many faults have their controls at once, and so many more at a click: a thousand would stop the page for seconds.
const FAULTS_SHOWN: usize = 20;

/// What [`Faults`] is made from.
#[derive(Clone, PartialEq, Properties)]
struct FaultsProps {
    scenario: Rc<Scenario>,
}

/// What breaks, a block each: the first ones, the last one, and those that something is wrong with.
#[component]
fn Faults(props: &FaultsProps) -> Html {
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
        <div class="fault" key={i} role="group" aria-label={format!("{} {}", (w.fault_name)(fault.what), fault.at)}>
            <div class="lane-head">
                { what(ctx, i, fault) }
                <button type="button" class="icon" aria-label={w.remove_fault} onclick={remove}>{ "×" }</button>
            </div>
            { which(s, ctx, i, fault) }
            { when(s, ctx, i, fault) }
            <Duration path={format!("fault.{i}.for")} label={if matches!(fault.at, At::Every(_)) { w.mean_repair } else { w.for_how_long }}
                value={Some(fault.lasts)} slide={Slide::Log(0.05, 600.0)} />
            if fault.what.has_times() {
                <Number path={format!("fault.{i}.times")} label={w.times_as_long} value={fault.times.unwrap_or(1.0)} slide={Slide::Log(1.0, 1_000.0)} />
            }
            if fault.what.can_be_silent() {
                <Check label={w.silent} value={fault.silent == Some(true)} set={ctx.setter(format!("fault.{i}.silent"), FieldValue::of::<bool>)} />
            }
            if fault.what.has_share() {
                <Number path={format!("fault.{i}.share")} label={w.share_struck} value={fault.share.unwrap_or(0.0)} slide={Slide::Even(0.0, 1.0, 0.01)} />
            }
        </div>
    }
}

/// Every fault there is, by what it happens to.
pub fn fault_options(w: &'static Words, chosen: Option<What>, offer: fn(What) -> bool) -> Html {
    let groups = [Part::Cache, Part::Replica, Part::App, Part::Database, Part::Link].into_iter().map(|part| {
        let all = What::ALL.into_iter().filter(|what| what.part() == part && offer(*what));
        let options = all.map(|what| {
            html! { <option value={what.name()} selected={chosen == Some(what)}>{ (w.fault_name)(what) }</option> }
        });
        html! { <optgroup label={(w.fault_part)(part)}>{ for options }</optgroup> }
    });
    html! { <>{ for groups }</> }
}

/// What a fault strikes where nobody has said it yet.
pub fn usual_target(what: What) -> Option<Which> {
    match what.part() {
        Part::App => Some(Which::Server(0)),
        Part::Link => Some(Which::Link(Link::AppCache)),
        Part::Cache | Part::Replica | Part::Database => None,
    }
}

fn what(ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let id = format!("f-fault-{i}-what");
    let change = ctx.act.reform(move |name: String| {
        let what = What::ALL.into_iter().find(|what| what.name() == name).unwrap_or(What::CacheCrash);
        // All else about it is as usual again, but not when it strikes.
        let usual =
            ["which", "for", "times", "share", "silent"].map(|field| Edit::remove(format!("fault.{i}.{field}")));
        let what_and_which = [
            Edit::set(format!("fault.{i}.what"), FieldValue::of(&what)),
            Edit::set(format!("fault.{i}.which"), FieldValue::of(&usual_target(what))),
        ];
        Action::Edit(usual.into_iter().chain(what_and_which).collect())
    });
    let onchange = change.reform(|event: Event| event.target_unchecked_into::<web_sys::HtmlSelectElement>().value());
    html! {
        <div class="field choice">
            <label for={id.clone()}>{ w.what_breaks }</label>
            <select {id} {onchange}>{ fault_options(w, Some(fault.what), |_| true) }</select>
        </div>
    }
}

/// When a fault strikes: at a moment, at random, or when a lane gets somewhere.
fn when(s: &Scenario, ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let middle = Nanos(s.duration.0 / 2);
    let kind = match fault.at {
        At::Moment(_) => "moment",
        At::Every(_) => "every",
        At::BeforeFlush(_) => "before_flush",
        At::AfterAcknowledged(_) => "after_acknowledged",
    };
    let every = Nanos((s.duration.0 / 4).max(1));
    let edits = Callback::from(move |name: String| {
        let at = match name.as_str() {
            "every" => At::Every(every),
            "before_flush" => At::BeforeFlush(3),
            "after_acknowledged" => At::AfterAcknowledged(1_000),
            _ => At::Moment(middle),
        };
        vec![Edit::set(format!("fault.{i}.at"), FieldValue::of(&at))]
    });
    let path = |part: &str| format!("fault.{i}.at{part}");
    let count = |label: &'static str, number: u64| {
        html! { <Number path={path(&format!(".{kind}"))} {label} value={number as f64} whole=true /> }
    };
    let numbers = match fault.at {
        At::Moment(at) => html! {
            <Duration path={path("")} label={w.at_moment} value={Some(at)} slide={Slide::Even(0.0, s.duration.as_secs_f64(), 0.1)} />
        },
        At::Every(mean) => html! {
            <Duration path={path(".every")} label={w.mean_between} value={Some(mean)} slide={Slide::Log(0.1, 3_600.0)} />
        },
        At::BeforeFlush(number) => count(w.nth_flush, number),
        At::AfterAcknowledged(number) => count(w.nth_write, number),
    };
    let kinds = options(&["moment", "every", "before_flush", "after_acknowledged"], w.when_name);
    html! {
        <>
            <Choice path={format!("fault.{i}.when")} label={w.when} value={kind} {edits} options={kinds} />
            { numbers }
        </>
    }
}

/// Which node, server or link a fault strikes.
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
        Some(Which::Server(number)) => number.to_string(),
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
            let chosen = if let Some(Which::Link(link)) = fault.which { link } else { Link::AppCache };
            html! { <Choice {path} label={w.which_link} value={chosen.name()} {edits} options={links.collect::<Vec<_>>()} /> }
        }
        _ => html! {},
    }
}

fn run(s: &Scenario, ctx: &Ctx) -> Html {
    let w: &'static Words = ctx.words;
    html! {
        <>
            <Number path="seed" label={w.seed} value={s.seed as f64} whole=true />
            <Duration path="duration" label={w.duration} value={Some(s.duration)} slide={Slide::Log(1.0, 3600.0)} />
            <Duration path="warmup" label={w.warmup} value={Some(s.warmup)} />
        </>
    }
}
