//! The words of the demo world. Only lists, no logic.

pub(super) mod letters;
pub(super) mod names;
pub(super) mod talk;
pub(super) mod topics;
