//! What Curbstop exists for: nobody who paid stays cut off unseen. Told as stories, as a table of every relation
//! between a cut and what should have stopped it, and as laws that hold for any facts in any order.

mod documents;
mod laws;
mod readings;
mod sentences;
mod stories;
mod table;
mod trade;
