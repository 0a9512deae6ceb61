"""Notices whose words, address and secrets are fetched from the user service, by the id of a mail."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; one mail is one notice, however often it was asked for."""
    op.execute("ALTER TABLE notifications ADD COLUMN mail_id uuid")
    op.execute("CREATE UNIQUE INDEX one_notice_per_mail ON notifications (tenant, mail_id) WHERE mail_id IS NOT NULL")
