//! Who did something on a tablet: the person, their crew, the tablet, and what there is to remark about it.

use super::{ServiceError, voice::Voice};
use crate::store::{Conn, crews, devices, facts::FactRow, people, riders};
use curbstop_shared::time::Span;
use std::collections::HashMap;
use uuid::Uuid;

/// From here on a tablet's clock is said to be off.
pub const CLOCK_OFF_BEYOND: Span = Span::minutes(5);

/// Everybody who may have done something, and on what.
#[derive(Debug, Default)]
pub struct Authors {
    people: HashMap<Uuid, String>,
    crews: HashMap<Uuid, String>,
    /// Name and crew.
    tablets: HashMap<Uuid, (String, Uuid)>,
    /// Who rides or rode with which crew: until when, where they left.
    riders: HashMap<(Uuid, Uuid), Option<i64>>,
}

/// What is to be remarked about whoever a tablet's fact names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// They had a PIN and went on without it.
    WithoutPin,
    /// They did not ride with the tablet's crew then.
    NotOfCrew,
    /// Nobody here is known under that id.
    Unknown,
}

impl Remark {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WithoutPin => "without_pin",
            Self::NotOfCrew => "not_of_crew",
            Self::Unknown => "unknown_person",
        }
    }

    /// It in words.
    #[must_use]
    pub const fn said(self, voice: &Voice) -> &'static str {
        match self {
            Self::WithoutPin => voice.pick("signed without PIN", "firmado sin PIN"),
            Self::NotOfCrew => voice.pick("does not ride with this crew", "no va con esta cuadrilla"),
            Self::Unknown => voice.pick("by somebody who is not known here", "por alguien que aquí no se conoce"),
        }
    }
}

impl Authors {
    /// All of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(conn: &mut Conn) -> Result<Self, ServiceError> {
        let people = people::all(conn).await?.into_iter().map(|row| (row.id, row.name)).collect();
        let crews = crews::all(conn).await?.into_iter().map(|row| (row.id, row.name)).collect();
        let tablets = devices::all(conn).await?.into_iter().map(|row| (row.id, (row.name, row.crew_id))).collect();
        let riders = riders::all(conn).await?;
        let riders = riders.into_iter().map(|row| ((row.person_id, row.crew_id), row.left_at_us)).collect();
        Ok(Self { people, crews, tablets, riders })
    }

    /// A person's name.
    #[must_use]
    pub fn name(&self, person: Uuid) -> Option<&str> {
        self.people.get(&person).map(String::as_str)
    }

    /// A tablet's name.
    #[must_use]
    pub fn tablet(&self, device: Uuid) -> Option<&str> {
        self.tablets.get(&device).map(|(name, _)| name.as_str())
    }

    /// Whoever a fact names: on a tablet with the crew ("Dana Ruiz, Truck 12").
    #[must_use]
    pub fn who(&self, row: &FactRow) -> Option<String> {
        let crew = row.device.and_then(|device| self.crews.get(&self.tablets.get(&device)?.1));
        match (row.by_person.and_then(|person| self.name(person)), crew) {
            (Some(name), Some(crew)) => Some(format!("{name}, {crew}")),
            (Some(name), None) => Some(name.to_owned()),
            (None, crew) => crew.cloned(),
        }
    }

    /// What is to be remarked about whoever a tablet's fact names. Left counts by the tablet's own clock: who was let go
    /// at noon worked all morning.
    #[must_use]
    pub fn remarks(&self, row: &FactRow) -> Vec<Remark> {
        let Some((device, person)) = row.device.zip(row.by_person) else { return Vec::new() };
        let mut remarks = Vec::new();
        if !self.people.contains_key(&person) {
            remarks.push(Remark::Unknown);
        } else if let Some((_, crew)) = self.tablets.get(&device) {
            // A small difference is the line's delay, and not the clock's.
            let off = row.clock_offset_us.filter(|off| Span(*off).abs() > CLOCK_OFF_BEYOND);
            let at = row.at_us.saturating_add(off.unwrap_or(0));
            let rode = self.riders.get(&(person, *crew)).is_some_and(|left| left.is_none_or(|left| at < left));
            if !rode {
                remarks.push(Remark::NotOfCrew);
            }
        }
        if row.without_pin {
            remarks.push(Remark::WithoutPin);
        }
        remarks
    }
}
