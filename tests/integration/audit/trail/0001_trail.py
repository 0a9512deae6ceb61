"""The tables of an audited service that does nothing else."""

from jangteo.kit.migrations import create_audit, create_outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_outbox()
    create_audit()
