//! The holds file: what keeps an account's service from being cut, from which day to which.

use super::{
    fault::Code,
    mapping::{Field, Kind},
    refusal::FileRefused,
    register::{Register, Term},
    report::{Accepted, Counts, Duplicate, Excluded, Hint, Refused, Warning},
    row::Row,
    summary::{HoldsSummary, Summary},
    table::{Fate, Imported, Options, RowReader, read},
};
use chrono::NaiveDate;
use curbstop_shared::{money::Money, vocabulary::HoldReason};
use std::collections::{HashMap, HashSet};

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// The line of the file.
    pub line: usize,
    /// The hold's number in the billing system.
    pub hold: String,
    /// The account that it protects.
    pub account: String,
    /// Why.
    pub kind: HoldReason,
    /// When it counts.
    pub term: Term,
    /// What an agency pledged.
    pub pledged: Option<Money>,
    /// Who pledged, or a reference.
    pub agency: String,
    /// Who typed it.
    pub entered_by: String,
    /// A remark.
    pub comment: String,
}

/// Reads a holds file. The register says which accounts there are.
///
/// # Errors
/// [`FileRefused`] where the file as a whole can't be read.
pub fn read_holds(bytes: &[u8], options: &Options, register: &Register) -> Result<Imported<HoldRow>, FileRefused> {
    read(bytes, options, &mut HoldsReader { register, as_of: options.as_of, first: HashMap::new(), unprotected: 0 })
}

struct HoldsReader<'a> {
    register: &'a Register,
    as_of: NaiveDate,
    /// Hold number -> line and pledge of the row that counts.
    first: HashMap<String, (usize, Option<Money>)>,
    /// Refused rows of known accounts: these accounts may be cut though somebody meant to protect them.
    unprotected: usize,
}

impl RowReader for HoldsReader<'_> {
    type Row = HoldRow;
    const KIND: Kind = Kind::Holds;

    fn read(&mut self, row: &Row<'_>) -> Result<Fate<HoldRow>, Refused> {
        let hold = hold_row(row, self.register).map_err(|refused| self.with_hint(row, refused))?;
        if let Some((of_line, pledged)) = self.first.get(&hold.hold) {
            return Ok(Fate::Duplicate(Duplicate {
                line: row.line(),
                of_line: Some(*of_line),
                account: hold.account,
                key: Some(hold.hold),
                amounts_differ: *pledged != hold.pledged,
                text: format!("Line {of_line} has the same hold number; that line counts."),
            }));
        }
        self.first.insert(hold.hold.clone(), (row.line(), hold.pledged));
        let accepted = Accepted { line: row.line(), account: hold.account.clone(), key: Some(hold.hold.clone()) };
        Ok(Fate::Accepted(hold, accepted))
    }

    fn summary(&self, _: &Counts, rows: &[HoldRow], _: &[Excluded], warnings: &mut Vec<Warning>) -> Summary {
        let mut summary = HoldsSummary::default();
        let mut held = HashSet::new();
        for row in rows {
            *summary.accepted_by_kind.entry(row.kind).or_default() += 1;
            if row.term.in_force_on(self.as_of) {
                summary.in_force_on_as_of += 1;
                *summary.in_force_by_kind.entry(row.kind).or_default() += 1;
                held.insert(&row.account);
            }
            summary.pledged_minor += row.pledged.map_or(0, Money::minor);
            summary.until_lifted += usize::from(row.term.good_through.is_none());
        }
        summary.accounts_held = held.len();
        if self.unprotected > 0 {
            let text = format!(
                "{} refused holds name a known account: until they are corrected, these accounts are not protected.",
                self.unprotected
            );
            warnings.push(Warning { code: "accounts_not_protected", text });
        }
        Summary::Holds(summary)
    }
}

impl HoldsReader<'_> {
    /// Says that the account of a refused hold is not protected by it.
    fn with_hint(&mut self, row: &Row<'_>, refused: Refused) -> Refused {
        let account = row.text(Field::Account);
        if !self.register.knows_account(&account) {
            return refused;
        }
        self.unprotected += 1;
        let mut refused = refused;
        refused.aside.hints.push(Hint::Unprotected(account));
        refused
    }
}

fn hold_row(row: &Row<'_>, register: &Register) -> Result<HoldRow, Refused> {
    let hold = row.identifier(Field::Hold, Code::HoldMissing, Code::HoldMissing)?;
    let account = row.known_account(register)?;
    let kind = row.code(Field::HoldCode, Code::CodeUnknown)?;
    let kind = kind.parse().map_err(|_| row.fault(Field::HoldCode, Code::CodeUnknown))?;
    let term = Term {
        start: row.date_required(Field::Start)?,
        good_through: row.date(Field::GoodThrough)?,
        lifted: row.date(Field::Lifted)?,
    };
    if term.good_through.is_some_and(|last| last < term.start) {
        return Err(row.fault(Field::GoodThrough, Code::DatesReversed));
    }
    let pledged = row.money_if_any(Field::PledgeAmount)?;
    if pledged.is_some_and(|pledged| pledged.minor() < 0) {
        return Err(row.fault(Field::PledgeAmount, Code::AmountSign));
    }
    Ok(HoldRow {
        line: row.line(),
        hold,
        account,
        kind,
        term,
        pledged,
        agency: row.text(Field::Agency),
        entered_by: row.text(Field::EnteredBy),
        comment: row.text(Field::Comment),
    })
}
