"""Stock: what there is of each SKU, what orders hold of it, and why every quantity changed."""

from alembic import op

from jangteo.kit.migrations import create_idempotency, create_inbox, create_outbox, protect_tenants

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables. The checks make it impossible to sell more than there is, whatever the code does."""
    create_outbox()
    create_inbox()
    create_idempotency()
    op.execute(
        """CREATE TABLE stock_items (
            tenant text NOT NULL, sku text NOT NULL, product_id uuid NOT NULL,
            on_hand bigint NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
            reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
            sold bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
            low_mark int NOT NULL DEFAULT 5 CHECK (low_mark >= 0),
            version bigint NOT NULL DEFAULT 1,
            PRIMARY KEY (tenant, sku), CHECK (reserved <= on_hand)) WITH (fillfactor = 70)"""
    )
    op.execute("CREATE INDEX stock_items_of_product ON stock_items (tenant, product_id)")
    op.execute(
        """CREATE TABLE reservations (
            order_id uuid PRIMARY KEY, tenant text NOT NULL,
            state text NOT NULL CHECK (state IN ('held','expired','committed','released','restocked','refused')),
            expires_at timestamptz, shortages jsonb NOT NULL DEFAULT '[]',
            created_at timestamptz NOT NULL, changed_at timestamptz NOT NULL,
            CHECK (state <> 'held' OR expires_at IS NOT NULL)) WITH (fillfactor = 80)"""
    )
    op.execute("CREATE INDEX reservations_running_out ON reservations (expires_at) WHERE state = 'held'")
    op.execute(
        """CREATE TABLE reservation_lines (
            order_id uuid NOT NULL REFERENCES reservations, tenant text NOT NULL, sku text NOT NULL,
            quantity bigint NOT NULL CHECK (quantity > 0), PRIMARY KEY (order_id, sku))"""
    )
    op.execute(
        """CREATE TABLE stock_ledger (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text NOT NULL, sku text NOT NULL,
            delta_on_hand bigint NOT NULL, delta_reserved bigint NOT NULL, delta_sold bigint NOT NULL,
            reason text NOT NULL, reference text NOT NULL, at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX stock_ledger_of_sku ON stock_ledger (tenant, sku, id)")
    op.execute("CREATE RULE ledger_is_final AS ON UPDATE TO stock_ledger DO INSTEAD NOTHING")
    op.execute("CREATE RULE ledger_stays AS ON DELETE TO stock_ledger DO INSTEAD NOTHING")
    protect_tenants("stock_items", "reservations", "reservation_lines", "stock_ledger")
