/// The tables of the identity database. A released migration must not be changed; each adapter records which migrations have run.
///
/// The SQL works in both databases: `BIGINT` is a 64-bit integer in each. Rows are sorted by UUIDs only, whose order is the same in every
/// collation. Times are in microseconds.
package enum IdentitySchema {
    package struct Migration: Sendable {
        package let name: String
        /// One or more statements.
        package let sql: StaticString
    }

    /// These follow "users and signing keys", which each adapter has contained since the first release.
    package static let migrations = [
        Migration(
            name: "organisations, sessions, keys, invitations and audit",
            sql: """
                ALTER TABLE users ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
                CREATE TABLE organisations (
                    id TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    personal_of TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    deleted_at BIGINT NOT NULL,
                    revision BIGINT NOT NULL
                );
                CREATE TABLE memberships (
                    organisation TEXT NOT NULL,
                    user_id TEXT NOT NULL,
                    role TEXT NOT NULL,
                    version BIGINT NOT NULL,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (organisation, user_id)
                );
                CREATE INDEX memberships_by_user ON memberships (user_id);
                INSERT INTO organisations (id, name, personal_of, created_at, deleted_at, revision)
                    SELECT tenant, email, id, created_at, 0, 0 FROM users;
                INSERT INTO memberships (organisation, user_id, role, version, created_at)
                    SELECT tenant, id, 'owner', 0, created_at FROM users;
                CREATE TABLE sessions (
                    id TEXT NOT NULL PRIMARY KEY,
                    user_id TEXT NOT NULL,
                    organisation TEXT NOT NULL,
                    generation BIGINT NOT NULL,
                    rotated_at BIGINT NOT NULL,
                    created_at BIGINT NOT NULL,
                    last_used_at BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL,
                    device TEXT NOT NULL,
                    address TEXT NOT NULL
                );
                CREATE INDEX sessions_by_user ON sessions (user_id);
                CREATE INDEX sessions_by_expiry ON sessions (expires_at);
                CREATE TABLE api_keys (
                    id TEXT NOT NULL PRIMARY KEY,
                    organisation TEXT NOT NULL,
                    name TEXT NOT NULL,
                    hash TEXT NOT NULL UNIQUE,
                    hint TEXT NOT NULL,
                    scopes TEXT NOT NULL,
                    networks TEXT NOT NULL,
                    created_by TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL,
                    last_used_at BIGINT NOT NULL
                );
                CREATE INDEX api_keys_by_organisation ON api_keys (organisation);
                CREATE TABLE invitations (
                    id TEXT NOT NULL PRIMARY KEY,
                    organisation TEXT NOT NULL,
                    email TEXT NOT NULL,
                    role TEXT NOT NULL,
                    hash TEXT NOT NULL UNIQUE,
                    invited_by TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL,
                    accepted_by TEXT NOT NULL
                );
                CREATE INDEX invitations_by_organisation ON invitations (organisation);
                CREATE TABLE password_resets (
                    hash TEXT NOT NULL PRIMARY KEY,
                    user_id TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL
                );
                CREATE TABLE audit_log (
                    id TEXT NOT NULL PRIMARY KEY,
                    organisation TEXT NOT NULL,
                    at BIGINT NOT NULL,
                    actor TEXT NOT NULL,
                    actor_name TEXT NOT NULL,
                    action TEXT NOT NULL,
                    target TEXT NOT NULL,
                    detail TEXT NOT NULL,
                    address TEXT NOT NULL,
                    request_id TEXT NOT NULL
                );
                CREATE INDEX audit_log_by_organisation ON audit_log (organisation, id);
                CREATE INDEX audit_log_by_time ON audit_log (at);
                CREATE TABLE revocations (
                    sequence BIGINT NOT NULL PRIMARY KEY,
                    kind TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    organisation TEXT NOT NULL,
                    version BIGINT NOT NULL,
                    at BIGINT NOT NULL
                );
                CREATE TABLE counters (
                    name TEXT NOT NULL PRIMARY KEY,
                    value BIGINT NOT NULL
                );
                INSERT INTO counters (name, value) VALUES ('revocations', 0);
                """),
        Migration(
            name: "mail and verified addresses",
            sql: """
                ALTER TABLE users ADD COLUMN email_verified_at BIGINT NOT NULL DEFAULT 0;
                CREATE TABLE email_verifications (
                    hash TEXT NOT NULL PRIMARY KEY,
                    user_id TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL
                );
                CREATE INDEX email_verifications_by_user ON email_verifications (user_id);
                CREATE TABLE mail_outbox (
                    id TEXT NOT NULL PRIMARY KEY,
                    kind TEXT NOT NULL,
                    recipient TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL,
                    attempts BIGINT NOT NULL,
                    epoch BIGINT NOT NULL,
                    lease_until BIGINT NOT NULL,
                    next_attempt_at BIGINT NOT NULL
                );
                CREATE INDEX mail_outbox_by_time ON mail_outbox (next_attempt_at);
                """),
        Migration(
            name: "second factors",
            sql: """
                CREATE TABLE second_factors (
                    user_id TEXT NOT NULL PRIMARY KEY,
                    secret TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    confirmed_at BIGINT NOT NULL,
                    last_step BIGINT NOT NULL,
                    failures BIGINT NOT NULL,
                    failed_at BIGINT NOT NULL
                );
                CREATE TABLE recovery_codes (
                    user_id TEXT NOT NULL,
                    hash TEXT NOT NULL,
                    PRIMARY KEY (user_id, hash)
                );
                """),
        Migration(
            name: "priorities of API keys",
            sql: """
                ALTER TABLE api_keys ADD COLUMN lane TEXT NOT NULL DEFAULT '';
                """),
        Migration(
            name: "notices by mail",
            sql: """
                ALTER TABLE mail_outbox ADD COLUMN subject TEXT NOT NULL DEFAULT '';
                ALTER TABLE users ADD COLUMN mail_refused_at BIGINT NOT NULL DEFAULT 0;
                CREATE TABLE muted_notices (
                    organisation TEXT NOT NULL,
                    user_id TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    muted_at BIGINT NOT NULL,
                    PRIMARY KEY (organisation, user_id, kind)
                );
                CREATE INDEX muted_notices_by_user ON muted_notices (user_id);
                """),
        Migration(
            name: "mail about tasks, and quotas in the audit log",
            sql: """
                ALTER TABLE audit_log ADD COLUMN quota TEXT NOT NULL DEFAULT '';
                CREATE TABLE task_mail (
                    organisation TEXT NOT NULL,
                    user_id TEXT NOT NULL,
                    choice TEXT NOT NULL,
                    told_until BIGINT NOT NULL,
                    lease_until BIGINT NOT NULL,
                    PRIMARY KEY (organisation, user_id)
                );
                CREATE INDEX task_mail_by_time ON task_mail (choice, told_until);
                CREATE INDEX task_mail_by_user ON task_mail (user_id);
                CREATE TABLE task_digests (
                    id TEXT NOT NULL PRIMARY KEY,
                    organisation TEXT NOT NULL,
                    user_id TEXT NOT NULL,
                    document TEXT NOT NULL,
                    expires_at BIGINT NOT NULL
                );
                CREATE INDEX task_digests_by_user ON task_digests (user_id);
                CREATE INDEX task_digests_by_expiry ON task_digests (expires_at);
                """),
        Migration(
            name: "organisations of mail",
            sql: """
                ALTER TABLE mail_outbox ADD COLUMN organisation TEXT NOT NULL DEFAULT '';
                CREATE INDEX mail_outbox_by_organisation ON mail_outbox (organisation);
                """),
        Migration(
            name: "actors and actions of the audit log",
            sql: """
                CREATE INDEX audit_log_by_actor ON audit_log (organisation, actor, id);
                CREATE INDEX audit_log_by_action ON audit_log (organisation, action, id);
                """),
    ]
}
