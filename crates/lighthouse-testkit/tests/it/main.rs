//! The bench tests itself.

#[cfg(test)]
mod engines;
