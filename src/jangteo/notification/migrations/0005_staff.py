"""What staff need to look into what was sent: an order to read all of a shop's notices in, and the audit trail."""

from alembic import op

from jangteo.kit.migrations import create_audit

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables and indexes; ids begin with the time, so they are the order of a list and its period."""
    create_audit()
    op.execute("CREATE INDEX notifications_of_shop ON notifications (tenant, id DESC)")
    op.execute("CREATE INDEX notifications_by_template ON notifications (tenant, template, id DESC)")
    # Nearly all are sent: those that are not are what somebody looks for.
    op.execute("CREATE INDEX notifications_unsent ON notifications (tenant, status, id DESC) WHERE status <> 'sent'")
