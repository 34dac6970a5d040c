//! Contract tests of the engine adapter: against scripted streams, and against real engines.

mod certificates;
mod engines;
mod scripted;
