//! Mutations of a corpus, always the same ones: what reads links, files, traces and messages copes with all of them.
//! `make fuzz` goes on with others.
//!
//! What fails is left in `target/fuzz/`. Once it is mended, put it into `fuzz/corpus/`: from then on it is tried first.

#[path = "../fuzz/properties.rs"]
mod properties;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use cachelane::random::{Stream, Streams};
use cachelane::scenario::{link, presets};

use crate::bad_input;

/// No input is longer.
const LENGTH_MAX: usize = 4_096;

/// What breaks readers of numbers and structure.
const TOKENS: [&str; 40] = [
    "0",
    "-1",
    "1",
    "-0.0",
    "0.5",
    "1e308",
    "1e-308",
    "1e999",
    "nan",
    "inf",
    "65535",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "584y",
    "1ns",
    "5e-324s",
    "1_000",
    "0x10",
    "&",
    "=",
    "#",
    "%",
    "%00",
    "%F0%9F",
    "~",
    "(",
    ")",
    ",",
    ":",
    ".",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\u0000",
    "가",
];

#[test]
fn mutated_links_are_read_or_refused() {
    let seeds =
        presets::ALL.iter().map(|preset| link::encode_shortest(preset.scenario()).expect("a preset has a link"));
    let bad = bad_input::rows("links", "link").into_iter().map(|(link, _)| link);
    fuzz("link", b'&', seeds.chain(bad).map(String::into_bytes), 10_000);
}

#[test]
fn mutated_files_are_read_or_refused() {
    let seeds = presets::ALL.iter().map(|preset| preset.scenario().to_toml());
    let bad = bad_input::rows("scenarios", "toml").into_iter().map(|(toml, _)| toml);
    fuzz("toml", b'\n', seeds.chain(bad).map(String::into_bytes), 10_000);
}

#[test]
fn mutated_traces_are_read_or_refused() {
    let bad = bad_input::rows("traces", "trace").into_iter().map(|(trace, _)| trace.into_bytes());
    fuzz("trace", b'\n', bad, 150_000);
}

#[test]
fn mutated_messages_are_read_or_refused() {
    fuzz("message", b',', std::iter::empty(), 100_000);
}

/// Tries the corpus of a property, `more` of the same, and so many mutations of them. Between their parts (pairs, lines)
/// stands `between`.
fn fuzz(name: &str, between: u8, more: impl Iterator<Item = Vec<u8>>, mutations: u32) {
    let (_, property) = properties::ALL.into_iter().find(|(known, _)| *known == name).expect("a property");
    let corpus: Vec<Vec<u8>> = corpus(name).into_iter().chain(more).collect();
    for input in &corpus {
        check(name, property, input);
    }
    let (mut tried, mut read) = (0, 0);
    for seed in seeds() {
        let mut draws = Streams::new(seed).named(name);
        read += (0..mutations).filter(|_| check(name, property, &mutated(&corpus, between, &mut draws))).count();
        tried += mutations as usize;
    }
    // What nobody reads tries only the first step.
    let share = read as f64 / tried as f64;
    println!("{name}: {tried} mutations, {:.1} % of them could be read", share * 100.0);
    assert!((0.05..0.9).contains(&share), "{name}: {read} of {tried} mutations could be read");
}

/// Always the same one; new ones for `FUZZ_SECONDS` where that is set (`make fuzz`).
#[allow(clippy::disallowed_methods, reason = "how long to search and where to begin; no simulation hears of it")]
fn seeds() -> Box<dyn Iterator<Item = u64>> {
    let Ok(seconds) = std::env::var("FUZZ_SECONDS") else { return Box::new(std::iter::once(1)) };
    let longest = Duration::from_secs(seconds.parse().expect("FUZZ_SECONDS is a number of seconds"));
    let begun = Instant::now();
    let first = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970").as_millis() as u64;
    Box::new((first..).take_while(move |_| begun.elapsed() < longest))
}

/// The files of `fuzz/corpus/NAME`, by name.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no files", folder.display());
    paths.iter().map(|path| fs::read(path).expect("a file of the corpus")).collect()
}

/// Tries one input, and says whether it could be read; one that fails is kept.
fn check(name: &str, property: properties::Property, input: &[u8]) -> bool {
    panic::catch_unwind(AssertUnwindSafe(|| property(input))).unwrap_or_else(|panic| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
        fs::create_dir_all(&folder).expect("target can be written");
        let path = folder.join(format!("{name}-{:08x}", hash_of(input)));
        fs::write(&path, input).expect("target can be written");
        eprintln!("what failed is in {}; once it is mended, put it into fuzz/corpus/{name}/", path.display());
        eprintln!("{}", String::from_utf8_lossy(input).escape_debug());
        panic::resume_unwind(panic)
    })
}

/// Tells inputs apart by their bytes.
fn hash_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// One of `corpus` with a change, or with up to six.
fn mutated(corpus: &[Vec<u8>], between: u8, draws: &mut Stream) -> Vec<u8> {
    let mut bytes = corpus[below(corpus.len(), draws)].clone();
    let changes = if draws.chance(0.5) { 1 } else { 1 + draws.below(6) };
    for _ in 0..changes {
        let other = &corpus[below(corpus.len(), draws)];
        match draws.below(10) {
            0..4 => change_parts(&mut bytes, other, between, draws),
            4..8 => change_word(&mut bytes, other, draws),
            _ => change_bytes(&mut bytes, other, draws),
        }
        bytes.truncate(LENGTH_MAX);
    }
    bytes
}

/// Takes a part out, or puts one in: of its own or of another.
fn change_parts(bytes: &mut Vec<u8>, other: &[u8], between: u8, draws: &mut Stream) {
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == between).collect();
    let others: Vec<&[u8]> = other.split(|byte| *byte == between).collect();
    let at = below(parts.len(), draws);
    match draws.below(4) {
        0 => drop(parts.remove(at)),
        1 => parts.insert(at, parts[below(parts.len(), draws)]),
        2 => parts[at] = others[below(others.len(), draws)],
        _ => parts.insert(at, others[below(others.len(), draws)]),
    }
    *bytes = parts.join(&between);
}

/// Another digit, number, or word of another.
fn change_word(bytes: &mut Vec<u8>, other: &[u8], draws: &mut Stream) {
    let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
    if draws.chance(0.5) && !digits.is_empty() {
        bytes[digits[below(digits.len(), draws)]] = b'0' + draws.below(10) as u8;
        return;
    }
    let word = word_at(bytes, below(bytes.len(), draws));
    let new = match draws.chance(0.5) {
        true => token(draws),
        false => other[word_at(other, below(other.len(), draws))].to_vec(),
    };
    drop(bytes.splice(word, new));
}

fn change_bytes(bytes: &mut Vec<u8>, other: &[u8], draws: &mut Stream) {
    let piece = piece_of(bytes, draws);
    match draws.below(7) {
        0 => bytes[piece].iter_mut().take(1).for_each(|byte| *byte ^= 1 << draws.below(8)),
        1 => bytes[piece].iter_mut().take(1).for_each(|byte| *byte = draws.below(256) as u8),
        2 => drop(bytes.drain(piece)),
        3 => {
            let copy = bytes[piece.clone()].repeat(1 + below(40, draws));
            drop(bytes.splice(piece, copy));
        }
        4 => {
            let moved: Vec<u8> = bytes.drain(piece).collect();
            let at = below(bytes.len() + 1, draws);
            drop(bytes.splice(at..at, moved));
        }
        5 => drop(bytes.splice(piece, other[piece_of(other, draws)].iter().copied())),
        _ => drop(bytes.splice(piece.start..piece.start, token(draws))),
    }
}

fn token(draws: &mut Stream) -> Vec<u8> {
    TOKENS[below(TOKENS.len(), draws)].as_bytes().to_vec()
}

/// The letters and digits around a byte.
fn word_at(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let of_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let before = bytes[..at].iter().rev().take_while(|byte| of_word(byte)).count();
    let behind = bytes[at..].iter().take_while(|byte| of_word(byte)).count();
    at - before..at + behind
}

/// A piece, most often a short one; empty only in what is empty.
fn piece_of(bytes: &[u8], draws: &mut Stream) -> std::ops::Range<usize> {
    let start = below(bytes.len(), draws);
    let longest = if draws.chance(0.7) { 8 } else { 200 };
    let length = 1 + below(longest, draws);
    start..(start + length).min(bytes.len())
}

/// A number below `n`; 0 for 0.
fn below(n: usize, draws: &mut Stream) -> usize {
    if n == 0 { 0 } else { draws.below(n as u32) as usize }
}
