//! Response times one by one, as load generators write them while they run, counted into percentiles.
//!
//! ```text
//! metric_name,timestamp,metric_value,…              k6 run --out csv: the rows of http_req_duration, in milliseconds
//! {"metric":"http_req_duration","type":"Point",…    k6 run --out json: the same, one a line
//! response-time,DNS+dialup,…                        hey -o csv: seconds
//! timeStamp,elapsed,label,responseCode,…            JMeter's .jtl: milliseconds; not the rows of transactions, which sum up others
//! ```
//! Requests that failed (`success` is false, `expected_response` is false, a status of 400 or more) are nobody's response time: they are
//! counted, and left out.
//!
//! From 90 % on percentiles are taken beyond which at least ten requests lie; the lower ones of fewer, too, and the least and the
//! greatest value. Where a straight line to that would pass far above the rest, percentiles of fewer requests are points, too. The
//! value at p % is the one of rank p % of the count, rounded up.

use serde_json::Value;

use super::percentiles::{BadPercentiles, Percentiles, cells};
use super::report_mean::ReportMean;
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// The percentiles that are taken, and of how many requests at least.
const TAKEN: [(f64, usize); 9] = [
    (10.0, 10),
    (25.0, 10),
    (50.0, 2),
    (75.0, 10),
    (90.0, 100),
    (95.0, 200),
    (99.0, 1_000),
    (99.9, 10_000),
    (99.99, 100_000),
];

/// What k6 calls the response time of a request.
const K6: &str = "http_req_duration";

/// How a line says a response time.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// A row of cells, set apart by `between`: the time's column and its unit in nanoseconds, and which rows count.
    Cells { between: char, counts: Counts, fails: Option<Fails>, value: usize, unit: f64 },
    /// An object of k6's.
    Object,
}

/// A column and how it says that a request failed.
#[derive(Clone, Copy, Debug)]
enum Fails {
    /// It is a status of HTTP.
    Status(usize),
    /// It is not this word.
    IsNot(usize, &'static str),
}

impl Fails {
    /// Whether this row's request failed; one without a word of it did not.
    fn failed(self, cells: &[String]) -> bool {
        let cell = |column: usize| cells.get(column).map_or("", String::as_str);
        match self {
            Fails::Status(column) => cell(column).parse::<u16>().is_ok_and(|status| status == 0 || status >= 400),
            Fails::IsNot(column, good) => !cell(column).is_empty() && !cell(column).eq_ignore_ascii_case(good),
        }
    }
}

/// Which rows are of response times.
#[derive(Clone, Copy, Debug)]
enum Counts {
    /// All.
    All,
    /// Those with K6 in this column.
    Named(usize),
    /// Those that do not begin in this column as a transaction of JMeter's does; all, where it is not there.
    NoTransaction(Option<usize>),
}

/// How JMeter answers for a transaction, which is the sum of the requests that have rows of their own.
const TRANSACTION: &str = "Number of samples in transaction";

/// Response times that are read line by line.
#[derive(Clone, Debug)]
pub struct Samples {
    form: Form,
    values: Vec<Nanos>,
    /// How many requests failed.
    failed: usize,
    /// Lines so far.
    lines: usize,
    /// What was read of a row that a cell in quotes goes on in the next line of.
    begun: String,
    /// The line in which that cell began.
    opened: usize,
}

impl Samples {
    /// What begins with this line, if it is of such a file; the line itself is to be read, too.
    pub fn begin(first: &str) -> Option<Samples> {
        let first = first.trim();
        let form = if first.starts_with('{') {
            // Its first line declares a metric, or is a point of one.
            let object: Value = serde_json::from_str(first).ok()?;
            (object["metric"].is_string() && object["type"].is_string()).then_some(Form::Object)?
        } else {
            // JMeter may be told to write another separator.
            let between = [',', ';', '\t'].into_iter().find(|between| first.contains(*between))?;
            let head = cells(first, between);
            let column = |name: &str| head.iter().position(|cell| cell == name);
            let of = |counts, fails, value, unit| Form::Cells { between, counts, fails, value, unit };
            let is_not = |name: &str, good| column(name).map(|column| Fails::IsNot(column, good));
            match (head[0].as_str(), column("metric_name"), column("metric_value"), column("elapsed")) {
                (_, Some(name), Some(value), _) => {
                    of(Counts::Named(name), is_not("expected_response", "true"), value, 1e6)
                }
                ("response-time", ..) => of(Counts::All, column("status-code").map(Fails::Status), 0, 1e9),
                ("timeStamp" | "elapsed", .., Some(value)) if column("label").is_some() => {
                    of(Counts::NoTransaction(column("responseMessage")), is_not("success", "true"), value, 1e6)
                }
                _ => return None,
            }
        };
        Some(Samples { form, values: Vec::new(), failed: 0, lines: 0, begun: String::new(), opened: 0 })
    }

    /// Reads the next line.
    ///
    /// # Errors
    /// When it says a response time that is none, or nothing of its kind.
    pub fn line(&mut self, line: &str) -> Result<(), BadPercentiles> {
        self.lines += 1;
        if matches!(self.form, Form::Cells { .. }) {
            let was_open = !self.begun.is_empty();
            if !was_open {
                self.opened = self.lines;
            }
            self.begun += line;
            // An error of a request may have several lines.
            if was_open != (line.matches('"').count() % 2 == 1) {
                if self.begun.len() > ROW_MAX {
                    return Err(BadPercentiles { line: self.opened, reason: OPEN_QUOTES });
                }
                self.begun.push('\n');
                return Ok(());
            }
        }
        let row = std::mem::take(&mut self.begun);
        let said = match self.form {
            Form::Cells { .. } if self.lines == 1 || row.trim().is_empty() => return Ok(()),
            Form::Cells { between, counts, fails, value, unit } => {
                let cells = cells(&row, between);
                let failed = fails.is_some_and(|fails| fails.failed(&cells));
                of_cells(&cells, counts, value).map(|said| (said, unit, failed))
            }
            Form::Object if line.trim().is_empty() => return Ok(()),
            Form::Object => of_object(line).map(|(said, failed)| (said, 1e6, failed)),
        };
        let Some((said, unit, failed)) = said else { return Ok(()) };
        let time = said.trim().parse::<f64>().ok().map(|number| number * unit);
        let time = time
            .filter(|nanos| (0.0..=1e18).contains(nanos))
            .ok_or_else(|| BadPercentiles::no_time(self.lines, said))?;
        if failed {
            self.failed += 1;
        } else {
            self.values.push(Nanos(time.round() as u64));
        }
        Ok(())
    }

    /// The percentiles of all that were read.
    ///
    /// # Errors
    /// When there was none.
    pub fn percentiles(mut self) -> Result<Percentiles, BadPercentiles> {
        const NO_REQUEST: Phrase = Phrase::fixed(
            "there is no response time in it: k6 calls them http_req_duration, JMeter elapsed",
            "응답 시간이 없습니다. k6에서는 http_req_duration, JMeter에서는 elapsed입니다",
        );
        if !self.begun.is_empty() {
            return Err(BadPercentiles { line: self.opened, reason: OPEN_QUOTES });
        }
        self.values.sort_unstable();
        let count = self.values.len();
        let (all, failed) = (count + self.failed, self.failed);
        let (Some(&least), Some(&greatest)) = (self.values.first(), self.values.last()) else {
            if failed > 0 {
                let reason = phrase!("all {all} requests failed", "요청 {all}개가 모두 실패했습니다");
                return Err(BadPercentiles { line: self.lines.max(1), reason });
            }
            return Err(BadPercentiles { line: self.lines.max(1), reason: NO_REQUEST });
        };
        // In thousandths of a percent, which are whole numbers.
        let rank = |percent: f64| (count as u64 * (percent * 1_000.0).round() as u64).div_ceil(100_000) as usize;
        let at = |percent: f64| self.values[rank(percent).clamp(1, count) - 1];
        let taken = TAKEN.into_iter().filter(|(_, least)| count >= *least).map(|(percent, _)| (percent, at(percent)));
        let mut rows: Vec<_> = [(0.0, least)].into_iter().chain(taken).chain([(100.0, greatest)]).collect();
        let notes = (failed > 0).then(|| {
            phrase!(
                "{failed} of {all} requests failed, and their times are left out",
                "요청 {all}개 중 {failed}개는 실패하여 그 시간은 제외했습니다"
            )
        });
        let sum: u128 = self.values.iter().map(|value| u128::from(value.0)).sum();
        let mean = Nanos((sum / count as u128) as u64);
        // Straight lines to the greatest value may pass far above the others: then some of these are points, too.
        for percent in [99.0, 99.9, 99.99, 99.999] {
            let is_over = ReportMean::of_values(&rows, mean).is_over();
            let last = rows.len() - 1;
            if is_over && rank(percent) < count && rows[last - 1].0 < percent {
                rows.insert(last, (percent, at(percent)));
            }
        }
        let mean = Some(ReportMean::of_values(&rows, mean));
        Ok(Percentiles { rows, ends_early: false, bare: false, mean, notes: notes.into_iter().collect() })
    }
}

/// Nobody's row is longer, in bytes: one quote too many is not to take in all that follows.
const ROW_MAX: usize = 100_000;

const OPEN_QUOTES: Phrase = Phrase::fixed("a cell in quotes does not end", "따옴표로 시작한 칸이 끝나지 않았습니다");

/// What stands in the column of values, where the row is of response times; a row without that column says nothing readable.
fn of_cells(cells: &[String], counts: Counts, value: usize) -> Option<String> {
    let cell = |column: usize| cells.get(column).map_or("", String::as_str);
    let is_time = match counts {
        Counts::All => true,
        Counts::Named(name) => cell(name) == K6,
        Counts::NoTransaction(message) => message.is_none_or(|message| !cell(message).starts_with(TRANSACTION)),
    };
    is_time.then(|| cell(value).to_owned())
}

/// What a point of a response time says, and whether the request failed; a line that is no object is no response time either.
fn of_object(line: &str) -> Option<(String, bool)> {
    let Ok(object) = serde_json::from_str::<Value>(line) else { return Some((line.to_owned(), false)) };
    let (is_time, data) = (object["metric"] == K6 && object["type"] == "Point", &object["data"]);
    is_time.then(|| (data["value"].to_string(), data["tags"]["expected_response"] == "false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Percentiles, BadPercentiles> {
        let mut samples = Samples::begin(text.lines().next().unwrap_or_default()).expect("a file of samples");
        text.lines().try_for_each(|line| samples.line(line))?;
        samples.percentiles()
    }

    fn told(text: &str) -> String {
        let rows = read(text).unwrap_or_else(|error| panic!("{}", error.phrase())).rows;
        rows.iter().map(|(percent, value)| format!("{percent}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_response_times_of_k6_and_hey_are_counted_and_nothing_else_is() {
        let row = |name: &str, value: u32| format!("{name},1595325560,{value}.500000,,,200,\"a,b\"\n");
        let csv = (1..=1_000).map(|i| row("http_req_waiting", 7) + &row(K6, i) + &row("http_reqs", 1));
        let csv = "metric_name,timestamp,metric_value,check,error,status,url\n".to_owned() + &csv.collect::<String>();
        let want = "0=1.5ms 10=100.5ms 25=250.5ms 50=500.5ms 75=750.5ms 90=900.5ms 95=950.5ms 99=990.5ms 100=1000.5ms";
        assert_eq!(told(&csv), want);
        let point = |name: &str, value: u32| {
            format!(
                r#"{{"metric":"{name}","type":"Point","data":{{"time":"2026-05-01T12:00:00Z","value":{value}.5,"tags":{{}}}}}}"#
            )
        };
        let json = (1..=1_000).map(|i| point("http_req_waiting", 7) + "\n" + &point(K6, i) + "\n");
        let declared =
            r#"{"type":"Metric","data":{"name":"http_req_duration","type":"trend"},"metric":"http_req_duration"}"#;
        assert_eq!(told(&(declared.to_owned() + "\n" + &json.collect::<String>())), want);
        assert_eq!(
            told("response-time,DNS+dialup,status-code,offset\n0.0120,0.001,200,0.001\n0.0220,0.001,200,0.011\n"),
            "0=12ms 50=12ms 100=22ms"
        );
    }

    #[test]
    fn a_heavy_tail_has_points_of_its_own_so_that_the_mean_is_that_of_the_samples() {
        let rows = (0..800).map(|i| format!("{},a\n", if i == 7 { 60_000 } else { 10 + i % 3 }));
        let percentiles = read(&("elapsed,label\n".to_owned() + &rows.collect::<String>())).unwrap();
        let mean = percentiles.mean.clone().expect("a mean");
        assert!(mean.chosen.is_empty(), "all of them are measured");
        assert!(percentiles.rows.contains(&(99.0, Nanos::from_millis(12))), "{:?}", percentiles.rows);
    }

    #[test]
    fn requests_that_failed_are_counted_and_left_out() {
        let k6 = |failed: &str| {
            format!(
                r#"{{"metric":"http_req_duration","type":"Point","data":{{"value":9,"tags":{{"expected_response":"{failed}"}}}}}}"#
            )
        };
        for text in [
            "timeStamp,elapsed,label,responseCode,success\n1,9,a,200,true\n2,1,a,503,false\n".to_owned(),
            "timeStamp;elapsed;label;success\n1;9;a;TRUE\n2;1;a;FALSE\n".to_owned(),
            "response-time,DNS+dialup,status-code\n0.009,0,200\n0.001,0,500\n".to_owned(),
            "metric_name,timestamp,metric_value,expected_response\nhttp_req_duration,1,9,true\nhttp_req_duration,1,1,false\n".to_owned(),
            format!("{}\n{}\n", k6("true"), k6("false").replace(":9", ":1")),
        ] {
            assert_eq!(told(&text), "0=9ms 100=9ms", "{text}");
            assert!(read(&text).unwrap().notes[0].to_string().starts_with("1 of 2 requests failed"), "{text}");
        }
        let error = read("response-time,status-code\n0.009,500\n").unwrap_err();
        assert!(error.phrase().to_string().contains("all 1 requests failed"), "{}", error.phrase());
    }

    #[test]
    fn the_samples_of_jmeter_are_counted_without_the_transactions_that_sum_them_up() {
        const HEAD: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,\
            grpThreads,allThreads,URL,Latency,IdleTime,Connect";
        let row = |elapsed: u32, message: &str, failure: &str| {
            format!(
                "1700000000{elapsed},{elapsed},GET /a,200,{message},Thread Group 1-1,text,true,{failure},120,50,1,1,http://localhost/a,18,0,2\n"
            )
        };
        let rows = [
            row(20, "OK", ""),
            row(40, "\"OK, or so\"", ""),
            row(80, "Error", "\"Test failed: text expected\n****** received: 3\""),
            row(140, "\"Number of samples in transaction : 3, number of failing samples : 1\"", ""),
        ];
        let text = format!("{HEAD}\n{}", rows.concat());
        assert_eq!(told(&text), "0=20ms 50=40ms 100=80ms");
        let semicolons = format!("{}\n", HEAD.replace(',', ";")) + "1;20;a;200;OK;t;text;true;;1;1;1;1;u;1;0;0\n";
        assert_eq!(told(&semicolons), "0=20ms 100=20ms");
        assert_eq!(told("elapsed,label\n7,a\n"), "0=7ms 100=7ms", "without the moments");
        for (text, line, part) in [
            (format!("{HEAD}\n{}", row(20, "OK", "").replace(",20,", ",soon,")), 2, "soon is no"),
            (format!("{HEAD}\n{}", row(20, "\"OK", "")), 2, "does not end"),
            (format!("{HEAD}\n{}{}", row(20, "\"OK", ""), row(30, "OK", "").repeat(2_000)), 2, "does not end"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.line == line && error.phrase().to_string().contains(part), "{}", error.phrase());
        }
    }

    #[test]
    fn a_response_time_that_is_none_is_told_with_its_line_and_a_trace_is_none_of_these() {
        for (text, line, part) in [
            ("metric_name,timestamp,metric_value\nhttp_req_duration,1,5\nhttp_req_duration,2,-5\n", 3, "-5 is no"),
            ("metric_name,timestamp,metric_value\nhttp_req_duration,1\n", 2, "is no response time"),
            ("metric_name,timestamp,metric_value\nhttp_reqs,1,1\n", 2, "no response time in it"),
            ("response-time,offset\nn/a,1\n", 2, "n/a is no"),
            ("{\"metric\":\"http_reqs\",\"type\":\"Metric\"}\nhello\n", 2, "hello is no"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.line == line && error.phrase().to_string().contains(part), "{text}: {}", error.phrase());
        }
        for other in [
            "time,key",
            "time,key,response-time",
            "time,elapsed,label",
            "{\"metrics\":{}}",
            "timestamp,metric_value",
            "p99 5ms",
            "",
        ] {
            assert!(Samples::begin(other).is_none(), "{other}");
        }
    }
}
