"""What the use cases need of the desk that calls providers: to be told, after the commit, what there is to do."""

from typing import Protocol
from uuid import UUID

from jangteo.payment.domain.attempt import Attempt, Change
from jangteo.payment.domain.moment import Moment


class Desk(Protocol):
    """Calls providers, after the commit of what calls for it."""

    def moment(self) -> Moment:
        """Return the circumstances of a decision made now."""

    def follow(self, change: Change) -> None:
        """Do what a saved change calls for; a crash before it is made good by the sweep."""

    def recall(self, payment_id: UUID) -> Attempt | None:
        """Return how an attempt was when this process last changed it, if that is not long ago."""

    @property
    def provider_names(self) -> frozenset[str]:
        """Return the providers that are on."""
