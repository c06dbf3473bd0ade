//! Lines that have several fields, of which nothing says what they are: what to do.

use super::clock::{self, TimeUnit};
use super::columns::{Delimiter, Layout, fields, say_columns};
use super::csv;
use super::error::shown;
use super::lines::whole;
use crate::phrase::{Phrase, phrase};

/// What to do about lines that have several fields, of which nothing says what they are; `None` where they have one.
pub fn sentence(lines: &[&[u8]], numbers: &[usize]) -> Option<Phrase> {
    if let Some(sentence) = lines_before(lines, numbers) {
        return Some(sentence);
    }
    // A comma may be in a key (an address, say), but hardly as often in each.
    if let Some((delimiter, width)) =
        Delimiter::OF_ROWS.into_iter().find_map(|by| Some((by, common_width(&widths(lines, by))?)))
    {
        let how = match suggestion(lines, delimiter) {
            Some(columns) => phrase!(
                "say it, such as --columns {columns} (- for one that is not read), or write such a header as the first line",
                "열을 지정하거나(예: --columns {columns}, 읽지 않을 열은 -) 같은 내용의 헤더를 첫 줄에 적으세요"
            ),
            None => say_columns(width),
        };
        let by = delimiter.phrase();
        return Some(phrase!(
            "its lines have {width} fields, by {by}, and nothing says which of them is the key; {how}; or, if each line is one \
             key as it stands: --format keys",
            "줄마다 필드가 {width}개인데(구분자: {by}), 어느 것이 키인지 알 수 없습니다. {how}. 줄 전체가 키 하나라면: --format \
             keys",
            by,
            how,
        ));
    }
    // A blank is in no key.
    [Delimiter::Byte(b'\t'), Delimiter::Blanks].into_iter().find_map(|by| some_wide(lines, numbers, by))
}

fn widths(lines: &[&[u8]], delimiter: Delimiter) -> Vec<usize> {
    lines.iter().map(|line| fields(line, delimiter).len()).collect()
}

/// How many fields nine lines in ten have, where that is more than one.
fn common_width(widths: &[usize]) -> Option<usize> {
    let most = most_common(widths);
    (most > 1 && widths.iter().filter(|width| **width == most).count() * 10 >= widths.len() * 9).then_some(most)
}

/// That the first lines have another number of fields than all others, and how to delete them: one field, or any number
/// before a header.
pub fn lines_before(lines: &[&[u8]], numbers: &[usize]) -> Option<Phrase> {
    const BEFORE_MAX: usize = 20;
    let (before, delimiter, has_header) = Delimiter::ALL.into_iter().find_map(|delimiter| {
        let widths = widths(lines, delimiter);
        let width = *widths.last()?;
        let before = widths.len() - widths.iter().rev().take_while(|other| **other == width).count();
        let rows = &lines[before..];
        if width < 2 || rows.len() < 2 || !(1..=BEFORE_MAX).contains(&before) {
            return None;
        }
        let header = Layout::of_header(rows[0], rows.get(1).copied(), false, Some(delimiter));
        let has_header = matches!(header, Ok(Some(_)));
        let are_single = widths[..before].iter().all(|width| *width <= 1);
        (has_header || are_single).then_some((before, delimiter, has_header))
    })?;
    let rows = &lines[before..];
    let (least, width) = (fields(lines[before - 1], delimiter).len().max(1), fields(rows[0], delimiter).len());
    let have = if least == 1 { "1 field".to_owned() } else { format!("{least} fields") };
    let which = match before {
        1 => phrase!("first line has {have}", "첫 줄의 필드는 {least}개"),
        _ if least > 1 => {
            phrase!("first {before} lines have other numbers of fields", "처음 {before}줄의 필드 수는 제각각")
        }
        _ => phrase!("first {before} lines have {have}", "처음 {before}줄의 필드는 {least}개"),
    };
    let delete = if before == 1 { "it" } else { "them" };
    let columns = suggestion(rows, delimiter).filter(|_| !has_header).map(|columns| format!("--columns {columns} "));
    let also = match columns {
        Some(_) => Phrase::fixed(
            " (the columns are a guess; - for one that is not read)",
            " (열은 추측한 것입니다. 읽지 않을 열은 -)",
        ),
        None if has_header => Phrase::default(),
        None => {
            let say = say_columns(width);
            phrase!(" and {say}", " 그리고 {say}", say)
        }
    };
    let (by, from, columns) = (delimiter.phrase(), numbers[before], columns.unwrap_or_default());
    Some(phrase!(
        "its {which} and the others {width}, by {by}; delete {delete}: tail -n +{from} FILE | cachelane replay {columns}-{also}; \
         or, if each line is one key as it stands: --format keys",
        "{which}, 나머지 줄은 {width}개입니다(구분자: {by}). 앞부분을 지우세요: tail -n +{from} FILE | cachelane replay \
         {columns}-{also}. 줄 전체가 키 하나라면: --format keys",
        which,
        by,
        also,
    ))
}

/// That some lines have several fields.
fn some_wide(lines: &[&[u8]], numbers: &[usize], delimiter: Delimiter) -> Option<Phrase> {
    let widths = widths(lines, delimiter);
    let first = widths.iter().position(|width| *width > 1)?;
    let wide: Vec<usize> = widths.iter().copied().filter(|width| *width > 1).collect();
    let (least, most) = (wide.iter().min()?, wide.iter().max()?);
    let by = delimiter.phrase();
    if wide.len() * 2 <= widths.len() {
        let (number, width, line) = (numbers[first], widths[first], shown(lines[first]));
        let field = if width == 1 { "field" } else { "fields" };
        return Some(phrase!(
            "line {number} has {width} {field}, by {by}, and most lines have one: {line:?}; delete it if it is no key; or, if \
             each line is one key as it stands: --format keys",
            "대부분의 줄은 필드가 하나인데 {number}행은 {width}개입니다(구분자: {by}): {line:?}. 키가 아니면 지우세요. 줄 전체가 \
             키 하나라면: --format keys",
            by
        ));
    }
    Some(phrase!(
        "its lines have {least} to {most} fields, by {by}, so that they are no table; take the keys out of them, such as with \
         awk '{{print $N}}' FILE | cachelane replay - (N is the number of the field that is the key), or write a table with a \
         header such as time,key,size; or, if each line is one key as it stands: --format keys",
        "줄마다 필드 수가 {least}~{most}개로 달라(구분자: {by}) 표가 아닙니다. 키만 추출하거나(예: awk '{{print $N}}' FILE | \
         cachelane replay -, N은 키의 필드 번호) time,key,size 같은 헤더를 붙인 표로 만드세요. 줄 전체가 키 하나라면: --format keys",
        by
    ))
}

/// Columns that lines can be read with, if they have the same number of fields: those that look like times, sizes or
/// operations, and the first other one as the key. `None` where no column is left for the key.
fn suggestion(lines: &[&[u8]], delimiter: Delimiter) -> Option<String> {
    let rows: Vec<Vec<String>> = lines.iter().map(|line| fields(line, delimiter)).collect();
    let width = rows.first()?.len();
    if !(2..=20).contains(&width) || rows.iter().any(|row| row.len() != width) {
        return None;
    }
    let all = |column: usize, is: &dyn Fn(&str) -> bool| rows.iter().all(|row| is(row[column].trim()));
    let comma = delimiter == Delimiter::Byte(b';');
    let is_time = |text: &str| {
        clock::length(text.as_bytes(), TimeUnit::Nanoseconds, comma).is_some() || clock::is_date(text.as_bytes())
    };
    let is_whole = |text: &str| !text.is_empty() && whole(text.as_bytes(), u32::MAX.into()).is_some();
    let mut columns = vec!["-"; width];
    let free = |columns: &[&str], is: &dyn Fn(&str) -> bool| (0..width).find(|&at| columns[at] == "-" && all(at, is));
    if let Some(at) = free(&columns, &|text| csv::is_operation(text.as_bytes())) {
        columns[at] = "op";
    }
    let rises = |column: usize| {
        rows.windows(2).all(|pair| {
            let number = |row: &[String]| clock::length(row[column].trim().as_bytes(), TimeUnit::Nanoseconds, comma);
            number(&pair[0]) <= number(&pair[1])
        })
    };
    // A number that rises is a time where it comes first, as is custom, or is as long as one since 1970.
    let is_clear = |at: &usize| *at == 0 || all(*at, &|text| text.len() >= 10);
    let time = (0..width).filter(|&at| columns[at] == "-" && all(at, &is_time) && rises(at)).find(is_clear);
    time.into_iter().for_each(|at| columns[at] = "time");
    let key = free(&columns, &|text| !text.is_empty() && !is_whole(text))
        .or_else(|| free(&columns, &|text| !text.is_empty()))?;
    columns[key] = "key";
    let size = (key + 1..width).chain(0..key).find(|&at| columns[at] == "-" && all(at, &is_whole));
    size.into_iter().for_each(|at| columns[at] = "size");
    Some(columns.join(","))
}

fn most_common(widths: &[usize]) -> usize {
    let mut sorted = widths.to_vec();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.max_by_key(|run| run.len()).map_or(0, |run| run[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_fields_are_asked_about_and_keys_with_a_comma_now_and_then_are_not() {
        let ask = |sample: &str| {
            let lines: Vec<&[u8]> = sample.lines().map(str::as_bytes).collect();
            sentence(&lines, &(1..=lines.len()).collect::<Vec<_>>())
        };
        assert!(ask("user 7\nuser 8").unwrap().to_string().contains("2 fields, by blanks"));
        assert!(ask("a,1\nb,2").unwrap().to_string().contains("--columns key,size (-"));
        assert!(ask("a;1;x\nb;2;x").unwrap().to_string().contains("3 fields, by semicolons"));
        assert!(ask("a\nb\nc d").unwrap().to_string().contains("line 3 has 2 fields, by blanks"));
        assert!(ask("1 2 3 4 5 6").unwrap().to_string().contains("--columns time,key,size,-,-,-"));
        assert_eq!(ask("/a?x=1,2\n/b\n/c\n/d,e,f"), None);
        assert_eq!(ask("user:1\nuser:2"), None);
    }
}
