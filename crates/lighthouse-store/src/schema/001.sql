CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    key_check BLOB NOT NULL,
    setup_digest BLOB
) STRICT;

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE host (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    labels TEXT NOT NULL,
    connection BLOB NOT NULL,
    engine_id TEXT,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE pool (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL
) STRICT;

CREATE TABLE user (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_sign_in INTEGER
) STRICT;

-- Who has which role where. The scope is `installation` until narrower ones exist.
CREATE TABLE assignment (
    subject BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,
    PRIMARY KEY (subject, scope, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id BLOB PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    user BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_user ON session (user);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE token (
    id BLOB PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    user BLOB NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_used INTEGER
) STRICT;
CREATE INDEX token_user ON token (user);

CREATE TABLE credential (
    id BLOB PRIMARY KEY,
    registry TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    secret BLOB NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE application (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    pool BLOB,
    release INTEGER,
    scale TEXT NOT NULL,
    running INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Releases and operations outlive their application: they are the record.
CREATE TABLE release (
    application BLOB NOT NULL,
    number INTEGER NOT NULL,
    blueprint BLOB NOT NULL,
    variables BLOB NOT NULL,
    images TEXT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    operation BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (application, number)
) STRICT;

CREATE TABLE instance (
    application BLOB NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    number INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    host BLOB NOT NULL,
    release INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    container TEXT,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (application, service, number, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE object (
    application BLOB NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    host BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    nonce TEXT NOT NULL,
    PRIMARY KEY (application, host, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    application BLOB,
    actor TEXT NOT NULL,
    grant TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX operation_active ON operation (application)
    WHERE application IS NOT NULL AND state IN ('pending', 'running');
CREATE INDEX operation_open ON operation (state) WHERE state IN ('pending', 'running');
CREATE INDEX operation_application ON operation (application, id);

CREATE TABLE step (
    operation BLOB NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    host BLOB NOT NULL,
    subject TEXT NOT NULL,
    instance TEXT,
    generation INTEGER NOT NULL,
    kind TEXT NOT NULL,
    intent_at INTEGER,
    outcome_at INTEGER,
    status TEXT NOT NULL,
    code TEXT,
    message TEXT,
    detail TEXT,
    PRIMARY KEY (operation, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    operation BLOB,
    detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- `INSERT OR REPLACE` deletes without asking the trigger above.
CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
