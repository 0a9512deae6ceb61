"""Proofs of erasure, and what the law has kept of erased recipients."""

from jangteo.kit.migrations import create_legal_records, create_people

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    create_people()
    create_legal_records()
