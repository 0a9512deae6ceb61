"""What the order service is told at its start."""

from jangteo.kit.privacy import PrivateSettings
from jangteo.kit.settings import AuditKey


class OrderSettings(PrivateSettings, frozen=True, kw_only=True):
    """Settings of the order service; times in seconds.

    `payment_window` is how long a buyer may take to pay; stock is held `hold_margin` longer. An answer of another
    service is waited for `answer_seconds` before the question is repeated, then twice as long each time.
    Money is authorised and captured by one command, but for the shops and providers of `capture_later`: names
    separated by commas, each `shop`, `shop/provider`, `*/provider` or `*`. There it is held first.
    """

    audit_key: AuditKey
    payment_window: float = 900.0
    hold_margin: float = 300.0
    answer_seconds: float = 10.0
    sweep_seconds: float = 1.0
    capture_later: str = ""

    def captures_at_once(self, tenant: str, provider: str) -> bool:
        """Say whether a payment of this shop by this provider takes the money together with its authorisation."""
        later = {name.strip() for name in self.capture_later.split(",")}
        return later.isdisjoint(("*", tenant, f"*/{provider}", f"{tenant}/{provider}"))
