//! field-client
