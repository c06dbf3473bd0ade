//! *When was it decided?*, beside a story: the run is wound back to moments around its steps and goes on with other luck; where
//! the probability jumps is the cause. It grows surer as long as the reader waits. What it says is what `cachelane when --quick`
//! says, with forks in smaller lots.

use std::rc::Rc;

use yew::prelude::*;

use crate::chart::text;
use crate::experiment::when::{Found, Moment};
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::Scenario;
use crate::stats::Share;
use crate::story::Told;
use crate::web::i18n::Words;
use crate::web::platform::crew::{Heard, crew_of};
use crate::web::sections::shift::{self, Shift};
use crate::web::state::jobs::Phase;
use crate::web::state::when::{Windings, found};

static TITLE: Phrase = Phrase::fixed("When was it decided?", "언제 결정되었나");
static WHY: Phrase = Phrase::fixed(
    "The run is wound back to moments around these steps and goes on with other luck: where the probability jumps is the cause.",
    "실행을 위 단계 앞뒤의 시점으로 되감아 난수를 바꿔 이어서 실행합니다. 확률이 급변하는 시점이 원인입니다.",
);
static BEGIN: Phrase = Phrase::fixed("Find the moment", "시점 찾기");
static AT: Phrase = Phrase::fixed("From this moment", "이 시점부터");
static PROBABILITY: Phrase = Phrase::fixed("Goes wrong", "문제 발생 확률");
static INTERVAL: Phrase = Phrase::fixed("95 % interval", "95 % 신뢰구간");
static SURE: Phrase = Phrase::fixed("With the faults to come", "남은 장애 포함");
static SINCE: Phrase = Phrase::fixed("Before it", "직전 단계");
#[derive(Clone, PartialEq, Properties)]
pub(super) struct WhenProps {
    pub told: Rc<Told>,
    /// What runs on the page, in which it came about.
    pub scenario: Rc<Scenario>,
    /// What its lane is called.
    pub lane: String,
    pub words: &'static Words,
}

pub(super) enum Msg {
    Toggle,
    Heard(usize, Heard),
}

/// See the module.
#[derive(Default)]
pub(super) struct WhenDecided {
    shift: Shift<Windings>,
}

impl Component for WhenDecided {
    type Message = Msg;
    type Properties = WhenProps;

    fn create(_: &Context<WhenDecided>) -> WhenDecided {
        WhenDecided::default()
    }

    fn update(&mut self, ctx: &Context<WhenDecided>, msg: Msg) -> bool {
        match msg {
            Msg::Toggle if self.shift.is_running() => self.shift.cancel(),
            Msg::Toggle => {
                let WhenProps { told, scenario, .. } = ctx.props();
                let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
                let windings = Windings { told: Some(told.clone()) };
                self.shift.begin(scenario.clone(), windings, crew_of(scenario), &hear);
            }
            Msg::Heard(worker, heard) => return self.shift.hear(worker, heard),
        }
        true
    }

    fn view(&self, ctx: &Context<WhenDecided>) -> Html {
        let WhenProps { lane, words, .. } = ctx.props();
        let language = words.lang;
        let work = self.shift.work();
        let (runs, found) = (work.parts(), found(work, lane));
        let forks = found.as_ref().map_or(0, |found| found.forks);
        let so_far = match forks {
            0 => phrase!("{runs} runs", "실행 {runs}회"),
            _ => phrase!("up to {forks} forks a moment so far", "지금까지 시점마다 최대 {forks}번 분기"),
        };
        let toggle = ctx.link().callback(|_: MouseEvent| Msg::Toggle);
        let kept = (forks > 0).then(|| Phrase::fixed("Cancelled: results so far.", "취소됨: 지금까지의 결과입니다."));
        html! {
            <section class="when" aria-labelledby="when-decided">
                <h3 id="when-decided">{ TITLE.say(language) }</h3>
                <p class="key">{ WHY.say(language) }</p>
                if *work.phase() != Phase::Done {
                    <div class="seeds-controls">{ self.shift.controls(toggle, &BEGIN, (&shift::SEARCHES, &so_far), words) }</div>
                }
                <div role="status">{ self.shift.told(&shift::SEARCHED, kept, words) }</div>
                if let Some(found) = &found { { shown(found, language) } }
            </section>
        }
    }
}

/// The room of the figure, in units of its drawing.
const ROOM: (f64, f64) = (1_000.0, 120.0);

/// A figure with a place for each moment, since steps lie microseconds apart and then nothing happens for seconds; the sentence
/// of the jump; and the table.
fn shown(found: &Found, language: Language) -> Html {
    let last = found.moments.len().saturating_sub(1).max(1) as f64;
    let x = |place: usize| ROOM.0 * place as f64 / last;
    let y = |share: f64| ROOM.1 * (1.0 - share);
    let known: Vec<(usize, &Moment)> =
        found.moments.iter().enumerate().filter(|(_, moment)| moment.expected().of > 0).collect();
    let at = |of: fn(&Moment) -> f64| {
        let points = known.iter().map(move |(place, moment)| format!("{:.1} {:.1}", x(*place), y(of(moment))));
        points.collect::<Vec<_>>()
    };
    let upper = at(|moment| moment.expected().high);
    let lower: Vec<String> = at(|moment| moment.expected().low).into_iter().rev().collect();
    let line = format!("M{}", at(|moment| moment.expected().share).join("L"));
    let band = format!("M{}L{}Z", upper.join("L"), lower.join("L"));
    let grid = format!("M0 0H{0}M0 {1}H{0}M0 {2}H{0}", ROOM.0, ROOM.1 / 2.0, ROOM.1);
    let forks = found.forks;
    let said = phrase!(
        "The probability from moment to moment, of up to {forks} forks each; the table below has the numbers",
        "시점별 확률(시점마다 최대 {forks}번 분기)입니다. 아래 표에 값이 있습니다"
    );
    html! {
        <>
            <p>{ sentence(found).say(language).to_owned() }</p>
            <div class="when-figure" role="img" aria-label={said.say(language).to_owned()}>
                <svg viewBox={format!("0 -4 {} {}", ROOM.0, ROOM.1 + 8.0)} preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d={grid} />
                    <path class="band" d={band} />
                    <path class="line" d={line} />
                    if let Some(jump) = &found.jump { <path class="jump" d={format!("M{:.1} 0V{}", x(jump.moment), ROOM.1)} /> }
                </svg>
            </div>
            { table(found, language) }
        </>
    }
}

/// What it comes to, of how many forks.
fn sentence(found: &Found) -> Phrase {
    let forks = found.forks;
    if let Some(jump) = &found.jump {
        let (before, after) = (text::percent(jump.before, 0), text::percent(jump.after, 0));
        let at = format!("{:.6}", jump.to_s);
        return phrase!(
            "The probability jumps from {before} to {after} at {at} s (up to {forks} forks a moment).",
            "{at}초에 확률이 {before}에서 {after}로 급변합니다(시점마다 최대 {forks}번 분기)."
        );
    }
    if found.moments.iter().all(|moment| moment.expected().low > 0.5) {
        return phrase!(
            "From the first moment on it goes wrong with nearly any luck: the requests and the settings decide it (up to {forks} forks a moment).",
            "처음 시점부터 난수와 거의 상관없이 문제가 발생합니다. 요청과 설정이 결정합니다(시점마다 최대 {forks}번 분기)."
        );
    }
    phrase!(
        "No two neighbours differ by more than chance (up to {forks} forks a moment).",
        "이웃한 두 시점의 차이가 우연 범위 안에 있습니다(시점마다 최대 {forks}번 분기)."
    )
}

fn table(found: &Found, language: Language) -> Html {
    let has_faults = found.moments.iter().any(|moment| moment.without_faults.is_some());
    let heads = [Some(&AT), Some(&PROBABILITY), Some(&INTERVAL), has_faults.then_some(&SURE), Some(&SINCE)];
    let share = |share: Share| if share.of > 0 { text::percent(share.share, 0) } else { "–".to_owned() };
    let rows = found.moments.iter().enumerate().map(|(place, moment)| {
        let expected = moment.expected();
        let between = format!("{} … {}", text::percent(expected.low, 0), text::percent(expected.high, 0));
        let since: Vec<String> =
            moment.since.iter().map(|line| crate::escape::shown(line.say(language)).into_owned()).collect();
        let class = found.jump.is_some_and(|jump| jump.moment == place).then_some("alarm");
        html! {
            <tr key={place} {class}>
                <th scope="row">{ format!("{:.6} s", moment.at_s) }</th>
                <td>{ share(expected) }</td>
                <td>{ between }</td>
                if has_faults { <td>{ share(moment.probability) }</td> }
                <td class="since">{ since.join(" · ") }</td>
            </tr>
        }
    });
    let title = TITLE.say(language);
    html! {
        <div class="wide" tabindex="0" role="group" aria-label={title}>
            <table>
                <caption class="unseen">{ title }</caption>
                <thead><tr>{ for heads.into_iter().flatten().map(|head| html! { <th scope="col" class={std::ptr::eq(head, &SINCE).then_some("since")}>{ head.say(language) }</th> }) }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}
