//! What a file is: by what is in it first, by its name where that leaves it open.
//!
//! Whatever has several fields in a line, or is no text, is either known for sure or refused with what it is and what to
//! do. One key per line is what is left.

use super::columns::{self, Column, Columns, Delimiter, Layout, fields};
use super::error::shown;
use super::oracle;
use super::unpack::HEAD_BYTES;
use super::{Format, HEADER, Problem, arc, binary, blocks, foreign, monitor_line, several_fields, twitter};
use crate::phrase::{Phrase, phrase};

/// So many lines are looked at, at most.
const LINES_MAX: usize = 300;

/// A format, and how it is laid out where it is a table.
#[derive(Clone, Debug)]
pub struct Found {
    pub format: Format,
    pub layout: Option<Layout>,
    pub notes: Vec<Phrase>,
    /// Every line that was looked at is a whole number.
    pub all_numbers: bool,
}

impl Found {
    /// Refuses a unit of times that is told where the file's times have their own, or there are none.
    pub fn takes_time_unit(&self) -> Result<(), Problem> {
        let what = match (self.format, &self.layout) {
            (Format::Csv, Some(layout)) if !layout.has(Column::Time) => {
                Phrase::fixed("this table has no column of times", "이 표에는 시각 열이 없습니다")
            }
            (Format::Csv, _) => return Ok(()),
            (Format::Keys | Format::Lirs, _) => Phrase::fixed(
                "this file has one key per line and no times",
                "이 파일은 한 줄에 키가 하나이고 시각이 없습니다",
            ),
            (Format::Arc, _) => Phrase::fixed(
                "this is a trace of ARC's block ranges, which says no times",
                "이 파일은 시각이 없는 ARC 블록 범위 트레이스입니다",
            ),
            (Format::Monitor, _) => Phrase::fixed(
                "this is a capture of MONITOR, whose times are in seconds",
                "이 파일은 시각이 초 단위인 MONITOR 출력입니다",
            ),
            (Format::OracleGeneral | Format::Twitter | Format::Spc, _) => {
                let format = self.format;
                return Err(Problem::Foreign(phrase!(
                    "--time-unit is for tables, and the times of the format {format} are in seconds; leave it out",
                    "--time-unit은 표에만 쓰며, {format} 형식의 시각은 초 단위입니다. 빼 주세요"
                )));
            }
            (Format::Msr, _) => Phrase::fixed(
                "this is a trace of MSR Cambridge, whose times are hundreds of nanoseconds since 1601",
                "이 파일은 시각이 1601년부터 센 100나노초인 MSR Cambridge 트레이스입니다",
            ),
        };
        Err(Problem::Foreign(phrase!(
            "{what}; --time-unit is for tables: leave it out",
            "{what}. --time-unit은 표에만 씁니다. 빼 주세요",
            what
        )))
    }
}

impl From<Format> for Found {
    fn from(format: Format) -> Found {
        Found { format, layout: None, notes: Vec::new(), all_numbers: false }
    }
}

impl From<Layout> for Found {
    fn from(layout: Layout) -> Found {
        Found { layout: Some(layout), ..Format::Csv.into() }
    }
}

/// The beginning of a file.
pub struct Sample<'a> {
    extension: &'a str,
    name: String,
    head: &'a [u8],
    /// Its first lines that are not empty, without the last one where that may be cut off.
    lines: Vec<&'a [u8]>,
    /// Their numbers in the file.
    numbers: Vec<usize>,
}

impl<'a> Sample<'a> {
    /// Of a file of this name (without endings such as `.zst`) and these first bytes.
    pub fn new(name: &'a str, head: &'a [u8]) -> Sample<'a> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
        let mut lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').take(LINES_MAX).collect();
        if head.len() >= HEAD_BYTES && lines.len() > 1 && lines.len() < LINES_MAX {
            lines.pop();
        }
        let trimmed = lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let numbered = (1..).zip(trimmed).filter(|(_, line)| !line.trim_ascii().is_empty());
        let (numbers, lines) = numbered.unzip();
        Sample { extension, name: name.to_ascii_lowercase(), head, lines, numbers }
    }

    fn has_extension(&self, known: &[&str]) -> bool {
        known.iter().any(|known| self.extension.eq_ignore_ascii_case(known))
    }

    /// Whether the name says that it is a table.
    fn is_table(&self) -> bool {
        self.has_extension(&["csv", "tsv", "tab"])
    }

    fn all(&self, is: impl Fn(&[u8]) -> bool) -> bool {
        self.lines.iter().all(|line| is(line))
    }

    /// What a table looks like whose columns are told.
    pub fn told(&self, columns: &Columns) -> Result<Found, Problem> {
        if self.is_monitor() {
            return Err(Problem::Foreign(Phrase::fixed(
                "this is a capture of MONITOR; --columns is for tables: leave it out",
                "이 파일은 MONITOR 출력입니다. --columns는 표에만 씁니다. 빼 주세요",
            )));
        }
        if !is_text(self.head, &[]) {
            return Err(Problem::Foreign(binary::sentence(self.head)));
        }
        if let Some(sentence) = foreign::json(&self.lines) {
            return Err(Problem::Foreign(sentence));
        }
        let Some(first) = self.lines.first() else {
            return Err(Problem::EmptyTrace(Phrase::fixed("one row", "행 하나")));
        };
        let (before, separator) = self.before_table();
        let mut layout = Layout::told(columns, (&self.lines, &self.numbers), before, separator)?;
        self.leave_out(&mut layout, before);
        let is_words = || !fields(first, layout.delimiter).iter().any(|field| columns::is_number(field.trim()));
        if layout.skip == 0 && self.is_table() && is_words() {
            let first = shown(first);
            layout
                .notes
                .push(phrase!("the first line is taken for a row: {first}", "첫 줄도 데이터 행으로 봅니다: {first}"));
        }
        Ok(layout.into())
    }

    /// How many lines stand before a table, and what separates its fields where one of them says it: comments, and
    /// Excel's `sep=;`.
    fn before_table(&self) -> (usize, Option<Delimiter>) {
        let separator = self.lines.first().and_then(|line| separator(line));
        let first = usize::from(separator.is_some());
        let comments =
            self.lines.iter().skip(first).take_while(|line| line.trim_ascii_start().starts_with(b"#")).count();
        (first + comments, separator)
    }

    /// Notes that lines before the first row are left out, where they are more than its header.
    fn leave_out(&self, layout: &mut Layout, before: usize) {
        if layout.skip > usize::from(layout.has_header) {
            let count = layout.skip - usize::from(layout.has_header);
            let first = self.lines.iter().take(before.max(1)).next().map_or_else(String::new, |line| shown(line));
            layout.notes.push(phrase!(
                "lines before the table are left out: {count} (the first line is {first})",
                "표 앞의 줄 {count}개를 제외했습니다(첫 줄: {first})"
            ));
        }
    }

    /// The layout that a header says, if there is one: on the first line, after comments, or in one of them.
    fn header(&self, is_table: bool) -> Result<Option<Layout>, Problem> {
        let (before, separator) = self.before_table();
        let after = self.lines.get(before).copied();
        let of = |first: &[u8], second, is_table| Layout::of_header(first, second, is_table, separator);
        let at = |layout: Option<Layout>, skip: usize| {
            layout.map(|mut layout| {
                layout.skip = skip;
                self.leave_out(&mut layout, before);
                layout
            })
        };
        let second = self.lines.get(before + 1).copied();
        if let Some(after) = after
            && let Some(layout) = of(after, second, false)?
        {
            return Ok(at(Some(layout), before + 1));
        }
        let mut wrong = None;
        for comment in self.lines[..before].iter().rev() {
            match of(comment, after, false) {
                Ok(Some(layout))
                    if after.is_none_or(|row| fields(row, layout.delimiter).len() == layout.columns.len()) =>
                {
                    return Ok(at(Some(layout), before));
                }
                Ok(_) => {}
                Err(problem) => wrong = wrong.or(Some(problem)),
            }
        }
        match after.map(|after| of(after, second, is_table)).transpose()?.flatten() {
            Some(layout) => Ok(at(Some(layout), before + 1)),
            None => wrong.map_or(Ok(None), Err),
        }
    }

    /// What the file is if it is a table: by its header.
    pub fn table(&self) -> Result<Found, Problem> {
        let Some(first) = self.lines.first() else {
            return Err(Problem::EmptyTrace(HEADER));
        };
        let layout = self.header(true)?;
        layout.map(Found::from).ok_or_else(|| {
            if let Some(sentence) = several_fields::lines_before(&self.lines, &self.numbers) {
                return Problem::Foreign(sentence);
            }
            let header = Phrase::fixed(
                "a header that names the columns, such as time,key,size,op (or say what they are: --columns time,key,size)",
                "time,key,size,op처럼 열 이름을 적은 헤더(또는 열을 지정: --columns time,key,size)",
            );
            Problem::expected(first, header)
        })
    }

    /// What the file is.
    pub fn detect(&self) -> Result<Found, Problem> {
        if self.head.is_empty() {
            return self.of_name();
        }
        let bells: &[u8] = if self.is_monitor() { &[7, 8] } else { &[] };
        if !is_text(self.head, bells) {
            let is_oracle = !binary::is_utf_32(self.head)
                && (self.name.contains("oraclegeneral") || oracle::is_plausible(self.head));
            return if is_oracle {
                Ok(Format::OracleGeneral.into())
            } else {
                Err(Problem::Foreign(binary::sentence(self.head)))
            };
        }
        if self.lines.is_empty() {
            return self.of_name();
        }
        self.detect_text()
    }

    /// What the name of an empty file says it is, for what it is told.
    fn of_name(&self) -> Result<Found, Problem> {
        if self.is_table() {
            return self.table();
        }
        let format = if self.has_extension(&["lis"]) {
            Format::Arc
        } else if self.name.contains("oraclegeneral") {
            Format::OracleGeneral
        } else {
            Format::Keys
        };
        Ok(format.into())
    }

    fn is_monitor(&self) -> bool {
        self.lines.iter().any(|line| monitor_line::is_line(&monitor_line::plain(line)))
    }

    fn detect_text(&self) -> Result<Found, Problem> {
        let first = self.lines[0];
        if self.has_extension(&["lis"]) {
            return Ok(Format::Arc.into());
        }
        if self.is_monitor() {
            return Ok(Format::Monitor.into());
        }
        if let Some(sentence) = foreign::text(&self.lines) {
            return Err(Problem::Foreign(sentence));
        }
        if twitter::is_row(first) {
            return Ok(Format::Twitter.into());
        }
        if let Some(kind) = blocks::kind_of(first)
            && self.lines[1..].iter().all(|line| blocks::kind_of(line) == Some(kind))
        {
            return Ok(kind.format().into());
        }
        if let Some(layout) = self.header(self.is_table())? {
            return Ok(layout.into());
        }
        if arc::is_likely(&self.lines) {
            let note = Phrase::fixed(
                "lines of four numbers are taken as ARC's block ranges (first, count, 0, number)",
                "수 4개짜리 줄을 ARC의 블록 범위로 봅니다(첫 블록, 개수, 0, 번호)",
            );
            return Ok(Found { notes: vec![note], ..Format::Arc.into() });
        }
        if let Some(layout) = Layout::of_shape(&self.lines) {
            return Ok(layout.into());
        }
        let is_number = |line: &[u8]| line.iter().all(u8::is_ascii_digit);
        if self.all(is_number) {
            return Ok(Found { all_numbers: true, ..Format::Keys.into() });
        }
        if self.all(|line| line == b"*" || is_number(line)) {
            return Ok(Format::Lirs.into());
        }
        let said = separator(first);
        let from = usize::from(said.is_some());
        let is_split = |by| self.lines.get(1).is_some_and(|line| fields(line, by).len() > 1);
        if said.is_none_or(is_split)
            && let Some(sentence) = several_fields::sentence(&self.lines[from..], &self.numbers[from..])
        {
            return Err(Problem::Foreign(sentence));
        }
        if said.is_some() {
            return Err(Problem::Foreign(Phrase::fixed(
                "the first line says a separator, as for Excel, and not every line after it has one; delete it: \
                 tail -n +2 FILE | cachelane replay -",
                "첫 줄이 Excel처럼 구분자를 지정하지만 그 구분자가 없는 줄이 있습니다. 첫 줄을 지우세요: \
                 tail -n +2 FILE | cachelane replay -",
            )));
        }
        Ok(self.one_key_per_line(!is_number(first)))
    }

    /// Keys, one per line; what may be meant otherwise is noted. `is_name`: the first may name the column.
    fn one_key_per_line(&self, is_name: bool) -> Found {
        let mut found = Found::from(Format::Keys);
        let first = self.lines[0];
        let is_comment = |line: &[u8]| line.starts_with(b"#");
        if !self.is_table() && is_comment(first) && !self.all(is_comment) {
            let first = shown(first);
            found.notes.push(phrase!("the first line, {first:?}, is taken for a key", "첫 줄 {first:?}도 키로 봅니다"));
        }
        if self.is_table() && is_name {
            let first = shown(first);
            found.notes.push(phrase!(
                "the first line, {first:?}, is taken for a key; call the column key if it is its name",
                "첫 줄 {first:?}도 키로 봅니다. 열 이름이라면 key로 바꾸세요"
            ));
        }
        found
    }
}

/// What a first line `sep=;` says, as Excel writes and reads it.
fn separator(line: &[u8]) -> Option<Delimiter> {
    let line = line.trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match (line, line.last()) {
        ([b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', _], Some(&byte)) => Some(Delimiter::Byte(byte)),
        // The blank at the end was a tab.
        ([b's' | b'S', b'e' | b'E', b'p' | b'P', b'='], _) => Some(Delimiter::Byte(b'\t')),
        _ => None,
    }
}

/// Whether a file that begins so is text: UTF-8, or something near it, without control characters but those of texts and
/// `others`.
pub fn is_text(head: &[u8], others: &[u8]) -> bool {
    let control =
        |byte: &u8| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B) && !others.contains(byte);
    if head.iter().any(control) {
        return false;
    }
    // A character may be cut off at the head's end. Single bytes of other encodings are told with their line.
    let wrong = String::from_utf8_lossy(head).chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
    wrong * 10 <= head.len()
}
