//! *Worst run*: a crew of workers of its own searches for the seed, and by choice for the moment of the faults, with the most harm;
//! then, by choice, for the smallest scenario that still shows it. What it says is what `cachelane worst` and `cachelane shrink` say.

mod outcome;
mod smaller;

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use self::outcome::{Outcome, Told};
use self::smaller::Smaller;
use super::seeds::select;
use super::shift::{self, Shift};
use crate::escape::shown;
use crate::experiment::harm::Harm;
use crate::experiment::shrink::Target;
use crate::experiment::worst::ROUNDS;
use crate::phrase::{Phrase, phrase};
use crate::scenario::Scenario;
use crate::web::i18n::{Words, titles};
use crate::web::platform::crew::Heard;
use crate::web::state::Action;
use crate::web::state::jobs::Phase;
use crate::web::state::seeds::called;
use crate::web::state::shrink::Steps;
use crate::web::state::traces::TraceFile;
use crate::web::state::worst::{COUNT, COUNTS, ENDS, Hunt, Place, Tries, Wish, found, suggested};

static TITLE: Phrase = Phrase::fixed("Worst run", "최악의 실행");
static WHY: Phrase = Phrase::fixed(
    "Searches the seeds, and if you like the moment of the fault, for the greatest loss or latency; then for the smallest scenario that \
     still shows it.",
    "시드와 장애 시점을 바꿔 가며 유실이 가장 많거나 응답이 가장 느린 실행을 찾고, 같은 문제가 나타나는 가장 작은 시나리오로 줄입니다.",
);
static COUNT_LABEL: Phrase = Phrase::fixed("Seeds", "시드 수");
static MEASURE: Phrase = Phrase::fixed("Measure", "지표");
static FIRST_HARM: Phrase =
    Phrase::fixed("first of: losses, errors, stale reads, slow reads", "유실 → 오류 → 오래된 읽기 → 느린 읽기 순");
static LANE: Phrase = Phrase::fixed("Lane", "레인");
static ANY: Phrase = Phrase::fixed("any", "전체");
static MOVE: Phrase = Phrase::fixed("Also move the faults", "장애 시점도 바꾸기");
static HOW: Phrase = Phrase::fixed(
    "Later faults keep their distance to the first. Each seed gets its own moment; then the faults of the worst runs are moved in ever \
     smaller steps.",
    "뒤따르는 장애는 첫 장애와의 간격을 유지합니다. 시드마다 다른 시점에서 시작한 뒤, 가장 나빴던 실행의 장애 시점을 점점 더 작은 폭으로 옮기며 찾습니다.",
);
static FINISHED: Phrase = Phrase::fixed("Finished runs", "끝난 실행");
static CANNOT: Phrase = Phrase::fixed("Find the worst run", "최악의 실행 찾기");

/// What [`WorstRun`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct WorstProps {
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    /// The trace file that is open.
    pub trace: Option<TraceFile>,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// What [`WorstRun`] hears.
pub enum Msg {
    /// The reader begins, or cancels.
    Toggle,
    /// The same, of making the worst run smaller.
    ToggleSmaller,
    /// A key that does the same.
    Key(KeyboardEvent, bool),
    /// The reader wishes for something else.
    Wish(fn(&mut Wish, String), String),
    /// The faults move, or do not.
    Move(bool),
    /// An end of the range within which they do.
    End(usize, String),
    /// A worker.
    Heard(usize, Heard),
    /// The worker that makes it smaller.
    HeardSmaller(usize, Heard),
}

/// The panel. What it shows stays while the page opens another experiment, and then says so.
pub struct WorstRun {
    shift: Shift<Tries>,
    wish: Wish,
    /// From when to when the first fault may begin, and whether the reader has typed it.
    ends: ([String; 2], bool),
    /// What these ask for; or which of them something is wrong with, and what.
    asked: Result<Rc<Hunt>, (Place, Phrase)>,
    told: Option<Told>,
    smaller: Shift<Steps>,
    /// Why the worst run cannot be made smaller.
    refused: Option<Phrase>,
}

impl Component for WorstRun {
    type Message = Msg;
    type Properties = WorstProps;

    fn create(ctx: &Context<WorstRun>) -> WorstRun {
        let wish = Wish { seeds: COUNT, by: None, lane: None, range: None };
        let asked = Err((Place::Lane, Phrase::default()));
        let (shift, smaller) = (Shift::default(), Shift::default());
        let ends = Default::default();
        let mut panel = WorstRun { shift, wish, ends, asked, told: None, smaller, refused: None };
        panel.look_at(&ctx.props().scenario);
        panel
    }

    fn update(&mut self, ctx: &Context<WorstRun>, msg: Msg) -> bool {
        let scenario = &ctx.props().scenario;
        let was_running = self.shift.is_running();
        match msg {
            Msg::Toggle if was_running => self.shift.cancel(),
            Msg::Toggle => self.begin(ctx),
            Msg::ToggleSmaller if self.smaller.is_running() => self.smaller.cancel(),
            Msg::ToggleSmaller => self.begin_smaller(ctx),
            Msg::Key(event, is_field) => {
                self.press(ctx, &event, is_field);
                return false;
            }
            Msg::Wish(set, value) => {
                set(&mut self.wish, value);
                self.ask(scenario);
            }
            Msg::Move(moves) => {
                self.wish.range = moves.then(Default::default);
                // Those of an experiment before may make no sense in this one.
                self.ends = (suggested(scenario).unwrap_or_default(), false);
                self.ask(scenario);
            }
            Msg::End(place, text) => {
                self.ends.0[place] = text;
                self.ends.1 = true;
                self.ask(scenario);
            }
            Msg::Heard(worker, heard) => {
                let is_drawn = self.shift.hear(worker, heard);
                self.tell(was_running);
                return is_drawn;
            }
            Msg::HeardSmaller(worker, heard) => return self.smaller.hear(worker, heard),
        }
        self.tell(was_running);
        true
    }

    fn changed(&mut self, ctx: &Context<WorstRun>, before: &WorstProps) -> bool {
        let WorstProps { scenario, trace, .. } = ctx.props();
        if TraceFile::is_other(scenario, trace.as_ref(), before.trace.as_ref()) {
            (self.shift, self.told, self.smaller, self.refused) = (Shift::default(), None, Shift::default(), None);
        }
        if before.scenario != *scenario {
            let was_running = self.shift.is_running();
            self.shift.change_to(scenario);
            self.smaller.change_to(scenario);
            self.tell(was_running);
            self.look_at(scenario);
        }
        true
    }

    fn view(&self, ctx: &Context<WorstRun>) -> Html {
        let WorstProps { scenario, trace, dispatch, words } = ctx.props();
        let language = words.lang;
        let is_stale = self.shift.work().is_stale(scenario);
        html! {
            <section class="block seeds worst" aria-labelledby="worst-run" onkeydown={ctx.link().callback(|event| Msg::Key(event, false))}>
                <h2 id="worst-run">{ TITLE.say(language) }</h2>
                <p class="key">{ WHY.say(language) }</p>
                if TraceFile::of(scenario, trace.as_ref()).is_ok() || self.shift.is_running() {
                    { self.controls(ctx) }
                } else {
                    <p class="soft">{ shift::NOT_OPEN.say(language) }</p>
                }
                <div role="status">{ self.end(words) }</div>
                if let Some(told) = &self.told {
                    if is_stale { { shift::stale(words) } }
                    <Outcome told={told.clone()} {is_stale} scenario={scenario.clone()} dispatch={dispatch.clone()} words={*words} />
                    { self.smaller(ctx, told, is_stale) }
                }
            </section>
        }
    }
}

impl WorstRun {
    /// What was chosen of another scenario, and is not in this one, is chosen no more.
    fn look_at(&mut self, scenario: &Scenario) {
        self.wish.lane = self.wish.lane.filter(|lane| *lane < scenario.lanes.len());
        // A run that was found has its faults elsewhere within the range, which stays.
        let work = self.shift.work();
        let is_found = self.wish.range.is_some() && work.scenario().is_some() && !work.is_stale(scenario);
        if !self.ends.1 && !is_found {
            self.ends.0 = suggested(scenario).unwrap_or_default();
        }
        self.ask(scenario);
    }

    fn ask(&mut self, scenario: &Scenario) {
        if self.wish.range.is_some() {
            let can_move = scenario.first_fault().is_some();
            self.wish.range = can_move.then(|| self.ends.0.clone());
        }
        self.asked = Hunt::of(scenario, &self.wish).map(Rc::new);
    }

    fn begin(&mut self, ctx: &Context<WorstRun>) {
        let WorstProps { scenario, trace, .. } = ctx.props();
        let (Ok(hunt), Ok(trace)) = (self.asked.clone(), TraceFile::of(scenario, trace.as_ref())) else { return };
        let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
        (self.told, self.smaller, self.refused) = (None, Shift::default(), None);
        self.shift.begin(scenario.clone(), Tries::of(hunt), trace.as_ref(), &hear);
    }

    /// Once it is over, what has been found.
    fn tell(&mut self, was_running: bool) {
        let work = self.shift.work();
        if was_running
            && matches!(work.phase(), Phase::Done | Phase::Cancelled)
            && let (Some(of), Some((found, harm))) = (work.scenario(), found(work))
        {
            let is_whole = *work.phase() == Phase::Done;
            self.told = Told::of(of.clone(), found, harm, is_whole);
        }
    }

    fn begin_smaller(&mut self, ctx: &Context<WorstRun>) {
        let (Some(target), Some(hunt)) = (self.target(), self.shift.work().jobs().hunt()) else { return };
        let WorstProps { scenario, trace, .. } = ctx.props();
        self.refused = target.check().err();
        if let (None, Ok(trace)) = (&self.refused, TraceFile::of(scenario, trace.as_ref())) {
            let hear = ctx.link().callback(|(worker, heard)| Msg::HeardSmaller(worker, heard));
            self.smaller.begin(scenario.clone(), Steps::of(target, hunt.clone()), trace.as_ref(), &hear);
        }
    }

    /// What would be made smaller; `None` where there is nothing of it.
    fn target(&self) -> Option<Target> {
        let (told, hunt) = (self.told.as_ref()?, self.shift.work().jobs().hunt()?);
        let worst = told.found().worst.first()?;
        let run = hunt.search().scenario_of(worst.candidate);
        Target::of(&run, worst.place, (told.harm(), worst.value), None).ok()
    }

    /// Enter in a text begins, Escape anywhere cancels.
    fn press(&self, ctx: &Context<WorstRun>, event: &KeyboardEvent, is_field: bool) {
        let (is_searching, is_shrinking) = (self.shift.is_running(), self.smaller.is_running());
        let msg = match event.key().as_str() {
            "Enter" if is_field && !event.is_composing() && !is_searching => Msg::Toggle,
            "Escape" if !is_field && is_searching => Msg::Toggle,
            "Escape" if !is_field && is_shrinking => Msg::ToggleSmaller,
            _ => return,
        };
        event.prevent_default();
        ctx.link().send_message(msg);
    }

    fn controls(&self, ctx: &Context<WorstRun>) -> Html {
        let WorstProps { scenario, words, .. } = ctx.props();
        let language = words.lang;
        let disabled = self.shift.is_running();
        let wish = |set: fn(&mut Wish, String)| ctx.link().callback(move |value| Msg::Wish(set, value));
        let counts = COUNTS.map(|count| (count.to_string(), count.to_string()));
        let count = self.wish.seeds.to_string();
        let set_count = wish(|wish, value| wish.seeds = value.parse().unwrap_or(COUNT));
        let first = (String::new(), FIRST_HARM.say(language).to_owned());
        let offered = |harm: &Harm| harm.is_had(scenario) || self.wish.by == Some(*harm);
        let known = Harm::all().filter(offered).filter_map(|harm| called(harm.measure().name));
        let known = known.map(|called| (called.measure.name.to_owned(), called.title.say(language).to_owned()));
        let by = self.wish.by.map_or("", |by| by.measure().name);
        let set_by = wish(|wish, name| wish.by = Harm::named(&name).ok());
        let any = (String::new(), ANY.say(language).to_owned());
        let lanes = titles(scenario, words).into_iter().enumerate();
        let lanes = lanes.map(|(lane, title)| (lane.to_string(), shown(&title).into_owned()));
        let lane = self.wish.lane.map_or_else(String::new, |lane| lane.to_string());
        let set_lane = wish(|wish, lane| wish.lane = lane.parse().ok());
        html! {
            <>
                <div class="seeds-choices">
                    { select(&COUNT_LABEL, counts.into(), (&count, disabled), set_count, language) }
                    { select(&MEASURE, std::iter::once(first).chain(known).collect(), (by, disabled), set_by, language) }
                    if scenario.lanes.len() > 1 {
                        { select(&LANE, std::iter::once(any).chain(lanes).collect(), (&lane, disabled), set_lane, language) }
                    }
                </div>
                { self.wrong(Place::Lane, words) }
                if scenario.first_fault().is_some() { { self.moments(ctx) } }
                { self.run(ctx) }
            </>
        }
    }

    /// What is wrong with that control, if that is what is wrong.
    fn wrong(&self, place: Place, words: &Words) -> Html {
        let wrong = self.asked.as_ref().err().filter(|(at, why)| *at == place && !why.say(words.lang).is_empty());
        html! {
            if let Some((_, why)) = wrong {
                <p class="complaint" id={id_of(place)} role="alert">{ shown(why.say(words.lang)).into_owned() }</p>
            }
        }
    }

    /// Whether the faults move, and from when to when.
    fn moments(&self, ctx: &Context<WorstRun>) -> Html {
        let words = ctx.props().words;
        let language = words.lang;
        let is_running = self.shift.is_running();
        let moves =
            ctx.link().callback(|event: Event| Msg::Move(event.target_unchecked_into::<HtmlInputElement>().checked()));
        let end = |place: usize| {
            let at = Place::End(place);
            let write = ctx.link().callback(move |event: InputEvent| {
                Msg::End(place, event.target_unchecked_into::<HtmlInputElement>().value())
            });
            let on_key = ctx.link().callback(|event| Msg::Key(event, true));
            let is_wrong = self.asked.as_ref().err().is_some_and(|(wrong, _)| *wrong == at);
            html! {
                <label>{ ENDS[place].say(language) }{ " " }
                    <input type="text" value={self.ends.0[place].clone()} oninput={write} onkeydown={on_key} readonly={is_running} spellcheck="false" autocomplete="off"
                        aria-describedby={format!("worst-how {}", id_of(at))} aria-invalid={is_wrong.then_some("true")} /></label>
            }
        };
        html! {
            <>
                <div class="sweep-pick">
                    <label class="check"><input type="checkbox" checked={self.wish.range.is_some()} disabled={is_running} onchange={moves} />{ MOVE.say(language) }</label>
                    if self.wish.range.is_some() {
                        { end(0) }
                        { end(1) }
                        { self.wrong(Place::End(0), words) }
                        { self.wrong(Place::End(1), words) }
                    }
                </div>
                if self.wish.range.is_some() { <p class="key" id="worst-how">{ HOW.say(language) }</p> }
            </>
        }
    }

    /// The button, and how far it is.
    fn run(&self, ctx: &Context<WorstRun>) -> Html {
        let words = ctx.props().words;
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        let is_running = self.shift.is_running();
        let (work, seeds) = (self.shift.work(), self.wish.seeds);
        let (done, count, round) = (work.done(), work.count(), work.jobs().round());
        let runs = phrase!("{done} of {count} runs", "{count}회 중 {done}회");
        let progress = if work.jobs().hunt().is_some_and(|hunt| hunt.search().moves()) {
            let rounds = ROUNDS + 1;
            phrase!("{runs}, round {round} of {rounds} at most", "{runs}, 최대 {rounds}단계 중 {round}단계", runs)
        } else {
            runs
        };
        let begin = phrase!("Find the worst of {seeds} seeds", "시드 {seeds}개 중 최악 찾기");
        html! {
            <div class="seeds-controls">
                if self.asked.is_ok() || is_running {
                    { self.shift.controls(toggle, &begin, (&FINISHED, &progress), words) }
                } else {
                    <button type="button" disabled=true>{ CANNOT.say(words.lang) }</button>
                }
            </div>
        }
    }

    /// How it went, where it is over.
    fn end(&self, words: &'static Words) -> Html {
        let (done, count) = (self.shift.work().done(), self.shift.work().count());
        let finished = phrase!("{count} runs finished.", "실행 {count}회를 마쳤습니다.");
        let kept = phrase!(
            "Cancelled: the worst of {done} of {count} runs.",
            "취소됨: {count}회 중 {done}회에서 찾은 결과입니다."
        );
        self.shift.told(&finished, self.told.is_some().then_some(kept), words)
    }

    /// Below what was found: the smallest scenario that still shows it.
    fn smaller(&self, ctx: &Context<WorstRun>, told: &Told, is_stale: bool) -> Html {
        let WorstProps { scenario, trace, dispatch, words } = ctx.props();
        let Some(target) = self.target() else { return html! {} };
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::ToggleSmaller);
        let found = self.smaller.work().jobs().found().cloned();
        html! {
            <>
                { smaller::head(told, &target, words) }
                if !is_stale && TraceFile::of(scenario, trace.as_ref()).is_ok() || self.smaller.is_running() { { smaller::controls(&self.smaller, toggle, words) } }
                if let Some(why) = &self.refused {
                    <p class="complaint" role="alert">{ shown(why.say(words.lang)).into_owned() }</p>
                }
                <div role="status">{ smaller::end(&self.smaller, words) }</div>
                if let Some(found) = found {
                    <Smaller {found} told={told.clone()} scenario={scenario.clone()} dispatch={dispatch.clone()} words={*words} />
                }
            </>
        }
    }
}

fn id_of(place: Place) -> String {
    match place {
        Place::Lane => "worst-wrong".to_owned(),
        Place::End(end) => format!("worst-wrong-{end}"),
    }
}
