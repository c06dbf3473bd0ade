//! The normal distribution's cumulative function and its inverse.
//!
//! A normal draw is the inverse of one uniform draw: one `u64` each, unlike Box–Muller's pairs or the ziggurat's
//! varying number. The inverse is Wichura's algorithm AS 241 (PPND16; Applied Statistics 37, 1988), correct to
//! about one part in 10¹⁶; logarithm and error function are `libm`'s.

/// Φ(z): the share of a standard normal below `z`.
pub(super) fn cumulative(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// φ(z): the standard normal density at `z`.
pub(super) fn density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / libm::sqrt(std::f64::consts::TAU)
}

/// Φ⁻¹(p) for `p` strictly between 0 and 1.
#[inline] // so that it is as optimised as the crate that draws, in the page, too
pub(super) fn inverse(p: f64) -> f64 {
    debug_assert!(p > 0.0 && p < 1.0, "{p} is not strictly between 0 and 1");
    let q = p - 0.5;
    if q.abs() <= CENTRE { central(q) } else { outer(p, q) }
}

/// The same of several. The outer ones come last: where one begins is not foreseeable, and what stands behind it in the
/// processor would have been begun in vain.
#[inline]
pub(super) fn inverses<const N: usize>(shares: &[f64; N]) -> [f64; N] {
    let mut inverses = shares.map(|p| central(p - 0.5));
    for (inverse, &p) in inverses.iter_mut().zip(shares) {
        let q = p - 0.5;
        if q.abs() > CENTRE {
            *inverse = outer(p, q);
        }
    }
    inverses
}

/// How far from a half the central formula holds.
const CENTRE: f64 = 0.425;

#[inline]
fn central(q: f64) -> f64 {
    q * ratio(0.180_625 - q * q, &CENTRE_ABOVE, &CENTRE_BELOW)
}

#[inline]
fn outer(p: f64, q: f64) -> f64 {
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt(); // exact to the bit everywhere, unlike the other functions of std
    let z =
        if r <= 5.0 { ratio(r - 1.6, &MIDDLE_ABOVE, &MIDDLE_BELOW) } else { ratio(r - 5.0, &FAR_ABOVE, &FAR_BELOW) };
    if q < 0.0 { -z } else { z }
}

/// The quotient of two polynomials in `r`, coefficients in ascending order.
#[inline]
fn ratio(r: f64, above: &[f64; 8], below: &[f64; 8]) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * r + c);
    horner(above) / horner(below)
}

const CENTRE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_BELOW: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const MIDDLE_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_ABOVE: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_gives_the_tabulated_values() {
        // From the table in Wichura's paper (p = 0.25, 0.001, 1e-20), and the usual 99 %.
        for (p, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_409),
            (0.99, 2.326_347_874_040_841),
        ] {
            assert!((inverse(p) - z).abs() < 1e-14 * z.abs().max(1.0), "{p}: {}", inverse(p));
        }
    }

    #[test]
    fn the_inverse_undoes_the_cumulative_function() {
        for step in -800..=800 {
            let z = f64::from(step) / 100.0;
            // Above zero, 1 − p loses digits in p itself; the mirrored tail has them all.
            let back = if z <= 0.0 { inverse(cumulative(z)) } else { -inverse(cumulative(-z)) };
            assert!((back - z).abs() < 1e-13 * (1.0 + z.abs()), "{z}: {back}");
        }
    }
}
