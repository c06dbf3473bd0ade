//! *When was it decided?*, beside a story: the run is wound back to moments around its steps and goes on with other luck; where
//! the probability jumps, it was decided. It grows surer as long as the reader waits. What it says is what `cachelane when --quick`
//! says, with forks in smaller lots.

use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use crate::chart::text;
use crate::experiment::when::{Found, Moment};
use crate::phrase::{Language, Phrase, phrase};
use crate::scenario::Scenario;
use crate::stats::Share;
use crate::story::Told;
use crate::web::i18n::Words;
use crate::web::platform::crew::Heard;
use crate::web::platform::dom;
use crate::web::sections::shift::{self, Shift};
use crate::web::state::jobs::Phase;
use crate::web::state::traces::TraceFile;
use crate::web::state::when::{Windings, found};

static TITLE: Phrase = Phrase::fixed("When was it decided?", "언제 결정되었나");
static WHY: Phrase = Phrase::fixed(
    "The run is wound back to moments around these steps and goes on with other luck: where the probability jumps, it was decided.",
    "위 단계 전후 시점으로 되감은 뒤 난수만 바꿔 다시 진행합니다. 확률이 급변하는 시점에서 결과가 정해졌습니다.",
);
static BEGIN: Phrase = Phrase::fixed("Find the moment", "시점 찾기");
static AT: Phrase = Phrase::fixed("From this moment", "이 시점부터");
static PROBABILITY: Phrase = Phrase::fixed("Goes wrong", "문제 발생 확률");
static INTERVAL: Phrase = Phrase::fixed("95 % interval", "95 % 신뢰구간");
static SURE: Phrase = Phrase::fixed("With the faults to come", "남은 장애 포함");
static SINCE: Phrase = Phrase::fixed("Before it", "직전 단계");
static IN_ORDER: Phrase =
    Phrase::fixed("Moments stand in order, not to scale.", "시점은 순서대로 놓았으며 간격은 실제 시간과 다릅니다.");
static FAULTS: Phrase = Phrase::fixed(
    "“Goes wrong” is without the faults that have not begun by then, as somebody at that moment would see it; “With the faults to \
     come” lets them come as in the run.",
    "‘문제 발생 확률’은 그 시점까지 시작되지 않은 장애가 일어나지 않을 때의 값이고, ‘남은 장애 포함’은 이후의 장애가 실행에서처럼 일어날 때의 값입니다.",
);
#[derive(Clone, PartialEq, Properties)]
pub(super) struct WhenProps {
    pub told: Rc<Told>,
    /// What runs on the page, in which it came about.
    pub scenario: Rc<Scenario>,
    /// The trace that it replays, if it does.
    pub trace: Option<TraceFile>,
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
    /// Whether it has just ended, and its button is about to go.
    has_ended: bool,
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
                let WhenProps { told, scenario, trace, .. } = ctx.props();
                let hear = ctx.link().callback(|(worker, heard)| Msg::Heard(worker, heard));
                let windings = Windings { told: Some(told.clone()) };
                self.shift.begin(scenario.clone(), windings, trace.as_ref(), &hear);
            }
            Msg::Heard(worker, heard) => {
                let is_drawn = self.shift.hear(worker, heard);
                self.has_ended = !self.shift.is_running();
                return is_drawn;
            }
        }
        true
    }

    fn rendered(&mut self, _: &Context<WhenDecided>, _: bool) {
        // A dialog does not hold a focus that is nowhere.
        if std::mem::take(&mut self.has_ended) {
            dom::focus_if_lost("#when-result");
        }
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

/// The sentence of the jump, the figure and the table.
fn shown(found: &Found, language: Language) -> Html {
    let labels = labels(found, language);
    let has_faults = found.moments.iter().any(|moment| moment.without_faults.is_some());
    html! {
        <>
            <p id="when-result">{ decided(found, &labels, language) }</p>
            { figure(found, &labels, language) }
            <p class="key">{ IN_ORDER.say(language) }if has_faults { { " " }{ FAULTS.say(language) } }</p>
            { table(found, &labels, has_faults, language) }
        </>
    }
}

/// What it comes to.
fn decided(found: &Found, labels: &[String], language: Language) -> String {
    let cause = seconds(found.cause_s, 6);
    let cause = phrase!("{cause} s", "{cause}초");
    found.decided(labels, cause.say(language)).say(language).to_owned()
}

/// What each moment is called: by digits enough to tell it from the others, the one just before a step by that step.
fn labels(found: &Found, language: Language) -> Vec<String> {
    let moments = &found.moments;
    let next = |place: usize| moments.get(place + 1).map(|next| next.at_s).filter(|at| at - moments[place].at_s < 2e-9);
    let with = |digits: usize| -> Vec<String> {
        let label = |(place, moment): (usize, &Moment)| {
            let (before, at) = (next(place), moment.at_s);
            let at = seconds(before.unwrap_or(at), digits);
            let label = if before.is_some() {
                phrase!("just before {at} s", "{at}초 직전")
            } else {
                phrase!("{at} s", "{at}초")
            };
            label.say(language).to_owned()
        };
        moments.iter().enumerate().map(label).collect()
    };
    let short = with(6);
    if short.iter().collect::<BTreeSet<_>>().len() == short.len() { short } else { with(9) }
}

/// Seconds with so many digits of at most nine, the rest cut off as the story does it.
fn seconds(at_s: f64, digits: usize) -> String {
    let text = format!("{at_s:.9}");
    text[..text.len() - (9 - digits)].to_owned()
}

/// A figure with a place for each moment, since steps lie microseconds apart and then nothing happens for seconds.
fn figure(found: &Found, labels: &[String], language: Language) -> Html {
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
    let jumps: String = found.jumps.iter().map(|jump| format!("M{:.1} 0V{}", x(jump.moment), ROOM.1)).collect();
    let shares = ["100 %", "50 %", "0 %"].into_iter().zip([0, 50, 100]);
    let shares = shares.map(|(name, top)| html! { <span style={format!("top:{top}%")}>{ name }</span> });
    let ends = [labels.first().zip(Some(0)), labels.last().zip(Some(100)).filter(|_| labels.len() > 1)];
    let ends = ends
        .into_iter()
        .flatten()
        .map(|(name, left)| html! { <span style={format!("left:{left}%")}>{ name.clone() }</span> });
    let forks = found.forks;
    let said = phrase!(
        "The probability from moment to moment, of up to {forks} forks each; the table below has the numbers",
        "시점별 확률(시점마다 최대 {forks}번 분기)입니다. 아래 표에 값이 있습니다"
    );
    html! {
        <div class="curves when-figure" role="img" aria-label={said.say(language).to_owned()}>
            <div class="curve-shares">{ for shares }</div>
            <svg viewBox={format!("0 0 {} {}", ROOM.0, ROOM.1)} preserveAspectRatio="none" aria-hidden="true">
                <path class="grid" d={grid} />
                <path class="band" d={band} />
                <path class="line" d={line} />
                <path class="jump" d={jumps} />
            </svg>
            <span></span><div class="strip-ticks">{ for ends }</div>
        </div>
    }
}

fn table(found: &Found, labels: &[String], has_faults: bool, language: Language) -> Html {
    let heads = [Some(&AT), Some(&PROBABILITY), Some(&INTERVAL), has_faults.then_some(&SURE), Some(&SINCE)];
    let share = |share: Share| if share.of > 0 { text::percent(share.share, 0) } else { "–".to_owned() };
    let rows = found.moments.iter().enumerate().map(|(place, moment)| {
        let expected = moment.expected();
        let between = format!("{} … {}", text::percent(expected.low, 0), text::percent(expected.high, 0));
        let since: Vec<String> =
            moment.since.iter().map(|line| crate::escape::shown(line.say(language)).into_owned()).collect();
        let class = found.is_jump(place).then_some("alarm"); // few: the jumps
        html! {
            <tr key={place} {class}>
                <th scope="row">{ labels[place].clone() }</th>
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
