//! The story that is open: its picture, its sentence, the same in the other lanes, and what to do with it.

use std::rc::Rc;

use yew::prelude::*;

use super::when::WhenDecided;
use crate::phrase::{Language, Phrase};
use crate::scenario::Scenario;
use crate::story::{Role, Told, case_title, stamp};
use crate::web::components::dialog::Dialog;
use crate::web::components::swatch::Swatch;
use crate::web::i18n::Words;
use crate::web::platform::{dom, files, media};
use crate::web::state::Action;
use crate::web::state::story::OpenStory;
use crate::web::state::traces::TraceFile;
use crate::web::state::when::is_offered;

static TITLE: Phrase = Phrase::fixed("How it happened", "발생 경위");
static TELLING: Phrase =
    Phrase::fixed("Running this lane again to see what happened…", "이 레인을 다시 실행해 경위를 찾는 중…");
static GO: Phrase = Phrase::fixed("Watch it on the stage", "요청 흐름에서 재생");
static GO_WHY: Phrase = Phrase::fixed(
    "Rewinds to shortly before the cause and plays in slow motion.",
    "원인 직전으로 돌아가 느리게 재생합니다.",
);
static MERMAID: Phrase = Phrase::fixed("Copy as Mermaid", "Mermaid로 복사");
static DOWNLOAD: Phrase = Phrase::fixed("Download SVG", "SVG 다운로드");
static AS_TEXT: Phrase = Phrase::fixed("As text", "텍스트로 보기");
static ELSEWHERE: Phrase = Phrase::fixed("The same in the other lanes", "다른 레인에서는");
const NARROW: &str = "(max-width: 40rem)";
static PICTURE: Phrase = Phrase::fixed("Sequence diagram, scrolls sideways", "시퀀스 다이어그램, 가로로 스크롤");

/// What the story is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct StoryProps {
    /// The story that is open.
    pub open: OpenStory,
    /// What runs on the page, in which it came about.
    pub scenario: Rc<Scenario>,
    /// The trace file that is open.
    pub trace: Option<TraceFile>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

/// The story that is open, before the page.
#[component]
pub fn StoryDialog(props: &StoryProps) -> Html {
    let StoryProps { open, scenario, trace, titles, dispatch, words } = props;
    let language = words.lang;
    let close = dispatch.reform(|()| Action::CloseStory);
    html! {
        <Dialog title={TITLE.say(language)} {close} words={*words}>
            <h3 class="story-case"><Swatch lane={open.lane} />{ titles.get(open.lane) }{ " · " }{ case_title(&open.case).say(language) }</h3>
            if let Some(told) = &open.told {
                <Body told={told.clone()} scenario={scenario.clone()} trace={trace.clone()} titles={titles.clone()} dispatch={dispatch.clone()} words={*words} />
            } else {
                <p role="status" class="soft">{ TELLING.say(language) }</p>
            }
        </Dialog>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct BodyProps {
    told: Rc<Told>,
    scenario: Rc<Scenario>,
    trace: Option<TraceFile>,
    titles: Rc<Vec<String>>,
    dispatch: Callback<Action>,
    words: &'static Words,
}

#[component]
fn Body(props: &BodyProps) -> Html {
    let BodyProps { told, scenario, trace, titles, dispatch, words } = props;
    let language = words.lang;
    let story = &told.story;
    // Made of numbers and of the program's own words, escaped.
    let picture = Html::from_html_unchecked(story.svg(language).into());
    let picture_width = format!("--picture:{}px", story.svg_width());
    // A phone shows one column of it at a time: there the lines come first.
    let is_narrow = use_memo((), |()| media::matches(NARROW));
    let text = html! { <details open={*is_narrow}><summary>{ AS_TEXT.say(language) }</summary>{ steps(told, language) }</details> };
    let go = dispatch.reform(|_: MouseEvent| Action::GoToStory);
    html! {
        <div class="story">
            <p>{ story.sentence.say(language) }</p>
            <p class="soft">{ story.left.say(language) }if let Some(legend) = story.legend() { { " " }{ legend.say(language).to_owned() } }</p>
            <p class="buttons">
                <button type="button" class="play" onclick={go} title={GO_WHY.say(language)}>{ GO.say(language) }</button>
                <TakeAway told={told.clone()} lane={titles.get(told.lane).cloned().unwrap_or_default()} words={*words} />
            </p>
            if *is_narrow { { text.clone() } }
            <div class="story-picture" tabindex="0" role="group" aria-label={PICTURE.say(language)} style={picture_width}>{ picture }</div>
            { elsewhere(told, titles, language) }
            if !*is_narrow { { text } }
            if let (true, Ok(trace)) = (is_offered(scenario, told), TraceFile::of(scenario, trace.as_ref())) {
                <WhenDecided told={told.clone()} scenario={scenario.clone()} {trace} lane={titles.get(told.lane).cloned().unwrap_or_default()} words={*words} />
            }
        </div>
    }
}

/// The buttons that take the story home.
#[component]
fn TakeAway(props: &TakeAwayProps) -> Html {
    let said = use_state(|| None::<bool>);
    let w = props.words;
    let copy = {
        let (told, lane, said) = (props.told.clone(), props.lane.clone(), said.clone());
        Callback::from(move |_: MouseEvent| {
            let said = said.clone();
            dom::copy(&told.mermaid(&lane, w.lang), move |worked| said.set(Some(worked)));
        })
    };
    let save = {
        let (told, lane) = (props.told.clone(), props.lane.clone());
        Callback::from(move |_: MouseEvent| {
            files::download("cachelane-story.svg", "image/svg+xml", &told.svg(&lane, w.lang));
        })
    };
    let verdict = match *said {
        Some(true) => w.copied,
        Some(false) => w.not_copied,
        None => "",
    };
    html! {
        <>
            <button type="button" onclick={copy}>{ MERMAID.say(w.lang) }</button>
            <button type="button" onclick={save}>{ DOWNLOAD.say(w.lang) }</button>
            <span role="status" class="soft">{ verdict }</span>
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct TakeAwayProps {
    told: Rc<Told>,
    /// What its lane is called.
    lane: String,
    words: &'static Words,
}

/// What became of the same in the other lanes; nothing where there are none.
fn elsewhere(told: &Told, titles: &[String], language: Language) -> Html {
    if told.elsewhere.is_empty() {
        return html! {};
    }
    let rows = told.elsewhere.iter().map(|other| {
        let (mark, class) = match other.kept {
            Some(true) => ("✓", ""),
            Some(false) => ("✗", "alarm"),
            None => ("?", "soft"),
        };
        html! {
            <li key={other.lane}>
                <span aria-hidden="true" {class}>{ mark }</span>
                <b><Swatch lane={other.lane} />{ titles.get(other.lane) }</b>
                <span {class}>{ other.text.say(language) }</span>
            </li>
        }
    });
    html! { <><h3>{ ELSEWHERE.say(language) }</h3><ul class="story-lanes">{ for rows }</ul></> }
}

/// The story in lines, for those who do not see the picture.
fn steps(told: &Told, language: Language) -> Html {
    let story = &told.story;
    let lines = story.lines.iter().map(|line| {
        let class = (line.role == Role::Cause).then_some("alarm");
        html! {
            <>
                if line.skipped > 0 { <li class="soft">{ "…" }</li> }
                <li {class}><span class="at">{ stamp(line.at).say(language).to_owned() }</span><span>{ story.way(line, language) }{ ": " }{ line.text.say(language) }</span></li>
            </>
        }
    });
    html! { <ol class="story-steps">{ for lines }</ol> }
}
