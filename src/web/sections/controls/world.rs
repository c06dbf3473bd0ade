//! The world that all lanes share: the cache, the database, the application servers, the network; and the run.

use yew::prelude::*;

use super::{choices, choose, number_at, word_at};
use crate::scenario::{Edit, FieldValue, Link, Scenario, Ttl, slider_of};
use crate::web::components::any_field::Draft;
use crate::web::components::choice::Choice;
use crate::web::components::context::Ctx;
use crate::web::components::distribution::Dist;
use crate::web::components::number::{Duration, Number};
use crate::web::i18n::Words;

pub(super) fn cache(draft: &Draft, ctx: &Ctx) -> Html {
    const EVICTION: &str = "cache.eviction";
    let (w, s) = (ctx.words, &draft.scenario);
    let edits = Callback::from(|word: String| choose(EVICTION, FieldValue::word(&word)));
    html! {
        <>
            { number_at(draft, "cache.capacity", w.capacity, true) }
            <Choice path={EVICTION} label={w.eviction} value={word_at(draft, EVICTION)} {edits}
                options={choices(draft, EVICTION, |name| name.to_uppercase())} />
            { ttl(s.cache.ttl, ctx) }
            <Dist path="cache.command" label={w.command} value={s.cache.command.clone()} />
        </>
    }
}

fn ttl(ttl: Ttl, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let part = match ttl {
        Ttl::None | Ttl::Fixed(_) | Ttl::Mixed(_) => "",
        Ttl::Jittered { .. } => ".jittered.ttl",
        Ttl::Sliding(_) => ".sliding",
    };
    let options: Vec<(AttrValue, AttrValue)> =
        ttl.each_kind().iter().map(|kind| (kind.kind().into(), kind.title().say(w.lang).to_owned().into())).collect();
    let edits = Callback::from(move |name: String| {
        let chosen = ttl.each_kind().into_iter().find(|kind| kind.kind() == name);
        chosen.map(|chosen| Edit::set("cache.ttl", FieldValue::of(&chosen))).into_iter().collect()
    });
    html! {
        <>
            <Choice path="cache.ttl.kind" label={w.ttl_kind} value={ttl.kind()} {edits} {options} />
            if let Some(time) = ttl.time() {
                <Duration path={format!("cache.ttl{part}")} label={w.ttl} value={Some(time)} slide={slider_of("cache.ttl")} />
            }
            if let Ttl::Jittered { spread, .. } = ttl {
                <Number path="cache.ttl.jittered.spread" label={w.spread} value={spread} />
            }
        </>
    }
}

pub(super) fn database(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let d = &s.database;
    html! {
        <>
            <Number path="database.workers" label={w.workers} value={f64::from(d.workers)} whole=true />
            <Number path="database.queue" label={w.queue} value={f64::from(d.queue)} whole=true />
            <Dist path="database.read" label={w.database_read} value={d.read.clone()} />
            <Dist path="database.write" label={w.database_write} value={d.write.clone()} />
            <Duration path="database.batch.row" label={w.batch_row} value={Some(d.batch.row)} />
            <Number path="database.abort" label={w.abort} value={d.abort} />
        </>
    }
}

pub(super) fn application(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let a = &s.app;
    html! {
        <>
            <Number path="app.servers" label={w.servers} value={f64::from(a.servers)} whole=true />
            <Dist path="app.work" label={w.work} value={a.work.clone()} />
            <Duration path="app.cache_timeout" label={w.cache_timeout} value={a.cache_timeout} />
            <Duration path="app.database_timeout" label={w.database_timeout} value={a.database_timeout} />
            <Number path="app.retries" label={w.retries} value={f64::from(a.retries)} whole=true />
            <Duration path="app.backoff" label={w.backoff} value={Some(a.backoff)} />
        </>
    }
}

pub(super) fn network(s: &Scenario, ctx: &Ctx) -> Html {
    let w = ctx.words;
    let links = Link::ALL.into_iter().map(|link| {
        html! {
            <Dist key={link.name()} path={format!("network.{}", link.name().replace('-', "_"))} label={(w.link_name)(link)}
                value={s.network.latency(link).clone()} />
        }
    });
    html! { <>{ for links }</> }
}

pub(super) fn run(s: &Scenario, ctx: &Ctx) -> Html {
    let w: &'static Words = ctx.words;
    html! {
        <>
            <Number path="seed" label={w.seed} value={s.seed as f64} whole=true />
            <Duration path="duration" label={w.duration} value={Some(s.duration)} />
            <Duration path="warmup" label={w.warmup} value={Some(s.warmup)} />
        </>
    }
}
