//! What requests do.

/// What a request wants done with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Read the value.
    Read,
    /// Put a value there, whatever stands there now; also of a key that is new.
    Write,
    /// Read the value and put another there that was made from it (read-modify-write).
    Modify,
    /// Take the value away.
    Delete,
    /// Read the values of several keys, of which this is the first.
    MultiGet,
}

impl Operation {
    /// Whether the database is another one afterwards: everything but reads.
    #[inline]
    pub fn writes(self) -> bool {
        !matches!(self, Operation::Read | Operation::MultiGet)
    }
}
