//! The command line.
//!
//! ```text
//! cachelane compare default                    all lanes of an experiment, side by side
//! cachelane capacity never-comes-back         how much load each lane serves, and from how much it heals
//! cachelane run my.toml --lane 2 --json        one lane
//! cachelane compare default --seeds 20         means, intervals, ranges, differences
//! cachelane sweep default --vary cache.ttl=1s..60s/log10    every point of a grid
//! cachelane chart ttl.jsonl --measure read_p99_ms > ttl.svg    a sweep as lines or heat maps, or what nothing beats
//! cachelane story flush-race                   how a write was lost, step by step
//! cachelane export default --lane 4 --for perfetto    every request, for another tool
//! cachelane when flush-race                    how likely it was at each moment, by runs that go on with other luck
//! cachelane worst default --move-faults 20s..25s    the seed and the moment of the crash that cost most
//! cachelane shrink default                     the least that still shows the harm
//! cachelane replay trace.txt --policy lru --capacity 256    the hits of a policy on a trace
//! cachelane curve trace.txt --policy lru,sieve                miss ratio against cache size
//! cachelane fit locust.csv --into default     your own numbers, a law beside them, and a scenario with them
//! cachelane poster default > poster.svg        a picture of it, for a page or print
//! cachelane presets                            experiments to start from
//! cachelane link my.toml --url https://…/      the experiment as a link
//! cachelane check *.toml                       whether scenarios can run
//! cachelane schema                             the JSON Schema of scenarios
//! ```
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done; 1 the run or a check failed;
//! 2 the command or its input is wrong.

mod capacity;
mod chart;
mod choices;
mod curve;
mod export;
mod fit;
mod input;
mod others;
mod outcome;
mod parquet;
mod poster;
mod replay;
mod run;
mod seeds;
mod shrink;
mod story;
mod sweep;
mod twitter;
mod when;
mod worst;

pub use self::outcome::Outcome;
pub use self::run::chart_data;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::escape::{shown, shown_json, shown_lines};
use crate::scenario::Scenario;

/// Simulates cache strategies: what they gain, and what they lose when something breaks.
#[derive(Parser)]
#[command(name = "cachelane", version = VERSION, max_term_width = 110, arg_required_else_help = true)]
#[command(
    after_help = "SCENARIO is a TOML file, a preset's name, a share link (quote it: it begins with #), or - for \
                        standard input."
)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Subcommand)]
enum Command {
    /// Run one lane of a scenario.
    Run(run::Run),
    /// Run all lanes of a scenario side by side: the same traffic, the same faults.
    Compare(run::Compare),
    /// Run an experiment at every point of a grid, with several seeds: a row of JSON for each cell, seed and lane.
    Sweep(sweep::Sweep),
    /// Put the files of a sweep's shards together.
    Merge(sweep::Merge),
    Chart(chart::Chart),
    /// Find how much load each lane serves, and from how much it heals by itself after the faults.
    Capacity(capacity::Capacity),
    /// Tell how a write was lost, a read stale, or a copy left behind, step by step.
    Story(story::Story),
    /// Print every request of a lane for Perfetto, HdrHistogram's plotter, or Elle and Jepsen.
    Export(export::Export),
    When(when::When),
    Worst(worst::Worst),
    Shrink(shrink::Shrink),
    /// Play a trace through one or several caches and count hits and misses.
    Replay(replay::Replay),
    /// Miss ratio against cache size, for several policies, of a trace or of a scenario's requests.
    Curve(curve::Curve),
    Fit(fit::FitNumbers),
    /// Draw a scenario's figures as one SVG with title and numbers, for light and dark pages.
    Poster(poster::Poster),
    /// List the presets, or print one as TOML.
    Presets(others::Presets),
    /// Print a scenario as a share link.
    Link(others::Link),
    /// Check whether scenarios can run, and list everything that is wrong with them.
    Check(others::Check),
    /// Simulate Twitter's 54 production caches and print the miss ratios beside the published ones, as Markdown.
    Twitter(twitter::Twitter),
    /// Print the reference page: every field of a scenario, with range and default.
    Reference,
    /// Print the JSON Schema of scenarios, by which editors complete and check them.
    Schema,
}

/// Why a command failed.
enum Failure {
    /// The command or its input is wrong: exit code 2.
    Input(String),
    /// The run or the check failed: exit code 1.
    Failed(String),
    /// Nothing can be written to standard output.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// A result as JSON that no terminal takes for commands.
fn json(result: &impl serde::Serialize) -> Result<String, Failure> {
    let told = |error: serde_json::Error| Failure::Failed(format!("cannot write the result: {error}"));
    Ok(shown_json(&serde_json::to_string_pretty(result).map_err(told)?).into_owned() + "\n")
}

/// Prints what is wrong with the arguments, or the help that they ask for. Control characters in them are shown escaped.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.to_string();
    let code = ExitCode::from(error.exit_code() as u8);
    if text == shown_lines(&text) {
        // In colour, where the terminal has it.
        let _ = error.print();
    } else {
        let _ = write!(io::stderr(), "{}", shown_lines(&text));
    }
    code
}

/// Runs the command that this process was started with.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match args.command {
        Command::Run(command) => command.run(&mut out),
        Command::Compare(command) => command.run(&mut out),
        Command::Sweep(sweep) => sweep.run(&mut out),
        Command::Merge(merge) => merge.run(&mut out),
        Command::Chart(command) => command.run(&mut out),
        Command::Capacity(command) => command.run(&mut out),
        Command::Story(command) => command.run(&mut out),
        Command::Export(command) => command.run(&mut out),
        Command::When(command) => command.run(&mut out),
        Command::Worst(command) => command.run(&mut out),
        Command::Shrink(command) => command.run(&mut out),
        Command::Replay(command) => command.run(&mut out),
        Command::Curve(command) => command.run(&mut out),
        Command::Fit(command) => command.run(&mut out),
        Command::Poster(command) => command.run(&mut out),
        Command::Presets(command) => command.run(&mut out),
        Command::Link(command) => command.run(&mut out),
        Command::Check(command) => command.run(&mut out),
        Command::Twitter(command) => command.run(&mut out),
        Command::Schema => writeln!(out, "{:#}", Scenario::schema()).map_err(Failure::Output),
        Command::Reference => out.write_all(Scenario::reference().as_bytes()).map_err(Failure::Output),
    };
    match done.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough (`| head`): no error of ours.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is still in the buffer has nowhere to go; dropping it would try again.
            let _ = out.into_parts();
            ExitCode::SUCCESS
        }
        Err(Failure::Output(error)) => complain(&format!("cannot write the output: {error}"), 1),
        Err(Failure::Failed(message)) => complain(&message, 1),
        Err(Failure::Input(message)) => complain(&message, 2),
    }
}

/// Prints something that the reader should know, on standard error.
fn note(sentence: &str) {
    // Where standard error is closed, nobody listens.
    let _ = writeln!(io::stderr(), "note: {}", shown(sentence));
}

fn complain(message: &str, code: u8) -> ExitCode {
    let message = shown_lines(message);
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    let rest: String = lines.map(|line| format!("       {line}\n")).collect();
    // Where standard error is closed too, the exit code has to say it all.
    let _ = write!(io::stderr(), "error: {first}\n{rest}");
    ExitCode::from(code)
}
