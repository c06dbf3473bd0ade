//! The share dialog: the link, the snippet for a blog, and the files to take home.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::notices::{SaveScenario, too_long};
use crate::chart::palette::Theme;
use crate::chart::sheet::{Picture, Sheet, file_name};
use crate::chart::{Data, FIGURES, Figure};
use crate::experiment::ENGINE_VERSION;
use crate::phrase::{Language, Phrase, phrase};
use crate::report::{Report, csv};
use crate::scenario::Scenario;
use crate::web::components::dialog::Dialog;
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::platform::{dom, files, picture};
use crate::web::state::saved::{self, TooLong};
use crate::web::state::view::{Control, ThemeChoice, View};

const NO_TRACE: Phrase = Phrase::fixed(
    "A trace file that you opened is not in it: whoever opens the link has to open the same file. Neither is the moment you are looking at, nor what you have asked below the figures: seeds, searches, curves, sweeps.",
    "직접 연 트레이스 파일은 링크에 들어가지 않으므로 링크를 여는 사람도 같은 파일을 열어야 합니다. 지금 보고 있는 시점과 그래프 아래에서 실행한 시드 반복, 탐색, 곡선, 스윕도 들어가지 않습니다.",
);
const LANGUAGE: Phrase = Phrase::fixed("Language", "언어");
const THEME: Phrase = Phrase::fixed("Theme", "테마");
const READERS: Phrase = Phrase::fixed("the reader's", "보는 사람의 설정");
const LIGHT: Phrase = Phrase::fixed("light", "라이트");
const DARK: Phrase = Phrase::fixed("dark", "다크");
const ALL_FIGURES: Phrase = Phrase::fixed("All shown figures on one page", "표시된 그래프 모두 한 장에");
const PICTURES_WHY: Phrase = Phrase::fixed(
    "Each picture has the title, the legend, the seed, the engine's version and the link.",
    "그림마다 제목, 범례, 시드, 엔진 버전, 링크가 들어갑니다.",
);

/// The shown lanes' measures over time as CSV.
fn series(data: &Data) -> String {
    csv::series(data.lanes.iter().map(|lane| (lane.label.as_str(), &lane.series)))
}

/// What the share dialog is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct ShareProps {
    /// The page's link, with its `#`; or why there is none.
    pub link: Result<String, TooLong>,
    /// The preset it began from.
    pub preset: Option<String>,
    /// How the experiment is looked at.
    pub view: View,
    /// What runs.
    pub scenario: Rc<Scenario>,
    /// What it is called.
    pub name: String,
    /// What it has shown.
    pub report: Option<Rc<Report>>,
    /// The figures' data.
    pub data: Rc<Data>,
    /// What the lanes are called.
    pub titles: Rc<Vec<String>>,
    /// Light or dark.
    pub theme: Theme,
    /// Hears that a scenario file was chosen.
    pub on_file: Callback<Event>,
    /// Hears that it should close.
    pub close: Callback<()>,
    /// The language.
    pub words: &'static Words,
}

/// The share dialog.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let w = props.words;
    let link = match &props.link {
        Ok(link) => html! {
            <>
                <p class="soft">{ w.link_why }{ " " }{ NO_TRACE.say(w.lang) }</p>
                <Copyable label={w.link} text={format!("{}{link}", dom::address())} lines=2 words={w} />
            </>
        },
        Err(TooLong { bytes }) => html! {
            <>
                <p>{ too_long(*bytes, w) }</p>
                <p><SaveScenario scenario={props.scenario.clone()} words={w} /></p>
            </>
        },
    };
    html! {
        <Dialog title={w.share} close={props.close.clone()} words={w}>
            <h3>{ w.link }</h3>
            { link }
            <h3>{ w.embed }</h3>
            <p class="soft">{ w.embed_why }</p>
            <EmbedMaker ..props.clone() />
            <h3>{ w.files }</h3>
            { file_buttons(props) }
        </Dialog>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct CopyableProps {
    label: &'static str,
    text: String,
    lines: u32,
    words: &'static Words,
}

/// A text with a button that copies it.
#[component]
fn Copyable(props: &CopyableProps) -> Html {
    let said = use_state(|| None::<bool>);
    {
        let said = said.clone();
        use_effect_with(props.text.clone(), move |_| said.set(None));
    }
    let copy = {
        let (text, said) = (props.text.clone(), said.clone());
        Callback::from(move |_: MouseEvent| {
            let said = said.clone();
            dom::copy(&text, move |worked| said.set(Some(worked)));
        })
    };
    let w = props.words;
    let verdict = match *said {
        Some(true) => w.copied,
        Some(false) => w.not_copied,
        None => "",
    };
    html! {
        <div class="copyable">
            <textarea readonly=true rows={props.lines.to_string()} aria-label={props.label} value={props.text.clone()} />
            <button type="button" onclick={copy}>{ w.copy }</button>
            <span role="status" class="soft">{ verdict }</span>
        </div>
    }
}

/// Chooses what an embed shows, and gives the snippet.
#[component]
fn EmbedMaker(props: &ShareProps) -> Html {
    let w = props.words;
    let figures = use_state(|| props.view.figures().iter().map(|figure| figure.name).collect::<Vec<_>>());
    let lanes = use_state(|| (0..props.titles.len()).filter(|lane| props.view.shows(*lane)).collect::<Vec<_>>());
    let controls = use_state(|| vec![Control::Play, Control::Crash]);
    let (lang, theme) = (use_state(|| props.view.lang), use_state(|| ThemeChoice::System));
    let view = View {
        lang: *lang,
        embed: Some(FIGURES.iter().filter(|f| figures.contains(&f.name)).collect()),
        figures: None,
        controls: Some(Control::ALL.into_iter().filter(|c| controls.contains(c)).collect()),
        lanes: (lanes.len() < props.titles.len()).then(|| lanes.to_vec()),
        theme: *theme,
        ..props.view.clone()
    };
    let snippets = saved::encode(&props.scenario, props.preset.as_deref(), &view.write()).map(|link| snippets(&link));
    let box_of = |label: String, on: bool, toggle: Callback<bool>| {
        let change = toggle.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
        html! { <label class="check"><input type="checkbox" checked={on} onchange={change} />{ label }</label> }
    };
    let figure_boxes = FIGURES
        .iter()
        .map(|f| box_of(f.title.say(w.lang).to_owned(), figures.contains(&f.name), toggle(&figures, f.name)));
    let lane_boxes =
        props.titles.iter().enumerate().map(|(i, t)| box_of(t.clone(), lanes.contains(&i), toggle(&lanes, i)));
    let control_boxes = Control::ALL
        .into_iter()
        .map(|c| box_of((w.control_name)(c).to_owned(), controls.contains(&c), toggle(&controls, c)));
    html! {
        <>
            <div class="maker">
                <fieldset><legend>{ w.figures }</legend>{ for figure_boxes }</fieldset>
                <fieldset><legend>{ w.lanes }</legend>{ for lane_boxes }</fieldset>
                <fieldset><legend>{ w.controls }</legend>{ for control_boxes }</fieldset>
            </div>
            { looks(&lang, &theme, w.lang) }
            { match snippets {
                Ok([element, frame]) => html! {
                    <>
                        <Copyable label={w.embed} text={element} lines=4 words={w} />
                        <details><summary>{ w.plain_iframe }</summary><Copyable label={w.plain_iframe} text={frame} lines=4 words={w} /></details>
                    </>
                },
                Err(TooLong { bytes }) => html! { <p>{ too_long(bytes, w) }</p> },
            } }
        </>
    }
}

/// In which language and on which ground an embed is shown, if not as its reader has it.
fn looks(lang: &UseStateHandle<Option<Language>>, theme: &UseStateHandle<ThemeChoice>, language: Language) -> Html {
    let set_lang = {
        let lang = lang.clone();
        Callback::from(move |code: String| lang.set(Language::of_code(&code)))
    };
    let set_theme = {
        let theme = theme.clone();
        Callback::from(move |name: String| theme.set(ThemeChoice::named(&name).unwrap_or_default()))
    };
    let languages = Language::ALL.into_iter().map(|one| {
        html! { <option value={one.code()} lang={one.code()}>{ one.own_name() }</option> }
    });
    let themes = [(ThemeChoice::System, READERS), (ThemeChoice::Light, LIGHT), (ThemeChoice::Dark, DARK)];
    let themes = themes.into_iter().map(|(one, name)| {
        html! { <option value={one.name()}>{ name.say(language) }</option> }
    });
    html! {
        <p class="buttons">
            <label>{ LANGUAGE.say(language) }{ " " }<Select value={lang.map_or("", Language::code)} choose={set_lang}>
                <option value="">{ READERS.say(language) }</option>{ for languages }
            </Select></label>
            <label>{ THEME.say(language) }{ " " }<Select value={theme.name()} choose={set_theme}>{ for themes }</Select></label>
        </p>
    }
}

/// What a page of one's own takes to show the experiment of `link`: an element of embed.js, or a plain frame.
fn snippets(link: &str) -> [String; 2] {
    let address = dom::address();
    let file = address.split('?').next().unwrap_or_default(); // a slash in a query is none of the path
    let folder = &file[..file.rfind('/').map_or(file.len(), |i| i + 1)];
    let src = format!("{address}{link}").replace('&', "&amp;").replace('"', "%22");
    let title = dom::document().title().replace('&', "&amp;").replace('<', "&lt;");
    [
        // Until it lives, and where it cannot, the link stands there.
        format!(
            "<script type=\"module\" src=\"{folder}embed.js\"></script>\n<cache-lane src=\"{src}\"><a href=\"{src}\">{title}</a></cache-lane>"
        ),
        format!(
            "<iframe src=\"{src}\" width=\"100%\" height=\"640\" style=\"border:0\" loading=\"lazy\" title=\"Cachelane\"></iframe>"
        ),
    ]
}

/// Puts `item` into the list or takes it out, in the order of their numbers.
fn toggle<T: Copy + PartialEq + 'static>(list: &UseStateHandle<Vec<T>>, item: T) -> Callback<bool> {
    let list = list.clone();
    Callback::from(move |on: bool| {
        let mut items: Vec<T> = list.iter().copied().filter(|other| *other != item).collect();
        if on {
            items.push(item);
        }
        list.set(items);
    })
}

fn file_buttons(props: &ShareProps) -> Html {
    let w = props.words;
    let toml = {
        let (scenario, name) = (props.scenario.clone(), props.file_name("", "toml"));
        let save = move || files::download(&name, "application/toml", &scenario.to_toml_explained(w.lang));
        Callback::from(move |_: MouseEvent| save())
    };
    let json = props.report.clone().map(|report| {
        let name = props.file_name("report", "json");
        Callback::from(move |_: MouseEvent| {
            if let Ok(text) = serde_json::to_string_pretty(&*report) {
                files::download(&name, "application/json", &text);
            }
        })
    });
    let csv = {
        let (data, name) = (props.data.clone(), props.file_name("series", "csv"));
        Callback::from(move |_: MouseEvent| files::download(&name, "text/csv", &series(&data)))
    };
    let shown = props.view.figures();
    let all = (shown.len() > 1).then(|| picture_buttons(props, ALL_FIGURES.say(w.lang), "figures", shown.to_vec()));
    let each = shown.iter().map(|figure| picture_buttons(props, figure.title.say(w.lang), figure.name, vec![*figure]));
    html! {
        <>
            <p class="buttons">
                <button type="button" onclick={toml}>{ w.scenario_toml }</button>
                <button type="button" onclick={json.unwrap_or_default()}>{ w.report_json }</button>
                <button type="button" onclick={csv}>{ w.series_csv }</button>
                <label class="file">{ w.open_scenario }<input type="file" accept=".toml" onchange={props.on_file.clone()} /></label>
            </p>
            <p class="soft">{ PICTURES_WHY.say(w.lang) }</p>
            <ul class="pictures">{ for each }{ all.unwrap_or_default() }</ul>
        </>
    }
}

/// A picture of `figures` to take home, as PNG or SVG.
fn picture_buttons(props: &ShareProps, title: &str, what: &str, figures: Vec<&'static Figure>) -> Html {
    let button = |kind: &'static str, ending: &str, save: fn(&Picture, &str)| {
        let (props, figures, name) = (props.clone(), figures.clone(), props.file_name(what, ending));
        let onclick = Callback::from(move |_: MouseEvent| {
            if let Ok(picture) = props.sheet(&figures) {
                save(&picture, &name);
            }
        });
        html! { <button type="button" {onclick} aria-label={format!("{kind}: {title}")}>{ kind }</button> }
    };
    html! {
        <li>
            <span>{ title }</span>
            { button("PNG", "png", picture::save_png) }
            { button("SVG", "svg", |picture, name| files::download(name, "image/svg+xml", &picture.svg)) }
        </li>
    }
}

impl ShareProps {
    /// The name of a file that shows `what`.
    fn file_name(&self, what: &str, ending: &str) -> String {
        file_name(self.preset.as_deref().unwrap_or(&self.scenario.name), what, ending)
    }

    fn sheet(&self, figures: &[&'static Figure]) -> Result<Picture, String> {
        let (engine, seed) = (ENGINE_VERSION, self.scenario.seed);
        let source = phrase!("Cachelane {engine} · seed {seed}", "Cachelane {engine} · 시드 {seed}");
        let link = self.link.as_ref().ok().map(|link| format!("{}{link}", dom::address()));
        let sheet = Sheet {
            title: &self.name,
            figures,
            data: &self.data,
            options: self.view.options(),
            theme: self.theme,
            language: self.words.lang,
            source: source.say(self.words.lang),
            link: link.as_deref(),
        };
        sheet.draw()
    }
}
