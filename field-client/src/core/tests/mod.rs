//! A crew, its tablet and an office: what must never go wrong between them.

mod a_tap;
mod any_order_of_mishaps;
mod asked_for;
mod at_the_door;
mod between_tablet_and_office;
mod crew;
mod deeds;
mod in_touch;
mod off_and_paid;
mod office;
mod on_top_of_the_day;
mod out_of_service;
mod photos;
mod stopped_half_way;
mod the_finger;
mod the_lock;
mod two_routes;
mod what_was_read;
mod who_answered;
mod who_holds_it;
