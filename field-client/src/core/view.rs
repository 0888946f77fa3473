//! What the screens show, worked out from what the tablet knows.
