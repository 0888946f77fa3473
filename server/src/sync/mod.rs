//! Route documents in the server's hands: loaded, cached, appended to.

pub mod documents;
