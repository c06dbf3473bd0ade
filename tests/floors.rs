//! The floors of the crate: no file uses a module that does not stand below its own. The list is the picture in DESIGN.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the picture in a text, each with its floor: `floor 2  engine   …`, and under it `         ledger   …`.
fn floors(design: &str) -> BTreeMap<String, u32> {
    let picture =
        design.split("```").find(|block| block.contains("\nfloor 0 ")).expect("DESIGN.md has a picture of the floors");
    let mut floor = 0;
    let modules = picture.lines().skip(1).filter_map(|line| {
        let mut words = line.split_whitespace().peekable();
        if words.next_if_eq(&"floor").is_some() {
            floor = words.next()?.parse().expect("a floor has a number");
        }
        Some((words.next()?.to_owned(), floor))
    });
    modules.collect()
}

/// The modules of the crate that a file's code names, comments and its own tests left out.
fn modules_named(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let module = |path: &str| path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let named = code.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        // `use crate::{one, other::thing};`
        Some(group) => group.split('}').next().unwrap_or_default().split(',').map(module).collect::<Vec<_>>(),
        None => vec![module(rest)],
    });
    named.collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

#[test]
fn no_file_uses_a_module_that_does_not_stand_below_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let floors = floors(&fs::read_to_string(root.join("DESIGN.md")).expect("DESIGN.md"));
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for file in files_in(&root.join("src")) {
        let place = file.strip_prefix(root.join("src")).expect("a file in src");
        // Two folders are crates of their own, with modules of the picture in them.
        let mut names = place.iter().map(|name| name.to_string_lossy().trim_end_matches(".rs").to_owned());
        let module = names.find(|name| !["base", "simulator"].contains(&name.as_str())).unwrap_or_default();
        if ["lib", "bin"].contains(&module.as_str()) || place.extension().is_none_or(|kind| kind != "rs") {
            continue; // they are above all floors
        }
        let own = *floors.get(&module).unwrap_or_else(|| panic!("{module} is missing in the picture in DESIGN.md"));
        for used in modules_named(&fs::read_to_string(&file).expect("a text")) {
            if used != module && floors.get(&used).is_some_and(|floor| *floor >= own) {
                wrong.push(format!("{} (floor {own}) uses {used} (floor {})", place.display(), floors[&used]));
            }
        }
        seen.insert(module);
    }
    assert!(wrong.is_empty(), "imports run upwards:\n{}", wrong.join("\n"));
    assert_eq!(seen, floors.into_keys().collect(), "the modules of the picture are those in src");
}
