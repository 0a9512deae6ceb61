"""The notices to tell, and the inbox of the events they come from."""

from alembic import op

from jangteo.kit.migrations import create_inbox, protect_tenants

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_inbox()
    op.execute(
        """CREATE TABLE notifications (
            id uuid PRIMARY KEY, tenant text NOT NULL, event_id uuid NOT NULL, channel text NOT NULL,
            template text NOT NULL, member_id uuid NOT NULL, order_id uuid, facts jsonb NOT NULL,
            status text NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'sent', 'dropped', 'expired')),
            subject text NOT NULL DEFAULT '', attempts int NOT NULL DEFAULT 0, last_error text NOT NULL DEFAULT '',
            created_at timestamptz NOT NULL, due_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
            finished_at timestamptz,
            UNIQUE (tenant, event_id, template, channel, member_id))"""
    )
    op.execute("CREATE INDEX notifications_due ON notifications (due_at) WHERE status = 'pending'")
    op.execute("CREATE INDEX notifications_of_member ON notifications (tenant, member_id, id DESC)")
    protect_tenants("notifications")
