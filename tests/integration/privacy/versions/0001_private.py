"""The tables of a service that keeps personal data, and some of it."""

from alembic import op

from jangteo.kit import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_outbox()
    migrations.create_person_keys()
    migrations.create_tenant_keys()
    op.execute("CREATE TABLE secrets (tenant text NOT NULL, person_id uuid NOT NULL, sealed text NOT NULL)")
    migrations.protect_tenants("secrets")
