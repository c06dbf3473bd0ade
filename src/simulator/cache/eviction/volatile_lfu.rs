//! Redis' `volatile-lfu`: [`redis_lfu`] among entries with a time to live; without one, nothing can go.

use super::redis_lfu;
use crate::cache::entry::Capacity;
use crate::random::Stream;

/// The policy as a store has it.
pub(super) type Built = redis_lfu::Built;

/// Builds the policy for a store.
pub(super) fn build(_: Capacity, stream: Stream) -> Built {
    Box::new(redis_lfu::RedisLfu::volatile(stream))
}
