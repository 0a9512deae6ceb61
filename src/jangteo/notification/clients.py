"""What the notification service asks of others, at the moment of sending: where to, and what about."""

from uuid import UUID

from jangteo.contracts.order import OrderSummary
from jangteo.contracts.user import Contact
from jangteo.kit.http.client import ServiceClient


class Directory:
    """Asks the user and the order service."""

    def __init__(self, users: ServiceClient, orders: ServiceClient) -> None:
        self._users = users
        self._orders = orders

    async def contact(self, tenant: str, member_id: UUID) -> Contact:
        """Return where to write to. Raises NotFound for a member who is gone, Unavailable."""
        return await self._users.get(f"/internal/members/{member_id}/contact", Contact, tenant=tenant)

    async def order(self, tenant: str, order_id: UUID) -> OrderSummary:
        """Return what an order is about. Raises NotFound, Unavailable."""
        return await self._orders.get(f"/internal/orders/{order_id}", OrderSummary, tenant=tenant)
