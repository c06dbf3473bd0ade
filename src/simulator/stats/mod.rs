//! Figures kept while a run goes on, without keeping its samples: histograms and time series.

mod histogram;
pub mod rank;
mod series;
mod share;
mod spread;

pub use histogram::{Histogram, LOCUST_PERCENTS};
pub use series::TimeSeries;
pub use share::Share;
pub use spread::Spread;
