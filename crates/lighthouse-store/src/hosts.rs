//! Hosts and pools. How a host is reached is sealed.

use async_trait::async_trait;
use lighthouse_core::Secret;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::store::{HostRecord, HostStore, PoolRecord, StoreError, StoreResult};
use lighthouse_model::{HostId, PoolId};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use zeroize::{Zeroize, Zeroizing};

use crate::SqliteStore;
use crate::error::{failed, taken};
use crate::rows::{Columns, Id, json, one};
use crate::seal::Place;
use crate::store::within;

/// A connection as it is sealed. The words are on the disk: add to them, do not change them.
#[derive(Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "kebab-case")]
enum Sealed {
    Unix {
        path: String,
    },
    Tls {
        address: String,
        ca: String,
        certificate: String,
        key: String,
    },
    Plain {
        address: String,
        insecure: bool,
    },
}

impl Drop for Sealed {
    fn drop(&mut self) {
        if let Self::Tls { key, .. } = self {
            key.zeroize();
        }
    }
}

impl From<&HostConnection> for Sealed {
    fn from(connection: &HostConnection) -> Self {
        match connection {
            HostConnection::Unix { path } => Self::Unix { path: path.clone() },
            HostConnection::Tls {
                address,
                ca,
                certificate,
                key,
            } => Self::Tls {
                address: address.clone(),
                ca: ca.clone(),
                certificate: certificate.clone(),
                key: key.expose().clone(),
            },
            HostConnection::Plain { address, insecure } => Self::Plain {
                address: address.clone(),
                insecure: *insecure,
            },
        }
    }
}

impl From<&Sealed> for HostConnection {
    fn from(sealed: &Sealed) -> Self {
        match sealed {
            Sealed::Unix { path } => Self::Unix { path: path.clone() },
            Sealed::Tls {
                address,
                ca,
                certificate,
                key,
            } => Self::Tls {
                address: address.clone(),
                ca: ca.clone(),
                certificate: certificate.clone(),
                key: Secret::new(key.clone()),
            },
            Sealed::Plain { address, insecure } => Self::Plain {
                address: address.clone(),
                insecure: *insecure,
            },
        }
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "host",
        column: "connection",
        row,
    }
}

impl SqliteStore {
    fn seal_connection(&self, host: &HostRecord) -> StoreResult<Vec<u8>> {
        let plain = Zeroizing::new(json(&Sealed::from(&host.connection))?);
        self.seal(place(&host.id.to_string()), plain.as_bytes())
    }

    fn host(&self, row: &SqliteRow) -> StoreResult<HostRecord> {
        let columns = Columns::of("host", row);
        let id: HostId = columns.id("id")?;
        let opened = self.unseal(place(&id.to_string()), columns.get("connection")?)?;
        let sealed: Sealed = serde_json::from_slice(&opened).map_err(|_| columns.senseless("connection"))?;
        Ok(HostRecord {
            id,
            name: columns.name("name")?,
            labels: columns.json("labels")?,
            connection: (&sealed).into(),
            engine_id: columns.get("engine_id")?,
            created_at: columns.get("created_at")?,
            version: columns.get("version")?,
        })
    }
}

#[async_trait]
impl HostStore for SqliteStore {
    async fn hosts(&self) -> StoreResult<Vec<HostRecord>> {
        self.rows(sqlx::query("SELECT * FROM host ORDER BY name"), |row| {
            self.host(row)
        })
        .await
    }

    async fn add_host(&self, host: &HostRecord) -> StoreResult<()> {
        let connection = self.seal_connection(host)?;
        let labels = json(&host.labels)?;
        let host = host.clone();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO host (id, name, labels, connection, engine_id, created_at, version) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )
                    .bind(host.id.key())
                    .bind(host.name.as_str())
                    .bind(labels)
                    .bind(connection)
                    .bind(&host.engine_id)
                    .bind(host.created_at)
                    .bind(host.version)
                    .execute(c)
                    .await
                    .map(drop)
                    .map_err(taken("host name"))
                })
            })
            .await
    }

    async fn update_host(&self, host: &HostRecord) -> StoreResult<()> {
        let connection = self.seal_connection(host)?;
        let labels = json(&host.labels)?;
        let host = host.clone();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE host SET name = ?2, labels = ?3, connection = ?4, engine_id = ?5, \
                         created_at = ?6, version = ?7 WHERE id = ?1 AND version = ?7 - 1",
                    )
                    .bind(host.id.key())
                    .bind(host.name.as_str())
                    .bind(labels)
                    .bind(connection)
                    .bind(&host.engine_id)
                    .bind(host.created_at)
                    .bind(host.version)
                    .execute(&mut *c)
                    .await
                    .map_err(taken("host name"))?;
                    if done.rows_affected() == 1 {
                        return Ok(());
                    }
                    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM host WHERE id = ?1")
                        .bind(host.id.key())
                        .fetch_one(c)
                        .await
                        .map_err(failed)?;
                    Err(if there == 0 {
                        StoreError::Missing
                    } else {
                        StoreError::Stale
                    })
                })
            })
            .await
    }

    async fn set_engine_id(&self, host: HostId, engine_id: &str) -> StoreResult<()> {
        let engine_id = engine_id.to_owned();
        one(self
            .change(
                sqlx::query("UPDATE host SET engine_id = ?2 WHERE id = ?1")
                    .bind(host.key())
                    .bind(engine_id),
            )
            .await?)
    }

    async fn remove_host(&self, host: HostId) -> StoreResult<()> {
        one(self
            .change(sqlx::query("DELETE FROM host WHERE id = ?1").bind(host.key()))
            .await?)
    }

    async fn pools(&self) -> StoreResult<Vec<PoolRecord>> {
        within(async {
            let mut c = self.reader().await?;
            let rows = sqlx::query("SELECT * FROM pool ORDER BY name")
                .fetch_all(&mut *c)
                .await
                .map_err(failed)?;
            let pool = |row| {
                let columns = Columns::of("pool", row);
                Ok(PoolRecord {
                    id: columns.id("id")?,
                    name: columns.name("name")?,
                    query: columns.get("query")?,
                })
            };
            rows.iter().map(pool).collect()
        })
        .await
    }

    async fn add_pool(&self, pool: &PoolRecord) -> StoreResult<()> {
        let pool = pool.clone();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO pool (id, name, query) VALUES (?1, ?2, ?3)")
                        .bind(pool.id.key())
                        .bind(pool.name.as_str())
                        .bind(&pool.query)
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(taken("pool name"))
                })
            })
            .await
    }

    async fn remove_pool(&self, pool: PoolId) -> StoreResult<()> {
        one(self
            .change(sqlx::query("DELETE FROM pool WHERE id = ?1").bind(pool.key()))
            .await?)
    }
}
