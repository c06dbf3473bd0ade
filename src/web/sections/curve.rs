//! *Capacity curve*: miss ratio against cache size for chosen policies, of the scenario's requests or of the file that it
//! replays, played by a crew of workers of its own. What it says is what `cachelane curve` says. A file stays in the browser.

use std::rc::Rc;

use yew::prelude::*;

use super::controls::{trace_opener, trace_reader, trace_refused};
use super::shift::{self, Shift};
use crate::chart::Axis;
use crate::chart::palette::lane_style;
use crate::chart::text;
use crate::escape::shown;
use crate::experiment::curve::Counted;
use crate::phrase::{Language, Phrase, phrase};
use crate::report::Report;
use crate::scenario::{Edit, Eviction, FieldValue, Scenario};
use crate::web::components::drop::FileDrop;
use crate::web::i18n::Words;
use crate::web::platform::crew::Heard;
use crate::web::state::Action;
use crate::web::state::curve::{
    Curves, csv_of, curves, file_of, has_cache, is_here, missed, of_each_node, policies, policies_of, present_of,
};
use crate::web::state::traces::{TraceFile, TracesShown};

static TITLE: Phrase = Phrase::fixed("Capacity curve", "용량별 미스율");
static WHY: Phrase = Phrase::fixed(
    "The miss ratio of the cache alone at each size. Where the curve is flat, the cache can shrink; where it is steep, more room \
     saves misses, unless the lanes miss for other reasons.",
    "캐시만 따로 본 크기별 미스율입니다. 곡선이 평평한 곳에서는 캐시를 줄일 수 있습니다. 가파른 곳에서는 늘릴수록 미스가 줄지만, 다른 이유로 생기는 미스는 줄지 않습니다.",
);
static OF_SCENARIO: Phrase = Phrase::fixed(
    "From a million requests of the scenario's keys. Misses after a TTL, a delete by a write, or a restart of the cache are not in \
     it. To use your own traffic, open or drop a trace here: the file stays in your browser.",
    "시나리오의 키 분포에서 뽑은 요청 100만 건으로 계산합니다. TTL 만료, 쓰기로 인한 삭제, 캐시 재시작 뒤의 미스는 들어 있지 않습니다. 실제 트래픽으로 계산하려면 여기에 트레이스를 열거나 끌어다 놓으세요. 파일은 브라우저 밖으로 나가지 않습니다.",
);
static WHOLE: Phrase = Phrase::fixed(
    "The curve of the whole system is a sweep of the capacity.",
    "시스템 전체의 곡선은 용량 스윕으로 구합니다.",
);
static SWEEP: Phrase = Phrase::fixed("Set up that sweep", "용량 스윕 준비");
static FOR_ALL: Phrase = Phrase::fixed(
    "A trace opened here replaces the traffic of the whole page; Undo brings that back.",
    "여기서 연 트레이스는 페이지 전체의 트래픽을 대신합니다. 실행 취소로 되돌릴 수 있습니다.",
);
static NO_CACHE: Phrase = Phrase::fixed(
    "No lane reads from a cache: no capacity changes anything in this scenario. The curve is that of a cache in front of its \
     requests.",
    "캐시에서 읽는 레인이 없어 이 시나리오에서는 용량을 바꿔도 달라지는 것이 없습니다. 곡선은 같은 요청 앞에 캐시를 두었을 때의 값입니다.",
);
static NONE_CHOSEN: Phrase = Phrase::fixed("Choose at least one policy.", "정책을 하나 이상 선택하세요.");
static POLICIES: Phrase = Phrase::fixed("Eviction policies", "축출 정책");
static BEGIN: Phrase = Phrase::fixed("Draw the curve", "곡선 그리기");
static CURVES: Phrase = Phrase::fixed("Finished curves", "끝난 곡선");
static FINISHED: Phrase = Phrase::fixed("The curves are finished.", "곡선을 모두 그렸습니다.");
static CAPACITY: Phrase = Phrase::fixed("Capacity (entries)", "용량(항목 수)");
static PRESENT: Phrase = Phrase::fixed("present capacity", "현재 용량");
static USE: Phrase = Phrase::fixed("Use", "적용");

/// What [`CapacityCurve`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct CurveProps {
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    /// The trace file that is open.
    pub trace: Option<TraceFile>,
    /// What is to be said of trace files.
    pub traces: TracesShown,
    /// What that scenario's run has shown, once it is over.
    pub report: Option<Rc<Report>>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// Hears that the reader wants this field swept.
    pub on_sweep: Callback<&'static str>,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// What [`CapacityCurve`] hears.
pub enum Msg {
    /// The reader begins, or cancels.
    Toggle,
    /// With this policy, too, or without it.
    Policy(Eviction),
    /// The reader has put this capacity into the scenario.
    Used(u32),
    /// A worker.
    Heard(usize, Heard),
}

/// The panel. What it shows stays while the page opens another experiment, and then says so.
#[derive(Default)]
pub struct CapacityCurve {
    shift: Shift<Curves>,
    /// What the reader has chosen, once they have.
    chosen: Option<Vec<Eviction>>,
    /// The capacity that they have put into the scenario.
    used: Option<u32>,
}

impl Component for CapacityCurve {
    type Message = Msg;
    type Properties = CurveProps;

    fn create(_: &Context<CapacityCurve>) -> CapacityCurve {
        CapacityCurve::default()
    }

    fn update(&mut self, ctx: &Context<CapacityCurve>, msg: Msg) -> bool {
        match msg {
            Msg::Toggle if self.shift.is_running() => self.shift.cancel(),
            Msg::Toggle => self.begin(ctx),
            Msg::Policy(policy) => {
                let chosen = self.policies(ctx);
                let now = policies().filter(|one| chosen.contains(one) != (*one == policy));
                self.chosen = Some(now.collect());
            }
            Msg::Used(capacity) => self.used = Some(capacity),
            Msg::Heard(worker, heard) => return self.shift.hear(worker, heard),
        }
        true
    }

    fn changed(&mut self, ctx: &Context<CapacityCurve>, before: &CurveProps) -> bool {
        if before.scenario != ctx.props().scenario {
            self.shift.change_to(&ctx.props().scenario);
        }
        // Another file may have the same name: a curve of the one before would not be told from its own.
        let CurveProps { scenario, trace, .. } = ctx.props();
        if TraceFile::is_other(scenario, trace.as_ref(), before.trace.as_ref()) {
            self.shift = Shift::default();
        }
        before != ctx.props()
    }

    fn view(&self, ctx: &Context<CapacityCurve>) -> Html {
        let CurveProps { scenario, dispatch, words, .. } = ctx.props();
        let language = words.lang;
        let work = self.shift.work();
        let is_ready = self.source(ctx).is_some() || self.shift.is_running();
        let of_file = file_of(scenario).map(|file| {
            let file = shown(file).into_owned();
            phrase!("From the requests of {file}.", "{file}의 요청으로 계산합니다.")
        });
        let curves = curves(work);
        html! {
            <FileDrop on_file={trace_reader(dispatch)}><section class="block seeds" aria-labelledby="capacity-curve">
                <h2 id="capacity-curve">{ TITLE.say(language) }</h2>
                <p class="key">{ WHY.say(language) }</p>
                if is_ready {
                    <p class="key">{ of_file.as_ref().unwrap_or(&OF_SCENARIO).say(language).to_owned() }</p>
                    if !has_cache(scenario) { <p class="key"><mark>{ NO_CACHE.say(language) }</mark></p> }
                    { self.controls(ctx) }
                } else {
                    <p class="soft">{ shift::NOT_OPEN.say(language) }</p>
                }
                if !self.shift.is_running() { { opener(ctx.props()) } }
                <div role="status">{ self.end(curves.len(), words) }</div>
                <p class="unseen" role="status">{ self.is_used(scenario).map(|said| said.say(language).to_owned()) }</p>
                if !curves.is_empty() {
                    if work.is_stale(scenario) { { shift::stale(words) } }
                    { figure(&curves, present_of(scenario), language) }
                    { self.beside(ctx, &curves) }
                    { self.table(ctx, &curves) }
                    { self.of(&curves, language) }
                    { shift::downloads(&Rc::new(curves), "cachelane-curve", |curves| csv_of(curves), None, language) }
                }
            </section></FileDrop>
        }
    }
}

impl CapacityCurve {
    fn policies(&self, ctx: &Context<CapacityCurve>) -> Vec<Eviction> {
        self.chosen.clone().unwrap_or_else(|| policies_of(&ctx.props().scenario))
    }

    /// Where requests come from: the file that the scenario replays, if it does; `None` if that is not open.
    fn source(&self, ctx: &Context<CapacityCurve>) -> Option<Option<TraceFile>> {
        TraceFile::of(&ctx.props().scenario, ctx.props().trace.as_ref()).ok()
    }

    fn begin(&mut self, ctx: &Context<CapacityCurve>) {
        let (policies, scenario) = (self.policies(ctx), ctx.props().scenario.clone());
        let Some(file) = self.source(ctx).filter(|_| !policies.is_empty()) else { return };
        let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
        let jobs =
            Curves { file: file.as_ref().map(|file| file.name.clone()), policies, present: present_of(&scenario) };
        self.shift.begin_holding(scenario, jobs, file, &hear);
    }

    fn controls(&self, ctx: &Context<CapacityCurve>) -> Html {
        let words = ctx.props().words;
        let language = words.lang;
        let chosen = self.policies(ctx);
        let is_running = self.shift.is_running();
        let boxes = policies().map(|policy| {
            let toggle = ctx.link().callback(move |_: Event| Msg::Policy(policy));
            html! { <label><input type="checkbox" checked={chosen.contains(&policy)} disabled={is_running} onchange={toggle} />{ policy.name() }</label> }
        });
        let work = self.shift.work();
        let (done, count, percent) = (work.done().saturating_sub(1), work.count().saturating_sub(1), self.percent());
        let so_far = phrase!("{done} of {count} curves, {percent} %", "곡선 {count}개 중 {done}개, {percent} %");
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        html! {
            <>
                <fieldset class="policies"><legend>{ POLICIES.say(language) }</legend>{ for boxes }</fieldset>
                <div class="seeds-controls">
                    if chosen.is_empty() && !is_running {
                        <span class="soft">{ NONE_CHOSEN.say(language) }</span>
                    } else {
                        { self.shift.controls(toggle, &BEGIN, (&CURVES, &so_far), words) }
                    }
                </div>
            </>
        }
    }

    /// How much of all is done.
    fn percent(&self) -> u32 {
        let work = self.shift.work();
        (100 * work.done() + work.parts()) / work.count().max(1)
    }

    fn end(&self, done: usize, words: &'static Words) -> Html {
        let count = self.shift.work().count().saturating_sub(1);
        let kept = phrase!("Cancelled: {done} of {count} curves.", "취소됨: 곡선 {count}개 중 {done}개의 결과입니다.");
        self.shift.told(&FINISHED, (done > 0).then_some(kept), words)
    }

    /// The numbers, and a button for each size that puts it into the scenario, where some lane has a cache.
    fn table(&self, ctx: &Context<CapacityCurve>, curves: &[(Eviction, Vec<Counted>)]) -> Html {
        let CurveProps { scenario, words, .. } = ctx.props();
        let language = words.lang;
        let has_cache = has_cache(scenario);
        let Some((_, first)) = curves.first() else { return html! {} };
        let rows = first.iter().enumerate().map(|(row, point)| {
            let of =
                |points: &[Counted]| points.get(row).map_or_else(|| "…".to_owned(), |one| text::percent(ratio(one), 2));
            html! {
                <tr key={point.capacity}>
                    <th scope="row">{ text::count(point.capacity.into()) }</th>
                    { for curves.iter().map(|(_, points)| html! { <td>{ of(points) }</td> }) }
                    if has_cache { <td>{ self.apply(ctx, point.capacity) }</td> }
                </tr>
            }
        });
        let title = TITLE.say(language);
        html! {
            <div class="wide" tabindex="0" role="group" aria-label={title}>
                <table>
                    <caption class="unseen">{ title }</caption>
                    <thead><tr>
                        <th scope="col">{ CAPACITY.say(language) }</th>
                        { for curves.iter().map(|(policy, _)| html! { <th scope="col">{ policy.name() }</th> }) }
                        if has_cache { <th scope="col"><span class="unseen">{ USE.say(language) }</span></th> }
                    </tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        }
    }

    /// The button that puts a capacity into the scenario; where it stands there it says that, so that who has pressed it keeps the
    /// focus.
    fn apply(&self, ctx: &Context<CapacityCurve>, capacity: u32) -> Html {
        let CurveProps { scenario, dispatch, words, .. } = ctx.props();
        let is_here = is_here(scenario, self.used, capacity);
        let value = FieldValue::of(&of_each_node(scenario, capacity));
        let (dispatch, link) = (dispatch.clone(), ctx.link().clone());
        let apply = Callback::from(move |_: MouseEvent| {
            dispatch.emit(Action::Edit(vec![Edit::set("cache.capacity", value.clone())]));
            link.send_message(Msg::Used(capacity));
        });
        let entries = text::count(capacity.into());
        let label = if is_here {
            phrase!("{entries} entries: the present capacity", "{entries}개: 현재 용량")
        } else {
            phrase!("Use a capacity of {entries} entries", "용량 {entries}개 적용")
        };
        shift::apply(is_here, if is_here { &PRESENT } else { &USE }, &label, apply, words.lang)
    }

    /// What the lanes of the page's run missed where the curve is at present, and the way to the curve of the whole system.
    fn beside(&self, ctx: &Context<CapacityCurve>, curves: &[(Eviction, Vec<Counted>)]) -> Html {
        let CurveProps { scenario, report, titles, on_sweep, words, .. } = ctx.props();
        let language = words.lang;
        let report = report.as_ref().filter(|_| !self.shift.work().is_stale(scenario));
        let own = curves.iter().find(|(policy, _)| *policy == scenario.cache.eviction);
        let here = own.and_then(|(policy, points)| {
            let point = points.iter().find(|point| Some(point.capacity) == present_of(scenario))?;
            Some((policy.name(), text::percent(ratio(point), 1)))
        });
        let said = report.zip(here).and_then(|(report, (policy, curve))| {
            let lanes = missed(scenario, report).into_iter().zip(titles.iter());
            let lanes = lanes.filter_map(|(share, title)| Some(format!("{} {}", shown(title), text::percent(share?, 1))));
            let lanes = lanes.collect::<Vec<_>>().join(" · ");
            let told = phrase!(
                "At the present capacity the curve of {policy} is at {curve}; of the look-ups of this run missed: {lanes}. Room \
                 decides only what the curve has.",
                "현재 용량에서 {policy} 곡선의 미스율은 {curve}, 이 실행의 미스율은 {lanes}입니다. 용량으로 줄일 수 있는 것은 곡선에 나타난 미스뿐입니다."
            );
            (!lanes.is_empty()).then_some(told)
        });
        let sweep = on_sweep.reform(|_: MouseEvent| "cache.capacity");
        html! {
            <>
                if let Some(said) = said { <p class="key">{ said.say(language).to_owned() }</p> }
                if has_cache(scenario) {
                    <p class="key">{ WHOLE.say(language) }{ " " }<button type="button" class="small" onclick={sweep}>{ SWEEP.say(language) }</button></p>
                }
            </>
        }
    }

    /// What is said once a capacity has been put into the scenario, as long as it stands there.
    fn is_used(&self, scenario: &Scenario) -> Option<Phrase> {
        let used = self.used.filter(|capacity| is_here(scenario, self.used, *capacity))?;
        let entries = text::count(used.into());
        Some(phrase!("In the scenario now: {entries} entries", "시나리오에 적용됨: 항목 {entries}개"))
    }

    /// Of how many requests, and whether of a sample of the keys.
    fn of(&self, curves: &[(Eviction, Vec<Counted>)], language: Language) -> Html {
        let requests =
            curves.iter().find_map(|(_, points)| Some(points.first()?.requests)).map_or_else(String::new, text::count);
        let least = curves.iter().flat_map(|(_, points)| points).map(|point| point.rate).fold(1.0, f64::min);
        let end = if requests == "1" { "" } else { "s" };
        let whole = phrase!("{requests} request{end}, all of them played.", "요청 {requests}건을 모두 재생했습니다.");
        let share = text::percent(least, 1);
        let sampled = phrase!(
            "{requests} requests; large sizes are estimated from a sample of {share} of the keys (SHARDS); on Zipf traffic that is within one percentage point, beside a steep fall it can be far more.",
            "요청 {requests}건. 큰 용량의 값은 키의 {share}를 표본으로 추정했습니다(SHARDS). Zipf 트래픽에서 오차는 1 %p 이내지만, 곡선이 급격히 떨어지는 곳에서는 훨씬 클 수 있습니다."
        );
        html! { <p class="key">{ if least < 1.0 { sampled } else { whole }.say(language).to_owned() }</p> }
    }
}

/// The button that opens a trace's file, and what has become of the last one.
fn opener(props: &CurveProps) -> Html {
    let CurveProps { traces, dispatch, words, .. } = props;
    html! {
        <div class="trace-input">
            { trace_opener(dispatch, words) }
            <p class="soft">{ FOR_ALL.say(words.lang) }</p>
            if let Some((name, _)) = &traces.reading { <p class="soft">{ (words.trace_reading)(name) }</p> }
            { trace_refused(traces.refused.as_ref(), words) }
        </div>
    }
}

/// The room of the figure, in units of its drawing; it is stretched to the page's width.
const ROOM: (f64, f64) = (1_000.0, 220.0);

/// A line for each policy, over sizes by decades, and the present capacity through all of them.
fn figure(curves: &[(Eviction, Vec<Counted>)], present: Option<u32>, language: Language) -> Html {
    let points = || curves.iter().flat_map(|(_, points)| points);
    let across = Axis::log_over(points().map(|point| f64::from(point.capacity)).chain(present.map(f64::from)));
    let up = Axis::share_over(points().map(ratio));
    let x = |capacity: u32| across.place(f64::from(capacity)) * ROOM.0;
    let y = |ratio: f64| (1.0 - up.place(ratio)) * ROOM.1;
    let (columns, rows) = (across.ticks(6), up.ticks(5));
    let vertical = columns.iter().map(|(value, _)| format!("M{:.1} 0V{}", across.place(*value) * ROOM.0, ROOM.1));
    let horizontal = rows.iter().map(|(value, _)| format!("M0 {:.1}H{}", y(*value), ROOM.0));
    let grid: String = vertical.chain(horizontal).collect();
    let lines = curves.iter().enumerate().map(|(place, (_, points))| {
        let at = points.iter().map(|point| format!("{:.1} {:.1}", x(point.capacity), y(ratio(point))));
        let path = format!("M{}", at.collect::<Vec<_>>().join("L"));
        html! { <path class="curve" d={path} stroke={colour(place)} stroke-dasharray={dash(place)} /> }
    });
    let names = columns.iter().map(|(value, _)| {
        html! { <span style={format!("left:{:.2}%", 100.0 * across.place(*value))}>{ text::count(*value as u64) }</span> }
    });
    let shares = rows.iter().map(|(value, name)| {
        html! { <span style={format!("top:{:.2}%", 100.0 * (1.0 - up.place(*value)))}>{ name.clone() }</span> }
    });
    let said = Phrase::fixed(
        "Miss ratio against capacity, a line for each policy; the table below has the numbers",
        "용량별 미스율입니다. 정책마다 선 하나이며, 아래 표에 값이 있습니다",
    );
    let keys = curves.iter().enumerate().map(|(place, (policy, _))| {
        html! {
            <span><svg class="swatch" width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">
                <path d="M0 6h28" stroke={colour(place)} stroke-width="2" stroke-dasharray={dash(place)} />
            </svg>{ policy.name() }</span>
        }
    });
    html! {
        <>
            <div class="curves" role="img" aria-label={said.say(language).to_owned()}>
                <div class="curve-shares">{ for shares }</div>
                <svg viewBox={format!("0 0 {} {}", ROOM.0, ROOM.1)} preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d={grid} />
                    if let Some(present) = present { <path class="own-load" d={format!("M{:.1} 0V{}", x(present), ROOM.1)} /> }
                    { for lines }
                </svg>
                <span></span><div class="strip-ticks">{ for names }</div>
            </div>
            <p class="loads-key">
                { for keys }
                if let Some(present) = present {
                    <span><i class="own-load"></i>{ format!("{}: {}", PRESENT.say(language), text::count(present.into())) }</span>
                }
            </p>
        </>
    }
}

fn ratio(point: &Counted) -> f64 {
    1.0 - point.hits as f64 / point.requests.max(1) as f64
}

fn colour(place: usize) -> String {
    format!("var(--{})", lane_style(place).colour.name)
}

fn dash(place: usize) -> String {
    lane_style(place).dash.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
}
