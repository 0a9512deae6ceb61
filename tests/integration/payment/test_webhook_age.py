"""A webhook is known again for as long as a provider may repeat it, and forgotten after that."""

from datetime import timedelta

from jangteo.kit.clock import MovableClock, SystemClock
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import open_database
from jangteo.kit.pruning import prune_once
from jangteo.payment.store import note_webhook, webhook_retention


async def test_a_webhook_is_known_for_a_month_and_then_forgotten(database_for, tenant):
    clock = MovableClock(SystemClock().now() - timedelta(days=40))
    payment, event = new_id(), f"evt-{tenant}"
    async with open_database(database_for("payment"), clock=clock) as database:

        async def is_new():
            async with database.transaction(tenant) as transaction:
                return await note_webhook(transaction, "sandbox", event, payment, "payment.captured")

        assert await is_new()
        assert not await is_new()
        clock.advance(30 * 86_400)
        await prune_once(database, webhook_retention(31))
        assert not await is_new()
        clock.advance(86_460)
        await prune_once(database, webhook_retention(31))
        assert await is_new()
