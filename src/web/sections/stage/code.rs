//! The code of a request that is followed: the functions that it is in, and the lines at which it has been.

use std::collections::BTreeMap;

use super::film::Trail;
use crate::phrase::{Phrase, phrase};
use crate::strategy::source::{Function, stack};

/// What a line of code is to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It has not been there.
    Ahead,
    /// It has.
    Passed,
    /// The function called here is where it is.
    Within,
    /// It is there.
    Here,
}

/// A line of code.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number in its file, from 1.
    pub number: u32,
    /// The line.
    pub text: &'static str,
    /// What it is to the request.
    pub mark: Mark,
    /// The steps of the request that it has led to, counted from 1.
    pub steps: Vec<usize>,
}

/// A function that the request is in or has been in.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// `look_aside::read`.
    pub name: String,
    /// Its lines, those of its comment included.
    pub lines: Vec<Line>,
}

/// What the box with a lane's code is called.
pub fn label(lane: &str) -> Phrase {
    phrase!("Code of {lane}", "{lane} – 코드")
}

/// The steps that a line has led to, for who does not see where they stand.
pub fn steps_of(steps: &[usize]) -> Option<Phrase> {
    let all = steps.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    match steps {
        [] => None,
        [_] => Some(phrase!("step {all}: ", "{all}단계: ")),
        _ => Some(phrase!("steps {all}: ", "{all}단계: ")),
    }
}

/// Finds the functions of lines, and keeps what it has found.
#[derive(Debug, Default)]
pub struct Book {
    stacks: BTreeMap<u32, Vec<(Function, u32)>>,
}

impl Book {
    /// The functions in which a request has been up to the moment `until`, in the order in which it came to them.
    pub fn frames(&mut self, trail: &Trail, until: u64) -> Vec<Frame> {
        let hops: Vec<u32> = trail.hops().take_while(|hop| hop.leaves <= until).map(|hop| hop.line).collect();
        for line in &hops {
            self.stacks.entry(*line).or_insert_with(|| stack(*line));
        }
        let is_over = trail.ended().is_some_and(|ended| ended.at <= until);
        let mut frames: Vec<(Function, Frame)> = Vec::new();
        for (step, line) in hops.iter().enumerate() {
            let is_now = step + 1 == hops.len() && !is_over;
            let stack = &self.stacks[line];
            for (depth, (function, number)) in stack.iter().enumerate() {
                let is_innermost = depth + 1 == stack.len();
                let mark = match (is_now, is_innermost) {
                    (false, _) => Mark::Passed,
                    (true, false) => Mark::Within,
                    (true, true) => Mark::Here,
                };
                let frame = match frames.iter().position(|(known, _)| known == function) {
                    Some(known) => known,
                    None => {
                        frames.push((*function, Frame::of(function)));
                        frames.len() - 1
                    }
                };
                let line = &mut frames[frame].1.lines[(number - function.first) as usize];
                line.mark = line.mark.max(mark);
                line.steps.extend(is_innermost.then_some(step + 1));
            }
        }
        frames.into_iter().map(|(_, frame)| frame).collect()
    }
}

impl Frame {
    fn of(function: &Function) -> Frame {
        let line = |(number, text)| Line { number, text, mark: Mark::Ahead, steps: Vec::new() };
        let name = format!("{}::{}", function.file, function.name);
        Frame { name, lines: function.lines().map(line).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Ended, Errand, Fate, Hop, Part, Word};
    use crate::strategy::source::{functions, number};

    /// The number of the line of look-aside's code that contains this.
    fn line_with(text: &str) -> u32 {
        let lines = functions().filter(|function| function.file == "look_aside").flat_map(|function| function.lines());
        let (line, _) = lines.into_iter().find(|(_, line)| line.contains(text)).expect("a line");
        number("src/simulator/strategy/look_aside.rs", line)
    }

    fn miss() -> Trail {
        use Part::{App, Cache, Client, Database};
        let hop = |from, to, leaves, word, line| Hop {
            journey: 1,
            errand: Errand::Read,
            from,
            to,
            leaves,
            arrives: leaves + 10,
            word,
            rows: 0,
            line,
        };
        let (get, read) = (line_with("app.cache.get(key)"), line_with("app.database.read(key)"));
        let hops = [
            hop(Client, App, 0, Word::Ask, 0),
            hop(App, Cache, 100, Word::LookUp, get),
            hop(Cache, App, 200, Word::Miss, get),
            hop(App, Database, 300, Word::Query, read),
        ];
        Trail::new(hops, Some(Ended { journey: 1, at: 900, fate: Fate::Failed, error: 1 }))
    }

    /// The lines at which the request is or has been, by their function.
    fn marked(until: u64) -> Vec<(String, Mark, Vec<usize>)> {
        let frames = Book::default().frames(&miss(), until);
        let lines =
            frames.into_iter().flat_map(|frame| frame.lines.into_iter().map(move |line| (frame.name.clone(), line)));
        let marked = lines.filter(|(_, line)| line.mark > Mark::Ahead);
        marked.map(|(name, line)| (name.replace("look_aside::", ""), line.mark, line.steps)).collect()
    }

    #[test]
    fn the_line_where_a_request_is_is_lit_and_those_where_it_was_are_marked() {
        let name = str::to_owned;
        assert_eq!(marked(50), [], "its client has only sent it");
        let looks_up = [(name("read"), Mark::Within, vec![]), (name("look_up"), Mark::Here, vec![2, 3])];
        assert_eq!(marked(250), looks_up);
        let loads = [
            (name("read"), Mark::Passed, vec![]),
            (name("read"), Mark::Within, vec![]),
            (name("look_up"), Mark::Passed, vec![2, 3]),
            (name("load"), Mark::Here, vec![4]),
        ];
        assert_eq!(marked(300), loads);
        assert!(marked(900).iter().all(|(_, mark, _)| *mark == Mark::Passed), "it is over");
        assert!(steps_of(&[]).is_none());
        assert_eq!(steps_of(&[2, 3]).map(|steps| steps.to_string()).as_deref(), Some("steps 2, 3: "));
    }
}
