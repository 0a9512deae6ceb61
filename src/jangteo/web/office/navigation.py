"""What the back office's side shows to whom: an entry is there only for who may use what it leads to."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One area; any one of `permissions` shows it. Its name is the text `office.nav.<key>`."""

    key: str
    path: str
    icon: str
    permissions: tuple[str, ...]


# An area is entered here together with its pages.
ENTRIES: tuple[Entry, ...] = (
    Entry("desk", "/office", "chart", ()),
    Entry("orders", "/office/orders", "receipt", ("orders.read",)),
    Entry("goods", "/office/products", "box", ("products.manage", "stock.manage")),
    Entry("members", "/office/members", "users", ("members.read",)),
    Entry("roles", "/office/roles", "lock", ("roles.manage",)),
    Entry("messages", "/office/messages", "mail", ("messages.read",)),
    Entry("system", "/office/system", "gear", ("system.manage",)),
)


def shown_to(permissions: frozenset[str]) -> list[Entry]:
    """Return the entries for somebody with these permissions."""
    return [entry for entry in ENTRIES if not entry.permissions or permissions.intersection(entry.permissions)]
