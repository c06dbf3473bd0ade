//! Edits of the experiment, and the way back from them.

use std::rc::Rc;

use super::history::{History, Step};
use super::playback::{Playback, fitting_speed};
use super::{Effect, Invalid, Problem, State};
use super::{names, saved};
use crate::scenario::form::{Form, Input};
use crate::scenario::{Accept, Edit, FieldValue, Keys, Scenario, ScenarioError};
use crate::time::Nanos;

impl State {
    /// Changes what the controls show now, whatever they showed when the reader made the edit.
    pub(super) fn edit(&mut self, edits: &[Edit], accept: Accept, is_drag: bool, effects: &mut Vec<Effect>) {
        if let Err(problem) = self.try_edit(edits, accept, is_drag, effects) {
            let refused = edits.iter().find_map(|edit| match edit {
                Edit::Set { path, value } | Edit::Choose { path, value } => Some((path.clone(), value.to_string())),
                Edit::Remove { .. } | Edit::Add(_) => None,
            });
            let (field, typed) = refused.unwrap_or_default();
            self.set_invalid(Invalid { field, typed, problem });
        }
    }

    fn try_edit(
        &mut self,
        edits: &[Edit],
        accept: Accept,
        is_drag: bool,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Problem> {
        let path = edits.iter().find_map(Edit::path).unwrap_or_default();
        let mut changed = self.draft.apply(edits, accept).map_err(|error| worst(error, path))?;
        names::forget(&self.draft, &mut changed);
        self.invalid.retain(|invalid| !edits.iter().filter_map(Edit::path).any(|path| path == invalid.field));
        if changed != *self.draft {
            let before = self.snapshot();
            if is_drag {
                self.history.record_drag(path, before);
            } else {
                self.history.record(before);
            }
            self.set_draft(Rc::new(changed), effects);
        }
        Ok(())
    }

    /// Takes what was typed for the field at `path`, or notes why it cannot be.
    pub(super) fn enter(&mut self, path: String, typed: String, accept: Accept, effects: &mut Vec<Effect>) {
        let takes = Form::of(&self.draft).fields(&path).into_iter().next().map(|field| field.takes);
        let value = match takes {
            Some(Input::Text) => Ok(FieldValue::text(&typed)),
            Some(Input::Choice(_) | Input::Flag) => saved::written(&path, typed.trim()),
            _ => saved::typed(&path, &typed).and_then(|plain| saved::written(&path, &plain)),
        };
        let done =
            value.and_then(|value| self.try_edit(&[Edit::Set { path: path.clone(), value }], accept, false, effects));
        if let Err(problem) = done {
            self.set_invalid(Invalid { field: path, typed, problem });
        }
    }

    /// Goes a step back or forth. What was mistyped goes: the controls show that step, and nothing else.
    pub(super) fn undo_or_redo(&mut self, way: fn(&mut History, Step) -> Option<Step>, effects: &mut Vec<Effect>) {
        if self.unopened.is_some() || self.view.is_embed() {
            return; // there are no controls
        }
        let now = self.snapshot();
        let Some(Step { scenario, preset, lanes, speed, percentile, figures }) = way(&mut self.history, now) else {
            return;
        };
        self.invalid.clear();
        let has_other_lanes = preset != self.preset || scenario.lanes.len() != self.draft.lanes.len();
        if preset != self.preset {
            self.view.defaults = saved::defaults_of(preset.as_deref(), &scenario);
            (self.view.speed, self.view.percentile, self.view.figures) = (speed, percentile, figures);
            self.speed = speed.unwrap_or_else(|| fitting_speed(&scenario));
            self.preset = preset;
        }
        self.set_draft(scenario, effects);
        if has_other_lanes {
            self.view.lanes = lanes;
        }
        effects.push(Effect::SaveLink);
    }

    /// The experiment as it stands, to come back to.
    pub(super) fn snapshot(&self) -> Step {
        Step {
            scenario: self.draft.clone(),
            preset: self.preset.clone(),
            lanes: self.view.lanes.clone(),
            speed: self.view.speed,
            figures: self.view.figures.clone(),
            percentile: self.view.percentile,
        }
    }

    /// Shows another scenario in the controls, and runs it if it is good.
    fn set_draft(&mut self, draft: Rc<Scenario>, effects: &mut Vec<Effect>) {
        if draft.lanes.len() != self.draft.lanes.len() {
            self.view.lanes = None;
        }
        let before = std::mem::replace(&mut self.draft, draft);
        if !self.invalid.is_empty() {
            // A field that is gone, or has another value now, takes what was wrong with it along.
            let (before, now) = (Form::of(&before), Form::of(&self.draft));
            self.invalid.retain(|Invalid { field, .. }| now.has(field) && now.value(field) == before.value(field));
        }
        match saved::check(&self.draft) {
            Ok(()) => {
                self.problems = Rc::default();
                if *self.draft != *self.running {
                    self.run_draft();
                    effects.push(Effect::SaveLink);
                }
            }
            Err(problems) => self.problems = Rc::new(problems),
        }
    }

    /// Runs the changed scenario from its start, up to where the reader is, and goes on from there.
    fn run_draft(&mut self) {
        let (to, then_play) = match self.playback {
            Playback::Seeking { to, then_play } => (to, then_play),
            _ if self.at_end() => (Nanos::MAX, false),
            playback => (self.seen(), playback == Playback::Playing),
        };
        let span = |scenario: &Scenario| (scenario.duration, scenario.warmup);
        if span(&self.running) != span(&self.draft) && self.view.speed.is_none() {
            self.speed = fitting_speed(&self.draft);
        }
        self.keep_before(self.resume.is_none() && !self.must_load);
        if self.resume.is_none() && !self.must_load {
            self.resume = Some((self.playback, self.running.clone()));
        }
        self.running = self.draft.clone();
        self.stop_reason = None;
        self.reload();
        self.playback = Playback::Seeking { to, then_play };
    }

    /// A field holds what is no value of it.
    fn set_invalid(&mut self, invalid: Invalid) {
        self.invalid.retain(|other| other.field != invalid.field);
        self.invalid.push(invalid);
    }

    /// From here on the keys are those of the trace called `name`.
    pub(super) fn replay(&mut self, name: String, effects: &mut Vec<Effect>) {
        let edit = match self.draft.clients.keys {
            Keys::Trace { .. } => Edit::set("clients.keys.file", FieldValue::text(&name)),
            _ => Edit::set("clients.keys", FieldValue::of(&Keys::of_trace(name))),
        };
        let before = self.generation;
        self.edit(&[edit], Accept::Readable, false, effects);
        if self.generation == before && self.problems.is_empty() {
            self.run_draft(); // the same name, another file
        }
    }
}

/// Of what is wrong, what is wrong with the field at `path` itself; else whatever is first.
fn worst(error: ScenarioError, path: &str) -> Problem {
    let mut problems = error.problems;
    let own = problems.iter().position(|problem| problem.field.starts_with(path)).unwrap_or(0);
    problems.swap_remove(own)
}

#[cfg(test)]
mod tests;
