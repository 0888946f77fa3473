//! What Curbstop exists for: nobody who paid stays cut off unseen. Told as stories, as a table of every relation
//! between a cut and what should have stopped it, and as laws that hold for any facts in any order.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod newer_office;
#[cfg(test)]
mod on_paper;
#[cfg(test)]
mod readings;
#[cfg(test)]
mod sentences;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod table;
#[cfg(test)]
mod trade;
