"""The witness: another service, told of each new head, so that who rules one database cannot shorten its chain."""

from typing import ClassVar

from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction

_ADD = """
INSERT INTO audit_heads_seen (tenant, service, number, digest, seen_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""


class AuditAdvanced(Message, frozen=True, kw_only=True):
    """Event: a service's chain has a new head; `digest` is hexadecimal."""

    type: ClassVar[str] = "audit.advanced.v1"
    key: ClassVar[str] = "service"
    service: str
    number: int
    digest: str


async def bear_witness(message: AuditAdvanced, transaction: Transaction) -> None:
    """Write down what was told; two digests of one number both stay, as proof that one was made up."""
    now = transaction.clock.now()
    await transaction.execute(
        _ADD, transaction.tenant, message.service, message.number, bytes.fromhex(message.digest), now
    )
