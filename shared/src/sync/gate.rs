//! The gate: nothing from a tablet is believed.
