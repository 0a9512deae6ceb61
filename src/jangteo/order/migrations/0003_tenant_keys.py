"""Tenant keys of their own, wrapped by a key provider, and keys of what the law keeps."""

from jangteo.kit.migrations import create_tenant_keys

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; shops of before go on with the keys they have."""
    create_tenant_keys()
