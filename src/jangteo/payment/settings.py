"""What the payment service is told at its start; times are in seconds."""

from jangteo.kit.privacy import PrivateSettings
from jangteo.kit.settings import AuditKey, Positive
from jangteo.payment.domain.moment import Patience


class PaymentSettings(PrivateSettings, frozen=True, kw_only=True):
    """Settings of `payment`."""

    audit_key: AuditKey
    providers: str = "sandbox"  # names, separated by commas; an attempt names one of them
    default_currency: str = "KRW"  # told where an order is cancelled before any attempt named one
    sandbox_url: str
    sandbox_secret_key: str
    sandbox_webhook_secret: str
    sandbox_public_url: str = ""  # where a browser reaches it; empty: the same address
    provider_timeout: float = 5.0
    provider_concurrency: int = 32
    lease_margin: float = 3.0  # beyond the provider's time-out: for saving what it answered
    authorise_asks: int = 2
    authorise_within: float = 60.0
    sweep_every: float = 1.0
    # Providers repeat for three or four days, and let their staff send an event again for up to thirty.
    webhook_days: Positive = 31.0

    def patience(self) -> Patience:
        """Return the waiting times of the rules; a lease outlives any call that is under way in it."""
        return Patience(
            lease=self.provider_timeout + self.lease_margin,
            grace=self.provider_timeout * 2,
            authorise_asks=self.authorise_asks,
            authorise_within=self.authorise_within,
        )

    def provider_names(self) -> tuple[str, ...]:
        """Return the providers that are on."""
        return tuple(filter(None, (name.strip() for name in self.providers.split(","))))
