"""Everybody knows who runs; the dead vanish; an outage of the registry forgets nobody."""

import asyncio
import sys
import textwrap

import pytest

from jangteo.kit.discovery import NoInstance, open_registry

LIFE = 1.5


async def until(condition, seconds: float = 30.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions are plain reads of lists
            await asyncio.sleep(0.01)


def addresses(registry, service="user"):
    """The addresses a registry knows."""
    return [instance.address for instance in registry.instances(service)]


async def test_an_instance_is_known_to_everybody_until_it_signs_out(server):
    async with open_registry(server.url) as one, open_registry(server.url) as two:
        changes = []
        two.on_change(changes.append)
        await one.register("user", "127.0.0.1:8001")
        await until(lambda: addresses(two) == ["http://127.0.0.1:8001"])
        assert two.address("user") == one.address("user") == "http://127.0.0.1:8001"
        assert two.instances("user")[0].host_and_port == ("127.0.0.1", 8001)
        async with open_registry(server.url) as late:
            assert addresses(late) == ["http://127.0.0.1:8001"]
        await one.deregister()
        await until(lambda: addresses(two) == [])
        assert addresses(one) == []
        assert changes == ["user", "user"]


async def test_nobody_there_is_unavailable_by_name(server):
    async with open_registry(server.url) as one:
        with pytest.raises(NoInstance, match="payment"):
            one.address("payment")


async def test_instances_take_turns(server):
    async with open_registry(server.url) as one, open_registry(server.url) as two, open_registry(server.url) as three:
        for registry, port in ((one, 1), (two, 2), (three, 3)):
            await registry.register("user", f"http://h:{port}")
        await until(lambda: len(addresses(one)) == 3)
        turns = [one.address("user") for _ in range(9)]
        assert {turns.count(f"http://h:{port}") for port in (1, 2, 3)} == {3}


async def test_a_process_signs_out_when_its_registry_closes(server):
    async with open_registry(server.url) as one:
        async with open_registry(server.url) as two, two.registered("user", "http://h:1"):
            await until(lambda: addresses(one) == ["http://h:1"])
        await until(lambda: addresses(one) == [])


async def test_an_instance_that_lives_stays_listed_past_its_life(server):
    async with open_registry(server.url, life=LIFE) as one, open_registry(server.url, life=LIFE) as two:
        changes = []
        two.on_change(changes.append)
        await one.register("user", "http://h:1")
        await asyncio.sleep(LIFE * 3)
        assert addresses(two) == ["http://h:1"]
        assert changes == ["user"]


async def test_a_killed_process_vanishes_by_itself(server, tmp_path):
    script = tmp_path / "dying.py"
    script.write_text(
        textwrap.dedent(f"""
            import asyncio, sys
            from jangteo.kit.discovery import open_registry

            async def main():
                async with open_registry(sys.argv[1], life={LIFE}) as registry:
                    await registry.register("user", "http://h:1")
                    await asyncio.sleep(600)

            asyncio.run(main())
        """)
    )
    async with open_registry(server.url, life=LIFE) as one:
        process = await asyncio.create_subprocess_exec(sys.executable, script, server.url)
        await until(lambda: addresses(one) == ["http://h:1"])
        process.kill()
        await process.wait()
        await until(lambda: addresses(one) == [])
        async with open_registry(server.url, life=LIFE) as late:
            assert addresses(late) == []


async def test_a_process_that_starts_again_in_the_same_place_is_one_instance(server):
    async with open_registry(server.url) as one, open_registry(server.url) as old, open_registry(server.url) as new:
        await old.register("user", "http://h:1")
        await until(lambda: addresses(one) == ["http://h:1"])
        await new.register("user", "http://h:1")
        await asyncio.sleep(0.2)
        assert addresses(one) == ["http://h:1"]


async def test_the_list_outlives_the_registry_and_registrations_come_back(server):
    async with open_registry(server.url, life=LIFE) as one, open_registry(server.url, life=LIFE) as two:
        changes = []
        await one.register("user", "http://h:1")
        await until(lambda: addresses(two) == ["http://h:1"])
        two.on_change(changes.append)
        server.stop()
        await asyncio.sleep(LIFE * 2)
        assert addresses(two) == ["http://h:1"]
        server.start()
        await asyncio.sleep(LIFE * 2)
        assert addresses(two) == ["http://h:1"]
        assert changes == []
        async with open_registry(server.url, life=LIFE) as late:
            await until(lambda: addresses(late) == ["http://h:1"])


async def test_who_died_while_the_registry_was_away_vanishes_afterwards(server):
    async with open_registry(server.url, life=LIFE) as one:
        async with open_registry(server.url, life=LIFE) as two:
            await two.register("user", "http://h:2")
            await one.register("user", "http://h:1")
            await until(lambda: len(addresses(one)) == 2)
            server.stop()
        server.start()
        await until(lambda: addresses(one) == ["http://h:1"])


async def test_a_process_may_start_before_the_registry(server):
    server.stop()
    async with open_registry(server.url, static={"product": "product:8080"}) as one:
        await one.register("user", "http://h:1")
        assert one.address("product") == "http://product:8080"
        server.start()
        async with open_registry(server.url) as two:
            await until(lambda: addresses(two) == ["http://h:1"])


async def test_a_service_or_address_that_cannot_be_one_is_refused(server):
    async with open_registry(server.url) as one:
        with pytest.raises(ValueError, match="service"):
            await one.register("user.*", "http://h:1")
        with pytest.raises(ValueError, match="address"):
            await one.register("user", "http://")
