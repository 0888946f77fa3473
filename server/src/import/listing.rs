//! The cut-off listing: who is to be cut, for what, and who is left out and why.

use super::{
    equipment::Boxes,
    fault::Code,
    mapping::{Field, Kind},
    refusal::FileRefused,
    register::Register,
    report::{Accepted, Counts, Duplicate, Excluded, Exclusion, Refused, Warning},
    row::Row,
    summary::{ListingSummary, NoticeAge, Summary},
    table::{Fate, Imported, Options, RowReader, read},
};
use chrono::NaiveDate;
use curbstop_shared::{
    money::Money,
    vocabulary::{HoldReason, OrderKind, Product, Reason},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An accepted row of a listing: one line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingRow {
    /// The line of the file.
    pub line: usize,
    /// The account that owes.
    pub account: String,
    /// The premise of the meter.
    pub premise: String,
    /// The account's name, as the listing prints it.
    pub name: String,
    /// The meter.
    pub meter: String,
    /// What it measures.
    pub product: Product,
    /// What the piece of equipment is, for whoever has to find it: "Gateway TG-2472, MAC F9:0B:38:52:15:B2".
    pub equipment: Option<String>,
    /// The work that is asked for.
    pub order_kind: OrderKind,
    /// Why.
    pub reason: Reason,
    /// What is past due: paying this keeps the service on.
    pub past_due: Money,
    /// What is owed in all.
    pub total_due: Option<Money>,
    /// When the notice was mailed.
    pub notice_date: NaiveDate,
    /// The day that the billing system wants the work done.
    pub cut_date: Option<NaiveDate>,
    /// The customer's telephone, as the listing prints it.
    pub phone: String,
    /// A remark.
    pub comment: String,
    /// What whoever plans this order must know.
    pub cautions: Vec<Caution>,
}

/// Why an accepted row needs a second look before it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// The premise must be handled with care: a hospital, a day care.
    SensitivePremise,
    /// Another account at the premise has a medical hold, which protects the premise's essential services.
    MedicalHoldAtPremise,
}

impl Caution {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SensitivePremise => "sensitive_premise",
            Self::MedicalHoldAtPremise => "medical_hold_at_premise",
        }
    }
}

/// Reads a listing. The register says which accounts and meters there are, and which holds are in force on the day of
/// the listing.
///
/// # Errors
/// [`FileRefused`] where the file as a whole can't be read.
pub fn read_listing(bytes: &[u8], options: &Options, register: &Register) -> Result<Imported<ListingRow>, FileRefused> {
    read(
        bytes,
        options,
        &mut ListingReader {
            register,
            boxes: Boxes::default(),
            as_of: options.as_of,
            first: HashMap::new(),
            other_days: 0,
        },
    )
}

struct ListingReader<'a> {
    register: &'a Register,
    boxes: Boxes,
    as_of: NaiveDate,
    /// Account and meter -> line and amounts of the row that counts.
    first: HashMap<(String, String), (usize, Money, Option<Money>)>,
    /// Rows that the billing system wants done on another day.
    other_days: usize,
}

impl RowReader for ListingReader<'_> {
    type Row = ListingRow;
    const KIND: Kind = Kind::Listing;

    fn read(&mut self, row: &Row<'_>) -> Result<Fate<ListingRow>, Refused> {
        let status = status(row)?;
        let listed = match row.mapping().order_kind {
            Some(OrderKind::EquipmentPickup) => self.boxes.read(row, self.register)?,
            _ => listing_row(row, self.register, status)?,
        };
        let key = (listed.account.clone(), listed.meter.clone());
        if let Some((of_line, past_due, total_due)) = self.first.get(&key) {
            let amounts_differ = *past_due != listed.past_due || *total_due != listed.total_due;
            let differ = if amounts_differ { ", though its amounts differ" } else { "" };
            return Ok(Fate::Duplicate(Duplicate {
                line: row.line(),
                of_line: Some(*of_line),
                account: key.0,
                key: Some(key.1),
                amounts_differ,
                text: format!("Line {of_line} has the same account and meter; that line counts{differ}."),
            }));
        }
        self.first.insert(key.clone(), (row.line(), listed.past_due, listed.total_due));
        if let Some(reason) = exclusion(row, self.register, status, &listed)? {
            let of_hold = reason == Exclusion::Hold;
            let holds = if of_hold { self.register.holds_of(&listed.account).to_vec() } else { Vec::new() };
            return Ok(Fate::Excluded(Excluded {
                line: row.line(),
                account: key.0,
                meter: key.1,
                reason,
                past_due_minor: listed.past_due.minor(),
                holds,
                text: reason.text().to_owned(),
            }));
        }
        let listed = self.boxes.counted_once(row, listed);
        self.other_days += usize::from(listed.cut_date.is_some_and(|day| day != self.as_of));
        let accepted = Accepted { line: row.line(), account: key.0, key: Some(key.1) };
        Ok(Fate::Accepted(listed, accepted))
    }

    fn summary(&self, _: &Counts, rows: &[ListingRow], excluded: &[Excluded], warnings: &mut Vec<Warning>) -> Summary {
        let mut summary = summary(rows, excluded, self.as_of);
        let open = rows.iter().filter_map(|row| self.register.open_order(&row.account, &row.premise, row.order_kind));
        summary.open_orders = open.cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let mut warn = |code, text| warnings.push(Warning { code, text });
        if self.other_days > 0 {
            let rows = counted(self.other_days, "row asks", "rows ask");
            let text = format!("{rows} for another day than {}.", self.as_of);
            warn("cut_date_differs", text);
        }
        if !summary.sensitive_accounts.is_empty() {
            let accounts = counted(summary.sensitive_accounts.len(), "account is", "accounts are");
            warn("sensitive_premises", format!("{accounts} at sensitive premises: a person must approve each."));
        }
        if !summary.medical_premise_accounts.is_empty() {
            let accounts = counted(summary.medical_premise_accounts.len(), "account is", "accounts are");
            let text =
                format!("{accounts} at premises where another account has a medical hold: essential services stay on.");
            warn("medical_hold_at_premise", text);
        }
        if !summary.open_orders.is_empty() {
            let orders =
                counted(summary.open_orders.len(), "order of an earlier listing is", "orders of earlier listings are");
            let named: Vec<String> =
                summary.open_orders.iter().take(NAMED).map(|open| format!("\"{}\"", open.order)).collect();
            let text = format!(
                "{orders} not done at accounts of this one ({}{}): no account gets a second order. One that waits for a truck \
                 goes out with the amounts of this listing.",
                named.join(", "),
                if summary.open_orders.len() > NAMED { ", ..." } else { "" },
            );
            warn("open_orders", text);
        }
        Summary::Listing(summary)
    }
}

/// So many orders are named in a warning; all are in the summary.
const NAMED: usize = 12;

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What a row's status cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    AlreadyOff,
    AlreadyReturned,
    For(Reason),
}

fn status(row: &Row<'_>) -> Result<Status, Refused> {
    if !row.has(Field::Status) {
        return Ok(Status::Active);
    }
    match row.code(Field::Status, Code::CodeUnknown)? {
        "active" => Ok(Status::Active),
        "already_off" => Ok(Status::AlreadyOff),
        "already_returned" => Ok(Status::AlreadyReturned),
        reason => reason.parse().map(Status::For).map_err(|_| row.fault(Field::Status, Code::CodeUnknown)),
    }
}

fn listing_row(row: &Row<'_>, register: &Register, status: Status) -> Result<ListingRow, Refused> {
    let account = row.known_account(register)?;
    let meter = row.identifier(Field::Meter, Code::MeterMissing, Code::MeterDamaged)?;
    let known = match register.meter(&meter) {
        None => return Err(row.fault(Field::Meter, Code::MeterUnknown)),
        Some(known) if known.account != account => return Err(row.fault(Field::Meter, Code::MeterNotOfAccount)),
        Some(known) => known,
    };
    let product = if row.has(Field::Service) {
        let product = row.code(Field::Service, Code::ServiceUnknown)?;
        product.parse().map_err(|_| row.fault(Field::Service, Code::ServiceUnknown))?
    } else {
        known.product
    };
    let premise = known.premise.clone();
    let cautions = [
        (register.is_sensitive(&premise), Caution::SensitivePremise),
        (register.has_medical_hold(&premise), Caution::MedicalHoldAtPremise),
    ];
    Ok(ListingRow {
        line: row.line(),
        name: row.text(Field::Name),
        product,
        equipment: None,
        order_kind: row.mapping().order_kind.unwrap_or(order_kind(product)),
        reason: reason(row, status)?,
        past_due: row.money(Field::PastDue)?,
        total_due: row.money_if_any(Field::TotalDue)?,
        notice_date: row.date_required(Field::NoticeDate)?,
        cut_date: row.date(Field::CutDate)?,
        phone: row.text(Field::Phone),
        comment: row.text(Field::Comment),
        cautions: cautions.into_iter().filter_map(|(applies, caution)| applies.then_some(caution)).collect(),
        account,
        premise,
        meter,
    })
}

pub(super) fn reason(row: &Row<'_>, status: Status) -> Result<Reason, Refused> {
    match status {
        Status::For(reason) => Ok(reason),
        Status::Active | Status::AlreadyOff | Status::AlreadyReturned if !row.has(Field::Reason) => Ok(Reason::NonPay),
        Status::Active | Status::AlreadyOff | Status::AlreadyReturned => {
            let reason = row.code(Field::Reason, Code::CodeUnknown)?;
            reason.parse().map_err(|_| row.fault(Field::Reason, Code::CodeUnknown))
        }
    }
}

const fn order_kind(product: Product) -> OrderKind {
    match product {
        Product::Electric => OrderKind::MeterLock,
        Product::Internet | Product::Video => OrderKind::EquipmentPickup,
        Product::Water | Product::Irrigation | Product::Gas | Product::Sewer => OrderKind::TurnOff,
    }
}

/// Why no work comes of a right row: what makes it pointless, then what protects the customer.
fn exclusion(
    row: &Row<'_>,
    register: &Register,
    status: Status,
    listed: &ListingRow,
) -> Result<Option<Exclusion>, Refused> {
    let medical = row.has(Field::MedicalFlag) && row.code(Field::MedicalFlag, Code::CodeUnknown)? == "yes";
    let holds = register.holds_of(&listed.account);
    Ok(match status {
        Status::AlreadyOff => Some(Exclusion::AlreadyOff),
        Status::AlreadyReturned => Some(Exclusion::AlreadyReturned),
        // A box is the utility's own: only a bankruptcy court keeps it where it is, whatever is owed.
        _ if listed.order_kind == OrderKind::EquipmentPickup => {
            let bankrupt = holds.iter().any(|hold| hold.kind == HoldReason::Bankruptcy);
            bankrupt.then_some(Exclusion::Hold)
        }
        _ if listed.past_due.minor() <= 0 => Some(Exclusion::NothingPastDue),
        _ if !holds.is_empty() => Some(Exclusion::Hold),
        _ => medical.then_some(Exclusion::MedicalFlag),
    })
}

fn summary(rows: &[ListingRow], excluded: &[Excluded], as_of: NaiveDate) -> ListingSummary {
    let mut lines_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut notices: BTreeMap<NaiveDate, usize> = BTreeMap::new();
    let mut summary = ListingSummary { order_lines: rows.len(), ..ListingSummary::default() };
    for row in rows {
        *lines_of.entry(&row.account).or_default() += 1;
        *notices.entry(row.notice_date).or_default() += 1;
        *summary.by_reason.entry(row.reason).or_default() += 1;
        summary.past_due_minor += row.past_due.minor();
        summary.total_due_minor += row.total_due.map_or(0, Money::minor);
    }
    for row in excluded {
        *summary.excluded_by_reason.entry(row.reason).or_default() += 1;
    }
    let accounts_with = |caution| {
        let with = rows.iter().filter(|row| row.cautions.contains(&caution)).map(|row| row.account.clone());
        with.collect::<BTreeSet<_>>().into_iter().collect()
    };
    let age = |(notice_date, rows): (NaiveDate, usize)| NoticeAge {
        notice_date,
        days: as_of.signed_duration_since(notice_date).num_days(),
        rows,
    };
    ListingSummary {
        order_kinds: rows.iter().map(|row| row.order_kind).collect::<BTreeSet<_>>().into_iter().collect(),
        orders: lines_of.len(),
        accounts_with_several_lines: lines_of.values().filter(|lines| **lines > 1).count(),
        notices: notices.into_iter().map(age).collect(),
        sensitive_accounts: accounts_with(Caution::SensitivePremise),
        medical_premise_accounts: accounts_with(Caution::MedicalHoldAtPremise),
        ..summary
    }
}
