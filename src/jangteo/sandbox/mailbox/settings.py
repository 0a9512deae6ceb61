"""What the mailbox is told at its start."""

from jangteo.kit.settings import ServiceSettings
from jangteo.sandbox.origins import shop_origins


class MailboxSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of `mailbox`; SMTP listens on the same host as HTTP."""

    smtp_port: int
    state_dir: str
    public_https_url: str = ""
    most_messages: int = 2000
    largest_message: int = 5_000_000  # bytes

    def picture_origins(self) -> tuple[str, ...]:
        """Return whose pictures a mail may show: the shop's own, nobody else learns that a mail was read."""
        return shop_origins([self.public_url, self.public_https_url])
