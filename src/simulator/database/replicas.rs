//! Read replicas: each hears of the primary's commits some time later, in their order, and answers reads from what it has
//! received so far.

use std::collections::VecDeque;

use super::Row;
use crate::model::{Key, WriteId};
use crate::scenario::estimate;
use crate::time::Nanos;
use crate::{table, work};

const _: () = assert!(size_of::<(Nanos, Row)>() <= estimate::ROW_ON_ITS_WAY_BYTES);

/// What one replica has received. See the module.
#[derive(Debug, Default)]
pub(super) struct Replica {
    current: Vec<WriteId>,
    /// What is on its way, and when it arrives: later ones never earlier.
    in_transit: VecDeque<(Nanos, Row)>,
}

impl Replica {
    /// A row is committed now, and arrives at the moment `at`, or when what was sent before it has.
    pub fn receive(&mut self, row: Row, at: Nanos, now: Nanos) {
        self.catch_up(now);
        let at = self.in_transit.back().map_or(at, |&(last, _)| at.max(last));
        self.in_transit.push_back((at, row));
    }

    /// Its value of `key`.
    pub fn value(&mut self, key: Key, now: Nanos) -> WriteId {
        self.catch_up(now);
        self.current.get(key as usize).copied().unwrap_or_default()
    }

    fn catch_up(&mut self, now: Nanos) {
        while let Some((_, row)) = self.in_transit.pop_front_if(|(at, _)| *at <= now) {
            work::count(1);
            table::reach(&mut self.current, row.key as usize, WriteId::default());
            self.current[row.key as usize] = row.write;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_arrive_in_their_order_whatever_each_would_take() {
        let row = |write| Row { key: 3, write: WriteId(write) };
        let mut replica = Replica::default();
        replica.receive(row(1), Nanos(50), Nanos(0));
        replica.receive(row(2), Nanos(20), Nanos(10));
        replica.receive(row(3), Nanos(90), Nanos(40));
        let seen: Vec<u32> = [49, 50, 89, 90].map(|now| replica.value(3, Nanos(now)).0).to_vec();
        assert_eq!(seen, [0, 2, 2, 3]);
        assert_eq!(replica.value(7, Nanos(100)), WriteId::INITIAL);
    }
}
