"""Fills an order service with finished orders, for measurements: made in bulk, not bought.

The events are decided by the order's own rules and the views told by its own projection, so a rebuild gives the same
rows. Nothing else of the mall knows of these orders: no payment, stock, parcel, mail, message or outbox row.
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from bench.fill_story import ADDRESS, Life, id_at, live
from jangteo.contracts.product import Offer
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.privacy import PersonKey, PrivateSettings, Vault, open_vault
from jangteo.kit.settings import load
from jangteo.order.domain.address import PURPOSE, encode
from jangteo.order.settings import OrderSettings
from jangteo.order.store import STREAMS
from jangteo.order.story import stored, told, view
from jangteo.order.tallies import Tally, of_stream
from jangteo.product.catalogue.rendering import finish_offer, render_offers
from jangteo.product.demo.generator import generate
from jangteo.stack.environment import environment
from jangteo.stack.mall import Mall

BATCH = 1_000
PERIOD = timedelta(days=365)
ORDERS_OF_OTHERS = 8  # an ordinary member's, on average
_EVENTS = ("tenant", "stream_id", "version", "id", "type", "data", "at", "actor", "cause")
_VIEWS = (
    *("order_id", "member_id", "number", "status", "version", "total", "placed_at", "updated_at", "body"),
    "tenant",
)
_STATUSES = ("order_id", "tenant", "status", "placed_at")
_SAMPLE = f"SELECT {', '.join(_VIEWS[:-1])} FROM order_views WHERE tenant = $1 ORDER BY random() LIMIT $2"


class Doors(NamedTuple):
    """How to come in: as the service, with the keys that its settings lead to, and as the owner of its tables.

    The owner may COPY past the policy of the rows.
    """

    settings: PrivateSettings
    owner_url: str

    @property
    def url(self) -> str:
        """The database as the service opens it."""
        return self.settings.database_url


def doors_of(mall: Mall) -> Doors:
    """Return the doors of a running mall's order service."""
    site = mall.site
    return Doors(load(OrderSettings, "order", environment("order", site)), site.migration_url("order"))


async def fill(
    doors: Doors, tenant: str, count: int, heavy: Sequence[UUID] = (), heavy_orders: int = 0, seed: int = 1
) -> float:
    """Make `count` orders, `heavy_orders` of them for each of `heavy`, the rest for members that nobody is.

    They were placed over the last year, evenly. A batch is in the database as a whole or not at all. Returns seconds.
    """
    began, dice = time.monotonic(), random.Random(seed)
    members = [member for member in heavy for _ in range(heavy_orders)]
    if len(members) > count:
        raise ValueError(f"{len(members)} orders for few members do not fit into {count}")
    others = [UUID(int=dice.getrandbits(128)) for _ in range(max(1, (count - len(members)) // ORDERS_OF_OTHERS))]
    members += [dice.choice(others) for _ in range(count - len(members))]
    dice.shuffle(members)
    times = sorted(datetime.now(UTC) - PERIOD * dice.random() for _ in members)
    offers = demo_offers(tenant)
    connection = await asyncpg.connect(doors.owner_url)
    try:
        async with open_database(doors.url) as database, open_vault(doors.settings, database) as vault:
            for place in range(0, count, BATCH):
                batch = list(zip(members[place : place + BATCH], times[place : place + BATCH], strict=True))
                keys = await _keys(database, vault, tenant, {member for member, _ in batch})
                lives = [
                    live(dice, offers, member, keys[member].encrypt(encode(ADDRESS), PURPOSE), at)
                    for member, at in batch
                ]
                await _store(connection, tenant, lives)
        await connection.execute("VACUUM (ANALYZE) events, order_views")
    finally:
        await connection.close()
    return time.monotonic() - began


def demo_offers(tenant: str, products: int = 300) -> list[Offer]:
    """Return what the demo shop offers, of its first products; plenty of each."""
    decode = msgspec.json.Decoder(Offer).decode
    return [
        decode(finish_offer(steady, 1_000, on_sale))
        for made in generate(products, shop=tenant)
        for steady, on_sale in render_offers(made.product).values()
    ]


async def verify(database: Database, tenant: str, sample: int = 100) -> int:
    """Tell `sample` orders anew from their events and compare with their rows; return how many were compared.

    Raises RuntimeError for the first that differs.
    """
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_SAMPLE, tenant, sample)
        for row in rows:
            events = await STREAMS.load(reader, row["order_id"])
            if tuple(stored(view(told(row["order_id"], events)))) != tuple(row):
                raise RuntimeError(f"the view of order {row['order_id']} is not what its events tell")
    return len(rows)


async def _keys(database: Database, vault: Vault, tenant: str, members: set[UUID]) -> dict[UUID, PersonKey]:
    async with database.transaction(tenant) as transaction:
        return {member: await vault.make_key(transaction, member) for member in members}


async def _store(connection: "asyncpg.Connection[asyncpg.Record]", tenant: str, lives: Sequence[Life]) -> None:
    async with connection.transaction():
        await connection.copy_records_to_table("events", records=_event_rows(tenant, lives), columns=_EVENTS)
        views = [(*stored(view(life.story)), tenant) for life in lives]
        await connection.copy_records_to_table("order_views", records=views, columns=_VIEWS)
        stand = [(row[0], tenant, row[3], row[6]) for row in views]
        await connection.copy_records_to_table("order_statuses", records=stand, columns=_STATUSES)
        counted = [(tenant, *tally) for life in lives for tally in of_stream(life.story.order.id, life.recorded)]
        await connection.copy_records_to_table("order_tallies", records=counted, columns=("tenant", *Tally._fields))


def _event_rows(tenant: str, lives: Sequence[Life]) -> Iterator[tuple[object, ...]]:
    for life in lives:
        for record in life.recorded:
            data = msgspec.json.encode(record.event).decode()
            id = id_at(record.at)
            kind = record.event.type
            yield (tenant, life.story.order.id, record.version, id, kind, data, record.at, record.actor, record.cause)


async def _main(doors: Doors, count: int, tenant: str) -> None:
    seconds = await fill(doors, tenant, count)
    async with open_database(doors.url) as database:
        same = await verify(database, tenant)
    print(f"{count} orders made in bulk in {seconds:.0f} s; {same} of them are what their events tell")


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m bench.fill", description=__doc__)
    options.add_argument("count", type=int)
    options.add_argument("--tenant", default="demo")
    given = options.parse_args()
    came_in = Doors(load(OrderSettings, "order"), os.environ["JANGTEO_MIGRATION_URL"])
    asyncio.run(_main(came_in, given.count, given.tenant))
