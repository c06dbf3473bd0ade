//! Reports as CSV (RFC 4180): one row per lane, one column per figure, named by its path in the JSON.

use serde_json::Value;

use super::{Report, Series};
use crate::escape::{shown, spreadsheet};

/// All lanes. No text begins a formula where a spreadsheet opens it, nor holds a control character. Columns are the JSON's keys joined by dots; a cause of loss that a lane does not have counts 0 there.
///
/// # Panics
/// Never: a report can always be written as JSON.
pub fn lanes(report: &Report) -> String {
    let rows: Vec<Vec<(String, String)>> = report.lanes.iter().map(|lane| flat(report, lane)).collect();
    let mut columns: Vec<&str> = Vec::new();
    for row in &rows {
        // What the first lanes do not have stands where it stands in its own lane.
        let mut next = 0;
        for (name, _) in row {
            let known = columns.iter().position(|other| other == name);
            let place = known.unwrap_or_else(|| {
                columns.insert(next, name);
                next
            });
            next = place + 1;
        }
    }
    let mut text = line(columns.iter().copied());
    for row in &rows {
        let value = |column: &&str| row.iter().find(|(name, _)| name == column).map_or("0", |(_, value)| value);
        text += &line(columns.iter().map(value));
    }
    text
}

/// A table of that head and those rows: the first cell of a row is a text, the others are numbers, names or empty.
pub fn plain(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |row: &Vec<String>| {
        let first = row.first().map(|text| text_cell(text));
        line(first.iter().map(String::as_str).chain(row.iter().skip(1).map(String::as_str)))
    };
    line(head.iter().copied()) + &rows.iter().map(cells).collect::<String>()
}

/// Measures over time, one row per lane and bucket, lanes by their names: the bucket's beginning in seconds, then the
/// names of [`Point`](super::Point). What a bucket does not have (the median of no answers) is empty.
///
/// # Panics
/// Never: a point can always be written as JSON.
pub fn series<'a>(lanes: impl Iterator<Item = (&'a str, &'a Series)>) -> String {
    let (mut head, mut rows) = (None, String::new());
    for (name, series) in lanes {
        for (i, point) in series.points.iter().enumerate() {
            // By way of text, in which a number has no more digits than it needs.
            let text = serde_json::to_string(point).expect("a point is plain data");
            let mut pairs = vec![
                ("lane".to_owned(), text_cell(name)),
                ("from_s".to_owned(), format!("{:.6}", (series.first + i) as f64 * series.bucket_s)),
            ];
            flatten("", &serde_json::from_str(&text).expect("it was just written"), &mut pairs);
            head.get_or_insert_with(|| line(pairs.iter().map(|(name, _)| name.as_str())));
            rows += &line(pairs.iter().map(|(_, value)| value.as_str()));
        }
    }
    head.unwrap_or_default() + &rows
}

/// The figures of one lane with their paths, in the order of the JSON.
fn flat(report: &Report, lane: &super::LaneReport) -> Vec<(String, String)> {
    let mut pairs = vec![
        ("engine".to_owned(), report.engine.clone()),
        ("scenario".to_owned(), text_cell(&report.scenario)),
        ("seed".to_owned(), report.seed.to_string()),
        ("deadline_s".to_owned(), report.deadline_s.to_string()),
    ];
    flatten("", &serde_json::to_value(lane).expect("a report is plain data"), &mut pairs);
    pairs
}

fn flatten(at: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                flatten(&path, value, pairs);
            }
        }
        Value::Null => pairs.push((at.to_owned(), String::new())),
        Value::String(text) => pairs.push((at.to_owned(), text_cell(text))),
        other => pairs.push((at.to_owned(), other.to_string())),
    }
}

/// A text of someone else's as a cell. Numbers need no such care: a negative one is no formula.
pub fn text_cell(text: &str) -> String {
    spreadsheet(&shown(text)).into_owned()
}

/// A row of these cells.
pub fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::LaneReport;
    use super::*;

    #[test]
    fn a_name_is_no_formula_and_commands_no_terminal() {
        let lane = |name: &str| LaneReport { name: name.to_owned(), ..LaneReport::default() };
        let lanes = vec![lane("=HYPERLINK(\"http://x\",\"y\")"), lane("a\u{1b}[2Jb\nc"), lane("-1+1")];
        let text = super::lanes(&Report {
            engine: "1".to_owned(),
            scenario: "@SUM(A1)".to_owned(),
            seed: 7,
            deadline_s: 1.0,
            lanes,
        });
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert!(lines[1].starts_with("1,'@SUM(A1),7,1,\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\","), "{}", lines[1]);
        assert!(lines[2].contains(",a\\u{1b}[2Jb\\nc,"), "{}", lines[2]);
        assert!(lines[3].contains(",'-1+1,"), "{}", lines[3]);
    }

    #[test]
    fn every_lane_has_every_column_and_odd_names_are_quoted() {
        let lane = |name: &str, causes: &[(&str, u64)]| LaneReport {
            name: name.to_owned(),
            lost_by_cause: causes.iter().map(|(cause, count)| ((*cause).to_owned(), *count)).collect(),
            ..LaneReport::default()
        };
        let lanes = vec![lane("a \"b\", c", &[]), lane("쓰기", &[("x", 2)]), lane("z", &[("x", 1), ("y", 3)])];
        let text =
            super::lanes(&Report { engine: "1".to_owned(), scenario: String::new(), seed: 7, deadline_s: 1.0, lanes });
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("engine,scenario,seed,deadline_s,name,read,write,digest,"), "{}", lines[0]);
        assert!(lines[0].contains(",lost_by_cause.x,lost_by_cause.y,"), "{}", lines[0]);
        assert!(lines[1].starts_with("1,,7,1,\"a \"\"b\"\", c\","), "{}", lines[1]);
        let cells = |line: &str| line.split(',').count();
        assert_eq!(cells(lines[2]), cells(lines[0]));
        assert_eq!(cells(lines[3]), cells(lines[0]));
    }
}
