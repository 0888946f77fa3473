//! Rows of a cashier's journal that could not be read: each may be somebody who paid, so it is kept with its account as
//! far as that can be read, until its payment is known or a person says what it is.

use super::{
    fault::Code, mapping::Field, payments::taken_back_because, register::Register, report::Refused, row::Row,
    table::sha256_hex,
};

/// Rows with a sure or probable account that are kept one by one of a file. A town has not more cuts than that on one day; a file with
/// more is broken as a whole, and the rest stands as one number.
const WITH_ACCOUNT_MAX: usize = 5_000;
/// Rows without an account that are kept one by one: a person looks at each.
const WITHOUT_ACCOUNT_MAX: usize = 20;

/// A row of a journal that may be a payment and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPayment {
    /// The line of the file.
    pub line: usize,
    /// The account; empty where none can be read.
    pub account: String,
    /// The premises have this account; else it is only the one that was probably meant. With an empty account: it stands
    /// for rows of several accounts.
    pub account_sure: bool,
    /// The receipt's number; empty where it can't be read.
    pub receipt: String,
    /// The heading of the faulty column; `*` where it is the row as a whole.
    pub heading: String,
    /// What stands there.
    pub value: String,
    /// What is wrong.
    pub code: Code,
    /// SHA-256 over the row as it stands in the file: the same row of a later file is the same row.
    pub row_sha256: String,
    /// Rows of the file that it stands for.
    pub meant: usize,
}

/// Gathers them while a file is read.
#[derive(Debug, Default)]
pub(super) struct Unread {
    with_account: Gathered,
    without_account: Gathered,
}

/// Those of one sort.
#[derive(Debug, Default)]
struct Gathered {
    kept: Vec<UnreadPayment>,
    /// The first that found no room, for all of them.
    rest: Option<UnreadPayment>,
}

impl Gathered {
    fn add(&mut self, unread: UnreadPayment, most: usize) {
        if self.kept.len() < most {
            self.kept.push(unread);
            return;
        }
        match &mut self.rest {
            Some(rest) => rest.meant += 1,
            // It stands for rows of several accounts, or of none that can be read: so it waits for a person.
            None => {
                let account_sure = !unread.account.is_empty();
                self.rest = Some(UnreadPayment { account: String::new(), account_sure, ..unread });
            }
        }
    }
}

impl Unread {
    pub(super) fn add(&mut self, row: &Row<'_>, refused: &Refused, register: &Register) {
        let Some(unread) = unread(row, refused, register) else { return };
        if unread.account.is_empty() {
            self.without_account.add(unread, WITHOUT_ACCOUNT_MAX);
        } else {
            self.with_account.add(unread, WITH_ACCOUNT_MAX);
        }
    }

    pub(super) fn into_rows(self) -> Vec<UnreadPayment> {
        let Self { with_account, without_account } = self;
        [with_account, without_account].into_iter().flat_map(|of| of.kept.into_iter().chain(of.rest)).collect()
    }
}

/// What is kept of a refused row; nothing where it can't be somebody who paid.
fn unread(row: &Row<'_>, refused: &Refused, register: &Register) -> Option<UnreadPayment> {
    let takes_back =
        row.code(Field::PaymentType, Code::CodeUnknown).is_ok_and(|code| taken_back_because(code).is_some());
    let comes_in = row.money(Field::Amount).is_ok_and(|amount| amount.minor() > 0);
    // A payment of nothing is none, and what takes a payment back brings no money.
    if refused.code == Code::AmountZero || (takes_back && !comes_in) {
        return None;
    }
    let said = row.identifier(Field::Account, Code::AccountMissing, Code::AccountDamaged).unwrap_or_default();
    let known = register.knows_account(&said);
    let account = if known { Some(said) } else { register.with_zeros(&said).map(str::to_owned) };
    Some(UnreadPayment {
        line: refused.line,
        account: account.unwrap_or_default(),
        account_sure: known,
        receipt: row.identifier(Field::Receipt, Code::ReceiptMissing, Code::ReceiptMissing).unwrap_or_default(),
        heading: refused.column.clone(),
        value: refused.value.clone(),
        code: refused.code,
        row_sha256: sha256_hex(row.record.raw.as_bytes()),
        meant: 1,
    })
}
