//! `export`: a lane's requests for other tools.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Failure, input, run};
use crate::experiment::Plan;
use crate::history::{Broken, hgrm, jepsen, perfetto};
use crate::report::FaultReport;
use crate::time::Nanos;

/// For which tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tool {
    /// Trace events in JSON, for Perfetto (ui.perfetto.dev) and Chrome's about:tracing: a slice for each request and fault.
    Perfetto,
    /// The percentiles of response times in milliseconds, for HdrHistogram's plotter; sent after the warm-up, errors left out.
    Hgrm,
    /// A history of operations in EDN, for Elle and Jepsen (model rw-register).
    Jepsen,
}

/// Which requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    All,
    Reads,
    Writes,
}

/// Print every request of a lane, or the distribution of its response times, as another tool reads it.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    source: input::Source,
    /// Of which lane, by number (from 0) or name; needed where there are several.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// For which tool.
    #[arg(long = "for", value_enum)]
    tool: Tool,
    /// Which requests.
    #[arg(long, value_enum, default_value_t = Which::All)]
    of: Which,
}

impl Export {
    /// Runs the lane and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        if self.tool == Tool::Jepsen && self.of != Which::All {
            let why = "a history without its writes, or reads, cannot be judged; leave it out with --for jepsen";
            return Err(Failure::Input(format!("--of: {why}")));
        }
        let scenario = self.source.read()?;
        let lane = run::chosen_lane(&scenario, self.lane.as_deref()).map_err(Failure::Input)?;
        let trace = input::trace_of(&scenario)?;
        let plan = Plan::new(&scenario, trace).map_err(run::cannot_run)?;
        let mut experiment = plan.begin_lanes(std::iter::once(lane));
        experiment.keep_history();
        experiment.advance(Nanos::MAX, || false);
        if let Some((_, why)) = experiment.stopped().find(|(_, why)| !why.is_after_the_run()) {
            return Err(Failure::Failed(format!("the lane was stopped before the end of the run: {why}")));
        }
        let mut answered = experiment.take_history(0);
        answered.retain(|one| match self.of {
            Which::All => true,
            Which::Reads => one.write.is_none(),
            Which::Writes => one.write.is_some(),
        });
        let text = match self.tool {
            Tool::Hgrm => {
                let counted = answered.iter().filter(|one| one.issued >= scenario.warmup && one.outcome.is_ok());
                hgrm(counted.map(|one| one.at - one.issued))
            }
            Tool::Jepsen => jepsen(&answered),
            Tool::Perfetto => {
                let faults = experiment.report().lanes.swap_remove(0).faults;
                let broken: Vec<Broken> = faults.iter().map(broken).collect();
                perfetto(&scenario.titles()[lane], &answered, &broken)
            }
        };
        Ok(out.write_all(text.as_bytes())?)
    }
}

fn broken(fault: &FaultReport) -> Broken {
    let which = fault.which.as_ref().map(|which| format!(" ({which})")).unwrap_or_default();
    let (from, lasts) = (Nanos::from_secs_f64(fault.at_s), Nanos::from_secs_f64(fault.for_s));
    Broken { what: fault.what.clone() + &which, from, until: from.saturating_add(lasts) }
}
