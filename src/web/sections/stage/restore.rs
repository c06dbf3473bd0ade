//! What is on at a part and can be ended now.

use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::{Edit, Fault, FaultTarget, FieldValue, Part as Struck, Scenario};
use crate::stage::Part;
use crate::time::Nanos;

/// A fault that can be ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Restore {
    /// What the entry says.
    pub title: Phrase,
    /// What ends it: it lasts until now, and no longer.
    pub edit: Edit,
}

/// What of the experiment strikes a part.
pub fn struck(part: Part) -> Option<Struck> {
    match part {
        Part::App => Some(Struck::App),
        Part::Cache => Some(Struck::Cache),
        Part::Database => Some(Struck::Database),
        Part::Client => None,
    }
}

/// The faults that are on at a part at the moment `now` and end when the scenario says. What occurs at random or on a
/// trigger has no end of its own to be moved, and a command that takes as long as its entries do has none at all.
pub fn restores(scenario: &Scenario, part: Part, now: Nanos) -> Vec<Restore> {
    let on = scenario.faults.iter().enumerate().filter_map(|(number, fault)| {
        let at = fault.at.moment()?;
        let so_far = Nanos(now.0.checked_sub(at.0)?);
        let is_on = Some(fault.what.part()) == struck(part) && so_far < fault.lasts;
        // Less than a microsecond is no duration.
        (is_on && so_far >= Nanos::from_micros(1)).then(|| Restore {
            title: title(fault),
            edit: Edit::set(format!("fault.{number}.for"), FieldValue::of(&so_far)),
        })
    });
    on.collect()
}

fn title(fault: &Fault) -> Phrase {
    let what = fault.what.title();
    let (en, ko) = (what.say(Language::English), what.say(Language::Korean));
    match fault.which {
        Some(FaultTarget::Server(number)) => phrase!("Restore: {en} ({number})", "복구: {ko} ({number})"),
        Some(FaultTarget::Link(_)) | None => phrase!("Restore: {en}", "복구: {ko}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Accept, FaultKind, FaultTime};

    fn s(seconds: u64) -> Nanos {
        Nanos::from_secs(seconds)
    }

    fn with(faults: Vec<Fault>) -> Scenario {
        Scenario { faults, ..Scenario::default() }
    }

    fn titles(scenario: &Scenario, part: Part, now: Nanos) -> Vec<String> {
        restores(scenario, part, now).iter().map(|restore| restore.title.to_string()).collect()
    }

    #[test]
    fn what_is_on_now_is_ended_now_and_nothing_else_is() {
        let crash = Fault { lasts: s(5), ..Fault::new(FaultKind::CacheCrash, s(10)) };
        let scenario = with(vec![Fault::new(FaultKind::DatabaseSlow, s(1)), crash]);
        assert_eq!(titles(&scenario, Part::Cache, s(12)), ["Restore: cache crash"]);
        let restore = &restores(&scenario, Part::Cache, s(12))[0];
        assert_eq!(restore.title.say(Language::Korean), "복구: 캐시 크래시");
        let after = scenario.apply(std::slice::from_ref(&restore.edit), Accept::Readable).expect("a good edit");
        let (lasts, at) = (after.faults[1].lasts, after.faults[1].at);
        assert_eq!((lasts, at), (s(2), FaultTime::Moment(s(10))), "it has begun when it did, and ends now");
        assert_eq!(after.faults[0], scenario.faults[0], "the other fault is as it was");
        assert!(titles(&after, Part::Cache, s(12)).is_empty(), "once is enough");
        for now in [s(9), s(10), s(15), s(20)] {
            assert_eq!(titles(&scenario, Part::Cache, now), [""; 0], "not on at {now}");
        }
        assert_eq!(titles(&scenario, Part::App, s(12)), [""; 0], "another part");
    }

    #[test]
    fn what_has_no_end_that_could_be_moved_is_not_offered() {
        let every = Fault::new(FaultKind::CacheCrash, FaultTime::Every(s(5)));
        let flush = Fault::new(FaultKind::CacheCrash, FaultTime::BeforeFlush(1));
        let keys = Fault::new(FaultKind::SlowCommand, s(1));
        assert_eq!(titles(&with(vec![every, flush, keys]), Part::Cache, s(2)), [""; 0]);
    }

    #[test]
    fn of_several_servers_it_is_told_which() {
        let frozen =
            |number| Fault { which: Some(FaultTarget::Server(number)), ..Fault::new(FaultKind::AppFreeze, s(1)) };
        let all = titles(&with(vec![frozen(0), frozen(2)]), Part::App, s(2));
        assert_eq!(all, ["Restore: app server freeze (0)", "Restore: app server freeze (2)"]);
    }
}
