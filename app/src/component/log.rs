//! What a log pane is made of: reading colours, keeping lines, drawing the ones that can be seen.

pub(crate) mod ansi;
pub(crate) mod ring;
pub(crate) mod screen;
