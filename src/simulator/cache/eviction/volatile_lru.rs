//! Redis' `volatile-lru`: [`redis_lru`] among entries with a time to live; without one, nothing can go.

use super::redis_lru;
use crate::cache::entry::Capacity;
use crate::random::Stream;

/// The policy as a store has it.
pub(super) type Built = redis_lru::Built;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    redis_lru::RedisLru::volatile(stream)
}
