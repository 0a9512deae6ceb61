"""Tells this process's memories what changed, in whichever process it changed."""

from jangteo.contracts.product import AvailabilityChanged, PopularityChanged, ProductChanged
from jangteo.kit.bus import Bus, Delivery
from jangteo.kit.messages import open_data, open_envelope
from jangteo.product.catalogue.listing import Listings
from jangteo.product.catalogue.showcase import Showcase
from jangteo.product.catalogue.trees import Trees
from jangteo.product.search.keeper import Keeper

_NEWS: dict[str, type[ProductChanged] | type[AvailabilityChanged] | type[PopularityChanged]] = {
    ProductChanged.type: ProductChanged,
    AvailabilityChanged.type: AvailabilityChanged,
    PopularityChanged.type: PopularityChanged,
}


class Newsroom:
    """Hears every change once and passes it on: first what is shown is forgotten, then the index is written."""

    def __init__(self, showcase: Showcase, trees: Trees) -> None:
        self._showcase = showcase
        self._trees = trees
        self._keeper: Keeper | None = None
        self._listings: Listings | None = None

    async def follow(self, bus: Bus, keeper: Keeper, listings: Listings) -> None:
        """Listen from now on; after a gap everything is doubted."""
        self._keeper, self._listings = keeper, listings
        await bus.listen(list(_NEWS), self._hear, on_reconnect=self._start_over)

    def found_anew(self, tenant: str) -> None:
        """Take note that a shop's index was written."""
        if self._listings is not None:
            self._listings.changed(tenant)

    async def _hear(self, delivery: Delivery) -> None:
        envelope = open_envelope(delivery.body)
        message = open_data(envelope, _NEWS[envelope.type])
        if isinstance(message, ProductChanged):
            self._trees.drop(envelope.tenant)
        if not isinstance(message, PopularityChanged):
            self._showcase.drop(envelope.tenant, message.product_id)
            self.found_anew(envelope.tenant)
        if self._keeper is not None:
            self._keeper.product_changed(envelope.tenant, message.product_id)

    async def _start_over(self) -> None:
        self._showcase.drop_all()
        if self._keeper is not None:
            self._keeper.doubt()
