//! Reports as tables of text, for terminals and plain files.

mod effects;

pub use self::effects::effects;
use super::columns::{About, COLUMNS, Column};
use super::{DivergingCopies, LaneReport, Report, Summary};
use crate::escape::shown;

/// A table: texts to the left, numbers to the right, two spaces between columns.
pub struct Table {
    /// The first row is the head.
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With that head and no rows.
    pub fn new(head: &[&str]) -> Table {
        Table { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    /// Adds a row, as long as the head.
    pub fn push(&mut self, row: Vec<String>) {
        debug_assert_eq!(row.len(), self.rows[0].len(), "a row has a cell for each column");
        self.rows.push(row);
    }

    fn widths(&self) -> Vec<usize> {
        let columns = 0..self.rows[0].len();
        columns.map(|i| self.rows.iter().map(|row| width(&row[i])).max().unwrap_or(0)).collect()
    }

    /// The first column and those of `columns`.
    fn part(&self, columns: std::ops::Range<usize>) -> Table {
        let cells = |row: &Vec<String>| [&row[..1], &row[columns.clone()]].concat();
        Table { rows: self.rows.iter().map(cells).collect() }
    }

    /// As text, a line a row.
    pub fn set(&self) -> String {
        let (columns, widths) = (self.rows[0].len(), self.widths());
        let mut text = String::new();
        for (r, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, wide))| {
                let space = " ".repeat(wide - width(cell));
                if i == 0 { format!("{cell}{space}") } else { format!("{space}{cell}") }
            });
            text += cells.collect::<Vec<_>>().join("  ").trim_end();
            text.push('\n');
            if r == 0 {
                let rule: usize = widths.iter().sum::<usize>() + 2 * (columns - 1);
                text += &"─".repeat(rule);
                text.push('\n');
            }
        }
        text
    }
}

/// A table that is wider than this is set in blocks, each with the lanes' names.
const WIDTH_MAX: usize = 160;

/// Sets a table in as few blocks as fit into that width. If two are enough, the second begins with column `turn` where it can.
fn in_blocks(table: &Table, turn: usize) -> String {
    let widths = table.widths();
    let columns = widths.len();
    let fits =
        |part: std::ops::Range<usize>| widths[0] + widths[part].iter().map(|wide| 2 + wide).sum::<usize>() <= WIDTH_MAX;
    let turns = fits(1..turn) && fits(turn..columns) && !fits(1..columns);
    let (mut blocks, mut from) = (Vec::new(), 1);
    for next in 2..=columns {
        let ends = if turns { next == turn } else { next < columns && !fits(from..next + 1) };
        if next == columns || ends {
            blocks.push(table.part(from..next).set());
            from = next;
        }
    }
    blocks.join("\n")
}

/// How many columns of a terminal a text takes: letters of Chinese, Japanese and Korean take two.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// A table of that head and those rows, each as long: texts in the first column, numbers in the others.
pub fn plain(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new(head);
    table.rows.extend(rows);
    table.set()
}

/// One line about the run: what, which seed, which moment.
pub fn heading(report: &Report) -> String {
    let name = if report.scenario.is_empty() { "(no name)".into() } else { shown(&report.scenario) };
    let at = report.lanes.iter().map(|lane| lane.at_s).fold(0.0, f64::max);
    let state = if report.lanes.iter().all(|lane| lane.drained) { "settled" } else { "not settled" };
    format!("{name} · seed {} · {} s, {state} · engine {}\n", report.seed, number(at), report.engine)
}

/// The lanes with the figures that some lane has. Below stand those that people look for and no lane has.
pub fn lanes(report: &Report) -> String {
    let met: Vec<&Column> =
        COLUMNS.iter().filter(|column| column.head.is_some() && report.lanes.iter().any(column.has)).collect();
    let turn = 1 + met.iter().take_while(|column| column.about == About::Clients).count();
    let mut head = vec!["lane"];
    head.extend(met.iter().filter_map(|column| column.head));
    head.push("digest");
    let mut table = Table::new(&head);
    for lane in &report.lanes {
        let mut cells = vec![shown(&lane.name).into_owned()];
        cells.extend(met.iter().map(|column| (column.cell)(lane).unwrap_or_else(|| "–".to_owned())));
        cells.push(lane.digest.clone());
        table.rows.push(cells);
    }
    in_blocks(&table, turn)
        + &nobodys(report)
        + &legend(report, &met)
        + &losses(report)
        + &divergences(report)
        + &classes(report)
}

/// Each class of traffic of each lane, where there are two.
fn classes(report: &Report) -> String {
    if report.lanes.iter().all(|lane| lane.classes.is_empty()) {
        return String::new();
    }
    let head = ["lane", "class", "requests", "reads hit %", "p99", "errors", "stale", "lost"];
    let mut table = Table::new(&head);
    for lane in &report.lanes {
        for (class, name) in lane.classes.iter().zip(["first", "second"]) {
            let counted =
                |share: f64, of: u64| if of == 0 { "–".to_owned() } else { format!("{:.1}", 100.0 * share) };
            table.rows.push(vec![
                shown(&lane.name).into_owned(),
                name.to_owned(),
                class.requests.to_string(),
                counted(class.read_hit_ratio, class.reads),
                ms_cell(&class.latency_ms),
                class.errors.to_string(),
                class.stale_reads.to_string(),
                class.ever_lost.to_string(),
            ]);
        }
    }
    format!("\n{}", table.set())
}

fn ms_cell(summary: &Summary) -> String {
    if summary.count == 0 { "–".to_owned() } else { number(summary.p99) }
}

/// What no lane has, in one line.
fn nobodys(report: &Report) -> String {
    let none = COLUMNS.iter().filter(|column| !report.lanes.iter().any(column.has));
    let none: Vec<&str> = none.filter_map(|column| column.nobodys).collect();
    if none.is_empty() { String::new() } else { format!("none in any lane: {}\n", none.join(", ")) }
}

/// What the figures mean, where the name alone does not say it; and the kinds of errors, a line per lane that has some.
fn legend(report: &Report, met: &[&Column]) -> String {
    let has = |head: &str| met.iter().any(|column| column.head == Some(head));
    let mut text = String::new();
    if has("goodput %") {
        text += &format!("goodput: answered without error within {} s (clients.deadline)", number(report.deadline_s));
        text += if has("p50 +err") { "; +err: including failed requests, with the time they took\n" } else { "\n" };
    }
    if has("reads hit %") {
        text += "hit %: of look-ups; reads hit %: of all reads\n";
    }
    if has("read p50") || has("write p50") {
        text += "p50, p99: in milliseconds, without failed requests\n";
    }
    if has("ryw viol.") || has("mono. viol.") {
        text += "ryw, mono. viol.: violations of read-your-writes and of monotonic reads\n";
    }
    if has("lock waits") {
        text += "lock wait s: total time of waits for row locks; db conns: the most queries under way at once\n";
    }
    let kinds = |lane: &LaneReport| {
        let kinds = causes(&lane.errors_by_kind)?;
        Some(format!("errors of {}: {kinds}\n", shown(&lane.name)))
    };
    text.extend(report.lanes.iter().filter_map(kinds));
    text
}

/// A line for each lane that lost writes: why, how many of them were read, how many have been overwritten since.
fn losses(report: &Report) -> String {
    let why = |lane: &LaneReport| {
        let mut told = format!("lost by {}: {}", shown(&lane.name), causes(&lane.ever_lost_by_cause)?);
        told += "; the database will never have them";
        if lane.lost_and_read > 0 {
            told += &format!("; {} of them were returned by reads", lane.lost_and_read);
        }
        let covered = lane.ever_lost.saturating_sub(lane.writes_by_class.lost);
        if covered > 0 {
            told += &format!("; {covered} of them have been overwritten since");
        }
        if lane.keys_lost > 0 {
            told += &format!("; keys whose last acknowledged value is lost: {}", lane.keys_lost);
        }
        Some(told + "\n")
    };
    report.lanes.iter().filter_map(why).collect()
}

/// A line for each lane whose cache differed from the database for good.
fn divergences(report: &Report) -> String {
    let why = |lane: &LaneReport| {
        let (copies, causes) = (lane.diverging_copies, causes(&lane.diverging_by_cause)?);
        let DivergingCopies { max, end, .. } = copies;
        Some(format!(
            "diverging copies of {}: {end} at the end, at most {max} at once; all by cause: {causes}\n",
            shown(&lane.name)
        ))
    };
    report.lanes.iter().filter_map(why).collect()
}

/// Causes with their numbers, the most frequent first; nothing when there are none.
fn causes(counts: &[(String, u64)]) -> Option<String> {
    let mut counts: Vec<&(String, u64)> = counts.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let told: Vec<String> = counts.into_iter().map(|(cause, count)| format!("{count} {cause}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn percentile_row(name: &str, all: &Summary) -> Vec<String> {
    let row = [all.p50, all.p66, all.p75, all.p80, all.p90, all.p95, all.p98, all.p99, all.p99_9, all.p99_99, all.max];
    let mut cells = vec![name.to_owned()];
    cells.extend(row.map(number));
    cells.push(all.count.to_string());
    cells
}

/// The row of percentiles that Locust prints, per lane, in milliseconds; a second one of a lane that fails, which
/// includes errors, with the time they took.
pub fn percentiles(report: &Report) -> String {
    let mut table = Table::new(&[
        "ms at", "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%", "requests",
    ]);
    for lane in &report.lanes {
        table.rows.push(percentile_row(&shown(&lane.name), &lane.latency_ms.all));
        if lane.fails_notably() {
            table.rows.push(percentile_row(&format!("{} +err", shown(&lane.name)), &lane.latency_with_errors_ms.all));
        }
    }
    table.set()
}

/// Three significant figures, no more than needed, never an exponent.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // A little less than nothing is nothing.
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::{CacheReport, DatabaseReport, Latencies};
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let lane = |name: &str, requests| LaneReport {
            name: name.to_owned(),
            digest: "0123456789abcdef".to_owned(),
            requests,
            ..LaneReport::default()
        };
        let lanes = vec![lane("쓰기 지연", 12_345), lane("write-back every 5 s", 7)];
        let report = Report { engine: "1".to_owned(), scenario: String::new(), seed: 1, deadline_s: 1.0, lanes };
        let text = super::lanes(&report);
        let widths: Vec<usize> = text.lines().take(4).map(width).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    }

    #[test]
    fn a_column_that_is_zero_in_every_lane_makes_room_and_one_that_is_not_takes_it() {
        let lane = |errors, refused_full| LaneReport {
            requests: 100,
            errors,
            cache: CacheReport { refused_full, ..CacheReport::default() },
            ..LaneReport::default()
        };
        let text = |lanes| {
            let engine = "1".to_owned();
            super::lanes(&Report { engine, scenario: String::new(), seed: 1, deadline_s: 1.0, lanes })
        };
        let none = text(vec![lane(0, 0), lane(0, 0)]);
        let head = none.lines().next().unwrap();
        assert!(!head.contains("errors") && !head.contains("refused full") && !head.contains("+err"), "{head}");
        assert!(none.contains("none in any lane: errors, stale reads, "), "{none}");
        let some = text(vec![lane(0, 0), lane(7, 44_500)]);
        let head = some.lines().next().unwrap();
        assert!(head.contains("errors") && head.contains("refused full") && head.contains("p99 +err"), "{head}");
        assert!(some.contains("none in any lane: stale reads, "), "{some}");
    }

    fn table_of(lane: LaneReport) -> String {
        let engine = "1".to_owned();
        lanes(&Report { engine, scenario: String::new(), seed: 1, deadline_s: 1.0, lanes: vec![lane] })
    }

    fn busy() -> LaneReport {
        let some = Summary { count: 9, p50: 12_345.0, p99: 23_456.0, ..Summary::default() };
        let latency_ms = Latencies { all: some, read: some, write: some };
        LaneReport {
            name: "one".to_owned(),
            digest: "0123456789abcdef".to_owned(),
            requests: 1_000,
            reads: 500,
            read_hit_ratio: 0.5,
            errors: 10,
            stale_reads: 1,
            latency_ms,
            latency_with_errors_ms: latency_ms,
            ..LaneReport::default()
        }
    }

    #[test]
    fn a_wide_table_has_two_blocks_each_with_the_lanes_names_and_a_narrow_one_has_one() {
        let database =
            DatabaseReport { reads: 7, writes: 7, utilisation: 0.5, queue_max: 3, ..DatabaseReport::default() };
        let rows = |lane: LaneReport| {
            let text = table_of(lane);
            assert!(text.lines().all(|line| width(line) <= WIDTH_MAX), "{text}");
            text.lines().filter(|line| line.starts_with("one ")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(rows(busy()).len(), 1);
        let two = rows(LaneReport { database, ..busy() });
        assert_eq!(two.len(), 2, "{two:?}");
        assert!(two[0].contains("12345") && !two[0].contains("0123456789abcdef"), "{two:?}");
        assert!(two[1].contains("50.0") && two[1].ends_with("0123456789abcdef"), "{two:?}");
    }

    #[test]
    fn a_name_that_takes_all_the_room_still_has_every_column() {
        let database = DatabaseReport { reads: 7, ..DatabaseReport::default() };
        let text = table_of(LaneReport { name: "n".repeat(200), database, ..busy() });
        for head in ["requests", "goodput %", "write p99", "p99 +err", "db reads", "digest"] {
            assert_eq!(
                text.lines().filter(|line| line.starts_with("lane ") && line.contains(head)).count(),
                1,
                "{head}"
            );
        }
    }

    #[test]
    fn no_two_columns_have_one_name() {
        let mut heads: Vec<&str> = COLUMNS.iter().filter_map(|column| column.head).collect();
        heads.sort_unstable();
        assert!(heads.windows(2).all(|pair| pair[0] != pair[1]), "{heads:?}");
    }

    #[test]
    fn locks_sessions_and_lost_keys_have_columns_where_a_lane_has_some_and_connections_where_locks_are_waited_for() {
        let heads = |lane| table_of(lane).lines().filter(|line| line.starts_with("lane ")).collect::<String>();
        let calm = heads(LaneReport {
            database: DatabaseReport { connections_max: 8, ..DatabaseReport::default() },
            ..busy()
        });
        let database = DatabaseReport {
            lock_waits: 5,
            lock_waited_s: 1.5,
            connections_max: 40,
            cancelled: 2,
            ..DatabaseReport::default()
        };
        let met = heads(LaneReport {
            database,
            cache: CacheReport { refused: 3, ..CacheReport::default() },
            read_your_writes_violations: 1,
            monotonic_read_violations: 1,
            keys_lost: 1,
            ..busy()
        });
        let new = [
            "lock waits",
            "lock wait s",
            "db conns",
            "cancelled",
            "cache refused",
            "ryw viol.",
            "mono. viol.",
            "keys lost",
        ];
        for head in new {
            assert!(met.contains(head) && !calm.contains(head), "{head}: {met} {calm}");
        }
    }

    #[test]
    fn numbers_keep_three_figures() {
        let all = [0.0, 0.0123, 0.5, 1.234, 12.34, 123.4, 1234.5, 2.0];
        assert_eq!(all.map(number), ["0", "0.012", "0.5", "1.23", "12.3", "123", "1234", "2"]);
    }
}
