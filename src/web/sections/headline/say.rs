//! How the sentence is said in each language.

use super::Headline;
use super::measures::{Measure, Part};
use crate::chart::text;
use crate::phrase::{Language, Phrase};

/// A piece of the sentence as it stands on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Plain text.
    Text(String),
    /// A lane's name, underlined in its colour.
    Lane(usize, String),
    /// A number that changes.
    Number(String),
    /// A number that is bad news.
    Alarm(String),
}

/// The whole sentence as plain text, for screen readers and for the window's title.
pub fn plain(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Lane(_, text) | Piece::Number(text) | Piece::Alarm(text) => text.clone(),
    };
    pieces.iter().map(text).collect()
}

const WARMING_UP: Phrase = Phrase::fixed("warming up…", "워밍업 중…");
const NO_DIFFERENCE_YET: Phrase = Phrase::fixed("no significant difference so far.", "아직 유의미한 차이 없음.");
const NO_DIFFERENCE: Phrase = Phrase::fixed("no significant difference.", "유의미한 차이 없음.");
const NOTHING_YET: Phrase = Phrase::fixed("nothing to report so far.", "아직 특별한 것이 없습니다.");
const NOTHING: Phrase = Phrase::fixed("nothing to report.", "특별한 것이 없습니다.");

/// Between what it says of two lanes.
const AND: Phrase = Phrase::fixed("; ", ", ");

impl Headline {
    /// The sentence, with what the lanes are called; of a run that is over, or not yet.
    pub fn say(&self, titles: &[String], is_over: bool, language: Language) -> Vec<Piece> {
        let name = |lane: usize| Piece::Lane(lane, titles.get(lane).cloned().unwrap_or_default());
        let mut pieces = vec![name(self.subject)];
        if let Some(than) = self.than {
            pieces.extend([Piece::Text(" vs. ".to_owned()), name(than)]);
        }
        pieces.push(Piece::Text(": ".to_owned()));
        if self.parts.is_empty() {
            let why = match (self.is_enough, self.than) {
                (false, _) => WARMING_UP,
                (true, Some(_)) if is_over => NO_DIFFERENCE,
                (true, Some(_)) => NO_DIFFERENCE_YET,
                (true, None) if is_over => NOTHING,
                (true, None) => NOTHING_YET,
            };
            let why = why.say(language);
            match self.alike.as_ref().filter(|_| self.is_enough && self.than.is_some()) {
                Some(alike) => {
                    pieces.push(Piece::Text(why.trim_end_matches('.').to_owned() + AND.say(language)));
                    pieces.extend(alike.say(language));
                    pieces.push(Piece::Text(".".to_owned()));
                }
                None => pieces.push(Piece::Text(why.to_owned())),
            }
        }
        for (i, part) in self.parts.iter().enumerate() {
            if i > 0 {
                pieces.push(Piece::Text(AND.say(language).to_owned()));
            }
            pieces.extend(part.say(language));
        }
        if !self.parts.is_empty() {
            pieces.push(Piece::Text(".".to_owned()));
        }
        pieces
    }
}

/// A time that is longer by more is told itself, not as a factor.
const FACTOR_MAX: f64 = 1e4;

/// The other's number.
fn beside(than: &str) -> String {
    format!(" (vs.\u{a0}{than})")
}

impl Part {
    /// What stands before the number, the number, and what stands behind it.
    fn say(&self, language: Language) -> [Piece; 3] {
        let piece = |phrase: Phrase| Piece::Text(phrase.say(language).to_owned());
        match self {
            Part::Time { writes, tail, ms, than } => {
                let is_faster = ms < than;
                let (shorter, longer) = (ms.min(*than), ms.max(*than));
                let before = match (writes, tail) {
                    (false, false) => Phrase::fixed("reads ", "읽기 "),
                    (true, false) => Phrase::fixed("writes ", "쓰기 "),
                    (false, true) => Phrase::fixed("slowest reads (p99) ", "가장 느린 읽기(p99) "),
                    (true, true) => Phrase::fixed("slowest writes (p99) ", "가장 느린 쓰기(p99) "),
                };
                // Nothing is so many times as fast as what takes no time.
                if shorter < longer / FACTOR_MAX {
                    let than = beside(&text::millis(*than));
                    return [piece(before), Piece::Number(text::millis(*ms)), Piece::Text(than)];
                }
                let times = text::times(longer / shorter);
                let times = if language == Language::Korean { times.replace('×', "배") } else { times };
                let behind =
                    if is_faster { Phrase::fixed(" faster", " 빠름") } else { Phrase::fixed(" slower", " 느림") };
                [piece(before), Piece::Number(times), piece(behind)]
            }
            Part::Number { measure, value, than } => {
                let (before, _, behind) = measure.words();
                let shown = |value: f64| measure.shown(value, language);
                let number = shown(*value);
                let number = if self.is_harm() { Piece::Alarm(number) } else { Piece::Number(number) };
                let than = than.map(shown).map(|than| beside(&than));
                let behind = behind.say(language).to_owned() + &than.unwrap_or_default();
                [piece(before), number, Piece::Text(behind)]
            }
        }
    }
}

impl Measure {
    /// Such a number, as it stands in a text.
    pub(super) fn shown(self, value: f64, language: Language) -> String {
        match self.is_share() {
            true => text::percent(value, text::decimals(value)),
            false => format!("{}{}", text::count(value as u64), self.words().1.say(language)),
        }
    }

    fn is_share(self) -> bool {
        match self {
            Measure::Failed | Measure::HitRatio | Measure::MissRatio | Measure::Goodput => true,
            Measure::Lost
            | Measure::Increments
            | Measure::AtRisk
            | Measure::StaleReads
            | Measure::DivergingCopies
            | Measure::DatabaseReads
            | Measure::RowsWritten
            | Measure::DatabaseQueue => false,
        }
    }

    /// What stands before the number, what it counts where a language says that, and what stands behind it.
    fn words(self) -> (Phrase, Phrase, Phrase) {
        let none = Phrase::fixed("", "");
        let pieces = Phrase::fixed("", "건");
        match self {
            Measure::Lost => (
                Phrase::fixed("", "성공 응답을 받은 쓰기 "),
                pieces,
                Phrase::fixed(" acknowledged writes lost", " 유실"),
            ),
            Measure::Increments => (Phrase::fixed("", "증가 "), pieces, Phrase::fixed(" increments lost", " 유실")),
            Measure::Failed => (Phrase::fixed("", "요청의 "), none, Phrase::fixed(" of requests failed", " 실패")),
            Measure::AtRisk => (
                Phrase::fixed("up to ", "최대 "),
                pieces,
                Phrase::fixed(" writes at risk at once", "의 쓰기가 유실 위험"),
            ),
            Measure::StaleReads => (Phrase::fixed("", "오래된 읽기 "), pieces, Phrase::fixed(" stale reads", "")),
            Measure::DivergingCopies => (
                Phrase::fixed("up to ", "DB와 다른 사본 최대 "),
                Phrase::fixed("", "개"),
                Phrase::fixed(" cached copies differ from the database", ""),
            ),
            Measure::HitRatio => (Phrase::fixed("hit ratio ", "적중률 "), none.clone(), none),
            Measure::MissRatio => (Phrase::fixed("miss ratio ", "미스율 "), none.clone(), none),
            Measure::Goodput => {
                (Phrase::fixed("", "요청의 "), none, Phrase::fixed(" of requests answered in time", " 제때 응답"))
            }
            Measure::DatabaseReads => (Phrase::fixed("", "DB 읽기 "), pieces, Phrase::fixed(" database reads", "")),
            Measure::RowsWritten => (
                Phrase::fixed("", "DB에 쓴 행 "),
                Phrase::fixed("", "개"),
                Phrase::fixed(" rows written to the database", ""),
            ),
            Measure::DatabaseQueue => (Phrase::fixed("database queue up to ", "DB 큐 최대 "), pieces, none),
        }
    }
}
