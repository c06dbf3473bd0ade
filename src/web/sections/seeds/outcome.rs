//! What has come of many runs: for one measure each run as a dot and each lane as a row, for all of them a table, and the
//! worst run as a link.

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::strip::Strip;
use crate::escape::shown;
use crate::experiment::harm::Numbers;
use crate::experiment::seeds::{MoreThan, Repeated, worst_by};
use crate::phrase::{Language, Phrase, phrase};
use crate::report::measures::MEASURES;
use crate::scenario::{Edit, FieldValue, Scenario};
use crate::stats::Spread;
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::fold::use_fold;
use crate::web::components::select::Select;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::{Words, titles};
use crate::web::platform::dom;
use crate::web::sections::shift;
use crate::web::state::Action;
use crate::web::state::seeds::{Called, called};

static MEASURE: Phrase = Phrase::fixed("Measure", "지표");
static AGAINST: Phrase = Phrase::fixed("Compared with", "비교 기준");
static MEAN: Phrase = Phrase::fixed("Mean", "평균");
static INTERVAL: Phrase = Phrase::fixed("95 % interval", "95 % 신뢰구간");
static LEAST: Phrase = Phrase::fixed("Min", "최솟값");
static GREATEST: Phrase = Phrase::fixed("Max", "최댓값");
static MAY_BE_LUCK: Phrase = Phrase::fixed("may be luck", "우연일 수 있음");
static ALL: Phrase = Phrase::fixed("All measures", "모든 지표");
static NOTE: Phrase = Phrase::fixed(
    "The 95 % interval is that of the mean. Differences are taken run by run, with the same seed in both lanes. A \
     difference of shares is in percentage points (pp). Latencies leave out requests that failed, which the scoreboard counts.",
    "95 % 신뢰구간은 평균의 구간입니다. 차이는 두 레인에서 시드가 같은 실행끼리 구합니다. 비율의 차이는 퍼센트포인트(%p)입니다. 응답 시간에는 ‘전략별 비교’ 표와 달리 실패한 요청이 들어가지 않습니다.",
);

/// Runs that have come to their ends, from the first on.
#[derive(Clone)]
pub(super) struct Told(Rc<(Rc<Scenario>, Vec<Numbers>)>);

impl PartialEq for Told {
    fn eq(&self, other: &Told) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Told {
    /// These runs of `scenario`; `None` where there are too few to say anything.
    pub(super) fn of(scenario: &Rc<Scenario>, runs: Vec<Numbers>) -> Option<Told> {
        (runs.len() > 1).then(|| Told(Rc::new((scenario.clone(), runs))))
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.1.len()
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct OutcomeProps {
    pub told: Told,
    /// Whether another scenario is on the page by now.
    pub is_stale: bool,
    pub dispatch: Callback<Action>,
    pub words: &'static Words,
}

/// See the module.
#[component]
pub(super) fn Outcome(props: &OutcomeProps) -> Html {
    let language = props.words.lang;
    let (scenario, runs) = &*props.told.0;
    let (against, chosen) = (use_state_eq(|| 0_usize), use_state_eq(|| None::<String>));
    let (fold, ontoggle) = use_fold(false);
    // The lanes may be other ones by now than those on the page.
    let ctx = Ctx { looks: scenario.looks().into(), ..use_ctx() };
    let lane = (*against).min(scenario.lanes.len() - 1);
    let repeated = use_memo((props.told.clone(), lane), |(runs, lane)| Repeated::of(&runs.0.0, &runs.0.1, *lane));
    let titles: Vec<String> = titles(scenario, props.words).iter().map(|title| shown(title).into_owned()).collect();
    let measures: Vec<Called> =
        MEASURES.iter().filter(|measure| repeated.has(measure)).filter_map(|measure| called(measure.name)).collect();
    let wanted = chosen.as_deref().filter(|name| measures.iter().any(|one| one.measure.name == *name));
    let Some(measure) = called(wanted.unwrap_or(repeated.worst.measure)) else { return html! {} };
    let table = Table { repeated: &repeated, titles: &titles, against: lane, language };
    let seeds = repeated.seeds;
    let (first, last, engine) = (seeds.first, scenario.seed_of_run(seeds.count - 1), repeated.engine);
    let of = phrase!("Seeds {first} to {last} · engine {engine}", "시드 {first}~{last} · 엔진 {engine}");
    let names = measures.iter().map(|one| (one.measure.name.to_owned(), one.title.say(language).to_owned()));
    let lanes = titles.iter().enumerate().map(|(place, title)| (place.to_string(), title.clone()));
    let (set_measure, set_against) = (chosen.setter(), against.setter());
    let on_measure = Callback::from(move |name: String| set_measure.set(Some(name)));
    let on_against = Callback::from(move |place: String| set_against.set(place.parse().unwrap_or_default()));
    html! {
        <ContextProvider<Ctx> context={ctx.clone()}>
            <p class="soft">{ of.say(language).to_owned() }</p>
            <div class="seeds-choices">
                { select(&MEASURE, names.collect(), (measure.measure.name, false), on_measure, language) }
                if titles.len() > 1 { { select(&AGAINST, lanes.collect(), (&lane.to_string(), false), on_against, language) } }
            </div>
            { strips(&ctx, (&measure, &repeated), runs, &titles, language) }
            { table.of(&measure) }
            <p class="key">{ NOTE.say(language) }</p>
            { worst(props, &measure, &titles) }
            <details class="fold" {ontoggle}>
                <summary>{ ALL.say(language) }</summary>
                if fold { { table.of_all(&measures) } }
            </details>
            { shift::downloads(&repeated, "cachelane-seeds", Repeated::csv, Some(Repeated::json), language) }
        </ContextProvider<Ctx>>
    }
}

/// One of several, each with its value and its name.
pub(in crate::web::sections) fn select(
    label: &Phrase,
    options: Vec<(String, String)>,
    // Which is chosen, and whether no other can be at present.
    (chosen, disabled): (&str, bool),
    set: Callback<String>,
    language: Language,
) -> Html {
    let options = options
        .into_iter()
        .map(|(value, name)| html! { <option key={value.as_str()} value={value.clone()}>{ name }</option> });
    html! { <label>{ label.say(language).to_owned() }{ " " }<Select value={chosen.to_owned()} choose={set} {disabled}>{ for options }</Select></label> }
}

/// The room of a row of dots, in units of its drawing; it is stretched to the page's width.
const ROOM: (f64, f64) = (1_000.0, 28.0);

/// Each run as a dot, each lane as a row.
fn strips(
    ctx: &Ctx,
    (measure, repeated): (&Called, &Repeated),
    runs: &[Numbers],
    titles: &[String],
    language: Language,
) -> Html {
    let place = measure.place();
    let values = |lane: usize| runs.iter().filter_map(move |run| run[lane][place]);
    let strip = Strip::over(measure.kind(), (0..titles.len()).flat_map(values));
    let at = |value: f64| strip.place(value) * ROOM.0;
    let ticks = strip.ticks();
    let grid: String = ticks.iter().map(|(value, _)| format!("M{:.1} 0V{}", at(*value), ROOM.1)).collect();
    let rows = repeated.lanes.iter().zip(titles).enumerate().map(|(lane, (told, title))| {
        let mean = told.measured(measure.measure.name).map(|measured| {
            let Spread { mean, low, high, .. } = measured.spread;
            let middle = ROOM.1 / 2.0;
            format!("M{:.1} {middle}H{:.1}M{:.1} 3V{}", at(low), at(high), at(mean), ROOM.1 - 3.0)
        });
        let colour = format!("var(--{})", ctx.lane_style(lane).colour.name);
        html! {
            <>
                <span class="strip-name"><Swatch {lane} />{ title.clone() }</span>
                <svg viewBox={format!("0 0 {} {}", ROOM.0, ROOM.1)} preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d={grid.clone()} />
                    <path class="dots" d={strip.dots(values(lane), ROOM)} stroke={colour} />
                    if let Some(mean) = mean { <path class="mean" d={mean} /> }
                </svg>
            </>
        }
    });
    let names = ticks.iter().map(|(value, name)| {
        html! { <span style={format!("left:{:.2}%", 100.0 * strip.place(*value))}>{ name.clone() }</span> }
    });
    let title = measure.title.clone();
    let said = phrase!(
        "{title}: a dot for each run, a line for the mean and its 95 % interval; the table below has the numbers",
        "{title}: 점은 실행 하나, 선은 평균과 95 % 신뢰구간입니다. 아래 표에 값이 있습니다",
        title
    );
    html! {
        <div class="strips" role="img" aria-label={said.say(language).to_owned()}>
            { for rows }
            <span></span><div class="strip-ticks">{ for names }</div>
        </div>
    }
}

/// What the tables are made from.
struct Table<'a> {
    repeated: &'a Repeated,
    titles: &'a [String],
    against: usize,
    language: Language,
}

impl Table<'_> {
    /// A row for each lane.
    fn of(&self, measure: &Called) -> Html {
        let title = measure.title.say(self.language).to_owned();
        html! {
            <div class="wide" tabindex="0" role="group" aria-label={title.clone()}>
                <table><caption class="unseen">{ title }</caption>{ self.head() }<tbody>{ for self.rows(measure) }</tbody></table>
            </div>
        }
    }

    /// The same of all measures, one after the other.
    fn of_all(&self, measures: &[Called]) -> Html {
        let columns = if self.titles.len() > 1 { "6" } else { "5" };
        let parts = measures.iter().map(|measure| {
            html! {
                <tbody key={measure.measure.name}>
                    <tr><th scope="rowgroup" colspan={columns}><b>{ measure.title.say(self.language).to_owned() }</b></th></tr>
                    { for self.rows(measure) }
                </tbody>
            }
        });
        html! {
            <div class="wide" tabindex="0" role="group" aria-label={ALL.say(self.language)}>
                <table>{ self.head() }{ for parts }</table>
            </div>
        }
    }

    fn head(&self) -> Html {
        let other = &self.titles[self.against];
        let more = phrase!("More than {other}", "{other} 대비 차이");
        let strategy = crate::web::i18n::of(self.language).strategy;
        let heads = [&MEAN, &INTERVAL, &LEAST, &GREATEST].map(|head| head.say(self.language));
        html! {
            <thead><tr>
                <th scope="col">{ strategy }</th>
                { for heads.iter().map(|head| html! { <th scope="col">{ *head }</th> }) }
                if self.titles.len() > 1 { <th scope="col">{ more.say(self.language).to_owned() }</th> }
            </tr></thead>
        }
    }

    fn rows<'a>(&'a self, measure: &'a Called) -> impl Iterator<Item = Html> + 'a {
        self.repeated.lanes.iter().zip(self.titles).enumerate().map(move |(lane, (told, title))| {
            let measured = told.measured(measure.measure.name);
            let cells = measured.map_or_else(
                || ["–"; 4].map(str::to_owned),
                |measured| {
                    let spread = &measured.spread;
                    let decimals = measure.decimals(spread);
                    let [mean, between] = [measure.say(spread.mean, decimals), measure.interval(spread, decimals)];
                    [mean, between, measure.end(spread.min, decimals), measure.end(spread.max, decimals)]
                },
            );
            let more = measured.and_then(|measured| measured.more_than.as_ref());
            html! {
                <tr key={lane}>
                    <th scope="row"><Swatch {lane} />{ title.clone() }</th>
                    { for cells.into_iter().map(|cell| html! { <td>{ cell }</td> }) }
                    if self.titles.len() > 1 { <td>{ self.more(measure, more) }</td> }
                </tr>
            }
        })
    }

    /// How much more it is than in the lane compared with, and whether that may be luck.
    fn more(&self, measure: &Called, more: Option<&MoreThan>) -> Html {
        let Some(MoreThan { spread, .. }) = more else { return html! { "–" } };
        let decimals = measure.decimals(spread);
        let mean = measure.difference(spread.mean, decimals).say(self.language).to_owned();
        if spread.min == spread.max {
            return html! { { mean } };
        }
        let between = measure.differences(spread, decimals);
        let luck = (!spread.is_clear()).then(|| MAY_BE_LUCK.say(self.language));
        html! {
            <>
                { mean }<span class="soft">{ format!(" ({between})") }</span>
                if let Some(luck) = luck { <>{ " " }<mark>{ luck }</mark></> }
            </>
        }
    }
}

/// The run that went worst by the measure that is seen, as a link. While its scenario is on the page, only the seed changes
/// there: the view stays, and Undo leads back, as the browser's Back does.
fn worst(props: &OutcomeProps, measure: &Called, titles: &[String]) -> Html {
    let language = props.words.lang;
    let (scenario, runs) = &*props.told.0;
    let Some(worst) = worst_by(scenario, runs, measure.measure.name) else { return html! {} };
    let decimals = if worst.value.fract() == 0.0 { 0 } else { 2 };
    let (seed, lane) = (worst.seed, titles.get(worst.place).cloned().unwrap_or_default());
    let (title, value) = (measure.title.clone(), measure.say(worst.value, decimals));
    // Whose it is, unless it is everybody's.
    let run = (0..).zip(runs).find(|(run, _)| scenario.seed_of_run(*run) == seed).map(|(_, run)| run);
    let is_tied =
        run.is_some_and(|run| run.len() > 1 && run.iter().all(|lane| lane[measure.place()] == Some(worst.value)));
    let said = if is_tied {
        phrase!("Worst run: {title} {value} in every lane", "가장 나쁜 실행: 모든 레인에서 {title} {value}", title)
    } else {
        phrase!("Worst run: {title} {value} in “{lane}”", "가장 나쁜 실행: ‘{lane}’에서 {title} {value}", title)
    };
    let open = phrase!("Open seed {seed}", "시드 {seed} 열기");
    let link = worst.link.clone().unwrap_or_default();
    let follow = (!props.is_stale).then(|| {
        props.dispatch.reform(move |event: MouseEvent| {
            event.prevent_default();
            dom::push_hash(&link); // an entry of its own, in which the page puts its view, too
            Action::Edit(vec![Edit::set("seed", FieldValue::of(&seed))])
        })
    });
    html! {
        <p>
            { said.say(language).to_owned() }
            if let Some(link) = &worst.link { { " · " }<a href={link.clone()} onclick={follow}>{ open.say(language).to_owned() }</a> }
        </p>
    }
}
