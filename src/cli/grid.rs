//! The values that a field takes in a sweep: `1s,5s,20s`, or a range `1s..60s/log10`.

use crate::bytes::Bytes;
use crate::time::Nanos;

/// A field and its values, as links write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vary {
    /// The field's path.
    pub field: String,
    /// Its values, each once, in the order given.
    pub values: Vec<String>,
}

/// The most values of one field.
const VALUES_MAX: usize = 10_000;

/// What `FIELD=VALUES` says.
///
/// # Errors
/// What is wrong with it, in words.
pub fn values_of(text: &str) -> Result<Vary, String> {
    let told = |what: String| format!("--vary {text}: {what}");
    let Some((field, values)) = text.split_once('=').filter(|(field, values)| !field.is_empty() && !values.is_empty())
    else {
        return Err(told("write FIELD=VALUES, such as cache.ttl=1s,5s,20s or cache.ttl=1s..60s/log10".to_owned()));
    };
    if field == "seed" {
        return Err(told("for other seeds there is --seeds N".to_owned()));
    }
    let values = match values.split_once("..") {
        Some((low, rest)) => range(low, rest).map_err(told)?,
        None => pieces(values),
    };
    for (place, value) in values.iter().enumerate() {
        if value.is_empty() {
            return Err(told("a value is empty".to_owned()));
        }
        // few: VALUES_MAX
        if values[..place].contains(value) {
            return Err(told(format!("{value} stands there twice")));
        }
    }
    Ok(Vary { field: field.to_owned(), values })
}

/// The values between commas; commas inside brackets are the values' own.
fn pieces(text: &str) -> Vec<String> {
    let (mut depth, mut pieces) = (0_i32, vec![String::new()]);
    for letter in text.chars() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        match (letter, depth, pieces.last_mut()) {
            (',', 0, _) => pieces.push(String::new()),
            (_, _, Some(piece)) => piece.push(letter),
            (_, _, None) => {}
        }
    }
    pieces.into_iter().map(|piece| piece.trim().to_owned()).collect()
}

/// What a range is a range of.
#[derive(Clone, Copy)]
enum Unit {
    Time,
    Size,
    Whole,
    Number,
}

fn range(low: &str, rest: &str) -> Result<Vec<String>, String> {
    const HOW: &str =
        "write a range as LOW..HIGH/logN or LOW..HIGH/linN, with N values from 2 to 10000, such as 1s..60s/log10";
    let (high, how) = rest.rsplit_once('/').ok_or(HOW)?;
    let (is_log, count) = match (how.strip_prefix("log"), how.strip_prefix("lin")) {
        (Some(count), _) => (true, count),
        (None, Some(count)) => (false, count),
        (None, None) => return Err(HOW.to_owned()),
    };
    let count = count.parse::<usize>().ok().filter(|count| (2..=VALUES_MAX).contains(count)).ok_or(HOW)?;
    let (unit, low, high) = ends(low.trim(), high.trim())?;
    if low >= high || (is_log && low <= 0.0) {
        return Err(format!("{HOW}; the range goes up, and with log it begins above 0"));
    }
    let at = |i: usize| {
        let part = i as f64 / (count - 1) as f64;
        if is_log { low * libm::pow(high / low, part) } else { low + (high - low) * part }
    };
    let ends = [(0, low), (count - 1, high)];
    // few: two
    let exact = |i: usize| ends.iter().find(|(place, _)| *place == i).map_or_else(|| rounded(at(i)), |(_, end)| *end);
    let mut values: Vec<String> = (0..count).map(|i| written(exact(i), unit)).collect();
    values.dedup(); // whole numbers may fall together
    Ok(values)
}

/// Both ends in the unit that both have: nanoseconds, bytes, or a number.
fn ends(low: &str, high: &str) -> Result<(Unit, f64, f64), String> {
    let both = |parse: fn(&str) -> Option<f64>| parse(low).zip(parse(high));
    let whole = |text: &str| text.parse::<u64>().ok().map(|number| number as f64);
    if let Some((low, high)) = both(whole) {
        return Ok((Unit::Whole, low, high));
    }
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some((low, high)) = both(number) {
        return Ok((Unit::Number, low, high));
    }
    let time = |text: &str| text.parse::<Nanos>().ok().map(|time| time.0 as f64);
    if let Some((low, high)) = both(time) {
        return Ok((Unit::Time, low, high));
    }
    let size = |text: &str| text.parse::<Bytes>().ok().map(|size| size.0 as f64);
    both(size).map(|(low, high)| (Unit::Size, low, high)).ok_or_else(|| {
        format!("{low} and {high} are no two numbers, durations or sizes; between others, list the values")
    })
}

/// To three digits: nobody asks for a TTL of 3.981071706 s.
fn rounded(value: f64) -> f64 {
    let text = format!("{value:.2e}");
    text.parse().unwrap_or(value)
}

fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Time => Nanos(value.round() as u64).to_string(),
        Unit::Size => Bytes(value.round() as u64).to_string(),
        Unit::Whole => (value.round() as u64).to_string(),
        Unit::Number => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        values_of(&format!("f={text}")).expect("values").values
    }

    #[test]
    fn a_list_is_cut_at_commas_that_are_nobody_elses() {
        assert_eq!(values("1s,5s, 20s"), ["1s", "5s", "20s"]);
        assert_eq!(
            values("write-back(every:1s,batch:7),write-through"),
            ["write-back(every:1s,batch:7)", "write-through"]
        );
    }

    #[test]
    fn a_range_has_its_ends_and_three_digits_between() {
        assert_eq!(values("1s..100s/log3"), ["1s", "10s", "100s"]);
        assert_eq!(values("1s..60s/log4"), ["1s", "3.91s", "15.3s", "1min"]);
        assert_eq!(values("100..400/lin4"), ["100", "200", "300", "400"]);
        assert_eq!(values("1..4/lin10"), ["1", "2", "3", "4"]);
        assert_eq!(values("0.1..0.9/lin3"), ["0.1", "0.5", "0.9"]);
        assert_eq!(values("1MiB..4MiB/log2"), ["1MiB", "4MiB"]);
    }

    #[test]
    fn what_is_no_grid_is_told_with_what_to_write() {
        for bad in [
            "ttl",
            "ttl=",
            "=1",
            "f=1s..2s",
            "f=1s..2s/log1",
            "f=5..1/lin3",
            "f=0..5/log3",
            "f=a..b/lin3",
            "f=1s..5/lin3",
            "f=1,1",
            "f=1,,2",
        ] {
            let told = values_of(bad).expect_err(bad);
            assert!(told.starts_with(&format!("--vary {bad}: ")), "{told}");
        }
    }
}
