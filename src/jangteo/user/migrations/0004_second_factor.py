"""Second factors, recovery codes, and the log-ins that wait for a code."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables. Secrets are sealed under the person's key; of recovery codes and challenges a digest is kept."""
    op.execute(
        """CREATE TABLE second_factors (
            tenant text NOT NULL, member_id uuid PRIMARY KEY REFERENCES members ON DELETE CASCADE,
            sealed text NOT NULL, confirmed_at timestamptz, last_step bigint NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL)"""
    )
    op.execute(
        """CREATE TABLE recovery_codes (
            tenant text NOT NULL, member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            digest bytea NOT NULL, PRIMARY KEY (member_id, digest))"""
    )
    op.execute(
        """CREATE TABLE login_challenges (
            tenant text NOT NULL, digest bytea PRIMARY KEY,
            member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE,
            attempts int NOT NULL DEFAULT 0, expires_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX challenges_of_member ON login_challenges (member_id)")
    protect_tenants("second_factors", "recovery_codes", "login_challenges")
