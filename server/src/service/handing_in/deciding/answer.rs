//! What a supervisor reads after deciding on a tablet's work.

use crate::shape::Shape;
use curbstop_shared::sync::wire::RefusalCode;
use serde::{Deserialize, Serialize};

/// What became of work that a tablet handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "HandedInWork")]
pub struct Decided {
    /// Saves that went in, were set aside or wait again.
    pub saves: usize,
    /// The orders that they are about, with where each stands now.
    pub orders: Vec<OrderNow>,
    /// Orders that give service back because of it.
    pub reconnects: Vec<String>,
    /// What could not be taken in. It stays kept, and its entries stay open.
    pub refused: Vec<Refused>,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "OrderStandsNow")]
pub struct OrderNow {
    /// Its number.
    pub order: String,
    /// Its state.
    pub state: String,
}

/// A save that could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "HandedInRefused")]
pub struct Refused {
    /// The order's number.
    pub order: String,
    /// "turned off 09:10 (Maria)".
    pub said: String,
    /// Why, as a code.
    #[schemars(with = "Shape<RefusalCode>")]
    pub code: RefusalCode,
    /// Why, as a sentence.
    pub why: String,
}
