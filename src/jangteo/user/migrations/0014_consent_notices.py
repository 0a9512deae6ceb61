"""That members who agreed to advertising were told so again, every two years (정보통신망법 §50⑧)."""

from alembic import op

from jangteo.kit.migrations import protect_tenants

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table: `round` 1 is the notice of the second anniversary of a consent, 2 that of the fourth."""
    op.execute(
        """CREATE TABLE consent_notices (
            tenant text NOT NULL, consent_id uuid NOT NULL REFERENCES consents ON DELETE CASCADE,
            member_id uuid NOT NULL REFERENCES members ON DELETE CASCADE, round int NOT NULL CHECK (round > 0),
            at timestamptz NOT NULL, PRIMARY KEY (consent_id, round))"""
    )
    op.execute("CREATE INDEX consent_notices_of_member ON consent_notices (member_id)")
    op.execute("CREATE INDEX consents_by_age ON consents (at) WHERE granted AND purpose NOT IN ('terms', 'privacy')")
    protect_tenants("consent_notices")
