"""Members, their consents, addresses, sessions and roles, and the keys that sign tokens."""

from alembic import op

from jangteo.kit.migrations import create_outbox, create_person_keys, protect_tenants

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables. What is about a person is in the columns `sealed`, encrypted under the person's key."""
    create_outbox()
    create_person_keys()
    _create_people()
    _create_access()
    protect_tenants("members", "consents", "addresses", "sessions", "roles", "member_roles", "signing_keys")


def _create_people() -> None:
    op.execute(
        """CREATE TABLE members (
            tenant text NOT NULL, id uuid PRIMARY KEY, email_index bytea NOT NULL, sealed text NOT NULL,
            password_hash text NOT NULL, language text NOT NULL CHECK (language IN ('ko', 'en')),
            version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
            UNIQUE (tenant, email_index))"""
    )
    op.execute(
        """CREATE TABLE consents (
            id uuid PRIMARY KEY, tenant text NOT NULL, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            purpose text NOT NULL CHECK (purpose IN ('terms', 'privacy', 'marketing')), granted boolean NOT NULL,
            text_version text NOT NULL, channel text NOT NULL, at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX consents_of_member ON consents (member_id, purpose, at)")
    op.execute(
        """CREATE TABLE addresses (
            tenant text NOT NULL, id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            sealed text NOT NULL, content_index bytea NOT NULL, is_default boolean NOT NULL,
            created_at timestamptz NOT NULL, UNIQUE (member_id, content_index))"""
    )
    op.execute("CREATE UNIQUE INDEX one_default_address ON addresses (member_id) WHERE is_default")


def _create_access() -> None:
    op.execute(
        """CREATE TABLE sessions (
            tenant text NOT NULL, id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            turn int NOT NULL DEFAULT 1, turned_at timestamptz NOT NULL, turned_by bytea,
            idle_until timestamptz NOT NULL, expires_at timestamptz NOT NULL,
            revoked_at timestamptz, revoked_for text, created_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX sessions_of_member ON sessions (member_id)")
    op.execute("CREATE INDEX sessions_by_end ON sessions (expires_at)")
    op.execute(
        """CREATE TABLE roles (
            tenant text NOT NULL, name text NOT NULL CHECK (name <> 'owner'), permissions text[] NOT NULL,
            updated_at timestamptz NOT NULL, PRIMARY KEY (tenant, name))"""
    )
    op.execute(
        """CREATE TABLE member_roles (
            tenant text NOT NULL, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE, role text NOT NULL,
            granted_by uuid, granted_at timestamptz NOT NULL, PRIMARY KEY (member_id, role))"""
    )
    op.execute("CREATE INDEX members_of_role ON member_roles (tenant, role)")
    # The tenant is '*' throughout: the whole mall signs with the same keys.
    op.execute(
        """CREATE TABLE signing_keys (
            id uuid PRIMARY KEY, tenant text NOT NULL CHECK (tenant = '*'), sealed text NOT NULL,
            signs_from timestamptz NOT NULL, verifies_until timestamptz)"""
    )
