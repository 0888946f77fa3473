//! An order with its facts and what they add up to, for whoever tells somebody about it.

use super::{ServiceError, recording, utility, voice::Voice};
use crate::{
    state::AppState,
    store::{
        Conn,
        facts::{self, FactRow},
        orders::{self, LineRow, NOT_CALLED_FOR, OrderRow},
    },
};
use curbstop_shared::{
    disposition::{Disposition, OrderHistory, disposition, sentences::Words},
    ids::{LineId, OrderId},
    vocabulary::Product,
};
use std::collections::HashMap;

/// An order, its facts, and the outcome of folding them.
#[derive(Debug)]
pub struct Told {
    /// The order as it is stored.
    pub row: OrderRow,
    /// Its lines.
    pub lines: Vec<LineRow>,
    /// Its own facts as they are stored.
    pub facts: Vec<FactRow>,
    /// Everything that the fold looks at.
    pub history: OrderHistory,
    /// What it adds up to.
    pub outcome: Disposition,
}

impl Told {
    /// What flows through a line.
    #[must_use]
    pub fn product(&self, line: &LineId) -> Option<Product> {
        self.lines.iter().find(|row| row.line == line.0)?.product.parse().ok()
    }

    /// Calls `speak` with the words for this order. `crews` names the crew of each visit.
    pub fn with_words<T>(
        &self,
        voice: &Voice,
        crews: &HashMap<String, String>,
        speak: impl FnOnce(&Words<'_>) -> T,
    ) -> T {
        let somebody = voice.pick("The crew", "La cuadrilla");
        speak(&Words {
            language: voice.language,
            time: &|at| voice.paid(at),
            crew: &|visit| crews.get(visit.as_str()).map_or(somebody, String::as_str).to_owned(),
            product: &|line| self.product(line),
        })
    }
}

/// Reads an order's facts and folds them.
///
/// # Errors
/// When the store fails or a row does not read.
pub async fn told(state: &AppState, conn: &mut Conn, row: OrderRow) -> Result<Told, ServiceError> {
    let id = OrderId(row.id);
    let lines = orders::lines(conn, id).await?;
    let facts = facts::of_order(conn, id).await?;
    let folding = utility::folding(state, state.now());
    let history = recording::history(conn, &row, folding.today).await?;
    let outcome = disposition(&history, &folding.policy);
    Ok(Told { row, lines, facts, history, outcome })
}

/// What is said of an order to give back that nobody would go to any more, and why: the crew that cut may have turned
/// it on itself, or the payment was taken back. `cause` is the order that it puts right. None where it is called for.
#[must_use]
pub fn nobody_goes(order: &Told, cause: Option<&Told>, voice: &Voice) -> Option<String> {
    if order.row.stands() != NOT_CALLED_FOR {
        return None;
    }
    let lines = order.lines.iter().map(|line| LineId(line.line.clone()));
    let is_on = |line: &LineId| {
        let state = cause.and_then(|cause| cause.outcome.lines.get(line));
        state.is_some_and(|state| state.off().is_none())
    };
    let said = if lines.into_iter().all(|line| is_on(&line)) {
        voice.pick(
            "Not needed any more: the service is on again.",
            "Ya no hace falta: el servicio está otra vez activo.",
        )
    } else {
        voice.pick("Taken back: nothing calls for it any more.", "Retirada: ya nada la pide.")
    };
    Some(said.to_owned())
}
