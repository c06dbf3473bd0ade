//! A gutter: where the node of a key gives no answer, the client takes it for dead and asks a small pool that stands in for it, and
//! fills that on a miss. What is there expires soon, and no write is told it: it may be stale for as long.

use super::App;
use super::look_aside::Looked;
use crate::cache::command::Guard;
use crate::model::Key;

/// Asks the gutter in the place of a node that has not answered.
pub async fn look_up(app: &App<'_>, key: Key) -> Looked {
    match app.cache.get_from_gutter(key).await {
        Ok(Some(value)) => {
            app.near.do_not_keep(); // it may be older than what the near cache was told
            Looked::Good(value)
        }
        Ok(None) => Looked::Missed(Some(Guard::Gutter)),
        Err(_) => Looked::Missed(None),
    }
}
