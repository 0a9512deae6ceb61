"""What staff look through: every order of a shop by its state, and what happened in each hour."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0006"
down_revision = "0005"

_COUNTS = "placed, placed_total, paid, sales, converted, cancelled, rejected, refunded"


def upgrade() -> None:
    """Make the tables; `python -m jangteo.order.rebuild` counts what happened before."""
    # States change too often to be indexed beside the views, whose other indexes would be written anew each time.
    op.execute(
        """CREATE TABLE order_statuses (
            order_id uuid PRIMARY KEY, tenant text NOT NULL, status text NOT NULL, placed_at timestamptz NOT NULL)"""
    )
    op.execute("INSERT INTO order_statuses SELECT order_id, tenant, status, placed_at FROM order_views")
    op.execute("CREATE INDEX order_statuses_of_shop ON order_statuses (tenant, status, order_id DESC)")
    op.execute("CREATE INDEX order_views_of_shop ON order_views (tenant, order_id DESC)")
    counts = ", ".join(f"{name} bigint NOT NULL" for name in _COUNTS.split(", "))
    # Tallies are added by everybody at once and rolled up into hours later: no two orders wait for one row.
    op.execute(f"CREATE TABLE order_tallies (tenant text NOT NULL, hour timestamptz NOT NULL, {counts})")
    op.execute(
        f"CREATE TABLE order_hours (tenant text NOT NULL, hour timestamptz NOT NULL, {counts},"
        " PRIMARY KEY (tenant, hour))"
    )
    protect_tenants("order_statuses", "order_tallies", "order_hours")
