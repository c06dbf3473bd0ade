//! Luck that can turn: the same draws up to a moment, and others from then on.

use std::cell::Cell;
use std::rc::Rc;

use super::fold;

/// Shared by the streams of a run. When it turns, each of them goes on as another stream, which depends on the seed, the
/// stream's name and the number of the turn alone; nothing that was drawn before changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Luck(Rc<Cell<u64>>);

impl Luck {
    /// From now on every stream draws what it draws after turn `number`; 0 is what it draws where nothing has turned.
    #[inline]
    pub fn turn(&self, number: u64) {
        self.0.set(number);
    }
}

/// What one stream knows of the luck that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turning {
    luck: Luck,
    /// The state that the stream began with.
    origin: u64,
    /// The turn whose bits it draws now.
    seen: u64,
}

impl Turning {
    pub(super) fn new(luck: &Luck, origin: u64) -> Turning {
        Turning { luck: luck.clone(), origin, seen: 0 }
    }

    /// Whether luck has turned since this was last asked for a state.
    #[inline]
    pub(super) fn has_turned(&self) -> bool {
        self.luck.0.get() != self.seen
    }

    /// The state to go on from, where luck has turned since this was last asked.
    #[inline]
    pub(super) fn turned(&mut self) -> Option<u64> {
        let number = self.luck.0.get();
        (number != self.seen).then(|| self.turn(number))
    }

    #[cold]
    fn turn(&mut self, number: u64) -> u64 {
        self.seen = number;
        if number == 0 { self.origin } else { fold(self.origin, number) }
    }
}
