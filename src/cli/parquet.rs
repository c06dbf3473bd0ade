//! A sweep's rows as a [Parquet](https://parquet.apache.org/docs/) file, for pandas, Polars, DuckDB and the like.
//!
//! A column for each name in the rows of JSON, in their order: `cell`, `seed`, `lane` and `lanes` as whole numbers, what varies
//! and the lanes' names as texts, measures as numbers, null where a run has none. What the sweep is, the first line of the
//! output in JSON, is the file's metadata `cachelane`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::{Map, Value};

use super::Failure;
use super::sweep::{beside, check_regular, replace};
use crate::experiment::sweep::Rows;
use crate::report::measures::MEASURES;

/// Whether a file can be written, before anything is run.
///
/// # Errors
/// When its folder cannot be written, or it is one of the files with rows of JSON.
pub(super) fn check(path: &Path, rows: &[PathBuf]) -> Result<(), Failure> {
    let same = |one: &Path| {
        one == path || std::fs::canonicalize(one).is_ok_and(|one| std::fs::canonicalize(path).is_ok_and(|it| it == one))
    };
    if rows.iter().any(|one| same(one)) {
        return Err(Failure::Input(format!(
            "--parquet {}: this file holds the rows of JSON; name another one",
            path.display()
        )));
    }
    check_regular("--parquet", path)?;
    let new = beside(path);
    let tried = std::fs::File::create(&new).and_then(|_| std::fs::remove_file(&new));
    tried.map_err(|error| Failure::Failed(format!("--parquet {}: {error}", path.display())))
}

/// Writes all rows in order.
///
/// # Errors
/// When there is no row, which makes no columns, or the file cannot be written.
pub(super) fn write(path: &Path, head: &Value, rows: &Rows) -> Result<(), Failure> {
    let told = |why: String| Failure::Failed(format!("--parquet {}: {why}", path.display()));
    let rows: Vec<&Map<String, Value>> =
        rows.values().flat_map(|run| run.values()).filter_map(Value::as_object).collect();
    let Some(first) = rows.first() else { return Err(told("there are no rows".to_owned())) };
    let columns: Vec<Column<'_>> = first.keys().map(|name| Column::of(name)).collect();
    let content = encode(&columns, head, &rows).map_err(|error| told(error.to_string()))?;
    replace(path, &content).map_err(|error| told(error.to_string()))
}

fn encode(columns: &[Column<'_>], head: &Value, rows: &[&Map<String, Value>]) -> Result<Vec<u8>, ParquetError> {
    let fields = columns.iter().map(|column| column.schema().map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("sweep").with_fields(fields).build()?);
    let about = KeyValue::new("cachelane".to_owned(), head.to_string());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![about])).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    columns.iter().try_for_each(|column| column.write(rows, &mut group))?;
    group.close()?;
    file.into_inner()
}

/// A column of the file.
struct Column<'a> {
    name: &'a str,
    kind: Kind,
}

enum Kind {
    Whole,
    Number,
    Text,
}

impl Column<'_> {
    fn of(name: &str) -> Column<'_> {
        let kind = match name {
            "cell" | "seed" | "lane" | "lanes" => Kind::Whole,
            // few: the measures of a report
            _ if MEASURES.iter().any(|measure| measure.name == name) => Kind::Number,
            _ => Kind::Text,
        };
        Column { name, kind }
    }

    fn schema(&self) -> Result<Type, ParquetError> {
        let of = |physical| Type::primitive_type_builder(self.name, physical);
        match self.kind {
            Kind::Whole => of(Physical::INT64).with_repetition(Repetition::REQUIRED),
            Kind::Number => of(Physical::DOUBLE).with_repetition(Repetition::OPTIONAL),
            Kind::Text => of(Physical::BYTE_ARRAY)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::String)),
        }
        .build()
    }

    fn write(&self, rows: &[&Map<String, Value>], group: &mut Group<'_>) -> Result<(), ParquetError> {
        let odd = || ParquetError::General(format!("a row has no {} of its kind", self.name));
        let cells = rows.iter().map(|row| row.get(self.name).ok_or_else(odd));
        match self.kind {
            Kind::Whole => {
                let values = cells.map(|cell| cell?.as_i64().ok_or_else(odd)).collect::<Result<Vec<i64>, _>>()?;
                put::<Int64Type>(group, &values, None)
            }
            Kind::Number => {
                let numbers =
                    cells.map(|cell| Ok(cell?.as_f64())).collect::<Result<Vec<Option<f64>>, ParquetError>>()?;
                let there: Vec<i16> = numbers.iter().map(|number| i16::from(number.is_some())).collect();
                put::<DoubleType>(group, &numbers.into_iter().flatten().collect::<Vec<f64>>(), Some(&there))
            }
            Kind::Text => {
                let texts = cells.map(|cell| cell?.as_str().map(ByteArray::from).ok_or_else(odd));
                put::<ByteArrayType>(group, &texts.collect::<Result<Vec<ByteArray>, _>>()?, None)
            }
        }
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// A column's values; `there` says of each row whether it has one (1) or not (0).
fn put<T: DataType>(group: &mut Group<'_>, values: &[T::T], there: Option<&[i16]>) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.expect("a column of the schema");
    column.typed::<T>().write_batch(values, there, None)?;
    column.close()
}
