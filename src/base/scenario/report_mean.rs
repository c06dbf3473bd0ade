//! The mean that a report says beside its percentiles, kept by points that it does not say.
//!
//! A row that begins at 50 % says nothing of the faster half, and a straight line from 95 % to the greatest value passes far above
//! what was measured: drawn from such a row, response times are longer than the measured ones, by a fifth and more. Where the report
//! says its mean, points are chosen for it, and named: the value at 0 %, if the report does not say it, on the line through the first
//! two percentiles; then one in the last tenth of what lies above the last percentile.

use super::fit::rounded;
use crate::phrase::{Phrase, phrase};
use crate::random::Sampler;
use crate::time::Nanos;

/// The mean that a report says, and that of its points.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportMean {
    /// The report's.
    pub said: Nanos,
    /// Of what is drawn from the points, with straight lines between them.
    pub drawn: Nanos,
    /// At which percents points were chosen.
    pub chosen: Vec<f64>,
}

/// So far from the report's mean nothing needs to be chosen, and nobody needs to be told.
const NEAR: f64 = 0.01;

/// The points of a report with that mean, and those that are chosen for it; `ends_early`: whether it does not say its greatest value.
pub(super) fn keep(mut rows: Vec<(f64, Nanos)>, said: Nanos, ends_early: bool) -> (Vec<(f64, Nanos)>, ReportMean) {
    let mut chosen = Vec::new();
    let first = rows.first().copied().filter(|(percent, _)| *percent > 0.0 && rows.len() > 1);
    if let Some((p, low)) = first {
        let slope = (rows[1].1.0 - low.0) as f64 / (rows[1].0 - p);
        rows.insert(0, (0.0, least(low.0 as f64 - p * slope, low)));
        chosen.push(0.0);
    }
    if !ends_early {
        chosen.extend(bend(&mut rows, said));
    }
    if let Some((p, low)) = first {
        // A triangle of this height below the first percentile makes up for what is left.
        let height = 2.0 * (drawn(&rows) - said.0 as f64) / (p / 100.0);
        rows[0].1 = least(rows[0].1.0 as f64 - height, low);
    }
    let drawn = rounded(drawn(&rows));
    (rows, ReportMean { said, drawn, chosen })
}

/// A least value, from nothing to the first that the report says.
fn least(nanos: f64, first: Nanos) -> Nanos {
    if nanos < 1.0 { Nanos::ZERO } else { rounded(nanos).min(first) }
}

/// Puts a point below the line to the greatest value, as far as the mean wants it; at which percent, if there is one.
fn bend(rows: &mut Vec<(f64, Nanos)>, said: Nanos) -> Option<f64> {
    let [.., (p, low), (_, high)] = rows[..] else { return None };
    let (over, above) = (drawn(rows) - said.0 as f64, 100.0 - p);
    // Between the median and the greatest value lies more than a tail.
    if over <= NEAR * said.0 as f64 || p <= 50.0 || above <= 0.0 || high == low {
        return None;
    }
    // Without the noise of what binary fractions cannot say, such as 99.89999999999999.
    let percent = ((100.0 - above / 10.0) * 1e9).round() / 1e9;
    if !(p < percent && percent < 100.0) {
        return None;
    }
    let on_the_line = low.0 as f64 + 0.9 * (high.0 - low.0) as f64;
    let value = on_the_line - 2.0 * over / (above / 100.0);
    rows.insert(rows.len() - 1, (percent, rounded(value.max(0.0)).clamp(low, high)));
    Some(percent)
}

/// The mean of what is drawn from these points, in nanoseconds.
fn drawn(rows: &[(f64, Nanos)]) -> f64 {
    Sampler::empirical(rows).expect("they rise up to 100 %").mean() * 1e9
}

impl ReportMean {
    /// That of all values, of which the points are some: none is chosen.
    pub(super) fn of_values(rows: &[(f64, Nanos)], said: Nanos) -> ReportMean {
        ReportMean { said, drawn: rounded(drawn(rows)), chosen: Vec::new() }
    }

    /// Whether what is drawn from the points is longer than the report says.
    pub(super) fn is_over(&self) -> bool {
        self.drawn.0 as f64 > self.said.0 as f64 * (1.0 + NEAR)
    }

    /// What was chosen, or how far the points are from the report; nothing where they just have its mean.
    pub fn phrase(&self) -> Option<Phrase> {
        let ReportMean { said, drawn, .. } = self;
        let off = drawn.0 as f64 / said.0.max(1) as f64 - 1.0;
        let is_off = libm::fabs(off) > NEAR;
        let percents: Vec<String> = self.chosen.iter().map(|percent| format!("{percent} %")).collect();
        let (english, korean) = (percents.join(" and "), percents.join(", "));
        let chosen = (!percents.is_empty()).then(|| {
            Phrase::new(
                format!("the measured mean is {said}; what is not printed, at {english}, is chosen to come near it"),
                format!("측정된 평균은 {said}입니다. 출력에 없는 {korean} 지점은 이 평균에 가까워지도록 정했습니다"),
            )
        });
        let off = (off * 100.0).round();
        match (chosen, is_off) {
            (chosen, false) => chosen,
            (Some(chosen), true) => Some(phrase!(
                "{chosen}: what is drawn from these points has a mean of {drawn} ({off:+} %)",
                "{chosen}. 이 지점들에서 뽑은 값의 평균은 {drawn}입니다({off:+} %)",
                chosen
            )),
            (None, true) => Some(phrase!(
                "the measured mean is {said}, and what is drawn from these points has one of {drawn} ({off:+} %)",
                "측정된 평균은 {said}인데, 이 지점들에서 뽑은 값의 평균은 {drawn}입니다({off:+} %)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::percentiles::{Percentiles, read};

    fn mean_of(text: &str) -> (Percentiles, ReportMean) {
        let read = read(text).unwrap_or_else(|error| panic!("{text}: {}", error.phrase()));
        let mean = read.mean.clone().unwrap_or_else(|| panic!("{text}: no mean"));
        (read, mean)
    }

    /// What each prints of the same response times: log-normal, median 80 ms, σ 0.68, 40,000 of them, mean 100.8 ms.
    #[test]
    fn what_is_drawn_from_a_report_has_the_mean_of_the_report() {
        let locust = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,\
            Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n\
            GET,/,40000,0,80,100.8,5.1,1310.4,0,100,0,80,106,127,142,191,245,323,389,654,1003,1310\n";
        let headless = locust.split_once('\n').expect("two lines").1;
        for (text, chosen) in [
            (locust, &[][..]),
            (headless, &[]),
            ("http_req_duration..: avg=100.8ms min=5.1ms med=80ms max=1.31s p(90)=191ms p(95)=245ms", &[99.5]),
            ("Latencies [min, mean, 50, 90, 95, 99, max] 5.1ms, 100.8ms, 80ms, 191ms, 245ms, 389ms, 1.31s", &[99.9]),
            (
                "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency   100.80ms    77.1ms  1.31s   93.69%\n  \
                Latency Distribution\n     50%  80.00ms\n     75%  127.00ms\n     90%    191.00ms\n     99%    389.0ms\n",
                &[0.0, 99.9],
            ),
            ("p50 80 ms\np90 191 ms\np99 389 ms\nmax 1310 ms\nmean: 100.8 ms", &[0.0, 99.9]),
        ] {
            let (read, mean) = mean_of(text);
            let near = mean.drawn.0 as f64 / mean.said.0 as f64;
            assert!((0.97..1.04).contains(&near) && mean.said == Nanos::from_micros(100_800), "{text}: {mean:?}");
            assert_eq!(mean.chosen, chosen, "{text}: {mean:?}");
            // By hand: the mean of straight lines between the points.
            let between =
                read.rows.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1.0 + pair[1].1.0) as f64 / 2.0);
            let by_hand = between.sum::<f64>() / 100.0;
            assert!((by_hand / mean.drawn.0 as f64 - 1.0).abs() < 1e-3, "{text}: {by_hand} {mean:?}");
        }
    }

    #[test]
    fn nothing_is_chosen_where_it_is_not_needed_or_there_is_no_room() {
        // 99 % is the greatest value already; 99.9 % is what would be chosen for this mean.
        let (read, mean) = mean_of("min 1.2ms p50 25ms p95 60ms p99 92.345678ms max 92.345678ms mean 30ms");
        assert_eq!((read.rows.len(), &mean.chosen[..]), (5, &[][..]));
        let (read, mean) = mean_of("min 1.2ms p50 25ms p95 60ms p99 92.3452ms max 92.345678ms mean 20ms");
        assert!(Sampler::empirical(&read.rows).is_ok() && mean.drawn > mean.said);
        assert_eq!(mean.chosen, [99.9]);
        // A mean that is just that of the points.
        let (_, mean) = mean_of("min 0ms p50 10ms max 20ms mean 10ms");
        assert_eq!((mean.drawn, mean.phrase()), (Nanos::from_millis(10), None));
    }
}
