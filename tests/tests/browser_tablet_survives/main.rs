//! The tablet loses nothing, in a real browser: killed in mid-write, its disk full or closed under it, updated at a door,
//! open twice, its clock a day off.

#![expect(clippy::unwrap_used, reason = "a step of the story that fails ends it, where it failed")]

mod clocks;
mod disk;
mod flows;
mod killed;
mod two_tabs;
mod updates;
