"""The index by which old answers are found and deleted."""

from jangteo.kit.migrations import index_idempotency_by_age

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add it."""
    index_idempotency_by_age()
