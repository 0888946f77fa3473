//! The rows of a pick-up listing: one for each box, under the account that has it.

use super::{
    cells::plain,
    fault::Code,
    listing::{ListingRow, Status, reason},
    mapping::Field,
    register::Register,
    report::Refused,
    row::Row,
};
use curbstop_shared::{
    money::Money,
    vocabulary::{OrderKind, Product},
};
use std::collections::{HashMap, HashSet};

/// The boxes read so far.
#[derive(Default)]
pub(super) struct Boxes {
    /// Serial, or MAC where there is none -> the account that has the box.
    account_of: HashMap<String, String>,
    /// Accounts whose past due is counted.
    counted: HashSet<String>,
}

impl Boxes {
    /// A box that is to be picked up.
    ///
    /// # Errors
    /// The row's refusal.
    pub(super) fn read(&mut self, row: &Row<'_>, register: &Register) -> Result<ListingRow, Refused> {
        let account = row.known_account(register)?;
        let premise = premise(row, register, &account)?;
        let serial = identity(row)?;
        let first = self.account_of.entry(serial.clone()).or_insert_with(|| account.clone());
        if *first != account {
            return Err(row.fault(Field::Meter, Code::SerialUnderOtherAccount));
        }
        let product: Product = row
            .code(Field::Service, Code::ServiceUnknown)?
            .parse()
            .map_err(|_| row.fault(Field::Service, Code::ServiceUnknown))?;
        Ok(ListingRow {
            line: row.line(),
            name: row.text(Field::Name),
            product,
            equipment: Some(description(row)).filter(|text| !text.is_empty()),
            order_kind: OrderKind::EquipmentPickup,
            reason: reason(row, Status::Active)?,
            past_due: row.money(Field::PastDue)?,
            total_due: row.money_if_any(Field::TotalDue)?,
            notice_date: row.date_required(Field::NoticeDate)?,
            cut_date: row.date(Field::CutDate)?,
            phone: row.text(Field::Phone),
            comment: row.text(Field::Comment),
            cautions: Vec::new(),
            account,
            premise,
            meter: serial,
        })
    }

    /// Where a list says an account's past due once for all its rows, only the first that is used counts it.
    pub(super) fn counted_once(&mut self, row: &Row<'_>, listed: ListingRow) -> ListingRow {
        let once = row.mapping().carried.contains(&Field::PastDue);
        if once && !self.counted.insert(listed.account.clone()) {
            return ListingRow { past_due: Money::from_minor(0, row.currency), ..listed };
        }
        listed
    }
}

/// What the box is known by: its serial, or its network address where it has none.
fn identity(row: &Row<'_>) -> Result<String, Refused> {
    let by = if plain(row.cell(Field::Meter)).is_empty() { Field::Mac } else { Field::Meter };
    match row.identifier(by, Code::EquipmentNotIdentified, Code::MeterDamaged) {
        Err(refused) if refused.code == Code::EquipmentNotIdentified => {
            Err(row.fault(Field::Meter, Code::EquipmentNotIdentified))
        }
        identity => identity,
    }
}

/// "Gateway TG-2472, MAC F9:0B:38:52:15:B2".
fn description(row: &Row<'_>) -> String {
    let what: Vec<String> = [Field::Service, Field::Model]
        .map(|field| row.text(field))
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let mac = row.text(Field::Mac);
    let mac = (!mac.is_empty()).then(|| format!("MAC {mac}"));
    [Some(what.join(" ")), mac].into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Where the account's box is: its only premise, or the one that the row names.
fn premise(row: &Row<'_>, register: &Register, account: &str) -> Result<String, Refused> {
    let named = row.text(Field::Premise);
    let mut premises = register.premises_of(account).filter(|premise| named.is_empty() || *premise == named);
    match (premises.next(), premises.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        _ => Err(row.fault(if named.is_empty() { Field::Account } else { Field::Premise }, Code::PremiseUnclear)),
    }
}
