"""Imports of sheets: the job, its rows until it is done, and what was wrong in which row."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables; `next_group` is the first product of the file that is not dealt with."""
    op.execute(
        """CREATE TABLE imports (
            id uuid PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, member_id uuid NOT NULL,
            permissions text NOT NULL,
            state text NOT NULL CHECK (state IN ('waiting','running','done','failed')), total int NOT NULL,
            done int NOT NULL DEFAULT 0, added int NOT NULL DEFAULT 0, changed int NOT NULL DEFAULT 0,
            unchanged int NOT NULL DEFAULT 0, failed int NOT NULL DEFAULT 0,
            next_group int NOT NULL DEFAULT 0, groups int NOT NULL, attempts int NOT NULL DEFAULT 0,
            claimed_until timestamptz NOT NULL, created_at timestamptz NOT NULL, changed_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX imports_of_shop ON imports (tenant, id)")
    op.execute("CREATE INDEX imports_by_age ON imports (created_at)")
    op.execute("CREATE INDEX imports_to_do ON imports (claimed_until) WHERE state IN ('waiting', 'running')")
    op.execute(
        """CREATE TABLE import_rows (
            import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE, tenant text NOT NULL,
            group_number int NOT NULL, number int NOT NULL, sku text NOT NULL, cells text NOT NULL,
            PRIMARY KEY (import_id, group_number, number))"""
    )
    op.execute("CREATE INDEX import_rows_by_sku ON import_rows (import_id, sku)")
    op.execute(
        """CREATE TABLE import_faults (
            import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE, tenant text NOT NULL,
            number bigint GENERATED ALWAYS AS IDENTITY, row_number int NOT NULL, field text NOT NULL,
            code text NOT NULL, ko text NOT NULL, en text NOT NULL, PRIMARY KEY (import_id, row_number, number))"""
    )
    protect_tenants("imports", "import_rows", "import_faults")
