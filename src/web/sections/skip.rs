//! For the keyboard: from the top of the page straight to one of its parts.

use yew::prelude::*;

use super::stage::words::STAGE;
use crate::phrase::Phrase;
use crate::web::i18n::Words;
use crate::web::platform::dom;

const LABEL: Phrase = Phrase::fixed("Skip to", "바로 가기");

const MANY_RUNS: Phrase = Phrase::fixed("Many runs", "여러 번 실행");

const LINKS: Phrase = Phrase::fixed("Links", "링크");

/// Links that are seen only while they have the focus. They are buttons, since the address's `#` is the scenario's.
pub fn skip_links(words: &'static Words) -> Html {
    let parts = [
        (".transport", words.time_controls.to_owned()),
        (".scenes", STAGE.say(words.lang).to_owned()),
        (".figures", words.figures.to_owned()),
        (".scoreboard", words.scoreboard.to_owned()),
        (".seeds", MANY_RUNS.say(words.lang).to_owned()), // the first panel of them
        ("#settings", words.controls.to_owned()),
        ("footer", LINKS.say(words.lang).to_owned()),
    ];
    let links = parts.into_iter().map(|(selector, name)| {
        let go = move |_: MouseEvent| dom::focus_on(selector);
        html! { <button type="button" role="link" onclick={Callback::from(go)}>{ name }</button> }
    });
    html! { <nav class="skip" aria-label={LABEL.say(words.lang).to_owned()}>{ for links }</nav> }
}
