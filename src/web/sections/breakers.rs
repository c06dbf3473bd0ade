//! What breaks something now: nothing strikes before a button is pressed, and only what can be noticed is offered.

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::phrase::{Language, Phrase};
use crate::scenario::{FaultKind, Link, Part, Scenario};
use crate::time::Nanos;
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::platform::dom;
use crate::web::state::Action;

/// What the buttons are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct BreakersProps {
    /// Whether there is nothing left to break.
    pub at_end: bool,
    /// What runs.
    pub scenario: Rc<Scenario>,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

const INJECT_FAULT: Phrase = Phrase::fixed("Inject fault", "장애 주입");
const CRASH_CACHE: Phrase = Phrase::fixed("Crash the cache", "캐시 크래시");
const FAULT: Phrase = Phrase::fixed("Fault", "장애");
const DURATION: Phrase = Phrase::fixed("Duration", "지속 시간");
const INJECT: Phrase = Phrase::fixed("Inject", "주입");

/// How long what is broken stays so.
pub(super) static LASTS: [(&str, Phrase); 6] = [
    ("1s", Phrase::fixed("1 s", "1초")),
    ("2s", Phrase::fixed("2 s", "2초")),
    ("5s", Phrase::fixed("5 s", "5초")),
    ("10s", Phrase::fixed("10 s", "10초")),
    ("30s", Phrase::fixed("30 s", "30초")),
    ("60s", Phrase::fixed("60 s", "60초")),
];

/// A fault that can be chosen: the kind, and the link of one that happens to a link.
#[derive(Clone, Copy, PartialEq)]
struct Offer {
    what: FaultKind,
    link: Option<Link>,
}

impl Offer {
    /// As the menu says it: `cache.crash`, `network.partition/app-cache`.
    fn value(self) -> String {
        self.link.map_or_else(|| self.what.name().to_owned(), |link| format!("{}/{}", self.what.name(), link.name()))
    }

    fn of_value(value: &str) -> Option<Offer> {
        let (what, link) = value.split_once('/').map_or((value, None), |(what, link)| (what, Some(link)));
        let what = FaultKind::ALL.into_iter().find(|kind| kind.name() == what)?;
        Some(Offer { what, link: link.and_then(|name| Link::ALL.into_iter().find(|link| link.name() == name)) })
    }

    fn title(self, words: &Words) -> String {
        let title = self.what.title();
        let title = title.say(words.lang);
        self.link.map_or_else(|| title.to_owned(), |link| format!("{title} {}", (words.link_name)(link)))
    }
}

/// Every fault that some lane could notice.
fn offers(scenario: &Scenario) -> Vec<Offer> {
    let each = FaultKind::ALL.into_iter().flat_map(|what| {
        let links: Vec<Option<Link>> =
            if what.part() == Part::Link { Link::ALL.into_iter().map(Some).collect() } else { vec![None] };
        links.into_iter().map(move |link| Offer { what, link })
    });
    each.filter(|offer| scenario.could_notice(offer.what, offer.link)).collect()
}

/// Why nothing can be broken.
pub(super) const IS_OVER: Phrase = Phrase::fixed(
    "The run has ended: play it again, or go back in it, to break something.",
    "실행이 끝났습니다. 장애를 주입하려면 다시 재생하거나 이전 시점으로 돌아가세요.",
);

/// Breaks something now; it becomes a fault of the scenario, so that the link has it too.
#[component]
pub fn Breakers(props: &BreakersProps) -> Html {
    let (w, language, disabled) = (props.words, props.words.lang, props.at_end);
    let offers = use_memo(props.scenario.clone(), |scenario| offers(scenario));
    let lasts = use_state_eq(|| AttrValue::Static("5s"));
    let chosen = use_state_eq(|| None::<String>);
    let shown = use_state_eq(|| false);
    let inject = use_inject(props, lasts.parse().unwrap_or_else(|_| Nanos::from_secs(5)));
    let crash = Offer { what: FaultKind::CacheCrash, link: None };
    let usual = offers.iter().find(|offer| **offer != crash).or(offers.first()).copied();
    let menu = use_node_ref();
    let strike = |choose: Rc<dyn Fn() -> Option<Offer>>| {
        let inject = inject.clone();
        Callback::from(move |event: MouseEvent| {
            dom::leave_after_click(&event);
            if let Some(offer) = choose().filter(|_| !disabled) {
                inject.emit((offer.what, offer.link));
            }
        })
    };
    let of_menu = {
        let menu = menu.clone();
        strike(Rc::new(move || Offer::of_value(&menu.cast::<HtmlSelectElement>()?.value())))
    };
    let current = (*chosen).clone().filter(|value| offers.iter().any(|offer| offer.value() == *value));
    let current = current.or(usual.map(Offer::value));
    let toggle = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    // Whoever stands on one when the run ends keeps the focus, and hears why nothing happens.
    let (off, title) = (disabled.then_some("true"), disabled.then(|| IS_OVER.say(language).to_owned()));
    html! {
        <>
            <button type="button" class="narrow fault-toggle" aria-expanded={shown.to_string()} aria-controls="breakers"
                onclick={toggle}>{ FAULT.say(language) }</button>
            <div id="breakers" class={classes!("breakers", shown.then_some("shown"))} role="group" aria-label={INJECT_FAULT.say(language).to_owned()}>
                <span class="soft" aria-hidden="true">{ INJECT_FAULT.say(language) }</span>
                if offers.contains(&crash) {
                    <button type="button" class="break" aria-disabled={off} title={title.clone()} onclick={strike(Rc::new(move || Some(crash)))}>{ CRASH_CACHE.say(language) }</button>
                }
                <Select node={menu} class="break-more" called={FAULT.say(language).to_owned()} title={title.clone()} value={current.unwrap_or_default()} choose={keep(&chosen)}>
                    { options(&offers, w) }
                </Select>
                <label class="lasts">{ DURATION.say(language) }
                    <Select value={(*lasts).clone()} choose={keep_text(&lasts)}>{ durations(language) }</Select>
                </label>
                <button type="button" class="break" aria-disabled={off} {title} onclick={of_menu}>{ INJECT.say(language) }</button>
            </div>
        </>
    }
}

/// What injects a fault that lasts so long; the servers take turns.
#[hook]
fn use_inject(props: &BreakersProps, lasts: Nanos) -> Callback<(FaultKind, Option<Link>)> {
    let next = use_mut_ref(|| 0_u32);
    let (act, servers) = (props.dispatch.clone(), props.scenario.app.servers.max(1));
    Callback::from(move |(what, link): (FaultKind, Option<Link>)| {
        let server = (what.part() == Part::App).then(|| {
            let server = *next.borrow() % servers;
            *next.borrow_mut() += 1;
            server
        });
        act.emit(Action::Inject { what, server, link, lasts });
    })
}

fn keep(chosen: &UseStateHandle<Option<String>>) -> Callback<String> {
    let chosen = chosen.setter();
    Callback::from(move |value: String| chosen.set(Some(value)))
}

fn keep_text(kept: &UseStateHandle<AttrValue>) -> Callback<String> {
    let kept = kept.setter();
    Callback::from(move |value: String| kept.set(value.into()))
}

fn durations(language: Language) -> Html {
    let options = LASTS.iter().map(|(value, said)| html! { <option value={*value}>{ said.say(language) }</option> });
    html! { <>{ for options }</> }
}

/// The menu, by what a fault happens to.
fn options(offers: &[Offer], words: &Words) -> Html {
    let groups = Part::ALL.into_iter().filter_map(|part| {
        let options = offers.iter().filter(|offer| offer.what.part() == part).map(|offer| {
            let (value, title) = (offer.value(), offer.title(words));
            html! { <option key={value.as_str()} value={value.clone()}>{ title }</option> }
        });
        let options: Vec<Html> = options.collect();
        (!options.is_empty())
            .then(|| html! { <optgroup key={part as u32} label={(words.fault_part)(part)}>{ for options }</optgroup> })
    });
    html! { <>{ for groups }</> }
}
