//! What a preset says of itself, in the table `[preset]` at the end of its file.
//!
//! ```toml
//! [preset]
//! group = "stories"                        # where it stands in the menu
//! watch = ["write_p50", "lost"]            # what to look at, the first first
//! claim = { lane = 5, than = 4 }           # the lane it is about, and the one it is compared with; from 1
//! seed_reason = "…"                        # why this seed; needed where it is not the default
//!
//! [preset.title]                           # in each language; the English one is the scenario's `name`
//! [preset.description]                     # what happens and what to look at, in two or three sentences
//! [preset.question]                        # something to try out
//!
//! [preset.lanes.ko]                        # what its lanes are called in other languages
//! ```
//!
//! The table is no part of the scenario: neither links nor `cachelane presets NAME` know it.

use super::super::field::{Field, read_in, refuse_strangers, require, table, words};
use super::super::node::{Fields, join};
use super::super::notation;
use super::super::problem::{Problems, ScenarioError};
use crate::phrase::{Language, Phrase};

/// What a preset says of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// Where it stands in the menu.
    pub group: Group,
    /// What it is called.
    pub title: Phrase,
    /// What happens and what to look at, in two or three sentences.
    pub description: Phrase,
    /// A question to try out.
    pub question: Phrase,
    /// What to look at, the first first.
    pub watch: Vec<Watch>,
    /// The lane it is about, and the one it is compared with.
    pub claim: Option<Claim>,
    /// Why its seed was chosen.
    pub seed_reason: Option<String>,
    /// What its lanes are called, by their names in the scenario.
    pub lanes: Vec<(String, Phrase)>,
}

/// A lane beside another; lanes are their places in the scenario, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The lane that is spoken of.
    pub lane: usize,
    /// The lane that it is compared with.
    pub than: usize,
}

words! {
    /// What presets are about, in the order of the menu.
    pub enum Group {
        /// Something that happens to caches, and what to do about it.
        #[ko = "캐시에 일어나는 일과 대처 방법."]
        "stories" => Stories,
        /// The workloads of the Yahoo! Cloud Serving Benchmark.
        #[ko = "Yahoo! Cloud Serving Benchmark의 워크로드."]
        "ycsb" => Ycsb,
        /// The caches that Twitter published figures of.
        #[ko = "Twitter가 통계를 공개한 캐시."]
        "twitter" => Twitter,
    }
}

words! {
    /// What there is to look at.
    pub enum Watch {
        /// The median of reads.
        #[ko = "읽기 응답 시간의 중앙값."]
        "read_p50" => ReadP50,
        /// The slowest hundredth of reads.
        #[ko = "읽기 응답 시간의 p99."]
        "read_p99" => ReadP99,
        /// The median of writes.
        #[ko = "쓰기 응답 시간의 중앙값."]
        "write_p50" => WriteP50,
        /// The slowest hundredth of writes.
        #[ko = "쓰기 응답 시간의 p99."]
        "write_p99" => WriteP99,
        /// All percentiles of response times.
        #[ko = "응답 시간의 모든 백분위수."]
        "percentiles" => Percentiles,
        /// The share of reads that the cache answers.
        #[ko = "적중률."]
        "hit_ratio" => HitRatio,
        /// The share of look-ups that the cache does not answer.
        #[ko = "미스율."]
        "miss_ratio" => MissRatio,
        /// Requests that failed.
        #[ko = "실패한 요청."]
        "errors" => Errors,
        /// Requests answered in time, a second.
        #[ko = "초당 제때 응답한 요청 수(goodput)."]
        "goodput" => Goodput,
        /// Acknowledged writes that are lost.
        #[ko = "성공 응답을 받고 유실된 쓰기."]
        "lost" => Lost,
        /// Acknowledged writes that only the cache holds.
        #[ko = "캐시에만 있어 유실될 수 있는 쓰기."]
        "at_risk" => AtRisk,
        /// Increments that are lost.
        #[ko = "유실된 증가."]
        "lost_increments" => LostIncrements,
        /// Reads that were given an old value.
        #[ko = "오래된 읽기."]
        "stale_reads" => StaleReads,
        /// Cached copies that differ from the database.
        #[ko = "DB와 다른 사본."]
        "diverging_copies" => DivergingCopies,
        /// Reads of the database.
        #[ko = "DB 읽기."]
        "database_reads" => DatabaseReads,
        /// Rows that the database writes.
        #[ko = "DB가 쓴 행 수."]
        "rows_written" => RowsWritten,
        /// How many wait for the database.
        #[ko = "DB를 기다리는 쿼리 수."]
        "database_queue" => DatabaseQueue,
    }
}

impl Watch {
    /// The figure over time that shows it, by its name in links.
    pub fn figure(self) -> &'static str {
        match self {
            Watch::ReadP50 | Watch::ReadP99 | Watch::WriteP50 | Watch::WriteP99 | Watch::Percentiles => "latency",
            Watch::HitRatio => "hits",
            Watch::MissRatio => "misses",
            Watch::Errors => "errors",
            Watch::Goodput => "goodput",
            Watch::Lost | Watch::AtRisk => "lost",
            Watch::LostIncrements => "lost-increments",
            Watch::StaleReads => "stale",
            Watch::DivergingCopies => "diverging",
            Watch::DatabaseReads => "db-reads",
            Watch::RowsWritten => "db-rows",
            Watch::DatabaseQueue => "db-queue",
        }
    }

    /// Whether it is a response time, and then whether it is that of the slowest.
    pub fn is_of_the_slowest(self) -> Option<bool> {
        match self {
            Watch::ReadP50 | Watch::WriteP50 => Some(false),
            Watch::ReadP99 | Watch::WriteP99 => Some(true),
            Watch::Percentiles
            | Watch::HitRatio
            | Watch::MissRatio
            | Watch::Errors
            | Watch::Goodput
            | Watch::Lost
            | Watch::AtRisk
            | Watch::LostIncrements
            | Watch::StaleReads
            | Watch::DivergingCopies
            | Watch::DatabaseReads
            | Watch::RowsWritten
            | Watch::DatabaseQueue => None,
        }
    }
}

const AT: &str = "preset";
const NEEDED: Phrase = Phrase::fixed("what every preset says of itself", "모든 프리셋에 적는 값");
const FIELDS: &[&str] = &["group", "watch", "claim", "seed_reason", "title", "description", "question", "lanes"];

impl About {
    /// Reads the parts of the table that a program keeps, each as links write it.
    pub(super) fn from_parts(parts: [&str; 2]) -> Result<About, ScenarioError> {
        let mut fields = Fields::new();
        for part in parts {
            let tree = notation::parse(part).map_err(|why| ScenarioError::because(AT, part, why))?;
            fields.extend_from_slice(tree.fields().map_or(&[], Vec::as_slice));
        }
        About::from_fields(&fields)
    }

    /// Reads the table.
    pub(super) fn from_fields(fields: &Fields) -> Result<About, ScenarioError> {
        let mut problems = Problems::default();
        let about = About::read(fields, &mut problems);
        problems.finish(about)?.ok_or_else(|| ScenarioError::because(AT, "", NEEDED))
    }

    fn read(fields: &Fields, problems: &mut Problems) -> Option<About> {
        refuse_strangers(fields, FIELDS, AT, problems);
        let group = needed(fields, "group", AT, problems);
        let watch: Option<Vec<Watch>> = needed(fields, "watch", AT, problems);
        let title = phrase(fields, "title", problems);
        // What only the whole page shows is not in the program of an embed.
        let mut beyond_figures =
            |name| if cfg!(feature = "figure") { Some(Phrase::default()) } else { phrase(fields, name, problems) };
        let (description, question) = (beyond_figures("description"), beyond_figures("question"));
        let lanes = lanes(fields, problems);
        Some(About {
            group: group?,
            title: title?,
            description: description?,
            question: question?,
            claim: claim(fields, problems),
            watch: watch.filter(|watch| !watch.is_empty())?,
            seed_reason: read_in(fields, "seed_reason", AT, problems),
            lanes,
        })
    }

    /// What the lane with that name in the scenario is called.
    pub fn lane(&self, name: &str) -> Option<&Phrase> {
        self.lanes.iter().find(|(known, _)| known == name).map(|(_, called)| called)
    }
}

fn claim(fields: &Fields, problems: &mut Problems) -> Option<Claim> {
    let (_, node) = fields.iter().find(|(known, _)| known == "claim")?;
    let at = join(AT, "claim");
    let both = table(node, &at, problems)?;
    refuse_strangers(both, &["lane", "than"], &at, problems);
    let [lane, than]: [Option<u32>; 2] = ["lane", "than"].map(|name| needed(both, name, &at, problems));
    let place = |number: Option<u32>| (number? as usize).checked_sub(1);
    Some(Claim { lane: place(lane)?, than: place(than)? })
}

fn needed<T: Field>(fields: &Fields, name: &str, at: &str, problems: &mut Problems) -> Option<T> {
    require(fields, name, NEEDED, at, problems);
    read_in(fields, name, at, problems)
}

/// A text in each language.
fn phrase(fields: &Fields, name: &str, problems: &mut Problems) -> Option<Phrase> {
    require(fields, name, NEEDED, AT, problems);
    let (_, node) = fields.iter().find(|(known, _)| known == name)?;
    let at = join(AT, name);
    let texts = table(node, &at, problems)?;
    refuse_strangers(texts, &Language::ALL.map(Language::code), &at, problems);
    let [english, korean]: [Option<String>; 2] =
        Language::ALL.map(|language| needed(texts, language.code(), &at, problems));
    Some(Phrase::new(english?, korean?))
}

/// What lanes are called, by language: their English names are those of the scenario.
fn lanes(fields: &Fields, problems: &mut Problems) -> Vec<(String, Phrase)> {
    let Some((_, node)) = fields.iter().find(|(known, _)| known == "lanes") else { return Vec::new() };
    let at = join(AT, "lanes");
    let Some(languages) = table(node, &at, problems) else { return Vec::new() };
    let code = Language::Korean.code();
    refuse_strangers(languages, &[code], &at, problems);
    let Some(names) = languages.first().and_then(|(_, node)| table(node, &join(&at, code), problems)) else {
        return Vec::new();
    };
    let read = names.iter().filter_map(|(name, node)| {
        Some((name.clone(), Phrase::new(name.clone(), String::read(node, &join(&at, name), problems)?)))
    });
    read.collect()
}
