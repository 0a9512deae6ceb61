"""Shipments, their parcels, what was seen of them, and the kit's own tables."""

from alembic import op

from jangteo.kit.migrations import create_inbox, create_outbox, create_person_keys, protect_tenants

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_outbox()
    create_inbox()
    create_person_keys()
    op.execute(
        """CREATE TABLE shipments (
            id uuid PRIMARY KEY, tenant text NOT NULL, order_id uuid NOT NULL, order_number text NOT NULL,
            member_id uuid NOT NULL, state text NOT NULL, carrier text NOT NULL, number text,
            weight_grams int NOT NULL CHECK (weight_grams >= 0), recipient_sealed text,
            wanted_back boolean NOT NULL DEFAULT false, task text, tries int NOT NULL DEFAULT 0,
            due_at timestamptz, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
            UNIQUE (order_id), UNIQUE (carrier, number))"""
    )
    op.execute("CREATE INDEX shipments_due ON shipments (due_at) WHERE task IS NOT NULL")
    op.execute(
        """CREATE TABLE shipment_lines (
            tenant text NOT NULL, shipment_id uuid NOT NULL REFERENCES shipments, sku text NOT NULL,
            quantity int NOT NULL CHECK (quantity > 0), PRIMARY KEY (shipment_id, sku))"""
    )
    op.execute(
        """CREATE TABLE sightings (
            tenant text NOT NULL, shipment_id uuid NOT NULL REFERENCES shipments, raw text NOT NULL,
            at timestamptz NOT NULL, code text NOT NULL, place text NOT NULL,
            PRIMARY KEY (shipment_id, at, raw))"""
    )
    protect_tenants("shipments", "shipment_lines", "sightings")
