//! Each order of an account in words, and every crew that has it or may have it in hand.

use super::had_it;
use crate::shape::Shape;
use crate::{
    service::{
        ServiceError, charging,
        history::{Told, nobody_goes},
        telling::Tone,
        voice::Voice,
        whereabouts::{Stand, Whereabouts},
    },
    state::AppState,
    store::Conn,
};
use curbstop_shared::{
    disposition::{
        LineState, OrderState,
        sentences::{self, Audience, HadIt},
    },
    ids::{OrderId, RouteId},
    time::Micros,
    vocabulary::{OrderKind, RecallReason},
};
use serde::Serialize;
use std::collections::HashMap;

/// One order of the account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AccountOrder")]
pub struct OrderView {
    /// The order.
    #[schemars(with = "Shape<OrderId>")]
    pub id: OrderId,
    /// "T-2291".
    pub number: String,
    /// What is to be done.
    #[schemars(with = "Shape<OrderKind>")]
    pub kind: OrderKind,
    /// The same in words.
    pub kind_said: String,
    /// Why, in words.
    pub reason_said: String,
    /// Code of its state.
    pub state: String,
    /// Its state in words.
    pub said: String,
    /// Each line in words, with its tone.
    pub lines: Vec<(Tone, String)>,
    /// How each cut stands to what the crew knew, in words.
    pub cuts: Vec<String>,
    /// No fee may be charged.
    pub fees_suppressed: bool,
    /// What was decided on the fee, where somebody was asked and may say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<charging::Decided>,
    /// Past due when the listing was run.
    pub past_due_minor: i64,
    /// Where it stands on a route.
    pub standing: Option<Standing>,
    /// The other crews whose tablets may still hold it.
    pub also_with: Vec<Standing>,
    /// It was taken back, and a crew that may go there has not seen that.
    #[serde(skip)]
    pub unseen: bool,
    /// Latest moment by which it has to be done.
    #[serde(skip)]
    pub due_at: Option<Micros>,
    /// When it was made.
    #[serde(skip)]
    pub created_at: Micros,
}

/// Where an order stands on a crew's route.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OrderStanding")]
pub struct Standing {
    /// The route.
    #[schemars(with = "Shape<RouteId>")]
    pub route: RouteId,
    /// Its day.
    pub date: String,
    /// The crew.
    pub crew: String,
    /// Where the crew is reached.
    pub phone: Option<String>,
    /// Stops still to be done before it.
    pub stops_away: i64,
    /// When a tablet of the crew was last heard of.
    #[serde(skip)]
    pub last_contact: Option<Micros>,
    /// The crew has a tablet in service: else nothing reaches it but a call.
    #[serde(skip)]
    pub has_tablet: bool,
    /// It is not on the route any more; the crew has not seen that.
    #[serde(skip)]
    pub taken_off: bool,
    /// Somebody has said that the crew does not go out that day.
    pub crew_out: bool,
}

/// The orders in words.
pub(super) async fn views(
    state: &AppState,
    conn: &mut Conn,
    told: &[Told],
    crews: &HashMap<String, String>,
    voice: &Voice,
) -> Result<Vec<OrderView>, ServiceError> {
    let mut views = Vec::with_capacity(told.len());
    for order in told {
        let (unseen, stands) = stands(conn, order).await?;
        let unheard = match unseen {
            true => None,
            false => taken_back_unheard(state, conn, order).await?,
        };
        let mut shown = view(order, stands.into_iter().map(Standing::from).collect(), unseen, unheard, crews, voice);
        shown.fee = charging::decided(conn, order).await?;
        if let Some(said) = nobody_goes(order, cause_of(told, order), voice) {
            shown.said = said;
        }
        views.push(shown);
    }
    Ok(views)
}

/// The order that this one puts right.
fn cause_of<'a>(told: &'a [Told], order: &Told) -> Option<&'a Told> {
    told.iter().find(|other| Some(other.row.id) == order.row.cause_order)
}

impl From<Stand> for Standing {
    fn from(stand: Stand) -> Self {
        Self {
            route: RouteId(stand.route),
            date: stand.date,
            crew: stand.crew,
            phone: stand.phone,
            stops_away: stand.stops_away,
            last_contact: stand.last_contact,
            has_tablet: stand.has_tablet,
            taken_off: stand.taken_off,
            crew_out: stand.crew_out,
        }
    }
}

/// The crews that have an order, and whether it was taken back from them unseen. Of a cut that is not made each crew
/// counts whose tablet may hold it still; nobody is promised a reconnect by one that was told not to go.
async fn stands(conn: &mut Conn, order: &Told) -> Result<(bool, Vec<Stand>), ServiceError> {
    let at = Whereabouts::of(conn, OrderId(order.row.id)).await?;
    let one = |stand: Option<Stand>| Ok((false, stand.into_iter().collect()));
    if !order.history.order.kind.is_cut() {
        return one(at.has_it());
    }
    match &order.outcome.state {
        OrderState::Recalled { .. } | OrderState::Released { .. } | OrderState::Held { .. } => {
            let to_hear = at.to_hear(&order.facts)?;
            if to_hear.is_empty() { one(at.has_it()) } else { Ok((true, to_hear)) }
        }
        OrderState::Open | OrderState::Unable { .. } => Ok((false, at.may_all_go())),
        _ => one(at.has_it()),
    }
}

/// Why an order was taken back where there is no crew that would have to see that, and whether one had it at all.
async fn taken_back_unheard(
    state: &AppState,
    conn: &mut Conn,
    order: &Told,
) -> Result<Option<(RecallReason, HadIt)>, ServiceError> {
    let OrderState::Recalled { seen: None, reason, over: None, .. } = order.outcome.state else { return Ok(None) };
    let had_it = had_it::of(state, conn, OrderId(order.row.id)).await?;
    // Of a cut it is known already that nobody has to hear of it.
    let has_to_hear = had_it == HadIt::NoMore
        && !order.history.order.kind.is_cut()
        && !Whereabouts::of(conn, OrderId(order.row.id)).await?.to_hear(&order.facts)?.is_empty();
    Ok((!has_to_hear).then_some((reason, had_it)))
}

fn view(
    order: &Told,
    mut stands: Vec<Standing>,
    unseen: bool,
    unheard: Option<(RecallReason, HadIt)>,
    crews: &HashMap<String, String>,
    voice: &Voice,
) -> OrderView {
    let kind = order.history.order.kind;
    let standing = (!stands.is_empty()).then(|| stands.remove(0));
    let mut outcome = order.outcome.clone();
    if let OrderState::Recalled { seen, .. } = &mut outcome.state
        && unseen
    {
        // One crew's tap says nothing about another's tablet.
        *seen = None;
    }
    order.with_words(voice, crews, |words| OrderView {
        id: OrderId(order.row.id),
        number: order.row.number.clone(),
        kind,
        kind_said: voice.kind(kind).to_owned(),
        reason_said: voice.reason(order.history.order.reason).to_owned(),
        state: order.row.stands().to_owned(),
        said: unheard.map_or_else(
            || sentences::stands(&outcome, Audience::Office, words),
            |(reason, had_it)| sentences::taken_back_unheard(&outcome, reason, &had_it, words),
        ),
        lines: order
            .outcome
            .lines
            .iter()
            .filter(|(_, state)| !matches!(state, LineState::Untouched))
            .map(|(line, state)| (line_tone(state), sentences::line(line, state, words)))
            .collect(),
        cuts: order.outcome.cuts.iter().map(|cut| sentences::cut(cut, &order.history, &order.outcome, words)).collect(),
        fees_suppressed: order.row.fees_suppressed,
        fee: None,
        past_due_minor: order.row.past_due_minor,
        standing,
        also_with: stands,
        unseen,
        due_at: order.row.due_at_us.map(Micros),
        created_at: Micros(order.row.created_at_us),
    })
}

const fn line_tone(state: &LineState) -> Tone {
    match state {
        LineState::Off { .. } | LineState::FoundOff { .. } => Tone::Stop,
        LineState::Restored { .. } => Tone::Restore,
        LineState::Untouched
        | LineState::FoundOn { .. }
        | LineState::Collected { .. }
        | LineState::NotCollected { .. } => Tone::Done,
    }
}
