"""What the pages' service is told: where the gateway lets it in, where sessions are kept, and who runs the shop."""

from jangteo.kit.settings import LOCAL, ServiceSettings


class WebSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the service `web`."""

    valkey_url: str
    gateway_url: str  # the gateway's inner listener, which believes us who our visitors are
    gateway_key: str  # what we show there
    session_days: int = 30  # without a visit, after which a session is forgotten
    companies: str = ""  # JSON, see jangteo.web.company; needed anywhere but on a local mall

    @property
    def is_local(self) -> bool:
        """Return whether this mall runs on a developer's own machine."""
        return self.environment == LOCAL
