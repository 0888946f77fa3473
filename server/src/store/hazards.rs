//! Hazards that crews met: they stay with the premise, whatever a file of premises says.

use super::{StoreError, Work};
use crate::execute;
use curbstop_shared::{
    ids::{FactId, OrderId},
    time::Micros,
};

crate::statements! {
    MET = "INSERT INTO premise_hazards (premise, code, fact, met_at_us) SELECT o.premise, $2, $3, $4 FROM orders o WHERE o.id = $1 AND o.premise <> '' ON CONFLICT (premise, code) DO NOTHING";
}

/// Keeps that a hazard was met at an order's premise; the first word of it stays.
///
/// # Errors
/// When the database fails.
pub async fn met(work: &mut Work, order: OrderId, code: &str, fact: &FactId, now: Micros) -> Result<(), StoreError> {
    execute!(work, MET, order.0, code, fact.as_str(), now.0).map(|_| ())
}
