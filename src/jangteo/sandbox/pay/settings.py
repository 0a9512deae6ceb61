"""What the card processor is told at its start; delays are in seconds, and short in tests."""

import fnmatch
import re

from jangteo.kit.settings import ServiceSettings
from jangteo.sandbox.origins import shop_origins

# An address that can stand in a header and in a policy as it is: no user, no blanks, nothing that ends a source.
_PLAIN = re.compile(r"(https?://[A-Za-z0-9.:-]+)(?:/[^\s\"'<>;,\\]*)?", re.ASCII)


class PaySettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of `sandbox-pay`."""

    secret_key: str
    webhook_secret: str
    webhook_url: str
    state_dir: str
    stop_seconds: float = 1.0  # only answers that are held back on purpose take longer, nobody needs those
    browser_url: str = ""  # where a browser reaches this process; empty: its own host and port
    public_https_url: str = ""
    parent_origins: str = ""  # more shops, separated by commas, that may embed the card form
    timeout_delay: float = 15.0
    webhook_delay: float = 0.2
    webhook_late_delay: float = 30.0
    fast_expiry: float = 5.0
    retry_first: float = 1.0
    sweep_every: float = 0.5

    def own_url(self) -> str:
        """Return the address of this process as a browser knows it, without a slash at its end."""
        return self.browser_url.rstrip("/") or f"http://{self.host}:{self.port}"

    def is_shop(self, url: str) -> bool:
        """Tell whether `url` is an address of the shop, by the same rule as a browser reads `allowed_origins`."""
        plain = _PLAIN.fullmatch(url)
        return plain is not None and any(fnmatch.fnmatchcase(plain[1], source) for source in self.allowed_origins())

    def allowed_origins(self) -> tuple[str, ...]:
        """Return the origins that may embed the card form, as CSP sources: `*` stands for one shop's name."""
        return shop_origins([self.public_url, self.public_https_url, *self.parent_origins.split(",")])
