//! OPT, the yardstick no real policy can beat: the entry whose next use lies farthest ahead goes.
//!
//! It needs to know the future, so it replays a recorded sequence. Every key is admitted, also one that is never
//! used again. Bélády, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 1966.

use std::collections::BinaryHeap;

use crate::cache::replay::ReplayCounts;

/// A next use later than all others: there is none.
const NEVER: u64 = u64::MAX;

/// Plays the whole sequence of dense key ids through a cache of `capacity` entries. Takes n·log(n) time and 24 bytes
/// a request.
///
/// # Panics
/// When `capacity` is zero.
pub fn replay(keys: &[u32], capacity: u32) -> ReplayCounts {
    assert!(capacity > 0, "a cache holds at least one entry");
    let mut held = vec![false; keys.iter().max().map_or(0, |&key| key as usize + 1)];
    let mut len = 0;
    // (Next use, key), farthest first, pushed at every use. Pairs whose next use has come are outdated and stay: they
    // lie in the past, every held key's latest pair lies in the future, so an outdated one never comes out first.
    let mut farthest: BinaryHeap<(u64, u32)> = BinaryHeap::new();
    let mut counts = ReplayCounts::default();
    for (&key, next) in keys.iter().zip(next_uses(keys)) {
        let hit = held[key as usize];
        counts.count(hit);
        if !hit && len == capacity {
            let (_, victim) = farthest.pop().expect("a full cache holds something");
            assert!(std::mem::take(&mut held[victim as usize]), "the farthest next use is a held key's");
        } else if !hit {
            len += 1;
        }
        held[key as usize] = true;
        farthest.push((next, key));
    }
    counts
}

/// For each request the number of the next one for the same key.
fn next_uses(keys: &[u32]) -> Vec<u64> {
    let mut upcoming = vec![NEVER; keys.iter().max().map_or(0, |&key| key as usize + 1)];
    let mut next: Vec<u64> =
        (0..keys.len() as u64).rev().map(|i| std::mem::replace(&mut upcoming[keys[i as usize] as usize], i)).collect();
    next.reverse();
    next
}
