//! Calls for several keys at once (MGET to a node, `IN (…)` to the database): which keys they name, and what was found of each.
//!
//! A call's request is a small copy that travels; what it names stands here, as long as somebody waits for it or it is under way.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::model::{Key, WriteId};
use crate::slots::Slots;
use crate::work;

/// The keys of one, and their values as they were when it was served last; none before it was.
#[derive(Debug, Default)]
pub struct MultiGet {
    /// Its keys.
    pub keys: Box<[Key]>,
    found: RefCell<Vec<Option<WriteId>>>,
}

impl MultiGet {
    /// Where `key` stands among its keys.
    pub fn place(&self, key: Key) -> Option<usize> {
        work::count(self.keys.len());
        self.keys.iter().position(|&other| other == key)
    }

    /// What was found of `key`.
    pub fn value(&self, key: Key) -> Option<WriteId> {
        self.found.borrow().get(self.place(key)?).copied().flatten()
    }

    /// What was found, in the order of the keys.
    pub fn found(&self) -> Vec<Option<WriteId>> {
        self.found.borrow().clone()
    }

    /// Whoever has been asked has found this.
    pub fn set_found(&self, found: Vec<Option<WriteId>>) {
        *self.found.borrow_mut() = found;
    }
}

#[derive(Debug)]
struct Entry {
    get: Rc<MultiGet>,
    /// How many calls with it are under way: its caller may have given one up and made another.
    calls: u32,
    awaited: bool,
}

/// Those that are awaited or under way. See the module.
#[derive(Debug, Default)]
pub struct MultiGets {
    entries: RefCell<Slots<Entry>>,
    count: Cell<u32>,
}

impl MultiGets {
    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count.get() == 0
    }

    /// One for these keys, until it is dropped and no call with it is under way.
    pub fn begin(&self, keys: Box<[Key]>) -> Awaited<'_> {
        let get = Rc::new(MultiGet { keys, ..MultiGet::default() });
        let number = self.entries.borrow_mut().insert(Entry { get: get.clone(), calls: 0, awaited: true });
        self.count.set(self.count.get() + 1);
        Awaited { all: self, number, get }
    }

    /// That with this number.
    pub fn of(&self, number: u32) -> Rc<MultiGet> {
        self.entries.borrow()[number].get.clone()
    }

    /// A call with it begins.
    pub fn called(&self, number: u32) {
        self.entries.borrow_mut()[number].calls += 1;
    }

    /// A call with it has come back.
    pub fn answered(&self, number: u32) {
        self.let_go(number, |entry| entry.calls -= 1);
    }

    fn let_go(&self, number: u32, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.entries.borrow_mut();
        let entry = &mut entries[number];
        change(entry);
        if entry.calls == 0 && !entry.awaited {
            entry.get = Rc::default();
            entries.free(number);
            self.count.set(self.count.get() - 1);
        }
    }
}

/// Who waits for one.
#[derive(Debug)]
pub struct Awaited<'a> {
    all: &'a MultiGets,
    /// Its number.
    pub number: u32,
    /// Its keys and values.
    pub get: Rc<MultiGet>,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.all.let_go(self.number, |entry| entry.awaited = false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_there_as_long_as_it_is_awaited_or_under_way() {
        let all = MultiGets::default();
        let awaited = all.begin(Box::new([3, 5]));
        let number = awaited.number;
        all.called(number);
        all.called(number);
        all.answered(number);
        drop(awaited);
        assert_eq!((all.is_empty(), &*all.of(number).keys), (false, &[3, 5][..]), "a call given up still arrives");
        all.answered(number);
        assert!(all.is_empty());
        let again = all.begin(Box::new([7]));
        assert_eq!(again.number, number, "its slot is used again");
        all.called(number);
        all.answered(number);
        assert!(!all.is_empty(), "who was answered still reads what was found");
    }
}
