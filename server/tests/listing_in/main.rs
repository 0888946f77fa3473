//! Listing in: what an import makes of the files that billing systems export.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod any_file;
mod command_line;
mod samples;
