//! The tree of values between the typed scenario and its texts (TOML files, share links, JSON).
//!
//! Every text is parsed into [`Node`]s, and every type reads itself from one and shows itself as one
//! ([`Field`](super::field::Field)), so that files, links and settings share one meaning and one set of messages.

/// A value, the line it stood on, and whether it is what its field would be anyway.
#[derive(Clone, Debug)]
pub struct Node {
    pub value: Value,
    pub line: Option<u32>,
    /// Set where a scenario is shown: brief texts leave the node out.
    pub is_default: bool,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text that is known to be one (quoted in TOML).
    Text(String),
    /// A word of a link: a text, a number, a duration; the field that reads it decides.
    Bare(String),
    Whole(i128),
    Real(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(Fields),
    /// `{ kind = "write-back", every = "5s" }` in TOML, `write-back(every:5s)` in links.
    Kind(String, Fields),
    /// `{ exponential = "10ms" }` in TOML, `exponential(10ms)` in links.
    Named(String, Box<Node>),
}

/// Named values, in order.
pub type Fields = Vec<(String, Node)>;

impl PartialEq for Node {
    /// By value: neither the line nor the default matters.
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Node {
        Node { value, line: None, is_default: false }
    }
}

impl Node {
    /// The same node, marked as what its field would be anyway, or not.
    pub fn marked(mut self, is_default: bool) -> Node {
        self.is_default = is_default;
        self
    }

    /// The word, where the node is one.
    pub fn word(&self) -> Option<&str> {
        match &self.value {
            Value::Text(word) | Value::Bare(word) => Some(word),
            _ => None,
        }
    }

    /// The fields inside, where the node is a table of any sort.
    pub fn fields(&self) -> Option<&Fields> {
        match &self.value {
            Value::Table(fields) | Value::Kind(_, fields) => Some(fields),
            _ => None,
        }
    }

    /// The node as messages quote it: the way its file or link wrote it.
    pub fn quote(&self) -> String {
        super::text::inline(self)
    }

    /// The node at a dotted path below this one.
    pub fn find(&self, path: &str) -> Option<&Node> {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        let child = match &self.value {
            Value::Table(fields) | Value::Kind(_, fields) => fields.iter().find(|(name, _)| name == key).map(|f| &f.1),
            Value::Named(word, inner) if word == key => Some(&**inner),
            Value::List(items) => key.parse::<usize>().ok().and_then(|i| items.get(i)),
            _ => None,
        }?;
        rest.map_or(Some(child), |rest| child.find(rest))
    }

    /// The line of the node at `path`, or of the nearest one above it that has a line.
    pub fn line_of(&self, path: &str) -> Option<u32> {
        let mut path = path;
        loop {
            if let Some(line) = self.find(path).and_then(|node| node.line) {
                return Some(line);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    /// Takes the node at a dotted path away (of a list, the items behind it move up), and tables above it that this has left
    /// empty.
    pub fn remove(&mut self, path: &str) {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        match (&mut self.value, rest) {
            (Value::Table(fields) | Value::Kind(_, fields), None) => fields.retain(|(name, _)| name != key),
            (Value::Table(fields) | Value::Kind(_, fields), Some(rest)) => {
                if let Some((_, inner)) = fields.iter_mut().find(|(name, _)| name == key) {
                    inner.remove(rest);
                    // An empty table inside what a lane has otherwise says nothing.
                    if matches!(&inner.value, Value::Table(left) if left.is_empty()) {
                        fields.retain(|(name, _)| name != key);
                    }
                }
            }
            (Value::List(items), None) => {
                if let Some(i) = key.parse::<usize>().ok().filter(|i| *i < items.len()) {
                    items.remove(i);
                }
            }
            (Value::List(items), Some(rest)) => {
                if let Some(item) = key.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                    item.remove(rest);
                }
            }
            _ => {}
        }
    }

    /// Calls `visit` with the path and the node of every value that holds no other.
    pub fn leaves(&self, at: &str, visit: &mut dyn FnMut(&str, &Node)) {
        match &self.value {
            Value::Table(fields) | Value::Kind(_, fields) => {
                fields.iter().for_each(|(name, node)| node.leaves(&join(at, name), visit));
            }
            Value::Named(word, inner) => inner.leaves(&join(at, word), visit),
            Value::List(items) => {
                items.iter().enumerate().for_each(|(i, node)| node.leaves(&join(at, &i.to_string()), visit));
            }
            _ => visit(at, self),
        }
    }
}

/// Whether a text says something of this field that it would not have anyway.
pub fn is_told(fields: &Fields, field: &str) -> bool {
    fields.iter().any(|(name, node)| name == field && !node.is_default)
}

/// `at.name`, or `name` at the top.
pub fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

impl serde::Serialize for Node {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Text(text) | Value::Bare(text) => serializer.serialize_str(text),
            Value::Whole(number) => match i64::try_from(*number) {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => serializer.serialize_i128(*number),
            },
            Value::Real(number) => serializer.serialize_f64(*number),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::List(items) => serializer.collect_seq(items),
            Value::Table(fields) => serializer.collect_map(fields.iter().map(|(name, node)| (name, node))),
            Value::Named(word, inner) => serializer.collect_map([(word, &**inner)]),
            Value::Kind(word, fields) => {
                let kind = Node::from(Value::Text(word.clone()));
                let kind = std::iter::once(("kind", &kind));
                serializer.collect_map(kind.chain(fields.iter().map(|(name, node)| (name.as_str(), node))))
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Value;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, a number, a truth value, a list or a table")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
                Ok(Value::Flag(flag))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Whole(number.into()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Whole(number.into()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Real(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(node) = seq.next_element()? {
                    items.push(node);
                }
                Ok(Value::List(items))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Value::Table(fields))
            }
        }
        deserializer.deserialize_any(Visitor).map(Node::from)
    }
}
