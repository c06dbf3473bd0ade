//! *Sweep*: one or two fields of the scenario vary, every combination is run with several seeds by a crew of workers of its own,
//! and what comes of them is drawn as it comes. What it says is what `cachelane sweep` and `cachelane chart` say.

mod outcome;

use std::collections::BTreeSet;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use self::outcome::{Outcome, Told};
use super::shift::{self, Shift};
use crate::escape::shown;
use crate::experiment::sweep::Sweep;
use crate::experiment::sweep::grid::Grid;
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::Scenario;
use crate::scenario::form::FormField;
use crate::web::components::select::Select;
use crate::web::i18n::{Words, titles};
use crate::web::platform::clock::now_ms;
use crate::web::platform::crew::Heard;
use crate::web::state::Action;
use crate::web::state::sweep::{Cells, FIRST, SEEDS, SEEDS_USUAL, asked, can_vary, fields, runs, suggested};
use crate::web::state::traces::TraceFile;

static TITLE: Phrase = Phrase::fixed("Sweep", "스윕");
static WHY: Phrase = Phrase::fixed(
    "One or two settings vary, each combination runs with several seeds: which value is best, and from which value on nothing changes.",
    "설정 한두 개의 값을 바꿔 가며 조합마다 여러 시드로 실행합니다. 어떤 값이 가장 좋은지, 어디부터 차이가 없는지 알 수 있습니다.",
);
static HOW: Phrase = Phrase::fixed(
    "Values: a list such as 1s,5s,20s, or a range such as 1s..60s/log6 (six values by equal factors; /lin6: by equal steps).",
    "값은 1s,5s,20s 같은 목록이나 1s..60s/log6 같은 범위로 씁니다(같은 비율로 6개, /lin6은 같은 간격).",
);
static AS_LINKS: Phrase = Phrase::fixed(
    "Here such values are written as in links: sliding(2h), jittered(ttl:60s,spread:0.1), exponential(10ms).",
    "여기에는 링크와 같은 표기로 씁니다: sliding(2h), jittered(ttl:60s,spread:0.1), exponential(10ms).",
);
static FIELDS: [Phrase; 2] =
    [Phrase::fixed("Field to vary", "바꿀 설정"), Phrase::fixed("Second field", "두 번째 설정")];
static VALUES: [Phrase; 2] =
    [Phrase::fixed("Values", "값"), Phrase::fixed("Values of the second field", "두 번째 설정의 값")];
static EXAMPLE: Phrase = Phrase::fixed("value, value, …", "값, 값, …");
static NO_SECOND: Phrase = Phrase::fixed("none", "없음");
static COUNT_LABEL: Phrase = Phrase::fixed("Seeds", "시드 수");
static FINISHED: Phrase = Phrase::fixed("Finished runs", "끝난 실행");
static CANNOT: Phrase = Phrase::fixed("Run the sweep", "스윕 실행");
static GENERAL: Phrase = Phrase::fixed("General", "일반");

/// What has come of the runs is put together so often at most, milliseconds, while more come.
const TOLD_EVERY_MS: f64 = 250.0;

/// So long after a change of the scenario, milliseconds, which fields can vary in it is found out: nobody changes it meanwhile.
const SETTLED_MS: u32 = 300;

/// It takes so long at a time, milliseconds, and begins again after so long, for the page has other things to do.
const LOOKS_MS: (f64, u32) = (15.0, 30);

/// What [`SweepPanel`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct SweepProps {
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    /// The trace file that is open.
    pub trace: Option<TraceFile>,
    /// The field that another part of the page has asked for, and how often one has.
    pub wanted: (u32, &'static str),
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// What [`SweepPanel`] hears.
pub enum Msg {
    /// The reader begins, or cancels.
    Toggle,
    /// A key that does the same.
    Key(KeyboardEvent, bool),
    /// The scenario has stood for a while.
    Settled,
    /// This field varies first, or second; with an empty path none.
    Field(usize, String),
    /// It has these values.
    Values(usize, String),
    /// With so many seeds.
    Seeds(u32),
    /// A worker.
    Heard(usize, Heard),
}

/// The fields on offer, by part.
type Fields = Rc<Vec<(String, Vec<FormField>)>>;

/// The panel. What it shows stays while the page opens another experiment, and then says so.
pub struct SweepPanel {
    shift: Shift<Cells>,
    fields: Fields,
    /// Of these, those that are on offer.
    offered: Fields,
    /// Those that can have no other value in this scenario.
    refused: BTreeSet<String>,
    /// The fields of which that is not known yet, and those that are known to have none.
    looks: (Vec<FormField>, BTreeSet<String>),
    /// When that is found out.
    settles: Option<Timeout>,
    /// The fields that vary and their values, as the reader has typed them.
    picks: Vec<(String, String)>,
    seeds: u32,
    /// What these ask for; or at which of them something is wrong, and what.
    asked: Result<Rc<Sweep>, (usize, Phrase)>,
    told: Option<Told>,
    told_at: f64,
    /// The field that another part of the page has asked for: it is taken when no sweep runs.
    wanted: Option<&'static str>,
    /// One callback for each list: it would take another one for a change, and draw all its options again.
    choose: [Callback<String>; 2],
}

impl Component for SweepPanel {
    type Message = Msg;
    type Properties = SweepProps;

    fn create(ctx: &Context<SweepPanel>) -> SweepPanel {
        let mut panel = SweepPanel {
            shift: Shift::default(),
            fields: Rc::default(),
            offered: Rc::default(),
            refused: BTreeSet::new(),
            looks: (Vec::new(), BTreeSet::new()),
            settles: None,
            picks: Vec::new(),
            seeds: SEEDS_USUAL,
            asked: Err((0, Phrase::default())),
            told: None,
            told_at: f64::NEG_INFINITY,
            choose: [0, 1].map(|place| ctx.link().callback(move |path| Msg::Field(place, path))),
            wanted: Some(ctx.props().wanted).filter(|(times, _)| *times > 0).map(|(_, field)| field),
        };
        panel.look_at(ctx);
        panel.take_wanted(&ctx.props().scenario);
        panel
    }

    fn update(&mut self, ctx: &Context<SweepPanel>, msg: Msg) -> bool {
        let is_drawn = match msg {
            Msg::Toggle if self.shift.is_running() => {
                self.shift.cancel();
                true
            }
            Msg::Toggle => {
                self.begin(ctx);
                return true;
            }
            Msg::Key(event, is_field) => {
                let key = event.key();
                let acts = match key.as_str() {
                    "Enter" => is_field && !event.is_composing() && !self.shift.is_running(),
                    "Escape" => !is_field && self.shift.is_running(),
                    _ => false,
                };
                if acts {
                    event.prevent_default();
                    ctx.link().send_message(Msg::Toggle);
                }
                return false;
            }
            Msg::Settled => return self.look_on(ctx),
            Msg::Heard(worker, heard) => self.shift.hear(worker, heard),
            Msg::Field(place, path) => {
                self.pick(place, &path, &ctx.props().scenario);
                return true;
            }
            Msg::Values(place, values) => {
                if let Some(pick) = self.picks.get_mut(place) {
                    pick.1 = values;
                }
                self.ask(&ctx.props().scenario);
                return true;
            }
            Msg::Seeds(seeds) => {
                self.seeds = seeds;
                self.ask(&ctx.props().scenario);
                return true;
            }
        };
        if is_drawn {
            self.tell();
        }
        self.take_wanted(&ctx.props().scenario);
        is_drawn
    }

    fn changed(&mut self, ctx: &Context<SweepPanel>, before: &SweepProps) -> bool {
        let SweepProps { scenario, trace, .. } = ctx.props();
        if TraceFile::is_other(scenario, trace.as_ref(), before.trace.as_ref()) {
            (self.shift, self.told) = (Shift::default(), None);
        }
        if before.scenario != *scenario {
            self.shift.change_to(scenario);
            self.look_at(ctx);
        }
        if before.wanted != ctx.props().wanted {
            self.wanted = Some(ctx.props().wanted.1);
        }
        self.take_wanted(scenario);
        true
    }

    fn view(&self, ctx: &Context<SweepPanel>) -> Html {
        let SweepProps { scenario, trace, dispatch, words, .. } = ctx.props();
        let language = words.lang;
        let is_stale = self.shift.work().is_stale(scenario);
        html! {
            <section class="block seeds" aria-labelledby="sweep" onkeydown={ctx.link().callback(|event| Msg::Key(event, false))}>
                <h2 id="sweep">{ TITLE.say(language) }</h2>
                <p class="key">{ WHY.say(language) }</p>
                if TraceFile::of(scenario, trace.as_ref()).is_ok() || self.shift.is_running() {
                    { self.controls(ctx) }
                } else {
                    <p class="soft">{ shift::NOT_OPEN.say(language) }</p>
                }
                <div role="status">{ self.end(words) }</div>
                if let Some(told) = &self.told {
                    if is_stale { { shift::stale(words) } }
                    <Outcome told={told.clone()} is_running={self.shift.is_running()} scenario={scenario.clone()} dispatch={dispatch.clone()} words={*words} />
                }
            </section>
        }
    }
}

impl SweepPanel {
    fn field(&self, path: &str) -> Option<&FormField> {
        // few: a scenario's fields
        self.fields.iter().flat_map(|(_, fields)| fields).find(|field| field.path == path)
    }

    /// What can vary is that scenario's: what varied before and is no longer there does not.
    fn look_at(&mut self, ctx: &Context<SweepPanel>) {
        let scenario = &ctx.props().scenario;
        self.fields = Rc::new(fields(scenario));
        let own = std::mem::take(&mut self.picks);
        self.picks = own.into_iter().filter(|(path, _)| self.field(path).is_some()).collect();
        if let Some(field) = self.field(FIRST).filter(|_| self.picks.is_empty()) {
            self.picks = vec![(FIRST.to_owned(), suggested(scenario, field))];
        }
        self.offer();
        self.looks = (self.fields.iter().flat_map(|(_, fields)| fields).cloned().collect(), BTreeSet::new());
        self.settle(ctx, SETTLED_MS);
        self.ask(scenario);
    }

    fn settle(&mut self, ctx: &Context<SweepPanel>, after_ms: u32) {
        let link = ctx.link().clone();
        self.settles = Some(Timeout::new(after_ms, move || link.send_message(Msg::Settled)));
    }

    /// Looks at some more fields; whether others are on offer now.
    fn look_on(&mut self, ctx: &Context<SweepPanel>) -> bool {
        let (scenario, begun) = (&ctx.props().scenario, now_ms());
        while let Some(field) = self.looks.0.pop() {
            if !can_vary(scenario, &field) {
                self.looks.1.insert(field.path);
            }
            if now_ms() - begun > LOOKS_MS.0 {
                self.settle(ctx, LOOKS_MS.1);
                return false;
            }
        }
        self.refused = std::mem::take(&mut self.looks.1);
        self.offer()
    }

    /// Puts those on offer that can vary, and what is chosen; whether these are others than before.
    fn offer(&mut self) -> bool {
        // few: two
        let is_chosen = |path: &str| self.picks.iter().any(|(own, _)| own == path);
        let is_offered = |field: &&FormField| !self.refused.contains(&field.path) || is_chosen(&field.path);
        let part = |(part, fields): &(String, Vec<FormField>)| {
            let fields: Vec<FormField> = fields.iter().filter(is_offered).cloned().collect();
            (!fields.is_empty()).then(|| (part.clone(), fields))
        };
        let offered: Fields = Rc::new(self.fields.iter().filter_map(part).collect());
        let is_other = offered != self.offered;
        self.offered = offered;
        is_other
    }

    /// Puts a field there, with the values suggested for it; one that is not there takes what stands there away.
    fn pick(&mut self, place: usize, path: &str, scenario: &Scenario) {
        let pick = self.field(path).map(|field| (path.to_owned(), suggested(scenario, field)));
        match (pick, self.picks.get_mut(place)) {
            (Some(pick), Some(before)) => *before = pick,
            (Some(pick), None) => self.picks.push(pick),
            (None, _) => self.picks.truncate(place),
        }
        // What is chosen is on offer, even if it has been found out meanwhile that it cannot vary.
        self.offer();
        self.ask(scenario);
    }

    fn take_wanted(&mut self, scenario: &Scenario) {
        if self.shift.is_running() {
            return;
        }
        if let Some(path) = self.wanted.take() {
            self.picks.truncate(1);
            self.pick(0, path, scenario);
        }
    }

    fn ask(&mut self, scenario: &Scenario) {
        self.asked = asked(scenario, &self.picks, self.seeds).map(Rc::new);
    }

    fn begin(&mut self, ctx: &Context<SweepPanel>) {
        let SweepProps { scenario, trace, .. } = ctx.props();
        let (Ok(sweep), Ok(trace)) = (self.asked.clone(), TraceFile::of(scenario, trace.as_ref())) else { return };
        if let Err(why) = sweep.check() {
            self.asked = Err((self.picks.len().saturating_sub(1), why));
            return;
        }
        let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
        self.told = None;
        self.shift.begin(scenario.clone(), Cells { sweep: Some(sweep) }, trace.as_ref(), &hear);
    }

    /// What there is by now.
    fn tell(&mut self) {
        let work = self.shift.work();
        let done = work.done() as usize;
        let now = now_ms();
        if self.shift.is_running() && now - self.told_at < TOLD_EVERY_MS {
            return;
        }
        if self.told.as_ref().map_or(0, Told::count) != done
            && let Some(sweep) = &work.jobs().sweep
        {
            self.told_at = now;
            self.told = Grid::of(sweep, runs(work)).map(|grid| Told::of(sweep.clone(), grid));
        }
    }

    fn controls(&self, ctx: &Context<SweepPanel>) -> Html {
        let words = ctx.props().words;
        let language = words.lang;
        let link = ctx.link();
        let is_running = self.shift.is_running();
        let lanes: Rc<Vec<String>> = Rc::new(titles(&ctx.props().scenario, words));
        let picks = (0..=self.picks.len().min(1)).map(|place| {
            let (path, values) = self.picks.get(place).cloned().unwrap_or_default();
            let write = link.callback(move |event: InputEvent| {
                Msg::Values(place, event.target_unchecked_into::<HtmlInputElement>().value())
            });
            let is_typed = !values.trim().is_empty();
            let wrong = self.asked.as_ref().err().filter(|(at, _)| *at == place && is_typed);
            let on_key = link.callback(|event| Msg::Key(event, true));
            let described = format!("sweep-how sweep-wrong-{place}");
            html! {
                <div class="sweep-pick" key={place}>
                    <label>{ FIELDS[place].say(language) }{ " " }
                        <FieldChoice fields={self.offered.clone()} lanes={lanes.clone()} chosen={path} can_be_none={place > 0} disabled={is_running} choose={self.choose[place].clone()} words={words} /></label>
                    if place < self.picks.len() {
                        <label>{ VALUES[place].say(language) }{ " " }
                            <input type="text" value={values} oninput={write} onkeydown={on_key} readonly={is_running} spellcheck="false" autocomplete="off" placeholder={EXAMPLE.say(language)}
                                aria-describedby={described} aria-invalid={wrong.is_some().then_some("true")} /></label>
                    }
                    if let Some((_, why)) = wrong {
                        <p class="complaint" id={format!("sweep-wrong-{place}")} role="alert">{ complaint(why, language) }</p>
                    }
                </div>
            }
        });
        html! {
            <>
                { for picks }
                <p class="key" id="sweep-how">{ HOW.say(language) }</p>
                { self.run(ctx) }
            </>
        }
    }

    /// With how many seeds, and the button.
    fn run(&self, ctx: &Context<SweepPanel>) -> Html {
        let words = ctx.props().words;
        let language = words.lang;
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        let choose = ctx.link().callback(|count: String| Msg::Seeds(count.parse().unwrap_or(SEEDS_USUAL)));
        let options = SEEDS.into_iter().map(|count| html! { <option value={count.to_string()}>{ count }</option> });
        let is_running = self.shift.is_running();
        let (done, count) = (self.shift.work().done(), self.shift.work().count());
        let progress = phrase!("{done} of {count} runs", "{count}회 중 {done}회");
        let begin = self.asked.as_ref().ok().map(|sweep| {
            let (cells, seeds) = (sweep.cells(), sweep.seeds());
            let [cells_end, seeds_end] = [cells == 1, seeds == 1].map(|is_one| if is_one { "" } else { "s" });
            phrase!("Run {cells} cell{cells_end} × {seeds} seed{seeds_end}", "조합 {cells}개 × 시드 {seeds}개 실행")
        });
        html! {
            <div class="seeds-controls">
                <label>{ COUNT_LABEL.say(language) }{ " " }<Select value={self.seeds.to_string()} {choose} disabled={is_running}>{ for options }</Select></label>
                if begin.is_some() || is_running {
                    { self.shift.controls(toggle, begin.as_ref().unwrap_or(&CANNOT), (&FINISHED, &progress), words) }
                } else {
                    <button type="button" disabled=true>{ CANNOT.say(language) }</button>
                }
            </div>
        }
    }

    /// How it went, where it is over.
    fn end(&self, words: &'static Words) -> Html {
        let (count, done) = (self.shift.work().count(), self.shift.work().done());
        let finished = phrase!("{count} runs finished.", "실행 {count}회를 마쳤습니다.");
        let kept =
            phrase!("Cancelled: results of {done} of {count} runs.", "취소됨: {count}회 중 {done}회의 결과입니다.");
        self.shift.told(&finished, (done > 0).then_some(kept), words)
    }
}

/// What is wrong, and where that shows values as files have them, how they are written here.
fn complaint(why: &Phrase, language: Language) -> String {
    let why = why.say(language);
    let how = if why.contains('{') { AS_LINKS.say(language) } else { "" };
    format!("{} {how}", shown(why)).trim_end().to_owned()
}

#[derive(Clone, PartialEq, Properties)]
struct FieldChoiceProps {
    fields: Fields,
    lanes: Rc<Vec<String>>,
    chosen: String,
    can_be_none: bool,
    disabled: bool,
    choose: Callback<String>,
    words: &'static Words,
}

/// What the settings call an option of the arrivals or of the keys.
fn option_called(path: &str, words: &'static Words) -> Option<&'static str> {
    let (of, option) = path.rsplit_once('.')?;
    let is_known = of.ends_with("arrivals") || of.ends_with("keys");
    Some(words.option_called(option).filter(|_| is_known)?.0)
}

/// A list of the fields that can vary, by the names that files and links use, each with what the page calls it.
#[component]
fn FieldChoice(props: &FieldChoiceProps) -> Html {
    let FieldChoiceProps { fields, lanes, chosen, can_be_none, disabled, choose, words } = props;
    let language = words.lang;
    let groups = fields.iter().map(|(part, fields)| {
        let lane = part.strip_prefix("lane.").and_then(|lane| lanes.get(lane.parse::<usize>().ok()?));
        let label = match (part.as_str(), lane) {
            ("", _) => GENERAL.say(language).to_owned(),
            (part, Some(lane)) => format!("[{part}] {}", shown(lane)),
            (part, None) => format!("[{part}]"),
        };
        let options = fields.iter().map(|field| {
            let own = field.label.map(|label| label.say(language)).or_else(|| option_called(&field.path, words));
            let called = lane.map(|lane| shown(lane).into_owned()).into_iter().chain(own.map(str::to_owned));
            let called: String = called.map(|called| format!(" · {called}")).collect();
            html! { <option key={field.path.clone()} value={field.path.clone()}>{ format!("{}{called}", field.path) }</option> }
        });
        html! { <optgroup key={part.clone()} {label}>{ for options }</optgroup> }
    });
    let none = can_be_none.then(|| html! { <option key="none" value="">{ NO_SECOND.say(language) }</option> });
    html! {
        <Select value={chosen.clone()} choose={choose.clone()} disabled={*disabled}>{ for none.into_iter().chain(groups) }</Select>
    }
}
