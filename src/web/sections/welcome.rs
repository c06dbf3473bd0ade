//! For who is here for the first time: three steps, until they are dismissed; and where to read more.

use yew::prelude::*;

use crate::phrase::{Language, Phrase};
use crate::web::i18n::Words;
use crate::web::platform::storage;

const KEY: &str = "welcomed";

/// Whether no earlier visit has dismissed the steps.
pub fn is_first_visit() -> bool {
    storage::remembered(KEY).is_none()
}

static STEPS: [Phrase; 3] = [
    Phrase::fixed(
        "Each lane is a caching strategy with its own cache and database. All lanes get the same traffic, so whatever differs is the strategy.",
        "레인 하나가 캐시 전략 하나이며, 캐시와 DB를 따로 둡니다. 모든 레인이 같은 트래픽을 받으므로 결과의 차이는 전략의 차이입니다.",
    ),
    Phrase::fixed(
        "Crash the cache: what stands beside “Inject fault” breaks something in every lane at once, at the moment you press it.",
        "캐시 크래시를 일으켜 보세요. ‘장애 주입’ 옆의 버튼을 누르면 그 순간 모든 레인에서 동시에 장애가 납니다.",
    ),
    Phrase::fixed(
        "Read what was lost: “Lost writes” counts the writes that were acknowledged and then disappeared. The table below names the keys, and why.",
        "무엇을 잃었는지 보세요. ‘유실된 쓰기’는 성공 응답을 받은 뒤 사라진 쓰기의 수입니다. 아래 표에서 어떤 키가 왜 사라졌는지 볼 수 있습니다.",
    ),
];
const LABEL: Phrase = Phrase::fixed("First steps", "처음 오셨다면");
const NEXT: Phrase = Phrase::fixed("Next", "다음");
const DONE: Phrase = Phrase::fixed("Got it", "확인");
const DISMISS: Phrase = Phrase::fixed("Dismiss the first steps", "안내 닫기");

/// What the steps are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct WelcomeProps {
    /// The language.
    pub words: &'static Words,
}

/// One step at a time. Once dismissed, or read to the end, they do not come again.
#[component]
pub fn Welcome(props: &WelcomeProps) -> Html {
    let language = props.words.lang;
    let step = use_state(|| if is_first_visit() { 0 } else { STEPS.len() });
    let Some(text) = STEPS.get(*step) else { return html! {} };
    let go_to = |to: usize| {
        let step = step.clone();
        Callback::from(move |_: MouseEvent| {
            if to == STEPS.len() {
                storage::remember(KEY, "yes");
            }
            step.set(to);
        })
    };
    let next = if *step + 1 < STEPS.len() { &NEXT } else { &DONE };
    html! {
        <section class="welcome" aria-label={LABEL.say(language).to_owned()}>
            <p role="status"><b class="soft">{ format!("{}/{} ", *step + 1, STEPS.len()) }</b>{ text.say(language) }</p>
            <button type="button" onclick={go_to(*step + 1)}>{ next.say(language) }</button>
            <button type="button" class="icon" aria-label={DISMISS.say(language).to_owned()} onclick={go_to(STEPS.len())}>{ "×" }</button>
        </section>
    }
}

/// The pages that `scripts/finish-dist` puts beside this one.
static PAGES: [(Phrase, Phrase); 6] = [
    (Phrase::fixed("readme", "readme.ko"), Phrase::fixed("What Cachelane is", "Cachelane 소개")),
    (Phrase::fixed(TRUST, TRUST), Phrase::fixed("Validation", "검증")),
    (Phrase::fixed("scenario", "scenario"), Phrase::fixed("Every setting", "모든 설정 항목(영문)")),
    (Phrase::fixed("report", "report"), Phrase::fixed("Every number of a report", "리포트의 모든 수치(영문)")),
    (Phrase::fixed("glossary", "glossary"), Phrase::fixed("Glossary", "용어집")),
    (Phrase::fixed("hosting", "hosting"), Phrase::fixed("Hosting and embedding", "호스팅과 임베드(영문)")),
];

/// Its licence asks that this be said.
const TWITTER: Phrase = Phrase::fixed(
    "The Twitter presets and published miss ratios: Yang, Yue and Rashmi, OSDI 2020, scaled down.",
    "Twitter 프리셋과 논문 공개 미스율: Yang, Yue, Rashmi, OSDI 2020. 규모를 줄여 사용했습니다.",
);
const TWITTER_HOME: &str = "https://github.com/twitter/cache-trace";
const CC_BY: &str = "https://creativecommons.org/licenses/by/4.0/";
const LICENCES: Phrase = Phrase::fixed("Licences", "라이선스");

const TRUST: &str = "readme#can-the-numbers-be-trusted";

/// Where to read more.
pub fn footer_links(language: Language) -> Html {
    let links = PAGES.iter().map(|(page, name)| {
        let (page, part) = page.say(language).split_once('#').unwrap_or((page.say(language), ""));
        let href = format!("./{page}.html#{part}").trim_end_matches('#').to_owned();
        html! { <li><a {href} target="_blank" rel="noopener">{ name.say(language) }</a></li> }
    });
    let out = |href: &'static str, name: &str| html! { <a {href} target="_blank" rel="noopener">{ name }</a> };
    html! {
        <>
            <ul class="footer-links">
                { for links }
                <li>{ out("./third-party.txt", LICENCES.say(language)) }</li>
            </ul>
            <p class="soft">{ TWITTER.say(language) }{ " " }{ out(TWITTER_HOME, "twitter/cache-trace") }{ ", " }{ out(CC_BY, "CC BY 4.0") }</p>
        </>
    }
}
