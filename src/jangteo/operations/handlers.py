"""Events in: the heads of the one audit trail whose own service is the witness of all others."""

from jangteo.kit.audit import AuditAdvanced, bear_witness
from jangteo.kit.postgres import Transaction

WITNESSED = "notification"


async def on_audit_advanced(message: AuditAdvanced, transaction: Transaction) -> None:
    """Write down what the witness of the others wrote about itself."""
    if message.service == WITNESSED:
        await bear_witness(message, transaction)
