//! The dialog in which a preset is chosen.

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use super::{finds, picture};
use crate::chart::palette::lane_style;
use crate::phrase::{Language, Phrase};
use crate::scenario::presets::{self, Group, Preset};
use crate::web::components::dialog::Dialog;
use crate::web::i18n::Words;
use crate::web::platform::media;

/// What the gallery is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct GalleryProps {
    /// The preset that is open.
    pub chosen: Option<String>,
    /// Hears the name of the one that is wanted.
    pub choose: Callback<String>,
    /// Hears that it should close.
    pub close: Callback<()>,
    /// The language.
    pub words: &'static Words,
}

static TITLE: Phrase = Phrase::fixed("Choose an experiment", "실험 선택");
const SEARCH: Phrase = Phrase::fixed("Search titles and questions", "제목과 질문에서 검색");
static NOTHING: Phrase = Phrase::fixed("No experiment has these words.", "검색어가 들어 있는 실험이 없습니다.");

/// All presets in their groups, with a field that looks for words. Nothing is opened before one is pressed.
#[component]
pub fn Gallery(props: &GalleryProps) -> Html {
    let query = use_state(String::new);
    let language = props.words.lang;
    let on_input = {
        let query = query.clone();
        Callback::from(move |event: InputEvent| query.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let found: Vec<&'static Preset> = presets::all().filter(|preset| finds(preset, &query)).collect();
    let groups = Group::ALL.into_iter().map(|group| {
        let presets: Vec<&'static Preset> =
            found.iter().copied().filter(|preset| preset.about().group == group).collect();
        if presets.is_empty() {
            html! {}
        } else {
            self::group(props, group, &presets, !query.trim().is_empty())
        }
    });
    let search = SEARCH.say(language).to_owned();
    // Where there is no keyboard, the focus would bring up one that covers the pictures.
    let autofocus = media::matches("(hover: hover)");
    html! {
        <Dialog title={TITLE.say(language)} close={props.close.clone()} words={props.words}>
            <input type="search" class="gallery-search" aria-label={search.clone()} placeholder={search} {autofocus}
                autocomplete="off" spellcheck="false" value={(*query).clone()} oninput={on_input} />
            <div class="gallery">
                { for groups }
                <p class="soft" role="status">{ if found.is_empty() { NOTHING.say(language) } else { "" } }</p>
            </div>
        </Dialog>
    }
}

fn group(props: &GalleryProps, group: Group, presets: &[&'static Preset], is_searched: bool) -> Html {
    let title = (props.words.preset_group)(group);
    if group != Group::Twitter {
        let cards = presets.iter().map(|preset| card(props, preset));
        return html! { <section aria-label={title}><h3>{ title }</h3><ul class="cards">{ for cards }</ul></section> };
    }
    let names = presets.iter().map(|preset| {
        let (current, choose) = (current(props, preset), choose(props, preset));
        let title = preset.about().title.say(props.words.lang);
        html! { <li><button type="button" class="plain" value={preset.name} aria-current={current} onclick={choose}>{ title }</button></li> }
    });
    html! {
        <details open={is_searched}>
            <summary><h3>{ title }</h3>{ format!(" ({})", presets.len()) }</summary>
            <ul class="card-names">{ for names }</ul>
        </details>
    }
}

/// A preset's picture, title and question, as one button.
fn card(props: &GalleryProps, preset: &'static Preset) -> Html {
    let (language, about) = (props.words.lang, preset.about());
    let (title_id, question_id) = (format!("card-{}", preset.name), format!("question-{}", preset.name));
    html! {
        <li>
            <button type="button" class="card" value={preset.name} aria-labelledby={title_id.clone()} aria-describedby={question_id.clone()}
                aria-current={current(props, preset)} onclick={choose(props, preset)}>
                { sketch(preset, language) }
                <b id={title_id}>{ about.title.say(language) }</b>
                <span id={question_id}>{ about.question.say(language) }</span>
            </button>
        </li>
    }
}

/// What the run looks like, without numbers: it is there to be recognised.
fn sketch(preset: &Preset, language: Language) -> Html {
    let Some(picture) = picture(preset.name) else { return html! {} };
    let lines = picture.paths.iter().map(|(look, path)| {
        let stroke = format!("stroke:var(--{})", lane_style(*look).colour.name);
        html! { <path d={*path} style={stroke} /> }
    });
    html! {
        <span class="sketch" aria-hidden="true">
            <svg viewBox="0 0 120 32" preserveAspectRatio="none">{ for lines }</svg>
            <small>{ picture.figure.title.say(language) }</small>
        </span>
    }
}

fn current(props: &GalleryProps, preset: &Preset) -> Option<&'static str> {
    (props.chosen.as_deref() == Some(preset.name)).then_some("true")
}

fn choose(props: &GalleryProps, preset: &'static Preset) -> Callback<MouseEvent> {
    props.choose.reform(move |_: MouseEvent| preset.name.to_owned())
}
