//! *Hidden capacity*: the load that each lane serves, and the load from which it heals by itself after the scenario's faults,
//! searched by a crew of workers of its own. What it says is what `cachelane capacity` says.

use std::rc::Rc;

use yew::prelude::*;

use super::shift::{self, Shift};
use crate::chart::strip::{Kind, Strip};
use crate::chart::text;
use crate::escape::shown;
use crate::experiment::capacity::{Capacities, End, LaneCapacity, NO_FAULT as NO_FAULT_TO_HEAL, searchable};
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::Scenario;
use crate::web::components::context::{Ctx, use_ctx};
use crate::web::components::swatch::Swatch;
use crate::web::i18n::{Words, titles};
use crate::web::platform::crew::Heard;
use crate::web::state::capacity::{LaneSoFar, Searches, refusal, search, so_far, whole};
use crate::web::state::jobs::Phase;

static TITLE: Phrase = Phrase::fixed("Hidden capacity", "숨은 용량");
static WHY: Phrase = Phrase::fixed(
    "A lane may serve a load within its deadline and yet not recover at that load after a fault; the load from which it \
     recovers by itself is its hidden capacity.",
    "정상일 때 감당하는 부하라도 장애가 지나간 뒤 그 부하에서 스스로 회복하지 못할 수 있습니다. 스스로 회복하는 최대 부하가 숨은 용량입니다.",
);
static NO_FAULT: Phrase = Phrase::fixed(
    "The scenario has no fault, so only what each lane serves is searched. Inject a fault to ask what it recovers from.",
    "시나리오에 장애가 없어 감당하는 부하만 찾습니다. 회복하는 부하까지 찾으려면 장애를 주입하세요.",
);
static BEGIN: Phrase = Phrase::fixed("Find each lane's capacity", "레인별 용량 찾기");
static SERVES: Phrase = Phrase::fixed("Serves", "감당하는 부하");
static RECOVERS: Phrase = Phrase::fixed("Recovers up to", "스스로 회복하는 부하");
static INTERVAL: Phrase = Phrase::fixed("Search range", "탐색 구간");
static BEYOND: Phrase = Phrase::fixed("Above that", "그 이상에서");
static HIDDEN: Phrase = Phrase::fixed("Recovers ÷ serves", "회복 ÷ 감당");
static SEEDS: Phrase = Phrase::fixed("Seeds", "시드 수");
static RUNS: Phrase = Phrase::fixed("Runs", "실행 횟수");
static NOW: Phrase = Phrase::fixed("this scenario", "이 시나리오");
static TRAP: Phrase = Phrase::fixed("served, but not recovered from", "감당하지만 회복하지 못하는 부하");

/// What [`HiddenCapacity`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct CapacityProps {
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    /// The language.
    pub words: &'static Words,
}

/// What [`HiddenCapacity`] hears.
pub enum Msg {
    /// The reader begins, or cancels.
    Toggle,
    /// A worker.
    Heard(usize, Heard),
}

/// The panel. What it shows stays while the page opens another experiment, and then says so.
#[derive(Default)]
pub struct HiddenCapacity {
    shift: Shift<Searches>,
    /// Of how many searches what is known was last summed up, and that.
    summed: u32,
    lanes: Rc<Vec<LaneSoFar>>,
}

impl Component for HiddenCapacity {
    type Message = Msg;
    type Properties = CapacityProps;

    fn create(_: &Context<HiddenCapacity>) -> HiddenCapacity {
        HiddenCapacity::default()
    }

    fn update(&mut self, ctx: &Context<HiddenCapacity>, msg: Msg) -> bool {
        let is_drawn = match msg {
            Msg::Toggle if self.shift.is_running() => {
                self.shift.cancel();
                true
            }
            Msg::Toggle => {
                let scenario = ctx.props().scenario.clone();
                let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
                let searches = Searches::of(&scenario);
                (self.summed, self.lanes) = (0, Rc::default());
                self.shift.begin(scenario, searches, None, &hear);
                true
            }
            Msg::Heard(worker, heard) => self.shift.hear(worker, heard),
        };
        let done = self.shift.work().done();
        if done != self.summed {
            (self.summed, self.lanes) = (done, Rc::new(so_far(self.shift.work())));
            return true;
        }
        is_drawn
    }

    fn changed(&mut self, ctx: &Context<HiddenCapacity>, before: &CapacityProps) -> bool {
        if before.scenario != ctx.props().scenario {
            self.shift.change_to(&ctx.props().scenario);
        }
        true
    }

    fn view(&self, ctx: &Context<HiddenCapacity>) -> Html {
        let CapacityProps { scenario, words } = ctx.props();
        let language = words.lang;
        let work = self.shift.work();
        let refused = refusal(scenario).filter(|_| !self.shift.is_running());
        let known = work.scenario().filter(|_| self.lanes.iter().any(Option::is_some));
        html! {
            <section class="block seeds" aria-labelledby="hidden-capacity">
                <h2 id="hidden-capacity">{ TITLE.say(language) }</h2>
                <p class="key">{ WHY.say(language) }</p>
                if let Some(why) = refused {
                    <p class="soft">{ why.say(language).to_owned() }</p>
                } else {
                    if scenario.faults.is_empty() && !self.shift.is_running() { <p class="key">{ NO_FAULT.say(language) }</p> }
                    <div class="seeds-controls">{ self.controls(ctx) }</div>
                }
                <div role="status">{ self.end(words) }</div>
                if let Some(of) = known {
                    if work.is_stale(scenario) { { shift::stale(words) } }
                    <Loads scenario={of.clone()} lanes={self.lanes.clone()} is_running={self.shift.is_running()} words={*words} />
                    if let Some(told) = whole(work, &self.lanes).filter(|_| *work.phase() == Phase::Done) {
                        { shift::downloads(&Rc::new(told), "cachelane-capacity", Capacities::csv, Some(Capacities::json), language) }
                    }
                }
            </section>
        }
    }
}

impl HiddenCapacity {
    fn controls(&self, ctx: &Context<HiddenCapacity>) -> Html {
        let work = self.shift.work();
        let (done, count, runs) = (work.done(), work.count(), self.runs());
        let so_far = phrase!("{done} of {count} searches, {runs} runs", "탐색 {count}건 중 {done}건, 실행 {runs}회");
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        self.shift.controls(toggle, &BEGIN, (&shift::SEARCHES, &so_far), ctx.props().words)
    }

    /// Of all searches so far.
    fn runs(&self) -> u64 {
        let finished = self.shift.work().outcomes().iter().flatten().map(crate::experiment::capacity::Found::runs);
        finished.sum::<u64>() + u64::from(self.shift.work().parts())
    }

    fn end(&self, words: &'static Words) -> Html {
        let (done, count) = (self.summed, self.shift.work().count());
        let kept = phrase!(
            "Cancelled: results of {done} of {count} searches.",
            "취소됨: 탐색 {count}건 중 {done}건의 결과입니다."
        );
        self.shift.told(&shift::SEARCHED, (done > 0).then_some(kept), words)
    }
}

#[derive(Clone, PartialEq, Properties)]
struct LoadsProps {
    scenario: Rc<Scenario>,
    lanes: Rc<Vec<LaneSoFar>>,
    is_running: bool,
    words: &'static Words,
}

/// What is known: a figure, a table, and what else there is to say of a lane.
#[component]
fn Loads(props: &LoadsProps) -> Html {
    let LoadsProps { scenario, lanes, is_running, words } = props;
    let language = words.lang;
    // The lanes may be other ones by now than those on the page.
    let ctx = Ctx { looks: scenario.looks().into(), ..use_ctx() };
    let titles: Vec<String> = titles(scenario, words).iter().map(|title| shown(title).into_owned()).collect();
    let base = searchable(scenario).ok();
    let notes = lanes.iter().zip(&titles).flat_map(|(lane, title)| {
        // That nothing breaks is said above.
        let notes = lane.iter().flat_map(|(told, _)| &told.notes).filter(|note| **note != NO_FAULT_TO_HEAL);
        notes.map(move |note| format!("{title}: {}", note.say(language)))
    });
    let has_faults = !scenario.faults.is_empty();
    html! {
        <ContextProvider<Ctx> context={ctx.clone()}>
            { figure(&ctx, lanes, &titles, base, language) }
            { table((lanes, *is_running), &titles, has_faults, words) }
            <p class="key">{ how(scenario, lanes, language) }</p>
            { for notes.map(|note| html! { <p class="key">{ note }</p> }) }
        </ContextProvider<Ctx>>
    }
}

/// The room of a row, in units of its drawing; it is stretched to the page's width.
const ROOM: (f64, f64) = (1_000.0, 28.0);

/// Each lane as a row: from the left up to what it recovers from in its colour, from there to what it serves in that of
/// faults, a mark at the end of both, and the scenario's own load through all of them.
fn figure(ctx: &Ctx, lanes: &[LaneSoFar], titles: &[String], base: Option<f64>, language: Language) -> Html {
    let told = || lanes.iter().flatten().map(|(told, _)| told);
    let values: Vec<f64> =
        told().flat_map(|told| [told.serves_per_s, told.heals_per_s]).flatten().chain(base).collect();
    let strip = Strip::over(Kind::Rate, values.iter().copied());
    let at = |value: f64| strip.place(value) * ROOM.0;
    let ticks = strip.ticks();
    let grid: String = ticks.iter().map(|(value, _)| format!("M{:.1} 0V{}", at(*value), ROOM.1)).collect();
    let rows = lanes.iter().zip(titles).enumerate().map(|(lane, (told, title))| {
        let colour = format!("var(--{})", ctx.lane_style(lane).colour.name);
        html! {
            <>
                <span class="strip-name"><Swatch {lane} />{ title.clone() }</span>
                <svg viewBox={format!("0 0 {} {}", ROOM.0, ROOM.1)} preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d={grid.clone()} />
                    if let Some((told, _)) = told { { bars(told, &at, &colour) } }
                    if let Some(base) = base { <path class="own-load" d={format!("M{:.1} 0V{}", at(base), ROOM.1)} /> }
                </svg>
            </>
        }
    });
    let names = ticks.iter().map(|(value, name)| {
        html! { <span style={format!("left:{:.2}%", 100.0 * strip.place(*value))}>{ name.clone() }</span> }
    });
    let has_trap =
        told().any(|told| told.heals_per_s.zip(told.serves_per_s).is_some_and(|(heals, serves)| heals < serves));
    let said = Phrase::fixed(
        "The load that each lane recovers from, and the load that it serves; the table below has the numbers",
        "레인별로 스스로 회복하는 부하와 감당하는 부하입니다. 아래 표에 값이 있습니다",
    );
    html! {
        <>
            <div class="strips" role="img" aria-label={said.say(language).to_owned()}>
                { for rows }
                <span></span><div class="strip-ticks">{ for names }</div>
            </div>
            <p class="loads-key">
                if has_trap { <span><i class="trap"></i>{ TRAP.say(language) }</span> }
                if let Some(base) = base { <span><i class="own-load"></i>{ format!("{}: {}", NOW.say(language), text::rate(base)) }</span> }
            </p>
        </>
    }
}

/// The bars of a lane, and the marks at their ends.
fn bars(told: &LaneCapacity, at: &impl Fn(f64) -> f64, colour: &str) -> Html {
    let middle = ROOM.1 / 2.0;
    let Some(serves) = told.serves_per_s else { return html! {} };
    let heals = told.heals_per_s.unwrap_or(if told.heals_low.is_some() { 0.0 } else { serves }).min(serves);
    let mark = |value: f64| format!("M{:.1} 4V{}", at(value), ROOM.1 - 4.0);
    html! {
        <>
            if heals > 0.0 { <path class="load" d={format!("M0 {middle}H{:.1}", at(heals))} stroke={colour.to_owned()} /> }
            if heals < serves { <path class="trap" d={format!("M{:.1} {middle}H{:.1}", at(heals), at(serves))} /> }
            if heals > 0.0 && heals < serves { <path class="mark" d={mark(heals)} stroke={colour.to_owned()} /> }
            <path class="mark" d={mark(serves)} stroke={colour.to_owned()} />
        </>
    }
}

/// The numbers.
fn table(
    (lanes, is_running): (&[LaneSoFar], bool),
    titles: &[String],
    has_faults: bool,
    words: &'static Words,
) -> Html {
    let language = words.lang;
    let unknown = if is_running { "…" } else { "–" };
    let mut heads = vec![&SERVES, &INTERVAL, &BEYOND];
    if has_faults {
        heads.extend([&RECOVERS, &INTERVAL, &BEYOND, &HIDDEN]);
    }
    heads.extend([&SEEDS, &RUNS]);
    let rows = lanes.iter().zip(titles).enumerate().map(|(lane, (told, title))| {
        let cells = told.as_ref().map_or_else(
            || vec![unknown.to_owned(); heads.len()],
            |(told, seeds)| cells(told, *seeds, has_faults, language),
        );
        html! {
            <tr key={lane}>
                <th scope="row"><Swatch {lane} />{ title.clone() }</th>
                { for cells.into_iter().map(|cell| html! { <td>{ cell }</td> }) }
            </tr>
        }
    });
    let title = TITLE.say(language);
    html! {
        <div class="wide" tabindex="0" role="group" aria-label={title}>
            <table>
                <caption class="unseen">{ title }</caption>
                <thead><tr>
                    <th scope="col">{ words.strategy }</th>
                    { for heads.iter().map(|head| html! { <th scope="col">{ head.say(language) }</th> }) }
                </tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}

fn cells(told: &LaneCapacity, seeds: u32, has_faults: bool, language: Language) -> Vec<String> {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), text::rate);
    let between = |low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => format!("{} … {}", plain(low), text::rate(high)),
        (Some(low), None) => format!("{} …", text::rate(low)),
        _ => "–".to_owned(),
    };
    let beyond = |end: Option<End>| end.map_or("–", |end| called(end).say(language)).to_owned();
    let mut cells = vec![rate(told.serves_per_s), between(told.serves_low, told.serves_high), beyond(told.serves_ends)];
    if has_faults {
        let share = told.heals_per_s.zip(told.serves_per_s).map(|(heals, serves)| heals / serves);
        cells.extend([
            rate(told.heals_per_s),
            between(told.heals_low, told.heals_high),
            beyond(told.heals_ends),
            share.map_or_else(|| "–".to_owned(), |share| text::percent(share, 0)),
        ]);
    }
    let all = search().seeds;
    let of = phrase!("{seeds} of {all}", "{all}개 중 {seeds}개");
    cells.push(if seeds == all { seeds.to_string() } else { of.say(language).to_owned() });
    cells.push(told.runs.to_string());
    cells
}

/// A rate without its unit.
fn plain(value: f64) -> String {
    text::rate(value).trim_end_matches("/s").to_owned()
}

/// What goes wrong above a load.
fn called(end: End) -> &'static Phrase {
    static ERRORS: Phrase = Phrase::fixed("errors", "오류");
    static LATE: Phrase = Phrase::fixed("late responses", "응답 지연");
    static BACKLOG: Phrase = Phrase::fixed("growing backlog", "대기 증가");
    static TOO_LARGE: Phrase = Phrase::fixed("too large to run", "실행 한도 초과");
    match end {
        End::Errors => &ERRORS,
        End::Late => &LATE,
        End::Backlog => &BACKLOG,
        End::TooLarge => &TOO_LARGE,
    }
}

/// How it was asked.
fn how(scenario: &Scenario, lanes: &[LaneSoFar], language: Language) -> String {
    let deadline = scenario.clients.deadline.as_secs_f64();
    let percent = search().precision * 100.0;
    let given = lanes.iter().flatten().filter_map(|(told, _)| told.heals_within_s).fold(0.0, f64::max);
    let served = phrase!(
        "Requests a second, Poisson arrivals. Serves: without faults at least 99 % are answered within {deadline} s, with no \
         growing backlog. Each seed is searched to {percent} %; a load is the median of the seeds, \
         and its range goes from the least that a seed's search left open to the greatest.",
        "단위는 초당 요청 수, 도착은 포아송입니다. 감당하는 부하에서는 장애가 없을 때 99 % 이상이 {deadline}초 안에 응답받고 대기가 늘지 않습니다. 시드마다 {percent} % 정밀도로 찾으며, 값은 시드들의 중앙값, 탐색 구간은 시드별 탐색 결과를 모두 포함하는 범위입니다."
    );
    let within = text::moment(given, false, language);
    let healed = phrase!(
        "{served} Recovers: that is so again, by itself, within {within} at most after the last fault.",
        "{served} 스스로 회복하는 부하에서는 마지막 장애 뒤 최대 {within} 안에 다시 그 상태로 돌아옵니다.",
        served
    );
    if given > 0.0 { healed } else { served }.say(language).to_owned()
}
