//! Share links: the whole experiment in the part of an address after `#`.
//!
//! ```text
//! #v2&preset=default&cache.ttl=5s&lane.4.write.every=2s&fault.1=(at:40s,what:cache.crash)&view.theme=dark
//!  │   │              └ what differs from the preset: a field's path, a value (see `notation`)
//!  │   └ what it differs from; `default` where none is named
//!  └ the version: which presets and which defaults are meant
//! ```
//!
//! A field's path is that of the TOML file, with dots; lanes and faults are numbered from 0. `lane.3=(…)` just behind
//! the last adds one, `lane.count=3` keeps the first three. `view.…` says how the page shows it all.
//! Nothing is replaced in silence: what cannot be read is a [`Problem`](super::Problem) with its field.
//!
//! A link means the same forever. When presets or defaults change, links get a new number. One of an [earlier
//! version](super::versions) begins with the preset as it was, and gets the defaults of its day written out wherever it
//! says nothing: it is a scenario like any other then, and the next link of it is one of the current version.

mod percent;

use super::edit::{Accept, Editor};
use super::field::Field;
use super::node::{Fields, Node, Value, join};
use super::presets::{self, Preset};
use super::problem::{Problems, Reason, ScenarioError, did_you_mean};
use super::{Scenario, notation, versions};
use crate::phrase::{Phrase, phrase};

/// The version that links are written in.
pub const VERSION: &str = "v2";

/// The most bytes of a link.
pub const LENGTH_MAX: usize = 16 * 1024;

/// How the page may show an experiment, in `view.…` pairs of its link.
pub const VIEW: &[&str] =
    &["lang", "theme", "embed", "figures", "controls", "lanes", "axis", "percentile", "limits", "speed", "start"];

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The name of the preset that it starts from.
    pub preset: &'static str,
    /// The experiment.
    pub scenario: Scenario,
    /// How to show it: the `view.…` pairs by what follows the dot, in their order. What they may say is the page's to know.
    pub view: Vec<(String, String)>,
}

/// What the link `fragment` says; the `#` in front may be there or not. An empty fragment is the preset `default`.
///
/// ```
/// use cachelane::scenario::link;
/// let link = link::decode("#v2&preset=default&cache.ttl=5s&view.theme=dark").unwrap();
/// assert_eq!(link.scenario.cache.ttl, cachelane::scenario::Ttl::Fixed("5s".parse().unwrap()));
/// assert_eq!(link.view, [("theme".to_owned(), "dark".to_owned())]);
/// ```
pub fn decode(fragment: &str) -> Result<Link, ScenarioError> {
    let mut problems = Problems::default();
    let (version, pairs) = pairs(fragment, &mut problems)?;
    let preset = base(version, &pairs, &mut problems);
    let before = preset.scenario_of(version);
    let changes_nothing = pairs.iter().all(|(key, _)| key == "preset" || key.starts_with("view."));
    let tree = if changes_nothing { Value::Table(Vec::new()).into() } else { before.show() };
    let mut editor = Editor::of_tree(tree, problems);
    let mut view = Vec::new();
    for (i, (key, value)) in pairs.iter().enumerate() {
        if let Some(earlier) = pairs[..i].iter().find(|(earlier, _)| clash(earlier, key)) {
            let sentence = if earlier.0 == *key {
                Phrase::fixed("is given twice; keep one", "두 번 있습니다. 하나만 남겨 주세요")
            } else {
                Phrase::fixed(
                    "replaces what the same link said earlier inside it; give it first, or keep one",
                    "같은 링크의 앞에서 정한 값을 덮어씁니다. 이것을 먼저 적거나 하나만 남겨 주세요",
                )
            };
            editor.problems.because(key, value, sentence);
        } else if let Some(option) = key.strip_prefix("view.") {
            read_view(option, value, &mut view, &mut editor.problems);
        } else if key != "preset" {
            editor.set(key, value);
        }
    }
    let scenario = if changes_nothing {
        editor.problems.finish(before.clone())? // which was checked when it was read, or by a test
    } else {
        versions::bring_up(&mut editor.tree, version);
        editor.finish(Accept::Good)?
    };
    Ok(Link { preset: preset.name, scenario, view })
}

/// `scenario` with the fields of `settings` changed: `("cache.ttl", "5s")`, paths and values as links write them. What
/// this leaves without effect goes back to its default.
///
/// ```
/// use cachelane::scenario::{Scenario, link};
/// let scenario = link::with(&Scenario::default(), &[("seed", "7"), ("lane.0.write", "write-back(every:2s)")]).unwrap();
/// assert_eq!((scenario.seed, scenario.lanes[0].write.name()), (7, "write-back"));
/// ```
pub fn with(scenario: &Scenario, settings: &[(&str, &str)]) -> Result<Scenario, ScenarioError> {
    let mut editor = Editor::of(scenario);
    settings.iter().for_each(|(path, value)| editor.set(path, value));
    editor.finish(Accept::Good)
}

/// The link, with its `#`, that says `scenario` as what differs from `preset`, and `view` with it.
///
/// # Errors
/// When there is no such preset, or when the link would be longer than [`LENGTH_MAX`].
///
/// ```
/// use cachelane::scenario::{link, presets};
/// let mut scenario = presets::get("default").unwrap().scenario().clone();
/// scenario.seed = 9;
/// assert_eq!(link::encode(&scenario, "default", &[]).unwrap(), "#v2&preset=default&seed=9");
/// ```
pub fn encode(scenario: &Scenario, preset: &str, view: &[(String, String)]) -> Result<String, ScenarioError> {
    let link = of_any_length(scenario, preset, view)?;
    if link.len() > LENGTH_MAX {
        let length = link.len();
        let sentence = phrase!(
            "the link has {length} bytes, and at most {LENGTH_MAX} get through everywhere; save the scenario as a TOML file \
             instead",
            "링크가 {length}바이트입니다. 어디서나 쓸 수 있는 링크는 최대 {LENGTH_MAX}바이트입니다. 시나리오를 TOML 파일로 저장해 주세요"
        );
        return Err(ScenarioError::because("", "", sentence));
    }
    Ok(link)
}

/// [`encode`], however long the link becomes.
pub fn of_any_length(scenario: &Scenario, preset: &str, view: &[(String, String)]) -> Result<String, ScenarioError> {
    let base = presets::get(preset)?;
    let mut pairs = vec![("preset".to_owned(), base.name.to_owned())];
    if scenario != base.scenario() {
        differences("", &base.scenario().show(), &scenario.show(), &mut pairs);
    }
    pairs.extend(view.iter().map(|(option, value)| (format!("view.{option}"), value.clone())));
    let pairs = pairs.iter().map(|(key, value)| format!("&{}={}", percent::encode(key), percent::encode(value)));
    Ok(format!("#{VERSION}{}", pairs.collect::<String>()))
}

/// The link of `scenario` relative to `default`, or to another preset that it is so much like that this halves the link;
/// of Twitter's caches only to the one that has its name, for there are many.
pub fn encode_shortest(scenario: &Scenario) -> Result<String, ScenarioError> {
    let links = presets::ALL
        .iter()
        .chain(presets::twitter::of_title(&scenario.name))
        .map(|preset| encode(scenario, preset.name, &[]));
    let weight = |(number, link): &(usize, Result<String, ScenarioError>)| {
        link.as_ref().map_or(usize::MAX, |link| if *number == 0 { link.len() } else { 2 * link.len() })
    };
    let shortest = links.enumerate().min_by_key(weight).map(|(_, link)| link);
    shortest.unwrap_or_else(|| encode(scenario, "default", &[]))
}

fn too_long(length: usize) -> Phrase {
    phrase!(
        "the link has {length} bytes, and at most {LENGTH_MAX} get through everywhere",
        "링크가 {length}바이트입니다. 어디서나 쓸 수 있는 링크는 최대 {LENGTH_MAX}바이트입니다"
    )
}

/// The version of a link, and its pairs, decoded.
fn pairs(fragment: &str, problems: &mut Problems) -> Result<(u32, Vec<(String, String)>), ScenarioError> {
    let text = fragment.trim();
    let text = text.strip_prefix('#').unwrap_or(text);
    if text.len() > LENGTH_MAX {
        return Err(ScenarioError::because("", "", too_long(text.len())));
    }
    let mut parts = text.split('&');
    let version = parts.next().unwrap_or_default();
    if text.is_empty() {
        return Ok((versions::CURRENT, Vec::new()));
    }
    let Some(version) = (1..=versions::CURRENT).find(|known| version.strip_prefix('v') == Some(&known.to_string()))
    else {
        let sentence = phrase!(
            "unknown link version; links begin with #{VERSION}, older ones with #v1",
            "알 수 없는 링크 버전입니다. 링크는 #{VERSION}로, 이전 링크는 #v1로 시작합니다"
        );
        let version: String = version.chars().take(40).collect();
        return Err(ScenarioError::because("", &format!("#{version}"), sentence));
    };
    let mut pairs = Vec::new();
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match (percent::decode(key), percent::decode(value)) {
            _ if key.is_empty() => problems.because(
                "",
                part,
                Phrase::fixed("a pair without a name; write field=value", "이름이 없습니다. field=value로 적어 주세요"),
            ),
            _ if key.len() == part.len() => problems.because(
                key,
                "",
                Phrase::fixed("there is no value; write field=value", "값이 없습니다. field=value로 적어 주세요"),
            ),
            (Ok(key), Ok(value)) => pairs.push((key, value)),
            (Err(sentence), _) | (_, Err(sentence)) => problems.because(key, value, sentence),
        }
    }
    Ok((version, pairs))
}

/// The preset that a link of this version names, or `default`.
fn base(version: u32, pairs: &[(String, String)], problems: &mut Problems) -> &'static Preset {
    let named = pairs.iter().find(|(key, _)| key == "preset").map_or("default", |(_, name)| name);
    presets::of_version(version, named).unwrap_or_else(|error| {
        problems.list.extend(error.problems);
        &presets::ALL[0]
    })
}

/// Whether a later `key` undoes an earlier one: the same, or one that holds it.
fn clash(earlier: &str, key: &str) -> bool {
    let inside = |outer: &str| earlier.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let whole = key.strip_suffix(".count").or_else(|| key.strip_suffix(".kind"));
    inside(key) || whole.is_some_and(inside)
}

fn read_view(option: &str, value: &str, view: &mut Vec<(String, String)>, problems: &mut Problems) {
    if VIEW.contains(&option) {
        view.push((option.to_owned(), value.to_owned()));
        return;
    }
    let reason = Reason::UnknownField {
        meant: did_you_mean(option, VIEW),
        known: VIEW.iter().map(|v| (*v).to_owned()).collect(),
    };
    problems.push(&join("view", option), value, None, reason);
}

/// The pairs that make `new` of `old`.
fn differences(path: &str, old: &Node, new: &Node, pairs: &mut Vec<(String, String)>) {
    match (&old.value, &new.value) {
        (Value::Table(old), Value::Table(new)) => inner_differences(path, old, new, pairs),
        (Value::Kind(a, old), Value::Kind(b, new)) if a == b => inner_differences(path, old, new, pairs),
        (Value::Named(a, old), Value::Named(b, new)) if a == b && old.fields().is_some() => {
            differences(&join(path, a), old, new, pairs);
        }
        // Lanes and faults. Other lists are short, and change as a whole.
        (Value::List(old), Value::List(new)) if matches!(path, "lane" | "fault") => {
            if new.len() < old.len() {
                pairs.push((join(path, "count"), new.len().to_string()));
            }
            for (i, item) in new.iter().enumerate() {
                let path = join(path, &i.to_string());
                match old.get(i) {
                    Some(old) => differences(&path, old, item, pairs),
                    None => pairs.push((path, notation::print(item))),
                }
            }
        }
        // What the old one means without saying it, the new one may have to say.
        _ if old == new && (new.is_default || !old.is_default) => {}
        _ => pairs.push((path.to_owned(), notation::print(new))),
    }
}

fn inner_differences(path: &str, old: &Fields, new: &Fields, pairs: &mut Vec<(String, String)>) {
    let find = |fields: &Fields, name: &String| fields.iter().position(|(known, _)| known == name);
    if old.iter().any(|(name, _)| find(new, name).is_none()) {
        // Only what a lane has otherwise can lack a field. Nothing says "no longer" but the whole.
        return pairs.push((path.to_owned(), notation::print(&Value::Table(new.clone()).into())));
    }
    for (name, new) in new {
        match find(old, name) {
            Some(at) => differences(&join(path, name), &old[at].1, new, pairs),
            None => pairs.push((join(path, name), notation::print(new))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Reads, Writing};

    #[test]
    fn a_link_of_version_1_says_what_a_file_of_version_1_says() {
        // Values changed, a lane and a fault added, a part given as a whole: what each leaves unsaid is as it was.
        let link = "#v1&preset=flush-race&seed=5&database=(workers:3,queue:7)&app.pool=4&lane.2=(read:none,database:(workers:2))\
                    &lane.0.write=write-back&fault.0=(at:3s,what:cache.crash)&network.app_cache.exponential=2ms";
        let file = presets::get("flush-race").unwrap().scenario_of(1).to_toml();
        let scenario = decode(link).unwrap().scenario;
        let database = &scenario.database;
        assert_eq!((database.workers, database.queue, database.connections), (3, 7, None));
        assert_eq!((database.reads, database.row_locks, database.batch.base.is_some()), (Reads::Locking, false, true));
        assert_eq!((scenario.app.pool, scenario.app.pool_timeout), (Some(4), None));
        let own = scenario.for_lane(2).database;
        assert_eq!(
            (own.workers, own.reads),
            (2, Reads::Locking),
            "a lane's own world has the rest from the common one"
        );
        assert!(matches!(scenario.lanes[0].write, Writing::WriteBack(_)));
        let again = decode(&encode(&scenario, "default", &[]).unwrap()).unwrap();
        assert_eq!(again.scenario, scenario);
        let same = Scenario::from_toml(&file).unwrap();
        assert_eq!(decode("#v1&preset=flush-race").unwrap().scenario, same);
    }

    #[test]
    fn the_same_pairs_in_both_versions_differ_by_what_has_changed_since() {
        for pairs in ["&seed=3", "&preset=redis-down&cache.capacity=50", "&lane.count=1&database=(workers:2)"] {
            let (old, new) = (decode(&format!("#v1{pairs}")).unwrap(), decode(&format!("#v2{pairs}")).unwrap());
            assert!(old.scenario != new.scenario && old.preset == new.preset, "{pairs}");
            assert_eq!(old.scenario.database.reads, Reads::Locking);
            assert_eq!(new.scenario.database.reads, Reads::Snapshot);
        }
    }

    #[test]
    fn what_a_fault_means_without_saying_it_follows_what_is_set_afterwards() {
        let toml = |what: &str, more: &str| {
            Scenario::from_toml(&format!("[[fault]]\nat = \"1s\"\nwhat = \"{what}\"\n{more}")).expect("a good fault")
        };
        let whats =
            ["cache.crash", "cache.power-loss", "database.outage", "database.slow", "cache.slow", "cache.freeze"];
        for from in whats {
            for to in whats {
                let set = with(&toml(from, ""), &[("fault.0.what", to)]).expect("nothing was said that no longer fits");
                assert_eq!(set, toml(to, ""), "{from} to {to}");
                // What was said stays said, in a link, too.
                let said = toml("cache.power-loss", "silent = false\n");
                let link = encode(&Scenario { faults: said.faults.clone(), ..toml(from, "") }, "default", &[]).unwrap();
                assert_eq!(decode(&link).unwrap().scenario.faults, said.faults, "{link}");
            }
        }
    }

    #[test]
    fn every_preset_of_version_1_can_still_be_opened_and_keeps_its_name() {
        let all = presets::all().filter(|preset| presets::of_version(1, preset.name).is_ok());
        let mut count = 0;
        for preset in all {
            let opened = decode(&format!("#v1&preset={}", preset.name)).unwrap();
            assert_eq!(opened.preset, preset.name);
            count += 1;
        }
        assert_eq!(count, 27 + 54, "none may vanish");
    }
}
