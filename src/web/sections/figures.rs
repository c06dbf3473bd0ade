//! The live figures: each a section with its canvases, the lanes' values beside them, and the same in words and as a table.

mod plot;
mod pointer;

use std::rc::Rc;

use yew::prelude::*;

use self::plot::PanelPlot;
use crate::chart::palette::Theme;
use crate::chart::{self, Axis, Data, FIGURES, Figure, Options, Panel, Percentile, Weight, text};
use crate::scenario::{Language, Phrase};
use crate::web::components::select::Select;
use crate::web::i18n::Words;
use crate::web::state::looking::{Look, Looking};
use crate::web::state::view::CAN_BE_WHOLE;
use crate::web::state::{Action, ViewAction};

/// What the figures are made from.
#[derive(Clone, PartialEq, Properties)]
pub struct FiguresProps {
    /// Those that are shown.
    pub figures: Vec<&'static Figure>,
    /// How latencies are drawn.
    pub options: Options,
    /// What they show.
    pub data: Rc<Data>,
    /// Light or dark.
    pub theme: Theme,
    /// The language.
    pub words: &'static Words,
    /// The moment, the stretch and the lane that the reader looks at.
    pub looking: Looking,
    /// Hears what the reader looks at.
    pub on_look: Callback<Look>,
    /// Hears what the reader does else.
    pub dispatch: Callback<Action>,
    /// Whether the reader may choose other figures.
    pub can_choose: bool,
    /// What the bands of many seeds are, where there are some.
    #[prop_or_default]
    pub seeds: Option<Phrase>,
    /// Whether the run before the last change is drawn, too.
    #[prop_or_default]
    pub has_before: bool,
    /// Why it cannot be kept as lanes, where it cannot.
    #[prop_or_default]
    pub cannot_keep: Option<Phrase>,
}

impl FiguresProps {
    fn lets_choose(&self) -> bool {
        CAN_BE_WHOLE && self.can_choose
    }
}

/// The most figures at once: more would not be looked at.
const FIGURES_MAX: usize = 8;

/// All figures, and a menu of those that are not shown.
#[component]
pub fn Figures(props: &FiguresProps) -> Html {
    let plots = props.figures.iter().map(|figure| {
        html! { <Plot key={figure.name} figure={FigureOf(figure)} all={props.clone()} /> }
    });
    let menu = props.lets_choose() && props.figures.len() < FIGURES_MAX;
    html! {
        <section class="figures" aria-label={props.words.figures}>
            if props.has_before { <div class="figures-foot">{ before_buttons(props) }</div> }
            if let Some(band) = &props.seeds { <div class="figures-foot">{ seeds_switch(props, band) }</div> }
            { for plots }
            if menu || props.looking.zoom.is_some() {
                <div class="figures-foot">
                    if menu { { add_menu(props) } }
                    if props.looking.zoom.is_some() {
                        <button type="button" onclick={props.on_look.reform(|_: MouseEvent| Look::Zoom(None))}>
                            { ZOOM_OUT.say(props.words.lang) }
                        </button>
                    }
                </div>
            }
        </section>
    }
}

const ADD: Phrase = Phrase::fixed("Add a figure…", "그래프 추가…");
const ZOOM_OUT: Phrase = Phrase::fixed("Show the whole run", "전체 구간 보기");
const REMOVE: Phrase = Phrase::fixed("Remove this figure", "이 그래프 제거");
const ENLARGE: Phrase = Phrase::fixed("Enlarge", "크게 보기");
const SHRINK: Phrase = Phrase::fixed("Make small again", "원래 크기로");
const NOTHING: Phrase = Phrase::fixed("nothing yet", "아직 없음");

/// What to do about the run before the last change.
fn before_buttons(props: &FiguresProps) -> Html {
    let language = props.words.lang;
    let on = |action: fn() -> ViewAction| props.dispatch.reform(move |_: MouseEvent| Action::View(action()));
    html! {
        <>
            <span class="key">{ BEFORE.say(language) }</span>
            if let Some(why) = &props.cannot_keep {
                <span class="soft">{ why.say(language) }</span>
            } else {
                <button type="button" onclick={on(|| ViewAction::KeepBoth)}>{ KEEP_BOTH.say(language) }</button>
            }
            <button type="button" onclick={on(|| ViewAction::ForgetBefore)}>{ HIDE.say(language) }</button>
        </>
    }
}

/// Whether the bands of many seeds are seen, and what they are.
fn seeds_switch(props: &FiguresProps, band: &Phrase) -> Html {
    let language = props.words.lang;
    let toggle = props.on_look.reform(|_: Event| Look::Seeds);
    let of: Vec<&str> =
        props.figures.iter().filter(|figure| figure.has_range()).map(|figure| figure.title.say(language)).collect();
    html! {
        <>
            <label class="check"><input type="checkbox" checked={!props.looking.hides_seeds} onchange={toggle} />{ SEEDS.say(language) }</label>
            <span class="key">{ format!("{} · {}", of.join(", "), band.say(language)) }</span>
        </>
    }
}

const SEEDS: Phrase = Phrase::fixed("Range over seeds", "시드 간 범위");
const BEFORE: Phrase = Phrase::fixed("Dotted: before the last change", "점선: 마지막 변경 전");
const KEEP_BOTH: Phrase = Phrase::fixed("Keep both as lanes", "둘 다 레인으로 남기기");
const HIDE: Phrase = Phrase::fixed("Hide it", "숨기기");

/// A menu that adds a figure. What is chosen in it by keys alone takes effect when it is left or Enter is pressed.
fn add_menu(props: &FiguresProps) -> Html {
    let language = props.words.lang;
    let others = FIGURES.iter().filter(|figure| !props.figures.contains(figure));
    let options = others.map(|figure| html! { <option value={figure.name}>{ figure.title.say(language) }</option> });
    let shown = props.figures.clone();
    let add = props.dispatch.reform(move |name: String| {
        let added = chart::figure(&name);
        Action::View(ViewAction::Figures(shown.iter().copied().chain(added).collect()))
    });
    html! {
        <Select class="add-figure" called={ADD.say(language).to_owned()} value="" choose={add}>
            <option value="">{ ADD.say(language) }</option>
            { for options }
        </Select>
    }
}

/// A figure of the catalogue, which properties can hold.
#[derive(Clone, Copy, PartialEq)]
struct FigureOf(&'static Figure);

#[derive(Clone, PartialEq, Properties)]
struct PlotProps {
    figure: FigureOf,
    all: FiguresProps,
}

/// One figure.
#[component]
fn Plot(props: &PlotProps) -> Html {
    let (FigureOf(figure), all) = (props.figure, &props.all);
    let language = all.words.lang;
    let panels = use_memo((all.options, all.data.clone(), language), move |(options, data, language)| {
        figure.panels(data, *options, *language)
    });
    let is_large = use_state_eq(|| false);
    let table = use_table(all, figure, &panels);
    let id = format!("figure-{}", figure.name);
    let rows = (0..panels.len()).map(|number| {
        html! { <PanelPlot panels={panels.clone()} {number} name={figure.name} all={all.clone()} /> }
    });
    let enlarge = {
        let is_large = is_large.clone();
        Callback::from(move |_: MouseEvent| is_large.set(!*is_large))
    };
    let size = if *is_large { &SHRINK } else { &ENLARGE };
    html! {
        <section class={classes!("figure", id.clone(), is_large.then_some("large"))} aria-labelledby={id.clone()}>
            <div class="figure-head">
                <h2 {id}>{ figure.title.say(language) }</h2>
                <span class="key">{ figure.key.say(language) }</span>
                <div class="figure-right">
                    if figure.has_options() && all.lets_choose() { { switches(all) } }
                    <span class="key when" aria-hidden="true">{ text::at_moment(all.looking.moment().unwrap_or(all.data.now_s), language) }</span>
                    if all.lets_choose() {
                        <div class="figure-tools">
                            <button type="button" class="plain small" onclick={enlarge} title={size.say(language).to_owned()}
                                aria-label={format!("{}: {}", size.say(language), figure.title.say(language))}>{ if *is_large { "⤡" } else { "⤢" } }</button>
                            if all.figures.len() > 1 { { remove_button(all, figure) } }
                        </div>
                    }
                </div>
            </div>
            { for rows }
            <p class="unseen" id={format!("summary-{}", figure.name)}>{ summary(&panels, language) }</p>
            <div class="unseen">{ (*table).clone() }</div>
        </section>
    }
}

fn remove_button(all: &FiguresProps, figure: &'static Figure) -> Html {
    let language = all.words.lang;
    let rest: Vec<&'static Figure> = all.figures.iter().copied().filter(|other| *other != figure).collect();
    let remove = all.dispatch.reform(move |_: MouseEvent| Action::View(ViewAction::Figures(rest.clone())));
    html! {
        <button type="button" class="plain small" onclick={remove} title={REMOVE.say(language).to_owned()}
            aria-label={format!("{}: {}", REMOVE.say(language), figure.title.say(language))}>{ "×" }</button>
    }
}

/// Median or 99th percentile, decades or milliseconds alike.
fn switches(all: &FiguresProps) -> Html {
    let w = all.words;
    let p99 = all.options.percentile == Percentile::P99;
    let percentile = |p: Percentile| all.dispatch.reform(move |_: Event| Action::View(ViewAction::Percentile(p)));
    let linear = all.options.linear;
    let axis = all.dispatch.reform(move |_: Event| Action::View(ViewAction::Linear(!linear)));
    html! {
        <div class="switches">
            <div role="radiogroup" aria-label={w.percentile} class="segments small"><div>
                <label><input type="radio" name="percentile" checked={!p99} onchange={percentile(Percentile::P50)} /><span>{ w.median }</span></label>
                <label><input type="radio" name="percentile" checked={p99} onchange={percentile(Percentile::P99)} /><span>{ "p99" }</span></label>
            </div></div>
            <label class="check"><input type="checkbox" checked={!linear} onchange={axis} />{ w.log_axis }</label>
        </div>
    }
}

/// The figure in a sentence or two: each lane's newest value.
fn summary(panels: &[Panel], language: Language) -> String {
    let of = |panel: &Panel| {
        let main = panel.lines.iter().filter(|line| line.weight == Weight::Main);
        let ends =
            main.filter_map(|line| line.end().map(|(_, value)| format!("{} {}", line.label, panel.axis.name(value))));
        let ends: Vec<String> = ends.collect();
        let said = if ends.is_empty() { NOTHING.say(language).to_owned() } else { ends.join(", ") };
        format!("{}: {said}.", panel.title)
    };
    panels.iter().map(of).collect::<Vec<_>>().join(" ")
}

/// The table, made anew ten times a run and when something else than the time has changed.
#[hook]
fn use_table(all: &FiguresProps, figure: &'static Figure, panels: &Rc<Vec<Panel>>) -> Rc<Html> {
    let data = &all.data;
    let tenth = (data.now_s * 10.0 / data.duration_s.max(1e-9) + 1e-6) as u64;
    let lanes: Vec<(usize, String)> = data.lanes.iter().map(|lane| (lane.number, lane.label.clone())).collect();
    use_memo((tenth, lanes, all.options, all.words.lang), |_| {
        table(all.words, figure.title.say(all.words.lang), panels, data)
    })
}

/// The figure as a table: ten moments, every line. Rates and shares are means since the moment before, latencies and what is
/// there at a time the greatest since then, totals what they have come to.
fn table(words: &'static Words, title: &str, panels: &[Panel], data: &Data) -> Html {
    const ROWS: usize = 10;
    let moments = (1..=ROWS).map(|i| data.duration_s * i as f64 / ROWS as f64).filter(|t| *t <= data.now_s + 1e-6);
    let lines: Vec<(&Panel, &chart::Line)> = panels.iter().flat_map(|p| p.lines.iter().map(move |l| (p, l))).collect();
    let head = lines.iter().map(|(panel, line)| {
        let of = if panels.len() > 1 { format!(" ({})", panel.title) } else { String::new() };
        html! { <th scope="col">{ format!("{}{of}", line.label) }</th> }
    });
    let rows = moments.map(|t| {
        let cells = lines.iter().map(|(panel, line)| {
            let since = t - data.duration_s / ROWS as f64;
            let value = match panel.axis {
                Axis::Rate { .. } | Axis::Share { .. } => line.mean(since, t),
                // What only grows is what it has grown to; of the rest a peak must not fall between two rows.
                _ if line.steps => line.value_at(t),
                _ => line.greatest(since, t),
            };
            html! { <td>{ value.map_or_else(|| "–".to_owned(), |value| panel.axis.name(value)) }</td> }
        });
        html! { <tr><th scope="row">{ text::moment(t, true, words.lang) }</th>{ for cells }</tr> }
    });
    html! {
        <table>
            <caption>{ title.to_owned() }</caption>
            <thead><tr><th scope="col">{ words.time }</th>{ for head }</tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}
