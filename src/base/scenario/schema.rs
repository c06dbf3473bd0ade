//! The JSON Schema of scenarios, made from the types: editors complete fields and words by it, and mark what cannot be.
//!
//! It says what may stand where; how values fit together is only [checked](Scenario::check). A schema has ranges of numbers and
//! cannot compare durations and sizes, so that of these it knows how they are written, and their range stands in the description.
//! A number may also be written as a text with its unit (`"50%"`): it takes any text there.

use serde_json::{Map, Value, json};

use super::field::{Entry, Plain, Record, Takes};
use super::limits::{self, Range};
use super::node::join;
use super::{Scenario, versions};
use crate::bytes::Bytes;
use crate::phrase::Language;
use crate::time::Nanos;

impl Scenario {
    /// The schema, draft 2020-12, of files in TOML and of the JSON that has their shape.
    pub fn schema() -> Value {
        let entries = Scenario::entries();
        let mut root = table(&entries, "", &entries);
        root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".to_owned(), json!("A scenario of Cachelane"));
        let version = json!({
            "description": "The version that the file is written in; without it, the current one.",
            "type": "integer", "minimum": 1, "maximum": versions::CURRENT,
        });
        root["properties"]["version"] = version;
        Value::Object(root)
    }
}

/// A table of these fields and no others; those that have a default may be left out.
fn table(entries: &[Entry], path: &str, all: &[Entry]) -> Map<String, Value> {
    let field = |entry: &Entry| (entry.name.to_owned(), described(entry, &join(path, entry.name), all));
    let mut told = Map::new();
    told.insert("type".to_owned(), json!("object"));
    told.insert("properties".to_owned(), Value::Object(entries.iter().map(field).collect()));
    let needed: Vec<&str> = entries.iter().filter(|entry| entry.default.is_none()).map(|entry| entry.name).collect();
    if !needed.is_empty() {
        told.insert("required".to_owned(), json!(needed));
    }
    told.insert("additionalProperties".to_owned(), json!(false));
    told
}

/// What a field takes, with its meaning and its default.
fn described(entry: &Entry, path: &str, all: &[Entry]) -> Value {
    let mut told = takes(&entry.takes, path, all);
    if let Some(object) = told.as_object_mut() {
        let meaning = entry.docs.say(Language::English);
        let shapes = object.get("description").and_then(Value::as_str).map(str::to_owned);
        let range = is_value(&entry.takes).then(|| limits::of(path)).flatten().map(|limit| limit.to_string());
        let said: Vec<String> = shapes.into_iter().chain(range).collect();
        let said = if said.is_empty() { meaning } else { format!("{meaning} ({})", said.join("; ")) };
        object.insert("description".to_owned(), json!(said));
        if let Some(default) = entry.default.as_ref().and_then(|node| serde_json::to_value(node).ok()) {
            object.insert("default".to_owned(), default);
        }
    }
    told
}

/// Whether a range is of all of it.
fn is_value(takes: &Takes) -> bool {
    match takes {
        Takes::Value(_) => true,
        Takes::OrNone(inner) => is_value(inner),
        Takes::Words(_) | Takes::Kinds(_) | Takes::Table(..) | Takes::List(_) => false,
    }
}

fn takes(what: &Takes, path: &str, all: &[Entry]) -> Value {
    match what {
        Takes::Value(plain) => value(plain, path, all),
        Takes::Words(words) => any_of(
            words.iter().map(|(word, docs)| json!({ "const": word, "description": docs.say(Language::English) })),
        ),
        Takes::Kinds(kinds) => {
            let word = kinds
                .iter()
                .map(|(word, docs, _)| json!({ "const": word, "description": docs.say(Language::English) }));
            let with_options = kinds.iter().map(|(word, docs, fields)| {
                let mut told = table(fields, path, all);
                told["properties"]["kind"] = json!({ "const": word });
                let needed = told.entry("required").or_insert_with(|| json!([]));
                if let Some(needed) = needed.as_array_mut() {
                    needed.push(json!("kind"));
                }
                told.insert("description".to_owned(), json!(docs.say(Language::English)));
                Value::Object(told)
            });
            any_of(word.chain(with_options))
        }
        Takes::Table(_, entries) => Value::Object(table(entries, path, all)),
        // Any number stands for all: every item has the same limits.
        Takes::List(inner) => json!({ "type": "array", "items": takes(inner, &join(path, "0"), all) }),
        Takes::OrNone(inner) => any_of([takes(inner, path, all), json!({ "const": "none" })].into_iter()),
    }
}

fn any_of(choices: impl Iterator<Item = Value>) -> Value {
    json!({ "anyOf": choices.collect::<Vec<_>>() })
}

fn value(plain: &Plain, path: &str, all: &[Entry]) -> Value {
    let text = || json!({ "type": "string" });
    match plain {
        Plain::Text => text(),
        Plain::Flag => json!({ "type": "boolean" }),
        Plain::Whole | Plain::Number => {
            let kind = if *plain == Plain::Whole { "integer" } else { "number" };
            let mut number = json!({ "type": kind });
            let range = match limits::of(path).map(|limit| limit.range) {
                Some(Range::Whole(least, most)) => Some((json!(least), json!(most))),
                Some(Range::Number(least, most)) => Some((json!(least), json!(most))),
                Some(Range::Time(..) | Range::Size(..) | Range::Capacity(..)) | None => None,
            };
            if let Some((least, most)) = range {
                number["minimum"] = least;
                number["maximum"] = most;
            }
            any_of([number, text()].into_iter())
        }
        Plain::Duration => json!({ "type": "string", "pattern": Nanos::pattern(), "examples": ["250ms", "2h"] }),
        Plain::Distribution | Plain::Ttl => any_of([text(), json!({ "type": "object" })].into_iter()),
        Plain::OfSection => {
            let name = path.rsplit('.').next().unwrap_or(path);
            // few: the sections there are
            let section = all.iter().find(|entry| entry.name == name).map(|entry| &entry.takes);
            let Some(Takes::Table(_, entries)) = section else { return json!({ "type": "object" }) };
            let mut told = table(entries, name, all);
            told.remove("required");
            // A lane has only what it has otherwise: what it does not say is no default of its own.
            if let Some(Value::Object(fields)) = told.get_mut("properties") {
                fields.values_mut().filter_map(Value::as_object_mut).for_each(|field| _ = field.remove("default"));
            }
            Value::Object(told)
        }
        Plain::Other(words) => {
            let size = || json!({ "type": "string", "pattern": Bytes::pattern() });
            let mut told = match limits::of(path).map(|limit| limit.range) {
                Some(Range::Capacity(entries, ..)) => {
                    any_of([json!({ "type": "integer", "minimum": 1, "maximum": entries }), size()].into_iter())
                }
                Some(Range::Size(..)) => any_of([size(), json!({ "type": "object" })].into_iter()),
                // Several shapes, which the program reads itself.
                Some(Range::Whole(..) | Range::Number(..) | Range::Time(..)) | None => json!({}),
            };
            told["description"] = json!(words.to_string());
            told
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::presets;
    use super::*;

    /// Whether `what` is what the schema says, as far as the words go that this schema uses.
    fn is_valid(schema: &Value, what: &Value) -> bool {
        let Some(schema) = schema.as_object() else { return true };
        schema.iter().all(|(word, said)| match (word.as_str(), what) {
            ("type", _) => match said.as_str().expect("a type") {
                "object" => what.is_object(),
                "array" => what.is_array(),
                "string" => what.is_string(),
                "boolean" => what.is_boolean(),
                "integer" => what.is_u64(),
                _ => what.is_number(),
            },
            ("const", _) => said == what,
            ("anyOf", _) => said.as_array().expect("choices").iter().any(|choice| is_valid(choice, what)),
            ("minimum", Value::Number(_)) => what.as_f64() >= said.as_f64(),
            ("maximum", Value::Number(_)) => what.as_f64() <= said.as_f64(),
            ("items", Value::Array(items)) => items.iter().all(|item| is_valid(said, item)),
            ("required", Value::Object(fields)) => {
                said.as_array().expect("names").iter().all(|name| fields.contains_key(name.as_str().expect("a name")))
            }
            ("properties", Value::Object(fields)) => {
                fields.iter().all(|(name, value)| said.get(name).is_none_or(|schema| is_valid(schema, value)))
            }
            ("additionalProperties", Value::Object(fields)) => {
                let known = schema["properties"].as_object().expect("properties");
                fields.keys().all(|name| known.contains_key(name))
            }
            _ => true,
        })
    }

    fn of(toml: &str) -> Value {
        toml::from_str::<toml::Value>(toml).ok().and_then(|read| serde_json::to_value(read).ok()).expect("TOML")
    }

    #[test]
    fn every_preset_is_valid_as_its_file_and_as_json() {
        let schema = Scenario::schema();
        for preset in presets::all() {
            assert!(is_valid(&schema, &of(preset.toml())), "{}", preset.name);
            let json = serde_json::to_value(preset.scenario()).expect("JSON");
            assert!(is_valid(&schema, &json), "{} as JSON", preset.name);
        }
    }

    #[test]
    fn a_field_says_its_range_and_how_durations_and_sizes_are_written() {
        let schema = Scenario::schema();
        let cache = &schema["properties"]["cache"]["properties"];
        let said = |field: &Value| field["description"].as_str().map(str::to_owned).unwrap_or_default();
        for (field, range) in [
            (&cache["capacity"], "a number of entries from 1 to 10000000, or a size from 1KiB to 16TiB)"),
            (&cache["loading"], "(a duration from 0s to 1s)"),
            (&cache["failover"], "(a duration from 0s to 1h, or \"none\")"),
            (&schema["properties"]["clients"]["properties"]["write_ratio"], "(a number from 0 to 1)"),
        ] {
            assert!(said(field).ends_with(range), "{}", said(field));
        }
        let pattern = |value: &Value| value["pattern"].as_str().expect("a pattern").to_owned();
        let duration = pattern(&cache["loading"]);
        assert_eq!(duration, r"^\s*([0-9.]+\s*(d|h|min|s|ms|us|ns|m|µs|μs)\s*)+$");
        assert_eq!(pattern(&cache["failover"]["anyOf"][0]), duration);
        let size = r"^\s*[0-9.]+\s*(TiB|TB|GiB|GB|MiB|MB|KiB|kB|B)\s*$";
        assert_eq!(pattern(&cache["capacity"]["anyOf"][1]), size);
        assert_eq!(cache["capacity"]["anyOf"][0]["maximum"], 10_000_000);
    }

    #[test]
    fn what_is_unknown_out_of_range_or_of_another_type_is_not() {
        let schema = Scenario::schema();
        for good in [
            "[cache]\nttl = \"5s\"",
            "[cache]\ncapacity = \"64MiB\"",
            "[cache]\ncapacity = 64",
            "[clients]\nvalue_size = { exponential = \"1KiB\" }",
            "[clients]\nwrite_ratio = \"50%\"",
            "[[lane]]\ncache = { ttl = \"9s\" }",
            "[[lane]]\nwrite = { kind = \"write-back\", every = \"5s\" }\n[[fault]]\nat = \"3s\"\nwhat = \"cache.crash\"\nspares = [0]",
        ] {
            assert!(is_valid(&schema, &of(good)) && Scenario::from_toml(good).is_ok(), "{good}");
        }
        for bad in [
            "[cache]\ntll = \"5s\"",
            "[clients]\nwrite_ratio = 1.5",
            "[cache]\ncapacity = 0",
            "[[lane]]\nwrite = \"write-bck\"",
            "[[lane]]\nwrite = { kind = \"write-through\", every = \"5s\" }",
            "[[lane]]\ncache = { tll = \"9s\" }",
            "[[fault]]\nwhat = \"cache.crash\"",
            "version = 9",
        ] {
            assert!(!is_valid(&schema, &of(bad)) && Scenario::from_toml(bad).is_err(), "{bad}");
        }
    }
}
