//! *Sweep*: which fields can vary and what their values are at first, which run is which cell with which seed, and what has come
//! of them so far.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::seeds::Runs;
use crate::bytes::Bytes;
use crate::experiment::harm::Numbers;
use crate::experiment::sweep::{Key, Sweep, Vary};
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
        let numbers = match said {
            Said::GoesOn(part) => Said::GoesOn(part),
            Said::Done((numbers, _)) => Said::Done(numbers),
        };
        Some((which, numbers))
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

/// What a field's values are at first: around its own by factors, or what may be chosen. Nothing where no such values are to be
/// had: its reader knows some.
pub fn suggested(field: &FormField) -> String {
    match &field.takes {
        Input::Flag => "false,true".to_owned(),
        Input::Choice(words) if words.iter().all(|(word, _)| word != "()") => {
            let others = words.iter().map(|(word, _)| word.as_str()).filter(|word| *word != field.value);
            std::iter::once(field.value.as_str()).chain(others.take(3)).collect::<Vec<_>>().join(",")
        }
        _ => around(field).unwrap_or_default(),
    }
}

/// From a quarter of what stands there to four times as much, within what may stand there.
fn around(field: &FormField) -> Option<String> {
    let range = field.limit.map(|limit| limit.range);
    let value = field.value.as_str();
    let (low, high) = if let Ok(whole) = value.parse::<u64>() {
        let (least, most) = match range {
            Some(Range::Whole(least, most)) => (least, most),
            Some(Range::Capacity(most, ..)) => (1, u64::from(most)),
            Some(Range::Number(_, most)) => (1, most as u64),
            _ => (1, u64::MAX),
        };
        ((whole / 4).max(least).max(1), whole.saturating_mul(4).min(most)).written(|whole| whole.to_string())?
    } else if let Ok(number) = value.parse::<f64>() {
        let most = if let Some(Range::Number(_, most)) = range { most } else { f64::MAX };
        (number / 4.0, (number * 4.0).min(most)).written(|number| number.to_string())?
    } else if let Ok(Nanos(time)) = value.parse::<Nanos>() {
        let (least, most) = if let Some(Range::Time(least, most)) = range { (least.0, most.0) } else { (1, u64::MAX) };
        ((time / 4).max(least).max(1), time.saturating_mul(4).min(most)).written(|time| Nanos(*time).to_string())?
    } else if let Ok(Bytes(size)) = value.parse::<Bytes>() {
        ((size / 4).max(1), size.saturating_mul(4)).written(|size| Bytes(*size).to_string())?
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
    let sweep = Sweep::new(scenario.clone(), vary, seeds).map_err(|why| (last, why))?;
    if let Err(why) = sweep.at(0) {
        // Which of them it is, where that can be told.
        let alone = |(place, (field, value)): (usize, (&str, &str))| {
            link::with(scenario, &[(field, value)]).err().map(|error| (place, error.phrase()))
        };
        return Err(sweep.settings(0).into_iter().enumerate().find_map(alone).unwrap_or((last, why)));
    }
    let (cells, runs) = (sweep.cells(), sweep.cells().saturating_mul(u64::from(seeds)));
    if cells > CELLS_MAX || runs > RUNS_MAX {
        let why = phrase!(
            "{cells} cells and {runs} runs are too many for a page (at most {CELLS_MAX} and {RUNS_MAX}); `cachelane sweep` makes more",
            "셀 {cells}개, 실행 {runs}회는 페이지에서 실행하기에 너무 많습니다(최대 {CELLS_MAX}개, {RUNS_MAX}회). 명령줄의 `cachelane sweep`을 쓰세요"
        );
        return Err((last, why));
    }
    Ok(sweep)
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
        let orders = sweeping.begin(of.clone(), Cells { sweep: Some(sweep.clone()) }, 3);
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
        sweeping.begin(of.clone(), Cells { sweep: Some(sweep.clone()) }, 1);
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
    fn what_is_suggested_can_be_run_and_has_the_scenario_s_own_value_between_its_ends() {
        let mut suggestions = 0;
        for name in ["default", "tipping-point", "product-list"] {
            let of = presets::get(name).expect("a preset").scenario().clone();
            for field in fields(&of).into_iter().flat_map(|(_, fields)| fields) {
                let values = suggested(&field);
                if !values.is_empty() {
                    suggestions += 1;
                    let vary = Vary::of(&field.path, &values);
                    assert!(vary.is_ok_and(|vary| vary.values.len() > 1), "{}={values}", field.path);
                }
            }
        }
        assert!(suggestions > 100, "{suggestions}");
        let all: Vec<FormField> = fields(&scenario()).into_iter().flat_map(|(_, fields)| fields).collect();
        let of = |path: &str| suggested(all.iter().find(|field| field.path == path).expect(path));
        assert_eq!(of(FIRST), "3.75s..1min/log5");
        assert_eq!(of("cache.capacity"), "125..2000/log5");
        assert_eq!(of("clients.write_ratio"), "0.05..0.8/log5");
        assert_eq!(of("lane.4.write.every"), "1.25s..20s/log5");
        assert!(all.iter().all(|field| field.path != "seed" && field.path != "name"));
    }
}
