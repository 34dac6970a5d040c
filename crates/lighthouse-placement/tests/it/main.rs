//! Placement, told as stories and as properties.

mod properties;
mod stories;
