"""What the carrier is told at its start; times are in seconds, and short in tests."""

from typing import Annotated

import msgspec

from jangteo.kit.settings import ServiceSettings


class CarrierSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of `sandbox-carrier`."""

    secret_key: str
    webhook_secret: str
    webhook_url: str
    state_dir: str
    stop_seconds: float = 1.0  # only answers that are held back on purpose take longer, nobody needs those
    browser_url: str = ""  # where a browser reaches this process; empty: its own host and port
    speed: Annotated[float, msgspec.Meta(ge=0.01, le=86400)] = 5.0  # seconds per leg of the journey
    timeout_delay: float = 15.0
    webhook_delay: float = 0.2
    retry_first: float = 1.0

    def own_url(self) -> str:
        """Return the address of this process as a browser knows it, without a slash at its end."""
        return self.browser_url.rstrip("/") or f"http://{self.host}:{self.port}"
