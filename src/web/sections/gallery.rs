//! The gallery: every preset with its question and a small picture of what it shows. The pictures are made beforehand, by
//! `tests/pictures.rs`.

#[cfg(target_arch = "wasm32")]
mod cards;

#[cfg(target_arch = "wasm32")]
pub use self::cards::{Gallery, GalleryProps};
use crate::chart::{self, Figure};
use crate::phrase::Language;
use crate::scenario::presets::Preset;

const PICTURES: &str = include_str!("gallery/pictures.tsv");

/// A small picture of a preset's run: what it is of, and a path for each lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The figure that it shows.
    pub figure: &'static Figure,
    /// The look of a lane, and SVG path data on a field of 120 × 32; empty for a lane that has nothing to show.
    pub paths: Vec<(usize, &'static str)>,
}

/// The picture of the preset of that name, if it has one.
pub fn picture(preset: &str) -> Option<Picture> {
    let line = PICTURES.lines().find(|line| line.split('\t').next() == Some(preset))?;
    let mut cells = line.split('\t').skip(1);
    let figure = chart::figure(cells.next()?)?;
    let path = |cell: &'static str| cell.split_once(' ').and_then(|(look, path)| Some((look.parse().ok()?, path)));
    Some(Picture { figure, paths: cells.filter_map(path).collect() })
}

/// Whether each word of `query` stands in the preset's name, title or question, in any language.
pub fn finds(preset: &Preset, query: &str) -> bool {
    let about = preset.about();
    let texts =
        Language::ALL.into_iter().flat_map(|language| [about.title.say(language), about.question.say(language)]);
    let text = texts.chain([preset.name]).collect::<Vec<_>>().join("\n").to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn every_preset_with_a_file_has_a_picture_with_a_path_for_each_lane() {
        for preset in &presets::ALL {
            let picture = picture(preset.name).unwrap_or_else(|| panic!("{} has no picture", preset.name));
            let looks: Vec<usize> = picture.paths.iter().map(|(look, _)| *look).collect();
            assert_eq!(looks, preset.scenario().looks(), "{}", preset.name);
            let is_path = |(_, path): &(usize, &str)| path.chars().all(|c| c.is_ascii_digit() || "Ml -".contains(c));
            assert!(picture.paths.iter().all(is_path), "{}", preset.name);
        }
        assert_eq!(PICTURES.lines().count(), presets::ALL.len());
        assert_eq!(picture("twitter-cluster01"), None);
    }

    #[test]
    fn presets_are_found_by_words_of_their_title_or_question_in_any_language() {
        let found = |query: &str| presets::all().filter(|p| finds(p, query)).map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(found("FIVE crash"), ["default"]);
        assert!(found("크래시").contains(&"default"), "{:?}", found("크래시"));
        assert_eq!(found("ycsb-a"), ["ycsb-a"]);
        assert_eq!(found("hats and gloves"), [""; 0]);
        assert_eq!(found(" ").len(), presets::all().count());
    }
}
