"""Verified addresses, links that strangers may ask for, changes of address, and the inbox that serves them."""

from alembic import op

from jangteo.kit.migrations import create_inbox, protect_tenants

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables; nobody's address of before counts as verified."""
    create_inbox()
    op.execute("ALTER TABLE members ADD COLUMN email_verified_at timestamptz")
    # An address is here as a keyed digest only, whether anybody has it or not.
    op.execute(
        """CREATE TABLE link_requests (
            tenant text NOT NULL, id uuid PRIMARY KEY, email_indexes bytea[] NOT NULL, kind text NOT NULL,
            until timestamptz, created_at timestamptz NOT NULL)"""
    )
    op.execute(
        """CREATE TABLE email_changes (
            tenant text NOT NULL, member_id uuid PRIMARY KEY REFERENCES members ON DELETE CASCADE, sealed text NOT NULL,
            old_confirmed_at timestamptz, new_confirmed_at timestamptz, created_at timestamptz NOT NULL)"""
    )
    protect_tenants("link_requests", "email_changes")
