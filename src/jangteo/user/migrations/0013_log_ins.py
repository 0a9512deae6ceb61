"""The record of log-ins that the law has kept for three months (통신비밀보호법 시행령 §41), and nobody longer."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table. `sealed`, under the member's key, holds device and network address; `due_on` is the row's end."""
    op.execute(
        """CREATE TABLE log_ins (
            tenant text NOT NULL, id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            at timestamptz NOT NULL, outcome text NOT NULL CHECK (outcome IN ('opened', 'code_refused')),
            way text NOT NULL, session_id uuid, sealed text NOT NULL, due_on date NOT NULL)"""
    )
    op.execute("CREATE INDEX log_ins_of_member ON log_ins (member_id, id)")
    op.execute("CREATE INDEX log_ins_by_end ON log_ins (due_on)")
    protect_tenants("log_ins")
