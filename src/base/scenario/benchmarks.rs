//! Reports that have a form of their own: those of memtier_benchmark, YCSB and autocannon, as tables and as JSON.
//!
//! ```text
//! Type  Ops/sec  Hits/sec … Avg. Latency  p50 Latency … KB/sec   memtier_benchmark: the row Totals, in milliseconds
//! [READ], 99thPercentileLatency(us), 875                         YCSB: of one operation
//! │ Stat │ 2.5% │ 50% │ 97.5% │ 99% │ Avg │ Stdev │ Max │         autocannon: the row Latency; with `-l` all its percentiles
//! ```
//! memtier_benchmark's distribution under its table is left alone, and so are YCSB's counts by value. Operations are not taken
//! together: no percentile of all follows from those of each.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::percentiles::{BadPercentiles, Found, percent, unit};
use super::typed;
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// What a text of one of these says; `None` of any other text.
pub(super) fn read(text: &str) -> Option<Result<Found, BadPercentiles>> {
    let lines = || text.lines().zip(1..);
    if lines().any(|(line, _)| of_ycsb(line).is_some()) {
        return Some(ycsb(lines()));
    }
    if lines().any(|(line, _)| is_head_of_memtier(&columns_of_memtier(line))) {
        return Some(memtier(lines()));
    }
    lines()
        .any(|(line, _)| cells_of_autocannon(line).is_some_and(|cells| is_head_of_autocannon(&cells)))
        .then(|| autocannon(lines()))
}

fn bad(line: usize, reason: Phrase) -> BadPercentiles {
    BadPercentiles { line, reason }
}

/// A number of these units, which is a time. Commas stand between thousands; one before decimals, as in `0,45`, is refused.
fn time(number: &str, unit: &str, line: usize) -> Result<Nanos, BadPercentiles> {
    let (written, number) = (number.trim(), number.trim().replace([' ', ','], ""));
    let is_meant = match typed::plain(written) {
        Ok(plain) => plain == number,
        Err(both) => both.contains(&number),
    };
    if written.contains(',') && !is_meant {
        return Err(BadPercentiles::no_time(line, written.to_owned()));
    }
    // Java writes what is long as 1.2E7.
    let plain = number.parse::<f64>().map_or_else(|_| number.clone(), |number| number.to_string());
    format!("{plain}{unit}").parse().map_err(|_| BadPercentiles::no_time(line, number))
}

/// What a line of YCSB's says of an operation.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    Percent(f64),
    Mean,
}

/// The parts of a line `[READ], 99thPercentileLatency(us), 875` that says a percentile or the mean: the operation, which of them, the
/// unit and the number. Counts are none.
fn of_ycsb(line: &str) -> Option<(&str, Said, &'static str, &str)> {
    let (operation, rest) = line.trim().strip_prefix('[')?.split_once("],")?;
    let (name, number) = rest.split_once(',')?;
    let (name, unit_name) = name.trim().strip_suffix(')')?.split_once('(')?;
    let name = name.strip_suffix("Latency")?;
    let said = match (name.strip_suffix("Percentile"), name) {
        // Whole ones have an ending, `99th`; of others it is left out.
        (Some(number), _) => percent(number).or_else(|| number.parse().ok()).map(Said::Percent),
        (None, "Min" | "Max") => percent(name).map(Said::Percent),
        (None, _) => (name == "Average").then_some(Said::Mean),
    };
    Some((operation, said?, unit(unit_name)?, number))
}

/// The percentiles of the only operation that there is.
fn ycsb<'a>(lines: impl Iterator<Item = (&'a str, usize)>) -> Result<Found, BadPercentiles> {
    let (mut found, mut only) = (Found::default(), None);
    for (line, number) in lines {
        let Some((operation, said, unit, value)) = of_ycsb(line) else { continue };
        if let Said::Percent(percent) = said
            && !(0.0..=100.0).contains(&percent)
        {
            return Err(BadPercentiles::no_percentile(number, percent.to_string()));
        }
        // What comes after the last request, and requests that failed, are nobody's response time.
        if operation == "CLEANUP" || operation.ends_with("-FAILED") {
            continue;
        }
        let first = *only.get_or_insert(operation);
        if first != operation {
            return Err(bad(
                number,
                phrase!(
                    "there are {first} and {operation}; paste the lines of the one you mean",
                    "{first}와(과) {operation}이(가) 함께 있습니다. 사용할 연산의 줄만 붙여 넣어 주세요"
                ),
            ));
        }
        let value = time(value, unit, number)?;
        match said {
            Said::Percent(percent) => found.point(percent, value, number),
            Said::Mean => found.mean(value),
        }
    }
    Ok(found)
}

/// The columns of a line; those whose names are of two words are one.
fn columns_of_memtier(line: &str) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        // Old versions have one Latency, of no percentile.
        let is_two = |before: &&mut String| word == "Latency" && (*before == "Avg." || before.starts_with('p'));
        match columns.last_mut().filter(is_two) {
            Some(before) => *before += " Latency",
            None => columns.push(word.to_owned()),
        }
    }
    columns
}

fn is_head_of_memtier(columns: &[String]) -> bool {
    columns.first().is_some_and(|first| first == "Type") && columns.iter().any(|column| column == "Ops/sec")
}

/// The row of all commands together; where it is left out, the only one there is.
fn memtier<'a>(lines: impl Iterator<Item = (&'a str, usize)>) -> Result<Found, BadPercentiles> {
    let (head, rows) = rows_of_memtier(lines)?;
    let row = |name: &str| rows.iter().find(|(row, _)| row[0] == name);
    let mut found = Found::default();
    let (taken, line) = match (row("Totals"), &rows[..]) {
        (Some(totals), _) => totals,
        (None, [only]) => only,
        (None, _) => return Ok(found),
    };
    let (count, there) = (head.len(), taken.len());
    if count != there {
        let reason = phrase!(
            "the head has {count} columns, and this row has {there}",
            "머리글에는 열이 {count}개인데 이 행에는 {there}개입니다"
        );
        return Err(bad(*line, reason));
    }
    for (name, value) in head.iter().zip(taken) {
        let Some(name) = name.strip_suffix(" Latency") else { continue };
        if name == "Avg." {
            found.mean(time(value, "ms", *line)?);
        } else if let Some(percent) = percent(name) {
            found.point(percent, time(value, "ms", *line)?, *line);
        }
    }
    if let (Some((sets, _)), Some((gets, _)), "Totals") = (row("Sets"), row("Gets"), taken[0].as_str()) {
        let pairs = head.iter().zip(sets.iter().zip(gets));
        found.notes.extend(differ(pairs.filter_map(|(name, pair)| Some((name.strip_suffix(" Latency")?, pair)))));
    }
    Ok(found)
}

/// The cells of a row, and its line.
type Row = (Vec<String>, usize);

/// The head of memtier_benchmark's table and the rows of commands that there were any of, with their lines.
fn rows_of_memtier<'a>(
    lines: impl Iterator<Item = (&'a str, usize)>,
) -> Result<(Vec<String>, Vec<Row>), BadPercentiles> {
    let (mut head, mut rows) = (Vec::new(), Vec::<Row>::new());
    for (line, number) in lines {
        let columns = columns_of_memtier(line);
        if is_head_of_memtier(&columns) {
            head = columns;
            continue;
        }
        let Some(name) = columns.first().filter(|_| !head.is_empty()) else { continue };
        if !["Sets", "Gets", "Totals"].contains(&name.as_str()) || is_idle(&head, &columns) {
            continue;
        }
        if rows.iter().any(|(row, _)| row[0] == *name) {
            return Err(bad(number, MANY_TABLES));
        }
        rows.push((columns, number));
    }
    Ok((head, rows))
}

/// Whether a row of memtier_benchmark's says that there was none of its commands.
fn is_idle(head: &[String], row: &[String]) -> bool {
    let rate = head.iter().position(|column| column == "Ops/sec").and_then(|at| row.get(at));
    row[0] != "Totals" && rate.and_then(|rate| rate.parse::<f64>().ok()) == Some(0.0)
}

/// Says the percentile at which SETs and GETs are farthest apart, if it is by a tenth or more.
fn differ<'a>(pairs: impl Iterator<Item = (&'a str, (&'a String, &'a String))>) -> Option<Phrase> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| *number > 0.0);
    let apart = |(name, (sets, gets)): (&'a str, (&'a String, &'a String))| {
        let (sets, gets) = (number(sets)?, number(gets)?);
        Some((name, sets, gets, sets.max(gets) / sets.min(gets)))
    };
    let (name, sets, gets, factor) = pairs.filter_map(apart).max_by(|a, b| a.3.total_cmp(&b.3))?;
    (factor >= 1.1).then(|| {
        phrase!(
            "these are SET and GET together, and they differ: {name} {sets} ms and {gets} ms; to take one, keep its row alone under the head",
            "SET과 GET을 합친 값입니다. 둘은 서로 다릅니다({name} {sets} ms, {gets} ms). 하나만 쓰려면 머리글 아래에 그 행만 남겨 주세요"
        )
    })
}

/// The cells between the lines of a table that is drawn.
fn cells_of_autocannon(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('│')?.strip_suffix('│')?;
    Some(inside.split('│').map(str::trim).collect())
}

fn is_head_of_autocannon(cells: &[&str]) -> bool {
    matches!(cells, ["Stat", names @ ..] if names.contains(&"97.5%") && names.contains(&"Max"))
}

/// The row of latencies, and the table of all percentiles where it is there.
fn autocannon<'a>(lines: impl Iterator<Item = (&'a str, usize)>) -> Result<Found, BadPercentiles> {
    let (mut head, mut found, mut is_told) = (Vec::new(), Found::default(), false);
    for (line, number) in lines {
        let Some(cells) = cells_of_autocannon(line) else { continue };
        match cells[..] {
            // The head of this or of any other table.
            ["Stat" | "Percentile" | "Code", ..] => head = cells,
            ["Latency", ..] if is_head_of_autocannon(&head) && head.len() == cells.len() => {
                if is_told {
                    return Err(bad(number, MANY_TABLES));
                }
                is_told = true;
                for (name, cell) in head.iter().zip(&cells) {
                    if let Some(percent) = percent(name) {
                        found.point(percent, time(cell, "", number)?, number);
                    } else if *name == "Avg" {
                        found.mean(time(cell, "", number)?);
                    }
                }
            }
            [percent, value] if head == ["Percentile", "Latency (ms)"] => {
                let read = percent.parse().ok().filter(|read| (0.0..=100.0).contains(read));
                let none = || BadPercentiles::no_percentile(number, percent.to_owned());
                found.point(read.ok_or_else(none)?, time(value, "ms", number)?, number);
            }
            _ => {}
        }
    }
    Ok(found)
}

const MANY_TABLES: Phrase = Phrase::fixed(
    "there is more than one run; paste the one you mean",
    "실행 결과가 여러 개입니다. 사용할 것 하나만 붙여 넣어 주세요",
);

/// The latencies by name in the JSON of autocannon or of memtier_benchmark, in milliseconds. `None` of any other.
///
/// # Errors
/// When there are several runs.
pub(super) fn of_json(report: &Value, notes: &mut Vec<Phrase>) -> Option<Result<Map<String, Value>, Phrase>> {
    let autocannon = report["latency"].as_object().filter(|named| named.contains_key("p97_5"));
    if let Some(named) = autocannon.filter(|_| report["requests"].is_object()) {
        return Some(Ok(named.iter().map(|(name, value)| (name.replace('_', "."), value.clone())).collect()));
    }
    // Of several runs there are the best, the worst and the mean of all.
    let runs = report.as_object()?.iter().filter(|(_, run)| run["Totals"]["Percentile Latencies"].is_object());
    let mut runs = runs.map(|(_, run)| run);
    let run = runs.next()?;
    let totals = &run["Totals"];
    if runs.next().is_some() {
        return Some(Err(MANY_TABLES));
    }
    let named = totals["Percentile Latencies"].as_object().into_iter().flatten();
    let [sets, gets] = ["Sets", "Gets"].map(|name| texts(&run[name]["Percentile Latencies"]));
    notes.extend(differ(sets.iter().filter_map(|(name, sets)| Some((name.as_str(), (sets, gets.get(name)?))))));
    let ends = [("min", "Min Latency"), ("max", "Max Latency"), ("mean", "Average Latency")];
    let ends = ends.into_iter().map(|(name, of)| (name.to_owned(), totals[of].clone()));
    let named = named.map(|(name, value)| (name.clone(), value.clone())).chain(ends);
    Some(Ok(named.filter(|(_, value)| value.is_number()).collect()))
}

/// The numbers of an object, as text.
fn texts(object: &Value) -> BTreeMap<String, String> {
    let numbers = object.as_object().into_iter().flatten().filter(|(_, value)| value.is_number());
    numbers.map(|(name, value)| (name.clone(), value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::percentiles;

    fn told(text: &str) -> String {
        let read = percentiles::read(text).unwrap_or_else(|error| panic!("{text}: {}", error.phrase()));
        assert!(!read.bare, "{text}: it says what it counts");
        let said = read.rows.iter().filter(|(percent, _)| !read.is_chosen(*percent));
        let rows = said.map(|(percent, value)| format!("{percent}={value}"));
        rows.collect::<Vec<_>>().join(" ") + if read.ends_early { " …" } else { "" }
    }

    fn refused(text: &str, line: usize, part: &str) {
        let error = percentiles::read(text).expect_err(text);
        assert!(error.line == line && error.phrase().to_string().contains(part), "{text}: {}", error.phrase());
    }

    const MEMTIER: &str = "4         Threads\n50        Connections per thread\n10000     Requests per client\n\n\nALL STATS\n\
        ============================================================================================================================\n\
        Type         Ops/sec     Hits/sec   Misses/sec    Avg. Latency     p50 Latency     p99 Latency   p99.9 Latency       KB/sec \n\
        ----------------------------------------------------------------------------------------------------------------------------\n\
        Sets         5043.58          ---          ---         3.93210         3.61500        11.07100        19.45500       388.40 \n\
        Gets        50414.87         0.00     50414.87         3.92630         3.59900        11.10300        19.71100      1963.85 \n\
        Waits           0.00          ---          ---             ---             ---             ---             ---          --- \n\
        Totals      55458.45         0.00     50414.87         3.92683         3.60700        11.10300        19.71100      2352.25 \n\n\n\
        Request Latency Distribution\nType     <= msec         Percent\n\
        ------------------------------------------------------------------------\n\
        SET       0.207        0.000\nSET       3.615       50.000\n---\nGET       0.183        0.000\nGET      11.103       99.000\n";

    #[test]
    fn the_totals_of_memtier_benchmark_are_read_and_its_distribution_is_not() {
        assert_eq!(told(MEMTIER), "50=3.607ms 99=11.103ms 99.9=19.711ms 100=19.711ms …");
        // In a cluster there are two columns more.
        let cluster = MEMTIER.replace("Misses/sec", "Misses/sec    MOVED/sec      ASK/sec");
        let cluster = cluster.replace("50414.87         3.92683", "50414.87         0.00         0.00         3.92683");
        assert_eq!(told(&cluster), told(MEMTIER));
        refused(&cluster.replace("0.00         0.00         3.92683", "3.92683"), 13, "the head has 11 columns");
        refused(&format!("{MEMTIER}{MEMTIER}"), 33, "more than one run");
        refused(&MEMTIER.replace("11.10300        19.71100      2352", "-nan        19.71100      2352"), 13, "-nan");
        refused(&MEMTIER.replace("Totals", "Total "), 1, "no percentile");
        // Where a comma stands before the decimals, it is none between thousands.
        refused(&MEMTIER.replace(" 3.60700", " 3,60700"), 13, "3,60700");
        refused(&MEMTIER.replace(" 3.60700", " 0,607"), 13, "0,607");
        refused(&MEMTIER.replace(" 3.60700", " 3.6,070"), 13, "3.6,070");
        let thousands = MEMTIER.replace("19.71100      2352", "1,971.1      2352");
        assert_eq!(told(&thousands), "50=3.607ms 99=11.103ms 99.9=1971.1ms 100=1971.1ms …");
        let alone = MEMTIER.lines().filter(|line| !line.starts_with("Sets") && !line.starts_with("Totals"));
        assert_eq!(told(&alone.collect::<Vec<_>>().join("\n")), "50=3.599ms 99=11.103ms 99.9=19.711ms 100=19.711ms …");
        let notes = |text: &str| percentiles::read(text).expect("a report").notes;
        assert_eq!(notes(MEMTIER), []);
        let apart = notes(&MEMTIER.replace(" 11.07100 ", " 35.07100 "));
        assert!(apart[0].to_string().contains("they differ: p99 35.071 ms and 11.103 ms"), "{apart:?}");
        let old = "Type        Ops/sec     Hits/sec   Misses/sec      Latency       KB/sec\nTotals     54321.00      1000.00     48383.33      3.68000      2200.00\n";
        refused(old, 1, "no percentile");
    }

    #[test]
    fn the_json_of_memtier_benchmark_and_of_autocannon_is_read() {
        let run = r#"{"Runtime": {"Total duration": 10000}, "Sets": {"Count": 1, "Percentile Latencies": {"p50.00": 1.0}},
            "Totals": {"Count": 400000, "Ops/sec": 55458.45, "Latency": 3.927, "Average Latency": 3.927, "Min Latency": 0.183, "Max Latency": 31.231,
            "Time-Serie": {"0": {"Count": 5, "p50.00": 3.5}},
            "Percentile Latencies": {"p50.00": 3.607, "p99.00": 11.103, "p99.90": 19.711, "Histogram log format": {"Compressed Histogram": "HISTFAAA"}}}}"#;
        let one = format!(r#"{{"configuration": {{"server": "localhost"}}, "ALL STATS": {run}}}"#);
        assert_eq!(told(&one), "0=183us 50=3.607ms 99=11.103ms 99.9=19.711ms 100=31.231ms");
        let series = format!(r#""0": {{"note": "{}"}}"#, "x".repeat(200_000));
        assert_eq!(
            told(&one.replace(r#""0": {"Count": 5, "p50.00": 3.5}"#, &series)),
            told(&one),
            "as long as it may be"
        );
        let two = format!(r#"{{"BEST RUN RESULTS": {run}, "WORST RUN RESULTS": {run}}}"#);
        refused(&two, 1, "more than one run");
        let autocannon = r#"{"title": null, "url": "http://localhost:3000", "connections": 10, "sampleInt": 1000,
            "latency": {"average": 0.72, "mean": 0.72, "stddev": 1.08, "min": 0, "max": 45.5, "p0_001": 0, "p0_01": 0, "p0_1": 0, "p1": 0, "p2_5": 0,
                "p10": 0, "p25": 0, "p50": 1, "p75": 1, "p90": 2, "p97_5": 3, "p99": 5, "p99_9": 11, "p99_99": 17, "p99_999": 29, "totalCount": 465903},
            "requests": {"average": 7765, "p50": 7747, "p99": 8399, "max": 8400}, "throughput": {"p50": 1410000}, "errors": 0}"#;
        let want = "0=0s 0.001=0s 0.01=0s 0.1=0s 1=0s 2.5=0s 10=0s 25=0s 50=1ms 75=1ms 90=2ms 97.5=3ms 99=5ms 99.9=11ms \
            99.99=17ms 99.999=29ms 100=45.5ms";
        assert_eq!(told(autocannon), want);
        refused(r#"{"latency": {"p50": 5, "p99": 9}}"#, 1, "no report that is known");
    }

    #[test]
    fn the_lines_of_ycsb_are_those_of_one_operation() {
        let of = |operation: &str| {
            format!(
                "[{operation}], Operations, 4998764\n[{operation}], AverageLatency(us), 476.7570383398776\n[{operation}], MinLatency(us), 192\n\
                 [{operation}], MaxLatency(us), 33887\n[{operation}], 50thPercentileLatency(us), 431\n[{operation}], 95thPercentileLatency(us), 665\n\
                 [{operation}], 99thPercentileLatency(us), 875\n[{operation}], 99.9PercentileLatency(us), 1201\n\
                 [{operation}], Return=OK, 4998764\n[{operation}], 192, 3\n"
            )
        };
        let head = "[OVERALL], RunTime(ms), 3336301\n[OVERALL], Throughput(ops/sec), 2997.33\n[TOTAL_GC_TIME], Time(ms), 4632\n\
            [CLEANUP], Operations, 8\n[CLEANUP], AverageLatency(us), 277377.625\n[CLEANUP], MinLatency(us), 0\n\
            [CLEANUP], MaxLatency(us), 2220031\n[CLEANUP], 95thPercentileLatency(us), 2220031\n[CLEANUP], 99thPercentileLatency(us), 2220031\n";
        let want = "0=192us 50=431us 95=665us 99=875us 99.9=1.201ms 100=33.887ms";
        assert_eq!(told(&format!("{head}{}", of("READ"))), want);
        assert_eq!(told(&format!("{head}{}{}", of("READ-FAILED"), of("READ"))), want);
        let two = format!("{}{head}{}", of("READ"), of("UPDATE"));
        refused(&two, 21, "there are READ and UPDATE; paste the lines of the one you mean");
        // Of old versions, which count whole milliseconds.
        let old = "[READ], MinLatency(us), 600\n[READ], MaxLatency(us), 90000\n[READ], 95thPercentileLatency(ms), 4\n[READ], 99thPercentileLatency(ms), 9\n";
        assert_eq!(told(old), "0=600us 95=4ms 99=9ms 100=90ms");
        refused("[READ], 95thPercentileLatency(us), n/a\n", 1, "n/a is no response time");
    }

    const AUTOCANNON: &str = "Running 60s test @ http://localhost:3003/\n10 connections\n\n\n\
        ┌─────────┬──────┬──────┬───────┬──────┬─────────┬─────────┬───────┐\n\
        │ Stat    │ 2.5% │ 50%  │ 97.5% │ 99%  │ Avg     │ Stdev   │ Max   │\n\
        ├─────────┼──────┼──────┼───────┼──────┼─────────┼─────────┼───────┤\n\
        │ Latency │ 0 ms │ 1 ms │ 3 ms  │ 5 ms │ 0.72 ms │ 1.08 ms │ 45 ms │\n\
        └─────────┴──────┴──────┴───────┴──────┴─────────┴─────────┴───────┘\n\
        ┌───────────┬────────┬─────────┬─────────┬─────────┬─────────┬─────────┬────────┐\n\
        │ Stat      │ 1%     │ 2.5%    │ 50%     │ 97.5%   │ Avg     │ Stdev   │ Min    │\n\
        ├───────────┼────────┼─────────┼─────────┼─────────┼─────────┼─────────┼────────┤\n\
        │ Req/Sec   │ 1,255  │ 6,863   │ 7,747   │ 8,399   │ 7,765   │ 501.98  │ 1,254  │\n\
        ├───────────┼────────┼─────────┼─────────┼─────────┼─────────┼─────────┼────────┤\n\
        │ Bytes/Sec │ 956 kB │ 1.25 MB │ 1.41 MB │ 1.53 MB │ 1.41 MB │ 91.3 kB │ 956 kB │\n\
        └───────────┴────────┴─────────┴─────────┴─────────┴─────────┴─────────┴────────┘\n\n\
        Req/Bytes counts sampled once per second.\n# of samples: 60\n\n";

    #[test]
    fn the_latencies_of_autocannon_are_read_and_its_rates_are_not() {
        assert_eq!(told(AUTOCANNON), "2.5=0s 50=1ms 97.5=3ms 99=5ms 100=45ms");
        let all = "┌────────────┬──────────────┐\n│ Percentile │ Latency (ms) │\n├────────────┼──────────────┤\n│ 75         │ 1            │\n\
            ├────────────┼──────────────┤\n│ 99         │ 5            │\n├────────────┼──────────────┤\n│ 99.999     │ 29           │\n\
            └────────────┴──────────────┘\n";
        assert_eq!(told(&format!("{AUTOCANNON}{all}")), "2.5=0s 50=1ms 75=1ms 97.5=3ms 99=5ms 99.999=29ms 100=45ms");
        refused(&format!("{AUTOCANNON}{AUTOCANNON}"), 28, "more than one run");
        refused(&AUTOCANNON.replace("│ 5 ms │", "│ lots │"), 8, "lots is no response time");
    }
}
