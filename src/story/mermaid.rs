//! A story as Mermaid text.

use std::fmt::Write as _;

use super::{Role, Story, stamp};
use crate::phrase::{Language, Phrase};

/// In front of the line that caused it, and of the one that it came to: text has no colours.
const CAUSE: Phrase = Phrase::fixed("CAUSE", "원인");
const OUTCOME: Phrase = Phrase::fixed("OUTCOME", "결과");

/// Under the names of those who take part stand the titles.
pub(super) fn mermaid(story: &Story, language: Language, titles: &[String]) -> String {
    let mut text = String::from("sequenceDiagram\n");
    let mut add = |line: String| _ = writeln!(text, "    {line}");
    for (number, actor) in story.actors.iter().enumerate() {
        add(format!("participant p{number} as {}", escaped(actor.name.say(language))));
    }
    let all = match story.actors.len() {
        0 | 1 => "p0".to_owned(),
        count => format!("p0,p{}", count - 1),
    };
    for title in titles {
        add(format!("Note over {all}: {}", escaped(title)));
    }
    for line in &story.lines {
        if line.skipped > 0 {
            add(format!("Note over {all}: …"));
        }
        let mark = match line.role {
            Role::Plain => String::new(),
            Role::Cause => format!("{} · ", CAUSE.say(language)),
            Role::Outcome => format!("{} · ", OUTCOME.say(language)),
        };
        let said = format!("{} · {mark}{}", stamp(line.at).say(language), escaped(line.text.say(language)));
        add(if line.from == line.to {
            format!("Note over p{}: {said}", line.from)
        } else {
            format!("p{}->>p{}: {said}", line.from, line.to)
        });
    }
    text
}

/// A text without what Mermaid takes for its own: `#` begins an entity, `;` ends a statement, and `<` a tag.
fn escaped(text: &str) -> String {
    text.replace(';', ",").replace('#', "#35;").replace(['\n', '\r'], " ").replace('<', "#60;")
}
