//! Sorting where it is not the speed that counts.
//!
//! The standard library's sort is compiled anew for every type and order: some 4 KB of the program that a reader downloads, each
//! time. Here all lists share one, which sorts places; only the swaps are the list's own. What sorts in every request, or
//! numbers alone, takes the standard library's.

use std::cmp::Ordering;

/// Sorts `items`, and leaves equal ones in their order.
///
/// ```
/// # use cachelane_base::sort;
/// let mut found = [(2.5_f64, "b"), (0.5, "a"), (2.5, "a")];
/// sort::by(&mut found, |a, b| a.0.total_cmp(&b.0));
/// assert_eq!(found, [(0.5, "a"), (2.5, "b"), (2.5, "a")]);
/// ```
pub fn by<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    let mut places = places(items.len(), &|a, b| order(&items[a], &items[b]));
    for at in 0..places.len() {
        // What belongs here may have made room for an earlier one, and is where that one came from.
        let mut from = places[at];
        while from < at {
            from = places[from];
        }
        places[at] = from;
        items.swap(at, from);
    }
}

/// Sorts `items` by a key, and leaves equal ones in their order.
pub fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// Which of so many items comes first, second, …
fn places(count: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|&a, &b| order(a, b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_sorted_as_the_standard_library_does() {
        // Every list of up to five numbers below four, each number with its place.
        for count in 0..=5 {
            for which in 0..4_usize.pow(count) {
                let mut ours: Vec<(usize, u32)> = (0..count).map(|at| (which >> (2 * at) & 3, at)).collect();
                let mut theirs = ours.clone();
                by_key(&mut ours, |item| item.0);
                theirs.sort_by_key(|item| item.0);
                assert_eq!(ours, theirs);
            }
        }
    }
}
