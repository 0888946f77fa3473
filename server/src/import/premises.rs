//! The premises file: one row for each service at each address, with its meter.

use super::{
    cells,
    fault::Code,
    mapping::{Field, Kind},
    refusal::FileRefused,
    report::{Accepted, Counts, Duplicate, Excluded, Refused, Warning},
    row::Row,
    summary::{PremisesSummary, Summary},
    table::{Fate, Imported, Options, RowReader, read},
};
use chrono::NaiveDate;
use curbstop_shared::vocabulary::Product;
use std::collections::{HashMap, HashSet};

/// One service at one premise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PremiseRow {
    /// The line of the file.
    pub line: usize,
    /// The premise's id in the billing system.
    pub premise: String,
    /// Where it is.
    pub place: Place,
    /// Dangers, as codes of the source, in lower case.
    pub hazards: Vec<String>,
    /// `sensitive`, `landlord_account`, `master_meter`, `keybox`; others as the source has them, in lower case.
    pub flags: Vec<String>,
    /// The billing account.
    pub account: String,
    /// Which of the utility's systems bills it.
    pub system: String,
    /// The account's name.
    pub name: String,
    /// Residential, commercial, ...
    pub class: String,
    /// The customer's language.
    pub language: String,
    /// The customer's telephone.
    pub phone: String,
    /// What is delivered.
    pub product: Product,
    /// The meter, where the product has one.
    pub meter: Option<MeterRow>,
}

/// Where a premise is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Street and number.
    pub address: String,
    /// Apartment, lot.
    pub unit: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Postal code.
    pub zip: String,
    /// Latitude and longitude in 1e-7 degrees.
    pub location_e7: Option<(i64, i64)>,
    /// Billing cycle.
    pub cycle: String,
    /// Meter reading route.
    pub route: String,
    /// Place on that route.
    pub sequence: String,
}

/// A meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterRow {
    /// What stands on it.
    pub serial: String,
    /// Its size.
    pub size: String,
    /// How many digits its register shows.
    pub dials: Option<i64>,
    /// What a reading is multiplied by.
    pub multiplier: Option<i64>,
    /// The unit of a reading.
    pub uom: String,
    /// The digits of the last reading.
    pub last_read: Option<String>,
    /// Its day.
    pub last_read_on: Option<NaiveDate>,
    /// Usage below this is unusual; in the meter's unit after the multiplier.
    pub low_usage: Option<i64>,
    /// Usage above this is unusual; in the meter's unit after the multiplier.
    pub high_usage: Option<i64>,
    /// Where at the premise it is.
    pub location: String,
}

impl PremiseRow {
    /// A premise that must be handled with care.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.flags.iter().any(|flag| flag == SENSITIVE)
    }
}

/// The flag of premises that must be handled with care.
pub const SENSITIVE: &str = "sensitive";

/// Reads a premises file.
///
/// # Errors
/// [`FileRefused`] where the file as a whole can't be read.
pub fn read_premises(bytes: &[u8], options: &Options) -> Result<Imported<PremiseRow>, FileRefused> {
    read(bytes, options, &mut PremisesReader::default())
}

/// Remembers which rows came already.
#[derive(Default)]
struct PremisesReader {
    /// Account and meter (or premise and product) -> line.
    lines: HashMap<(String, String), usize>,
    /// Meter -> account.
    owners: HashMap<String, String>,
}

impl RowReader for PremisesReader {
    type Row = PremiseRow;
    const KIND: Kind = Kind::Premises;

    fn read(&mut self, row: &Row<'_>) -> Result<Fate<PremiseRow>, Refused> {
        let service_point = premise_row(row)?;
        let serial = service_point.meter.as_ref().map(|meter| meter.serial.clone());
        let account = service_point.account.clone();
        if let Some(serial) = &serial
            && self.owners.get(serial).is_some_and(|owner| *owner != account)
        {
            return Err(row.fault(Field::Meter, Code::MeterUnderOtherAccount));
        }
        let what = serial.clone().unwrap_or_else(|| format!("{} {}", service_point.premise, service_point.product));
        if let Some(of_line) = self.lines.get(&(account.clone(), what.clone())) {
            return Ok(Fate::Duplicate(Duplicate {
                line: row.line(),
                of_line: Some(*of_line),
                account,
                key: serial,
                amounts_differ: false,
                text: format!("Line {of_line} has the same account and meter; that line counts."),
            }));
        }
        self.lines.insert((account.clone(), what), row.line());
        if let Some(serial) = &serial {
            self.owners.insert(serial.clone(), account.clone());
        }
        Ok(Fate::Accepted(service_point, Accepted { line: row.line(), account, key: serial }))
    }

    fn summary(&self, _: &Counts, rows: &[PremiseRow], _: &[Excluded], warnings: &mut Vec<Warning>) -> Summary {
        let mut summary = PremisesSummary {
            accounts: rows.iter().map(|row| &row.account).collect::<HashSet<_>>().len(),
            premises: rows.iter().map(|row| &row.premise).collect::<HashSet<_>>().len(),
            service_points: rows.len(),
            meters: self.owners.len(),
            without_location: rows.iter().filter(|row| row.place.location_e7.is_none()).count(),
            ..PremisesSummary::default()
        };
        for row in rows {
            *summary.by_service.entry(row.product).or_default() += 1;
        }
        if summary.without_location > 0 {
            let text = format!(
                "{} service points have no coordinates: no route can place them on a map until they have.",
                summary.without_location
            );
            warnings.push(Warning { code: "location_missing", text });
        }
        Summary::Premises(summary)
    }
}

fn premise_row(row: &Row<'_>) -> Result<PremiseRow, Refused> {
    let account = row.identifier(Field::Account, Code::AccountMissing, Code::AccountDamaged)?;
    let premise = row.identifier(Field::Premise, Code::PremiseMissing, Code::PremiseMissing)?;
    let product = row.code(Field::Service, Code::ServiceUnknown)?;
    let product = product.parse().map_err(|_| row.fault(Field::Service, Code::ServiceUnknown))?;
    Ok(PremiseRow {
        line: row.line(),
        premise,
        place: place(row)?,
        hazards: several(&row.text(Field::Hazards)).collect(),
        flags: several(&row.text(Field::Flags))
            .map(|flag| row.mapping().code(Field::Flags, &flag).map_or(flag.clone(), str::to_owned))
            .collect(),
        account,
        system: row.text(Field::System),
        name: row.text(Field::Name),
        class: row.text(Field::Class),
        language: row.text(Field::Language),
        phone: row.text(Field::Phone),
        product,
        meter: meter(row, product)?,
    })
}

fn place(row: &Row<'_>) -> Result<Place, Refused> {
    let address = row.text(Field::Address);
    if address.is_empty() {
        return Err(row.fault(Field::Address, Code::AddressMissing));
    }
    let latitude = row.at(Field::Latitude, cells::degrees_e7(row.cell(Field::Latitude), 90))?;
    let longitude = row.at(Field::Longitude, cells::degrees_e7(row.cell(Field::Longitude), 180))?;
    let location_e7 = match (latitude, longitude) {
        // Systems that know no place write zeros; nobody delivers water in the Gulf of Guinea.
        (None, None) | (Some(0), Some(0)) => None,
        (Some(latitude), Some(longitude)) => Some((latitude, longitude)),
        (None, Some(_)) => return Err(row.fault(Field::Latitude, Code::CoordinatesUnreadable)),
        (Some(_), None) => return Err(row.fault(Field::Longitude, Code::CoordinatesUnreadable)),
    };
    Ok(Place {
        address,
        unit: row.text(Field::Unit),
        city: row.text(Field::City),
        state: row.text(Field::State),
        zip: row.text(Field::Zip),
        location_e7,
        cycle: row.text(Field::Cycle),
        route: row.text(Field::Route),
        sequence: row.text(Field::Sequence),
    })
}

/// The meter of a row; products that are metered must have one.
fn meter(row: &Row<'_>, product: Product) -> Result<Option<MeterRow>, Refused> {
    let metered = matches!(product, Product::Water | Product::Irrigation | Product::Electric | Product::Gas);
    let serial = match row.identifier(Field::Meter, Code::MeterMissing, Code::MeterDamaged) {
        Err(refused) if refused.code == Code::MeterMissing && !metered => return Ok(None),
        serial => serial?,
    };
    let number = |field| row.at(field, cells::whole_number(row.cell(field)));
    let meter = MeterRow {
        serial,
        size: row.text(Field::Size),
        dials: number(Field::Dials)?,
        multiplier: number(Field::Multiplier)?,
        uom: row.text(Field::Uom),
        last_read: row.at(Field::LastRead, cells::reading(row.cell(Field::LastRead)))?,
        last_read_on: row.date(Field::LastReadDate)?,
        low_usage: number(Field::LowUsage)?,
        high_usage: number(Field::HighUsage)?,
        location: row.text(Field::MeterLocation),
    };
    let digits = meter.last_read.as_ref().map(String::len);
    if let Some((digits, dials)) = digits.zip(meter.dials.and_then(|dials| usize::try_from(dials).ok()))
        && digits > dials
    {
        return Err(row.fault(Field::LastRead, Code::ReadLongerThanDials));
    }
    Ok(Some(meter))
}

/// Several codes in one cell, with `;` between them.
fn several(cell: &str) -> impl Iterator<Item = String> {
    cell.split(';').map(|part| part.trim().to_lowercase()).filter(|part| !part.is_empty())
}
