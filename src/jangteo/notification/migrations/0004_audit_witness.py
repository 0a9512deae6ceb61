"""The heads of the other services' audit trails: this one does nothing audited itself, and so bears witness."""

from jangteo.kit.migrations import create_audit_witness

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    create_audit_witness()
