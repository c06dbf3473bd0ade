//! What every field of the controls needs to know.

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::palette::{LaneStyle, lane_style};
use crate::scenario::{Edit, FieldValue};
use crate::web::i18n::Words;
use crate::web::state::overridden::{self, Overridden};
use crate::web::state::saved::{self, Problem};
use crate::web::state::{Action, Invalid};

/// What every field needs to know.
#[derive(Clone, PartialEq)]
pub struct Ctx {
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
    /// What is wrong with the values.
    pub problems: Rc<Vec<Problem>>,
    /// What is no value at all.
    pub invalid: Vec<Invalid>,
    /// The fields that something else overrides at present.
    pub overridden: Rc<Vec<Overridden>>,
    /// The colour, dash and marker of each lane.
    pub looks: Rc<Vec<usize>>,
}

impl Ctx {
    /// The colour, dash and marker of a lane.
    pub fn lane_style(&self, lane: usize) -> LaneStyle {
        lane_style(self.looks.get(lane).copied().unwrap_or(lane))
    }

    /// Changes the scenario.
    pub fn edit(&self, edits: Vec<Edit>) {
        self.dispatch.emit(Action::Edit(edits));
    }

    /// A callback that puts what it hears at `path`.
    pub fn setter<T: 'static>(&self, path: impl Into<String>, show: fn(&T) -> FieldValue) -> Callback<T> {
        let path = path.into();
        self.dispatch.reform(move |value: T| Action::Edit(vec![Edit::set(path.clone(), show(&value))]))
    }

    /// A button's click that makes just these edits.
    pub fn on_click(&self, edits: Vec<Edit>) -> Callback<MouseEvent> {
        self.dispatch.reform(move |_: MouseEvent| Action::Edit(edits.clone()))
    }

    /// What the field at `path` holds, where that is no value of it.
    fn invalid_at(&self, path: &str) -> Option<&Invalid> {
        self.invalid.iter().find(|invalid| invalid.field == path)
    }

    /// What stands in the field at `path`, whose value is `value`: that, or what was typed and is none.
    pub fn text_at(&self, path: &str, value: &str) -> String {
        self.invalid_at(path).map_or(value, |invalid| &invalid.typed).to_owned()
    }

    /// What overrides the field at `path`.
    pub fn overridden_at(&self, path: &str) -> Option<&Overridden> {
        overridden::of(&self.overridden, path)
    }

    /// What is wrong with the field at `path`.
    pub fn complaint(&self, path: &str) -> Option<String> {
        let typed = self.invalid_at(path).map(|invalid| &invalid.problem);
        let problem = typed.or_else(|| self.problems.iter().find(|problem| problem.field == path))?;
        Some(saved::say(problem, self.words))
    }

    /// What is wrong with the field at `path`, or, if `inside`, with a part of its value. A problem that stands
    /// elsewhere, but that a new value of this field would make, is told with its place.
    pub fn complaint_inside(&self, path: &str, inside: bool) -> Option<String> {
        let is_here = |field: &str| {
            let rest = field.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || (inside && rest.starts_with('.')))
        };
        let typed = self.invalid_at(path).map(|invalid| &invalid.problem);
        let problem = typed.or_else(|| self.problems.iter().find(|problem| is_here(&problem.field)))?;
        let said = saved::say(problem, self.words);
        let is_own = problem.field.starts_with(path);
        Some(if is_own { said } else { format!("{} = {said}", problem.field) })
    }
}

/// The context that all fields stand in.
#[hook]
pub fn use_ctx() -> Ctx {
    use_context::<Ctx>().expect("fields stand inside a ContextProvider of Ctx")
}

/// The id of the input of the field at `path`.
pub fn id_of(path: &str) -> String {
    format!("f-{}", path.replace('.', "-"))
}
