"""Proofs of erasure, and the outbox by which they are told."""

from jangteo.kit.migrations import create_outbox, create_people

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    create_outbox()
    create_people()
