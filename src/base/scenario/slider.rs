//! What a field's slider on the page covers. It stands beside the field, like its meaning: `#[slider = Log(1.0, 100.0)]`.

use super::field::{Entry, Takes};
use super::form;
use super::limits::{self, Range};

/// From where to where a slider goes: numbers, entries or seconds, within what the field may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slider {
    /// From, to, in steps of so much.
    Even(f64, f64, f64),
    /// From, to; each decade takes as much of the slider.
    Log(f64, f64),
}

/// What the slider of the field at a dotted path covers: of a distribution that of its middle, of a fault's `at` that of a
/// random fault's mean time. `None` where a field has no slider.
///
/// ```
/// use cachelane::scenario::{Slider, slider_of};
/// assert_eq!(slider_of("lane.1.write.batch"), Some(Slider::Log(1.0, 10_000.0)));
/// assert_eq!(slider_of("cache.ttl.jittered.spread"), Some(Slider::Even(0.0, 1.0, 0.01)));
/// assert_eq!(slider_of("cache.shards"), None);
/// ```
pub fn slider_of(path: &str) -> Option<Slider> {
    let inner = limits::for_all(path).unwrap_or(path);
    let keys: Vec<&str> = inner.split('.').collect();
    match inside(form::whole(), &keys) {
        Found::Field(slider) => slider,
        // A share inside a value that no table names.
        Found::InsideValue => {
            let is_share = limits::of(path).is_some_and(|limit| limit.range == Range::Number(0.0, 1.0));
            is_share.then_some(Slider::Even(0.0, 1.0, 0.01))
        }
        Found::Nothing => None,
    }
}

/// What a path leads to.
enum Found {
    Field(Option<Slider>),
    InsideValue,
    Nothing,
}

fn among(entries: &[Entry], path: &[&str]) -> Found {
    let [first, rest @ ..] = path else { return Found::Nothing };
    match entries.iter().find(|entry| entry.name == *first) {
        Some(entry) if rest.is_empty() => Found::Field(entry.slider),
        Some(entry) => inside(&entry.takes, rest),
        None => Found::Nothing,
    }
}

fn inside(takes: &Takes, path: &[&str]) -> Found {
    match takes {
        Takes::Table(_, entries) => among(entries, path),
        Takes::Kinds(kinds) => {
            let found = kinds.iter().map(|(_, _, entries)| among(entries, path));
            found.into_iter().find(|found| !matches!(found, Found::Nothing)).unwrap_or(Found::Nothing)
        }
        // The number of a lane or a fault.
        Takes::List(of) => path.get(1..).map_or(Found::Nothing, |rest| inside(of, rest)),
        Takes::OrNone(of) => inside(of, path),
        Takes::Value(_) => Found::InsideValue,
        Takes::Words(_) => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::super::field::Record;
    use super::super::node::join;
    use super::*;

    /// Every field that has a slider, by path; kinds stand for each other.
    fn sliders(at: &str, entries: &[Entry], all: &mut Vec<(String, Slider)>) {
        for entry in entries {
            let path = join(at, entry.name);
            all.extend(entry.slider.map(|slider| (path.clone(), slider)));
            inner_sliders(&path, &entry.takes, all);
        }
    }

    fn inner_sliders(path: &str, takes: &Takes, all: &mut Vec<(String, Slider)>) {
        match takes {
            Takes::Table(_, entries) => sliders(path, entries, all),
            Takes::Kinds(kinds) => kinds.iter().for_each(|(_, _, entries)| sliders(path, entries, all)),
            Takes::List(of) => inner_sliders(&join(path, "0"), of, all),
            Takes::OrNone(of) => inner_sliders(path, of, all),
            Takes::Value(_) | Takes::Words(_) => {}
        }
    }

    #[test]
    fn every_slider_lies_within_what_its_field_may_be() {
        let mut all = Vec::new();
        sliders("", &Scenario::entries(), &mut all);
        assert!(all.len() >= 40, "{all:?}");
        for (path, slider) in all {
            let (from, to) = match slider {
                Slider::Even(from, to, step) => {
                    assert!(step > 0.0 && step < to - from, "{path}: {slider:?}");
                    (from, to)
                }
                Slider::Log(from, to) => {
                    assert!(from > 0.0, "{path}: {slider:?}");
                    (from, to)
                }
            };
            let (least, most) = match limits::of(&path).expect("a range").range {
                Range::Whole(least, most) => (least as f64, most as f64),
                Range::Number(least, most) => (least, most),
                Range::Time(least, most) => (least.as_secs_f64(), most.as_secs_f64()),
                Range::Capacity(entries, ..) => (1.0, f64::from(entries)),
                Range::Size(least, most) => (least.0 as f64, most.0 as f64),
            };
            assert!(least <= from && from < to && to <= most, "{path}: {slider:?} of {least} to {most}");
            assert_eq!(slider_of(&path), Some(slider), "{path}");
        }
    }

    #[test]
    fn a_lane_s_own_field_has_the_slider_of_all_lanes() {
        assert!(slider_of("app.servers").is_some());
        assert_eq!(slider_of("lane.2.app.servers"), slider_of("app.servers"));
        assert_eq!(slider_of("fault.3.times"), Some(Slider::Log(1.0, 1_000.0)));
        assert_eq!((slider_of("no.such.field"), slider_of("lane"), slider_of("")), (None, None, None));
    }
}
