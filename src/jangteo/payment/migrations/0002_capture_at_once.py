"""Which attempts take the money together with its authorisation; those made before are captured by a command."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE payments ADD COLUMN capture_at_once boolean NOT NULL DEFAULT false")
