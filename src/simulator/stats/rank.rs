//! How far two lists agree on the order of things.

/// The rank of each value from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let like = order[from..].iter().take_while(|&&i| values[i] == values[order[from]]).count();
        let mean = from as f64 + (like as f64 + 1.0) / 2.0;
        order[from..from + like].iter().for_each(|&i| ranks[i] = mean);
        from += like;
    }
    ranks
}

/// Spearman's ρ: the correlation of the ranks, −1 to 1; 0 where one list has no order at all.
///
/// # Panics
/// When the lists are not equally long.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "values come in pairs");
    let (a, b) = (ranks(a), ranks(b));
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    if spread == 0.0 { 0.0 } else { product(&a, &b) / spread }
}

/// Kendall's τ-b: pairs in the same order less pairs in the other, of those that are not equal, −1 to 1.
///
/// # Panics
/// When the lists are not equally long.
pub fn kendall(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "values come in pairs");
    let sign = |x: f64, y: f64| f64::from(u8::from(x > y)) - f64::from(u8::from(x < y));
    let (mut same, mut in_a, mut in_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (sign(a[i], a[j]), sign(b[i], b[j]));
            same += x * y;
            in_a += x * x;
            in_b += y * y;
        }
    }
    let spread = f64::sqrt(in_a * in_b);
    if spread == 0.0 { 0.0 } else { same / spread }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_order_correlates_fully_and_the_opposite_one_negatively() {
        let (up, steep, down) = ([1.0, 2.0, 3.0, 4.0], [1.0, 10.0, 11.0, 1e6], [4.0, 3.0, 2.0, 1.0]);
        assert_eq!((spearman(&up, &steep), kendall(&up, &steep)), (1.0, 1.0));
        assert_eq!((spearman(&up, &down), kendall(&up, &down)), (-1.0, -1.0));
        assert_eq!((spearman(&up, &[5.0; 4]), kendall(&up, &[5.0; 4])), (0.0, 0.0));
    }

    #[test]
    fn ties_share_their_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        // By hand: one swap among five.
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 3.0, 4.0, 5.0]);
        assert!((spearman(&a, &b) - 0.9).abs() < 1e-12 && (kendall(&a, &b) - 0.8).abs() < 1e-12);
    }

    #[test]
    fn ties_on_either_side_count_alike() {
        // Two of three pairs agree, and one is tied on one side: 2/√(3·2).
        let (rising, tied) = ([1.0, 2.0, 3.0], [1.0, 1.0, 2.0]);
        assert!((kendall(&rising, &tied) - 2.0 / f64::sqrt(6.0)).abs() < 1e-12);
        assert!((kendall(&tied, &rising) - 2.0 / f64::sqrt(6.0)).abs() < 1e-12);
    }
}
