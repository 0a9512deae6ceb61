"""Which carrier calls may have had an effect that nobody saw, and the index behind a member's list."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and the index."""
    op.execute("ALTER TABLE shipments ADD COLUMN asked int NOT NULL DEFAULT 0 CHECK (asked >= 0)")
    op.execute("UPDATE shipments SET asked = tries WHERE task = 'register'")
    op.execute("CREATE INDEX shipments_of_member ON shipments (tenant, member_id, id DESC) WHERE order_number <> ''")
