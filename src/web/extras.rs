//! Figures that only some experiments have: lost increments, hits in near caches, what an open breaker turned away.
//!
//! The scoreboard has what every reader wants of every lane. These stand in a table of their own, and only those that
//! some lane has.

use crate::report::LaneReport;

/// One such figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the report's fields say what they are")]
pub enum Extra {
    Increments,
    LostIncrements,
}

/// How a figure is written, and whether it is bad news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// So many.
    Count,
    /// So many, and each is one too many.
    Bad,
}

impl Extra {
    /// In the order of the table.
    pub const ALL: &[Extra] = &[Extra::Increments, Extra::LostIncrements];

    /// The figure of a lane.
    pub fn of(self, lane: &LaneReport) -> f64 {
        match self {
            Extra::Increments => lane.increments as f64,
            Extra::LostIncrements => lane.lost_increments as f64,
        }
    }

    /// How it is written.
    pub fn sort(self) -> Sort {
        match self {
            Extra::LostIncrements => Sort::Bad,
            Extra::Increments => Sort::Count,
        }
    }

    /// The figures that some of `lanes` have.
    pub fn met<'a>(lanes: impl Iterator<Item = &'a LaneReport> + Clone) -> Vec<Extra> {
        Extra::ALL.iter().copied().filter(|extra| lanes.clone().any(|lane| extra.of(lane) > 0.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_told_where_a_lane_has_it_and_not_where_none_does() {
        let some = LaneReport { increments: 3000, lost_increments: 212, ..LaneReport::default() };
        let none = LaneReport::default();
        assert_eq!(Extra::met([&none, &none].into_iter()), []);
        assert_eq!(Extra::met([&none, &some].into_iter()), [Extra::Increments, Extra::LostIncrements]);
    }
}
