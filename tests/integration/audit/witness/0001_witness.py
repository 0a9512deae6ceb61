"""The tables of a service that bears witness."""

from jangteo.kit.migrations import create_audit_witness, create_inbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_inbox()
    create_audit_witness()
