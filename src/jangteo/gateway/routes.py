"""The route table: every public path of the mall, who answers it, who may call it, and how often.

What has no row here cannot be reached from outside. Envoy's configuration, the merged OpenAPI
document and the tests are all made from this one table. Behind the API come the pages: whatever looks
like no API path is asked of the service `web`.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

GATEWAY = "gateway"
WEB = "web"
KIBIBYTE = 1024
SEGMENT = "[^/]+"


class Access(StrEnum):
    """What a caller must be. The gateway asks for the token, the service checks the permission."""

    PUBLIC = "public"  # no token is looked at, so an expired one never closes the catalogue
    OPTIONAL = "optional"  # a guest may call; but a token that does not hold is refused, never silently dropped
    MEMBER = "member"  # a token that holds; a member meets own things only, and others' are not there (404)
    STAFF = "staff"  # a token that holds one of the row's permissions; any other is refused (403)


class Limit(StrEnum):
    """The rate classes; their numbers are in `limits.py`."""

    DEFAULT = "default"
    LOGIN = "login"
    WRITE = "write"
    SEARCH = "search"
    MEDIA = "media"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Route:
    """One row: `path` holds `{name}` for one segment, and may end in `/*` for everything below it."""

    service: str
    method: str
    path: str
    access: Access
    limit: Limit = Limit.DEFAULT
    timeout_seconds: float = 15.0  # until the last byte of the answer
    streams: bool = False  # an endless answer (server-sent events): no time-out at all
    body_bytes: int = 1024 * KIBIBYTE
    rewrite: str = ""  # the path that the service knows it by, where that is another
    # Any one of them opens the row to staff; on a row for members it opens other members' things, too.
    permissions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the row in logs and metrics."""
        return f"{self.method} {self.path}"

    @property
    def is_exact(self) -> bool:
        """Return whether one path only matches."""
        return "{" not in self.path and not self.path.endswith("/*")

    @property
    def prefix(self) -> str | None:
        """Return what a matching path starts with, for a row that ends in `/*`."""
        return self.path[:-1] if self.path.endswith("/*") else None

    @property
    def pattern(self) -> str:
        """Return the regular expression (the whole path must match it)."""
        literal = re.split(r"\{[a-z_]+\}", self.path.removesuffix("*"))
        rest = ".*" if self.prefix else ""
        return SEGMENT.join(re.escape(part).replace(r"\-", "-") for part in literal) + rest

    @property
    def shape(self) -> str:
        """Return the path with unnamed parameters: two services' documents name them differently."""
        return re.sub(r"\{[^}]*\}", "{}", self.path)


def _rows(
    service: str,
    access: Access,
    *lines: str,
    permissions: str = "",
    limit: Limit | None = None,
    streams: bool = False,
    rewrite: str = "",
    body_bytes: int = 1024 * KIBIBYTE,
) -> tuple[Route, ...]:
    """Read lines of `METHOD[,METHOD…] /path`; a write gets the write limit unless one is named.

    `permissions` are parted by spaces; any one of them is enough.
    """
    rows, named = [], tuple(permissions.split())
    for line in lines:
        methods, path = line.split()
        for method in methods.split(","):
            own = limit or (Limit.DEFAULT if method == "GET" else Limit.WRITE)
            row = Route(service, method, path, access, limit=own, streams=streams, rewrite=rewrite, permissions=named)
            rows.append(replace(row, body_bytes=body_bytes))
    return tuple(rows)


PUBLIC, OPTIONAL, MEMBER, STAFF = Access.PUBLIC, Access.OPTIONAL, Access.MEMBER, Access.STAFF

# Envoy tries the rows from the top, so what is called most stands first; no two rows match the same request.
ROUTES: tuple[Route, ...] = (
    *_rows("product", PUBLIC, "GET /v1/products", "GET /v1/products/{id}", "GET /v1/categories"),
    *_rows("product", PUBLIC, "GET /v1/products/{id}/related"),
    *_rows("product", PUBLIC, "GET /media/{name}", limit=Limit.MEDIA),
    *_rows("product", PUBLIC, "GET /v1/search", "GET /v1/search/suggestions", limit=Limit.SEARCH),
    *_rows(
        "cart",
        OPTIONAL,
        "GET,DELETE /v1/cart",
        "POST /v1/cart/lines",
        "PUT,DELETE /v1/cart/lines/{sku}",
        "GET /v1/wishlist",
        "GET,PUT,DELETE /v1/wishlist/{product_id}",
    ),
    *_rows("cart", MEMBER, "POST /v1/cart/merge"),
    *_rows("order", MEMBER, "POST /v1/orders", "POST /v1/orders/quote", "POST /v1/orders/{id}/payments"),
    *_rows("order", MEMBER, "GET /v1/orders", permissions="orders.read"),
    *_rows("order", MEMBER, "GET /v1/orders/{id}", permissions="orders.read orders.manage"),
    *_rows("order", MEMBER, "POST /v1/orders/{id}/cancellation", permissions="orders.manage"),
    *_rows("order", MEMBER, "GET /v1/orders/{id}/events", permissions="orders.read orders.manage", streams=True),
    *_rows("order", STAFF, "POST /v1/orders/{id}/address-disclosure", permissions="members.unmask"),
    *_rows("order", STAFF, "POST /v1/orders/{id}/refunds", permissions="payments.refund"),
    *_rows("order", STAFF, "GET /v1/staff/orders", "GET /v1/staff/order-statistics", permissions="orders.read"),
    *_rows("payment", PUBLIC, "GET /v1/payment-methods"),
    *_rows("payment", MEMBER, "POST /v1/payment-pages"),
    *_rows("payment", MEMBER, "GET /v1/payments", "GET /v1/payments/{id}", permissions="payments.read"),
    *_rows("payment", STAFF, "GET /v1/payments/{id}/ledger", permissions="payments.read"),
    *_rows("payment", STAFF, "POST /v1/payments/{id}/refunds", permissions="payments.refund"),
    *_rows("payment", PUBLIC, "POST /v1/webhooks/payments/{provider}", limit=Limit.WEBHOOK),
    *_rows("shipping", PUBLIC, "POST /v1/shipping/quotes"),
    *_rows("shipping", MEMBER, "GET /v1/shipments", "GET /v1/shipments/{id}", permissions="shipments.manage"),
    *_rows("shipping", STAFF, "POST /v1/shipments/{id}/address-disclosure", permissions="members.unmask"),
    *_rows(
        "shipping",
        STAFF,
        "POST /v1/shipments/{id}/parcels",
        "POST /v1/shipments/{id}/delivery",
        permissions="shipments.manage",
    ),
    *_rows("shipping", PUBLIC, "GET /v1/shipping/couriers"),
    *_rows("shipping", PUBLIC, "POST /v1/webhooks/carriers/{carrier}", limit=Limit.WEBHOOK),
    *_rows(
        "user", PUBLIC, "POST /v1/members", "POST /v1/sessions", "POST /v1/sessions/second-factor", limit=Limit.LOGIN
    ),
    *_rows(
        "user",
        PUBLIC,
        "POST /v1/email-verifications",
        "POST /v1/email-verifications/confirmation",
        "POST /v1/password-resets",
        "POST /v1/password-resets/confirmation",
        "POST /v1/email-changes/confirmation",
        "POST /v1/identity-providers/{provider}/log-ins",
        "POST /v1/identity-providers/{provider}/log-ins/completion",
        "POST /v1/identity-providers/{provider}/log-ins/password",
        "POST /v1/identity-providers/{provider}/log-ins/sign-up",
        limit=Limit.LOGIN,
    ),
    *_rows("user", PUBLIC, "GET /v1/identity-providers"),
    *_rows("user", MEMBER, "PUT /v1/members/me/password", "PUT,DELETE /v1/members/me/email-change"),
    *_rows("user", MEMBER, "GET,DELETE /v1/members/me/sessions", "DELETE /v1/members/me/sessions/{id}"),
    *_rows("user", MEMBER, "GET /v1/members/me/log-ins"),
    *_rows("user", PUBLIC, "POST /v1/sessions/refresh", "GET /.well-known/jwks.json"),
    *_rows("user", MEMBER, "DELETE /v1/sessions/current", "GET,PATCH /v1/members/me"),
    *_rows(
        "user",
        MEMBER,
        "GET /v1/members/me/identities",
        "POST,DELETE /v1/members/me/identities/{provider}",
        "POST /v1/members/me/identities/{provider}/completion",
        "POST /v1/members/me/identities/{provider}/proof",
        "GET,POST /v1/members/me/second-factor",
        "POST /v1/members/me/second-factor/confirmation",
        "POST /v1/members/me/second-factor/recovery-codes",
        "POST /v1/members/me/second-factor/removal",
    ),
    *_rows("user", MEMBER, "GET,POST /v1/members/me/addresses", "PUT,DELETE /v1/members/me/addresses/{id}"),
    *_rows(
        "user",
        MEMBER,
        "GET,POST /v1/members/me/exports",
        "GET /v1/members/me/exports/{id}",
        "GET /v1/members/me/exports/{id}/archive",
        "GET,POST,DELETE /v1/members/me/withdrawal",
    ),
    *_rows("user", STAFF, "GET /v1/withdrawals/{id}", "POST /v1/legal-records/search", permissions="legal.read"),
    *_rows(
        "user",
        STAFF,
        "GET /v1/permissions",
        "GET,POST /v1/roles",
        "PUT,DELETE /v1/roles/{name}",
        "GET,PUT /v1/members/{id}/roles",
        permissions="roles.manage",
    ),
    *_rows(
        "user",
        STAFF,
        "GET /v1/members",
        "POST /v1/members/search",
        "GET /v1/members/{id}/profile",
        "GET /v1/members/{id}/access-log",
        permissions="members.read",
    ),
    *_rows("user", PUBLIC, "GET /v1/member-grades"),
    *_rows("user", MEMBER, "GET /v1/members/me/grade"),
    *_rows("user", STAFF, "PUT /v1/member-grades", permissions="members.manage"),
    *_rows("user", STAFF, "POST /v1/members/{id}/profile-disclosure", permissions="members.unmask"),
    *_rows("user", STAFF, "POST /v1/members/{id}/access-log-disclosure", permissions="members.unmask"),
    *_rows("user", PUBLIC, "GET /v1/consent-texts"),
    *_rows("user", STAFF, "POST /v1/consent-texts", permissions="consents.manage"),
    *_rows("user", MEMBER, "GET /v1/members/me/consents", "PUT /v1/members/me/consents/{purpose}"),
    *_rows("notification", MEMBER, "GET /v1/notifications"),
    *_rows("notification", STAFF, "GET /v1/messages", "GET /v1/messages/{id}", permissions="messages.read"),
    *_rows(
        "operations",
        STAFF,
        "GET /v1/system/services",
        "GET /v1/system/queues",
        "GET /v1/system/queues/{group}/parked",
        "POST /v1/system/queues/{group}/replays",
        "POST /v1/system/queues/{group}/discards",
        permissions="system.manage",
    ),
    *_rows(
        "product",
        STAFF,
        "POST /v1/products",
        "PUT /v1/products/{id}",
        "POST /v1/products/{id}/archive",
        "POST /v1/categories",
        "PUT /v1/categories/{id}",
        permissions="products.manage",
    ),
    *_rows("product", STAFF, "GET,POST /v1/products/{id}/stock-movements", permissions="stock.manage"),
    *_rows("product", STAFF, "GET /v1/catalogue/low-stock", permissions="stock.manage"),
    *_rows(
        "product",
        STAFF,
        "GET /v1/catalogue/products",
        "GET /v1/catalogue/products/{id}",
        "GET /v1/catalogue/categories",
        permissions="products.manage stock.manage",
    ),
    *_rows(
        "product",
        STAFF,
        "GET /v1/catalogue/imports",
        "GET /v1/catalogue/imports/{id}",
        "GET /v1/catalogue/imports/{id}/errors",
        permissions="products.manage",
    ),
    *_rows("product", STAFF, "GET /v1/catalogue/export", permissions="products.manage", streams=True),
    *_rows("product", STAFF, "POST /v1/catalogue/imports", permissions="products.manage", body_bytes=20480 * KIBIBYTE),
    *_rows("product", STAFF, "POST /v1/catalogue/pictures", permissions="products.manage", body_bytes=10240 * KIBIBYTE),
    *_rows(GATEWAY, PUBLIC, "GET /health", "GET /docs", "GET /docs/*"),
    *_rows(GATEWAY, PUBLIC, "GET /openapi.json", rewrite="/mall/openapi.json"),  # its own is but a part of that
)


def services(routes: tuple[Route, ...] = ROUTES) -> tuple[str, ...]:
    """Return the services that answer `routes`, in the order of the table, without the gateway itself."""
    return tuple(dict.fromkeys(route.service for route in routes if route.service != GATEWAY))


class TableError(Exception):
    """The table cannot be rendered; the message names the row."""


def check(routes: tuple[Route, ...]) -> None:
    """Raise TableError if two rows share a method and path, a path may reach what is never public, or a row for
    staff names no permission.
    """
    seen: set[tuple[str, str]] = set()
    for route in routes:
        key = (route.method, route.shape)
        if key in seen:
            raise TableError(f"{route.name} has two rows")
        seen.add(key)
        if route.access is STAFF and not route.permissions:
            raise TableError(f"{route.name} is for staff, but names no permission")
        if route.access not in (MEMBER, STAFF) and route.permissions:
            raise TableError(f"{route.name} names a permission, but is open to everybody")
        first = route.path.removeprefix("/").split("/")[0]
        if not route.path.startswith("/") or first in {"internal", "metrics", "*"} or first.startswith("{"):
            raise TableError(f"{route.name} may not be public")
        if route.service != GATEWAY and first == "health":
            raise TableError(f"{route.name} may not be public")
