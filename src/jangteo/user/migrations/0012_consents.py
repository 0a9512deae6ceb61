"""Consents for each way of advertising, and the texts that shops ask them for; advertising so far was by e-mail."""

from alembic import op

from jangteo.kit.migrations import keep_all_rows, protect_tenants

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table, and say of earlier consents to advertising what they were for."""
    op.execute("ALTER TABLE consents DROP CONSTRAINT consents_purpose_check")
    op.execute("UPDATE consents SET purpose = 'marketing_email' WHERE purpose = 'marketing'")
    op.execute(
        """ALTER TABLE consents ADD CONSTRAINT consents_purpose_check CHECK (purpose IN
            ('terms', 'privacy', 'marketing_email', 'marketing_sms', 'marketing_push', 'night_advertising'))"""
    )
    op.execute(
        """CREATE TABLE consent_texts (
            tenant text NOT NULL, purpose text NOT NULL, version text NOT NULL,
            language text NOT NULL CHECK (language IN ('ko', 'en')), title text NOT NULL, body text NOT NULL,
            published_at timestamptz NOT NULL, PRIMARY KEY (tenant, purpose, version, language))"""
    )
    protect_tenants("consent_texts")
    keep_all_rows("consent_texts")
    op.execute("CREATE INDEX members_of_tenant ON members (tenant, id)")
