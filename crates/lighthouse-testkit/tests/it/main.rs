//! The bench tests itself.

#[cfg(test)]
mod engines;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod proxy;
