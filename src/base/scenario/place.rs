//! Putting a value into the tree of a scenario, by its path, as links and edits do.

use super::node::{Fields, Node, Value};
use super::notation;
use super::problem::{Problem, Problems, Reason};
use crate::phrase::{Language, Phrase, phrase};

/// Puts the value that `text` writes at `path` of the tree.
pub(super) fn set(tree: &mut Node, path: &str, text: &str, problems: &mut Problems) {
    match notation::parse(text) {
        Ok(node) => put(tree, path, node, text, problems),
        Err(sentence) => problems.because(path, text, sentence),
    }
}

/// Puts `node`, which messages quote as `text`, at `path` of the tree. Whether the field exists is for the types to say
/// when they read the tree.
pub(super) fn put(tree: &mut Node, path: &str, node: Node, text: &str, problems: &mut Problems) {
    if path.split('.').any(str::is_empty) || path.split('.').count() > 12 {
        let sentence = Phrase::fixed(
            "is not a field's path; write names with dots between, such as cache.ttl",
            "항목의 경로가 아닙니다. cache.ttl처럼 이름을 점으로 이어 적어 주세요",
        );
        return problems.because(path, text, sentence);
    }
    if let Err(problem) = place(tree, path, path, node) {
        problems.list.push(Problem { value: text.to_owned(), ..problem });
    }
}

/// `path` is what is left to go of `whole`.
fn place(node: &mut Node, path: &str, whole: &str, value: Node) -> Result<(), Problem> {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let child = match &mut node.value {
        Value::List(items) => {
            let Some(item) = list_item(items, key, whole, rest.is_none(), &value)? else { return Ok(()) };
            item
        }
        Value::Kind(word, fields) if key == "kind" && rest.is_none() => {
            let named = value.word().unwrap_or_default();
            if *word != named {
                (*word, *fields) = (named.to_owned(), Fields::new());
            }
            return Ok(());
        }
        Value::Table(fields) | Value::Kind(_, fields) => field_of(fields, key),
        Value::Named(word, inner) if word == key => inner,
        // A word that this same link has just put there: a kind that gets its options one by one.
        Value::Bare(word) => {
            node.value = Value::Kind(std::mem::take(word), vec![(key.to_owned(), empty())]);
            return place(node, path, whole, value);
        }
        // A constant becomes a distribution, one distribution another.
        Value::Text(_) | Value::Named(..) => {
            node.value = Value::Named(key.to_owned(), Box::new(empty()));
            return place(node, path, whole, value);
        }
        Value::Whole(_) | Value::Real(_) | Value::Flag(_) => return Err(no_such_field(whole)),
    };
    child.is_default = false;
    match rest {
        Some(rest) => place(child, rest, whole, value),
        None => {
            *child = value;
            Ok(())
        }
    }
}

fn empty() -> Node {
    Value::Table(Fields::new()).into()
}

fn field_of<'a>(fields: &'a mut Fields, key: &str) -> &'a mut Node {
    let at = fields.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
        fields.push((key.to_owned(), empty()));
        fields.len() - 1
    });
    &mut fields[at].1
}

/// The item of a list that a link means; one behind the last is made. `None` when the list was shortened instead.
fn list_item<'a>(
    items: &'a mut Vec<Node>,
    key: &str,
    whole: &str,
    is_last: bool,
    value: &Node,
) -> Result<Option<&'a mut Node>, Problem> {
    let because = |sentence: Phrase| Problem {
        field: whole.to_owned(),
        value: String::new(),
        reason: Reason::Because(sentence),
        line: None,
    };
    let length = items.len();
    if key == "count" && is_last {
        let count = value.word().and_then(|word| word.parse::<usize>().ok()).filter(|count| *count <= length);
        let count = count.ok_or_else(|| {
            because(phrase!(
                "keeps the first N; give 0 to {length}",
                "처음 N개를 남깁니다. 0부터 {length}까지 적어 주세요"
            ))
        })?;
        items.truncate(count);
        return Ok(None);
    }
    match key.parse::<usize>() {
        Ok(i) if i < length => {}
        Ok(i) if i == length => items.push(empty()),
        Ok(_) => {
            let there = match length.checked_sub(1) {
                None => Phrase::fixed("there are none yet", "아직 없습니다"),
                Some(last) => phrase!("there are 0 to {last}", "0번부터 {last}번까지 있습니다"),
            };
            let [there, there_ko] = Language::ALL.map(|language| there.say(language));
            return Err(because(phrase!(
                "{there}; the next new one has the number {length}",
                "{there_ko}. 새로 더하는 것은 {length}번입니다"
            )));
        }
        Err(_) => {
            return Err(because(Phrase::fixed(
                "there is no such field; known: a number from 0, count",
                "그런 항목은 없습니다. 가능한 값: 0부터의 번호, count",
            )));
        }
    }
    Ok(items.get_mut(key.parse::<usize>().unwrap_or(length)))
}

fn no_such_field(whole: &str) -> Problem {
    Problem {
        field: whole.to_owned(),
        value: String::new(),
        reason: Reason::UnknownField { meant: None, known: Vec::new() },
        line: None,
    }
}
