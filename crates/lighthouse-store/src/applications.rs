//! Applications, releases and what belongs to them. Blueprints and variables are sealed: they hold passwords.

use async_trait::async_trait;
use lighthouse_core::store::{
    ApplicationRecord, ApplicationStore, InstanceRecord, ObjectKind, ObjectRecord, ReleaseRecord, StoreResult,
};
use lighthouse_model::application::BlueprintText;
use lighthouse_model::{ApplicationId, ContainerId, Name};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use zeroize::Zeroizing;

use crate::SqliteStore;
use crate::error::{failed, taken};
use crate::rows::{Columns, Id, json, one};
use crate::seal::Place;
use crate::store::within;

/// What goes with a blueprint, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Variables {
    dotenv: String,
    env_files: Vec<(String, String)>,
    profiles: Vec<String>,
}

/// A release with its sealed columns ready to be written.
pub(crate) struct SealedRelease {
    record: ReleaseRecord,
    blueprint: Vec<u8>,
    variables: Vec<u8>,
    images: String,
}

fn release_row(application: ApplicationId, number: i64) -> String {
    format!("{application}/{number}")
}

fn place<'r>(column: &'static str, row: &'r str) -> Place<'r> {
    Place {
        table: "release",
        column,
        row,
    }
}

fn kind_word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Network => "network",
        ObjectKind::Volume => "volume",
    }
}

fn kind_of(word: &str) -> Option<ObjectKind> {
    match word {
        "network" => Some(ObjectKind::Network),
        "volume" => Some(ObjectKind::Volume),
        _ => None,
    }
}

fn application(row: &SqliteRow) -> StoreResult<ApplicationRecord> {
    let columns = Columns::of("application", row);
    Ok(ApplicationRecord {
        id: columns.id("id")?,
        name: columns.name("name")?,
        generation: columns.get("generation")?,
        pool: columns.opt_id("pool")?,
        release: columns.get("release")?,
        scale: columns.json("scale")?,
        running: columns.get("running")?,
        created_at: columns.get("created_at")?,
    })
}

fn instance(row: &SqliteRow) -> StoreResult<InstanceRecord> {
    let columns = Columns::of("instance", row);
    let container = columns.get::<Option<&str>>("container")?;
    let container = container.map(str::parse).transpose();
    Ok(InstanceRecord {
        application: columns.id("application")?,
        service: columns.get("service")?,
        number: columns.number("number")?,
        host: columns.id("host")?,
        generation: columns.get("generation")?,
        release: columns.get("release")?,
        nonce: columns.get("nonce")?,
        container: container.map_err(|_| columns.senseless("container"))?,
        fingerprint: columns.get("fingerprint")?,
    })
}

fn object(row: &SqliteRow) -> StoreResult<ObjectRecord> {
    let columns = Columns::of("object", row);
    Ok(ObjectRecord {
        application: columns.id("application")?,
        host: columns.id("host")?,
        kind: columns.read("kind", kind_of)?,
        name: columns.get("name")?,
        key: columns.get("key")?,
        nonce: columns.get("nonce")?,
    })
}

/// Writes an application over the one a generation before it; `false` when that is not the one stored.
pub(crate) async fn put(c: &mut SqliteConnection, record: &ApplicationRecord) -> StoreResult<bool> {
    let scale = json(&record.scale)?;
    let statement = if record.generation == 1 {
        // A new one: a row that is there already has a generation of its own.
        "INSERT INTO application (id, name, generation, pool, release, scale, running, created_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM application WHERE id = ?1)"
    } else {
        "UPDATE application SET name = ?2, generation = ?3, pool = ?4, release = ?5, scale = ?6, running = ?7, \
         created_at = ?8 WHERE id = ?1 AND generation = ?3 - 1"
    };
    let done = sqlx::query(statement)
        .bind(record.id.key())
        .bind(record.name.as_str())
        .bind(record.generation)
        .bind(record.pool.map(|id| id.key()))
        .bind(record.release)
        .bind(scale)
        .bind(record.running)
        .bind(record.created_at)
        .execute(c)
        .await
        .map_err(taken("application name"))?;
    Ok(done.rows_affected() == 1)
}

/// Writes a release.
pub(crate) async fn add_release(c: &mut SqliteConnection, release: &SealedRelease) -> StoreResult<()> {
    let record = &release.record;
    sqlx::query(
        "INSERT INTO release (application, number, blueprint, variables, images, author, reason, operation, at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(record.application.key())
    .bind(record.number)
    .bind(&release.blueprint)
    .bind(&release.variables)
    .bind(&release.images)
    .bind(&record.author)
    .bind(&record.reason)
    .bind(record.operation.key())
    .bind(record.at)
    .execute(c)
    .await
    .map(drop)
    .map_err(taken("release number"))
}

impl SqliteStore {
    pub(crate) fn seal_release(&self, record: &ReleaseRecord) -> StoreResult<SealedRelease> {
        let row = release_row(record.application, record.number);
        let text = &record.blueprint;
        let variables = Variables {
            dotenv: text.variables.clone(),
            env_files: text.env_files.clone(),
            profiles: text.profiles.clone(),
        };
        let variables = Zeroizing::new(json(&variables)?);
        Ok(SealedRelease {
            blueprint: self.seal(place("blueprint", &row), text.compose.as_bytes())?,
            variables: self.seal(place("variables", &row), variables.as_bytes())?,
            images: json(&record.images)?,
            record: ReleaseRecord {
                blueprint: BlueprintText::default(),
                ..record.clone()
            },
        })
    }

    fn read_release(&self, row: &SqliteRow) -> StoreResult<ReleaseRecord> {
        let columns = Columns::of("release", row);
        let application: ApplicationId = columns.id("application")?;
        let number: i64 = columns.get("number")?;
        let key = release_row(application, number);
        let compose = self.unseal(place("blueprint", &key), columns.get("blueprint")?)?;
        let compose = std::str::from_utf8(&compose).map_err(|_| columns.senseless("blueprint"))?;
        let opened = self.unseal(place("variables", &key), columns.get("variables")?)?;
        let with: Variables = serde_json::from_slice(&opened).map_err(|_| columns.senseless("variables"))?;
        Ok(ReleaseRecord {
            application,
            number,
            blueprint: BlueprintText {
                compose: compose.to_owned(),
                variables: with.dotenv,
                env_files: with.env_files,
                profiles: with.profiles,
            },
            images: columns.json("images")?,
            author: columns.get("author")?,
            reason: columns.get("reason")?,
            operation: columns.id("operation")?,
            at: columns.get("at")?,
        })
    }
}

#[async_trait]
impl ApplicationStore for SqliteStore {
    async fn applications(&self) -> StoreResult<Vec<ApplicationRecord>> {
        self.rows(
            sqlx::query("SELECT * FROM application ORDER BY name"),
            application,
        )
        .await
    }

    async fn application(&self, name: &Name) -> StoreResult<Option<ApplicationRecord>> {
        self.row(
            sqlx::query("SELECT * FROM application WHERE name = ?1").bind(name.as_str()),
            application,
        )
        .await
    }

    async fn application_by_id(&self, id: ApplicationId) -> StoreResult<Option<ApplicationRecord>> {
        self.row(
            sqlx::query("SELECT * FROM application WHERE id = ?1").bind(id.key()),
            application,
        )
        .await
    }

    async fn releases(&self, id: ApplicationId, limit: u32) -> StoreResult<Vec<ReleaseRecord>> {
        within(async {
            let mut c = self.reader().await?;
            let rows =
                sqlx::query("SELECT * FROM release WHERE application = ?1 ORDER BY number DESC LIMIT ?2")
                    .bind(id.key())
                    .bind(limit)
                    .fetch_all(&mut *c)
                    .await
                    .map_err(failed)?;
            rows.iter().map(|row| self.read_release(row)).collect()
        })
        .await
    }

    async fn release(&self, id: ApplicationId, number: i64) -> StoreResult<Option<ReleaseRecord>> {
        self.row(
            sqlx::query("SELECT * FROM release WHERE application = ?1 AND number = ?2")
                .bind(id.key())
                .bind(number),
            |row| self.read_release(row),
        )
        .await
    }

    async fn set_release_images(
        &self,
        id: ApplicationId,
        number: i64,
        images: &[(String, String)],
    ) -> StoreResult<()> {
        let images = json(images)?;
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done =
                        sqlx::query("UPDATE release SET images = ?3 WHERE application = ?1 AND number = ?2")
                            .bind(id.key())
                            .bind(number)
                            .bind(images)
                            .execute(c)
                            .await
                            .map_err(failed)?;
                    one(done.rows_affected())
                })
            })
            .await
    }

    async fn instances(&self, id: Option<ApplicationId>) -> StoreResult<Vec<InstanceRecord>> {
        within(async {
            let mut c = self.reader().await?;
            let query = match id {
                Some(id) => sqlx::query(
                    "SELECT * FROM instance WHERE application = ?1 ORDER BY service, number, generation",
                )
                .bind(id.key()),
                None => {
                    sqlx::query("SELECT * FROM instance ORDER BY application, service, number, generation")
                }
            };
            let rows = query.fetch_all(&mut *c).await.map_err(failed)?;
            rows.iter().map(instance).collect()
        })
        .await
    }

    async fn save_instance(&self, instance: &InstanceRecord) -> StoreResult<()> {
        let one = instance.clone();
        self.change(
            sqlx::query(
                "INSERT OR REPLACE INTO instance (application, service, number, generation, host, \
                         release, nonce, container, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .bind(one.application.key())
            .bind(&one.service)
            .bind(one.number)
            .bind(one.generation)
            .bind(one.host.key())
            .bind(one.release)
            .bind(&one.nonce)
            .bind(one.container.as_ref().map(ContainerId::as_str))
            .bind(&one.fingerprint),
        )
        .await
        .map(drop)
    }

    async fn remove_instance(
        &self,
        id: ApplicationId,
        service: &str,
        number: u32,
        generation: i64,
    ) -> StoreResult<()> {
        let service = service.to_owned();
        self.change(
            sqlx::query(
                "DELETE FROM instance \
                         WHERE application = ?1 AND service = ?2 AND number = ?3 AND generation = ?4",
            )
            .bind(id.key())
            .bind(service)
            .bind(number)
            .bind(generation),
        )
        .await
        .map(drop)
    }

    async fn objects(&self, id: ApplicationId) -> StoreResult<Vec<ObjectRecord>> {
        self.rows(
            sqlx::query("SELECT * FROM object WHERE application = ?1 ORDER BY host, kind, name")
                .bind(id.key()),
            object,
        )
        .await
    }

    async fn save_object(&self, object: &ObjectRecord) -> StoreResult<()> {
        let one = object.clone();
        self.change(
            sqlx::query(
                "INSERT OR REPLACE INTO object (application, host, kind, name, key, nonce) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )
            .bind(one.application.key())
            .bind(one.host.key())
            .bind(kind_word(one.kind))
            .bind(&one.name)
            .bind(&one.key)
            .bind(&one.nonce),
        )
        .await
        .map(drop)
    }

    async fn remove_object(&self, object: &ObjectRecord) -> StoreResult<()> {
        let one = object.clone();
        self.change(
            sqlx::query(
                "DELETE FROM object WHERE application = ?1 AND host = ?2 AND kind = ?3 AND name = ?4",
            )
            .bind(one.application.key())
            .bind(one.host.key())
            .bind(kind_word(one.kind))
            .bind(&one.name),
        )
        .await
        .map(drop)
    }

    async fn remove_application(&self, id: ApplicationId) -> StoreResult<()> {
        one(self
            .change(sqlx::query("DELETE FROM application WHERE id = ?1").bind(id.key()))
            .await?)
    }
}
