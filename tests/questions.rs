//! `docs/questions.md`: its scenarios are good, and its commands print what it quotes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cachelane(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cachelane")).current_dir(root()).args(arguments).output().unwrap()
}

#[test]
fn every_scenario_of_a_question_is_good_and_used() {
    let text = fs::read_to_string(root().join("docs/questions.md")).unwrap();
    let files: Vec<PathBuf> =
        fs::read_dir(root().join("docs/questions")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 10);
    for file in files {
        let name = format!("docs/questions/{}", file.file_name().unwrap().to_str().unwrap());
        assert!(text.contains(&name), "{name} is of no question");
        let checked = cachelane(&["check", &name]);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// Each command, with the lines that stand under it.
fn quoted(text: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once("\n```sh\n") {
        let (command, after) = after.split_once("\n```\n").expect("a block has an end");
        let (_, after) = after.split_once("```text\n").expect("a command has its output");
        let (output, after) = after.split_once("\n```\n").expect("a block has an end");
        all.push((command.trim(), output.lines().collect()));
        rest = after;
    }
    all
}

#[test]
#[ignore = "minutes; `make test-long` runs it"]
fn every_answer_prints_what_it_quotes() {
    let text = fs::read_to_string(root().join("docs/questions.md")).unwrap();
    let all = quoted(&text);
    assert!(all.len() >= 20, "{} commands", all.len());
    let folder = Path::new(env!("CARGO_BIN_EXE_cachelane")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    for (command, lines) in all {
        let output = Command::new("sh").args(["-c", command]).current_dir(root()).env("PATH", &path).output().unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        let mut rest = printed.lines();
        for line in lines {
            assert!(rest.any(|other| other.trim_end() == line.trim_end()), "{command}\n{line}\nis not in\n{printed}");
        }
    }
}
