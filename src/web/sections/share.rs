//! The share dialog: the link, the snippet for a blog, and the files to take home.

use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use web_sys::{HtmlCanvasElement, HtmlInputElement};
use yew::prelude::*;

use super::notices::{SaveScenario, too_long};
use crate::chart::palette::Theme;
use crate::chart::{self, Data, FIGURES, Figure};
use crate::report::{Report, csv};
use crate::scenario::Scenario;
use crate::web::components::dialog::Dialog;
use crate::web::i18n::Words;
use crate::web::platform::{dom, files};
use crate::web::state::saved::{self, TooLong};
use crate::web::state::view::{Control, ThemeChoice, View};

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
                <p class="soft">{ w.link_why }</p>
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
    let view = View {
        embed: Some(FIGURES.iter().filter(|f| figures.contains(&f.name)).collect()),
        figures: None,
        controls: Some(Control::ALL.into_iter().filter(|c| controls.contains(c)).collect()),
        lanes: (lanes.len() < props.titles.len()).then(|| lanes.to_vec()),
        theme: ThemeChoice::System,
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

/// What a page of one's own takes to show the experiment of `link`: an element of embed.js, or a plain frame.
fn snippets(link: &str) -> [String; 2] {
    let address = dom::address();
    let folder = &address[..address.rfind('/').map_or(address.len(), |i| i + 1)];
    let src = format!("{address}{link}").replace('&', "&amp;").replace('"', "%22");
    [
        format!("<script type=\"module\" src=\"{folder}embed.js\"></script>\n<cache-lane src=\"{src}\"></cache-lane>"),
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
        let scenario = props.scenario.clone();
        Callback::from(move |_: MouseEvent| files::download("scenario.toml", "application/toml", &scenario.to_toml()))
    };
    let json = props.report.clone().map(|report| {
        Callback::from(move |_: MouseEvent| {
            if let Ok(text) = serde_json::to_string_pretty(&*report) {
                files::download("cachelane.json", "application/json", &text);
            }
        })
    });
    let csv = {
        let data = props.data.clone();
        Callback::from(move |_: MouseEvent| files::download("cachelane.csv", "text/csv", &series(&data)))
    };
    let pictures = props.view.figures().iter().map(|figure| {
        let figure: &'static Figure = figure;
        let (options, data, theme) = (props.view.options(), props.data.clone(), props.theme);
        let svg = Callback::from(move |_: MouseEvent| {
            if let Ok(text) = chart::svg(figure, &data, options, theme, (960, 380), w.lang) {
                files::download(&format!("cachelane-{}.svg", figure.name), "image/svg+xml", &text);
            }
        });
        let png = Callback::from(move |_: MouseEvent| png_of(figure.name));
        html! {
            <li>
                <span>{ figure.title.say(w.lang) }</span>
                <button type="button" onclick={png} aria-label={format!("PNG: {}", figure.title.say(w.lang))}>{ "PNG" }</button>
                <button type="button" onclick={svg} aria-label={format!("SVG: {}", figure.title.say(w.lang))}>{ "SVG" }</button>
            </li>
        }
    });
    html! {
        <>
            <p class="buttons">
                <button type="button" onclick={toml}>{ w.scenario_toml }</button>
                <button type="button" onclick={json.unwrap_or_default()}>{ w.report_json }</button>
                <button type="button" onclick={csv}>{ w.series_csv }</button>
                <label class="file">{ w.open_scenario }<input type="file" accept=".toml" onchange={props.on_file.clone()} /></label>
            </p>
            <ul class="pictures">{ for pictures }</ul>
        </>
    }
}

/// Offers a figure as it stands on the page, on the page's ground.
fn png_of(name: &str) {
    let canvas = dom::document().query_selector(&format!(".figure-{} canvas", name)).ok().flatten();
    let Some(canvas) = canvas.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok()) else { return };
    if let Ok(url) = canvas.to_data_url() {
        files::follow(&url, &format!("cachelane-{}.png", name));
    }
}
