//! Numbers as people type them: with a decimal comma, with thousands set apart, in full-width digits.
//!
//! Files and links write a number in one way, `1234.5`. What is typed into a field of the page is turned into that by
//! [`plain`], where it can mean one thing only; what can mean two (`1,000`) is told with both. No separator is ever just
//! left out.

use std::borrow::Cow;

/// Turns a number, with or without a unit, as it was typed into the way files write it. What is no number comes back
/// as it is, without the spaces around it: whoever reads it refuses it.
///
/// # Errors
/// Both readings of a text that has two.
///
/// ```
/// use cachelane::scenario::typed::plain;
/// assert_eq!(plain("0,5 s").as_deref(), Ok("0.5s"));
/// assert_eq!(plain("1 234 567,25").as_deref(), Ok("1234567.25"));
/// assert_eq!(plain("1,000"), Err(["1000".to_owned(), "1.000".to_owned()]));
/// ```
pub fn plain(text: &str) -> Result<Cow<'_, str>, [String; 2]> {
    let text = text.trim();
    let narrow: String = text.chars().map(narrow).collect();
    let (sign, rest) = match narrow.strip_prefix(['-', '+']) {
        Some(rest) => (&narrow[..1], rest),
        None => ("", narrow.as_str()),
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || is_separator(c))).unwrap_or(rest.len());
    let (body, unit) = (rest[..end].trim_end(), unit_of(rest[end..].trim()));
    if body.is_empty() || !is_unit(unit) {
        return Ok(Cow::Borrowed(text));
    }
    let with = |number: String| format!("{sign}{number}{unit}");
    let number = match read(body) {
        Some(Reading::One(number)) => with(number),
        Some(Reading::Two(readings)) => return Err(readings.map(with)),
        None => return Ok(Cow::Borrowed(text)),
    };
    // A count may be written with an exponent where it is whole all the same.
    let exponent = Some(&number).filter(|number| number.contains(['e', 'E']));
    let whole = exponent
        .and_then(|number| number.parse::<f64>().ok())
        .filter(|value| value.fract() == 0.0 && value.abs() < 1e15);
    Ok(Cow::Owned(whole.map_or(number, |value| format!("{value:.0}"))))
}

/// What else a word that is no value may have meant: one reading with another separator, or two.
pub(super) fn readings(word: &str) -> Vec<String> {
    match plain(word) {
        Ok(plain) if plain != word.trim() && !plain.is_empty() => vec![plain.into_owned()],
        Ok(_) => Vec::new(),
        Err(both) => both.into(),
    }
}

/// East Asian keyboards write digits and points of full width, and word processors a minus of their own.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '．' | '，' | '－' | '＋' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2212}' => '-',
        c => c,
    }
}

/// A unit of time as Korean writes it, as files do.
pub(super) fn unit_of(word: &str) -> &str {
    match word {
        "마이크로초" => "us",
        "밀리초" => "ms",
        "초" => "s",
        "분" => "min",
        "시간" => "h",
        "일" => "d",
        other => other,
    }
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}' | '_' | '\'' | '’')
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',') || is_gap(c)
}

/// Letters, a percent sign, or an exponent.
fn is_unit(text: &str) -> bool {
    let exponent = text.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['-', '+']).unwrap_or(rest));
    let is_exponent = exponent.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    is_exponent || text == "%" || (text.chars().count() <= 5 && text.chars().all(char::is_alphabetic))
}

enum Reading {
    One(String),
    Two([String; 2]),
}

/// Digits and separators.
fn read(body: &str) -> Option<Reading> {
    let gaps: Vec<char> = body.chars().filter(|c| is_gap(*c)).collect();
    let commas = body.matches(',').count();
    let dots = body.matches('.').count();
    if let [first, ..] = gaps[..] {
        // What sets thousands apart is one and the same; then a comma or a point is the decimal one.
        let (whole, part) = body.rsplit_once([',', '.']).map_or((body, None), |(whole, part)| (whole, Some(part)));
        let groups_fit = commas + dots <= 1 && gaps.iter().all(|gap| *gap == first);
        return join(whole, first, part).filter(|_| groups_fit).map(Reading::One);
    }
    match (commas, dots) {
        (0, 0 | 1) => Some(Reading::One(body.to_owned())),
        (1, 0) => comma(body),
        (_, 0) => join(body, ',', None).map(Reading::One),
        (0, _) => join(body, '.', None).map(Reading::One),
        // The last separator is the decimal one; the others set thousands apart.
        (_, 1) if body.rfind('.') > body.rfind(',') => {
            let (whole, part) = body.rsplit_once('.')?;
            join(whole, ',', Some(part)).map(Reading::One)
        }
        (1, _) => {
            let (whole, part) = body.rsplit_once(',')?;
            join(whole, '.', Some(part)).map(Reading::One)
        }
        _ => None,
    }
}

/// A single comma: decimal, unless it may as well set thousands apart.
fn comma(body: &str) -> Option<Reading> {
    let (whole, part) = body.split_once(',')?;
    if part.is_empty() {
        return None;
    }
    let decimal = format!("{}.{part}", if whole.is_empty() { "0" } else { whole });
    match join(body, ',', None) {
        Some(thousands) => Some(Reading::Two([thousands, decimal])),
        None => Some(Reading::One(decimal)),
    }
}

/// `whole` without the separator of its thousands, if it stands where they begin, and the decimals.
fn join(whole: &str, gap: char, part: Option<&str>) -> Option<String> {
    let groups: Vec<&str> = whole.split(gap).collect();
    let first = groups.first()?;
    let fits = (1..=3).contains(&first.len())
        && (!first.starts_with('0') || groups.len() == 1)
        && groups[1..].iter().all(|group| group.len() == 3)
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()))
        && part.is_none_or(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let digits = groups.concat();
    fits.then(|| part.map_or(digits.clone(), |part| format!("{digits}.{part}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_one_meaning_is_understood_however_it_is_typed() {
        for (typed, meant) in [
            ("0,5", "0.5"),
            ("15초", "15s"),
            ("1,5 분", "1.5min"),
            ("２시간", "2h"),
            (",5", "0.5"),
            ("0,500", "0.500"),
            ("12,34", "12.34"),
            ("1234,567", "1234.567"),
            ("-0,5", "-0.5"),
            ("\u{2212}0,5", "-0.5"),
            ("0,5s", "0.5s"),
            (" 0,5 ms ", "0.5ms"),
            ("1,5MiB", "1.5MiB"),
            ("64 MB", "64MB"),
            ("50 %", "50%"),
            ("0,5 %", "0.5%"),
            ("2,5e3", "2500"),
            ("1e3", "1000"),
            ("1.5e-3", "1.5e-3"),
            ("1 000", "1000"),
            ("1\u{a0}000\u{a0}000", "1000000"),
            ("1\u{202f}000\u{202f}000,5", "1000000.5"),
            ("1_000", "1000"),
            ("1'000'000", "1000000"),
            ("1,000,000", "1000000"),
            ("1.000.000", "1000000"),
            ("1,234.5", "1234.5"),
            ("1.234,5", "1234.5"),
            ("５", "5"),
            ("１，５", "1.5"),
            ("１０．５", "10.5"),
            ("0.5", "0.5"),
            (".5", ".5"),
            ("5.", "5."),
            ("400", "400"),
        ] {
            assert_eq!(plain(typed).as_deref(), Ok(meant), "{typed}");
        }
    }

    #[test]
    fn what_can_mean_two_numbers_is_told_with_both() {
        for (typed, a, b) in
            [("1,000", "1000", "1.000"), ("12,345ms", "12345ms", "12.345ms"), ("-999,999", "-999999", "-999.999")]
        {
            assert_eq!(plain(typed), Err([a.to_owned(), b.to_owned()]), "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_left_for_others_to_refuse() {
        for text in [
            "",
            "many",
            "½",
            "5,",
            "1,2,3",
            "1 0",
            "1 00",
            "10 0000",
            "1_0",
            "1,00,000",
            "0,000,000",
            "1.2.3",
            "1,000.000,5",
            "1 000'000",
            "1\u{a0}000\u{202f}000",
            "1,5,",
            "--5",
            "(1,2)",
            "uniform(1ms,5ms)",
            "60s,70s",
            "0x10",
            "1,5 parsecs and more",
            "NaN",
            "5%",
        ] {
            assert_eq!(plain(text).as_deref(), Ok(text), "{text}");
        }
    }
}
