//! The core's use cases against a scripted engine, a store in memory, and a clock that obeys.

mod fleet;
mod world;
