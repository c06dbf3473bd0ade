//! Values into bytes.

use serde::Serialize;
use serde::ser::{self, Serializer};

use super::Garbled;

/// The bytes so far.
pub struct Writer(pub Vec<u8>);

impl Writer {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Garbled> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn variant(&mut self, number: u32) -> Result<(), Garbled> {
        self.put(&[u8::try_from(number).map_err(|_| Garbled)?])
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, number: $type) -> Result<(), Garbled> {
            self.put(&number.to_le_bytes())
        })*
    };
}

impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Garbled;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64
    }

    fn serialize_bool(self, flag: bool) -> Result<(), Garbled> {
        self.put(&[flag.into()])
    }

    fn serialize_char(self, c: char) -> Result<(), Garbled> {
        self.serialize_u32(c.into())
    }

    fn serialize_str(self, text: &str) -> Result<(), Garbled> {
        self.serialize_bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Garbled> {
        self.serialize_u32(u32::try_from(bytes.len()).map_err(|_| Garbled)?)?;
        self.put(bytes)
    }

    fn serialize_none(self) -> Result<(), Garbled> {
        self.put(&[0])
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Garbled> {
        self.put(&[1])?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Garbled> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Garbled> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, number: u32, _: &'static str) -> Result<(), Garbled> {
        self.variant(number)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Garbled> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Garbled> {
        self.variant(number)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Garbled> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Garbled> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Garbled> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, number: u32, _: &'static str, _: usize) -> Result<Self, Garbled> {
        self.variant(number)?;
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Garbled> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Garbled> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Garbled> {
        self.variant(number)?;
        Ok(self)
    }
}

impl ser::SerializeSeq for &mut Writer {
    type Ok = ();
    type Error = Garbled;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Garbled> {
        self.serialize_some(item)
    }

    fn end(self) -> Result<(), Garbled> {
        self.serialize_none()
    }
}

impl ser::SerializeMap for &mut Writer {
    type Ok = ();
    type Error = Garbled;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Garbled> {
        self.serialize_some(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Garbled> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Garbled> {
        self.serialize_none()
    }
}

macro_rules! items {
    ($($trait:ident: $method:ident),*) => {
        $(impl ser::$trait for &mut Writer {
            type Ok = ();
            type Error = Garbled;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Garbled> {
                item.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Garbled> {
                Ok(())
            }
        })*
    };
}
items!(SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field);

macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl ser::$trait for &mut Writer {
            type Ok = ();
            type Error = Garbled;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Garbled> {
                self.serialize_some(value)
            }

            fn skip_field(&mut self, _: &'static str) -> Result<(), Garbled> {
                self.serialize_none()
            }

            fn end(self) -> Result<(), Garbled> {
                Ok(())
            }
        })*
    };
}
fields!(SerializeStruct, SerializeStructVariant);
