"""The audit trail of what people with permissions do here."""

from jangteo.kit.migrations import create_audit

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    create_audit()
