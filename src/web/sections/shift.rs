//! A crew at work for a panel, from the button that begins it to its end: what the panels of many runs have in common.

use std::rc::Rc;

use yew::prelude::*;

use crate::phrase::{Language, Phrase};
use crate::scenario::Scenario;
use crate::web::i18n::Words;
use crate::web::platform::clock::now_ms;
use crate::web::platform::crew::{Crew, Heard, crew_for, crew_of};
use crate::web::platform::files;
use crate::web::platform::protocol::ToWorker;
use crate::web::state::jobs::{Jobs, Order, Phase, Work};
use crate::web::state::traces::TraceFile;

/// What a search is called by its progress bar, and by its end.
pub(super) static SEARCHES: Phrase = Phrase::fixed("Finished searches", "끝난 탐색");
pub(super) static SEARCHED: Phrase = Phrase::fixed("The search is finished.", "탐색을 마쳤습니다.");
pub(super) static CSV: Phrase = Phrase::fixed("Download CSV", "CSV 다운로드");
pub(super) static JSON: Phrase = Phrase::fixed("Download JSON", "JSON 다운로드");
const CANCEL: Phrase = Phrase::fixed("Cancel", "취소");
const CANCELLED: Phrase = Phrase::fixed("Cancelled.", "취소되었습니다.");
const STALE: Phrase = Phrase::fixed(
    "The scenario has changed: these are the results of the previous one.",
    "시나리오가 바뀌었습니다. 아래는 바뀌기 전 시나리오의 결과입니다.",
);

/// What is said in place of the controls where there is nothing to begin with.
pub(super) static NOT_OPEN: Phrase = Phrase::fixed(
    "The scenario replays a trace that is not open: open the file first.",
    "시나리오가 재생하는 트레이스가 열려 있지 않습니다. 먼저 파일을 여세요.",
);

/// How many times as much memory as its file a trace takes that was read, about, where the file is packed.
const READ_TIMES: usize = 4;

/// So long what is on the page stays, milliseconds, while jobs come to their ends.
const DRAWN_EVERY_MS: f64 = 100.0;

/// What the workers are at, and where they sit.
pub(super) struct Shift<J: Jobs> {
    work: Work<J>,
    /// `None` while nothing runs.
    crew: Option<Crew>,
    last_drawn: f64,
}

impl<J: Jobs> Default for Shift<J> {
    fn default() -> Shift<J> {
        Shift { work: Work::default(), crew: None, last_drawn: f64::NEG_INFINITY }
    }
}

impl<J: Jobs> Shift<J> {
    /// Begins with these jobs, with as many workers as there is room for; `hear` hears them, each by its number. Each reads
    /// `trace` first, if the scenario replays one.
    pub(super) fn begin(
        &mut self,
        scenario: Rc<Scenario>,
        jobs: J,
        trace: Option<&TraceFile>,
        hear: &Callback<(usize, Heard)>,
    ) {
        let most = trace.map_or(usize::MAX, |file| crew_for(READ_TIMES * file.bytes.len())).min(crew_of(&scenario));
        let workers = most.min(jobs.count() as usize).max(1);
        self.crew = Some(Crew::open(workers, hear));
        let orders = self.work.begin(scenario, jobs, trace, workers);
        self.carry_out(orders);
    }

    /// The same, by workers who each hold a file for what they are asked, or none.
    pub(super) fn begin_holding(
        &mut self,
        scenario: Rc<Scenario>,
        jobs: J,
        file: Option<TraceFile>,
        hear: &Callback<(usize, Heard)>,
    ) {
        let most = file.as_ref().map_or_else(|| crew_of(&scenario), |file| crew_for(file.bytes.len()));
        let workers = most.min(jobs.count() as usize).max(1);
        let crew = Crew::open(workers, hear);
        if let Some(TraceFile { name, bytes }) = file {
            let hold = ToWorker::Hold { name, bytes };
            (0..workers).for_each(|worker| crew.send(worker, &hold));
        }
        self.crew = Some(crew);
        let orders = self.work.begin(scenario, jobs, None, workers);
        self.carry_out(orders);
    }

    /// A worker has said something, or has ended. Whether that is drawn now: not all progress is, for the processors are the
    /// workers'.
    pub(super) fn hear(&mut self, worker: usize, heard: Heard) -> bool {
        let orders = match heard {
            Heard::Said(said) => self.work.hear(worker, said),
            Heard::Failed(failure, details) => self.work.lose(worker, failure, details),
        };
        self.carry_out(orders);
        let now = now_ms();
        let is_due = now - self.last_drawn >= DRAWN_EVERY_MS || !self.is_running();
        if is_due {
            self.last_drawn = now;
        }
        is_due
    }

    /// The reader wants no more.
    pub(super) fn cancel(&mut self) {
        let orders = self.work.cancel();
        self.carry_out(orders);
    }

    /// Another scenario is on the page.
    pub(super) fn change_to(&mut self, scenario: &Scenario) {
        let orders = self.work.change_to(scenario);
        self.carry_out(orders);
    }

    /// What they are at.
    pub(super) fn work(&self) -> &Work<J> {
        &self.work
    }

    /// Whether they are at it.
    pub(super) fn is_running(&self) -> bool {
        *self.work.phase() == Phase::Running
    }

    fn carry_out(&mut self, orders: Vec<Order>) {
        for order in orders {
            match (order, &self.crew) {
                (Order::Say(worker, said), Some(crew)) => crew.send(worker, &said),
                (Order::Say(..), None) => {}
                (Order::EndAll, _) => self.crew = None,
            }
        }
    }

    /// The button that begins, called that, and cancels, and how far it is. One button, so that who has pressed it keeps the
    /// focus.
    pub(super) fn controls(
        &self,
        toggle: Callback<MouseEvent>,
        begin: &Phrase,
        (label, so_far): (&Phrase, &Phrase),
        words: &Words,
    ) -> Html {
        let language = words.lang;
        let is_running = self.is_running();
        let (done, count) = (self.work.done(), self.work.count());
        let done = J::COUNT_IS_KNOWN.then(|| done.to_string());
        let name = if is_running { &CANCEL } else { begin };
        html! {
            <>
                <button type="button" onclick={toggle}>{ name.say(language).to_owned() }</button>
                if is_running {
                    <progress max={count.to_string()} value={done} aria-label={label.say(language).to_owned()} />
                    <span class="soft">{ so_far.say(language).to_owned() }</span>
                }
            </>
        }
    }

    /// How it went, where it is over: `finished`, of which nothing is seen, `kept` of what there is after a cancel.
    pub(super) fn told(&self, finished: &Phrase, kept: Option<Phrase>, words: &Words) -> Html {
        let language = words.lang;
        match self.work.phase() {
            Phase::Idle | Phase::Running => html! {},
            Phase::Done => html! { <p class="unseen">{ finished.say(language).to_owned() }</p> },
            Phase::Cancelled => {
                html! { <p class="soft">{ kept.unwrap_or(CANCELLED).say(language).to_owned() }</p> }
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

/// A button that puts a value into the scenario; `is_here`: it stands there, and nothing happens.
pub(super) fn apply(
    is_here: bool,
    name: &Phrase,
    label: &Phrase,
    apply: Callback<MouseEvent>,
    language: Language,
) -> Html {
    let onclick = Callback::from(move |event: MouseEvent| {
        if !is_here {
            apply.emit(event);
        }
    });
    html! {
        <button type="button" class="small" {onclick} aria-disabled={is_here.then_some("true")} aria-label={label.say(language).to_owned()}>
            { name.say(language).to_owned() }
        </button>
    }
}

/// The buttons that take what was found home, in files of that name: as CSV, and as JSON where it has such a form.
pub(super) fn downloads<T: 'static>(
    found: &Rc<T>,
    name: &'static str,
    csv: fn(&T) -> String,
    json: Option<fn(&T) -> String>,
    language: Language,
) -> Html {
    html! {
        <p class="buttons">
            { download(found, &CSV, (&format!("{name}.csv"), "text/csv"), csv, language) }
            if let Some(json) = json { { download(found, &JSON, (&format!("{name}.json"), "application/json"), json, language) } }
        </p>
    }
}

/// One such button: the text of a file of that name and kind.
pub(super) fn download<T: 'static>(
    found: &Rc<T>,
    label: &Phrase,
    (name, mime): (&str, &'static str),
    text: impl Fn(&T) -> String + 'static,
    language: Language,
) -> Html {
    let (found, name) = (found.clone(), name.to_owned());
    let save = Callback::from(move |_: MouseEvent| files::download(&name, mime, &text(&found)));
    html! { <button type="button" onclick={save}>{ label.say(language).to_owned() }</button> }
}

/// What stands above results of another scenario than the one on the page.
pub(super) fn stale(words: &Words) -> Html {
    html! { <p class="notice small calm" role="status">{ STALE.say(words.lang) }</p> }
}
