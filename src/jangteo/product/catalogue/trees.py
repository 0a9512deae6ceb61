"""The category trees of the shops, kept for some seconds: they are read with every list and hardly ever change."""

from collections.abc import Mapping

from jangteo.product.catalogue.store import Catalogue
from jangteo.product.domain.catalogue import Category, NoSuchCategory, below
from jangteo.product.recent import Recent

_SECONDS = 10.0
_SHOPS = 1_000


class Trees:
    """Where categories lie. Another process's change is seen after `_SECONDS`, this one's at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: Recent[str, Mapping[str, Category]] = Recent(_SHOPS, _SECONDS)

    async def of(self, tenant: str) -> Mapping[str, Category]:
        """Return the categories of a shop by code, in their order."""
        known = self._known.get(tenant)
        if known is None:
            known = {category.code: category for category in await self._catalogue.categories(tenant)}
            self._known.put(tenant, known)
        return known

    async def inside(self, tenant: str, code: str) -> frozenset[str]:
        """Return a category and all inside it. Raises NoSuchCategory."""
        known = await self.of(tenant)
        if code not in known:
            raise NoSuchCategory(category=code, field="category")
        return frozenset(below(code, {name: category.parent for name, category in known.items()}))

    def drop(self, tenant: str) -> None:
        """Read the tree anew when it is next asked for."""
        self._known.drop(tenant)
