//! Placement, told as stories and as properties.

#[cfg(test)]
mod fleet;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod stories;
