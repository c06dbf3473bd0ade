//! *Many seeds*: asks whether what one run shows is luck. A crew of workers of its own runs the scenario as it is with seed
//! after seed, beside the run on the page, which goes on as it likes.

mod outcome;

use std::rc::Rc;

use yew::prelude::*;

pub(in crate::web::sections) use self::outcome::select;
use self::outcome::{Outcome, Told};
use super::shift::{self, Shift};
use crate::chart::bands::Steps;
use crate::phrase::{Phrase, phrase};
use crate::scenario::Scenario;
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::platform::crew::Heard;
use crate::web::state::Action;
use crate::web::state::jobs::Phase;
use crate::web::state::seeds::{COUNT, COUNTS, Ranged, Runs};
use crate::web::state::traces::TraceFile;

static TITLE: Phrase = Phrase::fixed("Many seeds", "여러 시드로 반복");
static WHY: Phrase = Phrase::fixed(
    "A single run depends on its seed. Many runs show which differences are real and which may be luck.",
    "한 번의 실행 결과는 시드에 따라 달라집니다. 여러 시드로 반복하면 어떤 차이가 우연일 수 있는지 알 수 있습니다.",
);
static COUNT_LABEL: Phrase = Phrase::fixed("Seeds", "시드 수");
static FINISHED: Phrase = Phrase::fixed("Finished runs", "끝난 실행");
static BANDS: Phrase = Phrase::fixed(
    "The figures above have a band behind each line now; “Range over seeds”, above them, shows and hides it.",
    "위 그래프의 선 뒤에 시드 간 범위가 띠로 표시됩니다. 그래프 위의 ‘시드 간 범위’로 켜고 끕니다.",
);

/// What [`ManySeeds`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct SeedsProps {
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    /// The trace file that is open.
    pub trace: Option<TraceFile>,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// Hears from where to where the lanes lie, once that is known, and when it is no longer.
    pub on_range: Callback<Option<Ranged>>,
    /// The language.
    pub words: &'static Words,
}

/// What [`ManySeeds`] hears.
pub enum Msg {
    /// The reader begins, or cancels.
    Toggle,
    /// With so many seeds.
    Count(u32),
    /// A worker.
    Heard(usize, Heard),
}

/// The panel. What it shows is its own: it stays while the page opens another experiment, and then says so.
pub struct ManySeeds {
    shift: Shift<Runs>,
    count: u32,
    /// What has come of it, once it is over.
    told: Option<Told>,
}

impl Component for ManySeeds {
    type Message = Msg;
    type Properties = SeedsProps;

    fn create(_: &Context<ManySeeds>) -> ManySeeds {
        ManySeeds { shift: Shift::default(), count: COUNT, told: None }
    }

    fn update(&mut self, ctx: &Context<ManySeeds>, msg: Msg) -> bool {
        let was_running = self.shift.is_running();
        let is_drawn = match msg {
            Msg::Count(count) => {
                self.count = count;
                true
            }
            Msg::Toggle if was_running => {
                self.shift.cancel();
                true
            }
            Msg::Toggle => {
                self.begin(ctx);
                true
            }
            Msg::Heard(worker, heard) => self.shift.hear(worker, heard),
        };
        self.look(ctx, was_running);
        is_drawn
    }

    fn changed(&mut self, ctx: &Context<ManySeeds>, before: &SeedsProps) -> bool {
        let SeedsProps { scenario, trace, .. } = ctx.props();
        if TraceFile::is_other(scenario, trace.as_ref(), before.trace.as_ref()) {
            (self.shift, self.told) = (Shift::default(), None);
            ctx.props().on_range.emit(None);
        } else if before.scenario != *scenario {
            let was_running = self.shift.is_running();
            self.shift.change_to(scenario);
            self.look(ctx, was_running);
        }
        true
    }

    fn view(&self, ctx: &Context<ManySeeds>) -> Html {
        let SeedsProps { scenario, trace, dispatch, words, .. } = ctx.props();
        let language = words.lang;
        let is_stale = self.shift.work().is_stale(scenario);
        html! {
            <section class="block seeds" aria-labelledby="many-seeds">
                <h2 id="many-seeds">{ TITLE.say(language) }</h2>
                <p class="key">{ WHY.say(language) }</p>
                if TraceFile::of(scenario, trace.as_ref()).is_ok() || self.shift.is_running() {
                    { self.controls(ctx) }
                } else {
                    <p class="soft">{ shift::NOT_OPEN.say(language) }</p>
                }
                <div role="status">{ self.end(words) }</div>
                if let Some(told) = &self.told {
                    if is_stale { { shift::stale(words) } } else { <p class="soft">{ BANDS.say(language) }</p> }
                    <Outcome told={told.clone()} {is_stale} dispatch={dispatch.clone()} words={*words} />
                }
            </section>
        }
    }
}

impl ManySeeds {
    fn begin(&mut self, ctx: &Context<ManySeeds>) {
        let SeedsProps { scenario, trace, .. } = ctx.props();
        let Ok(trace) = TraceFile::of(scenario, trace.as_ref()) else { return };
        let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
        self.told = None;
        ctx.props().on_range.emit(None);
        self.shift.begin(scenario.clone(), Runs { count: self.count }, trace.as_ref(), &hear);
    }

    /// Once it is over, what has come of it.
    fn look(&mut self, ctx: &Context<ManySeeds>, was_running: bool) {
        let work = self.shift.work();
        if was_running
            && matches!(work.phase(), Phase::Done | Phase::Cancelled)
            && let Some(of) = work.scenario()
        {
            let (numbers, mut steps): (Vec<_>, Vec<_>) = work.complete().into_iter().unzip();
            steps.retain(|steps: &Vec<Steps>| !steps.is_empty());
            self.told = Told::of(of, numbers);
            ctx.props().on_range.emit(Ranged::of(of, &steps));
        }
    }

    fn controls(&self, ctx: &Context<ManySeeds>) -> Html {
        let words = ctx.props().words;
        let language = words.lang;
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        let choose = ctx.link().callback(|count: String| Msg::Count(count.parse().unwrap_or(COUNT)));
        let options = COUNTS.into_iter().map(|count| html! { <option value={count.to_string()}>{ count }</option> });
        let (done, count) = (self.shift.work().done(), self.shift.work().count());
        let chosen = self.count;
        let run = phrase!("Is it luck? Run {chosen} seeds", "우연일까요? 시드 {chosen}개 실행");
        let progress = phrase!("{done} of {count} runs", "{count}회 중 {done}회");
        html! {
            <div class="seeds-controls">
                <label>{ COUNT_LABEL.say(language) }{ " " }<Select value={chosen.to_string()} {choose} disabled={self.shift.is_running()}>{ for options }</Select></label>
                { self.shift.controls(toggle, &run, (&FINISHED, &progress), words) }
            </div>
        }
    }

    /// How it went, where it is over.
    fn end(&self, words: &'static Words) -> Html {
        let (count, complete) = (self.shift.work().count(), self.told.as_ref().map_or(0, Told::count));
        let finished = phrase!("{count} runs finished.", "실행 {count}회를 마쳤습니다.");
        let first = phrase!(
            "Cancelled: results of the first {complete} of {count} runs.",
            "취소됨: {count}회 중 처음 {complete}회의 결과입니다."
        );
        self.shift.told(&finished, (complete > 0).then_some(first), words)
    }
}
