//! All wording of the page, in English and Korean. A text that is missing in one of them does not compile.
//!
//! Short names are fields; whatever has numbers or names in it is a function, because languages order them differently.
//! The guide to the wording: say what happens, not how the machine feels; the field's own terms; no exclamation marks.

mod en;
mod ko;
mod titles;

pub use self::titles::{Titles, titles};

use super::platform::protocol::TraceFacts;
use super::state::Failure;
use super::state::view::Control;
use crate::escape::shown;
use crate::phrase::{Language, Phrase};
use crate::scenario::{Arrivals, Keys, Link, Part, Reading, Writing, presets};

macro_rules! words {
    ($($(#[$doc:meta])* $field:ident: $type:ty),* $(,)?) => {
        /// Every text of the page in one language.
        #[allow(missing_docs, reason = "the fields' names say what they are")]
        pub struct Words {
            $($(#[$doc])* pub $field: $type),*
        }
    };
}

words! {
    lang: Language,
    // the sentence at the top
    starting: &'static str,
    // figures
    figures: &'static str,
    percentile: &'static str,
    median: &'static str,
    log_axis: &'static str,
    time: &'static str,
    // controls of time
    time_controls: &'static str,
    play: &'static str,
    pause: &'static str,
    replay: &'static str,
    step_once: &'static str,
    restart: &'static str,
    finish: &'static str,
    speed: &'static str,
    moment: &'static str,
    /// Now, and the length of the run, seconds.
    time_of: fn(f64, f64) -> String,
    key_space: &'static str,
    key_right: &'static str,
    key_r: &'static str,
    key_f: &'static str,
    // breaking things
    for_how_long: &'static str,
    // tables
    scoreboard: &'static str,
    strategy: &'static str,
    diverging_copies: &'static str,
    now: &'static str,
    at_most: &'static str,
    at_the_end: &'static str,
    diverged_why: &'static str,
    divergence: fn(&str) -> String,
    cache_nodes: &'static str,
    node: &'static str,
    commands: &'static str,
    busy: &'static str,
    entries: &'static str,
    hottest_key: &'static str,
    hot_key: fn(u32, &str) -> String,
    more_figures: &'static str,
    percentiles: &'static str,
    all_requests: &'static str,
    with_errors: &'static str,
    reads: &'static str,
    writes: &'static str,
    count: &'static str,
    /// A lane, and why it ended before it had settled.
    lane_stopped: fn(&str, &str) -> String,
    lost_writes: &'static str,
    none_lost: &'static str,
    and_more: fn(u64) -> String,
    /// How many of the lost writes were read, and of how many keys the last value is lost.
    what_was_lost: fn(u64, u64) -> String,
    /// The number of the write and its key.
    cause: fn(&str) -> String,
    reproduce: &'static str,
    reproduce_why: &'static str,
    seed: &'static str,
    engine: &'static str,
    digest: &'static str,
    events: &'static str,
    // the scenario's controls
    controls: &'static str,
    lanes: &'static str,
    show_or_hide: &'static str,
    undo: &'static str,
    redo: &'static str,
    add_lane: &'static str,
    remove_lane: fn(&str) -> String,
    options: &'static str,
    all_fields: &'static str,
    with_usual: &'static str,
    own_field: &'static str,
    choose_field: &'static str,
    /// A field's name and its default.
    back_to_default: fn(&str, &str) -> String,
    default_is: fn(&str) -> String,
    traffic: &'static str,
    arrivals: &'static str,
    rate: &'static str,
    users: &'static str,
    think: &'static str,
    keys: &'static str,
    key_count: &'static str,
    alpha: &'static str,
    hot: &'static str,
    hot_traffic: &'static str,
    open_trace: &'static str,
    trace_formats: &'static str,
    trace_reading: fn(&str) -> String,
    cancel_reading: &'static str,
    trace_stopped: fn(&str) -> String,
    /// How many requests of the trace were played, and how many it has.
    trace_longer: fn(u64, u64) -> String,
    trace_opened: fn(&str, &TraceFacts) -> String,
    cache: &'static str,
    ttl: &'static str,
    spread: &'static str,
    database: &'static str,
    application: &'static str,
    network: &'static str,
    /// What things cost.
    prices: &'static str,
    link_name: fn(Link) -> &'static str,
    faults: &'static str,
    no_faults: &'static str,
    add_fault: &'static str,
    more_faults: fn(u64) -> String,
    remove_fault: &'static str,
    what_breaks: &'static str,
    at_moment: &'static str,
    fault_part: fn(Part) -> &'static str,
    when: &'static str,
    mean_between: &'static str,
    mean_repair: &'static str,
    nth_flush: &'static str,
    nth_write: &'static str,
    times_as_long: &'static str,
    share_struck: &'static str,
    silent: &'static str,
    flush_first: &'static str,
    save_first: &'static str,
    which_node: &'static str,
    all_nodes: &'static str,
    which_server: &'static str,
    which_link: &'static str,
    run: &'static str,
    distribution_kind: &'static str,
    mean: &'static str,
    least: &'static str,
    most: &'static str,
    p99: &'static str,
    deviation: &'static str,
    // what is wrong
    last_good_runs: &'static str,
    worker_failed: fn(Failure) -> &'static str,
    details: &'static str,
    reload_page: &'static str,
    needs_cors: &'static str,
    /// The moment that the page shows, if it shows one.
    was_stopped: fn(Option<&str>) -> String,
    still_loading: &'static str,
    still_computing: &'static str,
    maybe_gone: &'static str,
    stop: &'static str,
    run_again: &'static str,
    /// How long the link would be and how long it may be, bytes.
    too_long: fn(u64, u64) -> String,
    address_is_old: &'static str,
    save_scenario: &'static str,
    open_default: &'static str,
    link_not_opened: &'static str,
    link_text: &'static str,
    open_edited: &'static str,
    close: &'static str,
    // head, share, help
    preset: &'static str,
    preset_group: fn(presets::Group) -> &'static str,
    own_scenario: &'static str,
    change_theme: &'static str,
    share: &'static str,
    link: &'static str,
    link_why: &'static str,
    copy: &'static str,
    copied: &'static str,
    not_copied: &'static str,
    embed: &'static str,
    embed_why: &'static str,
    plain_iframe: &'static str,
    control_name: fn(Control) -> &'static str,
    files: &'static str,
    scenario_toml: &'static str,
    report_json: &'static str,
    series_csv: &'static str,
    open_scenario: &'static str,
    open_full: &'static str,
    help: &'static str,
    how_to_read: &'static str,
    glossary: &'static str,
    keys_help: &'static [(&'static str, &'static str)],
    footer: &'static str,
}

impl PartialEq for Words {
    fn eq(&self, other: &Words) -> bool {
        self.lang == other.lang
    }
}

impl Words {
    /// What the strategy with that word is called. A word of no strategy stays as it is.
    pub fn strategy(&self, word: &str) -> String {
        let reads = Reading::each().into_iter().map(|read| (read.name(), read.title()));
        let writes = Writing::each().into_iter().map(|write| (write.name(), write.title()));
        self.title_of(reads.chain(writes), word)
    }

    /// What the arrivals with that word are called.
    pub fn arrivals_called(&self, word: &str) -> String {
        self.title_of(Arrivals::each().iter().map(|arrivals| (arrivals.name(), arrivals.title())), word)
    }

    /// What an option of the arrivals or of the keys is called, and whether it is a whole number.
    pub fn option_called(&self, option: &str) -> Option<(&'static str, bool)> {
        Some(match option {
            "rate" => (self.rate, false),
            "users" => (self.users, true),
            "count" => (self.key_count, true),
            "alpha" => (self.alpha, false),
            "hot" => (self.hot, false),
            "traffic" => (self.hot_traffic, false),
            _ => return None,
        })
    }

    /// What the keys with that word are called.
    pub fn keys_called(&self, word: &str) -> String {
        self.title_of(Keys::each().iter().map(|keys| (keys.name(), keys.title())), word)
    }

    fn title_of(&self, mut all: impl Iterator<Item = (&'static str, Phrase)>, word: &str) -> String {
        let known = all.find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map_or_else(|| word.to_owned(), |(_, title)| title.say(self.lang).to_owned())
    }
}

/// The words of a language.
pub fn of(lang: Language) -> &'static Words {
    match lang {
        Language::English => &en::WORDS,
        Language::Korean => &ko::WORDS,
    }
}

/// What `call` calls the one of `all` whose name in reports this is. Another word stays as it is.
fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, word: &str, call: fn(T) -> &'static str) -> String {
    all.iter().find(|one| name(**one) == word).map_or(word, |one| call(*one)).to_owned()
}

/// The commands of a trace that became no request, by reason: the name of the reason, the first of them with how often each
/// came, and how many more there are.
fn left_out(facts: &TraceFacts, lang: Language) -> impl Iterator<Item = (String, String, usize)> {
    const NAMED_MAX: usize = 8;
    facts.left_out.iter().map(move |(why, commands)| {
        let named = commands.iter().take(NAMED_MAX).map(|(name, count)| format!("{} {count}", shown(name)));
        (
            why.phrase().say(lang).to_owned(),
            named.collect::<Vec<_>>().join(", "),
            commands.len().saturating_sub(NAMED_MAX),
        )
    })
}

/// What `say` makes of these, with commas between; nothing where there are none.
fn unless_none(items: impl Iterator<Item = String>, say: impl FnOnce(&str) -> String) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { String::new() } else { say(&items.join(", ")) }
}

#[cfg(test)]
mod tests;
