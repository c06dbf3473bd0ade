//! Who asks: arrivals, the share of writes, keys, and traces of them.

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use super::paste_trace::PasteTrace;
use super::trace_sheet::trace_sheet;
use super::{choices, choose, options_at, word_at};
use crate::escape::{shown, shown_lines};
use crate::phrase::{Phrase, phrase};
use crate::scenario::{Arrivals, FieldValue, Keys};
use crate::web::components::any_field::Draft;
use crate::web::components::choice::Choice;
use crate::web::components::context::Ctx;
use crate::web::components::control::labelled;
use crate::web::components::distribution::Dist;
use crate::web::components::drop::FileDrop;
use crate::web::components::number::Number;
use crate::web::i18n::Words;
use crate::web::platform::files;
use crate::web::state::Action;
use crate::web::state::traces::{BYTES_MAX, TraceFile, TracesShown};

const OPTIONS: Phrase = Phrase::fixed(
    "What begins with -- is an option of the command line, cachelane replay. Here, give a table a first line with names, such as \
     time,key,size, or put one key on each line.",
    "--로 시작하는 것은 명령줄 cachelane replay의 옵션입니다. 이 페이지에서는 표의 첫 줄에 time,key,size 같은 열 이름을 넣거나, 한 줄에 키를 하나씩 두세요.",
);

pub(super) fn traffic(draft: &Draft, ctx: &Ctx, traces: &TracesShown) -> Html {
    html! {
        <>
            { arrivals(draft, ctx) }
            { labelled(draft, ctx, draft.form.fields("clients")) }
            { keys(draft, ctx, traces) }
        </>
    }
}

fn arrivals(draft: &Draft, ctx: &Ctx) -> Html {
    const PATH: &str = "clients.arrivals";
    let w = ctx.words;
    let edits = Callback::from(|word: String| choose(PATH, FieldValue::word(&word)));
    let detail = match &draft.scenario.clients.arrivals {
        Arrivals::Closed { users, think, .. } => html! {
                   <>
                       <Number path="clients.arrivals.users" label={w.users} value={f64::from(*users)} whole=true />
                       <Dist path="clients.arrivals.think" label={w.think} value={think.clone()}
        />
                   </>
               },
        _ => options_at(draft, ctx, PATH),
    };
    html! {
        <>
            <Choice path={PATH} label={w.arrivals} value={word_at(draft, PATH)} {edits}
                options={choices(draft, PATH, |word| w.arrivals_called(word))} />
            { detail }
        </>
    }
}

fn keys(draft: &Draft, ctx: &Ctx, traces: &TracesShown) -> Html {
    const PATH: &str = "clients.keys";
    let w = ctx.words;
    let now = word_at(draft, PATH);
    let file = traces.opened.as_ref().map(|(name, _)| name.clone());
    let is_open = file.is_some();
    let edits = Callback::from(move |word: String| match &file {
        Some(file) if word == "trace" => choose(PATH, FieldValue::of(&Keys::of_trace(file.clone()))),
        _ => choose(PATH, FieldValue::word(&word)),
    });
    // A trace can be chosen once it is open.
    let offered = choices(draft, PATH, |word| w.keys_called(word)).into_iter();
    let offered = offered.filter(|(name, _)| *name != "trace" || is_open || now == "trace");
    html! {
        <>
            <Choice path={PATH} label={w.keys} value={now.clone()} {edits} options={offered.collect::<Vec<_>>()} />
            { options_at(draft, ctx, PATH) }
            { trace_input(ctx, traces) }
            if let TracesShown { reading: None, opened: Some((name, facts)), .. } = traces {
                { trace_sheet(&draft.scenario, name, facts, ctx) }
            }
        </>
    }
}

fn trace_input(ctx: &Ctx, traces: &TracesShown) -> Html {
    let w = ctx.words;
    let cancel = ctx.dispatch.reform(|_: MouseEvent| Action::CancelTrace);
    let told = match traces {
        TracesShown { reading: Some((name, _)), .. } => (w.trace_reading)(name),
        TracesShown { opened: Some((name, facts)), .. } => (w.trace_opened)(name, facts),
        _ => w.trace_formats.to_owned(),
    };
    html! {
        <FileDrop class="trace-input" on_file={trace_reader(&ctx.dispatch)}>
            { trace_opener(&ctx.dispatch, w) }
            <p id="trace-told" class="soft" role="status">{ told }</p>
            { trace_refused(traces.refused.as_ref(), w) }
            { trace_notes(w, traces) }
            if let Some((name, progress)) = &traces.reading {
                <p class="reading">
                    <progress max="100" value={progress.percent().to_string()} aria-label={(w.trace_reading)(name)} />
                    <span class="number">{ format!("{} %", progress.percent()) }</span>
                    <button type="button" onclick={cancel}>{ w.cancel_reading }</button>
                </p>
            }
            <PasteTrace />
        </FileDrop>
    }
}

/// Opens a trace's file.
pub fn trace_reader(dispatch: &Callback<Action>) -> Callback<File> {
    let act = dispatch.clone();
    Callback::from(move |file: File| {
        let unread = act.reform(Action::TraceRefused);
        if file.size() > BYTES_MAX {
            return unread.emit(too_large(&file.name(), file.size()));
        }
        let name = file.name();
        let open =
            act.reform(move |bytes: Vec<u8>| Action::OpenTrace(TraceFile { name: name.clone(), bytes: bytes.into() }));
        files::read_bytes(file, open, unread);
    })
}

/// The button that opens a trace's file.
pub fn trace_opener(dispatch: &Callback<Action>, w: &Words) -> Html {
    let read = trace_reader(dispatch);
    let open = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            read.emit(file);
            input.set_value(""); // else the same file, mended, would be no change
        }
    });
    html! {
        <label class="file">{ w.open_trace }<input type="file" aria-describedby="trace-told" onchange={open} /></label>
    }
}

/// Why the last file is no trace, and what that means here; the notice at the top may be out of sight.
pub fn trace_refused(why: Option<&Phrase>, w: &Words) -> Html {
    let Some(why) = why else { return html! {} };
    let why = why.say(w.lang);
    html! {
        <>
            <p class="complaint lines">{ shown_lines(why).into_owned() }</p>
            if why.contains(" --") { <p class="soft">{ OPTIONS.say(w.lang).to_owned() }</p> }
        </>
    }
}

/// What the reader should know of how the file was read.
fn trace_notes(w: &Words, traces: &TracesShown) -> Html {
    let notes = match traces {
        TracesShown { reading: None, opened: Some((_, facts)), .. } if !facts.notes.is_empty() => &facts.notes,
        _ => return html! {},
    };
    let notes = notes.iter().map(|note| html! { <li>{ shown(note.say(w.lang)).into_owned() }</li> });
    html! { <ul class="soft trace-notes">{ for notes }</ul> }
}

fn too_large(name: &str, size: f64) -> Phrase {
    let mib = |bytes: f64| (bytes / 1_048_576.0).ceil();
    let (size, most) = (mib(size), mib(BYTES_MAX));
    phrase!(
        "{name}: it is {size} MiB, and this page reads traces of at most {most} MiB; the command line reads larger ones",
        "{name}: {size} MiB입니다. 이 페이지는 {most} MiB까지의 트레이스를 읽습니다. 더 큰 파일은 명령줄에서 읽으세요"
    )
}
