"""How many pieces of each product were paid for on each day: what is popular."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; `told` is what the search index was last told of `units`."""
    op.execute(
        """CREATE TABLE sales (
            tenant text NOT NULL, product_id uuid NOT NULL, day date NOT NULL,
            units bigint NOT NULL CHECK (units >= 0), told bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (tenant, product_id, day)) WITH (fillfactor = 70)"""
    )
    op.execute("CREATE INDEX sales_untold ON sales (tenant) WHERE units <> told")
    op.execute("CREATE INDEX sales_by_day ON sales (day)")
    protect_tenants("sales")
