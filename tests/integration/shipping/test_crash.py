"""The shipping process is killed at every point of a shipment and a cancellation, and started again."""

import asyncio
import random

import pytest

from jangteo.contracts.shipping import (
    ShipmentCancelled,
    ShipmentCancelRefused,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_carrier_is_asked_to_take_a_parcel(order, gate, killed, when):
    one = order()
    held = gate.hold("POST", "^/v1/parcels$", when)
    await one.ship()
    await held.arrived.wait()
    await killed(held)
    created = await one.until(ShipmentCreated)
    await one.until(ShipmentDelivered)
    await one.until(ShipmentDispatched)
    assert len(await one.parcels(created.shipment_id)) == 1
    assert one.said() == ["ShipmentCreated", "ShipmentDelivered", "ShipmentDispatched"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_an_unanswered_registration_is_looked_up(order, gate, killed, when):
    one = order("99908")
    held = gate.hold("GET", "reference=", when)
    await one.ship()
    await held.arrived.wait()
    await killed(held)
    created = await one.until(ShipmentCreated)
    assert len(await one.parcels(created.shipment_id)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_a_parcel_is_called_back(order, gate, killed, slow_carrier, when):
    one = order()
    await one.ship()
    created = await one.until(ShipmentCreated)
    held = gate.hold("DELETE", created.tracking_number, when)
    await one.cancel()
    await held.arrived.wait()
    await killed(held)
    await one.until(ShipmentCancelled)
    assert [parcel["status"] for parcel in await one.parcels(created.shipment_id)] == ["voided"]


async def test_killed_while_the_carrier_is_asked_where_a_parcel_is(order, gate, killed, slow_carrier):
    one = order()
    await one.ship()
    created = await one.until(ShipmentCreated)
    gate.losing.add(str(created.shipment_id))
    held = gate.hold("GET", f"{created.tracking_number}/events", "after")
    await slow_carrier(0.05)
    await held.arrived.wait()
    await killed(held)
    await one.until(ShipmentDelivered)
    await one.until(ShipmentDispatched)


async def test_killed_at_any_moment_under_load_every_order_has_one_parcel_or_none(order, killed, database):
    dice = random.Random(5)
    done = asyncio.Event()

    async def purchase():
        one = order(dice.choice(["48058", "48058", "99904", "99905", "99907"]))
        await one.ship(copies=dice.choice([1, 2]))
        if dice.random() < 0.4:
            await asyncio.sleep(dice.random() * 0.6)
            await one.cancel()
            await one.until(ShipmentCancelled, ShipmentCancelRefused)
        if not isinstance(await one.until(ShipmentDelivered, ShipmentCancelled), ShipmentCancelled):
            await one.until(ShipmentDispatched)
        return one

    async def buyers():
        found = []
        for _ in range(2):
            found += await asyncio.gather(*(purchase() for _ in range(12)))
        done.set()
        return found

    async def killer():
        while not done.is_set():
            await asyncio.sleep(0.5 + dice.random() * 2)
            await killed()

    orders, _ = await asyncio.gather(buyers(), killer())
    for one in orders:
        statuses = [parcel["status"] for parcel in await one.parcels_of_order(database)]
        said = one.said()
        if "ShipmentCancelled" in said:
            assert statuses in ([], ["voided"]), said
            assert "ShipmentDispatched" not in said
        else:
            assert statuses == ["delivered"], said
            assert said.count("ShipmentDispatched") == said.count("ShipmentDelivered") == 1
