//! Contract tests of the engine adapter: against scripted streams, and against real engines.

// So that clippy knows them for tests, their helping functions too.
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod engines;
#[cfg(test)]
mod scripted;
