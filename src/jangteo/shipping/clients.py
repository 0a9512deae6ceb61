"""What the shipping service asks of others: where to deliver, at the moment it is needed."""

from uuid import UUID

from jangteo.contracts.order import DeliveryAddress
from jangteo.kit.http.client import ServiceClient


class Addresses:
    """Asks the order service."""

    def __init__(self, orders: ServiceClient) -> None:
        self._orders = orders

    async def of_order(self, tenant: str, order_id: UUID) -> DeliveryAddress:
        """Return where an order goes. Raises NotFound, Unavailable."""
        return await self._orders.get(f"/internal/orders/{order_id}/delivery", DeliveryAddress, tenant=tenant)
