"""Builds the search index of every shop (or those named) anew, beside the one in use, and lets it take its place.

Run in the environment of the product service: `python -m jangteo.product.reindex [SHOP ...]`. Nobody stops
searching: the service takes up the new index within a second and then writes what changed meanwhile.
"""

import asyncio
import sys
import time
from pathlib import Path

from jangteo.kit.documents import open_documents
from jangteo.kit.postgres import open_database
from jangteo.kit.settings import load
from jangteo.product.catalogue.store import Catalogue
from jangteo.product.catalogue.trees import Trees
from jangteo.product.search.building import Builder
from jangteo.product.search.shelf import Shelf
from jangteo.product.settings import ProductSettings


async def reindex(settings: ProductSettings, tenants: list[str]) -> dict[str, int]:
    """Build the indexes of `tenants`; return how many products each has. Raises Unavailable."""
    counts: dict[str, int] = {}
    async with open_database(settings.database_url) as database, open_documents(settings.mongodb_url) as documents:
        catalogue = Catalogue(documents)
        builder = Builder(catalogue, database, Trees(catalogue))
        for tenant in tenants:
            shelf = Shelf(Path(settings.state_dir) / "search" / tenant)
            name, index = await builder.create(shelf, tenant)
            counts[tenant] = await builder.reconcile(tenant, index)
            await asyncio.to_thread(index.rest)
            shelf.use(name)
    return counts


def main() -> int:
    """Return the exit code."""
    settings = load(ProductSettings, "product")
    tenants = sys.argv[1:] or list(settings.tenants)
    unknown = set(tenants) - set(settings.tenants)
    if unknown:
        sys.stderr.write(f"no such shop: {', '.join(sorted(unknown))}\n")
        return 2
    begun = time.monotonic()
    counts = asyncio.run(reindex(settings, tenants))
    for tenant, count in counts.items():
        sys.stdout.write(f"{tenant}: {count} products\n")
    sys.stdout.write(f"in {time.monotonic() - begun:.1f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
