//! The store, as the console uses it: every promise, and what happens when things go wrong.

#[cfg(test)]
mod directory;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod sealing;
