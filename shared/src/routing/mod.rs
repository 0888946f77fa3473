//! The order of stops.
