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
use crate::scenario::form::{Form, FormField, quoted};
use crate::scenario::{
    Arrivals, At, Distribution, Fault, Lane, Link, Network, Order, Part, Reading, Scenario, Ttl, What, Which,
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

/// What is wrong with no field in particular.
fn general_problems(ctx: &Ctx) -> Html {
    let all = ctx.problems.iter().filter(|p| p.field.is_empty() || p.field == "lane" || p.field == "fault");
    let all =
        all.map(|problem| html! { <p class="complaint" role="alert">{ super::shelf::say(problem, ctx.words) }</p> });
    html! { <>{ for all }</> }
}

/// A callback that changes the scenario.
fn set<T: 'static>(ctx: &Ctx, change: impl Fn(&mut Scenario, T) + 'static) -> Callback<T> {
    let (ctx, change) = (ctx.clone(), Rc::new(change));
    Callback::from(move |value: T| {
        let change = change.clone();
        ctx.edit(move |scenario| change(scenario, value));
    })
}

/// [`set`] for a duration that must be there.
fn set_time(ctx: &Ctx, change: impl Fn(&mut Scenario, Nanos) + 'static) -> Callback<Option<Nanos>> {
    set(ctx, move |s, value: Option<Nanos>| {
        if let Some(value) = value {
            change(s, value);
        }
    })
}

fn options(names: &[&'static str], called: fn(&str) -> String) -> Vec<(AttrValue, AttrValue)> {
    names.iter().map(|name| (AttrValue::from(*name), AttrValue::from(called(name)))).collect()
}

/// The choices at `path`, as the types know them.
fn choices(draft: &Draft, path: &str, called: fn(&str) -> String) -> Vec<(AttrValue, AttrValue)> {
    let words = draft.words(path).into_iter();
    words.map(|word| (AttrValue::from(word.clone()), AttrValue::from(called(&word)))).collect()
}

/// A callback that chooses among the words at `path`; options that the new choice has too stay as they are.
fn choose(draft: &Draft, ctx: &Ctx, path: &'static str) -> Callback<String> {
    let (scenario, ctx) = (draft.scenario.clone(), ctx.clone());
    Callback::from(move |word: String| {
        if let Ok(changed) = scenario.chosen(path, &word) {
            ctx.edit(move |s| *s = changed);
        }
    })
}

/// A callback that puts a number at `path`, good or not: what is wrong with it is told beside it.
fn put(draft: &Draft, ctx: &Ctx, path: &str) -> Callback<f64> {
    let (scenario, ctx, path) = (draft.scenario.clone(), ctx.clone(), path.to_owned());
    Callback::from(move |value: f64| {
        if let Ok(changed) = scenario.drafted(&path, &value.to_string()) {
            ctx.edit(move |s| *s = changed);
        }
    })
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
        number_at(draft, ctx, &field.path, known.0, known.1, known.2)
    });
    html! { <>{ for rows }</> }
}

/// A number with a slider, as long as what stands there is one.
fn number_at(draft: &Draft, ctx: &Ctx, path: &str, label: &'static str, slide: Slide, whole: bool) -> Html {
    match word_at(draft, path).parse::<f64>() {
        Ok(value) => {
            let path = path.to_owned();
            html! { <Number key={path.clone()} path={path.clone()} {label} {value} {whole} {slide} set={put(draft, ctx, &path)} /> }
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
    let add = {
        let ctx = ctx.clone();
        Callback::from(move |_: MouseEvent| ctx.edit(|s| s.lanes.push(new_lane(s))))
    };
    html! {
        <>
            <div class="lanes">{ for all }</div>
            <button type="button" class="plain" onclick={add}>{ "+ " }{ w.add_lane }</button>
        </>
    }
}

/// A lane whose strategies no other lane has, if there is one left.
fn new_lane(s: &Scenario) -> Lane {
    // Those that are to be had first; the types know the others.
    let all = ["look-aside", "read-through", "none"]
        .into_iter()
        .flat_map(|read| ["write-back", "write-through", "write-around"].into_iter().map(move |write| (read, write)));
    let free = all
        .into_iter()
        .find(|(read, write)| !s.lanes.iter().any(|lane| lane.read.name() == *read && lane.write.name() == *write));
    let (read, write) = free.unwrap_or(("look-aside", "write-back"));
    let both = strategy(0, "write", write, &strategy(0, "read", read, &Scenario::default()));
    both.lanes.into_iter().next().unwrap_or_default()
}

/// The scenario with the strategy of that name, and its usual options, in a lane.
fn strategy(lane: usize, part: &'static str, name: &str, s: &Scenario) -> Scenario {
    s.drafted(&format!("lane.{lane}.{part}"), name).unwrap_or_else(|_| s.clone())
}

fn lane_block(props: &ControlsProps, draft: &Draft, ctx: &Ctx, i: usize, lane: &Lane) -> Html {
    let w = ctx.words;
    let title = props.titles.get(i).cloned().unwrap_or_default();
    let shown = props.shown.get(i).copied().unwrap_or(true);
    let toggle = ctx.act.reform(move |_: bool| Action::ToggleLane(i));
    let remove = {
        let ctx = ctx.clone();
        Callback::from(move |_: MouseEvent| {
            ctx.edit(move |s| {
                s.lanes.remove(i);
            });
        })
    };
    // A name that a preset gave no longer fits when the strategies change.
    let choose_for = |part: &'static str| {
        set(ctx, move |s, name: String| {
            *s = strategy(i, part, &name, s);
            s.lanes[i].name.clear();
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
            <Segments path={format!("lane.{i}.read")} label={w.reads} value={lane.read.name()} set={choose_for("read")}
                options={options(Reading::NAMES, w.strategy_name)} />
            <Segments path={format!("lane.{i}.write")} label={w.writes} value={lane.write.name()} set={choose_for("write")}
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
    let change = move |s: &mut Scenario, change: &dyn Fn(&mut WriteThrough)| {
        if let Writing::WriteThrough(through) = &mut s.lanes[i].write {
            change(through);
        }
    };
    let order = set(ctx, move |s, name: String| {
        change(s, &|t| t.order = if name == "cache-first" { Order::CacheFirst } else { Order::DatabaseFirst });
    });
    let rollback = set(ctx, move |s, on: bool| change(s, &|t| t.rollback = on));
    let chosen = if through.order == Order::CacheFirst { "cache-first" } else { "database-first" };
    let choices =
        vec![("database-first".into(), w.database_first.into()), ("cache-first".into(), w.cache_first.into())];
    html! {
        <>
            <Choice path={format!("lane.{i}.write.order")} label={w.order} options={choices} value={chosen} set={order} />
            if through.order == Order::CacheFirst { <Check label={w.rollback} value={through.rollback} set={rollback} /> }
        </>
    }
}

fn write_back(draft: &Draft, ctx: &Ctx, i: usize, back: &WriteBack) -> Html {
    let w = ctx.words;
    let change = move |s: &mut Scenario, change: &dyn Fn(&mut WriteBack)| {
        if let Writing::WriteBack(back) = &mut s.lanes[i].write {
            change(back);
        }
    };
    let path = |field: &str| format!("lane.{i}.write.{field}");
    let at = back.at.map_or(0.0, f64::from);
    html! {
        <>
            <Duration path={path("every")} label={w.flush_every} value={Some(back.every)} slide={Slide::Log(0.05, 600.0)}
                set={set_time(ctx, move |s, every| change(s, &|b| b.every = every))} />
            <Number path={path("at")} label={w.flush_at} value={at} whole=true
                set={set(ctx, move |s, at: f64| change(s, &|b| b.at = (at > 0.0).then_some(at as u32)))} />
            <Number path={path("batch")} label={w.batch} value={f64::from(back.batch)} whole=true slide={Slide::Log(1.0, 10_000.0)}
                set={set(ctx, move |s, n: f64| change(s, &|b| b.batch = n as u32))} />
            <Number path={path("requeue")} label={w.requeue} value={f64::from(back.requeue)} whole=true slide={Slide::Even(0.0, 10.0, 1.0)}
                set={set(ctx, move |s, n: f64| change(s, &|b| b.requeue = n as u32))} />
            <Check label={w.coalesce} value={back.coalesce} set={set(ctx, move |s, on: bool| change(s, &|b| b.coalesce = on))} />
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
            <Number path="clients.write_ratio" label={w.write_ratio} value={draft.scenario.clients.write_ratio} slide={Slide::Even(0.0, 1.0, 0.01)}
                set={set(ctx, |s, v: f64| s.clients.write_ratio = v)} />
            { keys(draft, ctx, traces) }
        </>
    }
}

fn arrivals(draft: &Draft, ctx: &Ctx) -> Html {
    const PATH: &str = "clients.arrivals";
    let w = ctx.words;
    let detail = match &draft.scenario.clients.arrivals {
        Arrivals::Closed { users, think, .. } => html! {
            <>
                <Number path="clients.arrivals.users" label={w.users} value={f64::from(*users)} whole=true slide={Slide::Log(1.0, 10_000.0)}
                    set={put(draft, ctx, "clients.arrivals.users")} />
                <Dist path="clients.arrivals.think" label={w.think} value={think.clone()} slide={Slide::Log(0.01, 60.0)}
                    set={set(ctx, |s, v: Distribution| if let Arrivals::Closed { think, .. } = &mut s.clients.arrivals { *think = v })} />
            </>
        },
        _ => options_at(draft, ctx, PATH),
    };
    html! {
        <>
            <Choice path={PATH} label={w.arrivals} value={word_at(draft, PATH)} set={choose(draft, ctx, PATH)}
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
    let set = choose(draft, ctx, PATH).reform(move |word: String| match &file {
        Some(file) if word == "trace" => format!("trace(file:{})", quoted(file)),
        _ => word,
    });
    // A trace can be chosen once it is open.
    let offered = choices(draft, PATH, w.keys_name).into_iter();
    let offered = offered.filter(|(name, _)| *name != "trace" || is_open || now == "trace");
    html! {
        <>
            <Choice path={PATH} label={w.keys} value={now.clone()} {set} options={offered.collect::<Vec<_>>()} />
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
    html! {
        <>
            { number_at(draft, ctx, "cache.capacity", w.capacity, Slide::Log(1.0, 100_000.0), true) }
            <Choice path={EVICTION} label={w.eviction} value={word_at(draft, EVICTION)} set={choose(draft, ctx, EVICTION)}
                options={choices(draft, EVICTION, |name| name.to_uppercase())} />
            { ttl(s.cache.ttl, ctx) }
            <Dist path="cache.command" label={w.command} value={s.cache.command.clone()} slide={Slide::Log(1e-6, 0.1)}
                set={set(ctx, |s, v: Distribution| s.cache.command = v)} />
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
    let ttl_now = ttl;
    let kind = set(ctx, move |s, name: String| {
        let ttl = time.unwrap_or(Nanos::from_secs(60));
        s.cache.ttl = match name.as_str() {
            "none" => Ttl::None,
            "mixed" => ttl_now,
            "jittered" => Ttl::Jittered { ttl, spread: 0.1 },
            "sliding" => Ttl::Sliding(ttl),
            _ => Ttl::Fixed(ttl),
        };
    });
    let set_ttl = set_time(ctx, |s, t| match &mut s.cache.ttl {
        Ttl::Fixed(ttl) | Ttl::Sliding(ttl) | Ttl::Jittered { ttl, .. } => *ttl = t,
        Ttl::None | Ttl::Mixed(_) => {}
    });
    html! {
        <>
            <Choice path="cache.ttl.kind" label={w.ttl_kind} value={name} set={kind}
                options={options(names, w.ttl_name)} />
            if time.is_some() {
                <Duration path={format!("cache.ttl{part}")} label={w.ttl} value={time} slide={Slide::Log(0.1, 86_400.0)} set={set_ttl} />
            }
            if let Ttl::Jittered { spread, .. } = ttl {
                <Number path="cache.ttl.jittered.spread" label={w.spread} value={spread} slide={Slide::Even(0.0, 1.0, 0.01)}
                    set={set(ctx, |s, v: f64| if let Ttl::Jittered { spread, .. } = &mut s.cache.ttl { *spread = v })} />
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
            <Number path="database.workers" label={w.workers} value={f64::from(d.workers)} whole=true slide={Slide::Log(1.0, 256.0)}
                set={set(ctx, |s, v: f64| s.database.workers = v as u32)} />
            <Number path="database.queue" label={w.queue} value={f64::from(d.queue)} whole=true slide={Slide::Log(1.0, 100_000.0)}
                set={set(ctx, |s, v: f64| s.database.queue = v as u32)} />
            <Dist path="database.read" label={w.database_read} value={d.read.clone()} slide={Slide::Log(1e-4, 1.0)}
                set={set(ctx, |s, v: Distribution| s.database.read = v)} />
            <Dist path="database.write" label={w.database_write} value={d.write.clone()} slide={Slide::Log(1e-4, 1.0)}
                set={set(ctx, |s, v: Distribution| s.database.write = v)} />
            <Duration path="database.batch.row" label={w.batch_row} value={Some(d.batch.row)} slide={Slide::Log(1e-6, 0.1)}
                set={set_time(ctx, |s, v| s.database.batch.row = v)} />
            <Number path="database.abort" label={w.abort} value={d.abort} slide={Slide::Even(0.0, 1.0, 0.01)}
                set={set(ctx, |s, v: f64| s.database.abort = v)} />
        </>
    }
}

fn application(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let a = &s.app;
    html! {
        <>
            <Number path="app.servers" label={w.servers} value={f64::from(a.servers)} whole=true slide={Slide::Even(1.0, 16.0, 1.0)}
                set={set(ctx, |s, v: f64| s.app.servers = v as u32)} />
            <Dist path="app.work" label={w.work} value={a.work.clone()} slide={Slide::Log(1e-5, 1.0)}
                set={set(ctx, |s, v: Distribution| s.app.work = v)} />
            <Duration path="app.cache_timeout" label={w.cache_timeout} value={a.cache_timeout} or_none=true slide={Slide::Log(1e-3, 60.0)}
                set={set(ctx, |s, v: Option<Nanos>| s.app.cache_timeout = v)} />
            <Duration path="app.database_timeout" label={w.database_timeout} value={a.database_timeout} or_none=true slide={Slide::Log(1e-3, 60.0)}
                set={set(ctx, |s, v: Option<Nanos>| s.app.database_timeout = v)} />
            <Number path="app.retries" label={w.retries} value={f64::from(a.retries)} whole=true slide={Slide::Even(0.0, 10.0, 1.0)}
                set={set(ctx, |s, v: f64| s.app.retries = v as u32)} />
            <Duration path="app.backoff" label={w.backoff} value={Some(a.backoff)} slide={Slide::Log(1e-3, 10.0)}
                set={set_time(ctx, |s, v| s.app.backoff = v)} />
        </>
    }
}

fn network(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let links = Link::ALL.into_iter().map(|link| {
        let change = set(ctx, move |s, v: Distribution| *latency(&mut s.network, link) = v);
        html! {
            <Dist key={link.name()} path={format!("network.{}", link.name().replace('-', "_"))} label={(w.link_name)(link)}
                value={s.network.latency(link).clone()} slide={Slide::Log(1e-5, 1.0)} set={change} />
        }
    });
    html! { <>{ for links }</> }
}

fn latency(network: &mut Network, link: Link) -> &mut Distribution {
    match link {
        Link::ClientApp => &mut network.client_app,
        Link::AppCache => &mut network.app_cache,
        Link::AppDatabase => &mut network.app_database,
        Link::CacheDatabase => &mut network.cache_database,
    }
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
    let add = {
        let ctx = ctx.clone();
        Callback::from(move |_: MouseEvent| {
            ctx.edit(|s| {
                let at = Nanos(s.duration.0 / 2);
                s.faults.push(Fault::new(What::CacheCrash, at));
            });
        })
    };
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
    let remove = {
        let ctx = ctx.clone();
        Callback::from(move |_: MouseEvent| {
            ctx.edit(move |s| {
                s.faults.remove(i);
            });
        })
    };
    html! {
        <div class="fault" key={i} role="group" aria-label={format!("{} {}", (w.fault_name)(fault.what), fault.at)}>
            <div class="lane-head">
                { what(ctx, i, fault) }
                <button type="button" class="icon" aria-label={w.remove_fault} onclick={remove}>{ "×" }</button>
            </div>
            { which(s, ctx, i, fault) }
            { when(s, ctx, i, fault) }
            <Duration path={format!("fault.{i}.for")} label={if matches!(fault.at, At::Every(_)) { w.mean_repair } else { w.for_how_long }}
                value={Some(fault.lasts)} slide={Slide::Log(0.05, 600.0)} set={set_time(ctx, move |s, v| s.faults[i].lasts = v)} />
            if fault.what.has_times() {
                <Number path={format!("fault.{i}.times")} label={w.times_as_long} value={fault.times.unwrap_or(1.0)} slide={Slide::Log(1.0, 1_000.0)}
                    set={set(ctx, move |s, v: f64| s.faults[i].times = Some(v))} />
            }
            if fault.what.can_be_silent() {
                <Check label={w.silent} value={fault.silent == Some(true)} set={set(ctx, move |s, on: bool| s.faults[i].silent = Some(on))} />
            }
            if fault.what.has_share() {
                <Number path={format!("fault.{i}.share")} label={w.share_struck} value={fault.share.unwrap_or(0.0)} slide={Slide::Even(0.0, 1.0, 0.01)}
                    set={set(ctx, move |s, v: f64| s.faults[i].share = Some(v))} />
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
    let change = set(ctx, move |s, name: String| {
        if let Some(what) = What::ALL.into_iter().find(|what| what.name() == name) {
            s.faults[i] = Fault { which: usual_target(what), ..Fault::new(what, s.faults[i].at) };
        }
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
    let change = set(ctx, move |s, name: String| {
        s.faults[i].at = match name.as_str() {
            "every" => At::Every(Nanos((s.duration.0 / 4).max(1))),
            "before_flush" => At::BeforeFlush(3),
            "after_acknowledged" => At::AfterAcknowledged(1_000),
            _ => At::Moment(middle),
        };
    });
    let path = |part: &str| format!("fault.{i}.at{part}");
    let count = |label: &'static str, number: u64, make: fn(u64) -> At| {
        let set = set(ctx, move |s, v: f64| s.faults[i].at = make(v as u64));
        html! { <Number path={path(&format!(".{kind}"))} {label} value={number as f64} whole=true {set} /> }
    };
    let numbers = match fault.at {
        At::Moment(at) => html! {
            <Duration path={path("")} label={w.at_moment} value={Some(at)} slide={Slide::Even(0.0, s.duration.as_secs_f64(), 0.1)}
                set={set_time(ctx, move |s, v| s.faults[i].at = At::Moment(v))} />
        },
        At::Every(mean) => html! {
            <Duration path={path(".every")} label={w.mean_between} value={Some(mean)} slide={Slide::Log(0.1, 3_600.0)}
                set={set_time(ctx, move |s, v| s.faults[i].at = At::Every(v))} />
        },
        At::BeforeFlush(number) => count(w.nth_flush, number, At::BeforeFlush),
        At::AfterAcknowledged(number) => count(w.nth_write, number, At::AfterAcknowledged),
    };
    let kinds = options(&["moment", "every", "before_flush", "after_acknowledged"], w.when_name);
    html! {
        <>
            <Choice path={format!("fault.{i}.when")} label={w.when} value={kind} set={change} options={kinds} />
            { numbers }
        </>
    }
}

/// Which node, server or link a fault strikes.
fn which(s: &Scenario, ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let path = format!("fault.{i}.which");
    let server = set(ctx, move |s, name: String| s.faults[i].which = name.parse().ok().map(Which::Server));
    let numbered =
        |count: u32| (0..count).map(|n| (AttrValue::from(n.to_string()), AttrValue::from((n + 1).to_string())));
    let chosen = match fault.which {
        Some(Which::Server(number)) => number.to_string(),
        _ => String::new(),
    };
    match fault.what.part() {
        Part::App => {
            let options: Vec<_> = numbered(s.app.servers).collect();
            html! { <Choice {path} label={w.which_server} value={chosen} set={server} {options} /> }
        }
        Part::Cache if s.cache.shards > 1 => {
            let all = std::iter::once((AttrValue::from(""), AttrValue::from(w.all_nodes)));
            let options: Vec<_> = all.chain(numbered(s.cache.shards)).collect();
            html! { <Choice {path} label={w.which_node} value={chosen} set={server} {options} /> }
        }
        Part::Link => {
            let links = Link::ALL.iter().map(|l| (AttrValue::from(l.name()), AttrValue::from((w.link_name)(*l))));
            let chosen = if let Some(Which::Link(link)) = fault.which { link } else { Link::AppCache };
            let change = set(ctx, move |s, name: String| {
                s.faults[i].which = Link::ALL.iter().copied().find(|l| l.name() == name).map(Which::Link);
            });
            html! { <Choice {path} label={w.which_link} value={chosen.name()} set={change} options={links.collect::<Vec<_>>()} /> }
        }
        _ => html! {},
    }
}

fn run(s: &Scenario, ctx: &Ctx) -> Html {
    let w: &'static Words = ctx.words;
    html! {
        <>
            <Number path="seed" label={w.seed} value={s.seed as f64} whole=true set={set(ctx, |s, v: f64| s.seed = v as u64)} />
            <Duration path="duration" label={w.duration} value={Some(s.duration)} slide={Slide::Log(1.0, 3600.0)}
                set={set_time(ctx, |s, v| s.duration = v)} />
            <Duration path="warmup" label={w.warmup} value={Some(s.warmup)}
                set={set_time(ctx, |s, v| s.warmup = v)} />
        </>
    }
}
