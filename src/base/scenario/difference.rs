//! What sets a lane apart from its neighbours, option by option: `Cached copy: leave; others: delete`.

use super::Lane;
use super::called;
use super::form::{Form, FormField};
use crate::phrase::{Language, Phrase};

/// A field in which a lane differs from others that have it, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field's place in the lane, such as `write.every`, or in the world, such as `cache.ttl`.
    pub field: String,
    /// What the field is called: its label, or what says as much.
    pub name: Phrase,
    /// What stands there in the lane.
    pub own: String,
    /// What stands there in the others and not in the lane, each value once, in the order of the lanes.
    pub others: Vec<String>,
    /// Whether no other lane has what the lane has.
    pub is_alone: bool,
}

/// The parts that a lane may have otherwise than the scenario.
const PARTS: [&str; 4] = ["app", "network", "cache", "database"];

impl Difference {
    /// What sets each of `count` lanes apart. Another strategy is no difference here: it is the lane's name.
    pub fn of_lanes(form: &Form, count: usize) -> Vec<Vec<Difference>> {
        Difference::among(form, &(0..count).collect::<Vec<_>>())
    }

    /// What sets each of these lanes apart from the others of them.
    pub fn among(form: &Form, lanes: &[usize]) -> Vec<Vec<Difference>> {
        let lanes: Vec<Vec<FormField>> = lanes.iter().map(|lane| fields(form, *lane)).collect();
        (0..lanes.len()).map(|lane| differences(form, &lanes, lane)).collect()
    }

    /// What stands in the lane, as the page calls it.
    pub fn own_in_words(&self, language: Language) -> String {
        called::value(&self.own, language)
    }

    /// The difference in words.
    pub fn say(&self, language: Language) -> String {
        let others: Vec<String> = self.others.iter().map(|other| called::value(other, language)).collect();
        let (name, own, others) = (self.name.say(language), self.own_in_words(language), others.join(", "));
        let whose = match self.is_alone {
            true => Phrase::fixed("others", "다른 레인"),
            false => Phrase::fixed("some others", "일부 레인"),
        };
        let whose = whose.say(language);
        match language {
            Language::English => format!("{name}: {own}; {whose}: {others}"),
            Language::Korean => format!("{name}: {own}, {whose}: {others}"),
        }
    }
}

/// A lane's own fields, and those that it has otherwise.
fn fields(form: &Form, lane: usize) -> Vec<FormField> {
    let otherwise = PARTS.iter().flat_map(|part| {
        let given = form.fields(&format!("lane.{lane}.{part}")).into_iter();
        given.map(move |field| FormField { name: format!("{part}.{}", field.name), ..field })
    });
    form.fields(&format!("lane.{lane}")).into_iter().chain(otherwise).collect()
}

fn differences(form: &Form, lanes: &[Vec<FormField>], lane: usize) -> Vec<Difference> {
    let mut names: Vec<&FormField> = Vec::new();
    for field in lanes[lane].iter().chain(lanes.iter().flatten()) {
        let is_name = Lane::is_shown_by(&field.name) || ["read", "write"].contains(&field.name.as_str());
        if !is_name && !names.iter().any(|known| known.name == field.name) {
            names.push(field);
        }
    }
    let difference = |field: &&FormField| {
        let own = value(form, lanes, lane, field)?;
        let (mut others, mut is_alone) = (Vec::<String>::new(), true);
        for other in (0..lanes.len()).filter(|other| *other != lane) {
            let value = value(form, lanes, other, field);
            is_alone &= value.as_ref() != Some(&own);
            others.extend(value.filter(|value| *value != own && !others.contains(value)));
        }
        let name = field.called();
        (!others.is_empty()).then(|| Difference { field: field.name.clone(), name, own, others, is_alone })
    };
    names.iter().filter_map(difference).collect()
}

/// What holds in a lane: its own value, or the scenario's, where the lane has a field of the world otherwise or not.
fn value(form: &Form, lanes: &[Vec<FormField>], lane: usize, field: &FormField) -> Option<String> {
    // An option of another way of writing is another option, whatever its name.
    let part = if field.name.starts_with("write.") { "write" } else { "read" };
    let chosen = |lane: usize| lanes[lane].iter().find(|field| field.name == part).map(|field| field.value.as_str());
    let owner = lanes.iter().position(|fields| fields.iter().any(|own| own.path == field.path));
    if field.is_option && owner.is_some_and(|owner| chosen(owner) != chosen(lane)) {
        return None;
    }
    let own = lanes[lane].iter().find(|own| own.name == field.name).map(|own| own.value.clone());
    let is_of_world = field.name.split_once('.').is_some_and(|(part, _)| PARTS.contains(&part));
    own.or_else(|| is_of_world.then(|| form.value(&field.name)).flatten())
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    fn said(toml: &str) -> Vec<Vec<String>> {
        let scenario = Scenario::from_toml(toml).expect("a scenario");
        let all = Difference::of_lanes(&Form::of(&scenario), scenario.lanes.len());
        all.iter().map(|lane| lane.iter().map(|d| d.say(Language::English)).collect()).collect()
    }

    const LEAVE: &str = "[[lane]]\nwrite = { kind = \"write-around\", cached = \"leave\" }\n";

    #[test]
    fn a_lane_says_in_which_option_it_differs_from_the_others() {
        let two = said(&format!("{LEAVE}[[lane]]\n[[lane]]\n"));
        assert_eq!(two[0], ["Cached copy: leave; others: delete"]);
        // The third lane has the same as the second.
        assert_eq!(two[1], ["Cached copy: delete; some others: leave"]);
    }

    #[test]
    fn lanes_of_other_strategies_have_no_options_to_compare() {
        let apart = said("[[lane]]\nwrite = \"write-back\"\n[[lane]]\nwrite = \"write-through\"\n");
        assert_eq!(apart, [Vec::<String>::new(), Vec::new()]);
        // Both have one of that name; it is not the same one.
        let outbox = said(&format!("{LEAVE}[[lane]]\nwrite = {{ kind = \"outbox\", cached = \"update\" }}\n"));
        assert_eq!(outbox, [Vec::<String>::new(), Vec::new()]);
    }

    #[test]
    fn what_a_lane_has_otherwise_is_held_against_the_scenario() {
        let near = said("[cache]\nreplicas = 1\n[[lane]]\nname = \"a\"\n[[lane]]\nname = \"b\"\ncache.replicas = 2\n");
        assert_eq!(near[0], ["Replicas: 1; others: 2"]);
        assert_eq!(near[1], ["Replicas: 2; others: 1"]);
    }

    #[test]
    fn an_option_that_is_merely_on_is_said_in_words() {
        let near = said("[[lane]]\nname = \"a\"\napp.near = {}\n[[lane]]\nname = \"b\"\n[[lane]]\nname = \"c\"\n");
        assert_eq!(near[0][0], "Near cache: on; others: none");
        assert_eq!(near[1][0], "Near cache: none; some others: on");
    }
}
