//! The sentence at the top: one lane beside another, in the numbers that the experiment is about, as it happens.
//!
//! [`headline`] picks what is worth saying; [`Headline::say`] says it. It never praises the speed of a lane that fails more,
//! and says of a difference only what luck does not explain.

mod expectation;
mod measures;
mod say;

pub use self::expectation::{NO_DIFFERENCE, Question, Verdict};
pub use self::measures::{Measure, Part};
pub use self::say::{Piece, plain};
use crate::report::notable::NOTABLE;
use crate::report::{LaneReport, Report};
use crate::scenario::presets::{Claim, Watch};

/// What is most worth saying, as data. Lanes are their places in the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// The lane that is spoken of.
    pub subject: usize,
    /// The lane it is compared with; none where it is alone.
    pub than: Option<usize>,
    /// What there is to say of the two, the most telling first.
    pub parts: Vec<Part>,
    /// Whether so much has been answered that nothing to say is news of its own.
    pub is_enough: bool,
    /// What the experiment is about first, where that is a number; said where it tells the two not apart.
    pub alike: Option<Part>,
}

/// So much a lane must have answered for it to be said that nothing tells it from another.
const ENOUGH: u64 = 1_000;

/// What is worth a look in any experiment, harm first.
const GENERAL: [Watch; 8] = [
    Watch::Lost,
    Watch::LostIncrements,
    Watch::Errors,
    Watch::AtRisk,
    Watch::WriteP50,
    Watch::StaleReads,
    Watch::ReadP50,
    Watch::ReadP99,
];

/// What is to be said of an experiment, if somebody has decided that: which lane beside which, in which numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Topic<'a> {
    /// The lanes.
    pub claim: Option<Claim>,
    /// The numbers, the first first.
    pub watch: &'a [Watch],
}

/// What `report` has to say about the lanes that `shown` accepts; `None` where none is shown.
pub fn headline(report: &Report, topic: Topic<'_>, shown: impl Fn(usize) -> bool) -> Option<Headline> {
    let is_there = |lane: &usize| *lane < report.lanes.len() && shown(*lane);
    let claim = topic.claim.filter(|claim| is_there(&claim.lane) && is_there(&claim.than));
    let lanes: Vec<usize> = (0..report.lanes.len()).filter(is_there).collect();
    let (subject, than) = match claim {
        Some(claim) => (claim.lane, Some(claim.than)),
        None => pair(report, &lanes)?,
    };
    let [lane, other] = [Some(subject), than].map(|lane| lane.map(|lane| &report.lanes[lane]));
    let lane = lane?;
    let honest = |all: &[Watch]| {
        let parts = all.iter().filter_map(|what| Part::of(*what, lane, other)).collect();
        without_praise(parts, lane, other)
    };
    let general: Vec<Watch> = GENERAL.into_iter().filter(|what| !topic.watch.contains(what)).collect();
    let parts = chosen(honest(topic.watch), honest(&general));
    let counts = [Some(lane), other].into_iter().flatten().map(|lane| lane.requests);
    let is_enough = counts.min().unwrap_or(0) >= ENOUGH;
    let watched = topic.watch.first().filter(|_| parts.is_empty());
    let alike = watched.and_then(|what| Part::number_of(*what, lane, other));
    Some(Headline { subject, than, parts, is_enough, alike })
}

/// The shares of a lane's requests that failed, and that got no good answer within the deadline.
fn failing(lane: &LaneReport) -> [f64; 2] {
    [lane.error_ratio(), if lane.requests + lane.overdue == 0 { 0.0 } else { 1.0 - lane.goodput }]
}

/// Whether more of a lane's requests fail, notably, than of another's.
fn fails_more(lane: &LaneReport, other: &LaneReport) -> bool {
    failing(lane).iter().zip(failing(other)).any(|(its, theirs)| *its > theirs + NOTABLE)
}

/// Who fails more is not called faster, and who fails less is not called slower.
fn without_praise(mut parts: Vec<Part>, lane: &LaneReport, other: Option<&LaneReport>) -> Vec<Part> {
    let Some(other) = other else { return parts };
    let (more, less) = (fails_more(lane, other), fails_more(other, lane));
    parts.retain(|part| match part {
        Part::Time { ms, than, .. } => !(more && ms < than || less && ms > than),
        Part::Number { .. } => true,
    });
    parts
}

/// What the experiment is about, in its order. Of other things only harm that would else go unsaid beside what is none; or,
/// where the experiment is about nothing, the first there is.
fn chosen(watched: Vec<Part>, general: Vec<Part>) -> Vec<Part> {
    let [watched, general] = once(watched, general);
    let is_about = !watched.is_empty();
    let next = if is_about { watched.get(1) } else { general.get(1) }.cloned();
    let mut all = watched.into_iter().chain(general);
    let Some(first) = all.next() else { return Vec::new() };
    let second = if is_about && first.is_harm() { next } else { all.find(Part::is_harm).or(next) };
    std::iter::once(first).chain(second).collect()
}

/// Lost increments are lost writes: where both are as many, they are said once.
fn once(mut watched: Vec<Part>, mut general: Vec<Part>) -> [Vec<Part>; 2] {
    let of = |part: &Part, wanted: Measure| match part {
        Part::Number { measure, value, .. } if *measure == wanted => Some(*value),
        _ => None,
    };
    let increments = watched.iter().chain(&general).find_map(|part| of(part, Measure::Increments));
    for parts in [&mut watched, &mut general] {
        parts.retain(|part| increments.is_none() || of(part, Measure::Lost) != increments);
    }
    [watched, general]
}

/// The lane that is worth speaking of, and the one it is best compared with: who did harm beside who did least; where
/// nobody did any, the fastest beside the slowest.
fn pair(report: &Report, lanes: &[usize]) -> Option<(usize, Option<usize>)> {
    let first = *lanes.first()?;
    if lanes.len() == 1 {
        return Some((first, None));
    }
    let harm: [fn(&LaneReport) -> u64; 5] = [
        |lane| lane.ever_lost,
        |lane| lane.lost_increments,
        |lane| if lane.fails_notably() { lane.errors } else { 0 },
        |lane| lane.at_risk_max,
        |lane| lane.stale_reads,
    ];
    let by_harm = harm.iter().find_map(|count| {
        let of = |lane: &usize| count(&report.lanes[*lane]);
        let worst = *lanes.iter().max_by_key(|lane| (of(lane), usize::MAX - **lane))?;
        let least = *lanes.iter().filter(|lane| **lane != worst).min_by_key(|lane| (of(lane), **lane))?;
        (of(&worst) > of(&least)).then_some((worst, Some(least)))
    });
    let time = |lane: &usize| {
        let latency = &report.lanes[*lane].latency_ms.all;
        (latency.count > 0).then_some(latency.p50)
    };
    let by_speed = || {
        let mut timed: Vec<(usize, f64)> = lanes.iter().filter_map(|lane| Some((*lane, time(lane)?))).collect();
        crate::sort::by(&mut timed, |a, b| a.1.total_cmp(&b.1));
        Some((timed.first()?.0, timed.last().map(|(lane, _)| *lane).filter(|_| timed.len() > 1)))
    };
    by_harm.or_else(by_speed).or(Some((first, lanes.get(1).copied())))
}

#[cfg(test)]
mod tests;
