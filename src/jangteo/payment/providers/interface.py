"""What every payment provider must be able to do, in our words; an adapter translates."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from jangteo.kit.errors import Unauthenticated, Unavailable
from jangteo.payment.domain.attempt import Attempt, Refund, Seen, SeenRefund
from jangteo.payment.domain.ledger import Kind


class OutcomeUnknown(Unavailable):
    """The provider was asked and did not answer: it may have acted. To be queried, never asked blindly again."""

    code = "payment.outcome_unknown"


class NotReached(Unavailable):
    """The provider was surely not asked, or surely did nothing."""

    code = "payment.provider_unavailable"


class OutOfStep(Exception):
    """The provider's payment is in another state than we thought: look at it first."""


class Refused(Exception):
    """The provider said no for good; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignatureInvalid(Unauthenticated):
    """The webhook was not signed by the provider, or too long ago."""

    code = "webhook.signature_invalid"
    ko = "웹훅 서명이 올바르지 않습니다."
    en = "The signature of the webhook is not valid."


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine notice: what the provider's payment was like, and the refund that it is about, if any."""

    event_id: str
    type: str
    seen: Seen | None
    refund: SeenRefund | None = None


class SeenMovement(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of the provider's balance, its amount positive. `reference` is that of our attempt."""

    id: str
    kind: Kind
    reference: str
    provider_refund_id: str | None
    amount: int
    currency: str
    at: datetime


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay, as a shop page needs it: where the buyer's browser turns a card into a token."""

    provider: str
    kind: str
    tokenise_url: str
    form_url: str
    test_mode: bool
    available: bool


class NewPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer is to see on the provider's own card page, and where to be led back to."""

    reference: str
    amount: int
    currency: str
    return_url: str


class OpenedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's card page; it leads back with `reference`, `status` (completed or left) and a `token`."""

    url: str
    expires_at: datetime


class Provider(Protocol):
    """A payment provider. Calls raise OutcomeUnknown or NotReached; those that act also OutOfStep and Refused.

    A call that acts is repeated under the same key, so that a provider that did act before does not act twice.
    """

    name: str

    async def authorise(self, attempt: Attempt) -> Seen:
        """Hold the attempt's amount, and take it in the same request where it is to be captured at once.

        A provider that cannot do both shows it held: the capture is then asked for as a request of its own.
        """

    async def capture(self, attempt: Attempt) -> Seen:
        """Take what is held."""

    async def void(self, attempt: Attempt) -> Seen:
        """Give up what is held."""

    async def refund(self, attempt: Attempt, refund: Refund) -> SeenRefund:
        """Give back a part of what was taken."""

    async def query(self, attempt: Attempt) -> Seen | None:
        """Return the provider's payment of our reference; None where it knows none."""

    async def find_refund(self, attempt: Attempt, refund: Refund) -> SeenRefund | None:
        """Return the provider's refund of our reference; None where it knows none."""

    def movements(self, start: datetime, end: datetime) -> AsyncIterator[SeenMovement]:
        """Return the movements of the balance from `start` up to but without `end`, oldest first."""

    def held_references(self) -> AsyncIterator[str]:
        """Return the references of all payments that are held or wait for the buyer just now."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Webhook:
        """Return what a webhook says. Raises SignatureInvalid, or ValueError for a body that is none."""

    async def open_page(self, page: NewPage) -> OpenedPage:
        """Open a page on which the buyer types a card; raises Refused where it may not lead to `return_url`."""

    def method(self) -> Method:
        """Return how a buyer pays by it."""
