//! Reports as tables of text, for terminals and plain files.

use super::{DivergingCopies, LaneReport, Report, Summary};
use crate::escape::shown;

/// A table: texts to the left, numbers to the right, two spaces between columns.
struct Table {
    /// The first row is the head.
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str]) -> Table {
        Table { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    fn set(&self) -> String {
        let columns = self.rows[0].len();
        let widths: Vec<usize> =
            (0..columns).map(|i| self.rows.iter().map(|row| width(&row[i])).max().unwrap_or(0)).collect();
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

/// How many columns of a terminal a text takes: letters of Chinese, Japanese and Korean take two.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// One line about the run: what, which seed, which moment.
pub fn heading(report: &Report) -> String {
    let name = if report.scenario.is_empty() { "(no name)".into() } else { shown(&report.scenario) };
    let at = report.lanes.iter().map(|lane| lane.at_s).fold(0.0, f64::max);
    let state = if report.lanes.iter().all(|lane| lane.drained) { "settled" } else { "not settled" };
    format!("{name} · seed {} · {} s, {state} · engine {}\n", report.seed, number(at), report.engine)
}

/// The lanes with their chief figures.
pub fn lanes(report: &Report) -> String {
    let mut table = Table::new(&[
        "lane",
        "requests",
        "hit %",
        "read p50",
        "p99 ms",
        "write p50",
        "p99 ms",
        "errors",
        "stale",
        "diverging",
        "lost",
        "at risk",
        "db reads",
        "db writes",
        "digest",
    ]);
    for lane in &report.lanes {
        table.rows.push(vec![
            shown(&lane.name).into_owned(),
            lane.requests.to_string(),
            if lane.hits + lane.misses == 0 { "–".to_owned() } else { format!("{:.1}", 100.0 * lane.hit_ratio) },
            latency(&lane.latency_ms.read, |s| s.p50),
            latency(&lane.latency_ms.read, |s| s.p99),
            latency(&lane.latency_ms.write, |s| s.p50),
            latency(&lane.latency_ms.write, |s| s.p99),
            lane.errors.to_string(),
            lane.stale_reads.to_string(),
            lane.diverging_copies.end.to_string(),
            lane.ever_lost.to_string(),
            lane.writes_by_class.at_risk.to_string(),
            lane.database.reads.to_string(),
            lane.database.writes.to_string(),
            lane.digest.clone(),
        ]);
    }
    table.set() + &losses(report) + &divergences(report)
}

/// A line for each lane that lost writes: why, how many of them somebody read, how many still show.
fn losses(report: &Report) -> String {
    let why = |lane: &LaneReport| {
        let mut told = format!("lost by {}: {}", shown(&lane.name), causes(&lane.ever_lost_by_cause)?);
        told += "; the database will never have them";
        if lane.lost_and_read > 0 {
            told += &format!("; {} of them were read", lane.lost_and_read);
        }
        let covered = lane.ever_lost.saturating_sub(lane.writes_by_class.lost);
        if covered > 0 {
            told += &format!("; {covered} of them have since been written over");
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
            "copies of {} that differed from the database: {end} at the end, at most {max} at once; in all: {causes}\n",
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

/// The row of percentiles that Locust prints, per lane, in milliseconds.
pub fn percentiles(report: &Report) -> String {
    let mut table = Table::new(&[
        "ms at", "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%", "requests",
    ]);
    for lane in &report.lanes {
        let all = &lane.latency_ms.all;
        let row =
            [all.p50, all.p66, all.p75, all.p80, all.p90, all.p95, all.p98, all.p99, all.p99_9, all.p99_99, all.max];
        let mut cells = vec![shown(&lane.name).into_owned()];
        cells.extend(row.map(number));
        cells.push(all.count.to_string());
        table.rows.push(cells);
    }
    table.set()
}

fn latency(summary: &Summary, part: impl Fn(&Summary) -> f64) -> String {
    if summary.count == 0 { "–".to_owned() } else { number(part(summary)) }
}

/// Three significant figures, no more than needed, never an exponent.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
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
        let report = Report { engine: "1".to_owned(), scenario: String::new(), seed: 1, lanes };
        let text = super::lanes(&report);
        let widths: Vec<usize> = text.lines().map(width).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    }

    #[test]
    fn numbers_keep_three_figures() {
        let all = [0.0, 0.0123, 0.5, 1.234, 12.34, 123.4, 1234.5, 2.0];
        assert_eq!(all.map(number), ["0", "0.012", "0.5", "1.23", "12.3", "123", "1234", "2"]);
    }
}
