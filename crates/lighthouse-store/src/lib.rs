//! What the console keeps: one SQLite file, with secrets sealed.
//!
//! What lives here: the tables and their migrations (`schema`), sealing (`seal`), the one writer (`writer`),
//! and the core's store ports over them, a file for each concern. What does not: any decision that a use case
//! takes; rules that must hold between parallel writers are kept by constraints and conditions here.
//!
//! [`SqliteStore::open`] refuses, in words, what would end badly: a second console on the directory, a damaged
//! file, a newer schema, another installation's key.

mod accounts;
mod applications;
mod audit;
mod backup;
mod credentials;
mod directory;
mod error;
mod hosts;
mod installation;
mod journal;
mod rows;
mod schema;
mod seal;
mod sessions;
mod statement;
mod store;
mod tokens;
mod writer;

pub use backup::{back_up, restore};
pub use error::OpenError;
pub use store::SqliteStore;
