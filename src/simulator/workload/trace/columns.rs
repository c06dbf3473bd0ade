//! What the columns of a table are: by a header, by `--columns`, or by their shape.

use std::fmt;
use std::str::FromStr;

use super::Problem;
use super::clock::{Clock, TimeUnit};
use super::csv::{is_operation, size, split};
use super::error::shown;
use super::lines::whole;
use crate::phrase::{Language, Phrase, phrase};

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// When.
    Time,
    /// The key.
    Key,
    /// The size of the value, or of all the entry where nothing says the key's.
    Size,
    /// The size of the key.
    KeySize,
    /// What is done.
    Op,
    /// How many requests the row stands for.
    Count,
    /// How long the value lives.
    Ttl,
    /// Who asks.
    Client,
    /// Something that is not read.
    Ignored,
}

impl Column {
    /// Its name for `--columns`.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Time => "time",
            Column::Key => "key",
            Column::Size => "size",
            Column::KeySize => "key_size",
            Column::Op => "op",
            Column::Count => "count",
            Column::Ttl => "ttl",
            Column::Client => "client",
            Column::Ignored => "-",
        }
    }

    /// Whether a field can be read as such a column's.
    pub fn reads(self, field: &str, delimiter: Delimiter) -> bool {
        let (field, comma) = (field.as_bytes(), delimiter == Delimiter::Byte(b';'));
        match self {
            Column::Time => {
                let mut clock = Clock::new(Some(TimeUnit::Nanoseconds));
                clock.decimal_comma = comma;
                clock.moment(field).is_ok()
            }
            Column::Size | Column::KeySize => size(field, comma).is_ok(),
            Column::Count => whole(field, u64::MAX).is_some(),
            Column::Op => is_operation(field),
            Column::Key => !field.trim_ascii().is_empty(),
            Column::Ttl | Column::Client | Column::Ignored => true,
        }
    }

    /// The column that a header means by a name: lower case, words joined by `_`, without a unit.
    fn of_name(name: &str) -> Option<Column> {
        Some(match name {
            "time" | "timestamp" | "ts" | "op_time" | "date" | "datetime" | "date_time" | "clock_time"
            | "real_time" | "unix_time" | "epoch" | "request_time" | "access_time" | "arrival_time" => Column::Time,
            "key" | "keys" | "cache_key" | "anonymized_key" | "key_id" | "obj_id" | "object_id" | "objectid"
            | "objid" | "object" | "obj" | "id" | "item" | "item_id" | "url" | "uri" | "block_id" | "block" | "lba"
            | "lbn" | "page_id" | "content_id" | "video_id" => Column::Key,
            "size" | "obj_size" | "object_size" | "objsize" | "value_size" | "val_size" | "value_length" | "bytes"
            | "size_bytes" | "size_in_bytes" | "length" | "content_length" | "io_size" | "response_size" => {
                Column::Size
            }
            "key_size" | "keysize" | "key_length" | "key_len" => Column::KeySize,
            "op" | "operation" | "cmd" | "command" | "request_type" | "op_type" | "op_name" | "method" | "verb" => {
                Column::Op
            }
            "op_count" | "count" => Column::Count,
            "ttl" | "expiry" | "exptime" | "expire" | "expires_in" => Column::Ttl,
            "client" | "client_id" | "clientid" | "user" | "user_id" | "host" | "hostname" | "client_ip" | "tenant"
            | "tenant_id" => Column::Client,
            _ => return None,
        })
    }
}

/// What the columns are, as told: `time,key,size,-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Columns {
    /// Whether a row can be read so.
    fn reads(&self, row: &[u8], delimiter: Delimiter) -> bool {
        let fields = fields(row, delimiter);
        fields.len() == self.0.len() && self.0.iter().zip(&fields).all(|(column, field)| column.reads(field, delimiter))
    }

    /// That the first line has another number of fields, and what to do.
    fn misfit(&self, first: &[u8], rows: &[&[u8]], numbers: &[usize]) -> Phrase {
        let counts = Delimiter::ALL.into_iter().map(|by| (fields(first, by).len(), by.phrase()));
        let counts: Vec<(usize, Phrase)> = counts.filter(|(count, _)| *count > 1).collect();
        let counts = Phrase::each(|language| {
            let by = |(n, by): &(usize, Phrase)| match language {
                Language::English => format!("{n} by {}", by.say(language)),
                Language::Korean => format!("{n}개(구분자: {})", by.say(language)),
            };
            let counts: Vec<String> = counts.iter().map(by).collect();
            match language {
                _ if !counts.is_empty() => counts.join(", "),
                Language::English => "1".to_owned(),
                Language::Korean => "1개".to_owned(),
            }
        });
        let width = self.0.len();
        let sentence = phrase!(
            "--columns {self} names {width} columns, and the first line has {counts}",
            "--columns {self}는 열 {width}개를 지정했는데, 첫 줄의 필드는 {counts}입니다",
            counts
        );
        let fits = |line: &&[u8]| Delimiter::ALL.into_iter().any(|by| fields(line, by).len() == self.0.len());
        match rows.iter().take(20).position(fits) {
            Some(row) => {
                let line = numbers[row];
                phrase!(
                    "{sentence}, and line {line} has {width}; delete what is before it: tail -n +{line} FILE | cachelane \
                     replay --columns {self} -",
                    "{sentence}. {line}행은 {width}개입니다. 그 앞을 지우세요: tail -n +{line} FILE | cachelane replay \
                     --columns {self} -",
                    sentence
                )
            }
            None => phrase!(
                "{sentence}; write - for each column to be left out",
                "{sentence}. 읽지 않을 열은 -로 적으세요",
                sentence
            ),
        }
    }
}

impl FromStr for Columns {
    type Err = Phrase;

    fn from_str(text: &str) -> Result<Columns, Phrase> {
        let columns: Result<Vec<Column>, Phrase> = text.split(',').map(column_of).collect();
        let columns = columns?;
        if !columns.contains(&Column::Key) {
            return Err(phrase!(
                "{text:?} names no key; one column must be `key`",
                "{text:?}: 키가 없습니다. 열 하나는 `key`여야 합니다"
            ));
        }
        let twice = |column: &Column| *column != Column::Ignored && columns.iter().filter(|c| *c == column).count() > 1;
        match columns.iter().find(|column| twice(column)) {
            Some(column) => {
                let column = column.name();
                Err(phrase!(
                    "{text:?} names {column} twice; write - for a column to be left out",
                    "{text:?}: {column}이 두 번 나옵니다. 읽지 않을 열은 -로 적으세요"
                ))
            }
            None => Ok(Columns(columns)),
        }
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|column| column.name()).collect();
        f.write_str(&names.join(","))
    }
}

fn column_of(name: &str) -> Result<Column, Phrase> {
    let name = name.trim().to_ascii_lowercase();
    if matches!(&*name, "-" | "_" | "") {
        return Ok(Column::Ignored);
    }
    let known = "time, key, size, key_size, op, count, ttl, client";
    Column::of_name(&name).ok_or_else(|| {
        phrase!(
            "{name:?} is no column; known: {known}, and - for one to be left out",
            "{name:?}: 그런 열은 없습니다. 가능한 값: {known}, 읽지 않을 열은 -"
        )
    })
}

/// What separates the fields of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One byte.
    Byte(u8),
    /// Any number of blanks and tabs.
    Blanks,
}

impl Delimiter {
    /// All, the most telling first.
    pub const ALL: [Delimiter; 5] = [
        Delimiter::Byte(b'\t'),
        Delimiter::Byte(b','),
        Delimiter::Byte(b';'),
        Delimiter::Byte(b'|'),
        Delimiter::Blanks,
    ];

    /// All, in the order in which they divide rows without a header: where semicolons do, a comma may be a decimal point.
    pub const OF_ROWS: [Delimiter; 5] = [
        Delimiter::Byte(b'\t'),
        Delimiter::Byte(b';'),
        Delimiter::Byte(b'|'),
        Delimiter::Byte(b','),
        Delimiter::Blanks,
    ];

    /// In words.
    pub const fn phrase(self) -> Phrase {
        match self {
            Delimiter::Byte(b'\t') => Phrase::fixed("tabs", "탭"),
            Delimiter::Byte(b',') => Phrase::fixed("commas", "쉼표"),
            Delimiter::Byte(b';') => Phrase::fixed("semicolons", "세미콜론"),
            Delimiter::Byte(_) => Phrase::fixed("|", "|"),
            Delimiter::Blanks => Phrase::fixed("blanks", "공백"),
        }
    }
}

/// How a table is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What separates its fields.
    pub delimiter: Delimiter,
    /// What its fields are.
    pub columns: Vec<Column>,
    /// Whether a line only names them.
    pub has_header: bool,
    /// How many lines that are not empty stand before the first row, the header among them.
    pub skip: usize,
    /// The unit of its times, if a name says it.
    pub time_unit: Option<TimeUnit>,
    /// The unit of its TTLs.
    pub ttl_unit: TimeUnit,
    /// What the reader should know.
    pub notes: Vec<Phrase>,
}

impl Layout {
    fn new(delimiter: Delimiter, columns: Vec<Column>, has_header: bool) -> Layout {
        let (time_unit, ttl_unit) = (None, TimeUnit::Seconds);
        let skip = usize::from(has_header);
        Layout { delimiter, columns, has_header, skip, time_unit, ttl_unit, notes: Vec::new() }
    }

    /// Whether there is such a column.
    pub fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    /// What is wrong with an operation that is not known, and how to read the table without it.
    pub fn unknown_operation(&self, field: &[u8]) -> Problem {
        let without = self.columns.iter().map(|&column| if column == Column::Op { Column::Ignored } else { column });
        let without = Columns(without.collect());
        Problem::expected(
            field,
            phrase!(
                "an operation: get, set, modify or delete (or leave the column out: --columns {without})",
                "연산: get, set, modify, delete 중 하나(또는 이 열을 제외: --columns {without})"
            ),
        )
    }

    /// The layout of a file whose first lines are these, where `told` says the columns; up to `before` of the lines, which
    /// are comments or say the separator, may stand before its rows.
    ///
    /// # Errors
    /// When the first line has another number of fields, however it is cut.
    pub fn told(
        told: &Columns,
        (lines, numbers): (&[&[u8]], &[usize]),
        before: usize,
        separator: Option<Delimiter>,
    ) -> Result<Layout, Problem> {
        let rows = lines.get(before..).filter(|rows| !rows.is_empty()).unwrap_or(lines);
        let first = rows.first().copied().unwrap_or_default();
        let fits = |line: &[u8], delimiter: Delimiter| fields(line, delimiter).len() == told.0.len();
        let by =
            Delimiter::OF_ROWS.into_iter().filter(|by| separator.is_none_or(|told| told == *by) && fits(first, *by));
        // Several may fit, such as in 0,5;a: it is the one with which most times are times and sizes are sizes.
        let reads = |by: &Delimiter| rows.iter().filter(|row| told.reads(row, *by)).count();
        let by: Vec<Delimiter> = by.collect();
        let Some(delimiter) = by.into_iter().rev().max_by_key(reads) else {
            return Err(Problem::Foreign(told.misfit(first, rows, &numbers[lines.len() - rows.len()..])));
        };
        // A line that looks like a comment may be a row.
        let skipped = lines[..lines.len() - rows.len()].iter().take_while(|line| !told.reads(line, delimiter)).count();
        let first = lines.get(skipped).copied().unwrap_or_default();
        let names = fields(first, delimiter);
        // A header has a name where a number must stand, or else one that columns go by.
        let numeric = |column: &Column| matches!(column, Column::Size | Column::KeySize | Column::Count);
        let mut numbers = told.0.iter().zip(&names).filter(|(column, _)| numeric(column)).peekable();
        let has_header = match numbers.peek() {
            Some(_) => numbers.all(|(_, name)| !name.trim().is_empty() && !is_number(name.trim())),
            None => names.iter().any(|name| known(name).is_some()) && !names.iter().any(|name| is_number(name)),
        };
        let mut layout = Layout::new(delimiter, told.0.clone(), has_header);
        layout.skip += skipped;
        if has_header {
            let first = shown(first);
            layout
                .notes
                .push(phrase!("the first line is taken as a header: {first}", "첫 줄을 헤더로 봅니다: {first}"));
        }
        Ok(layout)
    }

    /// The layout that a header says, if the first line is one; `second` is the line after it. `is_table`: the file's name
    /// says that it is a table.
    ///
    /// # Errors
    /// When it is a header, and does not say what the key is, or says it more than once.
    pub fn of_header(
        first: &[u8],
        second: Option<&[u8]>,
        is_table: bool,
        separator: Option<Delimiter>,
    ) -> Result<Option<Layout>, Problem> {
        let first = first.trim_ascii_start().strip_prefix(b"#").map_or(first, after_mark);
        for delimiter in Delimiter::ALL.into_iter().filter(|delimiter| separator.is_none_or(|told| told == *delimiter))
        {
            let names = fields(first, delimiter);
            let rows_fit = second.is_none_or(|second| fields(second, delimiter).len() == names.len());
            let one_key =
                names.len() == 1 && delimiter == Delimiter::Byte(b',') && known(&names[0]) == Some(Column::Key);
            if (names.len() > 1 || one_key) && is_header(&names, is_table && rows_fit, one_key) {
                return Layout::of_names(&names, second, delimiter).map(Some);
            }
        }
        Ok(None)
    }

    fn of_names(names: &[String], second: Option<&[u8]>, delimiter: Delimiter) -> Result<Layout, Problem> {
        let columns = names.iter().map(|name| known(name).unwrap_or(Column::Ignored)).collect();
        let mut layout = Layout::new(delimiter, columns, true);
        let named = |column: Column| -> Vec<&String> {
            names.iter().zip(&layout.columns).filter(|(_, c)| **c == column).map(|(name, _)| name).collect()
        };
        let ask = |sentence: Phrase| {
            let how = match example(&layout.columns, second.map(|second| fields(second, delimiter)), delimiter) {
                Some(columns) => {
                    phrase!(
                        "say what each column is, such as --columns {columns} (- for one to be left out)",
                        "열을 지정하세요. 예: --columns {columns} (읽지 않을 열은 -)"
                    )
                }
                None => say_columns(names.len()),
            };
            Err(Problem::Foreign(phrase!("{sentence}; {how}", "{sentence}. {how}", sentence, how)))
        };
        for column in [Column::Key, Column::Time, Column::Size, Column::Op, Column::Ttl, Column::Client, Column::Count]
        {
            let found = named(column);
            if found.len() > 1 {
                let found: Vec<String> = found.iter().map(|name| format!("{:?}", shown(name.as_bytes()))).collect();
                let (both, all, what) = (found.join(" and "), found.join(", "), column.name());
                return ask(phrase!(
                    "the columns {both} may each be the {what}",
                    "{what} 열일 수 있는 것이 여럿입니다: {all}"
                ));
            }
        }
        if named(Column::Key).is_empty() {
            let all: Vec<String> = names.iter().take(20).map(|name| format!("{:?}", shown(name.as_bytes()))).collect();
            let all = all.join(", ");
            return ask(phrase!(
                "the first line is a header, and none of its columns is known to be the key: {all}",
                "첫 줄이 헤더인데, 키로 볼 수 있는 열이 없습니다: {all}"
            ));
        }
        let ignored: Vec<String> =
            named(Column::Ignored).iter().take(20).map(|name| shown(name.trim().as_bytes())).collect();
        if names.len() == 1 {
            let name = &names[0];
            layout.notes.push(phrase!(
                "the first line, {name}, is taken as the column's name; --format keys counts it as a key",
                "첫 줄 {name}을 열 이름으로 봅니다. --format keys를 쓰면 키로 셉니다"
            ));
        } else if !ignored.is_empty() {
            let ignored = ignored.join(", ");
            layout.notes.push(phrase!("columns that are not read: {ignored}", "읽지 않는 열: {ignored}"));
        }
        for (name, column) in names.iter().zip(&layout.columns) {
            let normal = normal(name);
            let (_, unit) = TimeUnit::of_name(&normal);
            match column {
                Column::Time => layout.time_unit = unit,
                Column::Ttl => layout.ttl_unit = unit.unwrap_or(TimeUnit::Seconds),
                _ => {}
            }
        }
        Ok(layout)
    }

    /// The layout of rows without a header that say it by themselves: three or more numbers, of which the first never
    /// falls, as the simulators of content delivery networks write them (webcachesim, LRB, AdaptSize): time, key, size,
    /// and what is not read.
    pub fn of_shape(lines: &[&[u8]]) -> Option<Layout> {
        let blanks = [Delimiter::Blanks, Delimiter::Byte(b'\t'), Delimiter::Byte(b','), Delimiter::Byte(b';')];
        let delimiter = blanks.into_iter().find(|delimiter| {
            let width = fields(lines[0], *delimiter).len();
            width >= 3 && (*delimiter == Delimiter::Blanks || width == 3)
        })?;
        if lines.len() < 2 {
            return None;
        }
        let rows: Vec<Vec<f64>> = lines.iter().map(|line| numbers(line, delimiter)).collect::<Option<_>>()?;
        let width = rows[0].len();
        let whole = |row: &Vec<f64>| row[1..3].iter().all(|number| number.fract() == 0.0);
        if !rows.iter().all(|row| row.len() == width && whole(row)) {
            return None;
        }
        let rises = |column: usize| rows.windows(2).all(|pair| pair[0][column] <= pair[1][column]);
        // With commas, several of the columns may be the time; with blanks it is the first by custom.
        let clear = delimiter == Delimiter::Blanks || !rises(1) && !rises(2);
        if !rises(0) || !clear {
            return None;
        }
        let mut columns = vec![Column::Ignored; width];
        columns[..3].copy_from_slice(&[Column::Time, Column::Key, Column::Size]);
        let mut layout = Layout::new(delimiter, columns, false);
        let told = Columns(layout.columns.clone());
        layout.notes.push(phrase!(
            "no header: the columns are taken as {told}; --columns says otherwise",
            "헤더가 없어 열을 {told}로 봅니다. 다르면 --columns로 지정하세요"
        ));
        Some(layout)
    }
}

/// Columns that a table can be read with where a header leaves them open: of several that may be the same, the first whose
/// field in the second line can be read; the first unknown one as the key where none is known. `None` where none is left.
fn example(columns: &[Column], second: Option<Vec<String>>, delimiter: Delimiter) -> Option<Columns> {
    let mut columns = columns.to_vec();
    let second = second.filter(|second| second.len() == columns.len());
    for at in 0..columns.len() {
        let column = columns[at];
        let reads = second.as_ref().is_none_or(|second| column.reads(&second[at], delimiter));
        if !reads || columns[..at].contains(&column) {
            columns[at] = Column::Ignored;
        }
    }
    if !columns.contains(&Column::Key) {
        let unknown = columns.iter().position(|column| *column == Column::Ignored)?;
        columns[unknown] = Column::Key;
    }
    Some(Columns(columns))
}

/// What to write for `--columns` where no example is of use.
pub fn say_columns(width: usize) -> Phrase {
    phrase!(
        "say it: --columns with {width} names between commas, one for each field: key for the key, and time, size, op, ttl, \
         client or - (not read) for the others",
        "--columns에 필드마다 하나씩 이름 {width}개를 쉼표로 구분해 지정하세요: 키는 key, 나머지는 time, size, op, ttl, client 또는 \
         -(읽지 않음)"
    )
}

/// What stands after a comment's mark: in the W3C's extended log format, names after `Fields:`.
fn after_mark(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_start();
    let named = line.split_at_checked(7).filter(|(word, _)| word.eq_ignore_ascii_case(b"fields:"));
    named.map_or(line, |(_, names)| names.trim_ascii_start())
}

/// The fields of a line as texts; none where it cannot be cut.
pub fn fields(line: &[u8], delimiter: Delimiter) -> Vec<String> {
    let mut fields = Vec::new();
    match split(line, delimiter, &mut fields) {
        Ok(()) => fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect(),
        Err(_) => Vec::new(),
    }
}

fn numbers(line: &[u8], delimiter: Delimiter) -> Option<Vec<f64>> {
    fields(line, delimiter).iter().map(|field| is_number(field.trim()).then(|| field.trim().parse().ok())?).collect()
}

/// Whether a text is a number as traces write them.
pub fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let points = text.bytes().filter(|byte| *byte == b'.').count();
    digits > 0 && points <= 1 && digits + points == text.len()
}

/// A column's name as the table of names has it.
fn normal(name: &str) -> String {
    let name = name.trim().trim_matches(['"', '\'', '`']).to_lowercase();
    let words: Vec<&str> =
        name.split([' ', '-', '.', '(', ')', '[', ']', '/', '_']).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// The column that goes by a name.
pub fn known(name: &str) -> Option<Column> {
    let normal = normal(name);
    let whole = Column::of_name(&normal);
    // A unit ends the names of times only.
    let without = || Column::of_name(TimeUnit::of_name(&normal).0);
    whole.or_else(|| without().filter(|column| matches!(column, Column::Time | Column::Ttl)))
}

/// Whether these are the names of columns and not a first row: no number among them, and enough that are known.
fn is_header(names: &[String], is_table: bool, one_key: bool) -> bool {
    if names.iter().any(|name| is_number(name.trim()) || name.trim().is_empty()) {
        return false;
    }
    let found: Vec<Column> = names.iter().filter_map(|name| known(name)).collect();
    let mut kinds = found.clone();
    kinds.sort_by_key(|column| column.name());
    kinds.dedup();
    one_key || kinds.len() >= 2 || (is_table && names.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(first: &str, second: &str) -> Result<Option<Layout>, String> {
        let told = |problem| super::super::TraceError { place: super::super::Place::File, problem }.to_string();
        Layout::of_header(first.as_bytes(), Some(second.as_bytes()), false, None).map_err(told)
    }

    fn columns(first: &str) -> String {
        Columns(header(first, "1").unwrap().unwrap().columns).to_string()
    }

    #[test]
    fn common_names_are_known_in_any_case_and_with_any_separator() {
        assert_eq!(columns("Timestamp,Obj-ID,Object Size"), "time,key,size");
        assert_eq!(columns("ts\tkey\top"), "time,key,op");
        assert_eq!(columns("time;id;bytes"), "time,key,size");
        assert_eq!(
            columns("op_time,key,key_size,op,op_count,size,cache_hits,ttl"),
            "time,key,key_size,op,count,size,-,ttl"
        );
        assert_eq!(columns("key,op,size,op_count,key_size"), "key,op,size,count,key_size");
        assert_eq!(columns("# time, key, size"), "time,key,size");
        assert_eq!(columns("\"time\",\"key\""), "time,key");
        assert_eq!(columns("time key size"), "time,key,size");
        assert_eq!(columns("version,time,op,size,lbn"), "-,time,op,size,key");
        let layout = header("timestamp_ms,key,ttl_ms,color", "1,a,1,red").unwrap().unwrap();
        assert_eq!((layout.time_unit, layout.ttl_unit), (Some(TimeUnit::Milliseconds), TimeUnit::Milliseconds));
        assert_eq!(layout.notes[0].to_string(), "columns that are not read: color");
    }

    #[test]
    fn a_first_row_is_no_header() {
        for row in ["1,a,get", "user:7", "a,b", "time", "1 2 3", "key value", "get,key"] {
            let layout = header(row, row).unwrap();
            assert!(layout.is_none() || row == "get,key", "{row}: {layout:?}");
        }
        assert!(header("key", "user:1").unwrap().is_some());
    }

    #[test]
    fn what_a_header_leaves_open_is_asked_for() {
        let told = header("time,key,id", "1,a,b").unwrap_err();
        assert!(told.contains("the columns \"key\" and \"id\" may each be the key"), "{told}");
        assert!(told.contains("--columns time,key,- ("), "{told}");
        let told = header("time,name,size", "1,a,5").unwrap_err();
        assert!(
            told.contains("none of its columns is known to be the key") && told.contains("--columns time,key,size ("),
            "{told}"
        );
        let told = header("time,ts,key", "1,1,a").unwrap_err();
        assert!(told.contains("may each be the time"), "{told}");
    }

    #[test]
    fn columns_as_told_must_name_the_key_and_fit_the_first_line() {
        let columns: Columns = "TIME,key,size,-".parse().unwrap();
        assert_eq!(columns.to_string(), "time,key,size,-");
        let told = |first: &[u8]| Layout::told(&columns, (&[first], &[1]), 0, None);
        let layout = told(b"0 7 100 3").unwrap();
        assert_eq!((layout.delimiter, layout.has_header), (Delimiter::Blanks, false));
        assert!(told(b"ts;obj;bytes;x").unwrap().has_header);
        assert!(
            matches!(told(b"0 7"), Err(Problem::Foreign(told)) if told.to_string().contains("names 4 columns") && told.to_string().contains("2 by blanks"))
        );
        assert!("time,size".parse::<Columns>().unwrap_err().to_string().contains("names no key"));
        assert!("key,key".parse::<Columns>().unwrap_err().to_string().contains("twice"));
        assert!("key,colour".parse::<Columns>().unwrap_err().to_string().contains("is no column; known: time, key"));
    }

    #[test]
    fn numbers_without_a_header_are_taken_only_where_their_shape_is_clear() {
        let shape = |text: &str| Layout::of_shape(&text.lines().map(str::as_bytes).collect::<Vec<_>>());
        let told = |text: &str| shape(text).map(|layout| Columns(layout.columns).to_string());
        assert_eq!(told("0 7 100\n1 8 100\n2 7 100"), Some("time,key,size".to_owned()));
        assert_eq!(told("1 0 68 5 5\n2 1 7454 5 5"), Some("time,key,size,-,-".to_owned()));
        assert_eq!(told("1,9,5\n2,8,4\n3,9,5"), Some("time,key,size".to_owned()));
        assert_eq!(told("1,100,5\n2,101,5"), None, "the second may be the time");
        assert_eq!(told("9 7 100\n1 8 100"), None, "the first falls");
        assert_eq!(told("1 a 100"), None);
        assert_eq!(told("1 2\n2 3"), None);
        assert_eq!(told("1 2 3"), None, "one line says too little");
    }
}
