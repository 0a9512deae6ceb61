"""Keys, proofs of erasure, what the law has kept of erased payers, and the index of the attempts of a member."""

from alembic import op

from jangteo.kit.migrations import create_legal_records, create_people, create_person_keys, create_tenant_keys

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables and the index."""
    create_person_keys()
    create_tenant_keys()
    create_people()
    create_legal_records()
    op.execute("CREATE INDEX payments_of_member ON payments (tenant, member_id)")
