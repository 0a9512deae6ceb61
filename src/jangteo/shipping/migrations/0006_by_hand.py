"""Parcels that staff hand over themselves, with what is in each; and the index behind the shop's list."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables and the index."""
    op.execute(
        """CREATE TABLE parcels (
            id uuid PRIMARY KEY, tenant text NOT NULL, shipment_id uuid NOT NULL REFERENCES shipments,
            courier text NOT NULL, number text NOT NULL, handed_over_at timestamptz NOT NULL,
            CONSTRAINT parcel_numbers UNIQUE (tenant, courier, number))"""
    )
    op.execute("CREATE INDEX parcels_of_shipment ON parcels (shipment_id)")
    op.execute(
        """CREATE TABLE parcel_lines (
            parcel_id uuid NOT NULL REFERENCES parcels, tenant text NOT NULL, sku text NOT NULL,
            quantity int NOT NULL CHECK (quantity > 0), PRIMARY KEY (parcel_id, sku))"""
    )
    op.execute("CREATE INDEX shipments_of_shop ON shipments (tenant, id DESC) WHERE order_number <> ''")
    protect_tenants("parcels", "parcel_lines")
