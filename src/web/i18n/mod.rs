//! All wording of the page, in English and Korean. A text that is missing in one of them does not compile.
//!
//! Short names are fields; whatever has numbers or names in it is a function, because languages order them differently.
//! The guide to the wording: say what happens, not how the machine feels; the field's own terms; no exclamation marks.

mod en;
mod ko;

use super::platform::protocol::TraceFacts;
use super::sections::headline::{Headline, Piece};
use super::state::Failure;
use super::state::view::{Control, Shown};
use crate::chart::{Labels, Panel, Weight};
use crate::escape::shown;
use crate::ledger::{Cause, Divergence};
use crate::scenario::{
    Arrivals, Distribution, FaultTime, Keys, Lane, Language, Link, Part, Phrase, Reading, Scenario, Ttl, TtlMix,
    Writing, presets,
};
use crate::time::Nanos;
use crate::workload::trace;

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
    lang: Lang,
    /// The language of what the scenario says of itself: fields, presets, messages.
    texts: Language,
    // the sentence at the top
    starting: &'static str,
    headline: fn(&Headline, &[String]) -> Vec<Piece>,
    // figures
    labels: Labels,
    figures: &'static str,
    latency: &'static str,
    hits: &'static str,
    lost_figure: &'static str,
    lost_key: &'static str,
    summary: fn(&Panel) -> String,
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
    break_now: &'static str,
    crash_cache: &'static str,
    crash_app: &'static str,
    database_outage: &'static str,
    partition: &'static str,
    break_more: &'static str,
    for_how_long: &'static str,
    // tables
    scoreboard: &'static str,
    strategy: &'static str,
    requests: &'static str,
    hit_ratio: &'static str,
    read_p50: &'static str,
    read_p99: &'static str,
    write_p50: &'static str,
    write_p99: &'static str,
    errors: &'static str,
    goodput: &'static str,
    stale_reads: &'static str,
    diverging_copies: &'static str,
    now: &'static str,
    at_most: &'static str,
    at_the_end: &'static str,
    diverged_why: &'static str,
    divergence: fn(&str) -> String,
    at_risk: &'static str,
    lost: &'static str,
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
    strategy_name: fn(&str) -> String,
    cached_copy: &'static str,
    order: &'static str,
    database_first: &'static str,
    cache_first: &'static str,
    rollback: &'static str,
    flush_every: &'static str,
    flush_at: &'static str,
    batch: &'static str,
    requeue: &'static str,
    coalesce: &'static str,
    on_expiry: &'static str,
    on_eviction: &'static str,
    traffic: &'static str,
    arrivals: &'static str,
    arrivals_name: fn(&str) -> String,
    rate: &'static str,
    users: &'static str,
    think: &'static str,
    write_ratio: &'static str,
    keys: &'static str,
    keys_name: fn(&str) -> String,
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
    capacity: &'static str,
    eviction: &'static str,
    ttl_kind: &'static str,
    ttl_name: fn(&str) -> String,
    ttl: &'static str,
    spread: &'static str,
    command: &'static str,
    database: &'static str,
    workers: &'static str,
    queue: &'static str,
    database_read: &'static str,
    database_write: &'static str,
    batch_row: &'static str,
    abort: &'static str,
    application: &'static str,
    servers: &'static str,
    work: &'static str,
    cache_timeout: &'static str,
    database_timeout: &'static str,
    retries: &'static str,
    backoff: &'static str,
    network: &'static str,
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
    when_name: fn(&str) -> String,
    mean_between: &'static str,
    mean_repair: &'static str,
    nth_flush: &'static str,
    nth_write: &'static str,
    times_as_long: &'static str,
    share_struck: &'static str,
    silent: &'static str,
    which_node: &'static str,
    all_nodes: &'static str,
    which_server: &'static str,
    which_link: &'static str,
    run: &'static str,
    duration: &'static str,
    warmup: &'static str,
    distribution: fn(&str) -> String,
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
    keys_help: &'static [(&'static str, &'static str)],
    footer: &'static str,
}

impl PartialEq for Words {
    fn eq(&self, other: &Words) -> bool {
        self.lang == other.lang
    }
}

impl Words {
    /// What figure `shown` is called.
    pub fn figure_title(&self, shown: Shown) -> &'static str {
        match shown {
            Shown::Latency => self.latency,
            Shown::Hits => self.hits,
            Shown::Lost => self.lost_figure,
        }
    }

    /// The figure in a sentence or two: each lane's newest value.
    pub fn figure_summary(&self, _shown: Shown, panels: &[Panel]) -> String {
        panels.iter().map(|panel| (self.summary)(panel)).collect::<Vec<_>>().join(" ")
    }
}

macro_rules! languages {
    ($($lang:ident: $code:literal, $own:literal, $words:expr;)*) => {
        /// The languages of the page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Lang {
            $(#[doc = $own] $lang),*
        }

        impl Lang {
            /// Every language, the usual one first.
            pub const ALL: [Lang; [$($code),*].len()] = [$(Lang::$lang),*];

            /// Its code, in links and in HTML.
            pub const fn name(self) -> &'static str {
                match self { $(Lang::$lang => $code),* }
            }

            /// What its speakers call it.
            pub const fn own_name(self) -> &'static str {
                match self { $(Lang::$lang => $own),* }
            }
        }

        /// The words of a language.
        pub fn of(lang: Lang) -> &'static Words {
            match lang { $(Lang::$lang => &$words),* }
        }
    };
}

// A language is a line here and a file.
languages! {
    En: "en", "English", en::WORDS;
    Ko: "ko", "한국어", ko::WORDS;
}

impl Default for Lang {
    fn default() -> Lang {
        Lang::ALL[0]
    }
}

impl Lang {
    /// The language with that code.
    pub fn named(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.name() == code)
    }

    /// The language that a browser asks for, such as `ko-KR`; the usual one where the page does not speak it.
    pub fn asked_for(tag: &str) -> Lang {
        Lang::ALL.into_iter().find(|lang| tag.starts_with(lang.name())).unwrap_or_default()
    }

    /// The language after this one, which a button offers.
    pub fn next(self) -> Lang {
        let at = Lang::ALL.iter().position(|lang| *lang == self).unwrap_or_default();
        Lang::ALL[(at + 1) % Lang::ALL.len()]
    }

    /// What may stand for a language.
    pub fn codes() -> Phrase {
        let codes = Lang::ALL.map(Lang::name);
        Phrase::new(codes.join(" or "), codes.join(" 또는 "))
    }
}

/// What to call each lane: its name, or the strategy that sets it apart from the others, or both strategies.
pub fn titles(scenario: &Scenario, words: &Words) -> Vec<String> {
    let lanes = &scenario.lanes;
    let same_read = lanes.len() > 1 && lanes.iter().all(|lane| lane.read.name() == lanes[0].read.name());
    let same_write = lanes.len() > 1 && lanes.iter().all(|lane| lane.write.name() == lanes[0].write.name());
    let mut titles: Vec<String> = Vec::new();
    for lane in lanes {
        let (read, write) = ((words.strategy_name)(lane.read.name()), (words.strategy_name)(lane.write.name()));
        let title = match lane.name.as_str() {
            "" if same_read && !same_write => write,
            "" if same_write && !same_read => read,
            "" if same_read && same_write => with_its_own(scenario, lane, write),
            "" => format!("{read} + {write}"),
            name => shown(&lane_name(name, words)).into_owned(),
        };
        let numbered = (1..).map(|n| if n == 1 { title.clone() } else { format!("{title} ({n})") });
        titles.extend(numbered.take(lanes.len() + 1).find(|name| !titles.contains(name)));
    }
    titles
}

/// What a lane with that name is called: the lanes of presets have a name in each language.
fn lane_name(name: &str, words: &Words) -> String {
    presets::lane(name).map_or_else(|| (words.strategy_name)(name), |known| known.say(words.texts).to_owned())
}

/// The strategy's name with the option that sets the lane apart from the others, as the scenario file says it.
fn with_its_own(scenario: &Scenario, lane: &Lane, name: String) -> String {
    let differs = |of: fn(&Writing) -> Option<String>| {
        let own = of(&lane.write)?;
        scenario.lanes.iter().any(|other| of(&other.write).as_ref() != Some(&own)).then_some(own)
    };
    let every = |w: &Writing| if let Writing::WriteBack(back) = w { Some(back.every.to_string()) } else { None };
    let batch =
        |w: &Writing| if let Writing::WriteBack(back) = w { Some(format!("batch {}", back.batch)) } else { None };
    let cached = |w: &Writing| if let Writing::WriteAround(a) = w { Some(a.cached.name().to_owned()) } else { None };
    let order = |w: &Writing| if let Writing::WriteThrough(t) = w { Some(t.order.name().to_owned()) } else { None };
    match differs(every).or_else(|| differs(batch)).or_else(|| differs(cached)).or_else(|| differs(order)) {
        Some(own) => format!("{name}, {own}"),
        None => name,
    }
}

/// A choice that reports, links and controls name by a word. What it is called is matched exhaustively in each language, so
/// that a missing name does not compile.
trait Choice: Sized {
    /// Every choice.
    fn each() -> Vec<Self>;
    /// Its word.
    fn word(&self) -> &'static str;
}

/// What `call` calls the choice with that word. A word of no choice stays as it is.
fn named<T: Choice, S: Into<String>>(word: &str, call: impl Fn(&T) -> S) -> String {
    let known = T::each().into_iter().find(|choice| choice.word().eq_ignore_ascii_case(word));
    known.map_or_else(|| word.to_owned(), |choice| call(&choice).into())
}

/// What the strategy with that word is called.
fn strategy<S: Into<String>>(word: &str, read: impl Fn(&Reading) -> S, write: impl Fn(&Writing) -> S) -> String {
    let is_of = |reading: Reading| reading.name().eq_ignore_ascii_case(word);
    if Reading::each().into_iter().any(is_of) { named(word, read) } else { named(word, write) }
}

macro_rules! choices {
    ($($type:ty: $each:expr, $word:expr;)*) => {
        $(impl Choice for $type {
            fn each() -> Vec<$type> {
                $each.into()
            }

            fn word(&self) -> &'static str {
                let word: fn(&$type) -> &'static str = $word;
                word(self)
            }
        })*
    };
}

choices! {
    Reading: Reading::each(), Reading::name;
    Writing: Writing::each(), Writing::name;
    Arrivals: Arrivals::each(), Arrivals::name;
    Keys: Keys::each(), Keys::name;
    Cause: Cause::ALL, |cause| cause.name();
    Divergence: Divergence::ALL, |divergence| divergence.name();
    trace::Reason: trace::Reason::ALL, |reason| reason.name();
    Said: Said::ALL, |said| match said {
        Said::Operations => "operations",
        Said::Times => "times",
        Said::Ttls => "ttls",
        Said::Sizes => "sizes",
        Said::Clients => "clients",
    };
    Ttl: any_ttls(), |ttl| match ttl {
        Ttl::None => "none",
        Ttl::Fixed(_) => "fixed",
        Ttl::Jittered { .. } => "jittered",
        Ttl::Sliding(_) => "sliding",
        Ttl::Mixed(_) => "mixed",
    };
    FaultTime: [FaultTime::Moment(Nanos(1)), FaultTime::Every(Nanos(1)), FaultTime::BeforeFlush(1), FaultTime::AfterAcknowledged(1)], |at| match at {
        FaultTime::Moment(_) => "moment",
        FaultTime::Every(_) => "every",
        FaultTime::BeforeFlush(_) => "before_flush",
        FaultTime::AfterAcknowledged(_) => "after_acknowledged",
    };
    Distribution: any_distributions(), |distribution| match distribution {
        Distribution::Constant(_) => "constant",
        Distribution::Exponential(_) => "exponential",
        Distribution::Uniform { .. } => "uniform",
        Distribution::Lognormal { .. } => "lognormal",
        Distribution::Normal { .. } => "normal",
        Distribution::Empirical(_) => "empirical",
    };
}

/// What a trace may say besides its keys; see [`Trace::says`](trace::Trace::says).
#[derive(Clone, Copy)]
enum Said {
    Operations,
    Times,
    Ttls,
    Sizes,
    Clients,
}

impl Said {
    const ALL: [Said; 5] = [Said::Operations, Said::Times, Said::Ttls, Said::Sizes, Said::Clients];
}

/// One of each kind.
fn any_ttls() -> Vec<Ttl> {
    let ttl = Nanos(1);
    let mixed = TtlMix::new(&[(ttl, 1.0)]).map(Ttl::Mixed);
    [Ttl::None, Ttl::Fixed(ttl), Ttl::Jittered { ttl, spread: 0.1 }, Ttl::Sliding(ttl)]
        .into_iter()
        .chain(mixed)
        .collect()
}

/// One of each kind.
fn any_distributions() -> [Distribution; 6] {
    let time = Nanos(1);
    [
        Distribution::Constant(time),
        Distribution::Exponential(time),
        Distribution::Uniform { min: time, max: time },
        Distribution::Lognormal { median: time, p99: time },
        Distribution::Normal { mean: time, sd: time },
        Distribution::Empirical(Vec::new()),
    ]
}

/// The lines of a panel that its summary speaks of, with their newest values.
fn ends(panel: &Panel) -> Vec<(String, String)> {
    let main = panel.lines.iter().filter(|line| line.weight == Weight::Main);
    main.filter_map(|line| line.end().map(|(_, value)| (line.label.clone(), panel.axis.name(value)))).collect()
}

/// The name of a lane as a piece of the sentence.
fn lane(titles: &[String], number: usize) -> Piece {
    Piece::Lane(number, titles.get(number).cloned().unwrap_or_default())
}

/// The commands of a trace that became no request, by reason: the name of the reason, the first of them with how often each
/// came, and how many more there are.
fn left_out(facts: &TraceFacts) -> impl Iterator<Item = (&str, String, usize)> {
    const NAMED_MAX: usize = 8;
    facts.left_out.iter().map(|(why, commands)| {
        let named = commands.iter().take(NAMED_MAX).map(|(name, count)| format!("{} {count}", shown(name)));
        (why.as_str(), named.collect::<Vec<_>>().join(", "), commands.len().saturating_sub(NAMED_MAX))
    })
}

/// What `say` makes of these, with commas between; nothing where there are none.
fn unless_none(items: impl Iterator<Item = String>, say: impl FnOnce(&str) -> String) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { String::new() } else { say(&items.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::sections::headline::{Harm, Speed, plain};
    use super::*;

    #[test]
    fn the_sentence_says_who_is_fast_and_what_it_cost() {
        let said = Headline {
            lanes: 5,
            speed: Some(Speed { lane: 1, than: 0, factor: 9.0, tail: false, writes: true }),
            harm: Some(Harm::Lost { lane: 1, writes: 212 }),
            alike: true,
        };
        let titles = ["Write-through".to_owned(), "Write-back".to_owned()];
        let english = plain(&(en::WORDS.headline)(&said, &titles));
        assert_eq!(english, "Same traffic for all. Write-back answers writes 9× faster and has lost 212 of them.");
        let korean = plain(&(ko::WORDS.headline)(&said, &["라이트스루".to_owned(), "라이트백".to_owned()]));
        assert_eq!(
            korean,
            "모두 같은 트래픽을 받습니다. 라이트백은 쓰기에 9배 빠르게 응답했지만 212건을 유실했습니다."
        );
    }

    #[test]
    fn a_lane_s_name_cannot_turn_the_text_around_it() {
        let mut scenario = Scenario::default();
        scenario.lanes[0].name = "safe\u{202e}lanif".to_owned();
        assert_eq!(titles(&scenario, &en::WORDS), [r"safe\u{202e}lanif"]);
        assert_eq!(titles(&scenario, &ko::WORDS), [r"safe\u{202e}lanif"]);
    }

    #[test]
    fn what_a_trace_says_of_itself_is_shown_escaped() {
        let commands = [("EV\u{1b}[2JAL".to_owned(), 2)].into();
        let facts = TraceFacts { left_out: [("script".to_owned(), commands)].into(), ..TraceFacts::default() };
        for words in [&en::WORDS, &ko::WORDS] {
            let told = (words.trace_opened)("a\u{202e}b.csv", &facts);
            assert!(!told.contains(crate::escape::is_unsafe) && told.contains(r"\u{1b}"), "{told}");
            assert!(!(words.trace_reading)("a\u{202e}b.csv").contains('\u{202e}'));
        }
    }

    /// The words that reports and controls name choices by are those of the program: the report's as JSON, the controls' as the
    /// types write them.
    #[test]
    fn every_word_is_one_that_reports_or_controls_use() {
        for distribution in any_distributions().into_iter().skip(1) {
            let shown = format!("{:?}", serde_json::to_value(scenario_with(distribution.clone())).expect("a scenario"));
            assert!(shown.contains(distribution.word()), "{shown}");
        }
        assert_eq!(any_ttls().len(), 5);
    }

    fn scenario_with(work: Distribution) -> Scenario {
        let mut scenario = Scenario::default();
        scenario.app.work = work;
        scenario
    }

    #[test]
    fn the_lanes_of_presets_are_called_by_their_names_in_each_language() {
        let scenario = presets::get("redis-down").expect("a preset").scenario();
        assert_eq!(titles(scenario, &en::WORDS), scenario.titles());
        let korean = titles(scenario, &ko::WORDS);
        assert!(korean.iter().all(|title| title.chars().any(|c| ('가'..='힣').contains(&c))), "{korean:?}");
    }

    #[test]
    fn the_slowest_answers_are_named_as_such() {
        let speed = Some(Speed { lane: 1, than: 0, factor: 6.0, tail: true, writes: false });
        let said = Headline { lanes: 1, speed, harm: None, alike: true };
        let titles = ["One node".to_owned(), "Four".to_owned()];
        let english = plain(&(en::WORDS.headline)(&said, &titles));
        assert_eq!(english, "Four answers its slowest reads (p99) 6× faster than One node.");
        let korean = plain(&(ko::WORDS.headline)(&said, &["노드 하나".to_owned(), "노드 넷".to_owned()]));
        assert_eq!(korean, "노드 넷은 노드 하나보다 가장 느린 읽기(p99)에 6배 빠르게 응답했습니다.");
    }

    #[test]
    fn lost_increments_are_said_of_all() {
        let harm = Some(Harm::Increments { lane: 0, lost: 212, of: 3000 });
        let said = Headline { lanes: 1, speed: None, harm, alike: true };
        let titles = ["naive".to_owned()];
        assert_eq!(plain(&(en::WORDS.headline)(&said, &titles)), "naive has lost 212 of 3,000 increments.");
        assert_eq!(plain(&(ko::WORDS.headline)(&said, &titles)), "naive는 증가 3,000건 중 212건을 유실했습니다.");
    }

    #[test]
    fn every_cause_has_a_name_in_both_languages() {
        let lost = Cause::ALL.map(Cause::name).map(|name| (name, (en::WORDS.cause)(name), (ko::WORDS.cause)(name)));
        let differ = Divergence::ALL.map(Divergence::name);
        let differ = differ.map(|name| (name, (en::WORDS.divergence)(name), (ko::WORDS.divergence)(name)));
        for (name, english, korean) in lost.into_iter().chain(differ) {
            // Some names are English already, of one word.
            assert!(english != name || !name.contains('_'), "{name}");
            assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)), "{name}: {korean}");
        }
    }

    #[test]
    fn what_was_lost_is_said_with_what_was_read_and_of_how_many_keys_the_last_value_is_gone() {
        let english = |read, keys| (en::WORDS.what_was_lost)(read, keys);
        assert_eq!(
            english(0, 0),
            "The database will never have them. No read returned one of them. All their keys have been written again since."
        );
        assert_eq!(
            english(12, 3),
            "The database will never have them. Reads returned 12 of them. 3 keys have lost their last acknowledged value."
        );
        let korean = (ko::WORDS.what_was_lost)(12, 3);
        assert!(korean.contains("12건") && korean.contains("키 3개"), "{korean}");
    }

    #[test]
    fn lanes_are_called_by_what_sets_them_apart() {
        let scenario = Scenario::from_toml(
            "[[lane]]\nwrite = \"write-back\"\n[[lane]]\nwrite = \"write-through\"\n[[lane]]\nwrite = \"write-through\"",
        );
        let names = titles(&scenario.unwrap(), &en::WORDS);
        assert_eq!(names, ["Write-back", "Write-through", "Write-through (2)"]);
    }
}
