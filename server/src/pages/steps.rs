//! The three steps to a day on the dispatcher's page, and how far the day has come: a file comes in and is made final
//! ([`super::import`]), the day is built and published ([`super::plan`]).

use super::{frame::Frame, plan::PlanView};
use crate::{
    http::problem::Problem,
    service::{
        board, crew_out,
        crews::{self, Crew, CrewKind},
        finalising,
        importing::{self, ListingView, RefusedPayments},
    },
    state::AppState,
};
use chrono::NaiveDate;
use curbstop_shared::ids::CrewId;
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Where the day stands on its way out.
pub(super) struct Steps {
    /// Which of them is open, 1 to 3; 0 for none.
    pub open: u8,
    /// The first that is not done.
    pub next: u8,
    pub listings: Vec<ListingRow>,
    pub crews: Vec<Crew>,
    /// Payments files whose refused rows may name somebody who paid.
    pub refused_payments: Vec<RefusedPayments>,
    /// Which system files are from, where there is one only.
    pub only_source: String,
    pub plan: Option<PlanView>,
    pub is_out: bool,
    /// Crews that stay in on that day.
    pub stay_in: BTreeSet<CrewId>,
    /// The plan that the page shows.
    pub shown: Option<Uuid>,
    pub date: NaiveDate,
    pub keys: [Uuid; 4],
}

/// A listing with the key under which it is made final.
pub(super) struct ListingRow {
    pub listing: ListingView,
    pub of_day: bool,
    /// Orders of an earlier day's that wait still and that no truck has.
    pub waiting: usize,
}

impl Steps {
    /// `wanted` opens a step; without it the first that is not done is open until the day is out. `shown` is the plan
    /// that a page shows already.
    pub(super) async fn of(
        state: &AppState,
        f: &Frame,
        date: NaiveDate,
        (wanted, shown): (Option<u8>, Option<Uuid>),
        is_out: bool,
    ) -> Result<Self, Problem> {
        let day = date.to_string();
        let earlier = board::waiting_of_earlier(&mut state.store.reader().await?, date, f.voice.today()).await?;
        let waiting = |id| {
            earlier
                .iter()
                .find(|row| row.listing == id)
                .map_or(0, |row| usize::try_from(row.orders).unwrap_or_default())
        };
        let listings: Vec<ListingRow> = finalising::list(state)
            .await?
            .into_iter()
            .map(|listing| ListingRow { of_day: listing.as_of == day, waiting: waiting(listing.id.0), listing })
            .collect();
        let plan = match board::plan_of_day(state, date).await? {
            Some(plan) => Some(PlanView::of(state, plan, f).await?),
            None => None,
        };
        let has_final = listings.iter().any(|row| row.of_day && row.listing.state == "final");
        let next = match (&plan, has_final) {
            (Some(plan), _) if !plan.overtaken.is_empty() => 2,
            (Some(plan), _) if !plan.published => 3,
            (Some(_), _) => 0,
            (None, true) => 2,
            (None, false) => 1,
        };
        let open = wanted.unwrap_or(if is_out { 0 } else { next });
        let crews = crews::list(state).await?.into_iter().filter(|crew| crew.active).collect();
        let refused_payments = importing::refused_payments(state, date).await?;
        let only_source = importing::only_source(state).await?.unwrap_or_default();
        let keys = [state.new_id(), state.new_id(), state.new_id(), state.new_id()];
        let stay_in = crew_out::on(state, date).await?;
        let shown = shown.or_else(|| plan.as_ref().map(|plan| plan.plan.id));
        Ok(Self {
            open,
            next,
            listings,
            crews,
            refused_payments,
            only_source,
            plan,
            is_out,
            stay_in,
            shown,
            date,
            keys,
        })
    }

    /// What step 1 says of itself.
    pub(super) fn listing_said(&self, f: &Frame) -> String {
        // All are said: each final one is part of the day, and a draft is not until somebody makes it final.
        let of_day = |state| self.listings.iter().filter(move |row| row.of_day && row.listing.state == state);
        let made_final = of_day("final").map(|row| {
            let number = row.listing.number.unwrap_or_default();
            format!("{} {number} {} {}", f.t("Listing", "Lista"), f.t("from", "de"), row.listing.source)
        });
        let drafts = of_day("draft").map(|row| {
            format!("{} {}", f.t("Draft to be made final, from", "Borrador por finalizar, de"), row.listing.source)
        });
        let said: Vec<String> = made_final.chain(drafts).collect();
        if said.is_empty() {
            return f.t("No listing for this day yet", "Todavía no hay lista para este día").to_owned();
        }
        said.join(". ")
    }

    /// Contractors ride only where somebody says so: their crews see only locks and pick-ups, and cost by the stop.
    pub(super) fn rides_by_default(&self, crew: &Crew) -> bool {
        if self.stays_in(crew) {
            return false;
        }
        match &self.plan {
            Some(plan) => plan.plan.routes.iter().any(|route| route.crew_id == crew.id),
            None => crew.kind == CrewKind::Own,
        }
    }

    pub(super) fn stays_in(&self, crew: &Crew) -> bool {
        self.stay_in.contains(&crew.id)
    }

    /// Somebody built another plan since the page was loaded.
    pub(super) fn has_newer(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| self.shown.is_some_and(|shown| shown != plan.plan.id))
    }

    pub(super) fn has_final(&self) -> bool {
        self.listings.iter().any(|row| row.of_day && row.listing.state == "final")
    }

    pub(super) fn has_earlier(&self) -> bool {
        self.listings.iter().any(|row| row.waiting > 0)
    }

    pub(super) fn plan_said(&self, f: &Frame) -> String {
        self.plan.as_ref().map_or_else(
            || f.t("Not built yet", "Todavía sin plan").to_owned(),
            |plan| {
                format!(
                    "{}, {} {}",
                    f.counted(plan.stops, &["stop", "stops"], &["parada", "paradas"]),
                    plan.left_out_count(),
                    f.t("left out", "fuera")
                )
            },
        )
    }

    pub(super) fn publish_said(&self, f: &Frame) -> String {
        match &self.plan {
            Some(_) if self.has_newer() => {
                f.t("Somebody built a newer plan: show it", "Alguien hizo un plan más nuevo: verlo")
            }
            Some(plan) if !plan.overtaken.is_empty() => return plan.overtaken.clone(),
            Some(plan) if plan.published => f.t("The crews' tablets can fetch it", "Las tabletas pueden recibirlo"),
            Some(_) => f.t("Built, nobody has it yet", "Hecho, nadie lo tiene todavía"),
            None if self.is_out => f.t("Routes are out", "Las rutas están publicadas"),
            None => f.t("Nothing to publish yet", "Nada que publicar todavía"),
        }
        .to_owned()
    }
}

/// What a step's form sends beside its own: the key under which it may be sent again, and the day it is about.
#[derive(Deserialize)]
pub(super) struct Keyed {
    pub key: String,
    pub date: NaiveDate,
}
