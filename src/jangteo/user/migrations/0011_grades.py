"""Grades of members, and what each order was paid and given back, by which they are reckoned."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables; an order is one row, whichever of its events comes first."""
    op.execute(
        """CREATE TABLE grades (
            tenant text NOT NULL, code text NOT NULL, name_ko text NOT NULL, name_en text NOT NULL,
            threshold bigint NOT NULL CHECK (threshold >= 0), span_days int NOT NULL,
            PRIMARY KEY (tenant, code), UNIQUE (tenant, threshold))"""
    )
    op.execute(
        """CREATE TABLE purchases (
            tenant text NOT NULL, order_id uuid NOT NULL, member_id uuid NOT NULL, paid bigint NOT NULL DEFAULT 0,
            refunded bigint NOT NULL DEFAULT 0, at timestamptz NOT NULL, PRIMARY KEY (tenant, order_id))"""
    )
    op.execute("CREATE INDEX purchases_of_member ON purchases (tenant, member_id, at)")
    protect_tenants("grades", "purchases")
