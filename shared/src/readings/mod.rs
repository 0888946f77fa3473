//! Checks on a meter reading.
