//! The probabilities as a picture for a file: one place for each moment, since a story's steps lie microseconds apart and
//! then nothing happens for seconds.

use std::fmt::Write as _;

use super::{Found, Jump, Moment};
use crate::escape::shown;
use crate::phrase::{Language, Phrase};
use crate::stats::Share;
use crate::story::case_title;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 74.0;
const BOTTOM: f64 = 46.0;

/// The light theme's colours, as in `chart::palette`.
const GROUND: &str = "#fbfaf7";
const INK: &str = "#1b1d20";
const SOFT: &str = "#5d6067";
const EDGE: &str = "#85878c";
const BAND: &str = "#e2ded3";
const FAULT: &str = "#b3243b";

impl Found {
    /// As an SVG picture: the probability at each moment with its interval, the jumps, and dashed what it is with the faults
    /// to come.
    pub fn svg(&self, language: Language) -> String {
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"{GROUND}\"/>"
        );
        let title = format!("{} · {}", shown(&self.lane), case_title(&self.case).say(language));
        text(&mut svg, (LEFT, 22.0), "start", INK, &title);
        text(&mut svg, (LEFT, 40.0), "start", SOFT, &self.told(language));
        text(&mut svg, (LEFT, 58.0), "start", SOFT, HOW.say(language));
        self.axes(&mut svg, language);
        let expected: Vec<(f64, Share)> = self.drawn(|moment| Some(moment.expected()));
        let upper = expected.iter().map(|(x, share)| (*x, y(share.high)));
        let lower = expected.iter().rev().map(|(x, share)| (*x, y(share.low)));
        let _ = writeln!(svg, "<polygon fill=\"{BAND}\" points=\"{}\"/>", points(upper.chain(lower)));
        if self.moments.iter().any(|moment| moment.without_faults.is_some()) {
            let sure = self.drawn(|moment| Some(moment.probability));
            line(&mut svg, &sure, &format!("stroke=\"{EDGE}\" stroke-dasharray=\"5 4\""));
        }
        line(&mut svg, &expected, &format!("stroke=\"{INK}\" stroke-width=\"1.5\""));
        self.steps(&mut svg, language);
        svg += "</svg>\n";
        svg
    }

    /// The result in a line.
    fn told(&self, language: Language) -> String {
        let percent = |share: f64| (100.0 * share).round();
        let each = |jump: &Jump| {
            let (before, after, at) = (percent(jump.before), percent(jump.after), jump.to_s);
            match language {
                Language::English => format!("from {before} % to {after} % at {at:.6} s"),
                Language::Korean => format!("{at:.6}초, {before} % → {after} %"),
            }
        };
        let all = self.jumps.iter().map(each).collect::<Vec<_>>().join(" · ");
        match (self.jumps.len(), language) {
            (0, _) if self.is_sure() => SURE.say(language).to_owned(),
            (0, _) => NO_JUMP.say(language).to_owned(),
            (1, Language::English) => format!("The jump: {all}"),
            (_, Language::English) => format!("The jumps: {all}"),
            (_, Language::Korean) => format!("급변 지점: {all}"),
        }
    }

    /// Where each moment stands, with one of its shares, as far as it is known.
    fn drawn(&self, of: impl Fn(&Moment) -> Option<Share>) -> Vec<(f64, Share)> {
        let all = self.moments.iter().enumerate();
        let known = all.filter_map(|(place, moment)| Some((self.x(place), of(moment)?)));
        known.filter(|(_, share)| share.of > 0).collect()
    }

    fn x(&self, place: usize) -> f64 {
        let last = self.moments.len().saturating_sub(1).max(1);
        LEFT + (WIDTH - LEFT - RIGHT) * place as f64 / last as f64
    }

    fn axes(&self, svg: &mut String, language: Language) {
        for share in [0.0, 0.5, 1.0] {
            let y = y(share);
            let _ = writeln!(svg, "<path d=\"M{LEFT} {y:.1}H{:.1}\" stroke=\"{BAND}\"/>", WIDTH - RIGHT);
            text(svg, (LEFT - 6.0, y + 4.0), "end", SOFT, &format!("{} %", 100.0 * share));
        }
        let ends = [(self.moments.first(), LEFT, "start"), (self.moments.last(), WIDTH - RIGHT, "end")];
        for (moment, x, anchor) in ends {
            if let Some(moment) = moment {
                text(svg, (x, y(0.0) + 18.0), anchor, SOFT, &format!("{:.6} s", moment.at_s));
            }
        }
        let source = format!("Cachelane {} · {} · seed {}", self.engine, shown(&self.scenario), self.seed);
        let source = if language == Language::Korean { source.replace("seed", "시드") } else { source };
        text(svg, (LEFT, HEIGHT - 10.0), "start", SOFT, &source);
    }

    /// A mark for each step of the story, which says what it was; the jumps as lines.
    fn steps(&self, svg: &mut String, language: Language) {
        for (place, moment) in self.moments.iter().enumerate().filter(|(_, moment)| !moment.since.is_empty()) {
            let said: Vec<String> = moment.since.iter().map(|line| shown(line.say(language)).into_owned()).collect();
            let (x, colour) = (self.x(place), if self.is_jump(place) { FAULT } else { SOFT });
            let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\">", y(0.0));
            let _ = writeln!(svg, "<title>{}</title></circle>", escaped(&said.join("\n")));
        }
        for jump in &self.jumps {
            let x = self.x(jump.moment);
            let _ = writeln!(svg, "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"{FAULT}\"/>", y(1.0) - 6.0, y(0.0));
        }
    }
}

const HOW: Phrase = Phrase::fixed(
    "Probability after each moment, with 95 % interval; dashed: with the faults to come",
    "각 시점 이후의 확률과 95 % 신뢰구간. 점선: 남은 장애까지 포함",
);

const SURE: Phrase = Phrase::fixed(
    "No jump: from the first moment on it goes wrong with nearly any luck",
    "급변 지점 없음: 처음 시점부터 난수와 거의 상관없이 문제가 발생합니다",
);

const NO_JUMP: Phrase = Phrase::fixed(
    "No jump: no two neighbours differ by more than chance",
    "급변 지점 없음: 이웃한 두 시점의 차이가 우연 범위 안에 있습니다",
);

fn y(share: f64) -> f64 {
    TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share)
}

fn points(all: impl Iterator<Item = (f64, f64)>) -> String {
    all.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

fn line(svg: &mut String, shares: &[(f64, Share)], style: &str) {
    let points = points(shares.iter().map(|(x, share)| (*x, y(share.share))));
    let _ = writeln!(svg, "<polyline fill=\"none\" {style} points=\"{points}\"/>");
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, said: &str) {
    let said = escaped(said);
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{said}</text>");
}

fn escaped(said: &str) -> String {
    said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
