//! `twitter`: the miss ratios of Twitter's 54 production caches, simulated and as published.

use std::fmt::Write as _;
use std::io::Write;

use clap::Args;
use indicatif::ProgressBar;

use super::Failure;
use crate::scenario::Scenario;
use crate::scenario::presets::twitter::{Cluster, clusters};
use crate::simulation::Simulation;
use crate::stats::rank;
use crate::time::Nanos;

/// Simulate Twitter's 54 production caches and print the miss ratios beside the published ones, as Markdown.
#[derive(Args)]
pub struct Twitter {
    /// Print only the row of this cluster.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=54))]
    cluster: Option<u32>,
}

impl Twitter {
    /// Simulates and prints.
    pub fn run(self, out: &mut dyn Write) -> Result<(), Failure> {
        if let Some(number) = self.cluster {
            let cluster = clusters().swap_remove(number as usize - 1);
            return Ok(writeln!(out, "{}", row(&Prediction::of(cluster)?))?);
        }
        let all = clusters();
        let bar = ProgressBar::new(all.len() as u64);
        let predicted = all.into_iter().map(|cluster| {
            bar.inc(1);
            Prediction::of(cluster)
        });
        let predicted = predicted.collect::<Result<Vec<_>, _>>()?;
        bar.finish_and_clear();
        Ok(out.write_all(page(&predicted).as_bytes())?)
    }
}

struct Prediction {
    cluster: Cluster,
    miss_ratio: f64,
    /// The same with reads by popularity, where the preset takes them to be of what was just written.
    by_popularity: Option<f64>,
}

impl Prediction {
    fn of(cluster: Cluster) -> Result<Prediction, Failure> {
        let miss_ratio = simulated(&cluster.toml(false))?;
        let by_popularity = cluster.is_write_first().then(|| simulated(&cluster.toml(true))).transpose()?;
        Ok(Prediction { cluster, miss_ratio, by_popularity })
    }

    fn plain(&self) -> f64 {
        self.by_popularity.unwrap_or(self.miss_ratio)
    }

    /// What correlations are about: clusters whose miss ratio and request statistics are both published.
    fn counts(&self) -> bool {
        self.cluster.miss_ratio.is_some() && self.cluster.rate.is_some()
    }
}

/// The share of gets that miss in the first lane, after the warm-up.
fn simulated(toml: &str) -> Result<f64, Failure> {
    let scenario = Scenario::from_toml(toml).map_err(|error| Failure::Failed(error.to_string()))?;
    let mut lane = Simulation::new(&scenario, 0, None).map_err(|error| Failure::Failed(error.to_string()))?;
    lane.run_until(Nanos::MAX);
    let report = lane.report();
    Ok(report.misses as f64 / (report.hits + report.misses).max(1) as f64)
}

fn row(prediction: &Prediction) -> String {
    let Prediction { cluster, miss_ratio, by_popularity } = prediction;
    let operations: Vec<String> = cluster.operations.iter().map(|(name, share)| format!("{name} {share}")).collect();
    let ttls: Vec<String> = cluster.ttls.iter().take(3).map(|(.., text)| text.clone()).collect();
    let or =
        |number: Option<f64>, digits: usize| number.map_or("–".to_owned(), |number| format!("{number:.digits$}"));
    let ttls = if cluster.ttls.len() > 3 { format!("{} …", ttls.join(" ")) } else { ttls.join(" ") };
    format!(
        "| {} | {} | {ttls} | {} | {} | {miss_ratio:.4} | {} |",
        cluster.number,
        operations.join(", "),
        or(cluster.alpha, 2),
        or(*by_popularity, 4),
        or(cluster.miss_ratio, 4),
    )
}

fn page(predicted: &[Prediction]) -> String {
    let mut page = String::new();
    let with = |chosen: &dyn Fn(&Prediction) -> bool, ratio: &dyn Fn(&Prediction) -> f64| {
        let chosen: Vec<&Prediction> = predicted.iter().filter(|p| p.counts() && chosen(p)).collect();
        let ours: Vec<f64> = chosen.iter().map(|p| ratio(p)).collect();
        let theirs: Vec<f64> = chosen.iter().filter_map(|p| p.cluster.miss_ratio).collect();
        format!("{} | {:.2} | {:.2}", ours.len(), rank::spearman(&ours, &theirs), rank::kendall(&ours, &theirs))
    };
    let mut line = |text: String| writeln!(page, "{text}").expect("a string takes what is written");
    line("| reads | caches | Spearman's ρ | Kendall's τ |\n| --- | --- | --- | --- |".to_owned());
    line(format!("| as the presets have them | {} |", with(&|_| true, &|p| p.miss_ratio)));
    line(format!("| all by popularity | {} |", with(&|_| true, &Prediction::plain)));
    line(format!(
        "| by popularity, without the caches that write first | {} |",
        with(&|p| p.by_popularity.is_none(), &Prediction::plain)
    ));
    line(String::new());
    line("| cluster | operations | TTLs | alpha | by popularity | preset | published |".to_owned());
    line("| --: | --- | --- | --: | --: | --: | --: |".to_owned());
    predicted.iter().for_each(|prediction| line(row(prediction)));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_docs_are_what_is_simulated_now() {
        let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/twitter.md")).expect("the page");
        // By popularity, written first, several TTLs, hardly any misses.
        for number in [4, 13, 26, 47] {
            let cluster = clusters().swap_remove(number - 1);
            let now = row(&Prediction::of(cluster).ok().expect("it runs"));
            assert!(docs.lines().any(|line| line == now), "docs/twitter.md should say {now}; see its last section");
        }
    }

    #[test]
    fn the_page_counts_only_what_is_published_and_compares_like_with_like() {
        // As if everything were as published, only the caches that write first the other way round by popularity.
        let predicted: Vec<Prediction> = clusters()
            .into_iter()
            .map(|cluster| {
                let miss_ratio = cluster.miss_ratio.unwrap_or(0.5);
                let by_popularity = cluster.is_write_first().then_some(-miss_ratio);
                Prediction { cluster, miss_ratio, by_popularity }
            })
            .collect();
        let published = predicted.iter().filter(|p| p.cluster.miss_ratio.is_some() && p.cluster.rate.is_some());
        let (all, reads) = (published.clone().count(), published.filter(|p| !p.cluster.is_write_first()).count());
        assert!(reads < all && all < 54, "{reads} of {all}");
        let page = page(&predicted);
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(lines[2], format!("| as the presets have them | {all} | 1.00 | 1.00 |"));
        assert!(lines[3].starts_with(&format!("| all by popularity | {all} |")) && !lines[3].ends_with("1.00 |"));
        let without = "| by popularity, without the caches that write first";
        assert_eq!(lines[4], format!("{without} | {reads} | 1.00 | 1.00 |"));
        assert_eq!(lines.len(), 8 + 54);
    }
}
