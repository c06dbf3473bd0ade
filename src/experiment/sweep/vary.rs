//! The values that a field takes in a sweep: `1s,5s,20s`, or a range `1s..60s/log10`.

use std::collections::BTreeSet;

use crate::bytes::Bytes;
use crate::number;
use crate::phrase::{Phrase, phrase};
use crate::scenario::limits::{self, Range};
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

impl Vary {
    /// What `FIELD=VALUES` says.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Vary, Phrase> {
        const HOW: Phrase = Phrase::fixed(
            "write FIELD=VALUES, such as cache.ttl=1s,5s,20s or cache.ttl=1s..60s/log10",
            "cache.ttl=1s,5s,20s나 cache.ttl=1s..60s/log10처럼 FIELD=VALUES로 쓰세요",
        );
        let pair = text.split_once('=').filter(|(field, values)| !field.is_empty() && !values.is_empty());
        let (field, values) = pair.ok_or(HOW)?;
        Vary::of(field, values)
    }

    /// The field at that path with the values that `values` says: `1s,5s,20s` or `1s..60s/log10`.
    ///
    /// # Errors
    /// As [`parse`](Vary::parse).
    pub fn of(field: &str, values: &str) -> Result<Vary, Phrase> {
        if field == "seed" {
            return Err(Phrase::fixed("for other seeds there is --seeds N", "시드를 바꾸려면 --seeds N을 쓰세요"));
        }
        if field == "name" {
            return Err(Phrase::fixed(
                "the name of a scenario changes nothing that is measured",
                "시나리오 이름은 측정값을 바꾸지 않습니다",
            ));
        }
        let values = match values.split_once("..") {
            Some((low, rest)) => range(low, rest, takes_fractions(field))?,
            None => pieces(values),
        };
        if values.len() > VALUES_MAX {
            let count = values.len();
            return Err(phrase!(
                "{count} values; a field has at most {VALUES_MAX}",
                "값이 {count}개입니다. 필드마다 최대 {VALUES_MAX}개입니다"
            ));
        }
        let mut seen = BTreeSet::new();
        for value in &values {
            if value.is_empty() {
                return Err(Phrase::fixed("a value is empty", "빈 값이 있습니다"));
            }
            if !seen.insert(value) {
                return Err(phrase!("{value} is given twice", "{value}: 같은 값이 두 번 있습니다"));
            }
        }
        Ok(Vary { field: field.to_owned(), values })
    }
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

/// Whether a field is a number that need not be whole: between 1 and 2 it then has values.
fn takes_fractions(field: &str) -> bool {
    limits::of(field).is_some_and(|limit| matches!(limit.range, Range::Number(..)))
}

fn range(low: &str, rest: &str, takes_fractions: bool) -> Result<Vec<String>, Phrase> {
    const HOW: Phrase = Phrase::fixed(
        "write a range as LOW..HIGH/logN or LOW..HIGH/linN, with N values from 2 to 10000, such as 1s..60s/log10",
        "범위는 1s..60s/log10처럼 LOW..HIGH/logN이나 LOW..HIGH/linN으로 쓰세요. N은 값의 개수로 2부터 10000까지입니다",
    );
    let (high, how) = rest.rsplit_once('/').ok_or(HOW)?;
    let (is_log, count) = match (how.strip_prefix("log"), how.strip_prefix("lin")) {
        (Some(count), _) => (true, count),
        (None, Some(count)) => (false, count),
        (None, None) => return Err(HOW),
    };
    let count = count.parse::<usize>().ok().filter(|count| (2..=VALUES_MAX).contains(count)).ok_or(HOW)?;
    let (unit, low, high) = match ends(low.trim(), high.trim())? {
        (Unit::Whole, low, high) if takes_fractions => (Unit::Number, low, high),
        ends => ends,
    };
    if low >= high || (is_log && low <= 0.0) {
        let how = HOW;
        return Err(phrase!(
            "{how}; the range goes up, and with log it begins above 0",
            "{how}. 범위는 작은 값에서 큰 값으로 쓰고, log는 0보다 큰 값에서 시작합니다",
            how
        ));
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
fn ends(low: &str, high: &str) -> Result<(Unit, f64, f64), Phrase> {
    let both = |parse: fn(&str) -> Option<f64>| parse(low).zip(parse(high));
    let whole = |text: &str| text.parse::<u64>().ok().map(|number| number as f64);
    if let Some((low, high)) = both(whole) {
        return Ok((Unit::Whole, low, high));
    }
    let number = |text: &str| number::read(text).filter(|number| number.is_finite());
    if let Some((low, high)) = both(number) {
        return Ok((Unit::Number, low, high));
    }
    let time = |text: &str| text.parse::<Nanos>().ok().map(|time| time.0 as f64);
    if let Some((low, high)) = both(time) {
        return Ok((Unit::Time, low, high));
    }
    let size = |text: &str| text.parse::<Bytes>().ok().map(|size| size.0 as f64);
    both(size).map(|(low, high)| (Unit::Size, low, high)).ok_or_else(|| {
        phrase!(
            "{low} and {high} are no two numbers, durations or sizes; between others, list the values",
            "{low}, {high}: 둘 다 수, 시간, 크기여야 합니다. 그 밖의 값은 쉼표로 나열하세요"
        )
    })
}

/// To three digits: nobody asks for a TTL of 3.981071706 s.
fn rounded(value: f64) -> f64 {
    number::read(&format!("{value:.2e}")).unwrap_or(value)
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
    use crate::phrase::Language;

    fn values(text: &str) -> Vec<String> {
        Vary::parse(&format!("f={text}")).expect("values").values
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
    fn between_whole_ends_there_are_fractions_where_the_field_takes_them() {
        let of = |field: &str, text: &str| Vary::of(field, text).expect("values").values;
        assert_eq!(of("clients.keys.alpha", "1..2/lin5"), ["1", "1.25", "1.5", "1.75", "2"]);
        assert_eq!(of("clients.keys.alpha", "1..4/log5"), ["1", "1.41", "2", "2.83", "4"]);
        assert_eq!(of("clients.write_ratio", "0..1/lin3"), ["0", "0.5", "1"]);
        assert_eq!(of("lane.2.cache.shards", "1..4/log5"), ["1", "2", "3", "4"], "half a shard there is not");
        assert_eq!(of("cache.capacity", "1..4/lin7"), ["1", "2", "3", "4"]);
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
            let told = Vary::parse(bad).expect_err(bad);
            assert!(!told.to_string().is_empty() && told.to_string() != told.say(Language::Korean), "{told}");
        }
    }
}
