"""Under which version of its key each blind index was made, so that a new one can take over row by row."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns; until now there was but one version."""
    op.execute("ALTER TABLE members ADD COLUMN index_version int NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE identities ADD COLUMN index_version int NOT NULL DEFAULT 1")
    op.execute("CREATE INDEX members_by_index_version ON members (tenant, index_version) WHERE email_index IS NOT NULL")
