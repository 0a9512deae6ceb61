"""Mails with a link in them, asked for by members: to whom, what about and until when, never the link's secret."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table. `sealed` is under the member's key, and empty where the member's present address is meant."""
    op.execute(
        """CREATE TABLE mails (
            tenant text NOT NULL, id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            kind text NOT NULL, sealed text, created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
            used_at timestamptz)"""
    )
    op.execute("CREATE INDEX mails_of_member ON mails (member_id, kind) WHERE used_at IS NULL")
    op.execute("CREATE INDEX mails_by_end ON mails (expires_at)")
    protect_tenants("mails")
