//! Several keys at once (a feed, a product list): one MGET to each cache node that has some of them, and what they have
//! missed from the database, by one query for all of it or, scattered, by one a key.
//!
//! The answer is there when its last part is, so its latency is the maximum of the parts: of a hundred that are slow once in a
//! hundred times each, 63 % of all have one that is slow (Dean and Barroso, "The Tail at Scale", CACM 2013). And where each
//! request asks all nodes anyway, more nodes serve hardly more requests: the multiget hole (Facebook, 2009).

use super::App;
use crate::cache::command::{Fill, Guard};
use crate::cache::ttl::EntryTtl;
use crate::engine::join_all;
use crate::model::{CallError, Key, WriteId};
use crate::scenario::Reading;
use crate::time::Nanos;

/// What became of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its value.
    pub outcome: Result<WriteId, CallError>,
    /// Whether that is a copy.
    pub from_cache: bool,
}

/// How a key stands after the cache has been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    Found(WriteId),
    Missed,
    /// Its node did not answer: it is not filled, either.
    NotAsked,
}

/// Reads all of `keys`; a key that cannot be read does not fail the others.
pub async fn read(app: &App<'_>, how: &Reading, keys: &[Key]) -> Vec<Part> {
    let begun = app.near.begin();
    let near: Vec<Option<WriteId>> = keys.iter().map(|&key| app.near.get(key)).collect();
    let beyond: Vec<Key> = keys.iter().zip(&near).filter(|(_, near)| near.is_none()).map(|(&key, _)| key).collect();
    let mut read = read_beyond(app, how, &beyond).await.into_iter();
    let parts = near.into_iter().map(|near| match near {
        Some(value) => Part { outcome: Ok(value), from_cache: true },
        None => read.next().expect("what is not near is read beyond"),
    });
    let parts: Vec<Part> = parts.collect();
    for (&key, part) in keys.iter().zip(&parts) {
        if let (Ok(value), true) = (part.outcome, beyond.binary_search(&key).is_ok()) {
            app.near.keep(key, value, app.ttl(key, value), begun);
        }
    }
    parts
}

/// Reads from the cache, and from the database what the cache has not.
async fn read_beyond(app: &App<'_>, how: &Reading, keys: &[Key]) -> Vec<Part> {
    let looked = match how {
        Reading::LookAside(_) => look_up(app, keys).await,
        Reading::None {} | Reading::ReadThrough(_) => vec![Looked::NotAsked; keys.len()],
    };
    let lacking = keys.iter().zip(&looked).filter(|(_, looked)| !matches!(looked, Looked::Found(_)));
    let lacking: Vec<(Key, bool)> = lacking.map(|(&key, &looked)| (key, looked == Looked::Missed)).collect();
    let mut loaded = load(app, &lacking).await.into_iter();
    let part = |looked| match looked {
        Looked::Found(value) => Part { outcome: Ok(value), from_cache: true },
        Looked::Missed | Looked::NotAsked => {
            Part { outcome: loaded.next().expect("what is lacking is loaded"), from_cache: false }
        }
    };
    looked.into_iter().map(part).collect()
}

/// Asks each node for those of `keys` that it has.
async fn look_up(app: &App<'_>, keys: &[Key]) -> Vec<Looked> {
    let mut looked = vec![Looked::NotAsked; keys.len()];
    let nodes = app.cache.by_node(keys);
    let asked = nodes.iter().map(|places| app.cache.multi_get(places.iter().map(|&place| keys[place]).collect()));
    for (places, answer) in nodes.iter().zip(join_all(asked.collect()).await) {
        let Ok(found) = answer else { continue };
        for (&place, value) in places.iter().zip(found) {
            looked[place] = value.map_or(Looked::Missed, Looked::Found);
        }
    }
    looked
}

/// Reads the database, and fills the cache with those whose node has answered. Each fill is a SET: MSET takes no TTL.
async fn load(app: &App<'_>, lacking: &[(Key, bool)]) -> Vec<Result<WriteId, CallError>> {
    if lacking.is_empty() {
        return Vec::new();
    }
    let begun = app.cache.kernel.now();
    let loaded = match app.server.scatters {
        true => join_all(lacking.iter().map(|&(key, _)| app.database.read(key)).collect()).await,
        false => match app.database.read_several(lacking.iter().map(|&(key, _)| key).collect()).await {
            Ok(values) => values.into_iter().map(Ok).collect(),
            Err(failure) => vec![Err(failure); lacking.len()],
        },
    };
    let load_time = app.cache.kernel.now() - begun;
    let fills = lacking.iter().zip(&loaded).filter_map(|(lacking, loaded)| fill(app, *lacking, *loaded, load_time));
    // The reader has its values whether or not the cache could be filled.
    let _ = join_all(fills.map(|fill| app.cache.fill(fill)).collect()).await;
    loaded
}

/// What to put in the cache of one, if anything.
fn fill(
    app: &App<'_>,
    (key, fills): (Key, bool),
    loaded: Result<WriteId, CallError>,
    load_time: Nanos,
) -> Option<Fill> {
    let value = loaded.ok().filter(|_| fills)?;
    let ttl = app.ttl(key, value);
    (ttl != EntryTtl::None).then_some(Fill { key, value, guard: Guard::Open, ttl, load_time })
}
