//! A crew, its tablet and an office: what must never go wrong between them.

mod at_the_door;
mod crew;
mod between_tablet_and_office;
mod any_order_of_mishaps;
mod office;
