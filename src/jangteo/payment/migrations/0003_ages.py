"""The indexes by which old answers and old webhooks are found and deleted."""

from alembic import op

from jangteo.kit.migrations import index_idempotency_by_age

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add them."""
    index_idempotency_by_age()
    op.execute("CREATE INDEX webhooks_by_age ON webhooks (received_at)")
