"""What came back of what was sold to an order, so that it never comes back twice."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """CREATE TABLE stock_returns (
            order_id uuid NOT NULL REFERENCES reservations, return_id uuid NOT NULL, tenant text NOT NULL,
            sku text NOT NULL, quantity bigint NOT NULL CHECK (quantity > 0),
            PRIMARY KEY (order_id, return_id, sku))"""
    )
    protect_tenants("stock_returns")
