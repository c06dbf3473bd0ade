//! What a search for the worst run has found: the worst runs as a table, each with a button that opens it.

use std::rc::Rc;

use yew::prelude::*;

use crate::escape::shown;
use crate::experiment::harm::Harm;
use crate::experiment::worst::{Found, Run};
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::{Scenario, link};
use crate::stats::Spread;
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::swatch::Swatch;
use crate::web::i18n::{Words, titles};
use crate::web::platform::dom;
use crate::web::sections::shift;
use crate::web::state::Action;
use crate::web::state::board::Unit;
use crate::web::state::seeds::{Called, called};
use crate::web::state::worst::edits;

static WORST: Phrase = Phrase::fixed("The worst runs", "가장 나쁜 실행");
static RANK: Phrase = Phrase::fixed("Rank", "순위");
static SEED: Phrase = Phrase::fixed("Seed", "시드");
static FIRST_FAULT: Phrase = Phrase::fixed("First fault", "첫 장애");
static OPEN: Phrase = Phrase::fixed("Open", "열기");
static HERE: Phrase = Phrase::fixed("on the page", "현재 화면");

/// What was found of a scenario, and by which measure.
#[derive(Clone)]
pub(super) struct Told(Rc<Of>);

struct Of {
    scenario: Rc<Scenario>,
    found: Rc<Found>,
    harm: Harm,
    is_whole: bool,
    /// The runs that are shown, as scenarios.
    runs: Vec<Scenario>,
}

impl PartialEq for Told {
    fn eq(&self, other: &Told) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Told {
    /// What a search has found in `scenario`; `is_whole`: it has not been cancelled.
    pub(super) fn of(scenario: Rc<Scenario>, found: Found, harm: Harm, is_whole: bool) -> Option<Told> {
        let run = |run: &Run| {
            let mut of = Scenario { seed: run.seed, ..(*scenario).clone() };
            if let Some(at) = run.candidate.at {
                of.begin_faults_at(at);
            }
            of
        };
        let runs: Vec<Scenario> = found.worst.iter().map(run).collect();
        (!runs.is_empty()).then(|| Told(Rc::new(Of { scenario, found: Rc::new(found), harm, is_whole, runs })))
    }

    pub(super) fn found(&self) -> &Found {
        &self.0.found
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.0.scenario
    }

    pub(super) fn harm(&self) -> Harm {
        self.0.harm
    }
}

/// How numbers of a measure are written here: runs that differ look different.
pub(super) struct Numbers {
    called: Called,
    decimals: usize,
}

impl Numbers {
    /// Numbers of that measure, of which the greatest is `most`.
    pub(super) fn of(harm: Harm, most: f64) -> Option<Numbers> {
        let called = called(harm.measure().name)?;
        let decimals = match called.unit {
            Unit::Count => 0,
            Unit::Millis | Unit::Share => 2,
            Unit::Amount => called.decimals(&Spread::of(&[most])?),
        };
        Some(Numbers { called, decimals })
    }

    /// What the page calls the measure.
    pub(super) fn title(&self) -> &Phrase {
        &self.called.title
    }

    pub(super) fn say(&self, value: f64) -> String {
        self.called.say(value, self.decimals)
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct OutcomeProps {
    pub told: Told,
    /// Whether another scenario is on the page by now.
    pub is_stale: bool,
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    pub dispatch: Callback<Action>,
    pub words: &'static Words,
}

/// See the module.
#[component]
pub(super) fn Outcome(props: &OutcomeProps) -> Html {
    let language = props.words.lang;
    let Of { scenario, found, harm, is_whole, .. } = &*props.told.0;
    // The lanes may be other ones by now than those on the page.
    let ctx = Ctx { looks: scenario.looks().into(), ..use_ctx() };
    let most = found.worst.first().map_or(0.0, |run| run.value);
    let Some(numbers) = Numbers::of(*harm, most) else { return html! {} };
    let (runs, engine) = (found.runs, found.engine);
    let of = phrase!("{runs} runs · engine {engine}", "실행 {runs}회 · 엔진 {engine}");
    let title = numbers.title().clone();
    let none = phrase!("{title}: none in any of these runs.", "{title}: 어느 실행에도 없습니다.", title);
    html! {
        <ContextProvider<Ctx> context={ctx.clone()}>
            <p class="soft">{ of.say(language).to_owned() }</p>
            if most > 0.0 {
                <p>{ own(&numbers, found, scenario, language) }</p>
                { table(props, &numbers) }
            } else {
                <p>{ none.say(language).to_owned() }</p>
            }
            if *is_whole {
                <p class="buttons">
                    { shift::download(found, &shift::JSON, ("cachelane-worst.json", "application/json"), Found::json, language) }
                </p>
            }
        </ContextProvider<Ctx>>
    }
}

/// What the scenario has by itself, as it stood when the search began.
fn own(numbers: &Numbers, found: &Found, scenario: &Scenario, language: Language) -> String {
    let (title, value, seed) = (numbers.title().clone(), numbers.say(found.own), scenario.seed);
    let moves = found.worst.iter().any(|run| run.first_fault_s.is_some());
    let at = scenario.first_fault().filter(|_| moves).map(|at| moment(at.as_secs_f64()));
    let said = match at {
        Some(at) => phrase!(
            "{title} in the scenario as it stood: {value} (seed {seed}, first fault at {at})",
            "원래 시나리오의 {title}: {value} (시드 {seed}, 첫 장애 {at})",
            title,
            at
        ),
        None => phrase!(
            "{title} in the scenario as it stood: {value} (seed {seed})",
            "원래 시나리오의 {title}: {value} (시드 {seed})",
            title
        ),
    };
    said.say(language).to_owned()
}

/// A moment to the millisecond, to which they are searched.
fn moment(seconds: f64) -> Phrase {
    phrase!("{seconds:.3} s", "{seconds:.3}초")
}

fn table(props: &OutcomeProps, numbers: &Numbers) -> Html {
    let language = props.words.lang;
    let Of { scenario, found, runs, .. } = &*props.told.0;
    let titles = titles(scenario, props.words);
    let moves = found.worst.iter().any(|run| run.first_fault_s.is_some());
    let rows = found.worst.iter().zip(runs).enumerate().map(|(place, (run, of))| {
        let title = titles.get(run.place).map(|title| shown(title).into_owned()).unwrap_or_default();
        let at = run.first_fault_s.map(|at| moment(at).say(language).to_owned());
        html! {
            <tr key={place}>
                <th scope="row">{ place + 1 }</th>
                <td>{ open(props, run, of) }</td>
                <td>{ numbers.say(run.value) }</td>
                <td class="name"><Swatch lane={run.place} />{ title }</td>
                <td>{ run.seed }</td>
                if moves { <td>{ at.unwrap_or_default() }</td> }
            </tr>
        }
    });
    html! {
        <div class="wide" tabindex="0" role="group" aria-label={WORST.say(language)}>
            <table>
                <caption class="unseen">{ WORST.say(language) }</caption>
                <thead><tr>
                    <th scope="col"><span class="unseen">{ RANK.say(language) }</span></th>
                    <th scope="col"><span class="unseen">{ OPEN.say(language) }</span></th>
                    <th scope="col">{ numbers.title().say(language).to_owned() }</th>
                    <th scope="col" class="name">{ props.words.strategy }</th>
                    <th scope="col">{ SEED.say(language) }</th>
                    if moves { <th scope="col">{ FIRST_FAULT.say(language) }</th> }
                </tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}

/// A button that opens that run. While its scenario is on the page, only the seed changes there, and where the faults have moved:
/// the view stays, and Undo leads back, as the browser's Back does.
fn open(props: &OutcomeProps, run: &Run, of: &Scenario) -> Html {
    let (seed, at) = (run.seed, run.first_fault_s.map(moment));
    let said = match at {
        Some(at) => phrase!("seed {seed}, first fault at {at}", "시드 {seed}, 첫 장애 {at}", at),
        None => phrase!("seed {seed}", "시드 {seed}"),
    };
    let is_here = *of == *props.scenario;
    let (name, label) = if is_here {
        (&HERE, phrase!("{said}: on the page", "{said}: 현재 화면", said))
    } else {
        (&OPEN, phrase!("Open {said}", "{said} 열기", said))
    };
    let (of, now, is_stale) = (of.clone(), props.scenario.clone(), props.is_stale);
    let open = props.dispatch.reform(move |_: MouseEvent| {
        if is_stale {
            return opened(&of);
        }
        if let Ok(link) = link::encode_shortest(&of) {
            dom::push_hash(&link); // an entry of its own, in which the page puts its view, too
        }
        Action::Edit(edits(&now, &of))
    });
    shift::apply(is_here, name, &label, open, props.words.lang)
}

/// Another scenario is opened on the page, as by its link.
pub(super) fn opened(scenario: &Scenario) -> Action {
    match link::encode_shortest(scenario) {
        Ok(link) => {
            dom::push_hash(&link);
            Action::OpenLink(link)
        }
        Err(_) => Action::OpenToml(scenario.to_toml()), // too long for a link
    }
}
