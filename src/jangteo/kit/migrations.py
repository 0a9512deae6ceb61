"""Migrations: each service keeps its own in `migrations/`, and this runs them, by Alembic, as the schema's owner.

Also the statements that make the kit's own tables, to be called from a service's first migration.
"""

from pathlib import Path

from alembic import command, op
from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "alembic"


def migrate(url: str, versions: Path) -> None:
    """Bring the database at `url` (its owner's) to the newest revision in the folder `versions`."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    command.upgrade(config, "heads")


def protect_tenants(*tables: str) -> None:
    """Let a session see and write only the rows of its own tenant in `tables`."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant_rows ON {table} USING"
            " (tenant = current_setting('app.tenant', true) OR current_setting('app.tenant', true) = '*')"
        )


def create_outbox() -> None:
    """Make the table of jangteo.kit.outbox."""
    op.execute(
        """CREATE TABLE outbox (
            id uuid PRIMARY KEY, tenant text NOT NULL, type text NOT NULL, key text NOT NULL, body bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(), claimed_until timestamptz NOT NULL DEFAULT now(),
            attempts int NOT NULL DEFAULT 0, parked_at timestamptz)
           WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)"""
    )
    protect_tenants("outbox")


def create_inbox() -> None:
    """Make the table of jangteo.kit.inbox."""
    op.execute(
        """CREATE TABLE inbox (
            message_id uuid NOT NULL, consumer text NOT NULL, tenant text NOT NULL,
            received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (message_id, consumer))"""
    )
    protect_tenants("inbox")


def create_idempotency() -> None:
    """Make the table of jangteo.kit.idempotency."""
    op.execute(
        """CREATE TABLE idempotency (
            tenant text NOT NULL, caller text NOT NULL, operation text NOT NULL, key text NOT NULL,
            request_digest bytea NOT NULL, status int NOT NULL, body bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant, caller, operation, key))"""
    )
    protect_tenants("idempotency")


def index_idempotency_by_age() -> None:
    """Let old answers be found without reading all; the inbox needs no such index, its key begins with the time."""
    op.execute("CREATE INDEX idempotency_by_age ON idempotency (created_at)")


def create_events() -> None:
    """Make the table of jangteo.kit.eventstore; its rows can be neither changed nor removed."""
    op.execute(
        """CREATE TABLE events (
            tenant text NOT NULL, stream_id uuid NOT NULL, version int NOT NULL CHECK (version > 0),
            id uuid NOT NULL, type text NOT NULL, data jsonb NOT NULL, at timestamptz NOT NULL,
            actor text NOT NULL, cause uuid, PRIMARY KEY (stream_id, version))"""
    )
    op.execute("CREATE RULE events_are_final AS ON UPDATE TO events DO INSTEAD NOTHING")
    op.execute("CREATE RULE events_stay AS ON DELETE TO events DO INSTEAD NOTHING")
    protect_tenants("events")


def create_person_keys() -> None:
    """Make the table of jangteo.kit.privacy."""
    op.execute(
        """CREATE TABLE person_keys (
            tenant text NOT NULL, person_id uuid NOT NULL, wrapped_key bytea,
            created_at timestamptz NOT NULL DEFAULT now(), destroyed_at timestamptz,
            PRIMARY KEY (tenant, person_id),
            CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL)))"""
    )
    protect_tenants("person_keys")


def create_tenant_keys() -> None:
    """Make the other tables of jangteo.kit.privacy, beside that of create_person_keys.

    A tenant that has person keys already goes on with keys derived from the master key, as its first versions.
    """
    op.execute(
        """CREATE TABLE tenant_keys (
            tenant text NOT NULL, use text NOT NULL, version int NOT NULL CHECK (version > 0), wrapped bytea,
            provider_key text NOT NULL, provider_version int NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(), retired_at timestamptz,
            PRIMARY KEY (tenant, use, version), CHECK ((wrapped IS NULL) = (retired_at IS NOT NULL)))"""
    )
    op.execute(
        """CREATE TABLE legal_keys (
            tenant text NOT NULL, purpose text NOT NULL, due_on date NOT NULL, wrapped_key bytea,
            key_version int NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), destroyed_at timestamptz,
            PRIMARY KEY (tenant, purpose, due_on),
            CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL)))"""
    )
    op.execute("ALTER TABLE person_keys ADD COLUMN key_version int NOT NULL DEFAULT 1")
    op.execute("CREATE TABLE derived_tenants (tenant text PRIMARY KEY)")
    op.execute("INSERT INTO derived_tenants SELECT DISTINCT tenant FROM person_keys")
    protect_tenants("tenant_keys", "legal_keys", "derived_tenants")


def create_people() -> None:
    """Make the tables of jangteo.kit.people: proofs of erasure, which name nobody but an id."""
    op.execute(
        """CREATE TABLE person_erasures (
            tenant text NOT NULL, person_id uuid NOT NULL, proof jsonb, PRIMARY KEY (tenant, person_id))"""
    )
    protect_tenants("person_erasures")


def create_legal_records() -> None:
    """Make the table of jangteo.kit.legal_archive; its keys are in that of create_tenant_keys."""
    op.execute(
        """CREATE TABLE legal_records (
            id uuid PRIMARY KEY, tenant text NOT NULL, purpose text NOT NULL, due_on date NOT NULL,
            reference text NOT NULL, sealed text NOT NULL, kept_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX legal_records_of_purpose ON legal_records (tenant, purpose, id)")
    op.execute("CREATE INDEX legal_records_of_reference ON legal_records (tenant, purpose, reference)")
    op.execute("CREATE INDEX legal_records_by_day ON legal_records (due_on)")
    protect_tenants("legal_records")


_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$
"""
_REVOKE = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
               WHERE table_schema = current_schema AND table_name = '{table}' AND grantee <> current_user
    LOOP EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', one.grantee); END LOOP;
END $$
"""


def create_audit() -> None:
    """Make the tables of jangteo.kit.audit: entries, which nobody changes or removes, and the head of each chain."""
    op.execute(
        """CREATE TABLE audit_entries (
            tenant text NOT NULL, number bigint NOT NULL CHECK (number > 0), at timestamptz NOT NULL,
            actor text NOT NULL, permissions text NOT NULL, action text NOT NULL, subject text NOT NULL, person_id uuid,
            origin text NOT NULL, reason text NOT NULL, details text NOT NULL, key_id text NOT NULL,
            previous bytea NOT NULL, digest bytea NOT NULL, PRIMARY KEY (tenant, number))"""
    )
    op.execute("CREATE INDEX audit_entries_by_time ON audit_entries (tenant, at)")
    op.execute(
        """CREATE TABLE audit_heads (tenant text PRIMARY KEY, number bigint NOT NULL, digest bytea NOT NULL)
           WITH (fillfactor = 50)"""
    )
    protect_tenants("audit_entries", "audit_heads")
    keep_all_rows("audit_entries")


def create_audit_witness() -> None:
    """Make the table of a service that is told the heads of the others' chains."""
    op.execute(
        """CREATE TABLE audit_heads_seen (
            tenant text NOT NULL, service text NOT NULL, number bigint NOT NULL, digest bytea NOT NULL,
            seen_at timestamptz NOT NULL, PRIMARY KEY (tenant, service, number, digest))"""
    )
    protect_tenants("audit_heads_seen")
    keep_all_rows("audit_heads_seen")


def keep_all_rows(table: str) -> None:
    """Let the rows of `table` be neither changed nor removed: not by the service, and by its owner not by mistake."""
    op.execute(_APPEND_ONLY)
    trigger = f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table}"
    op.execute(f"{trigger} FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()")
    trigger = f"CREATE TRIGGER {table}_stay_all BEFORE TRUNCATE ON {table}"
    op.execute(f"{trigger} FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()")
    op.execute(_REVOKE.format(table=table))
