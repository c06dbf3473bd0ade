//! Stories on the page: the lists of what went wrong, case by case, and the story of the one that is open.

mod cases;
mod open;
mod when;

pub use self::cases::{CaseButton, OtherCases, up_to};
pub use self::open::StoryDialog;
