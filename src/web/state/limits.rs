//! The reader's own limits, which a lane passes or fails: `read_p99<50,lost<=0` in links.

use super::board::{Limited, limitable};
use crate::phrase::Phrase;
use crate::report::LaneReport;

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Of what.
    pub of: &'static Limited,
    /// The highest that passes, or the lowest.
    pub bound: f64,
    /// Whether the bound itself passes.
    pub includes: bool,
}

/// All limits, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits(Vec<Limit>);

impl Limit {
    /// The sign between the name and the bound.
    pub fn sign(self) -> &'static str {
        match (self.of.high_is_good, self.includes) {
            (false, false) => "<",
            (false, true) => "<=",
            (true, false) => ">",
            (true, true) => ">=",
        }
    }

    /// Whether a lane fails it. A lane that has no such number does not.
    pub fn fails(self, lane: &LaneReport) -> bool {
        let Some(value) = (self.of.value)(lane) else { return false };
        let is_inside = if self.of.high_is_good { value > self.bound } else { value < self.bound };
        !(is_inside || (self.includes && value == self.bound))
    }
}

/// Whether the bound itself passes where the reader does not say it: not for times, as service levels are written.
fn includes(of: &Limited) -> bool {
    of.unit != super::board::Unit::Millis
}

impl Limits {
    /// What links say.
    ///
    /// ```
    /// use cachelane::web::state::limits::Limits;
    /// let limits = Limits::read("lost<=0,read_p99<50").unwrap();
    /// assert_eq!(limits.write(), "lost<=0,read_p99<50");
    /// assert!(Limits::read("read_p99<50,hats<3").is_none());
    /// ```
    pub fn read(text: &str) -> Option<Limits> {
        let mut limits = Limits::default();
        for part in text.split(',') {
            let at = part.find(['<', '>'])?;
            let (name, rest) = part.split_at(at);
            let of = limitable().find(|of| of.name == name)?;
            let rest = rest.strip_prefix(if of.high_is_good { '>' } else { '<' })?;
            let (includes, number) = rest.strip_prefix('=').map_or((false, rest), |number| (true, number));
            let bound = of.unit.accept(number.parse().ok()?)?;
            if limits.of(of).is_some() {
                return None; // which of the two?
            }
            limits.put(Limit { of, bound, includes });
        }
        Some(limits)
    }

    /// As links say it; empty where there are none.
    pub fn write(&self) -> String {
        let parts = self.0.iter().map(|limit| format!("{}{}{}", limit.of.name, limit.sign(), limit.bound));
        parts.collect::<Vec<_>>().join(",")
    }

    /// What may stand there.
    pub fn allowed() -> Phrase {
        let signs = |of: &Limited| format!("{}{}", of.name, if of.high_is_good { ">=" } else { "<" });
        let names = limitable().map(signs).collect::<Vec<_>>().join(", ");
        Phrase::new(
            format!("limits such as read_p99<50 (ms), error_share<=0.01, lost<=0, with commas between; of {names}"),
            format!("read_p99<50(ms), error_share<=0.01, lost<=0 같은 한계를 쉼표로 구분. 항목: {names}"),
        )
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The limit of that number, if it has one.
    pub fn of(&self, of: &Limited) -> Option<Limit> {
        self.0.iter().copied().find(|limit| limit.of == of)
    }

    /// These limits with another bound of that number, or without one.
    #[must_use]
    pub fn with(&self, of: &'static Limited, bound: Option<f64>) -> Limits {
        let mut limits = self.clone();
        let sign = limits.of(of).map_or(includes(of), |limit| limit.includes);
        limits.0.retain(|limit| limit.of != of);
        if let Some(bound) = bound {
            limits.put(Limit { of, bound, includes: sign });
        }
        limits
    }

    fn put(&mut self, limit: Limit) {
        self.0.push(limit);
        let place = |limit: &Limit| limitable().position(|of| of == limit.of);
        crate::sort::by_key(&mut self.0, place);
    }

    /// The limits that a lane fails.
    pub fn failed<'a>(&'a self, lane: &'a LaneReport) -> impl Iterator<Item = Limit> + 'a {
        self.0.iter().copied().filter(|limit| limit.fails(lane))
    }
}

/// The sign of a limit that is not set yet.
pub fn usual_sign(of: &'static Limited) -> &'static str {
    Limit { of, bound: 0.0, includes: includes(of) }.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Latencies, Summary};

    fn failed(limits: &str, lane: &LaneReport) -> Vec<&'static str> {
        let limits = Limits::read(limits).expect("limits");
        limits.failed(lane).map(|limit| limit.of.name).collect()
    }

    #[test]
    fn limits_are_read_as_they_were_written_in_the_order_of_the_table() {
        let limits = Limits::read("hit_ratio>=0.9,read_p99<50,lost<=0").unwrap();
        assert_eq!(limits.write(), "lost<=0,hit_ratio>=0.9,read_p99<50");
        assert_eq!(Limits::read(&limits.write()), Some(limits));
        assert_eq!(Limits::read("error_share>0.2"), None, "a high share of errors is not to be asked for");
        for nonsense in ["", "lost", "lost<=", "lost<=-1", "lost<=NaN", "lost==0", "lost<=0,lost<=1", "hit_ratio>=90"] {
            assert_eq!(Limits::read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_lane_fails_the_limits_that_it_is_not_inside_of() {
        let read = Summary { count: 10, p99: 50.0, ..Summary::default() };
        let lane = LaneReport {
            ever_lost: 1,
            requests: 100,
            errors: 1,
            hits: 9,
            misses: 1,
            hit_ratio: 0.9,
            latency_with_errors_ms: Latencies { read, ..Latencies::default() },
            ..LaneReport::default()
        };
        assert_eq!(failed("lost<=0,read_p99<50,error_share<=0.01,hit_ratio>=0.9", &lane), ["lost", "read_p99"]);
        assert_eq!(failed("lost<=1,read_p99<=50,error_share<0.01,hit_ratio>0.9", &lane), ["error_share", "hit_ratio"]);
        assert_eq!(failed("write_p99<50", &lane), Vec::<&str>::new(), "it has no writes");
    }

    #[test]
    fn another_bound_keeps_the_sign_that_the_link_said() {
        let limits = Limits::read("read_p99<=50").unwrap();
        let of = limitable().find(|of| of.name == "read_p99").unwrap();
        assert_eq!(limits.with(of, Some(80.0)).write(), "read_p99<=80");
        assert!(limits.with(of, None).is_empty());
        assert_eq!(Limits::default().with(of, Some(80.0)).write(), "read_p99<80");
    }
}
