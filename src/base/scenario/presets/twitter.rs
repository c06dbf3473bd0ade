//! Twitter's 54 production caches as presets, each scaled down to what a page can run.
//!
//! Source: the statistics published with the traces of "A large scale analysis of hundreds of in-memory cache clusters
//! at Twitter" (Yang, Yue, Rashmi, OSDI 2020), github.com/twitter/cache-trace, `stat/2020Mar.csv`, CC BY 4.0. The table
//! is in `twitter.csv`, as published; everything here follows from it.
//!
//! **From a row to a scenario.** A cluster has as many keys as its week's requests divided by the mean number of requests
//! a key. Of these keys an even sample is simulated ([`zipf-sample`](crate::scenario::Keys::ZipfSample)): keys and
//! requests are scaled down together, so each key is asked for as often as in production, and TTLs stay as they are. Gets
//! read; sets, replaces and cas write, and the written value goes to the cache too; increments and appends modify;
//! deletes delete. Adds are left out where there are gets: they put in what a get has missed, which the strategy does by
//! itself. Each common TTL is that of its share of the keys. The cache has room for every key, since production's
//! memory is not published: what misses, misses for its TTL.
//!
//! **Write first.** Where more is written than read, and a fifth or more of the requests name a key for the first time,
//! reads are taken to be of what was written within one TTL, newest keys alike; elsewhere of any key, by the published
//! Zipf law, independently of each other. Which of the two fits a cache is not among the published statistics: the rule
//! was chosen after a look at the published miss ratios, and `docs/twitter.md` has the figures with it and without it.

use std::fmt::Write;
use std::sync::{LazyLock, OnceLock};

use super::{About, Group, Preset, Source, Watch};
use crate::bytes::Bytes;
use crate::phrase::{Language, Phrase};
use crate::time::Nanos;

/// The table as published.
pub const TABLE: &str = include_str!("twitter.csv");

/// What scenarios' names begin with; a number follows.
const TITLE: &str = "Twitter's cache cluster ";
/// The lanes: what a write does with the cached copy, and their names, in files the English ones.
static LANES: [(&str, Phrase); 2] = [
    ("update", Phrase::fixed("Writes update the cache", "쓰기 시 갱신")),
    ("delete", Phrase::fixed("Writes delete the cached copy", "쓰기 시 삭제")),
];
/// What presets' names begin with; a number follows.
const NAME: &str = "twitter-cluster";
const WEEK_S: f64 = 604_800.0;
/// How many requests a scaled-down run has.
const REQUESTS: f64 = 60_000.0;
/// The most keys it has.
const KEYS_MAX: f64 = 200_000.0;
/// Shares below this are not in the table: what is left out of it is taken to be half of it.
const ROUNDED_AWAY: f64 = 0.005;

/// Shares below this are written as 0.
const ROUNDED_TO_NOTHING: f64 = 0.00005;

/// One cluster of the table. What is not published is `None`.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its number, from 1.
    pub number: u32,
    /// The share of gets that missed in production.
    pub miss_ratio: Option<f64>,
    /// Mean sizes of keys and values, in bytes.
    pub sizes_bytes: Option<(u32, u32)>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// Requests a key in the week.
    pub requests_per_key: Option<f64>,
    /// The share of requests that name a key for the first time.
    pub first_share: f64,
    /// The common TTLs in seconds, with their shares, and as written.
    pub ttls: Vec<(f64, f64, String)>,
    /// The common operations and their shares.
    pub operations: Vec<(String, f64)>,
    /// The skew of popularity.
    pub alpha: Option<f64>,
}

/// Every cluster of the table, in order.
///
/// # Panics
/// Never: a test reads the table.
pub fn clusters() -> Vec<Cluster> {
    TABLE.lines().skip(1).map(|line| Cluster::read(line).unwrap_or_else(|| panic!("a bad row: {line}"))).collect()
}

impl Cluster {
    /// Reads a row of the table.
    fn read(line: &str) -> Option<Cluster> {
        // Two fields have commas or spaces in them; the TTLs stand in quotes.
        let (plain, ttls, rest) = match line.split_once('"') {
            Some((plain, rest)) => {
                let (ttls, rest) = rest.split_once('"')?;
                (plain.trim_end_matches(','), ttls, rest.trim_start_matches(','))
            }
            None => {
                let cut = line.match_indices(',').nth(8)?.0;
                (&line[..cut], "", line[cut + 1..].split_once(',')?.1)
            }
        };
        let first: Vec<&str> = plain.split(',').collect();
        let last: Vec<&str> = rest.split(',').collect();
        let &[name, miss, _, key, value, rate, frequency, _, compulsory] = first.as_slice() else { return None };
        let &[_, _, operations, alpha] = last.as_slice() else { return None };
        let number = |text: &str| text.parse::<f64>().ok();
        Some(Cluster {
            number: name.strip_prefix("cluster")?.parse().ok()?,
            miss_ratio: number(miss),
            sizes_bytes: key.parse().ok().zip(value.parse().ok()),
            rate: number(rate).map(|rate| rate * 1_000.0),
            requests_per_key: number(frequency),
            first_share: number(compulsory).unwrap_or(0.0) / 100.0,
            ttls: ttls.split(',').filter_map(|part| ttl(part.trim())).collect(),
            operations: operations.split(' ').filter_map(|part| operation(part.trim())).collect(),
            alpha: number(alpha),
        })
    }

    /// The share of requests with one of these operations.
    fn share(&self, names: &[&str]) -> f64 {
        self.operations.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, share)| share).sum()
    }

    /// The mean of the common TTLs, in seconds, each counted for a week at most.
    fn mean_ttl_s(&self) -> f64 {
        let sum: f64 = self.ttls.iter().map(|(_, share, _)| share).sum();
        if sum == 0.0 {
            return 3_600.0;
        }
        self.ttls.iter().map(|(ttl, share, _)| ttl.min(WEEK_S) * share).sum::<f64>() / sum
    }

    /// Whether reads are taken to be of what was just written: see the module.
    pub fn is_write_first(&self) -> bool {
        let shares = self.shares();
        shares.write + shares.modify > shares.read && self.first_share >= 0.2
    }

    /// The shares of what clients do, adds left out, summing to `all`.
    fn shares(&self) -> Shares {
        let read = self.share(&["get", "gets"]);
        // An add puts in what a get has missed; where nobody gets, it is a write like any other.
        let adds = if read == 0.0 { self.share(&["add"]) } else { 0.0 };
        let write = self.share(&["set", "replace", "cas"]) + adds;
        let modify = self.share(&["incr", "decr", "append", "prepend"]);
        let delete = self.share(&["delete"]);
        let read = if self.operations.is_empty() { 1.0 } else { read.max(ROUNDED_AWAY) };
        Shares { read, write, modify, delete, all: read + write + modify + delete }
    }

    /// The scenario as TOML; with `by_popularity`, reads follow the Zipf law also where what is written comes first.
    pub fn toml(&self, by_popularity: bool) -> String {
        self.toml_of(2, by_popularity)
    }

    /// The same, as this version of links has it.
    fn toml_of(&self, version: u32, by_popularity: bool) -> String {
        let shares = self.shares();
        let newest_first = self.is_write_first() && !by_popularity;
        let scale = Scale::of(self, newest_first);
        let of = |share: f64| share / shares.all;
        let inserts = if newest_first { of(shares.write + shares.modify).min(self.first_share) } else { 0.0 };
        let writes = (of(shares.write) - inserts).max(0.0);
        let modifies = (of(shares.modify) - (inserts - of(shares.write)).max(0.0)).max(0.0);
        let alpha = self.alpha.unwrap_or(1.0);
        let keys = if newest_first {
            let count = (scale.rate * inserts * self.mean_ttl_s()).max(2.0) as u32;
            format!("{{ kind = \"latest\", count = {count}, alpha = 0 }}")
        } else {
            let (count, of) = (scale.keys, scale.keys_of_all.max(scale.keys));
            format!("{{ kind = \"zipf-sample\", count = {count}, of = {of}, alpha = {alpha} }}")
        };
        let mut text = format!(
            "# Twitter's cache cluster {}, scaled down: the requests of 1 in {:.0} keys. From the statistics of March 2020\n\
             # (Yang, Yue, Rashmi, OSDI 2020; github.com/twitter/cache-trace, CC BY 4.0).\n\
             {}name = \"{TITLE}{}\"\n\
             seed = 1 # the default: nothing depends on it, miss ratios are of tens of thousands of requests\nduration = \"{}\"\nwarmup = \"{}\"\n\n[clients]\n",
            self.number,
            (scale.keys_of_all as f64 / scale.keys as f64).max(1.0),
            if version > 1 { "version = 2\n" } else { "" },
            self.number,
            scale.duration,
            scale.warmup,
        );
        let mut line = |text_of: std::fmt::Arguments<'_>| {
            text.write_fmt(text_of).expect("a string takes what is written");
        };
        line(format_args!("arrivals = {{ kind = \"poisson\", rate = {:.4} }}\nkeys = {keys}\n", scale.rate));
        line(format_args!("write_ratio = {writes:.4}\n"));
        for (name, share) in
            [("modify_ratio", modifies), ("delete_ratio", of(shares.delete)), ("insert_ratio", inserts)]
        {
            if share >= ROUNDED_TO_NOTHING {
                line(format_args!("{name} = {share:.4}\n"));
            }
        }
        if let Some((_, value)) = self.sizes_bytes {
            line(format_args!("value_size = \"{}\"\n", Bytes(value.into())));
        }
        // Room for all keys there are at first and for all that come.
        let capacity = if newest_first { REQUESTS as u64 * 3 } else { scale.keys + REQUESTS as u64 * 2 };
        line(format_args!("\n[cache]\ncapacity = {capacity}\nttl = {}\n\n", self.ttl_toml()));
        line(format_args!("[database]\nworkers = 256\nread = \"2ms\"\nwrite = \"2ms\"\n\n"));
        for (cached, name) in &LANES {
            let name = name.say(Language::English);
            line(format_args!(
                "[[lane]]\nname = \"{name}\"\nread = \"look-aside\"\n\
                 write = {{ kind = \"write-around\", cached = \"{cached}\" }}\n\n"
            ));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    fn ttl_toml(&self) -> String {
        match self.ttls.as_slice() {
            [] => "\"1h\"".to_owned(),
            [(ttl, ..)] => format!("\"{}\"", Nanos::from_secs_f64(*ttl)),
            several => {
                let parts =
                    several.iter().map(|(ttl, share, _)| format!("[\"{}\", {share}]", Nanos::from_secs_f64(*ttl)));
                format!("{{ mixed = [{}] }}", parts.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Whether nobody writes, so that both lanes do the same. Links relative to the preset count on two lanes: it keeps them.
    pub fn has_equal_lanes(&self) -> bool {
        let shares = self.shares();
        (shares.write + shares.modify) / shares.all < ROUNDED_TO_NOTHING
    }

    /// What a reader may ask of it.
    fn question(&self) -> Phrase {
        match self.miss_ratio {
            // Where keys are never written, so few expire that no TTL is worth a question.
            Some(_) if self.has_equal_lanes() => Phrase::fixed(
                "How near does the simulated miss ratio come to production's?",
                "시뮬레이션한 미스율은 운영 환경의 값에 얼마나 가까울까요?",
            ),
            Some(_) => Phrase::fixed(
                "How near does the simulated miss ratio come to production's, and which TTL would halve it?",
                "시뮬레이션한 미스율은 운영 환경의 값에 얼마나 가까울까요? TTL을 얼마로 하면 절반이 될까요?",
            ),
            None => Phrase::fixed(
                "What miss ratio would you expect of such a cache, and which TTL would halve it?",
                "이런 캐시의 미스율은 얼마쯤일까요? TTL을 얼마로 하면 절반이 될까요?",
            ),
        }
    }

    /// What the preset is, and how its lanes differ.
    fn description(&self) -> Phrase {
        let differ = if self.has_equal_lanes() {
            Phrase::fixed(
                "look at that of the lanes. Nobody writes here, so both lanes do the same.",
                "쓰기가 없어 결과가 같은 두 레인의 미스율을 보세요.",
            )
        } else {
            Phrase::fixed(
                "look at that of the two lanes, which differ in what a write does with the cached copy.",
                "쓰기가 캐시된 사본을 어떻게 처리하는지만 다른 두 레인의 미스율을 보세요.",
            )
        };
        let about = Phrase::each(|language| self.published(language));
        crate::phrase::phrase!("{about}; {differ}", "{about} {differ}", about, differ)
    }

    /// What was published of it.
    fn published(&self, language: Language) -> String {
        let of = |english: &'static str, korean: &'static str| Phrase::fixed(english, korean).say(language).to_owned();
        // A number and its unit stay on one line.
        let gap = of("\u{a0}", "");
        let percent = |ratio: f64| format!("{}{gap}%", (ratio * 10_000.0).round() / 100.0);
        let bytes = |bytes: u32| format!("{}{gap}B", grouped(bytes.into()));
        let ttl = |(_, share, text): &(f64, f64, String)| {
            let unit = match text.chars().last() {
                Some('s') => of("s ", "초"),
                Some('h') => of("h ", "시간"),
                _ => of("d ", "일"),
            };
            format!("{}{gap}{unit}({})", text.trim_end_matches(['s', 'h', 'd']), percent(*share))
        };
        let known = |value: Option<String>| value.unwrap_or_else(|| of("not published", "미공개"));
        let list = |items: Vec<String>| known(Some(items.join(", ")).filter(|list| !list.is_empty()));
        let operation = |(name, share): &(String, f64)| format!("{name}\u{a0}{}", percent(*share));
        let operations = list(self.operations.iter().map(operation).collect());
        let ttls = list(self.ttls.iter().take(3).map(ttl).collect());
        let alpha = known(self.alpha.map(|alpha| format!("{alpha:.2}")));
        let rate = known(self.rate.map(|rate| grouped(rate.round() as u64)));
        let sizes = known(self.sizes_bytes.map(|(key, value)| {
            format!("{} {}, {} {}", of("keys", "키"), bytes(key), of("values", "값"), bytes(value))
        }));
        let (number, miss) = (self.number, known(self.miss_ratio.map(percent)));
        match language {
            Language::English => format!(
                "Twitter's production cache {number} of March 2020, scaled down: operations {operations}; common TTLs {ttls}; \
                 Zipf alpha {alpha}; requests a second {rate}; mean sizes {sizes}. Its miss ratio in production is {miss}"
            ),
            Language::Korean => format!(
                "2020년 3월 Twitter 운영 캐시 {number}번을 축소한 것으로, 연산은 {operations}, 주요 TTL은 {ttls}, \
                 Zipf 알파는 {alpha}, 초당 요청 수는 {rate}, 평균 크기는 {sizes}입니다. 운영 환경의 미스율은 {miss}입니다."
            ),
        }
    }

    /// The preset's name.
    pub fn name(&self) -> String {
        format!("{NAME}{:02}", self.number)
    }
}

/// A whole number as `24,250`.
fn grouped(number: u64) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{},{:03}", grouped(thousands), number % 1_000),
    }
}

/// What clients do.
struct Shares {
    read: f64,
    write: f64,
    modify: f64,
    delete: f64,
    all: f64,
}

/// How a cluster is scaled down.
struct Scale {
    duration: Nanos,
    warmup: Nanos,
    /// Requests a second.
    rate: f64,
    keys: u64,
    /// Keys of the whole cluster.
    keys_of_all: u64,
}

impl Scale {
    fn of(cluster: &Cluster, newest_first: bool) -> Scale {
        let full_rate = cluster.rate.unwrap_or(1_000.0);
        let keys_of_all = (full_rate * WEEK_S / cluster.requests_per_key.unwrap_or(30.0)).max(2.0);
        let all = cluster.shares().all;
        // Three mean TTLs, of which one is warm-up; longer where the keys would be too many otherwise.
        let least_s = if newest_first { 0.0 } else { REQUESTS * keys_of_all / (full_rate * all * KEYS_MAX) };
        let seconds = (3.0 * cluster.mean_ttl_s()).clamp(600.0, WEEK_S).max(least_s).round();
        let rate = (REQUESTS / seconds).min(full_rate * all);
        let keys = (keys_of_all * rate / (full_rate * all)).round().max(2.0);
        Scale {
            duration: Nanos::from_secs_f64(seconds),
            warmup: Nanos::from_secs_f64((seconds / 3.0).round()),
            rate,
            keys: keys as u64,
            keys_of_all: keys_of_all.round() as u64,
        }
    }
}

/// A part such as `1.8h:0.28`.
fn ttl(part: &str) -> Option<(f64, f64, String)> {
    let (time, share) = part.split_once(':')?;
    let unit = match time.chars().last()? {
        's' => 1.0,
        'h' => 3_600.0,
        'd' => 86_400.0,
        _ => return None,
    };
    let number: f64 = time[..time.len() - 1].parse().ok()?;
    Some((number * unit, share.parse().ok()?, time.to_owned()))
}

/// A part such as `get:0.93`.
fn operation(part: &str) -> Option<(String, f64)> {
    let (name, share) = part.split_once(':')?;
    Some((name.to_owned(), share.parse().ok()?))
}

/// A cluster's scenario as TOML, now and as it was in version 1.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) current: String,
    pub(super) first: String,
}

/// One preset a cluster, in order.
pub static ALL: LazyLock<Vec<Preset>> = LazyLock::new(|| clusters().iter().map(preset).collect());

/// What the lane with that name is called, if it is one of theirs. Asked of every lane, and so without reading the table.
pub(super) fn lane(name: &str) -> Option<&'static Phrase> {
    LANES.iter().map(|(_, phrase)| phrase).find(|phrase| phrase.say(Language::English) == name)
}

/// The published miss ratio of the cluster whose preset has that name, if it has one.
pub fn miss_ratio(preset: &str) -> Option<f64> {
    if !preset.starts_with(NAME) {
        return None; // asked of every preset, and the table is long
    }
    static KNOWN: LazyLock<Vec<(String, Option<f64>)>> =
        LazyLock::new(|| clusters().iter().map(|cluster| (cluster.name(), cluster.miss_ratio)).collect());
    KNOWN.iter().find(|(name, _)| name == preset)?.1
}

/// The preset whose scenario has this name.
pub fn of_title(title: &str) -> Option<&'static Preset> {
    let number: usize = title.strip_prefix(TITLE)?.parse().ok()?;
    ALL.get(number.checked_sub(1)?)
}

/// Made once, for as long as the program runs: presets are asked for by reference everywhere.
fn preset(cluster: &Cluster) -> Preset {
    let lanes = LANES.each_ref().map(|(_, name)| (name.say(Language::English).to_owned(), name.clone()));
    let about = About {
        group: Group::Twitter,
        title: Phrase::new(format!("{TITLE}{}", cluster.number), format!("Twitter 캐시 클러스터 {}", cluster.number)),
        description: if cfg!(feature = "figure") { Phrase::default() } else { cluster.description() },
        question: if cfg!(feature = "figure") { Phrase::default() } else { cluster.question() },
        watch: vec![Watch::MissRatio],
        claim: None,
        seed_reason: None,
        lanes: lanes.to_vec(),
    };
    Preset {
        name: cluster.name().leak(),
        source: Source::Table(Texts { current: cluster.toml(false), first: cluster.toml_of(1, false) }),
        about: about.into(),
        scenario: OnceLock::new(),
        first: Some(OnceLock::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_54_clusters_and_what_is_published_is_read() {
        let clusters = clusters();
        assert!(clusters.iter().map(|cluster| cluster.number).eq(1..=54));
        let four = &clusters[3];
        assert_eq!((four.miss_ratio, four.sizes_bytes, four.rate), (Some(0.3941), Some((67, 2_439)), Some(5_260.0)));
        assert_eq!(four.ttls.len(), 6);
        assert_eq!(four.ttls[2], (3_600.0, 0.13, "1h".to_owned()));
        assert_eq!(four.operations, [("get".to_owned(), 0.93), ("set".to_owned(), 0.07)]);
        assert_eq!(four.alpha, Some(1.1004));
        let five = &clusters[4];
        assert_eq!((five.miss_ratio, five.rate, five.alpha), (Some(0.7124), None, None));
        assert!(five.ttls.is_empty() && five.operations.is_empty());
        let known = |f: &dyn Fn(&Cluster) -> bool| clusters.iter().filter(|cluster| f(cluster)).count();
        assert_eq!(known(&|c| c.miss_ratio.is_some()), 53);
        assert_eq!(known(&|c| !c.ttls.is_empty()), 53);
        assert_eq!(known(&Cluster::is_write_first), 9);
    }

    #[test]
    fn every_cluster_is_a_good_scenario_under_its_own_name() {
        for (i, preset) in ALL.iter().enumerate() {
            assert_eq!(preset.name, format!("twitter-cluster{:02}", i + 1));
            assert_eq!(preset.scenario().check(), Ok(()), "{}", preset.name);
            assert!(std::ptr::eq(super::super::get(preset.name).unwrap(), preset));
        }
        for cluster in clusters().iter().filter(|cluster| cluster.is_write_first()) {
            assert!(crate::scenario::Scenario::from_toml(&cluster.toml(true)).is_ok(), "{}", cluster.number);
        }
    }

    #[test]
    fn of_clusters_whose_lanes_are_equal_the_text_says_so() {
        let equal = |cluster: &&Cluster| cluster.has_equal_lanes();
        assert_eq!(clusters().iter().filter(equal).count(), 14);
        for (cluster, preset) in clusters().iter().zip(ALL.iter()) {
            let scenario = preset.scenario();
            assert_eq!(scenario.lanes.len(), 2, "a link relative to {} counts on both", preset.name);
            let shares = scenario.clients.shares();
            let writes = shares.write + shares.modify + shares.insert > 0.0;
            assert_eq!(cluster.has_equal_lanes(), !writes, "{}", preset.name);
            let told = preset.about().description.to_string();
            assert_eq!(told.contains("both lanes do the same"), !writes, "{told}");
        }
    }

    #[test]
    fn numbers_have_their_units_and_stay_beside_them() {
        let told = |number: usize, language| ALL[number - 1].about().description.say(language).to_owned();
        let english = told(52, Language::English);
        assert!(english.contains("value") && !english.contains(" %") && !english.contains(" B"), "{english}");
        let four = [Language::English, Language::Korean].map(|language| told(4, language));
        for part in [
            "TTLs 60\u{a0}s (39\u{a0}%), 300\u{a0}s (24\u{a0}%), 1\u{a0}h (13\u{a0}%);",
            "second 5,260;",
            "values 2,439\u{a0}B.",
        ] {
            assert!(four[0].contains(part), "{part} in {}", four[0]);
        }
        for part in ["get\u{a0}93%", "60초(39%), 300초(24%), 1시간(13%),", "5,260,", "값 2,439B입니다."] {
            assert!(four[1].contains(part), "{part} in {}", four[1]);
        }
        assert_eq!([0, 999, 1_000, 1_024_007].map(grouped), ["0", "999", "1,000", "1,024,007"]);
    }

    #[test]
    fn the_table_is_the_published_one() {
        // Where the shared copy is at hand: as the tests of traces do, relative to the repository.
        let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/twitter-2020Mar.csv");
        if let Ok(published) = std::fs::read_to_string(shared) {
            assert_eq!(TABLE, published);
        }
    }

    #[test]
    fn every_key_is_asked_for_as_often_as_in_production() {
        for cluster in clusters().iter().filter(|cluster| cluster.rate.is_some()) {
            let scale = Scale::of(cluster, false);
            let all = cluster.shares().all;
            let production = cluster.rate.unwrap() * all / scale.keys_of_all as f64;
            let here = scale.rate / scale.keys as f64;
            // Where only a handful of keys is left, rounding to a whole number shows.
            assert!((here / production - 1.0).abs() < 0.5 / scale.keys as f64 + 0.01, "cluster {}", cluster.number);
            assert!(scale.rate * scale.duration.as_secs_f64() <= REQUESTS * 1.01);
        }
    }
}
