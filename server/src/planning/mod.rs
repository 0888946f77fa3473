//! From the day's list to crews' routes: who may be worked today, as what orders, in whose day, and what each crew sees.
//!
//! Everything in here is pure: the service reads, calls these, and writes.
//!
//! | module | what it answers |
//! | --- | --- |
//! | [`standing`] | does a payment, a hold or the premise keep an order from being worked |
//! | [`area`] | does a premise lie where cuts are suspended |
//! | [`ruled`] | when a cut may begin by the utility's rules, and which rule is against it |
//! | [`money_since`] | which payments are not in a listing's balances yet |
//! | [`allotted`] | which of several sums an account's money pays |
//! | [`counted`] | what counts of payments and of what takes them back |
//! | [`unread`] | what ends a row of a payments file that nobody could read |
//! | [`orders`] | which orders a finalised listing makes, and which accounts are left out |
//! | [`day`] | what the route builder is given, and how its answer reads as a plan |
//! | [`detour`] | where one more stop goes on a route that is out already |
//! | [`reasons`] | why a stop is where it is, and who took the room of what is left out |
//! | [`remarks`] | what to read before a day goes out: it is over, a Sunday, the listing is old |
//! | [`plan`] | the plan as it is stored and shown |
//! | [`documents`] | what of an order its crew may see |

pub mod address;
pub mod allotted;
pub mod area;
pub mod counted;
pub mod day;
pub mod detour;
pub mod documents;
pub mod money_since;
pub mod orders;
pub mod plan;
pub mod reasons;
pub mod remarks;
pub mod ruled;
pub mod standing;
pub mod streets;
pub mod unread;
