//! The lowest floors of `cachelane`, whose modules these are: the experiment as data ([`scenario`]), what a run showed
//! ([`report`]), texts in every language, time and chance. Nothing here runs; the page is built small, and this with it.
#![forbid(unsafe_code)]

pub mod bytes;
pub mod escape;
pub mod number;
pub mod phrase;
pub mod random;
pub mod report;
pub mod scenario;
pub mod sort;
pub mod time;
