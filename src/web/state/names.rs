//! Names of lanes that no longer fit.

use crate::scenario::{Lane, Reading, Scenario, Writing, presets};

/// Takes from the lanes that have changed the names that presets gave them for what they were: they are called by what they
/// are now. A name that is a strategy's fits as long as the strategy is the same; what a reader has given stays.
pub(super) fn forget(before: &Scenario, changed: &mut Scenario) {
    if before.lanes.len() != changed.lanes.len() {
        return; // one has come or gone
    }
    for (was, lane) in before.lanes.iter().zip(&mut changed.lanes) {
        let same = Lane { look: was.look, ..lane.clone() };
        let is_of_preset = presets::lane(&lane.name).is_some();
        let has_same_strategy = (was.read.name(), was.write.name()) == (lane.read.name(), lane.write.name());
        let fits = has_same_strategy && is_strategy(&lane.name);
        if was.name == lane.name && *was != same && is_of_preset && !fits {
            lane.name.clear();
        }
    }
}

/// Whether a strategy is called that.
fn is_strategy(name: &str) -> bool {
    Reading::NAMES.iter().chain(Writing::NAMES).any(|word| word.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Action, State};

    fn names(state: &State) -> Vec<&str> {
        state.draft.lanes.iter().map(|lane| lane.name.as_str()).collect()
    }

    #[test]
    fn a_name_that_said_what_a_lane_was_goes_when_the_lane_is_changed_and_no_other() {
        let mut state = playing();
        state.apply(Action::OpenPreset("write-heavy".into()));
        state.apply(set("lane.2.write.every", "3s"));
        state.apply(set("lane.1.cache.ttl", "3s"));
        state.apply(set("cache.ttl", "5s"));
        assert_eq!(names(&state), ["Write-around", "Write-through", "", "Write-back every 10 s"]);
        state.apply(set("lane.1.write", "write-back"));
        assert_eq!(names(&state), ["Write-around", "", "", "Write-back every 10 s"]);
    }

    #[test]
    fn a_reader_s_own_name_stays_whatever_becomes_of_the_lane() {
        let mut state = playing();
        state.apply(Action::OpenPreset("write-heavy".into()));
        state.apply(set("lane.3.name", "mine"));
        state.apply(set("lane.3.write", "write-through"));
        assert_eq!(names(&state)[3], "mine");
    }
}
