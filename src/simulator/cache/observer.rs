//! What a store tells the ledger: which value came, and which has left.
//!
//! A store calls it where an entry is taken up or given back, so that nothing comes or goes unseen, whatever it was for. A
//! store that nobody watches, as in a replay, pays one look at an empty option.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::entry::Entry;
use crate::engine::Kernel;
use crate::ledger::{Ledger, Origin, Place};
use crate::model::WriteId;

/// Tells the ledger of the entries of one store.
#[derive(Clone)]
pub struct CopyObserver {
    kernel: Rc<Kernel>,
    ledger: Rc<RefCell<Ledger>>,
    place: Place,
    /// How what comes next comes.
    origin: Cell<Origin>,
}

impl CopyObserver {
    /// An observer of the store at `place`.
    pub fn new(kernel: Rc<Kernel>, ledger: Rc<RefCell<Ledger>>, place: Place) -> CopyObserver {
        CopyObserver { kernel, ledger, place, origin: Cell::new(Origin::Fill) }
    }

    pub(super) fn set_origin(&self, origin: Origin) {
        self.origin.set(origin);
    }

    pub(super) fn added(&self, entry: &Entry) {
        let (value, origin) = (WriteId(entry.value), self.origin.get());
        let mut ledger = self.ledger.borrow_mut();
        ledger.copied(entry.key, self.place, value, origin, entry.expires, self.kernel.now());
    }

    pub(super) fn renewed(&self, entry: &Entry) {
        self.ledger.borrow_mut().renewed(entry.key, self.place, entry.expires, self.kernel.now());
    }

    pub(super) fn removed(&self, entry: &Entry) {
        self.ledger.borrow_mut().dropped(entry.key, self.place, self.kernel.now());
    }
}

impl fmt::Debug for CopyObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CopyObserver({:?})", self.place)
    }
}
