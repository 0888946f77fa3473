//! What is on file about the premises and accounts of many orders, read at once, and how each order stands by it.

use super::{
    super::{ServiceError, hazards, releasing, utility},
    read_at_cut::read_at_cuts,
    reason,
};
use crate::{
    planning::{
        allotted::Sum,
        area::{Lies, Suspension},
        counted::{Moved, counted},
        documents::{CustomerCard, MeterCard, PremiseCard},
        money_since::MoneySince,
        ruled::{OnFile, Ruled, permit_minutes, ruled},
        standing::{Hold, Known, Standing, Subject, asked_of_premise, standing},
    },
    state::AppState,
    store::{
        Conn, StoreError, listings,
        orders::{LineRow, NewOrder, OrderRow},
        standings::{self, HoldRow, MeterRow, PremiseRow},
        suspensions::{self, SuspensionRow},
    },
};
use chrono::NaiveDate;
use curbstop_shared::{
    ids::{ListingId, OrderId},
    language::Language,
    policy::Policy,
    time::Micros,
    vocabulary::{HoldScope, Product},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

/// The files of a day's orders.
#[derive(Debug, Default)]
pub(super) struct Dossier {
    premises: BTreeMap<String, PremiseRow>,
    meters: Vec<MeterCard>,
    customers: BTreeMap<String, CustomerCard>,
    /// Account to the customer's class.
    classes: BTreeMap<String, String>,
    /// Listing and account to the youngest notice.
    notices: BTreeMap<(Uuid, String), NaiveDate>,
    policy: Option<Arc<Policy>>,
    holds: BTreeMap<String, Vec<Hold>>,
    /// Account to payments: (paid at, amount).
    paid: BTreeMap<String, Vec<(Micros, i64)>>,
    /// Which payments each listing's balances don't have.
    since: BTreeMap<Uuid, MoneySince>,
    /// Orders that the account's money does not pay, as it pays others of that account.
    pub spoken_for: BTreeSet<OrderId>,
    /// Order that gives service back to what was read on its lines when they were turned off.
    read_at_cut: BTreeMap<Uuid, BTreeMap<String, String>>,
}

impl Dossier {
    /// The files of these orders.
    pub(super) async fn of_orders(
        state: &AppState,
        conn: &mut Conn,
        orders: &[OrderRow],
    ) -> Result<Self, ServiceError> {
        let mut since = BTreeMap::new();
        for listing in orders.iter().filter_map(|row| row.listing).collect::<BTreeSet<_>>() {
            if let Some(it) = listings::by_id(conn, ListingId(listing)).await? {
                since.insert(listing, utility::money_since(state, &it)?);
            }
        }
        let names = orders.iter().map(|row| (row.account.as_str(), row.premise.as_str()));
        let earliest = orders.iter().map(|row| Micros(row.created_at_us)).min();
        let read_at_cut = read_at_cuts(state, conn, orders).await?;
        let mut dossier = Self { read_at_cut, ..Self::read(state, conn, names, since, earliest).await? };
        let mut of_account: BTreeMap<&str, Vec<&OrderRow>> = BTreeMap::new();
        for row in orders.iter().filter(|row| dossier.paid.contains_key(&row.account)) {
            of_account.entry(&row.account).or_default().push(row);
        }
        for (account, rows) in of_account {
            let weighed = releasing::weighed(state, conn, account, rows.iter().copied(), None).await?;
            let ids = rows.iter().map(|row| OrderId(row.id));
            dossier.spoken_for.extend(ids.filter(|id| weighed.is_spoken_for(*id)));
        }
        Ok(dossier)
    }

    /// The files of these accounts at these premises. Payments are read from the first listing on, or from `earliest`
    /// where that is before it.
    pub(super) async fn read<'n>(
        state: &AppState,
        conn: &mut Conn,
        names: impl Iterator<Item = (&'n str, &'n str)>,
        since: BTreeMap<Uuid, MoneySince>,
        earliest: Option<Micros>,
    ) -> Result<Self, ServiceError> {
        let (accounts, premises): (BTreeSet<&str>, BTreeSet<&str>) = names.unzip();
        let from = since.values().map(|since| since.perhaps).chain(earliest).min().unwrap_or_default();
        let mut dossier = Self { since, policy: Some(state.config.policy()), ..Self::default() };
        let suspended = suspensions::not_lifted(conn).await?;
        let suspended: Vec<Suspension> = suspended.iter().map(SuspensionRow::rule).collect::<Result<_, _>>()?;
        for row in standings::premises(conn, &premises).await? {
            let lies = Lies {
                city: row.city.clone(),
                zip: row.zip.clone(),
                cycle: row.cycle.clone(),
                route: row.route.clone(),
            };
            let of_area = suspended.iter().filter(|suspension| suspension.reaches(&lies));
            dossier.holds.entry(row.id.clone()).or_default().extend(of_area.map(|area| area.hold(&row.id)));
            dossier.premises.insert(row.id.clone(), row);
        }
        for row in standings::meters(conn, &premises).await? {
            dossier.meters.push(meter(row)?);
        }
        for row in standings::customers(conn, &accounts).await? {
            let card = CustomerCard { name: said(row.name), language: said(row.language) };
            dossier.classes.insert(row.account.clone(), row.class);
            dossier.customers.insert(row.account, card);
        }
        for (listing, account, day) in standings::notices(conn, &accounts).await? {
            let day = parse_day("listing_rows", "notice_date", &day)?;
            dossier.notices.insert((listing, account), day);
        }
        for row in standings::holds(conn, &premises).await? {
            dossier.holds.entry(row.premise.clone()).or_default().push(hold(row)?);
        }
        let mut moved: BTreeMap<String, Vec<Moved>> = BTreeMap::new();
        for one in standings::payments(conn, &accounts, from).await? {
            moved.entry(one.account.clone()).or_default().push(one);
        }
        dossier.paid = moved.into_iter().map(|(account, moved)| (account, counted(&moved))).collect();
        Ok(dossier)
    }

    /// The same by other rules than the utility's.
    pub(super) fn by_rules(self, policy: Arc<Policy>) -> Self {
        Self { policy: Some(policy), ..self }
    }

    /// Why an order is not worked on a day; `None`: nothing stops it.
    pub(super) fn standing_of(
        &self,
        row: &OrderRow,
        lines: &[LineRow],
        approved: bool,
        date: NaiveDate,
    ) -> Result<Option<Standing>, ServiceError> {
        let subject = subject(row, lines)?;
        let since = row.listing.and_then(|id| self.since.get(&id).copied());
        let since = since.unwrap_or_else(|| MoneySince::moment(Micros(row.created_at_us)));
        Ok(self.standing((OrderId(row.id), row.listing), &subject, since, approved, date))
    }

    /// When work on an order may begin by the utility's rules, on a day on which nothing else is against it.
    pub(super) fn hours_of(
        &self,
        row: &OrderRow,
        lines: &[LineRow],
        approved: bool,
        date: NaiveDate,
    ) -> Result<Ruled, ServiceError> {
        Ok(self.ruled(&subject(row, lines)?, row.listing, approved, date))
    }

    /// On data of what age a cut of the order may begin on a day, in minutes; none where no rule says so.
    pub(super) fn permit_minutes(
        &self,
        row: &OrderRow,
        lines: &[LineRow],
        date: NaiveDate,
    ) -> Result<Option<i64>, ServiceError> {
        let Some(policy) = &self.policy else { return Ok(None) };
        let subject = subject(row, lines)?;
        let flags = self.flags(subject.premise);
        let on_file = self.on_file(&subject, &flags, row.listing, false);
        Ok(permit_minutes(policy, &subject, &on_file, date).map(i64::from))
    }

    fn flags(&self, premise: &str) -> Vec<String> {
        self.premises.get(premise).map(|it| hazards::codes(&it.flags)).unwrap_or_default()
    }

    fn on_file<'s>(
        &'s self,
        subject: &Subject<'_>,
        flags: &'s [String],
        listing: Option<Uuid>,
        approved: bool,
    ) -> OnFile<'s> {
        let language = self.customers.get(subject.account).and_then(|it| it.language.as_deref());
        OnFile {
            class: self.classes.get(subject.account).map_or("", String::as_str),
            language: if language.is_some_and(|it| it.eq_ignore_ascii_case("es")) {
                Language::Es
            } else {
                Language::En
            },
            flags,
            notice: listing.and_then(|listing| self.notices.get(&(listing, subject.account.to_owned())).copied()),
            approved,
        }
    }

    fn ruled(&self, subject: &Subject<'_>, listing: Option<Uuid>, approved: bool, date: NaiveDate) -> Ruled {
        let Some(policy) = &self.policy else { return Ruled::Open };
        let flags = self.flags(subject.premise);
        ruled(policy, subject, &self.on_file(subject, &flags, listing, approved), date)
    }

    /// As [`Self::standing_of`], for what is no order yet.
    pub(super) fn standing(
        &self,
        (order, listing): (OrderId, Option<Uuid>),
        subject: &Subject<'_>,
        since: MoneySince,
        approved: bool,
        date: NaiveDate,
    ) -> Option<Standing> {
        let money = self.paid.get(subject.account).filter(|_| !self.spoken_for.contains(&order));
        let paid = money.map(|paid| since.most(paid)).unwrap_or_default();
        let left = money.map(|paid| since.sum(paid.iter().copied())).unwrap_or_default();
        let holds = self.holds.get(subject.premise).map_or(&[][..], Vec::as_slice);
        standing(subject, &Known { holds, paid, left }, date).or_else(|| {
            let of_premise =
                if approved { Vec::new() } else { asked_of_premise(subject, &self.flags(subject.premise)) };
            match self.ruled(subject, listing, approved, date) {
                Ruled::Out(why) => Some(why),
                Ruled::Waits(by_rules) => Standing::of_all(of_premise.into_iter().chain(by_rules).collect()),
                Ruled::Open | Ruled::ThatDay | Ruled::Hours { .. } => Standing::of_all(of_premise),
            }
        })
    }

    /// Whether the account has paid anything that may count.
    pub(super) fn has_paid(&self, account: &str) -> bool {
        self.paid.contains_key(account)
    }

    /// A new order's sum, with what came in for it.
    pub(super) fn sum(&self, order: &NewOrder) -> Sum {
        let since = order.listing.map_or(MoneySince::moment(Micros(0)), |listing| self.since(listing));
        let money = self.paid.get(&order.account).map(|paid| since.most(paid)).unwrap_or_default();
        let from = since.perhaps.min(since.surely);
        Sum { minor: order.past_due_minor, from, came_in_minor: money.perhaps_minor }
    }

    /// Which payments count for what a listing asked for.
    pub(super) fn since(&self, listing: Uuid) -> MoneySince {
        self.since.get(&listing).copied().unwrap_or(MoneySince::moment(Micros(0)))
    }

    /// The address; the premise's id where nothing is known about it.
    pub(super) fn address(&self, premise: &str) -> String {
        self.premises.get(premise).map_or_else(|| premise.to_owned(), |it| it.address.clone())
    }

    /// Where it is, if that is known.
    pub(super) fn location_e7(&self, premise: &str) -> Option<(i64, i64)> {
        self.premises.get(premise).and_then(|it| it.lat_e7.zip(it.lon_e7))
    }

    /// The premise as a crew needs to know it.
    pub(super) fn premise(&self, premise: &str) -> PremiseCard {
        let known = self.premises.get(premise);
        PremiseCard {
            premise: premise.to_owned(),
            address: self.address(premise),
            unit: known.and_then(|it| said(it.unit.clone())),
            location_e7: self.location_e7(premise),
            hazards: known.map(|it| hazards::codes(&it.hazards)).unwrap_or_default(),
        }
    }

    /// The customer of an account.
    pub(super) fn customer(&self, account: &str) -> CustomerCard {
        self.customers.get(account).cloned().unwrap_or_default()
    }

    /// What was read on an order's lines when they were turned off.
    pub(super) fn read_at_cut(&self, order: Uuid) -> Option<&BTreeMap<String, String>> {
        self.read_at_cut.get(&order)
    }

    /// Every meter on file.
    pub(super) fn meters(&self) -> &[MeterCard] {
        &self.meters
    }
}

/// What an order is about.
fn subject<'r>(row: &'r OrderRow, lines: &[LineRow]) -> Result<Subject<'r>, ServiceError> {
    Ok(Subject {
        account: &row.account,
        premise: &row.premise,
        kind: row.kind.parse().map_err(|e| StoreError::inconsistent("orders", "kind", row.id, e))?,
        reason: reason(row)?,
        products: products(row, lines)?.into_iter().collect(),
        past_due_minor: row.past_due_minor,
    })
}

/// What an order's lines deliver.
pub(super) fn products(row: &OrderRow, lines: &[LineRow]) -> Result<BTreeSet<Product>, StoreError> {
    let product = |line: &LineRow| {
        line.product.parse().map_err(|e| StoreError::inconsistent("order_lines", "product", row.id, e))
    };
    lines.iter().map(product).collect()
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn parse_day(table: &'static str, column: &'static str, text: &str) -> Result<NaiveDate, StoreError> {
    text.parse().map_err(|e| StoreError::inconsistent(table, column, text, e))
}

fn hold(row: HoldRow) -> Result<Hold, StoreError> {
    let day = |column, text: Option<String>| text.map(|text| parse_day("holds", column, &text)).transpose();
    Ok(Hold {
        reason: row.kind.parse().map_err(|e| StoreError::inconsistent("holds", "kind", &row.account, e))?,
        scope: HoldScope::Account,
        from: parse_day("holds", "start_on", &row.start_on)?,
        good_through: day("good_through", row.good_through)?,
        lifted: day("lifted_on", row.lifted_on)?,
        account: row.account,
        premise: row.premise,
    })
}

fn meter(row: MeterRow) -> Result<MeterCard, StoreError> {
    Ok(MeterCard {
        serial: row.serial,
        dials: row.dials,
        multiplier: row.multiplier,
        unit: said(row.uom),
        last: row.last_read,
        last_on: row.last_read_on.map(|text| parse_day("service_points", "last_read_on", &text)).transpose()?,
        low: row.low_usage,
        high: row.high_usage,
        place: said(row.meter_location),
        size: said(row.size),
    })
}
