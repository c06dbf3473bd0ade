//! Percentiles as load generators print them, read into the row of an empirical distribution.
//!
//! ```text
//! 50% 66% … 100%  and a row of numbers under it           Locust's table, its CSV, or its row of eleven numbers alone
//! http_req_duration: min=1ms med=5ms max=90ms p(95)=40ms  k6; and what `--summary-export` writes
//! Latencies [min, mean, 50, …, max] 1ms, 3ms, 2ms, …      vegeta; and its report as JSON
//! 50%  635.00us                                           wrk, hey, ab: one a line; the greatest as Max or Slowest
//! Label,# Samples,Average,Median,90% Line,…               JMeter's aggregate report; of several rows the last, TOTAL
//! Value  Percentile  TotalCount  1/(1-Percentile)         HdrHistogram's .hgrm, which `cachelane export` writes, too
//! metric_name,timestamp,metric_value,…                    k6, hey and JMeter: each request's time; see `samples`
//! ALL STATS … Totals, [READ], 99thPercentileLatency(us)…  memtier_benchmark, YCSB, autocannon; see `benchmarks`
//! p99 12 ms, 95th percentile: 12.3, 99;110                anything with a percentile and a time a line
//! ```
//! Where commas or tabs set the cells of a table apart, a row's are those of the head by their places, whatever words stand in
//! them: the CSV of Locust has a median, a minimum and a maximum before its percentiles.
//!
//! A number without a unit is milliseconds, unless a line above says another unit in parentheses. The mean is kept beside them
//! (see `report_mean`). What is no percentile (a title, a count, a share such as `Success rate: 99%`) is passed over; a percentile without its time, or with one that
//! cannot be read, is an error, with its line.

use super::report_mean::{self, ReportMean};
use super::samples::Samples;
use super::{benchmarks, typed};
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// A row of percentiles as it was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Percentiles {
    /// Percent and value, both rising, up to 100 %.
    pub rows: Vec<(f64, Nanos)>,
    /// Whether the text does not say the greatest value, so that the last one stands for it.
    pub ends_early: bool,
    /// Whether a number stands there without a unit, and no title says one: it was taken as milliseconds.
    pub bare: bool,
    /// The mean, where the text says it, and which points were chosen for it.
    pub mean: Option<ReportMean>,
    /// What else is to be known of how the text was understood.
    pub notes: Vec<Phrase>,
}

impl Percentiles {
    /// Takes the mean that the text says.
    pub(super) fn keep_mean(&mut self, said: Nanos) {
        let (rows, mean) = report_mean::keep(std::mem::take(&mut self.rows), said, self.ends_early);
        (self.rows, self.mean) = (rows, Some(mean));
    }

    /// What is to be known of how the text was understood, but for ends and units.
    pub fn told(&self) -> impl Iterator<Item = Phrase> + '_ {
        self.notes.iter().cloned().chain(self.mean.as_ref().and_then(ReportMean::phrase))
    }

    /// Whether the point at this percent does not stand in the text.
    pub fn is_chosen(&self, percent: f64) -> bool {
        self.mean.as_ref().is_some_and(|mean| mean.chosen.contains(&percent))
    }
}

/// What is wrong with a text of percentiles.
#[derive(Clone, Debug, PartialEq)]
pub struct BadPercentiles {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: Phrase,
}

impl BadPercentiles {
    /// The line and what is wrong with it.
    pub fn phrase(&self) -> Phrase {
        let (line, reason) = (self.line, &self.reason);
        let (english, korean) =
            (reason.say(crate::phrase::Language::English), reason.say(crate::phrase::Language::Korean));
        Phrase::new(format!("line {line}: {english}"), format!("{line}행: {korean}"))
    }
}

/// Locust's percentiles, in its order.
const LOCUST: [f64; 11] = [50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0];

/// How many cells a row of its CSV has, the percentiles last, and which are the mean and the least value.
const LOCUST_CELLS: usize = 22;
const LOCUST_MEAN: usize = 5;
const LOCUST_LEAST: usize = 6;

/// More decimals than these say nothing.
const DECIMALS_MAX: usize = 12;

/// Nobody's table is longer, in bytes.
const TEXT_MAX: usize = 100_000;

/// Nor a report in JSON, which may have a row for each second.
const JSON_MAX: usize = 1_000_000;

/// Reads what a load generator printed; see the module.
///
/// # Errors
/// The first line that cannot be, and why.
///
/// ```
/// use cachelane::scenario::percentiles::read;
/// let read = read("p50 5ms\np99 40ms\nmax 0.2 s").unwrap();
/// assert_eq!(read.rows.iter().map(|(percent, _)| *percent).collect::<Vec<_>>(), [50.0, 99.0, 100.0]);
/// ```
pub fn read(text: &str) -> Result<Percentiles, BadPercentiles> {
    let is_json = text.trim_start().starts_with('{');
    if text.len() > if is_json { JSON_MAX } else { TEXT_MAX } {
        let reason = Phrase::fixed(
            "this is longer than a table of percentiles; paste the table only",
            "백분위수 표보다 깁니다. 표만 붙여 넣어 주세요",
        );
        return Err(BadPercentiles { line: 1, reason });
    }
    if let Some(mut samples) = Samples::begin(text.lines().next().unwrap_or_default()) {
        text.lines().try_for_each(|line| samples.line(line))?;
        return samples.percentiles();
    }
    if text.contains("<testResults") {
        return Err(BadPercentiles { line: 1, reason: JTL_IN_XML });
    }
    if let Some(found) = benchmarks::read(text) {
        return found?.percentiles();
    }
    if is_json {
        return of_json(text).map_err(|reason| BadPercentiles { line: 1, reason })?.percentiles();
    }
    // Its thresholds may stand above, under the same name.
    let of_k6 = |line: &str| line.contains("http_req_duration") && (line.contains("p(") || line.contains("med="));
    let report = text.lines().position(|line| of_k6(line) || of_vegeta(line).is_some());
    let mut reader = Reader::default();
    for (i, line) in text.lines().enumerate() {
        // k6 prints the parts of a request's time, too, and the time of those that got the expected answer; vegeta shares and rates.
        if report.is_none_or(|report| report == i) {
            reader.number = i + 1;
            reader.line(line).map_err(|reason| BadPercentiles { line: i + 1, reason })?;
            reader.points.iter_mut().filter(|point| point.line == 0).for_each(|point| point.line = i + 1);
        }
    }
    if let Some(line) = reader.second_row {
        return Err(BadPercentiles { line, reason: MANY_ROWS });
    }
    reader.check_bare()?;
    reader.take_ends();
    Found { points: reader.points, means: reader.means, notes: Vec::new() }.percentiles()
}

/// What was found in a text.
#[derive(Default)]
pub(super) struct Found {
    points: Vec<Point>,
    /// What may be the mean: if these are several, none of them is sure to be.
    means: Vec<Nanos>,
    pub(super) notes: Vec<Phrase>,
}

impl Found {
    /// A percentile whose unit is known, in this line.
    pub(super) fn point(&mut self, percent: f64, value: Nanos, line: usize) {
        self.points.push(Point { line, ..Point::new(percent, (value, false)) });
    }

    /// The mean of what the percentiles are of.
    pub(super) fn mean(&mut self, mean: Nanos) {
        self.means.push(mean);
    }

    fn percentiles(mut self) -> Result<Percentiles, BadPercentiles> {
        self.means.dedup();
        let mean = if let [mean] = self.means[..] { Some(mean).filter(|mean| mean.0 > 0) } else { None };
        let mut percentiles = rising(self.points)?;
        percentiles.notes = self.notes;
        if let Some(mean) = mean {
            percentiles.keep_mean(mean);
        }
        Ok(percentiles)
    }
}

/// A percentile that was found.
struct Point {
    percent: f64,
    value: Nanos,
    /// From 1; 0 until it is known.
    line: usize,
    /// Whether nothing says its unit.
    bare: bool,
}

impl Point {
    fn new(percent: f64, (value, bare): (Nanos, bool)) -> Point {
        Point { percent, value, line: 0, bare }
    }
}

#[derive(Default)]
struct Reader {
    /// What a number without a unit counts, where a title says it; else it is milliseconds.
    unit: Option<&'static str>,
    /// The columns of a table, each a percentile or something else.
    header: Vec<Option<f64>>,
    /// What sets its cells apart, if they are not words.
    between: Option<char>,
    points: Vec<Point>,
    /// The line that is read, from 1.
    number: usize,
    /// How many points are two bare numbers, with nothing that says what they are.
    bare: usize,
    /// The line of a further row of a table, as long as the row of all requests has not come.
    second_row: Option<usize>,
    /// Whether the last line was the head of wrk's table of means.
    is_wrk: bool,
    /// The least and the greatest value of a table of means, which the report's percentiles may go without.
    least: Option<Point>,
    greatest: Option<Point>,
    /// Whether the last lines were the head of ab's table of means.
    is_ab: bool,
    /// How many columns of a table without separators are numbers, as far as its head says.
    numbers: usize,
    /// The column of the mean, and of a least value that is not rounded as the percentiles are.
    mean_at: Option<usize>,
    least_at: Option<usize>,
    /// Whether something else than spaces sets the numbers of this line apart.
    has_rules: bool,
    /// What the text calls the mean.
    means: Vec<Nanos>,
    /// Whether these are the rows of a .hgrm.
    is_hgrm: bool,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Percent(f64, Name),
    /// The name of the mean.
    Mean,
    /// The name of a number that is no percentile.
    Other,
    /// A time, and whether nothing says its unit.
    Value((Nanos, bool)),
    /// A number that is no time.
    Count,
    /// A word that goes with times: `latency`, `is`.
    Word,
    /// Any other: what is counted or measured is something else, or cannot be read.
    Thing(String),
}

impl Token {
    /// Whether it names the number behind it.
    fn is_name(&self) -> bool {
        matches!(self, Token::Percent(..) | Token::Mean)
    }

    fn is_number(&self) -> bool {
        matches!(self, Token::Value(_) | Token::Count)
    }
}

/// How a percentile is named.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    /// With its number: `99%`, `p99`.
    Number,
    /// So may be the share of something that the line names before: `Success rate: 99%`.
    Share,
    /// In a word that goes with other numbers, too: `max`.
    Word,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Phrase> {
        let before = self.unit;
        if let Some((names, values)) = of_vegeta(line) {
            return self.take_named(&names, &values);
        }
        // A name in a row under a head is no title.
        if let Some(unit) = unit_of_title(line).filter(|_| self.between.is_none()) {
            self.unit = Some(unit);
        }
        if self.row_of_hgrm(line)? {
            return Ok(());
        }
        self.has_rules = line.contains(['|', ';', '\t']);
        self.means_of_wrk(line)?;
        self.means_of_ab(line);
        if self.header.is_empty()
            && let Some((between, cells)) = cells_of(line)
        {
            if is_head(&cells, in_cell) {
                (self.header, self.between) = (cells.iter().map(|cell| in_cell(cell)).collect(), Some(between));
                self.mean_at = cells.iter().position(|cell| is_mean(name_in_cell(cell)));
                self.least_at = cells.iter().position(|cell| cell == "Min Response Time");
                self.know_head(cells.iter().any(|cell| JMETER.contains(&cell.as_str())));
                return Ok(());
            }
            if cells.len() == LOCUST_CELLS {
                // A row of its CSV without the head, and without a title.
                self.unit = before.or(Some("ms"));
                self.take_mean(&cells[LOCUST_MEAN])?;
                self.take_least(&cells[LOCUST_LEAST])?;
                return self.take(&LOCUST, &cells[LOCUST_CELLS - LOCUST.len()..]);
            }
        }
        if let Some(between) = self.between {
            return self.row_of_cells(&cells(line, between));
        }
        let columns = columns(line);
        // A report may have a table of something else above.
        if is_head(&columns, percent) && self.points.is_empty() {
            return self.head_of_words(&columns);
        }
        if !self.header.is_empty() {
            return self.row_of_table(&columns);
        }
        if is_share(&columns) {
            return Ok(());
        }
        let tokens = self.tokens(&columns)?;
        let numbers = tokens.iter().filter(|token| matches!(token, Token::Value(_))).count();
        let has_names = tokens.iter().any(|token| matches!(token, Token::Percent(..)));
        if !has_names && (numbers == LOCUST.len() || numbers == LOCUST.len() + 1) {
            // Locust's row without its head; what may follow is the number of requests.
            let values = tokens.iter().filter_map(|token| if let Token::Value(v) = token { Some(v.0) } else { None });
            self.points.extend(LOCUST.iter().zip(values).map(|(&percent, value)| Point::new(percent, (value, false))));
            return Ok(());
        }
        let is_bare = |column: &String| column.starts_with(|c: char| c.is_ascii_digit()) || unit(column).is_some();
        if !has_names && numbers == 2 && columns.iter().all(is_bare) {
            return self.bare_pair(&columns);
        }
        self.pairs(&tokens)
    }

    /// The head of a table without separators.
    fn head_of_words(&mut self, columns: &[String]) -> Result<(), Phrase> {
        let is_number = |column: &&String| column.starts_with(|c: char| c.is_ascii_digit());
        if let Some(heading) =
            columns.iter().filter(is_number).find(|column| column.ends_with('%') && percent(column).is_none())
        {
            return Err(phrase!(
                "the heading {heading} is no percentile",
                "{heading}: 백분위수 머리글로 읽을 수 없습니다"
            ));
        }
        // `# reqs` is one column, and so is `Error %`.
        let columns: Vec<&String> = columns.iter().filter(|column| !["#", "%"].contains(&column.as_str())).collect();
        self.header = columns.iter().map(|column| percent(column)).collect();
        self.mean_at = columns.iter().position(|column| is_mean(column));
        let is_count = |column: &str| COUNTS.contains(&column.to_lowercase().as_str());
        let first = self.header.iter().position(Option::is_some).unwrap_or_default();
        let before = columns[..first].iter().filter(|column| is_count(column) || is_mean(column)).count();
        self.numbers = before + columns.len() - first;
        self.know_head(false);
        Ok(())
    }

    /// Whose table it is says what its numbers count, if no title does: Locust's and JMeter's count milliseconds.
    fn know_head(&mut self, is_jmeter: bool) {
        if is_jmeter || self.header.iter().flatten().copied().eq(LOCUST) {
            self.unit = self.unit.or(Some("ms"));
        }
    }

    /// Whether a line is of a .hgrm, whose rows are a value and the share that are not greater. As many are kept as one reads.
    fn row_of_hgrm(&mut self, line: &str) -> Result<bool, Phrase> {
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !self.is_hgrm {
            // wrk2 prints one under its percentiles.
            self.is_hgrm = self.points.is_empty() && [first, second] == ["Value", "Percentile"];
            return Ok(self.is_hgrm);
        }
        if first.is_empty() || first.starts_with('#') {
            let mean = line.strip_prefix("#[Mean").and_then(|rest| rest.trim_start().strip_prefix('='));
            if let Some(mean) = mean.and_then(|rest| rest.split(',').next()) {
                self.take_mean(mean.trim())?;
            }
            return Ok(true);
        }
        let percent = second.parse::<f64>().ok().map(|share| (share * 1e12).round() / 1e10).ok_or(NONE)?;
        let time = self.value(first, None)?.ok_or_else(|| no_time(percent, first))?;
        let last = self.points.last().map(|point| point.percent);
        let is_kept = |kept: &f64| *kept <= percent && last.is_none_or(|last| last < *kept);
        if OF_HGRM.iter().any(is_kept) {
            self.points.push(Point::new(in_range(percent)?, time));
        }
        Ok(true)
    }

    /// Takes the mean and the greatest value from wrk's table of means.
    fn means_of_wrk(&mut self, line: &str) -> Result<(), Phrase> {
        let mut words = line.split_whitespace();
        if self.is_wrk && words.next() == Some("Latency") {
            self.take_mean(words.next().unwrap_or_default())?;
            let most = words.nth(1).unwrap_or_default();
            let time = self.value(most, None)?.ok_or_else(|| no_time(100.0, most))?;
            self.greatest = Some(Point { line: self.number, ..Point::new(100.0, time) });
        }
        self.is_wrk = line.trim_start().starts_with("Thread Stats");
        Ok(())
    }

    /// Takes the least value from ab's table of means, in whole milliseconds, and the mean from where it is not rounded to one.
    fn means_of_ab(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        if let Some(rest) = line.trim().strip_prefix("Time per request:")
            && let Some(mean) = rest.trim().strip_suffix("[ms] (mean)")
        {
            self.means.extend(format!("{}ms", mean.trim()).parse::<Nanos>());
        } else if self.is_ab && words.next() == Some("Total:") {
            let least = words.next().and_then(|least| format!("{least}ms").parse().ok());
            self.least = least.map(|least| Point { line: self.number, ..Point::new(0.0, (least, false)) });
        }
        self.is_ab |= line.contains("mean[+/-sd]");
    }

    /// Percentiles that do not begin at 0 % or end at 100 % take the least and the greatest value that stand elsewhere.
    fn take_ends(&mut self) {
        let fits = |point: &Point, least: &Point| point.percent > least.percent && point.value >= least.value;
        if let Some(least) = self.least.take()
            && !self.points.is_empty()
            && self.points.iter().all(|point| fits(point, &least))
        {
            self.points.push(least);
        }
        if let Some(greatest) = self.greatest.take()
            && !self.points.is_empty()
            && self.points.iter().all(|point| fits(&greatest, point))
        {
            self.points.push(greatest);
        }
    }

    /// A row under a head of percentiles: the numbers stand behind whatever names the row.
    fn row_of_table(&mut self, columns: &[String]) -> Result<(), Phrase> {
        if columns.iter().all(|column| column.chars().all(|c| !c.is_ascii_digit())) {
            return Ok(()); // a rule, or nothing
        }
        let wanted: Vec<f64> = self.header.iter().copied().flatten().collect();
        let (head, there, count) = (self.header.len(), columns.len(), wanted.len());
        let is_number = |column: &String| column.starts_with(|c: char| c.is_ascii_digit());
        let mut placed = self.header.iter().zip(columns).filter(|(percent, _)| percent.is_some());
        let is_by_place = head == there && placed.all(|(_, column)| is_number(column));
        // Titles of columns, and the names of rows, may be of several words: then the numbers are counted from the end.
        let numbers = columns.iter().rev().take_while(|column| is_number(column)).count();
        let behind = self.header.iter().rev().take_while(|column| column.is_none()).count();
        let behind = behind.min(numbers.saturating_sub(count));
        let from = there.saturating_sub(count + behind);
        // One number too many may be part of another, unless it is Locust's, which sets no thousands apart.
        let is_unsure = || columns[there - numbers..].windows(2).any(|pair| are_thousands(&pair[0], &pair[1]));
        let is_too_many = numbers > self.numbers && wanted != LOCUST && is_unsure();
        if !is_by_place && (there < count + behind || is_too_many) {
            return Err(phrase!(
                "the head has {count} percentiles, and this row has {there} columns",
                "머리글에는 백분위수가 {count}개인데 이 행에는 열이 {there}개입니다"
            ));
        }
        if self.is_told(columns.first()) {
            return Ok(());
        }
        if !is_by_place {
            return self.take(&wanted, &columns[from..from + count]);
        }
        if let Some(mean) = self.mean_at.and_then(|at| columns.get(at)) {
            self.take_mean(mean)?;
        }
        let named = self.header.iter().zip(columns).filter(|(percent, _)| percent.is_some());
        let values: Vec<String> = named.map(|(_, column)| column.clone()).collect();
        self.take(&wanted, &values)
    }

    /// A row under a head of cells.
    fn row_of_cells(&mut self, cells: &[String]) -> Result<(), Phrase> {
        if cells.iter().all(|cell| cell.chars().all(|c| !c.is_ascii_digit())) {
            return Ok(()); // a rule, or nothing
        }
        let (head, there) = (self.header.len(), cells.len());
        // Spreadsheets put commas behind the last cell.
        if there < head || cells[head..].iter().any(|cell| !cell.is_empty()) {
            return Err(phrase!(
                "the head has {head} columns, and this row has {there}",
                "머리글에는 열이 {head}개인데 이 행에는 {there}개입니다"
            ));
        }
        if self.is_told(cells.iter().find(|cell| is_of_all(cell))) {
            return Ok(());
        }
        if let Some(mean) = self.mean_at.and_then(|at| cells.get(at)) {
            self.take_mean(mean)?;
        }
        if let Some(least) = self.least_at.and_then(|at| cells.get(at)) {
            self.take_least(least)?;
        }
        let named = self.header.iter().zip(cells).filter_map(|(percent, cell)| Some(((*percent)?, cell.clone())));
        let (percents, values): (Vec<f64>, Vec<String>) = named.unzip();
        self.take(&percents, &values)
    }

    /// Whether a row is not to be taken: another one was. The row of all requests, which stands at the end, is taken instead of
    /// those before.
    fn is_told(&mut self, name: Option<&String>) -> bool {
        if self.points.is_empty() {
            return false;
        }
        let is_all = name.is_some_and(|name| is_of_all(name));
        if is_all {
            self.points.clear();
            self.means.clear();
            self.second_row = None;
        } else {
            self.second_row.get_or_insert(self.number);
        }
        !is_all
    }

    /// Two bare numbers a line can be anything: they are percentiles if they look like it.
    fn check_bare(&self) -> Result<(), BadPercentiles> {
        let Some(first) = self.points.first().filter(|_| self.bare == self.points.len()) else { return Ok(()) };
        let greatest = self.points.iter().map(|point| point.percent).fold(0.0, f64::max);
        let reason = if greatest <= 1.0 {
            Phrase::fixed(
                "these are quantiles from 0 to 1; write percent, such as \"99 110ms\" for 0.99",
                "0에서 1까지의 분위수로 보입니다. 0.99 대신 \"99 110ms\"처럼 백분율로 적어 주세요",
            )
        } else if greatest < 50.0 || self.bare > BARE_MOST {
            NONE
        } else {
            return Ok(());
        };
        Err(BadPercentiles { line: first.line, reason })
    }

    /// The values whose names are percentiles.
    fn take_named(&mut self, names: &[String], values: &[String]) -> Result<(), Phrase> {
        let (names_count, count) = (names.len(), values.len());
        if names_count != count {
            return Err(phrase!(
                "{names_count} names in the brackets, and {count} times behind them",
                "대괄호 안의 이름은 {names_count}개인데 뒤의 시간은 {count}개입니다"
            ));
        }
        if let Some(at) = names.iter().position(|name| is_mean(name)) {
            self.take_mean(&values[at])?;
        }
        let named = names.iter().zip(values).filter_map(|(name, value)| Some((name_of_json(name)?, value.clone())));
        let (percents, values): (Vec<f64>, Vec<String>) = named.unzip();
        self.take(&percents, &values)
    }

    /// A least value that may be kept beside the percentiles; see [`take_ends`](Self::take_ends).
    fn take_least(&mut self, cell: &str) -> Result<(), Phrase> {
        let time = self.value(cell, None)?;
        self.least = time.map(|time| Point { line: self.number, ..Point::new(0.0, time) });
        Ok(())
    }

    /// A mean that can be read; what is none (`N/A`) is none.
    fn take_mean(&mut self, cell: &str) -> Result<(), Phrase> {
        self.means.extend(self.value(cell, None)?.map(|(time, _)| time));
        Ok(())
    }

    fn take(&mut self, percents: &[f64], values: &[String]) -> Result<(), Phrase> {
        for (&percent, cell) in percents.iter().zip(values) {
            let value = self.value(cell, None)?.ok_or_else(|| no_time(percent, cell))?;
            self.points.push(Point::new(percent, value));
        }
        Ok(())
    }

    fn bare_pair(&mut self, columns: &[String]) -> Result<(), Phrase> {
        let (first, rest) = columns.split_first().ok_or(NONE)?;
        let percent: f64 = plain(first)?.parse().map_err(|_| NONE)?;
        let value = self.value(&rest[0], rest.get(1))?.ok_or_else(|| no_time(percent, &rest[0]))?;
        self.points.push(Point::new(in_range(percent)?, value));
        self.bare += 1;
        Ok(())
    }

    /// Percentiles with their times behind them.
    fn pairs(&mut self, tokens: &[Token]) -> Result<(), Phrase> {
        let has_number = tokens.iter().any(|token| matches!(token, Token::Value(_) | Token::Count));
        if !has_number && tokens.iter().filter(|token| matches!(token, Token::Percent(..))).count() > 1 {
            return Ok(()); // the head of a table of something else, as in ab's report
        }
        let mut named: Option<Token> = None;
        let mut is_told = true;
        for token in tokens {
            match (token, &named) {
                (Token::Percent(percent, _), Some(Token::Percent(before, name)))
                    if percent != before && !is_told && *name != Name::Share =>
                {
                    return Err(no_time(*before, ""));
                }
                (Token::Percent(..) | Token::Mean | Token::Other, _) => (named, is_told) = (Some(token.clone()), false),
                (Token::Value((mean, _)), Some(Token::Mean)) if !is_told => {
                    self.means.push(*mean);
                    is_told = true;
                }
                (Token::Thing(_), Some(Token::Mean)) => (named, is_told) = (Some(Token::Other), true),
                (Token::Value(time), Some(Token::Percent(percent, _))) if !is_told => {
                    self.points.push(Point::new(in_range(*percent)?, *time));
                    is_told = true;
                }
                (Token::Value(_), Some(_)) => is_told = true,
                // A number before any name, as in wrk's line of means: what follows is a table of something else.
                (Token::Value(_) | Token::Count, None) => return Ok(()),
                (Token::Thing(word), Some(Token::Percent(percent, name))) if !is_told => {
                    if *name == Name::Number || is_no_value(word) {
                        return Err(no_time(*percent, word));
                    }
                    // `maximum number of tries: 1`, `max connections 100`: of something else than a time.
                    (named, is_told) = (Some(Token::Other), true);
                }
                (Token::Word | Token::Count | Token::Thing(_), Some(_)) | (Token::Word | Token::Thing(_), None) => {}
            }
        }
        match named {
            Some(Token::Percent(percent, name)) if !is_told && name != Name::Share => Err(no_time(percent, "")),
            _ => Ok(()),
        }
    }

    fn tokens(&self, columns: &[String]) -> Result<Vec<Token>, Phrase> {
        let mut tokens = Vec::new();
        let mut i = 0;
        while let Some(column) = columns.get(i) {
            i += 1;
            if let Some(percent) = percent(column) {
                let name = if !column.contains(|c: char| c.is_ascii_digit()) {
                    Name::Word
                } else if column.ends_with('%') && tokens.iter().any(|token| matches!(token, Token::Thing(_))) {
                    Name::Share
                } else {
                    Name::Number
                };
                tokens.push(Token::Percent(percent, name));
            } else if is_mean(column) {
                tokens.push(Token::Mean);
            } else if matches!(column.to_lowercase().as_str(), "stdev" | "sd" | "count") {
                tokens.push(Token::Other);
            } else if column.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
                let is_bare = column.chars().all(|c| !c.is_alphabetic());
                // A number before any name, as in Locust's table of means: what follows is a table of something else.
                let is_table = tokens.iter().take_while(|token| !token.is_name()).any(Token::is_number);
                let last = tokens.iter().rfind(|token| **token != Token::Word);
                let is_named = !is_table && !self.has_rules && last.is_some_and(Token::is_name);
                if let Some(next) = columns.get(i).filter(|next| is_named && are_thousands(column, next)) {
                    return Err(phrase!(
                        "{column} {next} can be read as one number or as two; write {column}{next}",
                        "{column} {next}: 수 하나로도, 두 개로도 읽힐 수 있습니다. {column}{next}처럼 붙여 적어 주세요"
                    ));
                }
                let unit = columns.get(i).filter(|next| is_bare && unit(next).is_some());
                i += usize::from(unit.is_some());
                tokens.push(self.value(column, unit)?.map_or(Token::Count, Token::Value));
            } else {
                let is_sign = !column.contains(char::is_alphabetic) && !is_no_value(column);
                let is_of_times = OF_TIMES.contains(&column.to_lowercase().as_str());
                tokens.push(if is_sign || is_of_times { Token::Word } else { Token::Thing(column.clone()) });
            }
        }
        Ok(tokens)
    }

    /// A time, and whether nothing says its unit; `None` where it is something else, such as `56.20k`.
    fn value(&self, column: &str, behind: Option<&String>) -> Result<Option<(Nanos, bool)>, Phrase> {
        let column = plain(column)?;
        let end = column.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(column.len());
        let (number, own) = column.split_at(end);
        // Python prints more digits than a time can have.
        let number = number
            .split_once('.')
            .map_or(number, |(whole, part)| &number[..whole.len() + 1 + part.len().min(DECIMALS_MAX)]);
        if own.is_empty() {
            let unit = behind.and_then(|behind| unit(behind)).or(self.unit);
            let time = format!("{number}{}", unit.unwrap_or("ms")).parse().ok();
            return Ok(time.map(|time| (time, unit.is_none())));
        }
        let known = unit(own).and_then(|unit| format!("{number}{unit}").parse().ok());
        Ok(known.or_else(|| column.parse().ok()).map(|time| (time, false)))
    }
}

/// The line of latencies in vegeta's report: the names in brackets, and the times behind them.
fn of_vegeta(line: &str) -> Option<(Vec<String>, Vec<String>)> {
    let (names, values) = line.trim().strip_prefix("Latencies")?.trim_start().strip_prefix('[')?.split_once(']')?;
    let pieces = |text: &str| text.split(',').map(|piece| piece.trim().to_owned()).collect();
    Some((pieces(names), pieces(values)))
}

impl BadPercentiles {
    /// What stands in the place of a response time.
    pub(super) fn no_time(line: usize, said: String) -> BadPercentiles {
        let said = super::problem::shorten(said);
        BadPercentiles {
            line, reason: phrase!("{said} is no response time", "{said}: 응답 시간으로 읽을 수 없습니다")
        }
    }

    /// What stands in the place of a percentile.
    pub(super) fn no_percentile(line: usize, said: String) -> BadPercentiles {
        let said = super::problem::shorten(said);
        BadPercentiles { line, reason: phrase!("{said} is no percentile", "{said}: 백분위수가 아닙니다") }
    }
}

/// JMeter's other file of samples.
const JTL_IN_XML: Phrase = Phrase::fixed(
    "this is JMeter's XML; let it write its results as CSV (jmeter.save.saveservice.output_format=csv, its default)",
    "JMeter의 XML 결과입니다. 기본값인 CSV로 저장해 주세요(jmeter.save.saveservice.output_format=csv)",
);

/// Which percentile a name in a report of vegeta's or k6's stands for; there also a number alone.
fn name_of_json(name: &str) -> Option<f64> {
    percent(name).or_else(|| name.parse().ok())
}

/// The percentiles in what k6 exports, in milliseconds, or in vegeta's report, in nanoseconds.
fn of_json(text: &str) -> Result<Found, Phrase> {
    const NO_LATENCIES: Phrase = Phrase::fixed(
        "this JSON is no report that is known here: k6's --summary-export has metrics.http_req_duration, vegeta's report latencies, \
         autocannon's latency, memtier_benchmark's ALL STATS",
        "알 수 없는 JSON입니다. k6의 --summary-export에는 metrics.http_req_duration이, vegeta 리포트에는 latencies가, autocannon에는 \
         latency가, memtier_benchmark에는 ALL STATS가 있습니다",
    );
    let report: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| phrase!("this is no JSON: {error}", "JSON으로 읽을 수 없습니다: {error}"))?;
    let k6 = &report["metrics"]["http_req_duration"];
    // k6's handleSummary has one table more.
    let k6 = k6.get("values").unwrap_or(k6);
    let mut found = Found::default();
    let others = benchmarks::of_json(&report, &mut found.notes).transpose()?;
    let (named, nanos) = match (k6.as_object(), report["latencies"].as_object(), &others) {
        (Some(named), ..) => (named, 1e6),
        (None, Some(named), _) => (named, 1.0),
        (None, None, Some(named)) => (named, 1e6),
        (None, None, None) => return Err(NO_LATENCIES),
    };
    let time = |value: &serde_json::Value| {
        let number = value.as_f64().map(|number| number * nanos).filter(|number| (0.0..=1e18).contains(number))?;
        Some(Nanos(number.round() as u64))
    };
    for (name, value) in named {
        if let Some(percent) = name_of_json(name) {
            let value = time(value).ok_or_else(|| no_time(percent, &value.to_string()))?;
            found.point(in_range(percent)?, value, 1);
        } else if is_mean(name) {
            found.means.extend(time(value));
        }
    }
    Ok(found)
}

/// The percentiles of a .hgrm that are kept, or the next that it has.
const OF_HGRM: [f64; 12] = [0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0];

/// A column of JMeter's aggregate report, as it is shown and as it is written without its texts.
const JMETER: [&str; 2] = ["# Samples", "sampler_label"];

/// What stands for a number that there is none of, and a negative one.
fn is_no_value(word: &str) -> bool {
    let is_negative =
        word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
    let word = word.to_lowercase();
    is_negative || ["n/a", "#n/a", "na", "nan", "-nan", "null", "none", "inf", "+inf", "-inf", "∞"].contains(&&*word)
}

/// Whether a cell says that its row is of all requests together.
fn is_of_all(cell: &str) -> bool {
    ["aggregated", "total"].iter().any(|name| cell.eq_ignore_ascii_case(name))
}

/// Whether a line that begins with a percentage tells a share of something (`99% success rate`), or how sure something else is
/// (`95% CI: …`). Any other word behind it is a percentile without its time.
fn is_share(columns: &[String]) -> bool {
    let [first, second, ..] = columns else { return false };
    let is_of_no_time = OF_NO_TIME.contains(&second.trim_end_matches([':', ',']).to_lowercase().as_str());
    first.ends_with('%') && percent(first).is_some() && is_of_no_time
}

/// Of what a percentage is told that is no percentile.
const OF_NO_TIME: [&str; 12] = [
    "ci",
    "confidence",
    "success",
    "successful",
    "succeeded",
    "errors",
    "failed",
    "failures",
    "done",
    "complete",
    "completed",
    "cpu",
];

/// Words between a percentile's name and its time.
const OF_TIMES: [&str; 16] = [
    "percentile",
    "latency",
    "latencies",
    "response",
    "time",
    "times",
    "duration",
    "request",
    "requests",
    "in",
    "is",
    "was",
    "of",
    "at",
    "under",
    "took",
];

/// How a column of counts is called.
const COUNTS: [&str; 7] = ["reqs", "requests", "count", "samples", "total", "fails", "failures"];

/// So many pairs of bare numbers nobody writes of percentiles.
const BARE_MOST: usize = 30;

const MANY_ROWS: Phrase = Phrase::fixed(
    "there is more than one row; paste the one you mean",
    "행이 여러 개입니다. 사용할 행 하나만 붙여 넣어 주세요",
);

const NONE: Phrase = Phrase::fixed(
    "there is no percentile with its time here, such as \"99% 110 ms\"",
    "\"99% 110 ms\"처럼 백분위수와 시간이 있어야 합니다",
);

fn no_time(percent: f64, column: &str) -> Phrase {
    if column.is_empty() {
        return phrase!("there is no time behind {percent} %", "{percent} % 뒤에 시간이 없습니다");
    }
    let column = super::problem::shorten(column.to_owned());
    phrase!("{column}, at {percent} %, is no time", "{percent} %의 값 {column}: 시간으로 읽을 수 없습니다")
}

fn in_range(percent: f64) -> Result<f64, Phrase> {
    let ok = (0.0..=100.0).contains(&percent);
    ok.then_some(percent).ok_or_else(|| {
        phrase!(
            "a percentile must be from 0 to 100 (got {percent})",
            "백분위수는 0부터 100까지여야 합니다(입력: {percent})"
        )
    })
}

/// A number as files write it, if it can mean one thing only.
fn plain(column: &str) -> Result<String, Phrase> {
    typed::plain(column).map(std::borrow::Cow::into_owned).map_err(|[a, b]| {
        phrase!(
            "{column} can be read as {a} or as {b}; write one of them",
            "{column}: {a}, {b} 두 가지로 읽힐 수 있습니다. 둘 중 하나로 적어 주세요"
        )
    })
}

/// Whether a line is the head of a table: two of its columns, side by side, are percentiles, and not just the least, the middle and
/// the greatest value.
fn is_head(columns: &[String], percent: fn(&str) -> Option<f64>) -> bool {
    let is_numbered = |column: &String| column.contains(|c: char| c.is_ascii_digit());
    columns.windows(2).any(|pair| pair.iter().all(|column| percent(column).is_some()) && pair.iter().any(is_numbered))
}

/// A comma separates where there are many, or nothing else does; elsewhere it is part of a number.
fn is_csv(line: &str) -> bool {
    line.contains(',') && (line.matches(',').count() > 3 || !line.trim().contains(' '))
}

/// The cells of a line that tabs or commas set apart, and which of them.
fn cells_of(line: &str) -> Option<(char, Vec<String>)> {
    let between = if line.contains('\t') { '\t' } else { ',' };
    (between == '\t' || is_csv(line)).then(|| (between, cells(line, between)))
}

/// The cells of a row. In quotes a separator is a letter, and a quote is written twice.
pub(super) fn cells(line: &str, between: char) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("there is a cell");
        match letter {
            '"' if is_quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => is_quoted = !is_quoted,
            _ if letter == between && !is_quoted => cells.push(String::new()),
            _ => cell.push(letter),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// What the head of a cell names, without a unit: `95%ile (ms)`.
fn name_in_cell(cell: &str) -> &str {
    let named = cell.strip_suffix(')').and_then(|cell| cell.rsplit_once('('));
    let name = named.filter(|(_, inside)| unit(inside).is_some()).map_or(cell, |(name, _)| name.trim());
    // JMeter's `99% Line`, and its name where the report is written without texts.
    let name = name.strip_prefix("aggregate_report_").unwrap_or(name);
    // Its median, its least and its greatest value Locust says otherwise, too, and not always the same.
    let name = if name == "Average Response Time" { "Average" } else { name };
    name.strip_suffix(" Line").or(name.strip_suffix("_line")).unwrap_or(name)
}

/// Which percentile the head of a cell names.
fn in_cell(cell: &str) -> Option<f64> {
    percent(name_in_cell(cell))
}

/// Whether this is how a mean is called.
fn is_mean(name: &str) -> bool {
    ["avg", "mean", "average"].contains(&name.to_lowercase().as_str())
}

/// Whether a number may go on in the next column, after a blank between thousands.
fn are_thousands(column: &str, next: &str) -> bool {
    let digits = next.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&column.len())
        && column.bytes().all(|b| b.is_ascii_digit())
        && !column.starts_with('0')
        && digits == 3
}

/// A line without the spaces that set thousands apart: of each kind, if it stands nowhere else in the line.
fn without_thin_spaces(line: &str) -> String {
    ['\u{a0}', '\u{2009}', '\u{202f}'].into_iter().fold(line.to_owned(), |line, space| {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let is_between_thousands = |at: usize| {
            let (before, behind) = (&line[..at], digits(&line[at + space.len_utf8()..]));
            let number = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == space);
            // The line's first number is a percentile.
            let follows = !number.trim().is_empty() && number.ends_with([' ', '\t', '=', ':', '|', ';']);
            follows && before.ends_with(|c: char| c.is_ascii_digit()) && behind == 3
        };
        if line.match_indices(space).all(|(at, _)| is_between_thousands(at)) { line.replace(space, "") } else { line }
    })
}

/// The pieces of a line that are no cells.
fn columns(line: &str) -> Vec<String> {
    let line = without_thin_spaces(line).replace(['=', ':', '|', ';', '\t', '"'], " ");
    let line = if is_csv(&line) { line.replace(',', " ") } else { line };
    line.split_whitespace().map(|column| column.trim_end_matches(',').to_owned()).filter(|c| !c.is_empty()).collect()
}

/// `50%`, `p99`, `95th`, `median`: which percentile a word names. Nothing for a number alone.
pub(super) fn percent(word: &str) -> Option<f64> {
    let word = word.to_lowercase().replace(['(', ')'], "");
    match word.as_str() {
        "med" | "median" => return Some(50.0),
        "max" | "maximum" | "slowest" => return Some(100.0),
        "min" | "minimum" | "fastest" => return Some(0.0),
        _ => {}
    }
    if let Some(number) = word.strip_suffix("%ile").or(word.strip_suffix('%')) {
        // `99,9%`: between thousands a comma stands in no percentile.
        return number.trim_end_matches('%').replacen(',', ".", 1).parse().ok();
    }
    let ordinal = ["th", "st", "nd", "rd"].into_iter().find_map(|end| word.strip_suffix(end));
    if let Some(number) = ordinal {
        return number.parse().ok();
    }
    let number = word.strip_prefix('p')?;
    let value: f64 = number.parse().ok()?;
    // p999 and p9999 are 99.9 and 99.99.
    let is_short = value > 100.0 && number.bytes().all(|b| b == b'9');
    Some(if is_short { format!("{}.{}", &number[..2], &number[2..]).parse().ok()? } else { value })
}

/// The unit of time that a word names.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    Some(match typed::unit_of(word).to_lowercase().as_str() {
        "ns" => "ns",
        "us" | "µs" | "μs" | "usec" | "microseconds" => "us",
        "ms" | "msec" | "millis" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" => "min",
        "h" => "h",
        _ => return None,
    })
}

/// `(ms)`, `(in seconds)` or `in seconds` in a title: what the numbers below count.
fn unit_of_title(line: &str) -> Option<&'static str> {
    let Some((_, rest)) = line.split_once('(') else {
        return unit(line.trim().rsplit_once(" in ")?.1.trim_end_matches([':', '.']));
    };
    let (inside, _) = rest.split_once(')')?;
    unit(inside.trim().trim_start_matches("in "))
}

/// The points in order, each once, up to 100 %.
fn rising(mut points: Vec<Point>) -> Result<Percentiles, BadPercentiles> {
    crate::sort::by(&mut points, |a, b| a.percent.total_cmp(&b.percent).then(a.line.cmp(&b.line)));
    points.dedup_by(|b, a| a.percent == b.percent && a.value == b.value);
    for point in &points {
        in_range(point.percent).map_err(|reason| BadPercentiles { line: point.line, reason })?;
    }
    for pair in points.windows(2) {
        let [a, b] = pair else { continue };
        let ((p, x), (q, y)) = ((a.percent, a.value), (b.percent, b.value));
        let line = a.line.max(b.line);
        if p == q {
            let reason =
                phrase!("{p} % is {x} and {y}; keep one", "{p} %의 값이 두 가지입니다({x}, {y}). 하나만 남겨 주세요");
            return Err(BadPercentiles { line, reason });
        }
        if x > y {
            let reason = phrase!(
                "{q} % is {y}, less than {p} %, which is {x}",
                "{q} %의 값({y})이 {p} %의 값({x})보다 작습니다"
            );
            return Err(BadPercentiles { line, reason });
        }
    }
    let Some(last) = points.last() else { return Err(BadPercentiles { line: 1, reason: NONE }) };
    let top = (last.percent < 100.0).then_some((100.0, last.value));
    let bare = points.iter().any(|point| point.bare);
    let rows = points.iter().map(|point| (point.percent, point.value)).chain(top).collect();
    Ok(Percentiles { rows, ends_early: top.is_some(), bare, mean: None, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let read = read(text).unwrap_or_else(|error| panic!("{text}: {}", error.phrase()));
        crate::random::Sampler::empirical(&read.rows).unwrap_or_else(|error| panic!("{text}: {error}"));
        let said = read.rows.iter().filter(|(percent, _)| !read.is_chosen(*percent));
        let rows = said.map(|(percent, value)| format!("{percent}={value}"));
        rows.collect::<Vec<_>>().join(" ") + if read.ends_early { " …" } else { "" }
    }

    #[test]
    fn what_load_generators_print_is_understood() {
        const LOCUST_ROW: &str =
            "50=27ms 66=31ms 75=35ms 80=40ms 90=50ms 95=60ms 98=80ms 99=110ms 99.9=130ms 99.99=150ms 100=190ms";
        let head = "50%    66%    75%    80%    90%    95%    98%    99%  99.9% 99.99%   100%";
        let row = "27 31 35 40 50 60 80 110 130 150 190";
        assert_eq!(told(&format!("Type Name {head} # reqs\n--------|-----|---\nGET /product {row} 4321")), LOCUST_ROW);
        assert_eq!(told(&format!("{head}\n{row}")), LOCUST_ROW);
        assert_eq!(told(row), LOCUST_ROW);
        assert_eq!(told(&format!("GET / {row} 4321")), LOCUST_ROW);
        let csv = format!(
            "Type,Name,Request Count,{}\nGET,/,4321,{}",
            head.split_whitespace().collect::<Vec<_>>().join(","),
            row.replace(' ', ",")
        );
        assert_eq!(told(&csv), LOCUST_ROW);
        for (text, want) in [
            (
                "http_req_blocked...: avg=1ms min=0s med=0s max=9ms p(90)=1ms p(95)=2ms\nhttp_req_duration...: avg=117.55ms min=112.5ms med=115.2ms max=1.2s p(90)=124.33ms p(95)=127.99ms",
                "0=112.5ms 50=115.2ms 90=124.33ms 95=127.99ms 100=1.2s",
            ),
            (
                "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency   635.91us    0.89ms  12.92ms   93.69%\n    Req/Sec    56.20k     8.07k   62.00k    86.54%\n  Latency Distribution\n     50%  635.00us\n     75%  712.00us\n     90%    1.20ms\n     99%    5.50ms\n  748868 requests in 30.00s, 606.33MB read",
                "50=635us 75=712us 90=1.2ms 99=5.5ms 100=12.92ms",
            ),
            ("Latency distribution:\n  50% in 0.0123 secs\n  99% in 0.1000 secs", "50=12.3ms 99=100ms 100=100ms …"),
            (
                "Percentage of the requests served within a certain time (ms)\n  50%     27\n 100%    190 (longest request)",
                "50=27ms 100=190ms",
            ),
            ("50 27\n99 110\n100 190", "50=27ms 99=110ms 100=190ms"),
            ("50,27\n100,190", "50=27ms 100=190ms"),
            ("50;27ms\n100;0.19 s", "50=27ms 100=190ms"),
            ("percentile\tlatency (s)\n50\t0.5\n100\t2", "50=500ms 100=2s"),
            ("p50: 5 ms\np99.9: 1 s\nmax: 1m2s", "50=5ms 99.9=1s 100=62s"),
            ("95th percentile: 12.3\np999 20", "95=12.3ms 99.9=20ms 100=20ms …"),
            (
                "Requests      [total, rate, throughput]         1000, 100.10, 99.95\nDuration      [total, attack, wait]             10.005s, 9.99s, 14.8ms\nLatencies     [min, mean, 50, 90, 95, 99, max]  1.2ms, 14.43ms, 12.9ms, 20.5ms, 31.25ms, 92.3ms, 1.021s\nBytes In      [total, mean]                     120000, 120.00\nSuccess       [ratio]                           100.00%\nStatus Codes  [code:count]                      200:1000\nError Set:",
                "0=1.2ms 50=12.9ms 90=20.5ms 95=31.25ms 99=92.3ms 100=1.021s",
            ),
            (
                r#"{"latencies":{"total":14430000000,"mean":14430000,"50th":12900000,"90th":20500000,"95th":31250000,"99th":92300000,"max":1021000000,"min":1200000},"bytes_in":{"total":120000,"mean":120},"earliest":"2026-11-27T10:00:00Z","duration":9990000000,"wait":14800000,"requests":1000,"rate":100.1,"throughput":99.95,"success":1,"status_codes":{"200":1000},"errors":[]}"#,
                "0=1.2ms 50=12.9ms 90=20.5ms 95=31.25ms 99=92.3ms 100=1.021s",
            ),
            (
                "{\n  \"root_group\": { \"name\": \"\" },\n  \"metrics\": {\n    \"http_reqs\": { \"count\": 1000, \"rate\": 99.9 },\n    \"http_req_waiting\": { \"avg\": 1, \"min\": 1, \"med\": 1, \"max\": 1, \"p(90)\": 1, \"p(95)\": 1 },\n    \"http_req_duration\": { \"avg\": 117.55, \"min\": 112.5, \"med\": 115.2, \"max\": 1200, \"p(90)\": 124.33, \"p(95)\": 127.99, \"p(99.9)\": 900.5, \"thresholds\": { \"p(95)<500\": false } }\n  }\n}",
                "0=112.5ms 50=115.2ms 90=124.33ms 95=127.99ms 99.9=900.5ms 100=1.2s",
            ),
            (
                r#"{"metrics":{"http_req_duration":{"type":"trend","contains":"time","values":{"med":5,"p(99)":40,"max":90}}}}"#,
                "50=5ms 99=40ms 100=90ms",
            ),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn spaces_within_numbers_and_columns_of_all_kinds_are_told_apart() {
        for (text, want) in [
            ("50\u{a0}27 ms\n99\u{a0}110 ms\n100 1\u{202f}500 ms", "50=27ms 99=110ms 100=1.5s"),
            ("p50\u{a0}27ms\np99\u{a0}110ms\n99.9\u{a0}115 ms", "50=27ms 99=110ms 99.9=115ms 100=115ms …"),
            ("p50: 27 ms\np99: 1\u{a0}500\u{a0}000 us", "50=27ms 99=1.5s 100=1.5s …"),
            ("p50 | 27 | 110\n| p99 | 90 | 450 |", "50=27ms 99=90ms 100=90ms …"),
            (
                "Label Samples Average Median 90% 95% 99% Min Max Error%\n/a 1000 25 12 51 98 310 1 1200 0.00%",
                "0=1ms 50=12ms 90=51ms 95=98ms 99=310ms 100=1.2s",
            ),
            ("Endpoint RPS Errors p50 p95 p99\nGET /a 120 0 5 9 20", "50=5ms 95=9ms 99=20ms 100=20ms …"),
            ("Name 50% 90% 99% Max Total Requests\nGET /a 5 9 10 20 1000\n", "50=5ms 90=9ms 99=10ms 100=20ms"),
            ("Name 50% 90% 99% Max Total Requests\n/a 5 9 10 20 1000\n", "50=5ms 90=9ms 99=10ms 100=20ms"),
            (
                "Type Name 50% 66% 75% 80% 90% 95% 98% 99% 99.9% 99.99% 100% # reqs\nGET Step 2 115 120 121 130 140 150 160 170 180 185 190 4321",
                "50=115ms 66=120ms 75=121ms 80=130ms 90=140ms 95=150ms 98=160ms 99=170ms 99.9=180ms 99.99=185ms 100=190ms",
            ),
            ("p50 12 초\n100% 15초", "50=12s 100=15s"),
            ("avg min p50 p95 p99 max\n25 10 24 40 50 120", "0=10ms 50=24ms 95=40ms 99=50ms 100=120ms"),
            (
                "Label Samples Average Median 90% 95% 99% Min Max\n/a 1000 25 12 51 98 310 1 1200",
                "0=1ms 50=12ms 90=51ms 95=98ms 99=310ms 100=1.2s",
            ),
            ("Name 50% 99% Max reqs rps\n/a 12 50 90 1000 100", "50=12ms 99=50ms 100=90ms"),
            ("GET /a 4321 0(0.00%) | 117 112 190 115 | 10.0 0.00\n50% 27ms\n100% 190ms", "50=27ms 100=190ms"),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn the_greatest_value_is_taken_where_the_report_says_it() {
        let wrk = |most: &str| {
            format!(
                "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency   635.91us    0.89ms  {most}   93.69%\n    \
                Req/Sec    56.20k     8.07k   62.00k    86.54%\n  Latency Distribution\n     50%  250.00us\n     99%    5.80ms\n"
            )
        };
        assert_eq!(told(&wrk("212.92ms")), "50=250us 99=5.8ms 100=212.92ms");
        assert_eq!(told(&(wrk("212.92ms") + "100.000%  6.00ms\n")), "50=250us 99=5.8ms 100=6ms", "wrk2 says it itself");
        assert_eq!(told(&wrk("5.00ms")), "50=250us 99=5.8ms 100=5.8ms …", "it is no greatest value");
        let summary = "Summary:\n  Total:\t5.0128 secs\n  Slowest:\t0.6094 secs\n  Fastest:\t0.0102 secs\n  Average:\t0.0250 secs\n";
        let shares = "Response time histogram:\n  0.010 [1]\t|\n  0.609 [199]\t|\n\nLatency distribution:\n  50% in 0.0204 secs\n  \
            99% in 0.2010 secs\n\nDetails (average, fastest, slowest):\n  DNS+dialup:\t0.0001 secs, 0.0102 secs, 0.6094 secs\n";
        let hey = "0=10.2ms 50=20.4ms 99=201ms 100=609.4ms";
        assert_eq!(told(&format!("{summary}\n{shares}")), hey);
        // oha has a share above it.
        assert_eq!(told(&format!("Summary:\n  Success rate:\t100.00%\n{}\n{shares}", &summary[9..])), hey);
    }

    #[test]
    fn the_aggregate_report_of_jmeter_is_that_of_all_requests() {
        const HEAD: &str =
            "Label,# Samples,Average,Median,90% Line,95% Line,99% Line,Min,Max,Error %,Throughput,Received KB/sec";
        const ROW: &str = "1000,25,12,51,98,310,1,1200,0.00%,20.1,44.0";
        const TOLD: &str = "0=1ms 50=12ms 90=51ms 95=98ms 99=310ms 100=1.2s";
        assert_eq!(told(&format!("{HEAD}\nGET /a,{ROW}")), TOLD);
        let two = format!("{HEAD}\nGET /a,9,9,9,9,9,9,9,9,0.00%,20.1,44.0\nGET /b,{ROW}");
        assert_eq!(told(&format!("{two}\nTOTAL,{ROW}")), TOLD);
        assert!(read(&two).unwrap_err().phrase().to_string().contains("more than one row"));
        assert_eq!(told(&format!("{two}\nTOTAL,{ROW}").replace(',', "\t")), TOLD);
        let names = HEAD.replace("Median", "aggregate_report_median").replace("% Line", "%_line");
        let names = names
            .replace(",9", ",aggregate_report_9")
            .replace("Label,# Samples", "sampler_label,aggregate_report_count");
        let names = names
            .replace("Min,Max", "aggregate_report_min,aggregate_report_max")
            .replace("Error %", "aggregate_report_error%");
        assert_eq!(told(&format!("{names}\nGET /a,{ROW}")), TOLD);
        let old = "Label,# Samples,Average,Median,90% Line,Min,Max,Error %,Throughput,KB/sec\nTOTAL,1000,25,12,51,1,1200,0.00%,20.1,44.0";
        assert_eq!(told(old), "0=1ms 50=12ms 90=51ms 100=1.2s");
        assert!(!read(old).unwrap().bare, "JMeter counts milliseconds");
    }

    #[test]
    fn a_hgrm_is_read_at_the_percentiles_that_one_reads() {
        let mut text = "\n       Value     Percentile TotalCount 1/(1-Percentile)\n\n".to_owned();
        for (value, share) in [
            (1.386, 0.0),
            (1.558, 0.1),
            (1.7, 0.2),
            (1.835, 0.5),
            (4.0, 0.9),
            (9.5, 0.95),
            (9.75, 0.975),
            (20.0, 0.981_25),
            (30.0, 0.990_625),
            (51.0, 0.999_938_964_844),
        ] {
            text += &format!("{value:12.3} {share:14.12} {:10} {:14.2}\n", 100, 1.0 / (1.0 - share));
        }
        text += "      51.198 1.000000000000      23018\n#[Mean    =        3.689, StdDeviation   =        5.138]\n#[Max     =       51.198, Total count    =        23018]\n";
        let want =
            "0=1.386ms 10=1.558ms 50=1.835ms 90=4ms 95=9.5ms 98.125=20ms 99.0625=30ms 99.9938964844=51ms 100=51.198ms";
        assert_eq!(told(&text), want);
        assert!(read(&text).unwrap().bare);
        let error = read(&text.replace("1.835 0.5", "n/a   0.5")).unwrap_err();
        assert!(error.line == 7 && error.phrase().to_string().contains("n/a, at 50 %"), "{}", error.phrase());
    }

    #[test]
    fn the_cells_of_a_table_are_matched_with_its_head_by_their_places() {
        const HEAD: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,\
            Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%";
        const ROW: &str = "4321,0,27,30.5,1,190,512.0,72.1,0.0,27,31,35,40,50,60,80,110,130,150,190";
        const TOLD: &str =
            "0=1ms 50=27ms 66=31ms 75=35ms 80=40ms 90=50ms 95=60ms 98=80ms 99=110ms 99.9=130ms 99.99=150ms 100=190ms";
        // Not rounded as the percentiles are, with more digits than a time has; and beyond the first percentile.
        for (least, told_least) in [("1.2457699999704095", "0=1245.77us"), ("27.4", "")] {
            let row = ROW.replace(",30.5,1,", &format!(",30.123456789012345,{least},"));
            for text in [format!("{HEAD}\nGET,/,{row}"), format!("GET,/,{row}")] {
                assert!(
                    told(&text).starts_with(if told_least.is_empty() { "50=27ms" } else { told_least }),
                    "{}",
                    told(&text)
                );
                assert_eq!(read(&text).unwrap().mean.expect("a mean").said, Nanos(30_123_457));
            }
        }
        for name in ["GET,/product", "GET,\"/a, b, 99%, \"\"c\"\"\"", ",Aggregated", "\"GET\",\"/50%\""] {
            assert_eq!(told(&format!("{HEAD}\n{name},{ROW}")), TOLD, "{name}");
            assert_eq!(told(&format!("{name},{ROW}")), TOLD, "{name}, without the head");
        }
        assert_eq!(told(&format!("{HEAD}\r\nGET,/,{ROW}\r\n,Aggregated,{ROW}\r\n")), TOLD);
        assert_eq!(told(&format!("{HEAD}\nGET,/a (s),{ROW}")), TOLD, "a name is no unit");
        let tabs = |text: &str| text.replace(',', "\t");
        assert_eq!(told(&format!("{}\n{}", tabs(HEAD), tabs(&format!("GET,/a b,{ROW},")))), TOLD);
        // The tables of its page.
        let page = "Type\tName\t# Requests\t# Fails\tMedian (ms)\t95%ile (ms)\t99%ile (ms)\tAverage (ms)\tMin (ms)\tMax (ms)\t\
            Average size (bytes)\tCurrent RPS\tCurrent Failures/s";
        let row = "GET\t/a b\t4321\t0\t27\t60\t110\t30.5\t1\t190\t512\t72.1\t0";
        assert_eq!(
            told(&format!("{page}\n{row}\n\tAggregated{}", &row[8..])),
            "0=1ms 50=27ms 95=60ms 99=110ms 100=190ms"
        );
        let report = "Method\tName\t50%ile (ms)\t95%ile (ms)\t100%ile (ms)\nGET\t/\t27\t60\t190";
        assert_eq!(told(report), "50=27ms 95=60ms 100=190ms");
        for (row, part) in [
            ("GET,/,1,2", "the head has 22 columns, and this row has 4"),
            ("GET,/a,b,4321,0,27,30.5,1,190,512.0,72.1,0.0,27,31,35,40,50,60,80,110,130,150,190", "this row has 23"),
            ("GET,/,0,0,0,0,0,0,0,0,0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A", "N/A, at 50 %, is no time"),
        ] {
            let error = read(&format!("{HEAD}\n{row}")).unwrap_err();
            assert!(error.line == 2 && error.phrase().to_string().contains(part), "{row}: {}", error.phrase());
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, part) in [
            ("", 1, "no percentile"),
            ("hello\nworld", 1, "no percentile"),
            ("50% 27ms\n95%\n100% 190ms", 2, "no time behind 95 %"),
            ("50% 27ms\n95% 20ms\n100% 190ms", 2, "less than 50 %"),
            ("50% 27ms\n50% 28ms\n100% 190ms", 2, "keep one"),
            ("p50 27\n\n120% 40", 3, "from 0 to 100"),
            ("p50 27\np99 1,234", 2, "can be read as"),
            ("50% 66% 75%\n27 31", 2, "has 3 percentiles"),
            ("50% 100%\n1 2\n3 4", 3, "more than one row"),
            ("0.5 12\n0.9 40\n0.99 100", 1, "quantiles from 0 to 1"),
            ("1 5\n2 9\n3 9\n4 12", 1, "no percentile"),
            ("{\"metrics\": {}}", 1, "metrics.http_req_duration"),
            ("{\"latencies\": {\"50th\": 5", 1, "no JSON"),
            ("{\"latencies\": {\"50th\": \"5ms\"}}", 1, "is no time"),
            ("{\"latencies\": {\"50th\": -5}}", 1, "is no time"),
            ("{\"latencies\": {\"50th\": 9, \"99th\": 5}}", 1, "less than 50 %"),
            ("Latencies [min, 50, max] 1ms, 2ms", 1, "3 names in the brackets, and 2 times"),
            ("maximum number of tries: 1\nmin threads 2", 1, "no percentile"),
            ("50% 12ms 99% -3ms", 1, "-3ms, at 99 %"),
            ("50% 12ms\n99% -3", 2, "-3, at 99 %"),
            ("50% 12ms\n99% n/a\n99.9% 30ms", 2, "n/a, at 99 %"),
            ("50% 12ms\n99% lots", 2, "lots, at 99 %"),
            ("50% 12ms\nmax: n/a", 2, "n/a, at 100 %"),
            ("p50 12ms\np99 query -1ms", 2, "query, at 99 %"),
            ("http_req_duration..: avg=1ms med=5ms p(90)=n/a p(95)=9ms", 1, "n/a, at 90 %"),
            ("success rate 99%", 1, "no percentile"),
            ("avg,50%,99%,150%\n5,4,9,10", 2, "from 0 to 100"),
            ("Latencies [mean, 50, 99, 999] 5ms, 4ms, 9ms, 10ms", 1, "from 0 to 100"),
            ("p90 900 ms\np99 1 500 ms", 2, "write 1500"),
            ("50% 27ms\n99% 1 500 ms", 2, "1 500 can be read as one number or as two"),
            ("Type Name 50% 100%\nGET /a 27 1 500", 2, "this row has 5 columns"),
            ("Name # reqs 50% 66% 99.9.9% 100%\n/a 10 1 2 3 4", 1, "99.9.9% is no percentile"),
            ("Name 50% 66% 99% 100%\n/a 1 500 2 3 4", 2, "this row has 6 columns"),
            ("Name # reqs 50% 66% 99% 100%\n/a 10 1 500 2 3 4", 2, "this row has 7 columns"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {}", error.phrase());
            assert!(error.phrase().to_string().contains(part), "{text}: {}", error.phrase());
        }
    }

    #[test]
    fn a_line_that_begins_with_a_share_or_with_how_sure_something_is_is_passed_over() {
        for line in
            ["99% success rate", "10% done, please wait", "95% CI: 1.2 - 3.4", "95% confidence 1ms 3ms", "12% failed"]
        {
            assert_eq!(told(&format!("{line}\n50% 12ms\n99% 40ms")), "50=12ms 99=40ms 100=40ms …", "{line}");
        }
        let error = read("99% latency unknown here\n50% 12ms").unwrap_err();
        assert!(error.line == 1 && error.phrase().to_string().contains("unknown, at 99 %"), "{}", error.phrase());
        for line in ["99% timed out", "99% - -", "99% greater than one second"] {
            assert_eq!(read(&format!("50% 12ms\n90% 20ms\n{line}")).map_err(|error| error.line), Err(3), "{line}");
        }
    }

    #[test]
    fn the_xml_of_jmeter_is_refused_by_name() {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n<httpSample t=\"120\" lt=\"99\" ts=\"1\"/>\n</testResults>";
        assert!(read(xml).unwrap_err().phrase().to_string().contains("JMeter's XML"));
    }

    #[test]
    fn what_was_read_is_a_distribution_that_can_run() {
        let rows = read("p50 5ms\np99 40ms").unwrap().rows;
        crate::random::Sampler::empirical(&rows).expect("it ends at 100 %");
    }

    #[test]
    fn a_name_with_a_unit_in_it_is_no_title() {
        let row = |name: &str| format!("GET,{name},4321,0,27,30,5,900,120,55,0,27,30,33,36,45,60,90,120,300,600,900");
        let [plain, named] = ["/a", "/a (s)"].map(|name| read(&row(name)).unwrap());
        assert_eq!(plain, named);
    }
}
