//! Stories: how a write was lost, a read stale, a copy left behind, as a short sequence diagram with the others in it.
//!
//! ```text
//!  Ledger::cases        which ones there are: found in every run
//!  Ledger::heard        all that was heard of a case's key: in a second run, see experiment::telling
//!    └▶ tell            who matters, what caused it, at most LINES_MAX lines
//!         └▶ Story ──▶ mermaid, svg, plain     the one form that page and command line show
//! ```

mod choose;
mod evidence;
mod mermaid;
mod svg;
mod words;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::choose::tell;
pub use self::evidence::Evidence;
pub use self::words::{case_title, how_stale, stamp, write_name};
use crate::escape::shown;
use crate::ledger::{Case, Part};
use crate::model::ClientId;
use crate::phrase::{Language, Phrase};
use crate::time::Nanos;

/// What a reader cannot know.
const INITIAL: Phrase =
    Phrase::fixed("w0 is the value from before the first write of the run.", "w0은 실행 중 첫 쓰기 이전의 값입니다.");

/// The most lines of a story; what else belongs to it is counted.
pub const LINES_MAX: usize = 12;

/// What a line is for the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Part of the way.
    Plain,
    /// What caused it.
    Cause,
    /// What it came to.
    Outcome,
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub part: Part,
    /// What they are called.
    pub name: Phrase,
}

/// A message, or something that happens in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it arrived, or happened.
    pub at: Nanos,
    /// Which of the actors it comes from.
    pub from: usize,
    /// Which it goes to; the same for what happens in one place.
    pub to: usize,
    /// What it says.
    pub text: Phrase,
    /// What it is for the story.
    pub role: Role,
    /// How many lines in front of it are left out.
    pub skipped: u32,
}

/// How a case came about. See the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// The case.
    pub case: Case,
    /// The story in a sentence or two.
    pub sentence: Phrase,
    /// Where the value was when it had come about.
    pub left: Phrase,
    /// When its cause was.
    pub cause_at: Nanos,
    /// Whose request caused it; where none did, whose wrote the value.
    pub asked_by: Option<ClientId>,
    /// Who takes part, as they stand side by side.
    pub actors: Vec<Actor>,
    /// What happened, in order of time.
    pub lines: Vec<Line>,
}

impl Story {
    /// The line that caused it, if that was heard.
    pub fn cause(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.role == Role::Cause)
    }

    /// As a Mermaid `sequenceDiagram`.
    pub fn mermaid(&self, language: Language) -> String {
        mermaid::mermaid(self, language, &[])
    }

    /// As a picture in the page, whose custom properties are its colours. For a file, see [`Told::svg`].
    pub fn svg(&self, language: Language) -> String {
        svg::svg(self, language)
    }

    /// What `w0` is, where the story speaks of it.
    pub fn legend(&self) -> Option<Phrase> {
        let is_initial = |text: &Phrase| {
            text.say(Language::English).split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "w0")
        };
        let mut texts = self.lines.iter().map(|line| &line.text).chain([&self.sentence, &self.left]);
        texts.any(is_initial).then_some(INITIAL)
    }

    /// How wide that picture is where it is not made smaller, pixels.
    pub fn svg_width(&self) -> f64 {
        svg::width(self.actors.len())
    }

    /// A line each, for a terminal and for those who do not see the picture.
    pub fn plain(&self, language: Language) -> Vec<String> {
        let line = |line: &Line| {
            let skipped = if line.skipped > 0 { "…\n" } else { "" };
            format!(
                "{skipped}{}  {}: {}",
                stamp(line.at).say(language),
                self.way(line, language),
                line.text.say(language)
            )
        };
        self.lines.iter().map(line).collect()
    }

    /// From whom to whom a line goes: `Client 7 → App server 0`.
    pub fn way(&self, line: &Line, language: Language) -> String {
        let name = |actor: usize| self.actors[actor].name.say(language);
        if line.from == line.to {
            name(line.from).to_owned()
        } else {
            format!("{} → {}", name(line.from), name(line.to))
        }
    }
}

/// What became in another lane of the same write, the same read, or the copy of the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The lane's number.
    pub lane: usize,
    /// Whether it went well there; `None` where it cannot be said.
    pub kept: Option<bool>,
    /// What became of it.
    pub text: Phrase,
}

/// From which run a story is: what is taken home says so, as the figures do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// What the experiment is called.
    pub experiment: Phrase,
    /// Which engine computed it, the seed.
    pub source: Phrase,
}

/// A story, with what became of the same in the other lanes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The run.
    pub run: Run,
    /// The story's lane.
    pub lane: usize,
    /// The story.
    pub story: Story,
    /// The other lanes.
    pub elsewhere: Vec<Elsewhere>,
}

impl Told {
    /// A Mermaid `sequenceDiagram` that says from which run it is; `lane` is what its lane is called.
    pub fn mermaid(&self, lane: &str, language: Language) -> String {
        let titles = self.titles(lane, language).into_iter().chain([self.run.source.say(language).to_owned()]);
        mermaid::mermaid(&self.story, language, &titles.collect::<Vec<_>>())
    }

    /// A picture for a file, which says from which run it is; `lane` is what its lane is called.
    pub fn svg(&self, lane: &str, language: Language) -> String {
        let notes = self.story.legend().into_iter().chain([self.run.source.clone()]);
        let notes: Vec<String> = notes.map(|note| note.say(language).to_owned()).collect();
        svg::file(&self.story, language, &self.titles(lane, language), &notes)
    }

    fn titles(&self, lane: &str, language: Language) -> [String; 2] {
        let (lane, case) = (shown(lane), case_title(&self.story.case));
        [shown(self.run.experiment.say(language)).into_owned(), format!("{lane} · {}", case.say(language))]
    }
}
