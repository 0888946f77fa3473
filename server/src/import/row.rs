//! One data row: its cells by meaning, each read with its place, so that a fault says line and column.

use super::{
    cells::{self, CellResult},
    fault::Code,
    mapping::{Field, Layout, Mapping},
    not_data::printed_rows,
    register::Register,
    report::{Aside, Hint, Printed, Refused},
    text::{MAX_COLUMNS, Record},
};
use chrono::NaiveDate;
use curbstop_shared::money::{Currency, Money};
use std::borrow::Cow;

/// One data row, with its cells by meaning.
pub struct Row<'a> {
    pub(super) record: &'a Record<'a>,
    /// The last row that said what this one may leave out.
    pub(super) head: Option<&'a Record<'a>>,
    pub(super) layout: &'a Layout<'a>,
    pub(super) currency: Currency,
}

impl<'a> Row<'a> {
    /// The physical line on which it begins.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.record.line
    }

    /// The mapping by which it is read.
    #[must_use]
    pub const fn mapping(&self) -> &'a Mapping {
        self.layout.mapping
    }

    /// Whether the file, or the mapping for all rows, says this field.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.layout.heading.column_of.contains_key(&field) || self.layout.mapping.constants.contains_key(&field)
    }

    /// The cell as it stands in the file; empty where the file has no such column.
    #[must_use]
    pub fn cell(&self, field: Field) -> &str {
        let record = if self.is_carried(field) { self.head.unwrap_or(self.record) } else { self.record };
        let in_row = self.layout.heading.column_of.get(&field).map(|column| record.cells.get(*column));
        match in_row {
            Some(cell) => cell.map_or("", String::as_str),
            None => self.layout.mapping.constants.get(&field).map_or("", String::as_str),
        }
    }

    /// Whether the row says for itself, and for the rows below, what may be left out there.
    pub(super) fn heads_a_group(&self) -> bool {
        let deciding = self.layout.mapping.carried.first().and_then(|field| self.layout.heading.column_of.get(field));
        let cell = deciding.and_then(|column| self.record.cells.get(*column));
        cell.is_some_and(|cell| !cell.trim().is_empty())
    }

    /// Whether the field's cell is that of the row above.
    fn is_carried(&self, field: Field) -> bool {
        self.layout.mapping.carried.contains(&field) && !self.heads_a_group()
    }

    /// The cell's text, trimmed.
    #[must_use]
    pub fn text(&self, field: Field) -> String {
        cells::plain(self.cell(field)).into_owned()
    }

    /// Gives a cell's fault its place.
    ///
    /// # Errors
    /// The fault with line, column and value.
    pub fn at<T>(&self, field: Field, result: CellResult<T>) -> Result<T, Refused> {
        result.map_err(|code| self.fault(field, code))
    }

    /// An account, serial or number.
    ///
    /// # Errors
    /// The row's refusal.
    pub fn identifier(&self, field: Field, missing: Code, damaged: Code) -> Result<String, Refused> {
        self.at(field, cells::identifier(self.cell(field), missing, damaged))
    }

    /// The account, which must be one that the premises have.
    ///
    /// # Errors
    /// The row's refusal, with the account that it probably was where leading zeros were lost.
    pub fn known_account(&self, register: &Register) -> Result<String, Refused> {
        let account = self.identifier(Field::Account, Code::AccountMissing, Code::AccountDamaged)?;
        if register.knows_account(&account) {
            return Ok(account);
        }
        let mut refused = self.fault(Field::Account, Code::AccountUnknown);
        refused.aside.hints.extend(register.with_zeros(&account).map(|zeros| Hint::ZerosLost(zeros.to_owned())));
        Err(refused)
    }

    /// An amount that must be there.
    ///
    /// # Errors
    /// The row's refusal.
    pub fn money(&self, field: Field) -> Result<Money, Refused> {
        self.at(field, cells::money(self.cell(field), self.currency))
    }

    /// An amount that may be missing.
    ///
    /// # Errors
    /// The row's refusal.
    pub fn money_if_any(&self, field: Field) -> Result<Option<Money>, Refused> {
        if self.text(field).is_empty() { Ok(None) } else { self.money(field).map(Some) }
    }

    /// A day that may be missing.
    ///
    /// # Errors
    /// The row's refusal.
    pub fn date(&self, field: Field) -> Result<Option<NaiveDate>, Refused> {
        match self.numbered_day(field) {
            Some(day) => Ok(Some(day)),
            None => self.at(field, cells::date(self.cell(field), self.layout.mapping.dates)),
        }
    }

    /// A day that must be there.
    ///
    /// # Errors
    /// The row's refusal.
    pub fn date_required(&self, field: Field) -> Result<NaiveDate, Refused> {
        match self.numbered_day(field) {
            Some(day) => Ok(day),
            None => self.at(field, cells::date_required(self.cell(field), self.layout.mapping.dates)),
        }
    }

    /// A day that a workbook has as a mere number, because nobody told it that it is one.
    fn numbered_day(&self, field: Field) -> Option<NaiveDate> {
        cells::numbered_day(self.cell(field), self.layout.day_zero?)
    }

    /// Our code for the cell's.
    ///
    /// # Errors
    /// The row's refusal, with the codes that would be known.
    pub fn code(&self, field: Field, unknown: Code) -> Result<&'a str, Refused> {
        let mapping = self.layout.mapping;
        if !self.layout.heading.column_of.contains_key(&field)
            && let Some(constant) = mapping.constants.get(&field)
        {
            return Ok(constant);
        }
        let theirs = self.text(field);
        match mapping.code(field, &theirs) {
            Some(ours) => Ok(ours),
            None if theirs.is_empty() => Err(self.fault(field, Code::CodeMissing)),
            None => {
                let mut refused = self.fault(field, unknown);
                refused.aside.hints.push(Hint::KnownCodes(mapping.known_codes(field)));
                Err(refused)
            }
        }
    }

    /// The refusal of this row for the cell of one field.
    #[must_use]
    pub fn fault(&self, field: Field, code: Code) -> Refused {
        let column = self.layout.heading.column_of.get(&field).copied();
        let name = column.and_then(|column| self.layout.heading.names.get(column));
        Refused {
            line: self.record.line,
            column: name.cloned().unwrap_or_else(|| "*".to_owned()),
            column_no: column.map(|column| column + 1),
            of_sheet: self.layout.day_zero.is_some(),
            value: shown(&cells::plain(self.cell(field))),
            code,
            text: code.text(),
            aside: Box::new(Aside { account: self.readable_account(), hints: Vec::new() }),
        }
    }

    /// The account as the row has it, whether anybody knows it or not.
    fn readable_account(&self) -> Option<String> {
        cells::identifier(self.cell(Field::Account), Code::AccountMissing, Code::AccountDamaged).ok()
    }

    /// Refuses a row with cells that belong to no column, and one that is cut short before a column that decides.
    pub(super) fn columns_fit(&self) -> Result<(), Refused> {
        let width = self.layout.heading.width();
        let beyond = self.record.cells.iter().skip(width).any(|cell| !cell.trim().is_empty());
        let kind = self.layout.mapping.kind;
        let must_reach = kind.required().iter().chain(kind.decisive());
        let must_reach = must_reach.filter_map(|field| self.layout.heading.column_of.get(field)).max();
        let short = must_reach.is_some_and(|column| self.record.cells_total <= *column);
        if !beyond && !short && self.record.cells_total <= MAX_COLUMNS {
            return Ok(());
        }
        let spans =
            (self.record.last_line > self.record.line).then_some(Hint::Spans(self.record.line, self.record.last_line));
        Err(Refused {
            line: self.record.line,
            column: "*".to_owned(),
            column_no: None,
            of_sheet: self.layout.day_zero.is_some(),
            value: shown(self.record.raw),
            code: Code::ColumnCount,
            text: Code::ColumnCount.text(),
            // Its cells may stand under other headings.
            aside: Box::new(Aside { account: None, hints: spans.into_iter().collect() }),
        })
    }

    /// What a total or closing line says about the whole report.
    pub(super) fn printed(&self) -> Option<Printed> {
        let rows = printed_rows(self.record)?;
        let minor = |field| {
            let column = self.layout.heading.column_of.get(&field)?;
            cells::money(self.record.cells.get(*column)?, self.currency).ok().map(Money::minor)
        };
        Some(Printed {
            rows,
            past_due_minor: minor(Field::PastDue),
            total_due_minor: minor(Field::TotalDue),
            amount_minor: minor(Field::Amount),
        })
    }
}

/// How much of a cell is shown in a report.
pub(super) const SHOWN_CHARS: usize = 300;

fn shown(text: &str) -> String {
    let cut: Cow<'_, str> = match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    };
    cut.into_owned()
}
