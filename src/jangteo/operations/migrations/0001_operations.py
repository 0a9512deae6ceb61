"""The audit trail of those who run the mall, and the heads of the trail of the service that witnesses all others."""

from jangteo.kit.migrations import create_audit, create_audit_witness, create_inbox, create_outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_outbox()
    create_inbox()
    create_audit()
    create_audit_witness()
