//! Two small habits of scenario files: `"write-back"` for `{ kind = "write-back" }`, and `"none"` for nothing.

/// Implements serde for an enum derived with `#[serde(remote = "Self", tag = "kind")]`,
/// so that a bare word stands for a table with only its `kind`.
macro_rules! kind_or_table {
    ($name:ident, $expecting:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $name::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$name, E> {
                        let table = std::iter::once(("kind", word));
                        $name::deserialize(serde::de::value::MapDeserializer::new(table))
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }
                deserializer.deserialize_any(Visitor)
            }
        }
    };
}
pub(super) use kind_or_table;

/// An optional value, written `"none"` where there is none, so that "none" can be said aloud.
pub mod or_none {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, IntoDeserializer, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes `"none"` or the value.
    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            None => serializer.serialize_str("none"),
            Some(value) => value.serialize(serializer),
        }
    }

    /// Reads `"none"` or a value.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        struct OrNone<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OrNone<T> {
            type Value = Option<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or \"none\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
                if text == "none" {
                    return Ok(None);
                }
                T::deserialize(text.into_deserializer()).map(Some)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
                T::deserialize(number.into_deserializer()).map(Some)
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
                T::deserialize(number.into_deserializer()).map(Some)
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
                T::deserialize(number.into_deserializer()).map(Some)
            }
        }
        deserializer.deserialize_any(OrNone(PhantomData))
    }
}
