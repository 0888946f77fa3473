//! Reads the files that billing systems export: premises, holds, cut-off listings and payments.
//!
//! Everything here is pure. Bytes come in with what is already known ([`Register`]); a [`Report`] comes out that says
//! for every data row what became of it (accepted, excluded, refused with line and column, duplicate), and the
//! accepted rows as types. Nothing is guessed: what can't be read is refused with a sentence that says what to do.
//!
//! The way through: [`text`] makes records of bytes, [`mapping`] finds the headings and says what each column means,
//! [`table`] leaves out what is no data and walks through the rows, [`cells`] reads single cells, and one module a
//! kind of file ([`premises`], [`holds`], [`listing`], [`payments`]) decides each row's fate.

pub mod cells;
mod equipment;
pub mod fault;
pub mod holds;
mod laid_out;
pub mod listing;
pub mod mapping;
pub mod not_data;
pub mod payments;
pub mod premises;
pub mod refusal;
pub mod register;
pub mod report;
pub mod row;
pub mod run_at;
pub mod summary;
pub mod table;
pub mod text;
pub mod unread;

pub use laid_out::{LaidOut, beginnings, lay_out};
pub use mapping::{Kind, Mapping};
pub use refusal::FileRefused;
pub use register::Register;
pub use report::Report;
pub use table::{Imported, MAX_FILE_BYTES, Options};
