//! The strategies' own code, for who follows a request: its calls say from which line they were made.
//!
//! The text is that of the files that were compiled, so what is shown is what runs.

/// What a request's own code is in; what goes on beside requests is followed by nobody.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        const NAMES: &[&str] = &[$($name),+];
        // Apart from the names, so that the worker, which shows nothing, goes without.
        const TEXTS: &[&str] = &[$(include_str!(concat!($name, ".rs"))),+];
    };
}

files![
    "gutter",
    "leases",
    "look_aside",
    "modify",
    "multi_get",
    "none",
    "outbox",
    "read_through",
    "write_around",
    "write_back",
    "write_through",
];

/// Files have fewer lines than this.
const LINES_MAX: u32 = 1 << 12;

/// A line of a file as a number; 0 where the file is none of a strategy's.
pub fn number(file: &str, line: u32) -> u32 {
    let mut parts = file.rsplit(['/', '\\']);
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next());
    let name = name.strip_suffix(".rs").filter(|_| folder == Some("strategy"));
    let file = NAMES.iter().position(|known| Some(*known) == name); // few: as many files
    file.map_or(0, |file| (file as u32 + 1) * LINES_MAX + line)
}

/// The name of the file of a line, and the line's number in it, from 1.
pub fn line(number: u32) -> Option<(&'static str, u32)> {
    let file = (number / LINES_MAX).checked_sub(1)?;
    Some((NAMES.get(file as usize)?, number % LINES_MAX))
}

/// A function of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name of its file.
    pub file: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// The number of its first line in the file, from 1: that of its comment.
    pub first: u32,
    /// Its text, comment and all.
    pub text: &'static str,
}

impl Function {
    /// Its lines with their numbers in the file.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &'static str)> + use<> {
        (self.first..).zip(self.text.lines())
    }

    fn has(&self, line: u32) -> bool {
        // few: a range
        (self.first..self.first + self.text.lines().count() as u32).contains(&line)
    }

    /// Whether a line of this function calls `other`, which another file does by its file's name.
    fn calls(&self, other: &Function, line: &str) -> bool {
        let call = if self.file == other.file { String::new() } else { format!("{}::", other.file) };
        let call = format!("{call}{}(", other.name);
        line.match_indices(&call).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "_.:".contains(c)) && !line[..at].ends_with("fn ")
        })
    }
}

/// The functions of all files. The files are formatted, so that a function ends with the first brace at a line's beginning.
pub fn functions() -> impl Iterator<Item = Function> {
    NAMES.iter().zip(TEXTS).flat_map(|(file, text)| {
        let (mut at, mut number, mut begun) = (0, 0, None);
        text.split_inclusive('\n').filter_map(move |line| {
            let start = at;
            (at, number) = (at + line.len(), number + 1);
            match &mut begun {
                None if line.starts_with("///") => begun = Some((start, number, None)),
                None | Some((_, _, None)) if line.contains("fn ") && !line.starts_with([' ', '/']) => {
                    let name = line.split("fn ").nth(1)?.split(['(', '<']).next()?;
                    let (start, first, _) = begun.unwrap_or((start, number, None));
                    begun = Some((start, first, Some(name)));
                }
                Some((_, _, None)) if !line.starts_with("///") => begun = None, // a comment of something else
                Some((start, first, Some(name))) if line.starts_with('}') => {
                    let function = Function { file, name, first: *first, text: text[*start..at].trim_end() };
                    begun = None;
                    return Some(function);
                }
                _ => {}
            }
            None
        })
    })
}

/// The functions that a request is in when it calls from that line, outermost first, each with its own line. Who called is
/// told only where nobody else could have.
pub fn stack(number: u32) -> Vec<(Function, u32)> {
    let Some((file, at)) = line(number) else { return Vec::new() };
    let Some(innermost) = functions().find(|function| function.file == file && function.has(at)) else {
        return Vec::new();
    };
    let mut stack = vec![(innermost, at)];
    while let Some(&(inner, _)) = stack.first() {
        let mut calls = functions().flat_map(|outer| {
            let calls = outer.lines().filter(move |(_, line)| outer.calls(&inner, line));
            calls.map(move |(number, _)| (outer, number))
        });
        match (calls.next(), calls.next()) {
            // few: as deep as strategies call each other
            (Some(call), None) if call.0 != inner => stack.insert(0, call),
            _ => break,
        }
    }
    stack
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of the only line of a file that contains this.
    fn line_with(file: &str, text: &str) -> u32 {
        let file_number = NAMES.iter().position(|name| *name == file).expect("a file");
        let mut lines = TEXTS[file_number].lines().zip(1..).filter(|(line, _)| line.contains(text));
        let (_, line) = lines.next().expect("a line");
        assert_eq!(lines.next(), None, "only one");
        number(&format!("src/simulator/strategy/{file}.rs"), line)
    }

    fn names(number: u32) -> Vec<String> {
        stack(number).iter().map(|(function, _)| format!("{}::{}", function.file, function.name)).collect()
    }

    #[test]
    fn a_line_is_known_again_by_its_number_and_no_other_file_has_one() {
        assert_eq!(line(number("/somewhere/src/simulator/strategy/look_aside.rs", 37)), Some(("look_aside", 37)));
        assert_eq!(line(number("src\\simulator\\strategy\\none.rs", 8)), Some(("none", 8)));
        assert_eq!(
            (number("src/simulator/strategy/clients.rs", 9), number("src/simulator/cache/leases.rs", 9), line(0)),
            (0, 0, None)
        );
        assert!(TEXTS.iter().all(|text| text.lines().count() < LINES_MAX as usize));
    }

    #[test]
    fn a_function_is_told_with_its_comment_to_its_brace() {
        let load = functions().find(|function| (function.file, function.name) == ("look_aside", "load")).expect("it");
        assert!(load.text.starts_with("/// Reads the database and fills the cache"), "{}", load.text);
        assert!(load.text.ends_with("    Ok(value)\n}"), "{}", load.text);
        assert_eq!(functions().filter(|function| function.name == "row").map(|row| row.lines().count()).max(), Some(3));
        let all: usize = TEXTS.iter().map(|text| text.lines().filter(|line| line.contains("fn ")).count()).sum();
        assert_eq!(functions().count(), all, "none is left out");
    }

    #[test]
    fn who_called_is_told_where_only_one_could_have() {
        let fill = line_with("look_aside", "app.cache.fill(");
        assert_eq!(names(fill), ["look_aside::read", "look_aside::load"]);
        let lease = line_with("leases", "match app.cache.lease(asked)");
        assert_eq!(names(lease), ["look_aside::read", "look_aside::look_up", "leases::get"]);
        assert_eq!(names(line_with("modify", "fetch_to_change(")), ["modify::deciding"], "two call it");
        let (read, line) = stack(fill)[0];
        assert!(read.lines().any(|(number, text)| number == line && text.contains("load(app, key, guard)")));
    }
}
