//! *Sweep*: which fields can vary and what their values are at first, which run is which cell with which seed, and what has come
//! of them so far.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::seeds::Runs;
use crate::bytes::Bytes;
use crate::experiment::harm::Numbers;
use crate::experiment::sweep::{Key, Sweep, Vary};
use crate::number;
use crate::phrase::{Phrase, phrase};
use crate::scenario::form::{Form, FormField, Input};
use crate::scenario::limits::Range;
use crate::scenario::{Edit, FieldValue, Lane, Scenario, link};
use crate::time::Nanos;
use crate::web::platform::protocol::{FromWorker, ToWorker};
use crate::web::state::jobs::{Jobs, Said, Which, Work};

/// With how many seeds each cell can be run.
pub const SEEDS: [u32; 5] = [1, 3, 5, 10, 20];

/// With how many, unless the reader chooses.
pub const SEEDS_USUAL: u32 = SEEDS[1];

/// The most cells that the page shows: each is a row of a table.
pub const CELLS_MAX: u64 = 400;

/// The most runs that the page makes.
pub const RUNS_MAX: u64 = 4_000;

/// The runs: each cell with the first seed, then each with the second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    /// What varies; `None`: nothing.
    pub sweep: Option<Rc<Sweep>>,
}

/// How far they are, and what has come of each.
pub type Sweeping = Work<Cells>;

impl Cells {
    /// The cell and the seed of a run.
    fn key(sweep: &Sweep, run: u32) -> Key {
        let cells = sweep.cells();
        (u64::from(run) % cells, sweep.scenario().seed_of_run((u64::from(run) / cells) as u32))
    }
}

impl Jobs for Cells {
    type Outcome = Numbers;

    fn count(&self) -> u32 {
        self.sweep.as_ref().map_or(0, |sweep| sweep.cells() as u32 * sweep.seeds())
    }

    fn ask(&self, _: &Scenario, (generation, run): Which, _: &[Option<Numbers>]) -> Option<ToWorker> {
        let sweep = self.sweep.as_ref()?;
        let (cell, seed) = Cells::key(sweep, run);
        let scenario = Scenario { seed, ..sweep.at(cell).ok()? };
        Some(ToWorker::Measure { generation, run, scenario: Box::new(scenario), steps: false })
    }

    fn hear(said: FromWorker) -> Option<(Which, Said<Numbers>)> {
        let (which, said) = Runs::hear(said)?;
        Some((which, said.map(|(numbers, _)| numbers)))
    }

    /// What varies does not count.
    fn is_same(&self, one: &Scenario, other: &Scenario) -> bool {
        let at_first = |scenario| self.sweep.as_ref().and_then(|sweep| sweep.put_into(scenario, 0).ok());
        one == other || at_first(one).is_some_and(|one| at_first(other) == Some(one))
    }
}

/// The runs that have come to their ends.
pub fn runs(sweeping: &Sweeping) -> BTreeMap<Key, Numbers> {
    let Some(sweep) = &sweeping.jobs().sweep else { return BTreeMap::new() };
    let done = (0..).zip(sweeping.outcomes()).filter_map(|(run, outcome)| Some((run, outcome.clone()?)));
    done.map(|(run, numbers)| (Cells::key(sweep, run), numbers)).collect()
}

/// The fields that can vary, by their part: `cache`, `lane.0`.
pub fn fields(scenario: &Scenario) -> Vec<(String, Vec<FormField>)> {
    let form = Form::of(scenario);
    let mut parts: Vec<(String, Vec<FormField>)> = Vec::new();
    let lanes = (0..scenario.lanes.len()).map(|lane| format!("lane.{lane}"));
    let faults = (0..scenario.faults.len()).map(|fault| format!("fault.{fault}"));
    let can_vary =
        |field: &FormField| field.takes != Input::Text && field.path != "seed" && !Lane::is_shown_by(&field.name);
    let some = form.fields("").into_iter().filter(can_vary);
    for field in some {
        let part = field.path.split_once('.').map_or("", |(part, _)| part);
        match parts.last_mut() {
            Some((last, fields)) if last == part => fields.push(field),
            _ => parts.push((part.to_owned(), vec![field])),
        }
    }
    for part in lanes.chain(faults) {
        let fields = form.fields(&part).into_iter().filter(can_vary).collect();
        parts.push((part, fields));
    }
    parts.retain(|(_, fields)| !fields.is_empty());
    parts
}

/// The field that varies at first.
pub const FIRST: &str = "cache.ttl";

/// Whether a field can have another value in this scenario: an option of what nobody uses cannot.
pub fn can_vary(scenario: &Scenario, field: &FormField) -> bool {
    let is_good = |value: &str| link::with(scenario, &[(&field.path, value)]).is_ok();
    let others = |values: &String| {
        let vary = Vary::of(&field.path, values).ok();
        vary.is_some_and(|vary| vary.values.iter().any(|value| *value != field.value && is_good(value)))
    };
    candidates(field).iter().any(others) || ends(field).iter().any(|value| *value != field.value && is_good(value))
}

/// What a field's values are at first: around its own by factors, or what may be chosen; each can be run. Nothing where no such
/// values are to be had: its reader knows some.
pub fn suggested(scenario: &Scenario, field: &FormField) -> String {
    let is_good = |value: &String| link::with(scenario, &[(&field.path, value)]).is_ok();
    if let Input::Choice(words) = &field.takes {
        let words = words.iter().map(|(word, _)| word).filter(|word| **word != field.value);
        let others: Vec<&str> = words.filter(|word| is_good(word)).take(3).map(String::as_str).collect();
        // What has options of its own would lose them.
        let can = !others.is_empty() && field.value != "()";
        return if can { format!("{},{}", field.value, others.join(",")) } else { String::new() };
    }
    let all_good = |values: &String| {
        let vary = Vary::of(&field.path, values).ok();
        vary.is_some_and(|vary| vary.values.len() > 1 && vary.values.iter().all(is_good))
    };
    candidates(field).into_iter().find(all_good).unwrap_or_default()
}

/// Values that may be good, the best first.
fn candidates(field: &FormField) -> Vec<String> {
    match &field.takes {
        Input::Flag => vec!["false,true".to_owned()],
        Input::Choice(words) => words.iter().map(|(word, _)| word.clone()).collect(),
        Input::Distribution(_) | Input::Ttl(_) if field.value.contains('(') => {
            scaled(&field.value).into_iter().collect()
        }
        _ => {
            let zero = match (field.value.parse::<Nanos>(), field.limit.map(|limit| limit.range)) {
                (_, Some(Range::Number(..))) if field.value == "0" => Some("0,0.1,0.2"),
                (_, Some(Range::Whole(..))) if field.value == "0" => Some("0,1,2"),
                (Ok(Nanos(0)), Some(Range::Time(..))) => Some("0ms,1ms,10ms"),
                _ => None,
            };
            let factors = [(4, 4), (2, 2), (4, 1), (1, 4)];
            let around = factors.into_iter().filter_map(|by| around(field, by));
            around.chain(zero.map(str::to_owned)).collect()
        }
    }
}

/// The least and the greatest that may stand there.
fn ends(field: &FormField) -> Vec<String> {
    let Some(limit) = field.limit else { return Vec::new() };
    match limit.range {
        Range::Whole(least, most) => vec![least.to_string(), most.to_string()],
        Range::Number(least, most) => vec![least.to_string(), most.to_string()],
        Range::Time(least, most) => vec![least.to_string(), most.to_string()],
        Range::Size(least, most) => vec![least.to_string(), most.to_string()],
        Range::Capacity(most, ..) => vec!["1".to_owned(), most.to_string()],
    }
}

/// A distribution with all its durations halved, as it is, and with them doubled.
fn scaled(value: &str) -> Option<String> {
    let by = |(over, under): (u64, u64)| -> Option<String> {
        let mut text = String::new();
        for piece in value.split_inclusive(['(', ')', ',', ':']) {
            let end = piece.trim_end_matches(['(', ')', ',', ':']).len();
            let (word, mark) = piece.split_at(end);
            match word.parse::<Nanos>() {
                Ok(Nanos(time)) if number::read(word).is_none() => {
                    text.push_str(&Nanos(time.checked_mul(over)? / under).to_string());
                }
                _ => text.push_str(word),
            }
            text.push_str(mark);
        }
        Some(text)
    };
    Some(format!("{},{value},{}", by((1, 2))?, by((2, 1))?))
}

/// From a part of what stands there, one `down`th, to `up` times as much, within what may stand there.
fn around(field: &FormField, (down, up): (u64, u64)) -> Option<String> {
    let range = field.limit.map(|limit| limit.range);
    let value = field.value.as_str();
    let (low, high) = if let (Ok(whole), false) = (value.parse::<u64>(), matches!(range, Some(Range::Number(..)))) {
        let (least, most) = match range {
            Some(Range::Whole(least, most)) => (least, most),
            Some(Range::Capacity(most, ..)) => (1, u64::from(most)),
            _ => (1, u64::MAX),
        };
        ((whole / down).max(least).max(1), whole.saturating_mul(up).min(most)).written(|whole| whole.to_string())?
    } else if let Some(number) = number::read(value) {
        let (least, most) = if let Some(Range::Number(least, most)) = range { (least, most) } else { (0.0, f64::MAX) };
        let (low, high) = ((number / down as f64).max(least), (number * up as f64).min(most));
        (low, high).written(|number| number.to_string())?
    } else if let Ok(Nanos(time)) = value.parse::<Nanos>() {
        let (least, most) = if let Some(Range::Time(least, most)) = range { (least.0, most.0) } else { (1, u64::MAX) };
        ((time / down).max(least).max(1), time.saturating_mul(up).min(most)).written(|time| Nanos(*time).to_string())?
    } else if let Ok(Bytes(size)) = value.parse::<Bytes>() {
        ((size / down).max(1), size.saturating_mul(up)).written(|size| Bytes(*size).to_string())?
    } else {
        return None;
    };
    Some(format!("{low}..{high}/log5"))
}

/// The ends of a range.
trait Ends<T> {
    /// As a reader would write them; `None` where the range does not go up.
    fn written(self, how: impl Fn(&T) -> String) -> Option<(String, String)>;
}

impl<T: PartialOrd> Ends<T> for (T, T) {
    fn written(self, how: impl Fn(&T) -> String) -> Option<(String, String)> {
        (self.0 < self.1).then(|| (how(&self.0), how(&self.1)))
    }
}

/// The sweep that fields and their values ask for, if the page can make it. Whether each cell can be run is not asked yet.
///
/// # Errors
/// The place of the field that something is wrong with, and what.
pub fn asked(scenario: &Scenario, picks: &[(String, String)], seeds: u32) -> Result<Sweep, (usize, Phrase)> {
    let vary =
        |(place, (field, values)): (usize, &(String, String))| Vary::of(field, values).map_err(|why| (place, why));
    let vary = picks.iter().enumerate().map(vary).collect::<Result<Vec<Vary>, (usize, Phrase)>>()?;
    let last = vary.len().saturating_sub(1);
    let cells = vary.iter().fold(1, |all: u64, vary| all.saturating_mul(vary.values.len() as u64));
    let runs = cells.saturating_mul(u64::from(seeds));
    if cells > CELLS_MAX || runs > RUNS_MAX {
        let why = phrase!(
            "{cells} cells and {runs} runs are too many for a page (at most {CELLS_MAX} and {RUNS_MAX}); `cachelane sweep` makes more",
            "조합 {cells}개, 실행 {runs}회는 페이지에서 실행하기에 너무 많습니다(최대 {CELLS_MAX}개, {RUNS_MAX}회). 명령줄의 `cachelane sweep`을 쓰세요"
        );
        return Err((last, why));
    }
    let sweep = Sweep::new(scenario.clone(), vary, seeds).map_err(|why| (last, why))?;
    if let Err(why) = sweep.at(0) {
        // Which of them it is, where that can be told.
        let alone = |(place, (field, value)): (usize, (&str, &str))| {
            link::with(scenario, &[(field, value)]).err().map(|error| (place, error.phrase()))
        };
        return Err(sweep.settings(0).into_iter().enumerate().find_map(alone).unwrap_or((last, why)));
    }
    values_are_good(&sweep)?;
    sweep.check_distinct(FEW)?;
    Ok(sweep)
}

/// Of a field with more values than this, not each is looked at while somebody types.
const FEW: usize = 12;

/// Of each field, whether it can have its values, the others their first ones; of very many the ends.
fn values_are_good(sweep: &Sweep) -> Result<(), (usize, Phrase)> {
    let firsts = sweep.settings(0);
    for (place, vary) in sweep.vary().iter().enumerate() {
        let is_looked_at = |at: &usize| vary.values.len() <= FEW || at + 1 == vary.values.len();
        for value in (1..vary.values.len()).filter(is_looked_at).map(|at| vary.values[at].as_str()) {
            let mut settings = firsts.clone();
            settings[place].1 = value;
            link::with(sweep.scenario(), &settings).map_err(|error| (place, error.phrase()))?;
        }
    }
    Ok(())
}

/// The edits that put a cell's values into the scenario.
pub fn edits(sweep: &Sweep, cell: u64) -> Vec<Edit> {
    let value = |value: &str| FieldValue::parse(value).unwrap_or_else(|_| FieldValue::word(value));
    sweep.settings(cell).into_iter().map(|(field, text)| Edit::set(field, value(text))).collect()
}

/// By field, the place of the value that the scenario has; `None` where it has another one.
pub fn present(sweep: &Sweep, scenario: &Scenario) -> Vec<Option<usize>> {
    let has = |field: &str, value: &String| link::with(scenario, &[(field, value)]).is_ok_and(|same| same == *scenario);
    sweep.vary().iter().map(|vary| vary.values.iter().position(|value| has(&vary.field, value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::measures::MEASURES;
    use crate::scenario::presets;
    use crate::web::state::jobs::{Order, Phase};

    fn scenario() -> Scenario {
        presets::get("default").expect("a preset").scenario().clone()
    }

    fn picks(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(field, values)| ((*field).to_owned(), (*values).to_owned())).collect()
    }

    /// The TTL and the seed that a worker is told to run with.
    fn given(orders: &[Order]) -> Vec<(String, u64)> {
        let said = orders.iter().filter_map(|order| match order {
            Order::Say(_, said) => match &**said {
                ToWorker::Measure { scenario, .. } => {
                    Some((Form::of(scenario).value("cache.ttl").expect("a TTL"), scenario.seed))
                }
                _ => None,
            },
            Order::EndAll => None,
        });
        said.collect()
    }

    #[test]
    fn each_cell_is_run_with_the_first_seed_before_any_with_the_second_and_each_run_stands_at_its_place() {
        let of = Rc::new(scenario());
        let sweep = Rc::new(asked(&of, &picks(&[("cache.ttl", "1s,5s")]), 3).expect("a sweep"));
        let mut sweeping = Sweeping::default();
        let first = of.seed;
        let orders = sweeping.begin(of.clone(), Cells { sweep: Some(sweep.clone()) }, None, 3);
        assert_eq!(given(&orders), [("1s".into(), first), ("5s".into(), first), ("1s".into(), first + 1)]);
        let numbers = |run: u32| vec![[Some(f64::from(run)); MEASURES.len()]; 5];
        let done = |run| FromWorker::Measured { generation: 1, run, numbers: numbers(run), steps: Vec::new() };
        sweeping.hear(1, done(1));
        assert_eq!(runs(&sweeping), [((1, first), numbers(1))].into(), "what there is is known at once");
        [(0, 0), (2, 2), (1, 3), (0, 4), (2, 5)]
            .into_iter()
            .for_each(|(worker, run)| _ = sweeping.hear(worker, done(run)));
        assert_eq!(sweeping.phase(), &Phase::Done);
        let keys: Vec<Key> = runs(&sweeping).into_keys().collect();
        assert_eq!(keys, [0, 1].map(|cell| [0, 1, 2].map(|i| (cell, first + i))).concat());
        assert_eq!(runs(&sweeping)[&(1, first + 2)], numbers(5));
    }

    #[test]
    fn another_value_of_what_varies_is_still_the_same_scenario_and_anything_else_is_not() {
        let of = Rc::new(scenario());
        let sweep = Rc::new(asked(&of, &picks(&[("cache.ttl", "1s,5s")]), 1).expect("a sweep"));
        let mut sweeping = Sweeping::default();
        sweeping.begin(of.clone(), Cells { sweep: Some(sweep.clone()) }, None, 1);
        let used = of.edited("cache.ttl", "5s").expect("a scenario");
        assert!(used != *of && !sweeping.is_stale(&used));
        assert!(sweeping.is_stale(&of.edited("cache.capacity", "7").expect("a scenario")));
        assert_eq!((present(&sweep, &used), present(&sweep, &of)), (vec![Some(1)], vec![None]));
    }

    #[test]
    fn what_cannot_be_varied_is_told_at_its_place() {
        let place = |pairs: &[(&str, &str)], seeds| asked(&scenario(), &picks(pairs), seeds).expect_err("a refusal");
        assert_eq!(place(&[("cache.ttl", "1s..9s")], 1).0, 0);
        assert_eq!(place(&[("cache.ttl", "1s,2s"), ("cache.capacity", "no")], 1).0, 1);
        assert_eq!(place(&[("cache.ttl", "1s,2s"), ("cache.ttl", "3s,4s")], 1).0, 1);
        assert_eq!(place(&[("cache.tll", "1s,2s"), ("cache.capacity", "7")], 1).0, 0);
        // An option of what only the other field makes of its lane.
        let both = [("lane.0.write", "write-back"), ("lane.0.write.every", "1s,5s")];
        assert!(asked(&scenario(), &picks(&both), 1).is_ok() && asked(&scenario(), &picks(&both[1..]), 1).is_err());
        let (_, why) = place(&[("cache.capacity", "1..1000/lin401")], 1);
        assert!(why.to_string().starts_with("401 cells and 401 runs are too many for a page"), "{why}");
        assert!(asked(&scenario(), &picks(&[("cache.capacity", "1..1000/lin400")]), 10).is_ok());
        assert!(asked(&scenario(), &picks(&[("cache.capacity", "1..1000/lin400")]), 11).is_err(), "as many runs");
    }

    #[test]
    fn what_is_on_offer_can_vary_and_what_is_suggested_can_be_run() {
        let (mut suggestions, mut offered, mut refused) = (0, 0, 0);
        for name in ["default", "tipping-point", "product-list"] {
            let of = presets::get(name).expect("a preset").scenario().clone();
            for field in fields(&of).into_iter().flat_map(|(_, fields)| fields) {
                let values = suggested(&of, &field);
                let can = can_vary(&of, &field);
                offered += usize::from(can);
                refused += usize::from(!can);
                if !values.is_empty() {
                    suggestions += 1;
                    let sweep = asked(&of, &picks(&[(&field.path, &values)]), 1);
                    let sweep = sweep.unwrap_or_else(|(_, why)| panic!("{}={values}: {why}", field.path));
                    assert!(can && sweep.cells() > 1 && sweep.check().is_ok(), "{}={values}", field.path);
                }
            }
        }
        assert!(suggestions > 100 && refused > 20, "{suggestions} of {offered}, and {refused} cannot vary");
        assert!(suggestions * 10 > offered * 7, "{suggestions} of {offered} open with values");
        let of = scenario();
        let all: Vec<FormField> = fields(&of).into_iter().flat_map(|(_, fields)| fields).collect();
        let first = |path: &str| suggested(&of, all.iter().find(|field| field.path == path).expect(path));
        assert_eq!(first(FIRST), "3.75s..1min/log5");
        assert_eq!(first("cache.capacity"), "125..2000/log5");
        assert_eq!(first("clients.write_ratio"), "0.05..0.8/log5");
        assert_eq!(first("lane.4.write.every"), "1.25s..20s/log5");
        assert!(first("fault.0.at").ends_with("/log5"), "within the run, {}", first("fault.0.at"));
        assert!(all.iter().all(|field| field.path != "seed" && field.path != "name"));
    }

    #[test]
    fn a_distribution_is_suggested_with_half_its_durations_and_with_twice_as_long_ones() {
        let told = scaled("lognormal(median:1ms,p99:30ms)").expect("values");
        let vary = Vary::of("database.read", &told).expect("three values");
        assert_eq!(vary.values[0], "lognormal(median:500us,p99:15ms)");
        assert_eq!(vary.values[2], "lognormal(median:2ms,p99:60ms)");
        let rows = scaled("empirical((50,2ms),(100,8ms))").expect("values");
        assert!(rows.starts_with("empirical((50,1ms),(100,4ms)),"), "percents stay: {rows}");
    }

    #[test]
    fn every_value_is_looked_at_and_of_a_long_range_its_ends() {
        let why = |field: &str, values: &str| {
            let refused = asked(&scenario(), &picks(&[("cache.ttl", "1s,2s"), (field, values)]), 1);
            let (place, why) = refused.expect_err(values);
            (place, why.to_string())
        };
        assert_eq!(why("cache.capacity", "10,0").0, 1);
        let (place, told) = why("fault.0.at", "5s..2h/log50");
        assert!(place == 1 && told.matches("fault.0.at").count() == 1, "told once: {told}");
    }
}
