//! What is on the page, part by part.

use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use web_sys::Event;
use yew::prelude::*;

use super::{App, Msg};
use crate::chart::palette::Theme;
use crate::escape::shown;
use crate::phrase::Phrase;
use crate::scenario::Lane;
use crate::scenario::presets::{self, Preset};
use crate::web::components::dialog::Dialog;
use crate::web::platform::{dom, files, media};
use crate::web::sections::capacity::HiddenCapacity;
use crate::web::sections::controls::Controls;
use crate::web::sections::curve::CapacityCurve;
use crate::web::sections::expect::Expect;
use crate::web::sections::figures::Figures;
use crate::web::sections::gallery::Gallery;
use crate::web::sections::headline::{Question, Topic};
use crate::web::sections::lead::{Headline, Legend};
use crate::web::sections::notices::Notices;
use crate::web::sections::seeds::ManySeeds;
use crate::web::sections::share::Share;
use crate::web::sections::skip::skip_links;
use crate::web::sections::stage::Stage;
use crate::web::sections::story::{OtherCases, StoryDialog};
use crate::web::sections::sweep::SweepPanel;
use crate::web::sections::tables::{
    CacheNodes, Costs, DivergedCopies, LostWrites, Measured, MoreFigures, Percentiles, ReportProps, Reproduce,
    Scoreboard, StoppedLanes, TrafficClasses,
};
use crate::web::sections::transport::Transport;
use crate::web::sections::welcome::{Welcome, footer_links};
use crate::web::sections::worst::WorstRun;
use crate::web::state::traces::TraceFile;
use crate::web::state::view::{Control, ThemeChoice};
use crate::web::state::{Action, TimeAction, ViewAction, saved, stage};

const PAST: Phrase = Phrase::fixed(
    "Requests on their way are shown only while they are simulated.",
    "요청의 흐름은 시뮬레이션하는 동안에만 볼 수 있습니다.",
);
const RUN_FROM_HERE: Phrase = Phrase::fixed("Run from here", "여기서부터 다시 실행");
const ABOUT: Phrase = Phrase::fixed("About this experiment", "이 실험에 대하여");
const TAGLINE: Phrase = Phrase::fixed(
    "Cache strategies side by side, through the same crash",
    "같은 트래픽, 같은 장애에서 비교하는 캐시 전략",
);
const ON_ITS_WAY: Phrase =
    Phrase::fixed("The rest of the page has not loaded yet.", "페이지의 나머지 부분은 아직 불러오지 않았습니다.");
const SHOW_IT: Phrase = Phrase::fixed("Load it now", "지금 불러오기");
const EDITED: Phrase = Phrase::fixed("edited", "수정됨");
const RESET: Phrase = Phrase::fixed("Reset", "되돌리기");

impl App {
    pub(super) fn whole(&self, ctx: &Context<App>) -> Html {
        let titles = self.titles();
        let w = self.words();
        html! {
            <div class="page">
                { skip_links(w) }
                { self.head(ctx) }
                <main>
                    { self.notices() }
                    { self.sentence(&titles) }
                    <Welcome words={w} />
                    <div class="stage">
                        // On a phone the values stand in two columns above their figure: their place is kept until they come.
                        <div class="sight" style={format!("--rows:{}", self.shown().iter().filter(|shown| **shown).count().div_ceil(2))}>
                            { self.transport() }
                            { self.stage(&titles) }
                            { self.figures(&titles) }
                            { self.scoreboard(&titles) }
                            if self.is_whole { { self.further_down(&titles) } } else { { self.on_its_way(ctx) } }
                        </div>
                        <Controls scenario={self.state.draft.clone()} titles={titles.clone()} shown={self.shown()}
                            can_undo={self.state.history.can_undo()} can_redo={self.state.history.can_redo()} traces={self.state.traces.shown()}
                            is_open={self.has_settings_open} close={self.on_settings_close.clone()} />
                    </div>
                </main>
                <footer><p class="soft">{ w.footer }</p>{ footer_links(w.lang) }</footer>
                if self.choosing { { self.gallery(ctx) } }
                if self.sharing { { self.share(ctx, &titles) } }
                if self.helping { { self.help(ctx) } }
                if let Some(open) = self.state.story.clone() {
                    <StoryDialog {open} scenario={self.state.running.clone()} trace={self.trace()} titles={titles.clone()} dispatch={self.dispatch.clone()} words={w} />
                }
            </div>
        }
    }

    /// What readers come to when they have seen a figure.
    fn further_down(&self, titles: &Rc<Vec<String>>) -> Html {
        let w = self.words();
        html! {
            <>
                <ManySeeds scenario={self.state.running.clone()} trace={self.trace()} dispatch={self.dispatch.clone()} on_range={self.on_range.clone()} words={w} />
                <WorstRun scenario={self.state.running.clone()} trace={self.trace()} dispatch={self.dispatch.clone()} words={w} />
                <HiddenCapacity scenario={self.state.running.clone()} words={w} />
                <CapacityCurve scenario={self.state.running.clone()} trace={self.trace()}
                    traces={self.state.traces.shown()} report={self.state.run.report.clone().filter(|_| self.state.is_over())} titles={titles.clone()}
                    on_sweep={self.on_sweep.clone()} dispatch={self.dispatch.clone()} words={w} />
                <SweepPanel scenario={self.state.running.clone()} trace={self.trace()} wanted={self.to_sweep} dispatch={self.dispatch.clone()} words={w} />
                { self.tables(titles) }
            </>
        }
    }

    /// The trace file that is open.
    fn trace(&self) -> Option<TraceFile> {
        self.state.traces.opened.as_ref().map(|(file, _)| file.clone())
    }

    /// In its place until then.
    fn on_its_way(&self, ctx: &Context<App>) -> Html {
        let language = self.words().lang;
        let show = ctx.link().callback(|_: MouseEvent| Msg::Whole);
        html! {
            <p class="soft seeds on-its-way">{ ON_ITS_WAY.say(language) }{ " " }<button type="button" class="plain" onclick={show}>{ SHOW_IT.say(language) }</button></p>
        }
    }

    pub(super) fn embedded(&self) -> Html {
        let titles = self.titles();
        let view = &self.state.view;
        let controls = Control::ALL.into_iter().any(|control| control != Control::Lanes && view.allows(control));
        let mut full = view.clone();
        full.embed = None;
        full.controls = None;
        let href = self.state.link_as(&full).map(|link| format!("{}{link}", dom::address()));
        html! {
            <main class="page embed" id="embed">
                { self.notices() }
                { self.sentence(&titles) }
                { self.legend(&titles) }
                if controls { { self.transport() } }
                { self.figures(&titles) }
                if let Ok(href) = href {
                    <p class="full"><a {href} target="_blank" rel="noopener">{ self.words().open_full }</a></p>
                }
            </main>
        }
    }

    fn head(&self, ctx: &Context<App>) -> Html {
        let w = self.words();
        let act = self.dispatch.clone();
        let other = self.state.lang.next();
        let language = act.reform(move |_: MouseEvent| Action::View(ViewAction::Language(other)));
        let dark = self.theme() == Theme::Dark;
        let theme = act.reform(move |_: MouseEvent| {
            Action::View(ViewAction::Theme(if dark { ThemeChoice::Light } else { ThemeChoice::Dark }))
        });
        html! {
            <header class="head">
                <div>
                    <h1>{ "Cachelane" }</h1>
                    <p class="tagline soft">{ TAGLINE.say(w.lang) }</p>
                </div>
                <button type="button" class="plain preset" aria-haspopup="dialog" onclick={ctx.link().callback(|_| Msg::Choose(true))}>
                    <span class="unseen">{ format!("{}: ", w.preset) }</span>{ self.name() }
                </button>
                <div class="tools">
                    <button type="button" class="plain" onclick={ctx.link().callback(|_| Msg::Share(true))}>{ w.share }</button>
                    <button type="button" class="plain" onclick={ctx.link().callback(|_| Msg::Help(true))} aria-label={w.help} title={w.help}>{ "?" }</button>
                    <button type="button" class="plain" onclick={theme} aria-label={w.change_theme} title={w.change_theme}>{ if dark { "☀" } else { "☾" } }</button>
                    <button type="button" class="plain" onclick={language} lang={other.code()}>{ other.own_name() }</button>
                </div>
            </header>
        }
    }

    /// What the experiment is called.
    fn name(&self) -> String {
        let (name, words) = (self.state.preset.as_deref(), self.words());
        let preset = name.and_then(|name| presets::get(name).ok());
        match (preset, self.state.draft.name.as_str()) {
            (Some(preset), _) => preset.about().title.say(words.lang).to_owned(),
            (None, "") => words.own_scenario.to_owned(),
            (None, own) => shown(own).into_owned(),
        }
    }

    fn gallery(&self, ctx: &Context<App>) -> Html {
        let choose =
            ctx.link().batch_callback(|name| vec![Msg::Choose(false), Msg::Dispatch(Action::OpenPreset(name))]);
        html! {
            <Gallery chosen={self.state.preset.clone()} {choose} close={ctx.link().callback(|()| Msg::Choose(false))} words={self.words()} />
        }
    }

    /// The sentence at the top; under it what the preset is about, as long as the experiment is the preset's.
    fn sentence(&self, titles: &Rc<Vec<String>>) -> Html {
        let language = self.words().lang;
        let about = self.state.preset.as_deref().and_then(|name| presets::get(name).ok());
        // What is said of an experiment holds with any seed.
        let is_edited = about.is_some_and(|preset| !preset.is_but_for_its_seed(&self.state.draft));
        let about = about.map(Preset::about);
        let whole = !self.state.view.is_embed();
        let question = about.and_then(|about| Question::of(Topic { claim: about.claim, watch: &about.watch }));
        let outcome = self.state.run.report.clone().filter(|_| self.state.is_over());
        html! {
            <div class="lead">
                <Headline report={self.state.report()} titles={titles.clone()} shown={self.shown()}
                    claim={self.state.claim()}
                    watch={about.map(|about| about.watch.clone()).unwrap_or_default()}
                    name={self.name()} finished={self.state.at_end()} words={self.words()} />
                if let (Some(about), true) = (about, whole) {
                    if is_edited { { self.edited(&about.title) } } else {
                        <div class="about">
                            // The description tells the answer: whoever is asked opens it afterwards.
                            <details open={question.is_none() && media::matches("(min-width: 40.01rem) and (min-height: 40rem)")}>
                                <summary>{ ABOUT.say(language) }</summary>
                                <p class="soft">{ about.description.say(language) }{ " " }{ about.question.say(language) }</p>
                            </details>
                            if let Some(question) = question {
                                <Expect key={self.state.preset.clone().unwrap_or_default()} {question} {outcome} titles={titles.clone()} words={self.words()} />
                            }
                        </div>
                    }
                }
            </div>
        }
    }

    /// What was said of the preset may hold no longer.
    fn edited(&self, title: &Phrase) -> Html {
        let language = self.words().lang;
        let preset = self.state.preset.clone().unwrap_or_default();
        let reset = self.dispatch.reform(move |_: MouseEvent| Action::OpenPreset(preset.clone()));
        html! {
            <p class="about soft"><mark>{ EDITED.say(language) }</mark>{ " " }{ title.say(language) }{ " " }
                <button type="button" class="plain" onclick={reset}>{ RESET.say(language) }</button></p>
        }
    }

    fn legend(&self, titles: &Rc<Vec<String>>) -> Html {
        let switches = self.state.view.allows(Control::Lanes);
        html! {
            <Legend titles={titles.clone()} shown={self.shown()} {switches} dispatch={self.dispatch.clone()} words={self.words()} />
        }
    }

    fn transport(&self) -> Html {
        let state = &self.state;
        html! {
            <Transport running={state.is_running()} at_end={state.at_end()} now={state.seen()} reached={state.run.now} scenario={state.draft.clone()}
                duration={state.running.duration} speed={state.speed} view={state.view.clone()}
                halted={state.stop_reason.is_some()} has_settings_open={self.has_settings_open}
                on_settings={(!state.view.is_embed()).then(|| self.on_settings.clone())} dispatch={self.dispatch.clone()} words={self.words()} />
        }
    }

    /// What is being simulated, where that is what is seen.
    fn stage(&self, titles: &Rc<Vec<String>>) -> Html {
        let state = &self.state;
        if state.seen() < state.run.now {
            let here = self.dispatch.reform(|_: MouseEvent| Action::Time(TimeAction::RunFromHere));
            return html! {
                <p class="scenes soft">{ PAST.say(self.words().lang) }{ " " }
                    <button type="button" onclick={here}>{ RUN_FROM_HERE.say(self.words().lang) }</button></p>
            };
        }
        let latencies = (0..titles.len()).map(|lane| stage::latency_s(&state.run, lane)).collect::<Vec<_>>();
        let write_back = |lane: &Lane| lane.write.write_back().is_some();
        let writes_back = state.running.lanes.iter().map(write_back).collect::<Vec<_>>();
        let claim =
            state.preset.as_deref().and_then(|name| presets::get(name).ok()).and_then(|preset| preset.about().claim);
        let compared = claim.map(|claim| vec![claim.lane, claim.than]).unwrap_or_default();
        html! {
            <Stage run={state.generation()} scenes={state.run.scenes.clone()} now={state.run.now} scenario={state.draft.clone()} speed={state.speed} plays={state.is_running() && !state.is_hurrying()}
                {latencies} titles={titles.clone()} looks={self.looks()} shown={self.shown()} {compared} {writes_back} wanted={state.wanted} halted={state.at_end() || state.stop_reason.is_some()}
                theme={self.theme()} dispatch={self.dispatch.clone()} words={self.words()} />
        }
    }

    fn figures(&self, titles: &[String]) -> Html {
        let view = &self.state.view;
        html! {
            <Figures figures={view.figures().to_vec()} options={view.options()} data={self.data(titles)} theme={self.theme()}
                words={self.words()} looking={self.looking} on_look={self.on_look.clone()} dispatch={self.dispatch.clone()}
                can_choose={!view.is_embed()} seeds={self.seeds_band()} has_before={self.state.before().is_some()} cannot_keep={self.state.lanes_before().err()} />
        }
    }

    /// All lanes at a glance.
    fn scoreboard(&self, titles: &Rc<Vec<String>>) -> Html {
        let Some(report) = self.state.report() else { return html! {} };
        let (report, shown, words) = (report.clone(), self.shown(), self.words());
        html! {
            <>
                if let (true, Some((played, all))) = (self.state.at_end(), self.state.run.unplayed) {
                    <p class="notice small calm" role="status">{ (words.trace_longer)(played, all) }</p>
                }
                <StoppedLanes stopped={self.state.run.stopped.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <Scoreboard {report} titles={titles.clone()} {shown} until={self.state.recalled_at()} warmup={self.state.running.warmup} {words}
                    limits={self.state.view.limits.clone()} watches_copies={self.state.view.figures().iter().any(|figure| figure.name == "diverging")} dispatch={self.dispatch.clone()} />
            </>
        }
    }

    fn tables(&self, titles: &Rc<Vec<String>>) -> Html {
        let Some(report) = self.state.report() else { return html! {} };
        let (report, shown, words) = (report.clone(), self.shown(), self.words());
        let (cases, until) = (self.state.cases(), self.state.recalled_at());
        html! {
            <>
                <Costs report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <TrafficClasses report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <MoreFigures report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <DivergedCopies report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <CacheNodes report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <LostWrites report={report.clone()} cases={cases.clone()} {until} titles={titles.clone()} shown={shown.clone()}
                    can_be_dirty={self.state.running.can_be_dirty(|lane| self.state.view.shows(lane))} {words} />
                <OtherCases {cases} {until} warmup={self.state.running.warmup} titles={titles.clone()} shown={shown.clone()} {words} />
                <Percentiles report={report.clone()} titles={titles.clone()} shown={shown.clone()} {words} />
                <Measured scenario={self.state.running.clone()} report={ReportProps { report: report.clone(), titles: titles.clone(), shown: shown.clone(), words }} />
                <Reproduce {report} titles={titles.clone()} {shown} {words} />
            </>
        }
    }

    /// What went wrong, or takes long, with a way on.
    fn notices(&self) -> Html {
        let state = &self.state;
        html! {
            <Notices stop_reason={state.stop_reason.clone()} worker_status={state.worker_status()} notice={state.notice.clone()} lacks_trace={state.lacks_trace()}
                at={state.run.report.is_some().then_some(state.run.now)} too_long={self.too_long} scenario={state.running.clone()}
                has_bad_values={state.shows_what_does_not_run()}
                dispatch={self.dispatch.clone()} words={self.words()} />
        }
    }

    /// A link that could not be opened: what is wrong with it, and the text as it was.
    pub(super) fn unopened(&self, ctx: &Context<App>) -> Html {
        let w = self.words();
        let Some(unopened) = &self.state.unopened else { return html! {} };
        let problems = unopened.problems.iter().map(|problem| {
            html! { <li><code>{ shown(&problem.field).into_owned() }</code>{ " " }{ saved::say(problem, w) }</li> }
        });
        let options = unopened.options.iter().map(|option| {
            let why = crate::scenario::Reason::NotAllowed(option.allowed.clone()).say(w.lang);
            html! { <li><code>{ format!("view.{}", option.name) }</code>{ " " }{ shown(&format!("{}: {why}", option.value)).into_owned() }</li> }
        });
        let field = use_text(ctx);
        let act = self.dispatch.clone();
        let default = act.reform(|_: MouseEvent| Action::OpenPreset("default".to_owned()));
        html! {
            <main class="page unopened">
                <h1>{ "Cachelane" }</h1>
                <div role="alert">
                    <h2>{ w.link_not_opened }</h2>
                    <ul class="problems">{ for problems }{ for options }</ul>
                </div>
                <label for="link-text">{ w.link_text }</label>
                <textarea id="link-text" rows="4" spellcheck="false" value={unopened.text.clone()} />
                <p class="buttons">
                    <button type="button" class="play" onclick={field}>{ w.open_edited }</button>
                    <button type="button" onclick={default}>{ w.open_default }</button>
                </p>
            </main>
        }
    }

    fn share(&self, ctx: &Context<App>, titles: &Rc<Vec<String>>) -> Html {
        // The dialog closes, so that the page can be seen, or what it has against the file.
        let open = ctx.link().batch_callback(|text| vec![Msg::Share(false), Msg::Dispatch(Action::OpenToml(text))]);
        let unread =
            ctx.link().batch_callback(|why| vec![Msg::Share(false), Msg::Dispatch(Action::FileUnreadable(why))]);
        let on_file = Callback::from(move |event: Event| {
            let input: web_sys::HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                files::read_text(file, open.clone(), unread.clone());
            }
        });
        let data = self.data(titles);
        html! {
            <Share link={self.state.link()} view={self.state.view.clone()} scenario={self.state.running.clone()}
                name={self.name()} report={self.state.run.report.clone()} {data} titles={titles.clone()} theme={self.theme()}
                preset={self.state.preset.clone()} on_file={on_file} close={ctx.link().callback(|()| Msg::Share(false))} words={self.words()} />
        }
    }

    fn help(&self, ctx: &Context<App>) -> Html {
        let w = self.words();
        let rows = w.keys_help.iter().map(|(key, what)| html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></> });
        html! {
            <Dialog title={w.help} close={ctx.link().callback(|()| Msg::Help(false))} words={w}>
                <p>{ w.how_to_read }{ " " }{ OTHER_NAMES.say(w.lang) }</p>
                // Made of DESIGN.md by scripts/glossary.
                <p><a href="./glossary.html" target="_blank" rel="noopener">{ w.glossary }</a></p>
                <dl class="keys">{ for rows }</dl>
            </Dialog>
        }
    }
}

const OTHER_NAMES: Phrase = Phrase::fixed(
    "Look-aside is also called cache-aside, and write-back write-behind.",
    "룩어사이드는 캐시 어사이드(cache-aside), 라이트백은 라이트 비하인드(write-behind)라고도 합니다.",
);

/// Opens the text in the field of the page that could not open it.
fn use_text(ctx: &Context<App>) -> Callback<MouseEvent> {
    ctx.link().callback(|_| {
        let field = dom::document().get_element_by_id("link-text");
        let field = field.and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
        let text = field.map(|field| field.value()).unwrap_or_default();
        Msg::Dispatch(Action::OpenLink(
            text.trim().split_once('#').map_or(text.clone(), |(_, link)| format!("#{link}")),
        ))
    })
}
