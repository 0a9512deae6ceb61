"""Headers on every answer, whoever gives it: a service, Envoy for an unknown path, or Envoy for a refusal."""

from typing import Any

Json = dict[str, Any]

HTTP, HTTPS, INNER = "http", "https", "inner"

# For an API. A page of ours sets a policy of its own, which then stays.
SECURITY = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
)


def security_headers(listener: str, hsts_age: int) -> list[Json]:
    """Return the headers for answers of HTTP or HTTPS, each where the service did not set its own."""
    told = [*SECURITY, ("strict-transport-security", f"max-age={hsts_age}")] if listener == HTTPS else SECURITY
    return [added(name, value) for name, value in told]


def added(name: str, value: str, replacing: bool = False) -> Json:
    """Return Envoy's way to add a header."""
    action = "OVERWRITE_IF_EXISTS_OR_ADD" if replacing else "ADD_IF_ABSENT"
    return {"header": {"key": name, "value": value}, "append_action": action}
