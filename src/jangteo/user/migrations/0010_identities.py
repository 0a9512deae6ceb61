"""Members' accounts at other providers (OpenID Connect), and the log-ins by them that are under way."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables. A provider's name for a person is sealed; what a log-in waits with has a key of its own."""
    op.execute(
        """CREATE TABLE identities (
            tenant text NOT NULL, id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            provider text NOT NULL, subject_index bytea NOT NULL, sealed text NOT NULL,
            linked_at timestamptz NOT NULL, used_at timestamptz NOT NULL,
            UNIQUE (tenant, provider, subject_index), UNIQUE (member_id, provider))"""
    )
    op.execute(
        """CREATE TABLE oidc_logins (
            tenant text NOT NULL, id uuid PRIMARY KEY, digest bytea NOT NULL, provider text NOT NULL,
            redirect_uri text NOT NULL, member_id uuid REFERENCES members ON DELETE CASCADE,
            stage text NOT NULL CHECK (stage IN ('started', 'taken', 'password', 'consents')),
            sealed text, expires_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX oidc_logins_by_end ON oidc_logins (expires_at)")
    protect_tenants("identities", "oidc_logins")
