"""HTTP in: parse, authorise, call, answer."""

from typing import Any

from jangteo.order.api import orders, staff

ROUTES: list[Any] = [*orders.ROUTES, *staff.ROUTES]
