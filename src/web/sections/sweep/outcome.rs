//! What has come of a sweep: lines where one field varies, a heat map for each lane where two do, what nothing beats in two
//! measures, the numbers as a table, and a button at each cell that puts its values into the scenario.

use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use crate::chart::grid::{self, Cells, Measure, Paper, Varied};
use crate::escape::shown;
use crate::experiment::harm::{Harm, Numbers};
use crate::experiment::sweep::grid::{Grid, Point, mark_beaten, measure, seeds_there, unbeaten};
use crate::experiment::sweep::{Sweep, write_csv, write_lines};
use crate::phrase::{Language, Phrase, phrase};
use crate::report::measures::MEASURES;
use crate::scenario::{Edit, Scenario, link};
use crate::stats::Spread;
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::fold::use_fold;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::{Words, titles};
use crate::web::sections::seeds::select;
use crate::web::sections::shift;
use crate::web::state::Action;
use crate::web::state::seeds::{Called, called};
use crate::web::state::sweep::{edits, present};

static MEASURE: Phrase = Phrase::fixed("Measure", "지표");
static AGAINST: Phrase = Phrase::fixed("Trade-off with", "함께 볼 지표");
static NONE: Phrase = Phrase::fixed("none", "없음");
static ALL_CELLS: Phrase = Phrase::fixed("All cells as a table", "모든 조합을 표로 보기");
static USE: Phrase = Phrase::fixed("Use", "적용");
static PRESENT: Phrase = Phrase::fixed("in the scenario", "현재 값");
static LANE: Phrase = Phrase::fixed("Lane", "레인");
static LINES: Phrase = Phrase::fixed("Download JSON lines", "JSON Lines 다운로드");
static SVG: Phrase = Phrase::fixed("Download SVG", "SVG 다운로드");
static ONE_SEED: Phrase = Phrase::fixed(
    "One seed a cell: what differs may be luck.",
    "조합마다 시드 하나로 실행했습니다. 차이가 우연일 수 있습니다.",
);
static SCALES: Phrase = Phrase::fixed(
    "Values stand in order, not to scale; a measure whose values lie far apart is drawn by decades.",
    "설정값은 순서대로 놓았으며 간격은 값의 차이와 다릅니다. 지푯값의 차이가 크면 로그 축으로 그립니다.",
);
static ALSO: Phrase = Phrase::fixed("Third measure", "세 번째 지표");
static ANY: Phrase = Phrase::fixed("any", "무관");
static NONE_VARIES: Phrase = Phrase::fixed(
    "No lane varies: there is nothing to trade.",
    "값에 따라 달라지는 레인이 없어 비교할 조합이 없습니다.",
);
static NONE_HAS: Phrase = Phrase::fixed(
    "No lane has all of these measures: there is nothing to compare.",
    "이 지표들을 모두 가진 레인이 없어 비교할 조합이 없습니다.",
);
static UNKNOWN: Phrase =
    Phrase::fixed("The scenario on the page cannot have these values", "지금 시나리오에는 이 값을 적용할 수 없습니다");
static LATER: Phrase =
    Phrase::fixed("What nothing beats is drawn when the runs are over.", "가장 나은 조합은 실행이 끝나면 그립니다.");
static FAILED: Phrase = Phrase::fixed("Failed requests", "실패한 요청");

/// A sweep, and the runs that have come to their ends.
#[derive(Clone)]
pub(super) struct Told(Rc<(Rc<Sweep>, Grid)>);

impl PartialEq for Told {
    fn eq(&self, other: &Told) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Told {
    pub(super) fn of(sweep: Rc<Sweep>, grid: Grid) -> Told {
        Told(Rc::new((sweep, grid)))
    }

    /// How many runs there are.
    pub(super) fn count(&self) -> usize {
        self.0.1.runs.len()
    }

    /// What `cachelane sweep` prints of them.
    fn lines(&self) -> String {
        let (sweep, grid) = &*self.0;
        let mut text = Vec::new();
        if let (Ok(head), Ok(rows)) = (sweep.head(), sweep.rows(&grid.runs)) {
            let _ = write_lines(&head, &rows, &mut text); // memory takes it
        }
        String::from_utf8(text).unwrap_or_default()
    }

    fn csv(&self) -> String {
        let (sweep, grid) = &*self.0;
        let mut text = Vec::new();
        if let Ok(rows) = sweep.rows(&grid.runs) {
            let _ = write_csv(&rows, &mut text);
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct OutcomeProps {
    pub told: Told,
    /// Whether more of it is to come.
    pub is_running: bool,
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    pub dispatch: Callback<Action>,
    pub words: &'static Words,
}

/// See the module.
#[component]
pub(super) fn Outcome(props: &OutcomeProps) -> Html {
    let language = props.words.lang;
    let (sweep, grid) = &*props.told.0;
    let (chosen, against, also) =
        (use_state_eq(|| None::<String>), use_state_eq(String::new), use_state_eq(String::new));
    let (fold, ontoggle) = use_fold(false);
    let used = use_state_eq(|| None::<Used>);
    let last = grid.runs.last_key_value().map_or(0, |((cell, _), _)| *cell);
    // The lanes may be other ones by now than those on the page.
    let lanes = use_memo((sweep.clone(), last, language), |(sweep, last, _)| {
        let scenario = sweep.at(*last).unwrap_or_else(|_| sweep.scenario().clone());
        titles(&scenario, props.words).iter().map(|title| shown(title).into_owned()).collect::<Vec<_>>()
    });
    let touched = use_memo(props.told.clone(), |told| told.0.1.touched());
    let here = use_memo((sweep.clone(), props.scenario.clone()), |(sweep, scenario)| present(sweep, scenario));
    let looks: Vec<usize> = grid.lanes.iter().map(|(_, look)| *look).collect();
    let ctx = Ctx { looks: looks.into(), ..use_ctx() };
    let measures: Vec<Called> = has_some(grid).filter_map(called).collect();
    let usual = Harm::of_runs(&grid.runs.values().cloned().collect::<Vec<Numbers>>()).measure().name;
    let wanted = chosen.as_deref().filter(|name| measures.iter().any(|one| one.measure.name == *name));
    let Some(of) = called(wanted.unwrap_or(usual)) else { return html! {} };
    let shows =
        Shows { props, sweep, grid, lanes: &lanes, here: &here, touched: &touched, measure: &of, used: used.setter() };
    let name = |one: &Called| (one.measure.name.to_owned(), one.title.say(language).to_owned());
    let others = measures.iter().filter(|one| one.measure.name != of.measure.name);
    let none = (String::new(), NONE.say(language).to_owned());
    let others: Vec<(String, String)> = std::iter::once(none).chain(others.map(name)).collect();
    let other = called(&against).filter(|_| others.iter().any(|(name, _)| *name == *against));
    // A third one beside two others.
    let thirds: Vec<(String, String)> =
        others.iter().filter(|(name, _)| name.is_empty() || *name != *against).cloned().collect();
    let third = called(&also).filter(|_| thirds.iter().any(|(name, _)| *name == *also));
    let (set_measure, set_against, set_also) = (chosen.setter(), against.setter(), also.setter());
    let on_measure = Callback::from(move |name: String| set_measure.set(Some(name)));
    let on_against = Callback::from(move |name: String| set_against.set(name));
    let on_also = Callback::from(move |name: String| set_also.set(name));
    let cells = shows.cells();
    html! {
        <ContextProvider<Ctx> context={ctx.clone()}>
            <div class="seeds-choices">
                { select(&MEASURE, measures.iter().map(name).collect(), (of.measure.name, false), on_measure, language) }
                { select(&AGAINST, others, (&against, false), on_against, language) }
                if other.is_some() { { select(&ALSO, thirds, (&also, false), on_also, language) } }
            </div>
            { shows.told_of_use(used.as_ref()) }
            { shows.figure(&cells) }
            if !props.is_running { { shows.flat(&measures) } { shows.untouched() } }
            if let Some(other) = &other {
                // Each point against each: not again and again.
                if props.is_running { <p class="soft">{ LATER.say(language) }</p> } else { { shows.frontier(other, third.as_ref()) } }
            }
            if sweep.vary().len() == 1 {
                { shows.table(&cells) }
            } else {
                <details class="fold" {ontoggle}>
                    <summary>{ ALL_CELLS.say(language) }</summary>
                    if fold { { shows.table(&cells) } }
                </details>
            }
            { shows.downloads() }
        </ContextProvider<Ctx>>
    }
}

/// The measures of which some lane has some.
fn has_some(grid: &Grid) -> impl Iterator<Item = &'static str> {
    let all = || grid.runs.values().flatten();
    let has = move |place: usize| all().any(|lane| lane[place].is_some_and(|value| value > 0.0));
    MEASURES.iter().enumerate().filter(move |(place, _)| has(*place)).map(|(_, measure)| measure.name)
}

/// What is shown, of which measure.
struct Shows<'a> {
    props: &'a OutcomeProps,
    sweep: &'a Sweep,
    grid: &'a Grid,
    /// What the page calls the lanes.
    lanes: &'a [String],
    /// By field: which of its values the scenario has.
    here: &'a [Option<usize>],
    measure: &'a Called,
    /// By lane and field: whether the field changes the lane.
    touched: &'a [Vec<bool>],
    /// Takes note of what the reader puts into the scenario.
    used: UseStateSetter<Option<Used>>,
}

/// A cell, whose values of these fields the reader has put into the scenario; or why it does not take them.
type Used = (u64, Vec<bool>, Option<Phrase>);

impl Shows<'_> {
    fn language(&self) -> Language {
        self.props.words.lang
    }

    fn every_cell(&self) -> Vec<u64> {
        (0..self.sweep.cells()).collect()
    }

    /// The means, by lane.
    fn cells(&self) -> Vec<Cells> {
        let mut lanes = self.grid.means(&self.every_cell(), self.measure.measure.name);
        lanes.iter_mut().zip(self.lanes).for_each(|(lane, title)| lane.name.clone_from(title));
        lanes
    }

    fn figure(&self, cells: &[Cells]) -> Html {
        let language = self.language();
        let Some(known) = drawn(self.measure, language) else { return html! {} };
        let draw = |paper: Paper<'_>| against(self.grid, &known, cells, &paper);
        let fields: Vec<&str> = self.grid.fields.iter().map(|field| field.field.as_str()).collect();
        let (title, (_, most)) = (self.measure.title.clone(), seeds_there(&self.grid.runs));
        let mean = self.mean_of();
        let said = match fields[..] {
            [across, up] => phrase!(
                "{title}: {across} → and {up} ↑; {mean}. A stronger colour is more, on one scale for all lanes.",
                "{title}: 가로 {across}, 세로 {up}. {mean}이며, 색이 뚜렷할수록 값이 큽니다. 모든 레인에 같은 척도를 씁니다.",
                title,
                mean
            ),
            _ => {
                let field = fields.first().copied().unwrap_or_default();
                if most > 1 {
                    phrase!(
                        "{title} against {field}: {mean}, and its 95 % interval as a band.",
                        "{field}별 {title}: {mean}과 95 % 신뢰구간(띠)입니다.",
                        title,
                        mean
                    )
                } else {
                    phrase!("{title} against {field}: {mean}.", "{field}별 {title}: {mean}입니다.", title, mean)
                }
            }
        };
        html! {
            <>
                <p class="key">{ said.say(language).to_owned() }{ " " }{ SCALES.say(language) }if most == 1 { { " " }<mark>{ ONE_SEED.say(language) }</mark> }</p>
                { picture(draw, said.say(language)) }
            </>
        }
    }

    /// Over how many seeds the means are: there may be fewer than were asked for.
    fn mean_of(&self) -> Phrase {
        let (asked, (least, most)) = (u64::from(self.sweep.seeds()), seeds_there(&self.grid.runs));
        match (least, most) {
            (1, 1) if asked == 1 => phrase!("one seed", "시드 1개의 값"),
            _ if least == most && most == asked => phrase!("mean of {asked} seeds", "시드 {asked}개의 평균"),
            _ if least == most => phrase!("mean of {most} of {asked} seeds", "시드 {asked}개 중 {most}개의 평균"),
            _ => phrase!("mean of {least} to {most} of {asked} seeds", "시드 {asked}개 중 {least}~{most}개의 평균"),
        }
    }

    /// That the measure is the same in all cells, and what is not.
    fn flat(&self, measures: &[Called]) -> Html {
        /// So many of them are named.
        const NAMED: usize = 4;
        let place = |name: &str| MEASURES.iter().position(|measure| measure.name == name);
        let varies = |called: &Called| place(called.measure.name).is_some_and(|place| self.grid.varies(place));
        let cells: BTreeSet<u64> = self.grid.runs.keys().map(|(cell, _)| *cell).collect();
        let is_had = place(self.measure.measure.name)
            .is_some_and(|place| self.grid.runs.values().flatten().any(|lane| lane[place].is_some()));
        if cells.len() < 2 || !is_had || varies(self.measure) {
            return html! {};
        }
        let language = self.language();
        let title = &self.measure.title;
        let others: Vec<&str> =
            measures.iter().filter(|called| varies(called)).map(|called| called.title.say(language)).collect();
        let more = others.len().saturating_sub(NAMED);
        let more = if more == 0 { Phrase::default() } else { phrase!(" and {more} more", " 외 {more}가지") };
        let others = others.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let said = if others.is_empty() {
            phrase!(
                "{title}: the same in every cell, as is everything else.",
                "{title}: 모든 조합에서 같습니다. 다른 지표도 달라지지 않습니다.",
                title
            )
        } else {
            phrase!(
                "{title}: the same in every cell. What changes: {others}{more}.",
                "{title}: 모든 조합에서 같습니다. 달라지는 지표: {others}{more}.",
                title,
                more
            )
        };
        html! { <p class="key"><mark>{ said.say(language).to_owned() }</mark></p> }
    }

    /// The lanes that a field does not change: a difference between their cells would be none.
    fn untouched(&self) -> Html {
        let language = self.language();
        let said = self.grid.fields.iter().enumerate().filter_map(|(place, field)| {
            let lanes = self.lanes.iter().zip(self.touched).filter(|(_, touched)| !touched[place]);
            let lanes = lanes.map(|(title, _)| title.as_str()).collect::<Vec<_>>().join(" · ");
            let field = &field.field;
            let said = phrase!(
                "{field} is not varied in {lanes}: these have a value of their own, or no use for it, and run the same in all cells.",
                "{field} 값이 달라지지 않는 레인: {lanes}. 자체 값이 있거나 이 설정을 쓰지 않아 모든 조합에서 실행이 같습니다."
            );
            (!lanes.is_empty()).then_some(said)
        });
        html! { <>{ for said.map(|said| html! { <p class="key">{ said.say(language).to_owned() }</p> }) }</> }
    }

    /// The points that nothing beats in these measures, drawn among all others and told one by one. Lanes that nothing changes
    /// have no choice to offer.
    fn frontier(&self, other: &Called, third: Option<&Called>) -> Html {
        let language = self.language();
        let called: Vec<&Called> = [Some(other), Some(self.measure), third].into_iter().flatten().collect();
        let measures: Vec<Measure> = called.iter().filter_map(|of| drawn(of, language)).collect();
        let mut points = self.grid.points(&self.every_cell(), &measures);
        if points.is_empty() || measures.len() < called.len() {
            return html! { <p class="soft">{ NONE_HAS.say(language) }</p> };
        }
        points.retain(|point| self.touched[point.lane].contains(&true));
        if points.is_empty() {
            return html! { <p class="soft">{ NONE_VARIES.say(language) }</p> };
        }
        mark_beaten(&mut points);
        let dots: Vec<grid::Dot> = points
            .iter()
            .map(|point| {
                let label = format!("{}: {}", self.lanes[point.lane], self.said(point.cell, &self.touched[point.lane]));
                grid::Dot { harmed: false, label, ..self.grid.dot(point) }
            })
            .collect();
        let lanes = self.lanes.iter().zip(&self.grid.lanes).map(|(title, (_, look))| (title.as_str(), *look));
        let lanes = lanes.zip(self.touched).filter(|(_, touched)| touched.contains(&true));
        let lanes: Vec<(&str, usize)> = lanes.map(|(lane, _)| lane).collect();
        let harm = third.map(|third| third.title.say(language));
        let draw = |paper: Paper<'_>| grid::frontier([&measures[0], &measures[1]], harm, &dots, &lanes, &paper).svg;
        let said = self.said_of_best();
        let said = said.say(language);
        html! {
            <>
                <p class="key">{ said.to_owned() }if seeds_there(&self.grid.runs).1 == 1 { { " " }<mark>{ ONE_SEED.say(language) }</mark> }</p>
                { picture(draw, said) }
                { self.best(&points, &called) }
            </>
        }
    }

    /// What the frontier is, and on how many seeds it rests.
    fn said_of_best(&self) -> Phrase {
        let mean = self.mean_of();
        phrase!(
            "By these figures ({mean}) nothing beats these: what is better in one measure is worse in another, or has more failed requests. \
             Where intervals overlap, another seed may say otherwise. Of equal ones the first is listed.",
            "이 값({mean})으로는 모든 지표에서 이 조합들보다 나으면서 실패한 요청이 더 많지 않은 조합은 없습니다. 신뢰구간이 겹치면 다른 시드에서는 달라질 수 있습니다. 값이 같으면 첫 조합만 적습니다.",
            mean
        )
    }

    /// The table of the points that nothing beats, each number with its interval.
    fn best(&self, points: &[Point], called: &[&Called]) -> Html {
        let language = self.language();
        let best = unbeaten(points);
        // Who fails more beats nobody: where that differs, it is part of the answer.
        let least = best.iter().map(|point| point.failed).fold(f64::INFINITY, f64::min);
        let is_in_measures = called.iter().any(|of| of.measure.name == "errors");
        let failures = !is_in_measures && best.iter().any(|point| point.failed > least);
        let share = Measure { name: String::new(), called: String::new(), is_share: true };
        let spreads: Vec<Vec<Cells>> =
            called.iter().map(|of| self.grid.means(&self.every_cell(), of.measure.name)).collect();
        let rows = best.into_iter().map(|point| {
            let touched = &self.touched[point.lane];
            let settings = self.sweep.settings(point.cell).into_iter().zip(touched);
            let settings = settings.map(|((_, value), touched)| if *touched { value } else { ANY.say(language) });
            let values = called.iter().zip(&spreads);
            let values = values.map(|(of, lanes)| mean(of, lanes[point.lane].cells[point.cell as usize]));
            html! {
                <tr key={format!("{} {}", point.lane, point.cell)}>
                    <th scope="row"><Swatch lane={point.lane} />{ self.lanes.get(point.lane).cloned() }</th>
                    { for settings.map(|value| html! { <td>{ value.to_owned() }</td> }) }
                    <td>{ self.apply(point.cell, touched) }</td>
                    { for values }
                    if failures { <td>{ share.say(point.failed) }</td> }
                </tr>
            }
        });
        let firsts = std::iter::once(LANE.say(language).to_owned())
            .chain(self.grid.fields.iter().map(|field| field.field.clone()));
        let heads = called.iter().map(|of| of.title.say(language).to_owned());
        let heads = heads.chain(failures.then(|| FAILED.say(language).to_owned()));
        table(AGAINST.say(language), (firsts, heads), rows, language)
    }

    /// A row for each cell.
    fn table(&self, cells: &[Cells]) -> Html {
        let language = self.language();
        let rows = self.every_cell().into_iter().map(|cell| {
            let mut settings = self.sweep.settings(cell).into_iter().map(|(_, value)| value.to_owned());
            let means = cells.iter().map(|lane| mean(self.measure, lane.cells.get(cell as usize).copied().flatten()));
            html! {
                <tr key={cell}>
                    <th scope="row">{ settings.next() }</th>
                    { for settings.map(|value| html! { <td>{ value }</td> }) }
                    <td>{ self.apply(cell, &vec![true; self.here.len()]) }</td>
                    { for means }
                </tr>
            }
        });
        let fields = self.grid.fields.iter().map(|field| field.field.clone());
        table(self.measure.title.say(language), (fields, self.lanes.iter().cloned()), rows, language)
    }

    /// Whether the scenario has a cell's values of these fields.
    fn is_here(&self, cell: u64, fields: &[bool]) -> bool {
        let places = self.grid.places(cell).into_iter().map(Some);
        places.zip(self.here).zip(fields).all(|((place, here), counts)| !counts || place == *here)
    }

    /// These fields, each with its value in a cell.
    fn settings(&self, cell: u64, fields: &[bool]) -> impl Iterator<Item = (&str, &str)> {
        self.sweep.settings(cell).into_iter().zip(fields).filter_map(|(setting, counts)| counts.then_some(setting))
    }

    /// The same in words.
    fn said(&self, cell: u64, fields: &[bool]) -> String {
        self.settings(cell, fields).map(|(field, value)| format!("{field}={value}")).collect::<Vec<_>>().join(", ")
    }

    /// The button that puts a cell's values of these fields into the scenario.
    fn apply(&self, cell: u64, fields: &[bool]) -> Html {
        let (is_here, said) = (self.is_here(cell, fields), self.said(cell, fields));
        let edits: Vec<Edit> = edits(self.sweep, cell)
            .into_iter()
            .zip(fields)
            .filter_map(|(edit, counts)| counts.then_some(edit))
            .collect();
        let settings: Vec<(String, String)> =
            self.settings(cell, fields).map(|(field, value)| (field.to_owned(), value.to_owned())).collect();
        let (dispatch, used, fields) = (self.props.dispatch.clone(), self.used.clone(), fields.to_vec());
        let scenario = self.props.scenario.clone();
        let apply = Callback::from(move |_: MouseEvent| {
            // It may be another scenario by now, which has no such field.
            let settings: Vec<(&str, &str)> = settings.iter().map(|(field, value)| (&**field, &**value)).collect();
            let refused = link::with(&scenario, &settings).err().map(|error| error.phrase());
            let is_taken = refused.is_none();
            used.set(Some((cell, fields.clone(), refused)));
            if is_taken {
                dispatch.emit(Action::Edit(edits.clone()));
            }
        });
        let (name, label) = if is_here {
            (&PRESENT, phrase!("{said} is in the scenario", "{said}: 현재 값"))
        } else {
            (&USE, phrase!("Use {said}", "{said} 적용"))
        };
        shift::apply(is_here, name, &label, apply, self.language())
    }

    /// What has become of it.
    fn told_of_use(&self, used: Option<&Used>) -> Html {
        let language = self.language();
        let refused = used.and_then(|(.., refused)| refused.as_ref());
        let applied = used.filter(|(cell, fields, refused)| refused.is_none() && self.is_here(*cell, fields));
        let applied = applied.map(|(cell, fields, _)| {
            let said = self.said(*cell, fields);
            phrase!("In the scenario now: {said}", "시나리오에 적용됨: {said}")
        });
        html! {
            <>
                <p class="unseen" role="status">{ applied.map(|said| said.say(language).to_owned()) }</p>
                if let Some(why) = refused {
                    <p class="complaint" role="alert">{ format!("{}: {}", UNKNOWN.say(language), shown(why.say(language))) }</p>
                }
            </>
        }
    }

    fn downloads(&self) -> Html {
        let language = self.language();
        let (told, name) = (Rc::new(self.props.told.clone()), self.measure.measure.name);
        let svg = move |told: &Told| file(&told.0.1, name);
        html! {
            <p class="buttons">
                { shift::download(&told, &LINES, ("cachelane-sweep.jsonl", "application/jsonl"), Told::lines, language) }
                { shift::download(&told, &shift::CSV, ("cachelane-sweep.csv", "text/csv"), Told::csv, language) }
                { shift::download(&told, &SVG, ("cachelane-sweep.svg", "image/svg+xml"), svg, language) }
            </p>
        }
    }
}

/// A mean and its interval.
fn mean(of: &Called, spread: Option<Spread>) -> Html {
    let Some(spread) = spread else { return html! { <td>{ "–" }</td> } };
    let decimals = of.decimals(&spread);
    let between = (spread.low < spread.high).then(|| of.interval(&spread, decimals));
    html! {
        <td>
            { of.say(spread.mean, decimals) }
            if let Some(between) = between { <br /><span class="soft">{ between }</span> }
        </td>
    }
}

/// A measure as the page's figures call it.
fn drawn(of: &Called, language: Language) -> Option<Measure> {
    Some(Measure { called: of.title.say(language).to_owned(), ..measure(of.measure.name)? })
}

/// What `cachelane chart` draws of the measure of that name.
fn file(grid: &Grid, name: &str) -> String {
    let Some(known) = measure(name) else { return String::new() };
    let lanes = grid.means(&(0..grid.cells()).collect::<Vec<_>>(), name);
    against(grid, &known, &lanes, &Paper::file(&grid.source))
}

/// The picture of a measure against the one field or the two that vary.
fn against(grid: &Grid, measure: &Measure, lanes: &[Cells], paper: &Paper<'_>) -> String {
    let fields: Vec<&Varied> = grid.fields.iter().collect();
    grid::against(measure, &fields, lanes, paper).map_or_else(String::new, |picture| picture.svg)
}

/// The picture for a wide page, and that for a phone, of which one is seen.
fn picture(draw: impl Fn(Paper<'_>) -> String, said: &str) -> Html {
    // Made of numbers and of names, which are escaped there.
    let [wide, narrow] = [760.0, 340.0].map(|wide| Html::from_html_unchecked(draw(Paper::page(wide)).into()));
    html! {
        <div class="sweep-figure" role="img" aria-label={said.to_owned()}>
            <div class="broad">{ wide }</div>
            <div class="narrow">{ narrow }</div>
        </div>
    }
}

fn table(
    title: &str,
    // What varies, beside the buttons; and what comes of it.
    (firsts, heads): (impl Iterator<Item = String>, impl Iterator<Item = String>),
    rows: impl Iterator<Item = Html>,
    language: Language,
) -> Html {
    html! {
        <div class="wide sweep-table" tabindex="0" role="group" aria-label={title.to_owned()}>
            <table>
                <caption class="unseen">{ title.to_owned() }</caption>
                <thead><tr>
                    { for firsts.map(|head| html! { <th scope="col">{ head }</th> }) }
                    <th scope="col"><span class="unseen">{ USE.say(language) }</span></th>
                    { for heads.map(|head| html! { <th scope="col">{ head }</th> }) }
                </tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}
