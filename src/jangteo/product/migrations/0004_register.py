"""The register of all products for those who look after them: the index knows but what is published."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, with an index for each way in which it is paged through, and one for low stock."""
    op.execute(
        """CREATE TABLE products (
            tenant text NOT NULL, product_id uuid NOT NULL, number bigint NOT NULL, version int NOT NULL,
            status text NOT NULL, publish_at timestamptz, category text NOT NULL, slug text NOT NULL,
            name_ko text NOT NULL, name_en text NOT NULL, picture text NOT NULL, price bigint NOT NULL,
            variants int NOT NULL, words text NOT NULL, changed_at timestamptz NOT NULL,
            PRIMARY KEY (tenant, product_id)) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX products_by_number ON products (tenant, number)")
    op.execute("CREATE INDEX products_by_status ON products (tenant, status, number)")
    op.execute("CREATE INDEX products_by_category ON products (tenant, category, number)")
    op.execute("CREATE INDEX products_due ON products (publish_at) WHERE publish_at IS NOT NULL AND status = 'draft'")
    op.execute("CREATE INDEX stock_items_running_low ON stock_items (tenant, (on_hand - reserved), sku)")
    protect_tenants("products")
