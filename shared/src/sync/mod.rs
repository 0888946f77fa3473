//! What travels between tablet and server, and the gate that believes none of it.

pub mod gate;
pub mod reencode;
pub mod wire;
