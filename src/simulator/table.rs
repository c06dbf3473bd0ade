//! Tables by dense numbers (keys, requests), which grow as far as they are asked for.

/// Makes sure that `table` has a place `at`; new places have `at_first`.
///
/// It grows by a quarter and not by doubling: how many keys there will be in the end is mostly soon known, and a table that
/// is twice as long as it need be is memory that somebody else lacks. Growing still costs little on average.
///
/// ```
/// let mut asked = vec![0; 100];
/// cachelane::table::reach(&mut asked, 100, 7);
/// assert_eq!((asked.len(), asked[100], asked.capacity()), (101, 7, 125));
/// ```
#[inline]
pub fn reach<T: Clone>(table: &mut Vec<T>, at: usize, at_first: T) {
    if at >= table.len() {
        grow(table, at + 1, at_first);
    }
}

#[cold]
fn grow<T: Clone>(table: &mut Vec<T>, length: usize, at_first: T) {
    if length > table.capacity() {
        let wanted = length.max(table.len() + table.len() / 4);
        table.reserve_exact(wanted - table.len());
    }
    table.resize(length, at_first);
}
