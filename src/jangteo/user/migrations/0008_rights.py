"""Exports, withdrawals with their proofs, what the law has kept, and members who are gone."""

from alembic import op

from jangteo.kit.migrations import create_legal_records, create_people, protect_tenants

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables; of a member who has left nothing stays but the id, by which orders are told apart."""
    create_people()
    create_legal_records()
    for column in ("email_index", "sealed", "password_hash"):
        op.execute(f"ALTER TABLE members ALTER COLUMN {column} DROP NOT NULL")
    op.execute("ALTER TABLE members ADD COLUMN erased_at timestamptz")
    _create_exports()
    _create_withdrawals()
    protect_tenants("exports", "export_parts", "withdrawals", "withdrawal_answers")


def _create_exports() -> None:
    op.execute(
        """CREATE TABLE exports (
            id uuid PRIMARY KEY, tenant text NOT NULL, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            state text NOT NULL CHECK (state IN ('gathering', 'ready')), requested_at timestamptz NOT NULL,
            tries int NOT NULL DEFAULT 0, due_at timestamptz, ready_at timestamptz, expires_at timestamptz)"""
    )
    op.execute("CREATE UNIQUE INDEX one_export_at_a_time ON exports (member_id) WHERE state = 'gathering'")
    op.execute("CREATE INDEX exports_of_member ON exports (member_id)")
    op.execute("CREATE INDEX exports_due ON exports (due_at) WHERE due_at IS NOT NULL")
    op.execute("CREATE INDEX exports_by_end ON exports (expires_at)")
    op.execute(
        """CREATE TABLE export_parts (
            tenant text NOT NULL, export_id uuid NOT NULL REFERENCES exports ON DELETE CASCADE, service text NOT NULL,
            sealed text NOT NULL, PRIMARY KEY (export_id, service))"""
    )


def _create_withdrawals() -> None:
    op.execute(
        """CREATE TABLE withdrawals (
            id uuid PRIMARY KEY, tenant text NOT NULL, member_id uuid NOT NULL REFERENCES members,
            state text NOT NULL CHECK (state IN ('deferred', 'called_off', 'closing', 'erasing', 'erased')),
            requested_at timestamptz NOT NULL, closed_at timestamptz, erased_at timestamptz,
            keeps jsonb NOT NULL DEFAULT '[]', tries int NOT NULL DEFAULT 0, due_at timestamptz)"""
    )
    op.execute("CREATE UNIQUE INDEX one_withdrawal ON withdrawals (member_id) WHERE state <> 'called_off'")
    op.execute("CREATE INDEX withdrawals_due ON withdrawals (due_at) WHERE due_at IS NOT NULL")
    op.execute(
        """CREATE TABLE withdrawal_answers (
            tenant text NOT NULL, withdrawal_id uuid NOT NULL REFERENCES withdrawals, service text NOT NULL,
            proof jsonb NOT NULL, PRIMARY KEY (withdrawal_id, service))"""
    )
