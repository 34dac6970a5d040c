//! The store in memory keeps the promises of every store.

use lighthouse_testkit::{MemoryStore, contract};

#[tokio::test]
async fn the_store_in_memory_keeps_every_promise() {
    contract::run(async || MemoryStore::default()).await;
}
