//! The use cases of the console and the ports they need.
