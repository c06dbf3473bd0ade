//! What the reader looks at: a moment, a stretch of time, a lane. It stands in no link.

/// What the reader looks at, in all figures alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looking {
    /// The moment under the pointer, seconds.
    pub hovered: Option<f64>,
    /// A moment that stays when the pointer leaves.
    pub pinned: Option<f64>,
    /// The part of the time axis.
    pub zoom: Option<(f64, f64)>,
    /// One lane among the others.
    pub focus: Option<usize>,
    /// Not the bands of many seeds, where there are some.
    pub hides_seeds: bool,
}

/// The reader looks at something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// The pointer is at another moment, or has left.
    Hover(Option<f64>),
    /// A click: this moment stays, or the one that stayed goes.
    Pin(f64),
    /// Another part of the time axis; `None` is all of it.
    Zoom(Option<(f64, f64)>),
    /// A lane, or no longer it.
    Focus(usize),
    /// The bands of many seeds, or no longer them.
    Seeds,
    /// Nothing in particular.
    Nothing,
}

impl Looking {
    /// What the reader looks at now.
    pub fn apply(&mut self, look: Look) {
        match look {
            Look::Hover(moment) => self.hovered = moment,
            Look::Pin(moment) => self.pinned = if self.pinned.is_some() { None } else { Some(moment) },
            Look::Zoom(zoom) => self.zoom = zoom,
            Look::Focus(lane) => self.focus = (self.focus != Some(lane)).then_some(lane),
            Look::Seeds => self.hides_seeds = !self.hides_seeds,
            Look::Nothing => *self = Looking { hides_seeds: self.hides_seeds, ..Looking::default() },
        }
    }

    /// The moment whose values are shown.
    pub fn moment(&self) -> Option<f64> {
        self.hovered.or(self.pinned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_click_takes_the_pin_away_and_a_second_one_on_a_lane_shows_all_again() {
        let mut looking = Looking::default();
        looking.apply(Look::Pin(3.0));
        looking.apply(Look::Hover(Some(5.0)));
        assert_eq!(looking.moment(), Some(5.0));
        looking.apply(Look::Hover(None));
        assert_eq!(looking.moment(), Some(3.0), "a pinned moment stays when the pointer leaves");
        looking.apply(Look::Pin(4.0));
        looking.apply(Look::Focus(2));
        assert_eq!((looking.moment(), looking.focus), (None, Some(2)));
        looking.apply(Look::Focus(2));
        assert_eq!(looking, Looking::default());
        looking.apply(Look::Seeds);
        looking.apply(Look::Pin(4.0));
        looking.apply(Look::Nothing);
        assert_eq!(looking, Looking { hides_seeds: true, ..Looking::default() }, "bands are no place to look at");
    }
}
