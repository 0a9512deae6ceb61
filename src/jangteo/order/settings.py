"""What the order service is told at its start."""

from jangteo.kit.settings import ServiceSettings


class OrderSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the order service; times in seconds.

    `payment_window` is how long a buyer may take to pay; stock is held `hold_margin` longer. An answer of another
    service is waited for `answer_seconds` before the question is repeated, then twice as long each time.
    """

    database_url: str
    master_key: str
    payment_window: float = 900.0
    hold_margin: float = 300.0
    answer_seconds: float = 10.0
    sweep_seconds: float = 1.0
