//! Numbers as a reader wants them: few digits, with their unit.

use crate::phrase::Language;

/// A latency in milliseconds as `0.42 ms`, `12 ms`, `1.3 s`.
pub fn millis(ms: f64) -> String {
    if ms == 0.0 {
        "0 ms".to_owned()
    } else if ms < 0.01 {
        format!("{} µs", digits(ms * 1e3))
    } else if ms < 1e3 {
        format!("{} ms", digits(ms))
    } else if ms < 1e6 {
        format!("{} s", digits(ms / 1e3))
    } else {
        format!("{} min", digits(ms / 6e4))
    }
}

/// Two significant digits below ten, whole numbers above: `0.42`, `4.2`, `42`, `420`.
fn digits(value: f64) -> String {
    let text = if value < 0.0995 {
        format!("{value:.3}")
    } else if value < 0.995 {
        format!("{value:.2}")
    } else if value < 9.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A factor as `9×`, `1.4×`, `230×`.
pub fn times(factor: f64) -> String {
    let tenths = (factor * 10.0).round() as i64;
    if factor < 9.5 && tenths % 10 != 0 { format!("{factor:.1}×") } else { format!("{factor:.0}×") }
}

/// A share as `93 %`, `93.4 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{:.*} %", decimals, share * 100.0)
}

/// A share with as many decimals as tell it from nothing and from all, at least one: `93.4 %`, `99.98 %`, `0.0025 %`.
pub fn share(share: f64) -> String {
    percent(share, decimals(share.min(1.0 - share)).max(1))
}

/// The decimals that a share needs, in percent, to have two digits.
pub fn decimals(share: f64) -> usize {
    match share {
        s if s <= 0.0 || s >= 0.0995 => 0,
        s if s >= 0.009_95 => 1,
        s => (-libm::floor(libm::log10(s * 1.005)) - 1.0).clamp(2.0, 9.0) as usize,
    }
}

/// An amount of money: three digits of a small one, grouped whole numbers above a thousand: `0.00123`, `4.20`, `12,345`.
pub fn amount(value: f64) -> String {
    match value {
        v if v >= 999.5 => count(v.round() as u64),
        v if v >= 99.95 => format!("{v:.1}"),
        v if v >= 1.0 || v == 0.0 => format!("{v:.2}"),
        v => {
            let first = -libm::floor(libm::log10(v)) as usize;
            format!("{v:.*}", (first + 2).min(12))
        }
    }
}

/// A whole number with thin groups: `12,345`.
pub fn count(value: u64) -> String {
    let plain = value.to_string();
    let mut grouped = String::with_capacity(plain.len() + plain.len() / 3);
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number a second: whole ones from ten on, one decimal below.
pub fn rate(value: f64) -> String {
    let few = value < 9.95 && value > 0.0;
    if few { format!("{value:.1}/s") } else { format!("{}/s", count(value.round() as u64)) }
}

/// Bytes as `512 B`, `1.5 KiB`, `24 MiB`.
pub fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1023.5 {
            return format!("{} {unit}", digits(value));
        }
        value /= 1024.0;
    }
    format!("{} GiB", digits(value))
}

/// A moment of the run as `12.4 s`, `3 min 05 s`, `2 h 03 min`, or `12.4초`, `3분 05초`, `2시간 03분`; `tenths` shows them
/// below a hundred seconds.
pub fn moment(seconds: f64, tenths: bool, language: Language) -> String {
    let [hour, minute, second] = match language {
        Language::English => [" h", " min", " s"],
        Language::Korean => ["시간", "분", "초"],
    };
    if seconds < 99.95 {
        return format!("{seconds:.*}{second}", usize::from(tenths));
    }
    let whole = seconds as u64;
    if whole < 3600 {
        format!("{}{minute} {:02}{second}", whole / 60, whole % 60)
    } else {
        format!("{}{hour} {:02}{minute}", whole / 3600, whole / 60 % 60)
    }
}

/// When a value beside a figure was so: `at 12.4 s`, `12.4초 시점`.
pub fn at_moment(seconds: f64, language: Language) -> String {
    let moment = moment(seconds, true, language);
    match language {
        Language::English => format!("at {moment}"),
        Language::Korean => format!("{moment} 시점"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_keep_two_digits_and_their_unit() {
        let shown = [0.0, 0.004, 0.415, 1.0, 4.24, 41.6, 999.0, 1_300.0, 120_000.0].map(millis);
        assert_eq!(shown, ["0 ms", "4 µs", "0.41 ms", "1 ms", "4.2 ms", "42 ms", "999 ms", "1.3 s", "120 s"]);
    }

    #[test]
    fn small_shares_and_their_opposites_keep_two_digits() {
        let shown = [0.0, 1.0, 0.5, 0.934, 0.000_25, 0.999_75, 0.000_025, 0.999_975, 0.000_000_25].map(share);
        let expected =
            ["0.0 %", "100.0 %", "50.0 %", "93.4 %", "0.025 %", "99.975 %", "0.0025 %", "99.9975 %", "0.000025 %"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn amounts_keep_three_digits() {
        let shown = [0.0, 0.001_234, 0.5, 4.2, 123.46, 12_345.4].map(amount);
        assert_eq!(shown, ["0.00", "0.00123", "0.500", "4.20", "123.5", "12,345"]);
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 12, 123, 1_234, 1_234_567].map(count), ["0", "12", "123", "1,234", "1,234,567"]);
    }

    #[test]
    fn factors_are_round() {
        assert_eq!([9.0, 1.44, 230.4, 2.04].map(times), ["9×", "1.4×", "230×", "2×"]);
    }

    #[test]
    fn moments_have_the_units_of_their_language() {
        let said = |seconds| Language::ALL.map(|language| moment(seconds, true, language));
        assert_eq!(said(12.42), ["12.4 s", "12.4초"]);
        assert_eq!(said(185.0), ["3 min 05 s", "3분 05초"]);
        assert_eq!(said(7_380.0), ["2 h 03 min", "2시간 03분"]);
        assert_eq!(moment(12.42, false, Language::Korean), "12초");
    }
}
