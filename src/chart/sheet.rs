//! A picture to take home: one figure or several below each other, with what they need to be understood elsewhere: a title,
//! a legend, and from which run they are.

use std::fmt::Write as _;

use super::palette::{GROUND, GROUNDS, INK, LANES, SOFT, Theme, Token, lane_style};
use super::{Data, FONT_STACK, Figure, Look, Options, Paint, drawn};
use crate::escape::shown;
use crate::phrase::Language;

/// What stands on a sheet.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    /// What the experiment is called.
    pub title: &'a str,
    /// The figures.
    pub figures: &'a [&'static Figure],
    /// What they show.
    pub data: &'a Data,
    /// How latencies are drawn.
    pub options: Options,
    /// Light or dark.
    pub theme: Theme,
    /// The language.
    pub language: Language,
    /// Which engine computed it, the seed.
    pub source: &'a str,
    /// Where it can be seen live, if a link can hold it.
    pub link: Option<&'a str>,
}

/// An SVG text and how large it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The text.
    pub svg: String,
    /// Width and height, CSS pixels.
    pub size: (u32, u32),
}

impl Picture {
    /// A light picture that is a dark one where its reader prefers that, and says its fonts once. Where styles are not
    /// understood it stays as it was.
    #[must_use]
    pub fn in_both_schemes(self) -> Picture {
        let rule = |token: &Token| {
            let (light, dark) = (token.light, token.dark);
            ["fill", "stroke"].map(|what| format!("[{what}=\"#{light:06x}\" i]{{{what}:#{dark:06x}}}")).concat()
        };
        let rules: String = GROUNDS.iter().chain(&LANES).map(rule).collect();
        let style =
            format!("<style>text{{font-family:{FONT_STACK}}}@media(prefers-color-scheme:dark){{{rules}}}</style>\n");
        let said = [FONT_STACK.to_owned(), FONT_STACK.replace('\'', "&apos;")];
        let svg = said.iter().fold(self.svg, |svg, fonts| svg.replace(&format!(" font-family=\"{fonts}\""), ""));
        Picture { svg: svg.replacen("<title>", &format!("{style}<title>"), 1), ..self }
    }
}

const WIDE: f64 = 960.0;
const EDGE: f64 = 24.0;
const INSIDE: f64 = WIDE - 2.0 * EDGE;
const FIGURE_HIGH: f64 = 300.0;
const ROW: f64 = 20.0;
/// A swatch and the room beside it.
const SWATCH: f64 = 36.0;
/// So many characters of the smallest text surely go on a line.
const LINE_CHARACTERS: usize = 130;
/// A longer link stands in the description only.
const LINK_LINES: usize = 4;

impl Sheet<'_> {
    /// Draws it.
    ///
    /// # Errors
    /// When plotters cannot draw a figure, which for a text in memory does not happen.
    pub fn draw(&self) -> Result<Picture, String> {
        let mut inside = String::new();
        let mut y = EDGE + 18.0;
        self.text(&mut inside, (EDGE, y), 20.0, INK, true, self.title);
        y = self.legend(&mut inside, y + 10.0) + 8.0;
        for figure in self.figures {
            y = self.heading(&mut inside, y + ROW, figure);
            let look = Look {
                theme: self.theme,
                unit: 1.0,
                family: FONT_STACK,
                language: self.language,
                ground: false,
                labels: false,
                titles: false,
                gutter: Some(56.0),
            };
            let panels = figure.panels(self.data, self.options, self.language);
            let svg = drawn(&panels, self.data, &look, (INSIDE as u32, FIGURE_HIGH as u32))?;
            inside += &svg.replacen("<svg ", &format!("<svg x=\"{EDGE}\" y=\"{}\" ", y + 4.0), 1);
            y += FIGURE_HIGH + 8.0;
        }
        for line in self.notes() {
            y += 16.0;
            self.text(&mut inside, (EDGE, y), 11.0, SOFT, false, &line);
        }
        let high = (y + EDGE).ceil();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDE}\" height=\"{high}\" viewBox=\"0 0 {WIDE} {high}\" \
             lang=\"{}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n",
            self.language.code(),
            xml(self.title),
            xml(&self.described())
        );
        let _ = writeln!(svg, "<rect width=\"{WIDE}\" height=\"{high}\" fill=\"{}\"/>", self.colour(GROUND));
        Ok(Picture { svg: svg + &inside + "</svg>\n", size: (WIDE as u32, high as u32) })
    }

    /// What a figure is called, and beside it, or below where there is no room, what its lines show; gives where it ends.
    fn heading(&self, to: &mut String, y: f64, figure: &Figure) -> f64 {
        const HINT: f64 = 12.0;
        let (title, hint) = (figure.title.say(self.language), figure.hint(self.data, self.options, self.language));
        self.text(to, (EDGE, y), 14.0, INK, true, title);
        let beside = EDGE + width(title, 14.0) + HINT;
        let fits = beside + width(&hint, HINT) <= EDGE + INSIDE;
        let (x, y) = if fits { (beside, y) } else { (EDGE, y + ROW) };
        self.text(to, (x, y), HINT, SOFT, false, &hint);
        y
    }

    fn described(&self) -> String {
        self.link.map_or_else(|| self.source.to_owned(), |link| format!("{}. {link}", self.source))
    }

    /// What stands below: the source, and the link in lines, unless it would take too many.
    fn notes(&self) -> Vec<String> {
        let link: Vec<char> = self.link.unwrap_or_default().chars().collect();
        let link: Vec<String> = link.chunks(LINE_CHARACTERS).map(|chunk| chunk.iter().collect()).collect();
        let fits = link.len() <= LINK_LINES;
        std::iter::once(self.source.to_owned()).chain(link.into_iter().filter(|_| fits)).collect()
    }

    /// The lanes in their order, in as many columns as their names leave room for; gives where it ends.
    fn legend(&self, to: &mut String, top: f64) -> f64 {
        let widest = self.data.lanes.iter().map(|lane| width(&lane.label, 13.0)).fold(40.0, f64::max) + SWATCH + 24.0;
        let columns = (INSIDE / widest).floor().clamp(1.0, 6.0) as usize;
        for (i, lane) in self.data.lanes.iter().enumerate() {
            let (x, y) = (EDGE + widest * (i % columns) as f64, top + ROW * (i / columns + 1) as f64);
            self.swatch(to, (x, y - 10.0), lane.look);
            self.text(to, (x + SWATCH, y), 13.0, INK, false, &lane.label);
        }
        top + ROW * self.data.lanes.len().div_ceil(columns) as f64
    }

    /// A short piece of a lane's line with its marker.
    fn swatch(&self, to: &mut String, (x, y): (f64, f64), look: usize) {
        let style = lane_style(look);
        let colour = self.colour(style.colour);
        let dash: Vec<String> = style.dash.iter().map(f64::to_string).collect();
        let ground = self.colour(GROUND);
        let (shape, paint) = style.marker.outline();
        let fill = match paint {
            Paint::Filled => &colour,
            Paint::Hollow => &ground,
            Paint::Stroked => "none",
        };
        let _ = writeln!(
            to,
            "<g transform=\"translate({x:.1} {y:.1})\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\">\
             <path d=\"M0 6h28\" stroke-dasharray=\"{}\"/><path d=\"{shape}\" fill=\"{fill}\" stroke-width=\"{}\"/></g>",
            dash.join(" "),
            if paint == Paint::Filled { 0 } else { 2 }
        );
    }

    fn text(&self, to: &mut String, (x, y): (f64, f64), size: f64, colour: Token, is_bold: bool, text: &str) {
        let weight = if is_bold { " font-weight=\"650\"" } else { "" };
        let _ = writeln!(
            to,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-family=\"{FONT_STACK}\" font-size=\"{size}\"{weight} fill=\"{}\">{}</text>",
            self.colour(colour),
            xml(text)
        );
    }

    fn colour(&self, token: Token) -> String {
        let rgb = token.rgb(self.theme);
        format!("#{:02x}{:02x}{:02x}", rgb.0, rgb.1, rgb.2)
    }
}

/// About how wide a text is; rather too much.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.58 } else { 1.0 }).sum::<f64>() * size
}

/// Text of others in a file of XML.
pub(super) fn xml(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The name of a file of the experiment: its preset or its own name, and behind it what the file shows.
///
/// ```
/// use cachelane::chart::sheet::file_name;
/// assert_eq!(file_name("default", "lost", "svg"), "default-lost.svg");
/// assert_eq!(file_name("My cache: 50 %/x", "", "toml"), "my-cache-50-x.toml");
/// assert_eq!(file_name("", "report", "json"), "cachelane-report.json");
/// ```
pub fn file_name(experiment: &str, what: &str, ending: &str) -> String {
    const LONGEST: usize = 60;
    let plain = |c: char| if c.is_alphanumeric() { c.to_lowercase().to_string() } else { " ".to_owned() };
    let words: String = experiment.chars().flat_map(|c| plain(c).chars().collect::<Vec<_>>()).collect();
    let name: String = words.split_whitespace().collect::<Vec<_>>().join("-").chars().take(LONGEST).collect();
    let name = if name.is_empty() { "cachelane".to_owned() } else { name };
    let what = if what.is_empty() { String::new() } else { format!("-{what}") };
    format!("{name}{what}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::super::{LaneData, Percentile, figure};
    use super::*;
    use crate::report::{Point, Series};

    fn data(labels: &[&str]) -> Data {
        let points = (0..60).map(|i| Point { lost: i, requests: 1, ..Point::default() }).collect::<Vec<_>>();
        let series = Series { bucket_s: 1.0, first: 0, points };
        let lanes = labels.iter().enumerate();
        let lane = |(number, label): (usize, &&str)| LaneData {
            number,
            look: number,
            label: (*label).to_owned(),
            series: series.clone(),
            range: None,
        };
        Data { lanes: lanes.map(lane).collect(), duration_s: 60.0, now_s: 60.0, ..Data::default() }
    }

    fn sheet<'a>(data: &'a Data, figures: &'a [&'static Figure], link: Option<&'a str>) -> Sheet<'a> {
        Sheet {
            title: "A & B",
            figures,
            data,
            options: Options::default(),
            theme: Theme::Light,
            language: Language::English,
            source: "Cachelane 1, seed 7",
            link,
        }
    }

    #[test]
    fn a_sheet_says_what_it_shows_and_where_it_is_from() {
        let data = data(&["write-back", "<script>"]);
        let figures = [figure("lost").unwrap(), figure("latency").unwrap()];
        let Picture { svg, size } = sheet(&data, &figures, Some("https://x/#v2&a=1")).draw().unwrap();
        for said in
            ["A &amp; B", "write-back", "&lt;script&gt;", "seed 7", ">https://x/#v2&amp;a=1<", "Lost writes", "Latency"]
        {
            assert!(svg.contains(said), "{said}: {svg}");
        }
        assert!(!svg.contains("<script"), "{svg}");
        let dash: Vec<String> = lane_style(1).dash.iter().map(f64::to_string).collect();
        assert!(svg.contains(&format!("stroke-dasharray=\"{}\"", dash.join(" "))), "each lane has its own line: {svg}");
        assert!(size.1 > 2 * FIGURE_HIGH as u32 && svg.matches("<svg ").count() == 3, "{size:?}");
    }

    #[test]
    fn a_figure_says_what_its_lines_show_and_which_percentile_they_are() {
        let few = data(&["write-back"]);
        let many = data(&["a"; 5]);
        let figures: Vec<&'static Figure> = super::super::FIGURES.iter().collect();
        for language in Language::ALL {
            let svg = Sheet { language, ..sheet(&few, &figures, None) }.draw().unwrap().svg;
            for figure in &figures {
                assert!(svg.contains(&xml(figure.key.say(language))), "{}: {svg}", figure.name);
            }
        }
        let figures = [figure("latency").unwrap()];
        let shown = |data: &Data, percentile: Percentile| {
            let options = Options { percentile, linear: false };
            Sheet { options, ..sheet(data, &figures, None) }.draw().unwrap().svg
        };
        assert!(shown(&few, Percentile::P50).contains(">line: median · area: up to p99 · errors"));
        assert!(shown(&many, Percentile::P50).contains(">median · errors"), "there are no areas");
        assert!(shown(&few, Percentile::P99).contains(">p99 · errors"));
    }

    #[test]
    fn a_picture_for_both_schemes_names_every_colour_of_its_own_in_the_other_one() {
        let data = data(&["write-back"]);
        let figures = [figure("lost").unwrap()];
        let plain = sheet(&data, &figures, None).draw().unwrap();
        let both = plain.clone().in_both_schemes().svg;
        assert!(both.len() < plain.svg.len(), "the fonts stand in it once");
        let (_, style) = both.split_once("@media").unwrap();
        let (style, drawing) = style.split_once("</style>").unwrap();
        let colours = drawing.split("=\"#").skip(1).map(|rest| &rest[..6]);
        for colour in colours {
            assert!(style.contains(&format!("\"#{}\" i]", colour.to_lowercase())), "{colour}");
        }
        assert!(!drawing.contains("font-family"), "{drawing}");
    }

    #[test]
    fn a_link_too_long_to_be_read_is_kept_in_the_description() {
        let data = data(&["one"]);
        let link = format!("https://x/#{}", "a".repeat(1_000));
        let figures = [figure("lost").unwrap()];
        let sheet = sheet(&data, &figures, Some(&link));
        assert_eq!(sheet.notes().len(), 1);
        assert!(sheet.draw().unwrap().svg.contains(&format!("{link}</desc>")));
    }

    #[test]
    fn many_lanes_of_long_names_stand_in_rows() {
        let name = "a lane with quite a long name that says what is special about it";
        let (one, many) = (data(&[name]), data(&[name; 5]));
        let figures = [figure("lost").unwrap()];
        let high = |data: &Data| sheet(data, &figures, None).draw().unwrap().size.1;
        assert_eq!(high(&many) - high(&one), 4 * ROW as u32);
    }
}
