//! *Many seeds*: asks whether what one run shows is luck. A crew of workers of its own runs the scenario as it is with seed
//! after seed, beside the run on the page, which goes on as it likes.

mod outcome;

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use self::outcome::{Outcome, Runs};
use crate::phrase::{Phrase, phrase};
use crate::scenario::Scenario;
use crate::web::i18n::Words;
use crate::web::platform::clock::now_ms;
use crate::web::platform::crew::{Crew, Heard, crew_of};
use crate::web::state::Action;
use crate::web::state::seeds::{COUNT, COUNTS, Order, Phase, Seeds, is_offered};

static TITLE: Phrase = Phrase::fixed("Many seeds", "여러 시드로 반복");
static WHY: Phrase = Phrase::fixed(
    "A single run depends on its seed. Many runs show which differences are real and which may be luck.",
    "한 번의 실행 결과는 시드에 따라 달라집니다. 여러 시드로 반복하면 어떤 차이가 우연일 수 있는지 알 수 있습니다.",
);
static COUNT_LABEL: Phrase = Phrase::fixed("Seeds", "시드 수");
static CANCEL: Phrase = Phrase::fixed("Cancel", "취소");
static FINISHED: Phrase = Phrase::fixed("Finished runs", "끝난 실행");
static NO_TRACE: Phrase = Phrase::fixed(
    "Not available for a scenario that replays a trace: one worker holds it. On the command line, `cachelane compare --seeds 100` does it.",
    "트레이스를 재생하는 시나리오에는 쓸 수 없습니다. 트레이스는 워커 하나에만 있습니다. 명령줄에서는 `cachelane compare --seeds 100`으로 실행할 수 있습니다.",
);
static STALE: Phrase = Phrase::fixed(
    "The scenario has changed: these are the results of the previous one.",
    "시나리오가 바뀌었습니다. 아래는 바뀌기 전 시나리오의 결과입니다.",
);

/// So long what is on the page stays, milliseconds, while runs come to their ends.
const DRAWN_EVERY_MS: f64 = 100.0;

/// What [`ManySeeds`] is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct SeedsProps {
    /// What runs on the page.
    pub scenario: Rc<Scenario>,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
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
    seeds: Seeds,
    /// Where the workers sit; `None` while nothing runs.
    crew: Option<Crew>,
    count: u32,
    /// What has come of it, once it is over.
    runs: Option<Runs>,
    last_drawn: f64,
}

impl Component for ManySeeds {
    type Message = Msg;
    type Properties = SeedsProps;

    fn create(_: &Context<ManySeeds>) -> ManySeeds {
        ManySeeds { seeds: Seeds::default(), crew: None, count: COUNT, runs: None, last_drawn: f64::NEG_INFINITY }
    }

    fn update(&mut self, ctx: &Context<ManySeeds>, msg: Msg) -> bool {
        let before = self.seeds.phase().clone();
        let orders = match msg {
            Msg::Count(count) => {
                self.count = count;
                return true;
            }
            Msg::Toggle if before == Phase::Running => self.seeds.cancel(),
            Msg::Toggle => self.begin(ctx),
            Msg::Heard(worker, Heard::Said(said)) => self.seeds.hear(worker, said),
            Msg::Heard(worker, Heard::Failed(failure, details)) => self.seeds.lose(worker, failure, details),
        };
        self.carry_out(orders);
        before != *self.seeds.phase() || self.is_drawn_now()
    }

    fn changed(&mut self, ctx: &Context<ManySeeds>, before: &SeedsProps) -> bool {
        if before.scenario != ctx.props().scenario {
            let orders = self.seeds.change_to(&ctx.props().scenario);
            self.carry_out(orders);
        }
        true
    }

    fn view(&self, ctx: &Context<ManySeeds>) -> Html {
        let SeedsProps { scenario, dispatch, words } = ctx.props();
        let language = words.lang;
        let is_stale = self.seeds.is_stale(scenario);
        html! {
            <section class="block seeds" aria-labelledby="many-seeds">
                <h2 id="many-seeds">{ TITLE.say(language) }</h2>
                <p class="key">{ WHY.say(language) }</p>
                if is_offered(scenario) || *self.seeds.phase() == Phase::Running {
                    { self.controls(ctx) }
                } else {
                    <p class="soft">{ NO_TRACE.say(language) }</p>
                }
                <div role="status">{ self.told(words) }</div>
                if let Some(runs) = &self.runs {
                    if is_stale { <p class="notice small calm" role="status">{ STALE.say(language) }</p> }
                    <Outcome runs={runs.clone()} {is_stale} dispatch={dispatch.clone()} words={*words} />
                }
            </section>
        }
    }
}

impl ManySeeds {
    fn begin(&mut self, ctx: &Context<ManySeeds>) -> Vec<Order> {
        let scenario = ctx.props().scenario.clone();
        let workers = crew_of(&scenario).min(self.count as usize);
        let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
        self.runs = None;
        self.crew = Some(Crew::open(workers, &hear));
        self.seeds.begin(scenario, self.count, workers)
    }

    fn carry_out(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Say(worker, said) => {
                    if let Some(crew) = &self.crew {
                        crew.send(worker, &said);
                    }
                }
                Order::EndAll => {
                    self.crew = None;
                    let ended = matches!(self.seeds.phase(), Phase::Done | Phase::Cancelled);
                    self.runs =
                        self.seeds.scenario().filter(|_| ended).and_then(|of| Runs::of(of, self.seeds.complete()));
                }
            }
        }
    }

    /// Whether the progress is drawn: the processors are the workers'.
    fn is_drawn_now(&mut self) -> bool {
        let now = now_ms();
        let is_due = now - self.last_drawn >= DRAWN_EVERY_MS;
        if is_due {
            self.last_drawn = now;
        }
        is_due
    }

    fn controls(&self, ctx: &Context<ManySeeds>) -> Html {
        let language = ctx.props().words.lang;
        let is_running = *self.seeds.phase() == Phase::Running;
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        let choose = ctx.link().callback(|event: Event| {
            Msg::Count(event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(COUNT))
        });
        let options = COUNTS.into_iter().map(|count| {
            html! { <option value={count.to_string()} selected={count == self.count}>{ count }</option> }
        });
        let (done, count) = (self.seeds.done(), self.seeds.count());
        let chosen = self.count;
        let run = phrase!("Is it luck? Run {chosen} seeds", "우연일까요? 시드 {chosen}개 실행");
        let progress = phrase!("{done} of {count} runs", "{count}회 중 {done}회");
        html! {
            <div class="seeds-controls">
                <label>{ COUNT_LABEL.say(language) }{ " " }<select onchange={choose} disabled={is_running}>{ for options }</select></label>
                // One button, so that who has pressed it keeps the focus.
                <button type="button" onclick={toggle}>{ if is_running { CANCEL.say(language) } else { run.say(language) } }</button>
                if is_running {
                    <progress max={count.to_string()} value={done.to_string()} aria-label={FINISHED.say(language)} />
                    <span class="soft">{ progress.say(language) }</span>
                }
            </div>
        }
    }

    /// How it went, where it is over.
    fn told(&self, words: &'static Words) -> Html {
        let language = words.lang;
        let (count, complete) = (self.seeds.count(), self.runs.as_ref().map_or(0, Runs::count));
        match self.seeds.phase() {
            Phase::Idle | Phase::Running => html! {},
            Phase::Done => {
                let said = phrase!("{count} runs finished.", "실행 {count}회를 마쳤습니다.");
                html! { <p class="unseen">{ said.say(language) }</p> }
            }
            Phase::Cancelled => {
                let first = phrase!(
                    "Cancelled: results of the first {complete} of {count} runs.",
                    "취소됨: {count}회 중 처음 {complete}회의 결과입니다."
                );
                let none = Phrase::fixed("Cancelled.", "취소되었습니다.");
                html! { <p class="soft">{ if complete > 0 { first } else { none }.say(language).to_owned() }</p> }
            }
            Phase::Refused(why) => {
                html! { <p class="notice small">{ crate::escape::shown(why.say(language)).into_owned() }</p> }
            }
            Phase::Failed(failure, details) => html! {
                <p class="notice small">{ (words.worker_failed)(*failure) }if !details.is_empty() { { " " }<code>{ crate::escape::shown(details).into_owned() }</code> }</p>
            },
        }
    }
}
