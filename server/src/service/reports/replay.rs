//! What a tablet knew when its crew began the work, beside what the office knew at that moment.
//!
//! What the tablet knew is what its visit's change has among its ancestors in the document where it was made: nobody's
//! clock has a say in that. What the office knew is what it had stored by then.

use super::{ServiceError, order};
use crate::{
    moment::Moment,
    service::{
        history::{self, Told},
        telling::{self, Tone},
        utility,
        voice::Voice,
    },
    shape::Shape,
    state::AppState,
    store::{Conn, accounts as known, orders},
    sync::documents::DocumentsError,
};
use curbstop_shared::{
    disposition::{
        DispositionPolicy, OrderHistory, disposition,
        sentences::{self, Audience},
    },
    facts::{Fact, FactBody, Visit},
    ids::{FactId, OrderId, RouteId},
    ordered::Set,
    route_document::Knew,
    time::{Micros, Span},
};
use serde::Serialize;
use std::collections::HashMap;

/// The visits of an order, each as it was made.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Replay {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub id: OrderId,
    /// Its number.
    pub order: String,
    /// The account.
    pub account: String,
    /// The visits, oldest first.
    pub visits: Vec<Replayed>,
}

/// A visit, with what either side knew when its work began.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReplayedVisit")]
pub struct Replayed {
    /// The visit.
    #[schemars(with = "Shape<FactId>")]
    pub visit: FactId,
    /// The crew.
    pub crew: String,
    /// When its work began, by the office's clock as far as the tablet's error is known.
    pub began_at: Moment,
    /// By the tablet's own clock.
    pub began_on_tablet_at: Moment,
    /// How far the office's clock was ahead of the tablet's, in seconds; none where nobody knows.
    pub office_ahead_s: Option<i64>,
    /// How old the tablet's data was, in seconds, as it said.
    pub data_age_s: Option<i64>,
    /// When the office had the visit.
    pub received_at: Moment,
    /// What was done.
    pub did: Vec<String>,
    /// What the tablet had to say of the order: nothing against it, or what.
    pub tablet_said: String,
    /// What the office would have said at the same moment.
    pub office_said: String,
    /// Somebody keyed it in from a paper sheet: no tablet knew anything.
    pub from_paper: bool,
    /// What was known of the order, oldest first: on the tablet, at the office, or both.
    pub known: Vec<KnownThen>,
}

/// A word about an order, and who had it when the work began.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct KnownThen {
    /// What it says.
    pub said: String,
    /// Its icon and colour.
    pub tone: Tone,
    /// When it came to be, by the clock of whoever recorded it.
    pub at: Moment,
    /// When the office stored it.
    pub received_at: Moment,
    /// The tablet had it.
    pub on_tablet: bool,
    /// The office had it.
    pub at_office: bool,
}

impl Replayed {
    /// What the office knew and the tablet did not.
    pub fn unheard(&self) -> impl Iterator<Item = &KnownThen> {
        self.known.iter().filter(|one| one.at_office && !one.on_tablet)
    }
}

/// The visits of an order, by its id or its number.
///
/// # Errors
/// 404 `order_unknown`; or when the store fails or a document does not read.
pub async fn of(state: &AppState, voice: &Voice, asked: &str) -> Result<Replay, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let row = orders::by_id_or_number(&mut conn, asked).await?.ok_or_else(order::unknown)?;
    let told = history::told(state, &mut conn, row).await?;
    let crews: HashMap<String, String> =
        known::crews_of_visits(&mut conn, &told.row.account).await?.into_iter().collect();
    let policy = utility::folding(state, state.now()).policy;
    let mut visits = Vec::new();
    for (id, visit) in visits_of(&told)? {
        visits.push(replayed(state, &mut conn, &told, (id, visit), (&crews, voice, &policy)).await?);
    }
    visits.sort_by_key(|visit| visit.began_at);
    Ok(Replay { id: OrderId(told.row.id), order: told.row.number.clone(), account: told.row.account.clone(), visits })
}

fn visits_of(told: &Told) -> Result<Vec<(FactId, Visit)>, ServiceError> {
    let mut visits = Vec::new();
    for row in &told.facts {
        let fact = row.fact()?;
        if let FactBody::Visit(visit) = fact.body {
            visits.push((fact.id, visit));
        }
    }
    Ok(visits)
}

async fn replayed(
    state: &AppState,
    conn: &mut Conn,
    told: &Told,
    (id, visit): (FactId, Visit),
    (crews, voice, policy): (&HashMap<String, String>, &Voice, &DispositionPolicy),
) -> Result<Replayed, ServiceError> {
    let row = told.facts.iter().find(|row| row.id == id.as_str());
    let row = row.ok_or_else(|| ServiceError::Internal(format!("visit {id} is not there")))?;
    let offset = row.clock_offset_us.map(Span);
    let on_tablet_at = visit.act_opened_at.unwrap_or(Micros(row.at_us));
    // No work begins after the office has it.
    let began = (on_tablet_at + offset.unwrap_or_default()).min(Micros(row.received_at_us));
    let had = match row.home_doc {
        Some(route) if visit.paper != Some(true) => on_the_tablet(state, conn, told, &id, RouteId(route)).await?,
        _ => Set::new(),
    };
    let own = |fact: &Fact| fact.id == id || fact.visit() == Some(&id);
    let (mut did, mut known_then) = (Vec::new(), Vec::new());
    let mut at_office = Set::new();
    for row in &told.facts {
        let fact = row.fact()?;
        let (tone, said) = telling::told(&fact, voice, &|line| told.product(line));
        if own(&fact) {
            did.push(said);
            continue;
        }
        let received = Micros(row.received_at_us);
        let (on_tablet, was_here) = (had.contains(&fact.id), received <= began);
        if was_here {
            at_office.insert(fact.id.clone());
        }
        if on_tablet || was_here {
            let at = match &fact.body {
                FactBody::Release(release) => release.paid_at.unwrap_or(Micros(row.at_us)),
                _ => Micros(row.at_us),
            };
            let (at, received_at) = (Moment(at), Moment(received));
            known_then.push(KnownThen { said, tone, at, received_at, on_tablet, at_office: was_here });
        }
    }
    known_then.sort_by_key(|one| one.at);
    let says = |facts: &Set<FactId>| {
        let mut history = OrderHistory { facts: told.history.facts.clone(), ..told.history.clone() };
        history.facts.retain(|id, _| facts.contains(id));
        history.today = policy.day_of(began);
        let found = disposition(&history, policy);
        told.with_words(voice, crews, |words| match &found.why_not {
            Some(why) => sentences::why_not(why, Audience::Office, words),
            None => voice.pick("Nothing was against it.", "Nada lo impedía.").to_owned(),
        })
    };
    Ok(Replayed {
        crew: crews.get(id.as_str()).cloned().unwrap_or_default(),
        began_at: Moment(began),
        began_on_tablet_at: Moment(on_tablet_at),
        office_ahead_s: offset.map(Span::whole_seconds),
        data_age_s: visit.permit_age_s,
        received_at: Moment(Micros(row.received_at_us)),
        did,
        tablet_said: says(&had),
        office_said: says(&at_office),
        from_paper: visit.paper == Some(true),
        known: known_then,
        visit: id,
    })
}

/// The facts of an order that a visit's tablet had when the work began.
async fn on_the_tablet(
    state: &AppState,
    conn: &mut Conn,
    told: &Told,
    visit: &FactId,
    route: RouteId,
) -> Result<Set<FactId>, ServiceError> {
    let document = match state.documents.load(conn, route).await {
        Ok(loaded) => loaded.document,
        // A route that is not kept any more says nothing.
        Err(DocumentsError::Unknown(_)) => return Ok(Set::new()),
        Err(bad) => return Err(bad.into()),
    };
    let Some(change) = document.change_of_fact(visit) else { return Ok(Set::new()) };
    let knew = |fact: &FactId| {
        let theirs = document.change_of_fact(fact)?;
        // What was saved with the visit was not known before it.
        (theirs != change && document.clocks().knew(&change, &theirs) == Knew::Known).then_some(())
    };
    let mut had = Set::new();
    for row in &told.facts {
        let fact = row.fact()?;
        let is_own = fact.id == *visit || fact.visit() == Some(visit);
        if !is_own && knew(&fact.id).is_some() {
            had.insert(fact.id);
        }
    }
    Ok(had)
}
