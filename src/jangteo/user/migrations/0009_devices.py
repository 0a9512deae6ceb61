"""The devices that sessions are used from: sealed, with a digest by which a new one is known."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; sessions of before show their device at their next use."""
    op.execute("ALTER TABLE sessions ADD COLUMN sealed text, ADD COLUMN device_index bytea")
