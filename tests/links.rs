//! Links that were shared once open for ever: `tests/data/links.tsv` grows with each version, and no line of it changes.
//!
//! A line: since which version of links, the link, and a digest of the scenario that it means, without names (which may be
//! worded better). A new line has `-` for its digest, which `REWRITE_LINKS=1 cargo test --test cachelane links` fills in.

use cachelane::scenario::{Scenario, link};

const FILE: &str = "tests/data/links.tsv";

/// FNV-1a over the scenario as a file says it, without its names.
fn digest(mut scenario: Scenario) -> String {
    scenario.name.clear();
    scenario.lanes.iter_mut().for_each(|lane| lane.name.clear());
    let hash = scenario
        .to_toml()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[test]
fn every_link_that_was_shared_once_means_what_it_meant() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut versions = std::collections::BTreeSet::new();
    let lines = text.lines().map(|line| {
        let [version, shared, known] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}: three columns")
        };
        assert!(shared.starts_with(&format!("#{version}")), "{line}: of another version");
        versions.insert(version.to_owned());
        let opened = link::decode(shared).unwrap_or_else(|error| panic!("{shared}: {error}"));
        let found = digest(opened.scenario);
        assert!(known == "-" || known == found, "{shared}: it means something else than it did");
        format!("{version}\t{shared}\t{found}\n")
    });
    let written: String = lines.collect();
    if std::env::var_os("REWRITE_LINKS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert_eq!(text, written, "{FILE}: a digest is missing");
    assert!(versions.contains(link::VERSION), "there is a link of the newest version");
}
