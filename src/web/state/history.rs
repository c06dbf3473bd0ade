//! What Undo goes back to, and Redo forth again.
//!
//! A step is the experiment as it stood before an edit, not the edit's opposite: what an edit takes along (options that it
//! leaves without effect) comes back with it.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::chart::{Figure, Percentile};
use crate::scenario::Scenario;

/// The most steps back.
pub const STEPS_MAX: usize = 100;

/// An experiment, and what of the view an edit or another experiment sets back.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What the controls showed, good or not.
    pub scenario: Rc<Scenario>,
    /// The preset it began from.
    pub preset: Option<String>,
    /// The lanes that were shown.
    pub lanes: Option<Vec<usize>>,
    /// The speed that was chosen.
    pub speed: Option<f64>,
    /// The percentile that was chosen.
    pub percentile: Option<Percentile>,
    /// The figures that were chosen.
    pub figures: Option<Vec<&'static Figure>>,
}

/// The steps there are, back and forth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    past: VecDeque<Step>,
    future: Vec<Step>,
    /// The field whose slider is being dragged: all that is one step.
    dragged: Option<String>,
}

impl History {
    /// Whether a slider is being dragged.
    pub fn is_dragging(&self) -> bool {
        self.dragged.is_some()
    }

    /// Something has changed what was `before`.
    pub fn record(&mut self, before: Step) {
        self.end_drag();
        self.future.clear();
        if self.past.len() == STEPS_MAX {
            self.past.pop_front();
        }
        self.past.push_back(before);
    }

    /// The slider of the field at `path` has changed what was `before`.
    pub fn record_drag(&mut self, path: &str, before: Step) {
        if self.dragged.as_deref() == Some(path) {
            return;
        }
        self.record(before);
        self.dragged = Some(path.to_owned());
    }

    /// The slider was let go.
    pub fn end_drag(&mut self) {
        self.dragged = None;
    }

    /// Whether there is a step back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is a step forth.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// A step back from `now`.
    pub fn undo(&mut self, now: Step) -> Option<Step> {
        self.end_drag();
        let step = self.past.pop_back()?;
        self.future.push(now);
        Some(step)
    }

    /// A step forth from `now`.
    pub fn redo(&mut self, now: Step) -> Option<Step> {
        self.end_drag();
        let step = self.future.pop()?;
        self.past.push_back(now);
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(seed: u64) -> Step {
        let scenario = Rc::new(Scenario { seed, ..Scenario::default() });
        Step { scenario, preset: None, lanes: None, speed: None, percentile: None, figures: None }
    }

    #[test]
    fn steps_go_back_and_forth_and_another_edit_ends_the_way_forth() {
        let mut history = History::default();
        history.record(step(1));
        history.record(step(2));
        assert_eq!(history.undo(step(3)), Some(step(2)));
        assert_eq!(history.undo(step(2)), Some(step(1)));
        assert_eq!((history.undo(step(1)), history.can_undo()), (None, false));
        assert_eq!(history.redo(step(1)), Some(step(2)));
        history.record(step(2));
        assert_eq!((history.redo(step(9)), history.can_redo()), (None, false));
        assert_eq!(history.undo(step(9)), Some(step(2)));
    }

    #[test]
    fn a_drag_is_one_step_and_the_next_is_another() {
        let mut history = History::default();
        for seed in 1..50 {
            history.record_drag("seed", step(seed));
        }
        history.end_drag();
        history.record_drag("seed", step(50));
        history.record_drag("duration", step(51));
        assert_eq!(history.past, [step(1), step(50), step(51)]);
    }

    #[test]
    fn the_oldest_steps_are_forgotten() {
        let mut history = History::default();
        (0..1_000).for_each(|seed| history.record(step(seed)));
        assert_eq!((history.past.len(), history.past.front()), (STEPS_MAX, Some(&step(900))));
    }
}
