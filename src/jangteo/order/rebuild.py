"""Makes the views and the statistics anew from the events: `python -m jangteo.order.rebuild`.

It runs in the environment of the order service.

Readers go on seeing the old rows until all new ones are there; whoever changes an order meanwhile waits.
"""

import asyncio
import logging
import sys
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from jangteo.kit.eventstore import Recorded
from jangteo.kit.postgres import Database, Transaction, open_database
from jangteo.kit.settings import SettingsError, load
from jangteo.order.settings import OrderSettings
from jangteo.order.statements import UPSERT, UPSERT_STATUS
from jangteo.order.statistics import add_to_hours
from jangteo.order.store import STREAMS
from jangteo.order.story import stored, told, view
from jangteo.order.tallies import Tally, of_stream

log = logging.getLogger(__name__)

STREAMS_AT_ONCE = 200

_PAGE = f"""
SELECT stream_id, tenant, version, type, data, at, actor, cause FROM events
WHERE stream_id IN (SELECT DISTINCT stream_id FROM events WHERE stream_id > $1 ORDER BY 1 LIMIT {STREAMS_AT_ONCE})
ORDER BY stream_id, version
"""


async def rebuild(database: Database) -> int:
    """Throw all views away, make them again, return how many there are. Raises Unavailable: then all is as before."""
    count, last = 0, UUID(int=0)
    async with database.system() as transaction:
        for table in ("order_views", "order_statuses", "order_tallies", "order_hours"):
            await transaction.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            await transaction.execute(f"DELETE FROM {table}")
        while rows := await transaction.fetch(_PAGE, last):
            count += await _write(transaction, rows)
            last = rows[-1]["stream_id"]
    return count


async def _write(transaction: Transaction, rows: list[Any]) -> int:
    views, found = [], list[tuple[str, Tally]]()
    for order_id, group in groupby(rows, key=itemgetter("stream_id")):
        events = list(group)
        tenant, recorded = events[0]["tenant"], [_recorded(row) for row in events]
        views.append([*stored(view(told(order_id, recorded))), tenant])
        found += [(tenant, tally) for tally in of_stream(order_id, recorded)]
    await transaction.executemany(UPSERT, views)
    await transaction.executemany(UPSERT_STATUS, [(row[0], row[9], row[3], row[6]) for row in views])
    await add_to_hours(transaction, found)
    return len(views)


def _recorded(row: Any) -> Recorded:
    event = STREAMS.decode(row["type"], row["data"])
    return Recorded(row["version"], event, row["at"], row["actor"], row["cause"])


async def _main() -> None:
    async with open_database(load(OrderSettings, "order").database_url) as database:
        count = await rebuild(database)
    sys.stdout.write(f"{count} orders\n")


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except SettingsError as error:
        sys.exit(f"order: {error}")
