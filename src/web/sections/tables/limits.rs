//! The form for the reader's own limits.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::phrase::Phrase;
use crate::web::components::fold::use_fold;
use crate::web::i18n::Words;
use crate::web::state::board::{Limited, Unit, limitable};
use crate::web::state::limits::{Limit, Limits, usual_sign};
use crate::web::state::{Action, ViewAction};

/// What the form is made from.
#[derive(Clone, PartialEq, Properties)]
pub struct LimitFieldsProps {
    /// The limits that are set.
    pub limits: Limits,
    /// Hears what the reader does.
    pub dispatch: Callback<Action>,
    /// The language.
    pub words: &'static Words,
}

const SET_LIMITS: Phrase = Phrase::fixed("Pass/fail limits", "합격 기준");
const WHY: Phrase = Phrase::fixed(
    "A lane passes if it keeps all limits given here. They are part of the link.",
    "여기에 적은 한계를 모두 지키는 레인이 통과합니다. 한계는 링크에 포함됩니다.",
);
const COUNT: Phrase = Phrase::fixed("a number from 0, or nothing", "0 이상의 수, 또는 빈칸");
const MILLIS: Phrase = Phrase::fixed("a time from 0 ms, or nothing", "0 ms 이상의 시간, 또는 빈칸");
const SHARE: Phrase = Phrase::fixed("0 to 100 %, or nothing", "0~100 %, 또는 빈칸");

/// A field for each number that a limit can be set on.
#[component]
pub fn LimitFields(props: &LimitFieldsProps) -> Html {
    let w = props.words;
    let (open, ontoggle) = use_fold(!props.limits.is_empty());
    let fields = || {
        limitable().map(|of| {
            html! { <LimitField key={of.name} of={LimitedRef(of)} all={props.clone()} /> }
        })
    };
    html! {
        <details class="limits fold" {open} {ontoggle}>
            <summary>{ SET_LIMITS.say(w.lang) }</summary>
            if open {
                <p class="soft">{ WHY.say(w.lang) }</p>
                <div class="limit-fields">{ for fields() }</div>
            }
        </details>
    }
}

/// What a limit can be set on, which properties can hold.
#[derive(Clone, Copy, PartialEq)]
struct LimitedRef(&'static Limited);

#[derive(Clone, PartialEq, Properties)]
struct LimitFieldProps {
    of: LimitedRef,
    all: LimitFieldsProps,
}

/// One field; what cannot be a bound stays there until it is mended, and changes nothing.
#[component]
fn LimitField(props: &LimitFieldProps) -> Html {
    let (LimitedRef(of), LimitFieldsProps { limits, dispatch, words }) = (props.of, &props.all);
    let language = words.lang;
    let bad = use_state_eq(|| None::<String>);
    let change = {
        let (bad, limits, dispatch) = (bad.clone(), limits.clone(), dispatch.clone());
        Callback::from(move |event: Event| {
            let typed = event.target_unchecked_into::<HtmlInputElement>().value();
            let bound = of.unit.read(&typed);
            if bound.is_none() && !typed.trim().is_empty() {
                return bad.set(Some(typed));
            }
            bad.set(None);
            dispatch.emit(Action::View(ViewAction::Limits(limits.with(of, bound))));
        })
    };
    let set = limits.of(of);
    let sign = set.map_or_else(|| usual_sign(of), Limit::sign).replace("<=", "≤").replace(">=", "≥");
    let held = set.map(|limit| of.unit.plain(limit.bound)).unwrap_or_default();
    let value = (*bad).clone().unwrap_or(held);
    let allowed = match of.unit {
        Unit::Count | Unit::Amount => &COUNT,
        Unit::Millis => &MILLIS,
        Unit::Share => &SHARE,
    };
    let id = format!("limit-{}", of.name);
    let why = format!("{id}-why");
    html! {
        <div class="limit-field">
            <label for={id.clone()}>{ of.label.say(language) }{ " " }{ sign }</label>
            <input {id} type="text" inputmode="decimal" autocomplete="off" {value} onchange={change}
                aria-invalid={bad.is_some().then_some("true")} aria-describedby={bad.is_some().then(|| why.clone())} />
            <span class="soft">{ of.unit.sign() }</span>
            if let Some(typed) = &*bad {
                <p class="complaint" role="alert" id={why}>{ format!("{typed}: {}", allowed.say(language)) }</p>
            }
        </div>
    }
}
