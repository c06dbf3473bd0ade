//! How page and worker write what they say to each other ([`protocol`](super::protocol)): bytes, read by the program that wrote
//! them.
//!
//! Both ends are the same build, so a struct is its fields in their order, without their names, and an enum is a number. Reading
//! fields by name takes several times the code of reading them in order, of every type that is told; and a reader downloads it.
//!
//! ```text
//!   numbers              as they are in memory, little-endian; a truth value is a byte
//!   a text               its length (u32), its bytes
//!   nothing, something   0, 1 and the value
//!   a list, a map        1 before each item, 0 behind the last
//!   a struct             1 before each field, 0 for one that was skipped
//!   a tuple              its items
//!   an enum              which variant (u8), what it holds
//! ```
//!
//! Variants that are skipped must stand last in their enum: serde counts them when it writes a number, and not when it reads one.

mod read;
mod write;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that say nothing, or a value that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbled;

impl fmt::Display for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("garbled")
    }
}

impl std::error::Error for Garbled {}

impl serde::ser::Error for Garbled {
    fn custom<T: fmt::Display>(_: T) -> Garbled {
        Garbled
    }
}

impl serde::de::Error for Garbled {
    fn custom<T: fmt::Display>(_: T) -> Garbled {
        Garbled
    }
}

/// `value` in bytes.
///
/// # Errors
/// A text of 4 GiB, or an enum with more than 256 variants.
pub fn write(value: &impl Serialize) -> Result<Vec<u8>, Garbled> {
    let mut out = write::Writer(Vec::new());
    value.serialize(&mut out)?;
    Ok(out.0)
}

/// What was written.
///
/// # Errors
/// Bytes that [`write()`] did not make of such a value.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Garbled> {
    let mut rest = read::Reader(bytes);
    let value = T::deserialize(&mut rest)?;
    rest.0.is_empty().then_some(value).ok_or(Garbled)
}

/// The bytes of a message, or of a file that goes along; none where it has none.
#[cfg(target_arch = "wasm32")]
pub fn bytes_of(data: &wasm_bindgen::JsValue) -> Vec<u8> {
    use wasm_bindgen::JsCast as _;
    data.dyn_ref::<js_sys::Uint8Array>().map(js_sys::Uint8Array::to_vec).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Row {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<u8>,
        #[serde(skip)]
        unsaid: u64,
        right: Option<(i64, f32)>,
        counts: BTreeMap<String, u64>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Point,
        Circle(f64),
        Line(u32, bool),
        Rows { rows: Vec<Row>, last: [Option<f64>; 3] },
    }

    fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let bytes = write(value).unwrap();
        assert_eq!(read::<T>(&bytes).as_ref(), Ok(value), "{bytes:?}");
        for end in 0..bytes.len() {
            assert_eq!(read::<T>(&bytes[..end]), Err(Garbled), "{end} of {bytes:?}");
        }
        assert_eq!(read::<T>(&[bytes, vec![0]].concat()), Err(Garbled));
    }

    #[test]
    fn what_was_written_is_read_again_and_a_part_of_it_is_not() {
        let row = Row { name: "가".into(), right: Some((-1, 0.1)), ..Row::default() };
        let other = Row { left: Some(7), counts: [("a".into(), u64::MAX)].into(), ..row.clone() };
        let last = [None, Some(f64::MIN_POSITIVE), Some(f64::INFINITY)];
        for shape in
            [Shape::Point, Shape::Circle(-0.0), Shape::Line(9, true), Shape::Rows { rows: vec![row, other], last }]
        {
            arrives(&shape);
        }
        arrives(&vec![Some("a"), None].into_iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>());
    }

    #[test]
    fn bytes_that_nobody_wrote_are_refused() {
        assert_eq!(read::<bool>(&[2]), Err(Garbled));
        assert_eq!(read::<Option<u8>>(&[2, 0]), Err(Garbled));
        assert_eq!(read::<Vec<u8>>(&[1, 5, 9]), Err(Garbled));
        assert_eq!(read::<Shape>(&[4]), Err(Garbled));
        assert_eq!(read::<String>(&[255, 255, 255, 255, 65]), Err(Garbled));
        assert_eq!(read::<String>(&[1, 0, 0, 0, 255]), Err(Garbled));
    }
}
