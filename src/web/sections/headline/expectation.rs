//! What a reader expects of a run before it is over, and how it went: in the numbers, and by the rules, of the sentence at the top.

use super::measures::{Measure, Part, time_ms};
use super::{Topic, without_praise};
use crate::chart::text;
use crate::phrase::{Language, Phrase};
use crate::report::{LaneReport, Report};
use crate::scenario::presets::Watch;

/// A question that a run answers: in which of two lanes there is more of something, or which is faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The lanes, in their order.
    pub lanes: [usize; 2],
    /// The number that decides.
    what: Watch,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The lane that it was; none where the two do not differ by more than luck.
    pub lane: Option<usize>,
    /// The numbers of the two lanes, that of the lane that it was first.
    numbers: [String; 2],
}

impl Question {
    /// What the experiment can be asked: of its two lanes, in the first number that tells of harm, or else in the first.
    pub fn of(topic: Topic<'_>) -> Option<Question> {
        let claim = topic.claim?;
        let what = topic.watch.iter().find(|what| tells_of_harm(**what)).or(topic.watch.first())?;
        let lanes = [claim.lane.min(claim.than), claim.lane.max(claim.than)];
        Some(Question { lanes, what: *what })
    }

    /// The question in words.
    pub fn ask(&self) -> Phrase {
        match self.what {
            Watch::ReadP50 => Phrase::fixed("Which lane will answer reads faster?", "읽기에 더 빨리 응답할 레인은?"),
            Watch::WriteP50 => Phrase::fixed("Which lane will answer writes faster?", "쓰기에 더 빨리 응답할 레인은?"),
            Watch::ReadP99 | Watch::Percentiles => Phrase::fixed(
                "In which lane will the slowest reads (p99) be faster?",
                "가장 느린 읽기(p99)가 더 빠를 레인은?",
            ),
            Watch::WriteP99 => Phrase::fixed(
                "In which lane will the slowest writes (p99) be faster?",
                "가장 느린 쓰기(p99)가 더 빠를 레인은?",
            ),
            Watch::Lost => Phrase::fixed(
                "Which lane will lose more acknowledged writes?",
                "성공 응답을 받은 쓰기를 더 많이 잃을 레인은?",
            ),
            Watch::LostIncrements => {
                Phrase::fixed("Which lane will lose more increments?", "증가를 더 많이 잃을 레인은?")
            }
            Watch::Errors => Phrase::fixed("In which lane will more requests fail?", "요청이 더 많이 실패할 레인은?"),
            Watch::AtRisk => Phrase::fixed(
                "In which lane will more writes be at risk at once?",
                "유실될 수 있는 쓰기가 더 많이 쌓일 레인은?",
            ),
            Watch::StaleReads => {
                Phrase::fixed("Which lane will have more stale reads?", "오래된 읽기가 더 많을 레인은?")
            }
            Watch::DivergingCopies => Phrase::fixed(
                "In which lane will more cached copies differ from the database?",
                "DB와 다른 사본이 더 많을 레인은?",
            ),
            Watch::HitRatio => Phrase::fixed("Which lane will have the higher hit ratio?", "적중률이 더 높을 레인은?"),
            Watch::MissRatio => {
                Phrase::fixed("Which lane will have the higher miss ratio?", "미스율이 더 높을 레인은?")
            }
            Watch::Goodput => Phrase::fixed(
                "Which lane will answer more of its requests in time?",
                "제때 응답하는 요청의 비율이 더 높을 레인은?",
            ),
            Watch::DatabaseReads => {
                Phrase::fixed("Which lane will read more from the database?", "DB 읽기가 더 많을 레인은?")
            }
            Watch::RowsWritten => {
                Phrase::fixed("Which lane will write more rows to the database?", "DB에 쓰는 행이 더 많을 레인은?")
            }
            Watch::DatabaseQueue => {
                Phrase::fixed("Which lane will have the longer database queue?", "DB 큐가 더 길어질 레인은?")
            }
        }
    }

    /// What came out; nothing where the report has not both lanes.
    pub fn judge(&self, report: &Report, language: Language) -> Option<Verdict> {
        let [first, second] = self.lanes;
        let (a, b) = (report.lanes.get(first)?, report.lanes.get(second)?);
        let lane = if self.is_ahead(a, b) { Some(first) } else { self.is_ahead(b, a).then_some(second) };
        let in_turn = if lane == Some(second) { [b, a] } else { [a, b] };
        Some(Verdict { lane, numbers: in_turn.map(|lane| self.number(lane, language)) })
    }

    /// Whether `lane` has more than `other`, or is faster, as far as the sentence at the top would say so.
    fn is_ahead(&self, lane: &LaneReport, other: &LaneReport) -> bool {
        let parts = Part::of(self.what, lane, Some(other)).into_iter().collect();
        without_praise(parts, lane, Some(other)).iter().any(|part| match part {
            Part::Time { ms, than, .. } => ms < than,
            Part::Number { value, than, .. } => than.is_some_and(|than| *value > than),
        })
    }

    fn number(&self, lane: &LaneReport, language: Language) -> String {
        let (shown, writes, tail) = match self.what {
            Watch::ReadP50 => (None, false, false),
            Watch::WriteP50 => (None, true, false),
            Watch::WriteP99 => (None, true, true),
            what => (Measure::of(what), false, true),
        };
        let number = match shown {
            Some(measure) => measure.value(lane).map(|value| measure.shown(value, language)),
            None => time_ms(writes, tail, lane).map(text::millis),
        };
        number.unwrap_or_else(|| "–".to_owned())
    }
}

/// Whether more of it is harm in itself: what a reader should think about first.
fn tells_of_harm(what: Watch) -> bool {
    match what {
        Watch::Lost | Watch::LostIncrements | Watch::Errors | Watch::StaleReads | Watch::DivergingCopies => true,
        Watch::ReadP50
        | Watch::ReadP99
        | Watch::WriteP50
        | Watch::WriteP99
        | Watch::Percentiles
        | Watch::HitRatio
        | Watch::MissRatio
        | Watch::Goodput
        | Watch::AtRisk
        | Watch::DatabaseReads
        | Watch::RowsWritten
        | Watch::DatabaseQueue => false,
    }
}

/// Neither of the two lanes.
pub const NO_DIFFERENCE: Phrase = Phrase::fixed("No difference", "차이 없음");

impl Verdict {
    /// How it went, beside what was expected: a lane, or no difference.
    pub fn say(&self, expected: Option<usize>, titles: &[String], language: Language) -> String {
        let called = |lane: Option<usize>| match (lane, language) {
            (Some(lane), _) => titles.get(lane).cloned().unwrap_or_default(),
            (None, Language::English) => "no significant difference".to_owned(),
            (None, Language::Korean) => "유의미한 차이 없음".to_owned(),
        };
        let (expected, was, is_right) = (called(expected), called(self.lane), expected == self.lane);
        let [one, other] = &self.numbers;
        match (language, is_right) {
            (Language::English, true) => format!("You expected {expected}, and so it was: {one} vs. {other}."),
            (Language::English, false) => format!("You expected {expected}; it was {was}: {one} vs. {other}."),
            (Language::Korean, true) => format!("예상 적중: {was} ({one} 대 {other})"),
            (Language::Korean, false) => format!("예상: {expected} → 결과: {was} ({one} 대 {other})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lane, report};
    use super::*;
    use crate::scenario::presets::{self, Claim};

    fn of(watch: &[Watch]) -> Question {
        Question::of(Topic { claim: Some(Claim { lane: 1, than: 0 }), watch }).expect("a question")
    }

    fn told(question: Question, lanes: [LaneReport; 2], expected: Option<usize>) -> String {
        let titles = ["One".to_owned(), "Two".to_owned()];
        let verdict = question.judge(&report(lanes.into()), Language::English).expect("both are there");
        verdict.say(expected, &titles, Language::English)
    }

    #[test]
    fn who_was_right_is_told_so_and_who_was_wrong_is_told_what_it_was() {
        let lanes = || [lane(9.0, 0, 0, 0), lane(1.0, 200, 300, 0)];
        let lost = of(&[Watch::WriteP50, Watch::Lost]);
        assert_eq!(lost.ask().to_string(), "Which lane will lose more acknowledged writes?");
        assert_eq!(told(lost, lanes(), Some(1)), "You expected Two, and so it was: 200 vs. 0.");
        assert_eq!(told(lost, lanes(), Some(0)), "You expected One; it was Two: 200 vs. 0.");
        assert_eq!(told(lost, lanes(), None), "You expected no significant difference; it was Two: 200 vs. 0.");
        let faster = of(&[Watch::WriteP50]);
        assert_eq!(told(faster, lanes(), Some(1)), "You expected Two, and so it was: 1 ms vs. 9 ms.");
    }

    #[test]
    fn what_luck_explains_is_no_difference_here_either() {
        let stale = |reads| LaneReport { stale_reads: reads, ..lane(1.0, 0, 0, 0) };
        let question = of(&[Watch::StaleReads]);
        let near = || [stale(115), stale(100)];
        assert_eq!(told(question, near(), None), "You expected no significant difference, and so it was: 115 vs. 100.");
        assert_eq!(told(question, near(), Some(0)), "You expected One; it was no significant difference: 115 vs. 100.");
        assert_eq!(told(question, [stale(180), stale(100)], Some(0)), "You expected One, and so it was: 180 vs. 100.");
    }

    #[test]
    fn who_fails_more_is_not_the_faster_one() {
        let lanes = [lane(9.0, 0, 0, 0), lane(1.0, 0, 0, 500)];
        assert_eq!(
            told(of(&[Watch::WriteP50]), lanes, Some(1)),
            "You expected Two; it was no significant difference: 9 ms vs. 1 ms."
        );
    }

    #[test]
    fn more_at_risk_is_seen_from_either_lane() {
        for lanes in [[lane(1.0, 0, 40, 0), lane(1.0, 0, 4, 0)], [lane(1.0, 0, 4, 0), lane(1.0, 0, 40, 0)]] {
            let more = if lanes[0].at_risk_max > 4 { 0 } else { 1 };
            let verdict = of(&[Watch::AtRisk]).judge(&report(lanes.into()), Language::Korean).expect("both are there");
            assert_eq!((verdict.lane, verdict.numbers), (Some(more), ["40건".to_owned(), "4건".to_owned()]));
        }
    }

    #[test]
    fn every_preset_with_a_claim_asks_in_both_languages() {
        for preset in &presets::ALL {
            let about = preset.about();
            let question = Question::of(Topic { claim: about.claim, watch: &about.watch }).expect(preset.name);
            let [english, korean] = Language::ALL.map(|language| question.ask().say(language).to_owned());
            assert!(english.ends_with('?') && english.is_ascii(), "{english}");
            assert!(korean.ends_with('?') && korean.contains("레인"), "{korean}");
        }
        assert_eq!(Question::of(Topic::default()), None);
    }
}
