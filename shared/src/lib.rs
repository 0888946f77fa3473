//! Curbstop's vocabulary and rules, the same on the server and on the tablet.
//!
//! Nothing in here does I/O, reads a clock or rolls dice: time and chance come in as arguments, so that every
//! rule can be run by a property test, a simulation, the server and the tablet alike.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`vocabulary`] | the trade's words as closed lists of codes |
//! | [`at_the_door`] | what can be done at a door, how, and why not |
//! | [`facts`] | what somebody did or learned: immutable, append-only |
//! | [`go_code`] | the leave by phone to begin a cut on old data |
//! | [`route_document`] | one crew's day as an automerge document |
//! | [`disposition`] | what an order's facts add up to |
//! | [`pin`] | by what a crew's people say who they are, offline |
//! | [`policy`] | rules of law and of the utility as data |
//! | [`readings`] | checks on a meter reading at the door |
//! | [`reconnect_clock`] | by when somebody who paid has to be back on |
//! | [`sync`] | the wire between tablet and server, and the gate that believes nothing |
//! | [`routing`] | the order of stops |
//! | [`ordered`] | maps and sets that are small in the tablet's app |

pub mod at_the_door;
pub mod cut_hours;
pub mod disposition;
pub mod evidence;
pub mod facts;
pub mod go_code;
pub mod ids;
pub mod language;
pub mod money;
pub mod ordered;
pub mod pin;
pub mod policy;
pub mod readings;
pub mod reconnect_clock;
pub mod route_document;
pub mod routing;
pub mod sync;
pub mod time;
pub mod vocabulary;
pub mod written;
