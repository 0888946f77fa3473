//! What a pack of rules would have said of the cuts that were made: asked before it is put in force.

use super::{super::ServiceError, dossier::Dossier};
use crate::{
    moment::Moment,
    planning::{
        ruled::Ruled,
        standing::{Needs, Standing},
    },
    service::{days::Days, history},
    state::AppState,
    store::{accounts, facts, orders, orders::OrderRow},
};
use curbstop_shared::{
    facts::FactBody,
    ids::{FactId, OrderId},
    policy::{Policy, TimeOfDay},
    time::{Micros, Span},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The cuts of some days, and those among them that a pack would not have let begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// The pack's id.
    pub pack: String,
    /// How many cuts came in on these days.
    pub cuts: usize,
    /// Those that it would not have let begin as they did, oldest first.
    pub blocked: Vec<BlockedCut>,
}

/// A cut that a pack would not have let begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockedCut {
    /// The order's number.
    pub order: String,
    /// The account.
    pub account: String,
    /// Who made it.
    pub crew: String,
    /// When it began, by the office's clock as far as the tablet's error is known.
    pub began_at: Moment,
    /// What would have made it possible; none where several things were lacking.
    pub needs: Option<Needs>,
    /// Why not, in English.
    pub text: String,
}

/// What a pack would have said of the cuts that came in on these days. It goes by what is on file now.
///
/// # Errors
/// When the store fails.
pub async fn blocked_by(state: &AppState, policy: Arc<Policy>, days: Days) -> Result<Blocked, ServiceError> {
    let mut conn = state.store.snapshot().await?;
    let (from, to) = days.moments(state.config.time_zone);
    let mut cuts: Vec<(FactId, OrderRow, Micros)> = Vec::new();
    for row in facts::visits_between(&mut conn, from, to).await? {
        let fact = row.fact()?;
        let FactBody::Visit(visit) = &fact.body else { continue };
        let Some(order) = orders::by_id(&mut conn, OrderId(row.order_id)).await? else { continue };
        let told = history::told(state, &mut conn, order).await?;
        if !told.outcome.cuts.iter().any(|cut| cut.visit == fact.id) {
            continue;
        }
        let offset = row.clock_offset_us.map_or_else(Span::default, Span);
        let began = visit.act_opened_at.unwrap_or(Micros(row.at_us)) + offset;
        cuts.push((fact.id, told.row, began.min(Micros(row.received_at_us))));
    }
    let rows: Vec<OrderRow> = cuts.iter().map(|(_, row, _)| row.clone()).collect();
    let pack = policy.id.clone();
    let dossier = Dossier::of_orders(state, &mut conn, &rows).await?.by_rules(policy);
    let mut crews: BTreeMap<String, HashMap<String, String>> = BTreeMap::new();
    let (wall, mut blocked) = (state.config.wall(), Vec::new());
    for (visit, row, began) in &cuts {
        let lines = orders::lines(&mut conn, OrderId(row.id)).await?;
        let local = wall.local(*began);
        let why = match dossier.hours_of(row, &lines, false, local.date())? {
            Ruled::Out(why) => Some(why),
            Ruled::Waits(all) => Standing::of_all(all),
            Ruled::Hours { window, else_why } => (!window.holds(TimeOfDay::of(local.time()))).then_some(else_why),
            Ruled::Open | Ruled::ThatDay => None,
        };
        let Some(why) = why else { continue };
        if !crews.contains_key(&row.account) {
            let of_account = accounts::crews_of_visits(&mut conn, &row.account).await?;
            crews.insert(row.account.clone(), of_account.into_iter().collect());
        }
        let crew = crews.get(&row.account).and_then(|crews| crews.get(visit.as_str()));
        blocked.push(BlockedCut {
            order: row.number.clone(),
            account: row.account.clone(),
            crew: crew.cloned().unwrap_or_default(),
            began_at: Moment(*began),
            needs: match &why {
                Standing::Rule { needs, .. } => Some(*needs),
                _ => None,
            },
            text: why.text(),
        });
    }
    blocked.sort_by_key(|cut| cut.began_at);
    Ok(Blocked { pack, cuts: cuts.len(), blocked })
}
