//! Numbers as people write them.

/// So many digits are exact as a number.
const EXACT_DIGITS: usize = 15;
/// So many zeros has a power of ten that is exact as a number.
const EXACT_ZEROS: u32 = 22;

/// The number that `text` is, the same as Rust's own reading of it (so `NaN` is read as such); `None` where it is none.
///
/// Most are a few digits, for which one division is enough. The general way has a table of ten kilobytes, which a page that
/// comes by a slow line need not wait for.
///
/// ```
/// use cachelane::number;
/// assert_eq!(number::read("0.95"), Some(0.95));
/// assert_eq!(number::read("1e-3"), Some(0.001));
/// assert_eq!(number::read("many"), None);
/// ```
pub fn read(text: &str) -> Option<f64> {
    // What a number has, also one that is infinite or none.
    let is_like_one = || text.bytes().all(|byte| b"0123456789.+-EINFTYA".contains(&byte.to_ascii_uppercase()));
    plain(text).or_else(|| if is_like_one() { text.parse().ok() } else { None })
}

/// A few digits, perhaps with a sign, a point and an exponent.
fn plain(text: &str) -> Option<f64> {
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let (digits, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let bytes = || whole.bytes().chain(part.bytes());
    if whole.is_empty() || !bytes().all(|byte| byte.is_ascii_digit()) || bytes().count() > EXACT_DIGITS {
        return None;
    }
    let number = bytes().fold(0, |number: u64, digit| 10 * number + u64::from(digit - b'0')) as f64;
    let zeros = exponent.parse::<i8>().ok()?.checked_sub(part.len() as i8)?;
    let power = (0..Some(u32::from(zeros.unsigned_abs())).filter(|zeros| *zeros <= EXACT_ZEROS)?)
        .fold(1.0, |power, _| power * 10.0);
    // Both are exact, so the result is rounded once, to what is nearest.
    Some(sign * if zeros < 0 { number / power } else { number * power })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_rust_reads_it_to_the_bit() {
        let mut state = 1_u64;
        for count in 0..20_000_usize {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = (state >> 11).to_string();
            let digits = &digits[..digits.len().min(1 + count % 17)];
            let (whole, part) = digits.split_at(digits.len().min(count / 17 % 16));
            let texts = [
                digits.to_owned(),
                format!("{whole}.{part}"),
                format!("-{whole}.{part}"),
                format!("{whole}e-{}", count % 30),
                format!("{digits}E{}", count % 30),
            ];
            for text in texts {
                assert_eq!(read(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text}");
            }
        }
        for odd in [
            "",
            "-",
            ".",
            "-.",
            ".5",
            "5.",
            "+5",
            "--5",
            "1.2.3",
            "1,5",
            "٣",
            "-0",
            "0.0",
            "inf",
            "-Infinity",
            "NaN",
            "10s",
            "5min",
            "1e5",
            "1e+5",
            "1e",
            "e5",
            "1e-",
            "1e999",
            "0e999",
            "1e-129",
            "2e22",
            "2e23",
            "0.5e-22",
            " 1",
            "999999999999999",
            "0.1234567890123456",
        ] {
            assert_eq!(read(odd).map(f64::to_bits), odd.parse().ok().map(f64::to_bits), "{odd:?}");
        }
    }

    #[test]
    fn what_scenarios_hold_is_read_without_the_table() {
        for text in
            ["0", "4", "0.95", "-1", "100000", "0.0005", "3.98e3", "1.53e-7", "999999999999999", "0.00000000000001"]
        {
            assert!(plain(text).is_some(), "{text}");
        }
        assert_eq!(plain("9007199254740993"), None, "one more than a number can hold exactly");
    }
}
