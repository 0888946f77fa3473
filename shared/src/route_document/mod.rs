//! One crew's day as an automerge document.
