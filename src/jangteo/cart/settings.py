"""What the cart service is told; a span is in the unit that its name ends in."""

from jangteo.kit.settings import ServiceSettings


class CartSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the cart service."""

    valkey_url: str
    # Seals the tokens of guests. To change it, move the old one to `previous_secret` for as long as guests' carts live.
    secret: str
    previous_secret: str = ""
    guest_days: int = 30
