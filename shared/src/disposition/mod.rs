//! What the facts of an order add up to.
