//! The controls beside the figures: lanes, traffic, cache, database, application, network, faults, run.

use std::rc::Rc;

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use super::fields::{Check, Choice, Ctx, Dist, Duration, Number, Segments, Slide, use_ctx};
use super::panels::Swatch;
use super::state::Action;
use super::words::Words;
use crate::scenario::{
    Arrivals, At, Batch, DirtyEnd, Distribution, Eviction, Fault, Invalidate, Keys, Lane, Link, Network, Order, Part,
    Reading, Scenario, Ttl, What, Which, WriteAround, WriteBack, WriteThrough, Writing,
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
    /// The name of the opened trace file.
    pub trace: Option<String>,
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
    let section = |title: &'static str, name: &'static str, open: bool, phase: u8, inside: &dyn Fn() -> Html| {
        let inside = if props.phase >= phase {
            inside()
        } else {
            html! {}
        };
        html! {
            <details class={classes!("section", name)} {open}>
                <summary><h2>{ title }</h2></summary>
                <div class="inside">{ inside }</div>
            </details>
        }
    };
    html! {
        <aside class="controls" aria-label={w.controls}>
            { section(w.lanes, "", wide, 1, &|| lanes(props, &ctx)) }
            { section(w.traffic, "clients", wide, 2, &|| traffic(s, &ctx, props.trace.as_deref())) }
            { section(w.cache, "cache", wide, 3, &|| cache(s, &ctx)) }
            { section(w.database, "database", false, 4, &|| database(s, &ctx)) }
            { section(w.application, "app", false, 5, &|| application(s, &ctx)) }
            { section(w.network, "network", false, 6, &|| network(s, &ctx)) }
            { section(w.faults, "fault", false, 7, &|| faults(s, &ctx)) }
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

// ---- lanes

fn lanes(props: &ControlsProps, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let all = props.scenario.lanes.iter().enumerate().map(|(i, lane)| lane_block(props, ctx, i, lane));
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
    let all = ["look-aside", "read-through", "none"]
        .into_iter()
        .flat_map(|read| ["write-back", "write-through", "write-around"].into_iter().map(move |write| (read, write)));
    let free = all
        .into_iter()
        .find(|(read, write)| !s.lanes.iter().any(|lane| lane.read.name() == *read && lane.write.name() == *write));
    let (read, write) = free.unwrap_or(("look-aside", "write-back"));
    Lane { read: reading(read), write: writing(write), ..Lane::default() }
}

fn reading(name: &str) -> Reading {
    match name {
        "none" => Reading::None {},
        "read-through" => Reading::read_through(),
        _ => Reading::look_aside(),
    }
}

fn writing(name: &str) -> Writing {
    match name {
        "write-back" => Writing::WriteBack(WriteBack::default()),
        "write-through" => Writing::WriteThrough(WriteThrough::default()),
        _ => Writing::WriteAround(WriteAround::default()),
    }
}

fn lane_block(props: &ControlsProps, ctx: &Ctx, i: usize, lane: &Lane) -> Html {
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
    let read = set(ctx, move |s, name: String| {
        s.lanes[i].read = reading(&name);
        s.lanes[i].name.clear();
    });
    let write = set(ctx, move |s, name: String| {
        s.lanes[i].write = writing(&name);
        s.lanes[i].name.clear();
    });
    html! {
        <div class="lane" key={i} role="group" aria-label={title.clone()}>
            <div class="lane-head">
                <Swatch lane={i} />
                <Check label={title.clone()} value={shown} set={toggle} />
                if props.scenario.lanes.len() > 1 {
                    <button type="button" class="icon" aria-label={(w.remove_lane)(&title)} onclick={remove}>{ "×" }</button>
                }
            </div>
            <Segments path={format!("lane.{i}.read")} label={w.reads} value={lane.read.name()} set={read}
                options={options(&["none", "look-aside", "read-through"], w.strategy_name)} />
            <Segments path={format!("lane.{i}.write")} label={w.writes} value={lane.write.name()} set={write}
                options={options(&["write-around", "write-through", "write-back"], w.strategy_name)} />
            <details class="options">
                <summary>{ w.options }</summary>
                { lane_options(ctx, i, lane) }
            </details>
        </div>
    }
}

fn lane_options(ctx: &Ctx, i: usize, lane: &Lane) -> Html {
    match &lane.write {
        Writing::WriteAround(around) => write_around(ctx, i, around),
        Writing::WriteThrough(through) => write_through(ctx, i, through),
        Writing::WriteBack(back) => write_back(ctx, i, back),
    }
}

fn write_around(ctx: &Ctx, i: usize, around: &WriteAround) -> Html {
    let w = ctx.words;
    let chosen = if around.cached == Invalidate::Leave { "leave" } else { "delete" };
    let cached = set(ctx, move |s, name: String| {
        if let Writing::WriteAround(around) = &mut s.lanes[i].write {
            around.cached = if name == "leave" { Invalidate::Leave } else { Invalidate::Delete };
        }
    });
    let choices = vec![("delete".into(), w.cached_delete.into()), ("leave".into(), w.cached_leave.into())];
    html! { <Choice path={format!("lane.{i}.write.cached")} label={w.cached_copy} options={choices} value={chosen} set={cached} /> }
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

fn write_back(ctx: &Ctx, i: usize, back: &WriteBack) -> Html {
    let w = ctx.words;
    let change = move |s: &mut Scenario, change: &dyn Fn(&mut WriteBack)| {
        if let Writing::WriteBack(back) = &mut s.lanes[i].write {
            change(back);
        }
    };
    let path = |field: &str| format!("lane.{i}.write.{field}");
    let end = |name: &str| if name == "drop" { DirtyEnd::Drop } else { DirtyEnd::Flush };
    let end_name = |end: DirtyEnd| if end == DirtyEnd::Drop { "drop" } else { "flush" };
    let ends = vec![("flush".into(), w.end_flush.into()), ("drop".into(), w.end_drop.into())];
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
            <Choice path={path("on_expiry")} label={w.on_expiry} options={ends.clone()} value={end_name(back.on_expiry)}
                set={set(ctx, move |s, name: String| change(s, &|b| b.on_expiry = end(&name)))} />
            <Choice path={path("on_eviction")} label={w.on_eviction} options={ends} value={end_name(back.on_eviction)}
                set={set(ctx, move |s, name: String| change(s, &|b| b.on_eviction = end(&name)))} />
        </>
    }
}

// ---- traffic

fn traffic(s: &Scenario, ctx: &Ctx, trace: Option<&str>) -> Html {
    let w = ctx.words;
    html! {
        <>
            { arrivals(&s.clients.arrivals, ctx) }
            <Number path="clients.write_ratio" label={w.write_ratio} value={s.clients.write_ratio} slide={Slide::Even(0.0, 1.0, 0.01)}
                set={set(ctx, |s, v: f64| s.clients.write_ratio = v)} />
            { keys(&s.clients.keys, ctx, trace) }
        </>
    }
}

fn arrivals(arrivals: &Arrivals, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let rate = arrivals.mean_gap().map_or(100.0, |_| match arrivals {
        Arrivals::Poisson { rate } | Arrivals::Constant { rate } => *rate,
        Arrivals::Closed { .. } => 100.0,
    });
    let kind = set(ctx, move |s, name: String| {
        s.clients.arrivals = match name.as_str() {
            "constant" => Arrivals::Constant { rate },
            "closed" => Arrivals::Closed { users: 100, think: Distribution::Exponential(Nanos::from_secs(1)) },
            _ => Arrivals::Poisson { rate },
        };
    });
    let set_rate = set(ctx, |s, v: f64| match &mut s.clients.arrivals {
        Arrivals::Poisson { rate } | Arrivals::Constant { rate } => *rate = v,
        Arrivals::Closed { .. } => {}
    });
    let name = match arrivals {
        Arrivals::Poisson { .. } => "poisson",
        Arrivals::Constant { .. } => "constant",
        Arrivals::Closed { .. } => "closed",
    };
    let numbers = match arrivals {
        Arrivals::Poisson { rate } | Arrivals::Constant { rate } => html! {
            <Number path="clients.arrivals.rate" label={w.rate} value={*rate} slide={Slide::Log(1.0, 10_000.0)} set={set_rate} />
        },
        Arrivals::Closed { users, think } => html! {
            <>
                <Number path="clients.arrivals.users" label={w.users} value={f64::from(*users)} whole=true slide={Slide::Log(1.0, 10_000.0)}
                    set={set(ctx, |s, v: f64| if let Arrivals::Closed { users, .. } = &mut s.clients.arrivals { *users = v as u32 })} />
                <Dist path="clients.arrivals.think" label={w.think} value={think.clone()} slide={Slide::Log(0.01, 60.0)}
                    set={set(ctx, |s, v: Distribution| if let Arrivals::Closed { think, .. } = &mut s.clients.arrivals { *think = v })} />
            </>
        },
    };
    html! {
        <>
            <Choice path="clients.arrivals" label={w.arrivals} value={name} set={kind}
                options={options(&["poisson", "constant", "closed"], w.arrivals_name)} />
            { numbers }
        </>
    }
}

fn keys(keys: &Keys, ctx: &Ctx, trace: Option<&str>) -> Html {
    let w = ctx.words;
    let (name, count) = match keys {
        Keys::Uniform { count } => ("uniform", *count),
        Keys::Zipf { count, .. } => ("zipf", *count),
        Keys::HotSet { count, .. } => ("hot-set", *count),
        Keys::Trace { .. } => ("trace", 1000),
    };
    let file = trace.map(str::to_owned);
    let kind = set(ctx, move |s, name: String| {
        s.clients.keys = match name.as_str() {
            "uniform" => Keys::Uniform { count },
            "hot-set" => Keys::HotSet { count, hot: 0.1, traffic: 0.9 },
            "trace" => Keys::Trace { file: file.clone().unwrap_or_default() },
            _ => Keys::Zipf { count, alpha: 1.0 },
        };
    });
    let mut names = vec!["zipf", "uniform", "hot-set"];
    if trace.is_some() || name == "trace" {
        names.push("trace");
    }
    let set_count = set(ctx, |s, v: f64| match &mut s.clients.keys {
        Keys::Uniform { count } | Keys::Zipf { count, .. } | Keys::HotSet { count, .. } => *count = v as u32,
        Keys::Trace { .. } => {}
    });
    let detail = match keys {
        Keys::Zipf { alpha, .. } => html! {
            <Number path="clients.keys.alpha" label={w.alpha} value={*alpha} slide={Slide::Even(0.0, 2.0, 0.05)}
                set={set(ctx, |s, v: f64| if let Keys::Zipf { alpha, .. } = &mut s.clients.keys { *alpha = v })} />
        },
        Keys::HotSet { hot, traffic, .. } => html! {
            <>
                <Number path="clients.keys.hot" label={w.hot} value={*hot} slide={Slide::Even(0.0, 1.0, 0.01)}
                    set={set(ctx, |s, v: f64| if let Keys::HotSet { hot, .. } = &mut s.clients.keys { *hot = v })} />
                <Number path="clients.keys.traffic" label={w.hot_traffic} value={*traffic} slide={Slide::Even(0.0, 1.0, 0.01)}
                    set={set(ctx, |s, v: f64| if let Keys::HotSet { traffic, .. } = &mut s.clients.keys { *traffic = v })} />
            </>
        },
        Keys::Trace { file } => html! { <p class="soft">{ w.trace }{ ": " }{ file }</p> },
        Keys::Uniform { .. } => html! {},
    };
    html! {
        <>
            <Choice path="clients.keys" label={w.keys} value={name} set={kind} options={options(&names, w.keys_name)} />
            if name != "trace" {
                <Number path="clients.keys.count" label={w.key_count} value={f64::from(count)} whole=true slide={Slide::Log(1.0, 100_000.0)} set={set_count} />
            }
            { detail }
            { trace_input(ctx) }
        </>
    }
}

fn trace_input(ctx: &Ctx) -> Html {
    let act = ctx.act.clone();
    let open = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            let (act, name) = (act.clone(), file.name());
            read_file(&file, move |keys| act.emit(Action::OpenTrace { name: name.clone(), keys }));
            input.set_value(""); // else the same file, mended, would be no change
        }
    });
    html! { <label class="file">{ ctx.words.open_trace }<input type="file" accept=".txt,.csv,.trace,text/plain" onchange={open} /></label> }
}

/// Reads a file's text; `done` hears it.
pub fn read_file(file: &File, done: impl Fn(String) + 'static) {
    let text = file.text();
    wasm_bindgen_futures::spawn_local(async move {
        if let Ok(text) = wasm_bindgen_futures::JsFuture::from(text).await {
            done(text.as_string().unwrap_or_default());
        }
    });
}

// ---- cache

fn cache(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let eviction = s.cache.eviction.name();
    let set_eviction = set(ctx, |s, name: String| {
        if let Ok(eviction) = name.parse::<Eviction>() {
            s.cache.eviction = eviction;
        }
    });
    let policies = Eviction::ALL
        .iter()
        .map(|policy| (AttrValue::from(policy.name()), AttrValue::from(policy.name().to_uppercase())));
    html! {
        <>
            <Number path="cache.capacity" label={w.capacity} value={f64::from(s.cache.capacity)} whole=true slide={Slide::Log(1.0, 100_000.0)}
                set={set(ctx, |s, v: f64| s.cache.capacity = v as u32)} />
            <Choice path="cache.eviction" label={w.eviction} value={eviction} set={set_eviction} options={policies.collect::<Vec<_>>()} />
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
    };
    let kind = set(ctx, move |s, name: String| {
        let ttl = time.unwrap_or(Nanos::from_secs(60));
        s.cache.ttl = match name.as_str() {
            "none" => Ttl::None,
            "jittered" => Ttl::Jittered { ttl, spread: 0.1 },
            "sliding" => Ttl::Sliding(ttl),
            _ => Ttl::Fixed(ttl),
        };
    });
    let set_ttl = set_time(ctx, |s, t| match &mut s.cache.ttl {
        Ttl::Fixed(ttl) | Ttl::Sliding(ttl) | Ttl::Jittered { ttl, .. } => *ttl = t,
        Ttl::None => {}
    });
    html! {
        <>
            <Choice path="cache.ttl.kind" label={w.ttl_kind} value={name} set={kind}
                options={options(&["none", "fixed", "jittered", "sliding"], w.ttl_name)} />
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
    let Batch { base, row } = &d.batch;
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
            <Dist path="database.batch.base" label={w.batch_base} value={base.clone()} slide={Slide::Log(1e-4, 1.0)}
                set={set(ctx, |s, v: Distribution| s.database.batch.base = v)} />
            <Duration path="database.batch.row" label={w.batch_row} value={Some(*row)} slide={Slide::Log(1e-6, 0.1)}
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

fn faults(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let all = s.faults.iter().enumerate().map(|(i, fault)| fault_block(s, ctx, i, fault));
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
    let what = set(ctx, move |s, name: String| {
        if let Some(what) = What::ALL.iter().copied().find(|what| what.name() == name) {
            let which = match what.part() {
                Part::App => Some(Which::Server(0)),
                Part::Link => Some(Which::Link(Link::AppCache)),
                Part::Cache | Part::Replica | Part::Database => None,
            };
            s.faults[i] = Fault { which, ..Fault::new(what, s.faults[i].at) };
        }
    });
    let kinds = What::ALL.iter().map(|what| (AttrValue::from(what.name()), AttrValue::from((w.fault_name)(*what))));
    html! {
        <div class="fault" key={i} role="group" aria-label={format!("{} {}", (w.fault_name)(fault.what), fault.at)}>
            <div class="lane-head">
                <Choice path={format!("fault.{i}.what")} label={w.what_breaks} value={fault.what.name()} set={what} options={kinds.collect::<Vec<_>>()} />
                <button type="button" class="icon" aria-label={w.remove_fault} onclick={remove}>{ "×" }</button>
            </div>
            { which(s, ctx, i, fault) }
            if let At::Moment(at) = fault.at {
                <Duration path={format!("fault.{i}.at")} label={w.at_moment} value={Some(at)} slide={Slide::Even(0.0, s.duration.as_secs_f64(), 0.1)}
                    set={set_time(ctx, move |s, v| s.faults[i].at = At::Moment(v))} />
            }
            <Duration path={format!("fault.{i}.for")} label={w.for_how_long} value={Some(fault.lasts)} slide={Slide::Log(0.05, 600.0)}
                set={set_time(ctx, move |s, v| s.faults[i].lasts = v)} />
        </div>
    }
}

/// Which server or link a fault strikes.
fn which(s: &Scenario, ctx: &Ctx, i: usize, fault: &Fault) -> Html {
    let w = ctx.words;
    let path = format!("fault.{i}.which");
    match fault.what.part() {
        Part::App => {
            let servers =
                (0..s.app.servers).map(|n| (AttrValue::from(n.to_string()), AttrValue::from((n + 1).to_string())));
            let chosen = if let Some(Which::Server(n)) = fault.which { n } else { 0 };
            let change = set(ctx, move |s, name: String| s.faults[i].which = name.parse().ok().map(Which::Server));
            html! { <Choice {path} label={w.which_server} value={chosen.to_string()} set={change} options={servers.collect::<Vec<_>>()} /> }
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
