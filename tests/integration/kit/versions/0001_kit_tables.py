"""All tables of the kit, and one that a service might have."""

from alembic import op

from jangteo.kit import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_outbox()
    migrations.create_inbox()
    migrations.create_idempotency()
    migrations.create_events()
    migrations.create_person_keys()
    migrations.create_tenant_keys()
    op.execute("CREATE TABLE things (tenant text NOT NULL, name text NOT NULL, PRIMARY KEY (tenant, name))")
    migrations.protect_tenants("things")
