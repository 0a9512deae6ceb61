"""The version of each member's tokens, which ends the older ones when roles change."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; who is not in it has version 0, as all tokens of before."""
    op.execute(
        """CREATE TABLE token_versions (
            tenant text NOT NULL, member_id uuid PRIMARY KEY REFERENCES members ON DELETE CASCADE,
            version int NOT NULL CHECK (version > 0), changed_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX token_versions_by_change ON token_versions (changed_at)")
    protect_tenants("token_versions")
