//! How a link writes a value: words and parentheses, without quotes or braces.
//!
//! ```text
//! 60s                              a word: a text, a number, a duration
//! write-back(every:2s,batch:64)    a kind with its options
//! exponential(10ms)                a table with one name in it
//! (at:30s,what:cache.crash)        a table
//! (50,27ms)                        a list
//! ```
//!
//! A `~` before one of `( ) , : ~` makes it an ordinary character of a word.

use crate::phrase::{Phrase, phrase};
use crate::scenario::node::{Fields, Node, Value};

/// No scenario nests deeper.
const DEPTH_MAX: usize = 12;

/// The characters that structure a value.
const STRUCTURE: [char; 5] = ['(', ')', ',', ':', '~'];

/// A value as links write it; what is marked as a default is left out of tables.
pub fn print(node: &Node) -> String {
    let list = |fields: &Fields| {
        let told = fields.iter().filter(|(_, node)| !node.is_default);
        told.map(|(name, node)| format!("{}:{}", escaped(name), print(node))).collect::<Vec<_>>().join(",")
    };
    let items = |items: &[Node]| items.iter().map(print).collect::<Vec<_>>().join(",");
    match &node.value {
        Value::Text(text) | Value::Bare(text) => escaped(text),
        Value::Whole(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(list) => format!("({})", items(list)),
        Value::Table(fields) => format!("({})", list(fields)),
        Value::Kind(word, fields) => match list(fields) {
            told if told.is_empty() => escaped(word),
            told => format!("{word}({told})"),
        },
        Value::Named(word, inner) => match &inner.value {
            Value::Table(fields) => format!("{word}({})", list(fields)),
            // A list of one would read as the one.
            Value::List(list) if list.len() > 1 => format!("{word}({})", items(list)),
            _ => format!("{word}({})", print(inner)),
        },
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if STRUCTURE.contains(&c) {
            escaped.push('~');
        }
        escaped.push(c);
    }
    escaped
}

/// The value that `text` writes, or a sentence about what is wrong with it.
pub fn parse(text: &str) -> Result<Node, Phrase> {
    let mut reader = Reader { rest: text.chars().peekable() };
    let node = reader.value(0)?;
    match reader.rest.next() {
        None => Ok(node),
        Some(c) => Err(phrase!(
            "there is a `{c}` too many (write ~{c} where it is part of a text)",
            "`{c}`가 하나 더 있습니다(문자열에 들어가는 글자라면 ~{c}로 적어 주세요)"
        )),
    }
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    /// A word, a word with parentheses, or parentheses.
    fn value(&mut self, depth: usize) -> Result<Node, Phrase> {
        let word = self.word(depth)?;
        self.value_after(word, depth)
    }

    fn value_after(&mut self, word: String, depth: usize) -> Result<Node, Phrase> {
        if self.rest.next_if_eq(&'(').is_none() {
            return Ok(Value::Bare(word).into());
        }
        if depth >= DEPTH_MAX {
            return Err(phrase!(
                "the parentheses are nested deeper than {DEPTH_MAX}",
                "괄호가 {DEPTH_MAX}단계보다 깊습니다"
            ));
        }
        let inside = self.inside(depth + 1)?;
        let value = match (word.is_empty(), inside) {
            (true, Inside::Fields(fields)) => Value::Table(fields),
            (true, Inside::Items(items)) => Value::List(items),
            (false, Inside::Fields(fields)) => Value::Kind(word, fields),
            (false, Inside::Items(mut items)) => {
                let inner = if items.len() == 1 { items.remove(0) } else { Value::List(items).into() };
                Value::Named(word, Box::new(inner))
            }
        };
        Ok(value.into())
    }

    /// The characters up to the next one that structures. Outside of parentheses, only those structure.
    fn word(&mut self, depth: usize) -> Result<String, Phrase> {
        let mut word = String::new();
        while let Some(&c) = self.rest.peek() {
            let ends = matches!(c, '(' | ')') || (depth > 0 && matches!(c, ',' | ':'));
            if ends {
                break;
            }
            self.rest.next();
            word.push(if c == '~' {
                self.rest
                    .next()
                    .ok_or(Phrase::fixed("nothing follows the last `~`", "마지막 `~` 뒤에 글자가 없습니다"))?
            } else {
                c
            });
        }
        Ok(word)
    }

    /// What stands between parentheses, and the closing one.
    fn inside(&mut self, depth: usize) -> Result<Inside, Phrase> {
        let (mut fields, mut items) = (Fields::new(), Vec::new());
        if self.rest.next_if_eq(&')').is_some() {
            return Ok(Inside::Fields(fields));
        }
        loop {
            let word = self.word(depth)?;
            if self.rest.next_if_eq(&':').is_some() {
                if fields.iter().any(|(name, _)| *name == word) {
                    return Err(phrase!("`{word}` is given twice", "`{word}`가 두 번 있습니다"));
                }
                let value = self.value(depth)?;
                fields.push((word, value));
            } else {
                items.push(self.value_after(word, depth)?);
            }
            match self.rest.next() {
                Some(',') => {}
                Some(')') => break,
                Some(c) => {
                    return Err(phrase!("a `,` or `)` is missing before `{c}`", "`{c}` 앞에 `,`나 `)`가 없습니다"));
                }
                None => return Err(Phrase::fixed("a `)` is missing at the end", "끝에 `)`가 없습니다")),
            }
        }
        match (fields.is_empty(), items.is_empty()) {
            (false, false) => Err(Phrase::fixed(
                "some values between the parentheses have a name and some have none",
                "괄호 안의 값 중 일부에만 이름이 있습니다",
            )),
            (true, _) => Ok(Inside::Items(items)),
            (false, true) => Ok(Inside::Fields(fields)),
        }
    }
}

enum Inside {
    Fields(Fields),
    Items(Vec<Node>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_alike() {
        for text in [
            "60s",
            "write-back(every:2s,batch:64)",
            "exponential(10ms)",
            "(at:30s,what:cache.crash,for:5s)",
            "empirical((50,27ms),(100,190ms))",
            "empirical(((100,27ms)))",
            "a~(b~)~:~~",
            "(read:none,write:write-through(order:cache-first))",
            "(Write-back~, alone:1)",
            "",
        ] {
            assert_eq!(print(&parse(text).unwrap()), text);
        }
    }

    #[test]
    fn what_does_not_close_or_mixes_is_refused_with_the_place() {
        for (text, part) in [
            ("a(b", "`)` is missing"),
            ("a)", "`)` too many"),
            ("(a:1,b)", "some have none"),
            ("(a:1,a:2)", "`a` is given twice"),
            ("a(b)c", "`c` too many"),
            ("(a(b)c)", "before `c`"),
            ("a~", "follows the last"),
            (&"(".repeat(40), "nested deeper"),
        ] {
            let sentence = parse(text).unwrap_err().to_string();
            assert!(sentence.contains(part), "{text}: {sentence}");
        }
    }
}
