"""The first tables: the events, what is read from them, what is due, and the kit's own."""

from alembic import op

from jangteo.kit.migrations import (
    create_events,
    create_idempotency,
    create_inbox,
    create_outbox,
    create_person_keys,
    protect_tenants,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_events()
    create_outbox()
    create_inbox()
    create_idempotency()
    create_person_keys()
    op.execute(
        # Only columns that never change are indexed, so that a new state of an order touches no index (HOT update).
        """CREATE TABLE order_views (
            order_id uuid PRIMARY KEY, tenant text NOT NULL, member_id uuid NOT NULL, number text NOT NULL,
            status text NOT NULL, version int NOT NULL, total bigint NOT NULL,
            placed_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, body json NOT NULL,
            CONSTRAINT order_numbers UNIQUE (tenant, number))
           WITH (fillfactor = 60)"""
    )
    op.execute("CREATE INDEX order_views_of_member ON order_views (tenant, member_id, order_id DESC)")
    op.execute(
        """CREATE TABLE deadlines (
            order_id uuid NOT NULL, kind text NOT NULL, tenant text NOT NULL, due_at timestamptz NOT NULL,
            tries int NOT NULL DEFAULT 0, seen_version int NOT NULL DEFAULT 0, PRIMARY KEY (order_id, kind))"""
    )
    op.execute("CREATE INDEX deadlines_due ON deadlines (due_at)")
    protect_tenants("order_views", "deadlines")
