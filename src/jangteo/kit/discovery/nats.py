"""A registry in a NATS key-value bucket: entries live as long as their heartbeats."""

import asyncio
import contextlib
import hashlib
import itertools
import logging
import time
from collections.abc import Mapping

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import BadRequestError, KeyNotFoundError

from jangteo.kit.bus.nats.link import Link
from jangteo.kit.bus.nats.streams import GROUP, read_url
from jangteo.kit.discovery.registry import Instance, NoInstance, OnChange, Registry, read_address
from jangteo.kit.errors import Unavailable

log = logging.getLogger(__name__)


class NatsRegistry(Registry):
    """The list in a key-value bucket, in memory on the server: it is rebuilt by heartbeats after a restart."""

    def __init__(self, url: str, name: str, static: Mapping[str, str], life: float) -> None:
        settings = read_url(url)
        self._bucket = f"{settings.prefix}-registry"
        self._replicas = settings.replicas
        self._life = life
        self._heartbeat = life / 4
        self._link = Link(settings.servers, name)
        self._link.on_up(self._set_up)
        self._static = {service: read_address(address) for service, address in static.items()}
        self._heard: dict[Instance, float] = {}
        self._by_service: dict[str, list[Instance]] = {}
        self._turns: dict[str, itertools.count[int]] = {}
        self._own: Instance | None = None
        self._callbacks: list[OnChange] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self, wait: float = 5.0) -> None:
        """Fetch the list, waiting `wait` seconds at most before going on in the background."""
        await self._link.start(wait)
        self._task = asyncio.create_task(self._beat(), name="registry")

    async def close(self) -> None:
        """Sign out and hang up."""
        with contextlib.suppress(Unavailable):
            await self.deregister()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._link.close()

    async def register(self, service: str, address: str) -> None:
        """See `Registry.register`. Raises ValueError for a name or an address that cannot be one."""
        if not GROUP.fullmatch(service):
            raise ValueError(f"not a service name: {service!r}")
        self._own = Instance(service, read_address(address))
        if (client := self._link.current) is not None:
            await self._announce(client)

    async def deregister(self) -> None:
        """See `Registry.deregister`."""
        own, self._own = self._own, None
        client = self._link.current
        if own is not None and client is not None:
            with contextlib.suppress(nats.errors.Error, OSError, Unavailable):
                await client.publish(self._subject(own), headers={"KV-Operation": "DEL"})
                await self._link.settle(client)

    def address(self, service: str) -> str:
        """See `Registry.address`."""
        if service in self._static:
            return self._static[service]
        live = self._by_service.get(service)
        if not live:
            raise NoInstance(service=service)
        return live[next(self._turns[service]) % len(live)].address

    def instances(self, service: str) -> list[Instance]:
        """See `Registry.instances`."""
        if service in self._static:
            return [Instance(service, self._static[service])]
        return list(self._by_service.get(service, ()))

    def services(self) -> list[str]:
        """See `Registry.services`."""
        return sorted({*self._static, *self._by_service})

    def on_change(self, callback: OnChange) -> None:
        """See `Registry.on_change`."""
        self._callbacks.append(callback)

    def _subject(self, instance: Instance) -> str:
        # One key for an address: a process that starts again in the same place replaces its old self.
        digest = hashlib.sha256(instance.address.encode()).hexdigest()[:16]
        return f"$KV.{self._bucket}.{instance.service}.{digest}"

    async def _set_up(self, client: Client) -> None:
        js = client.jetstream()
        await self._ensure_bucket(client)
        # Everybody known gets a full life to be heard of again: an outage of the registry is not theirs.
        now = time.monotonic()
        self._heard = dict.fromkeys(self._heard, now)
        await client.subscribe(f"$KV.{self._bucket}.>", cb=self._on_message)
        await self._link.settle(client)
        # The client's own watcher leaves a task behind that makes its consumer anew after `stop`.
        bucket = await js.key_value(self._bucket)
        info = await js.stream_info(f"KV_{self._bucket}", subjects_filter=f"$KV.{self._bucket}.>")
        for subject in info.state.subjects or {}:
            service, digest = subject.split(".")[2:]
            with contextlib.suppress(KeyNotFoundError):
                self._hear(service, (await bucket.get(f"{service}.{digest}")).value or b"")
        await self._announce(client)

    async def _ensure_bucket(self, client: Client) -> None:
        js = client.jetstream()
        config = api.KeyValueConfig(
            bucket=self._bucket, ttl=self._life, storage=api.StorageType.MEMORY, replicas=self._replicas
        )
        try:
            await js.create_key_value(config)
        except BadRequestError:
            # It is there with other settings, of an older version: heartbeats work with any.
            await js.key_value(self._bucket)

    async def _announce(self, client: Client) -> None:
        if self._own is None:
            return
        self._hear(self._own.service, self._own.address.encode())
        with contextlib.suppress(nats.errors.Error, OSError):
            await client.publish(self._subject(self._own), self._own.address.encode())

    async def _on_message(self, msg: Msg) -> None:
        service = msg.subject.split(".")[2]
        if not msg.headers or "KV-Operation" not in msg.headers:
            self._hear(service, msg.data)
            return
        for instance in self._by_service.get(service, []):
            if self._subject(instance) == msg.subject:
                self._forget(instance)

    def _hear(self, service: str, value: bytes) -> None:
        instance = Instance(service, value.decode(errors="replace"))
        new = instance not in self._heard
        self._heard[instance] = time.monotonic()
        if new:
            self._relist(service)

    def _forget(self, instance: Instance) -> None:
        if self._heard.pop(instance, None) is not None:
            self._relist(instance.service)

    def _relist(self, service: str) -> None:
        found = [instance for instance in self._heard if instance.service == service]
        self._by_service[service] = sorted(found, key=lambda instance: instance.address)
        self._turns.setdefault(service, itertools.count())
        log.debug("%s runs at %s", service, [instance.address for instance in self._by_service[service]])
        for callback in self._callbacks:
            callback(service)

    async def _beat(self) -> None:
        due = time.monotonic() + self._heartbeat
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            # When this very process was held up, what the others sent meanwhile is still waiting to be read.
            late, due = now - due, now + self._heartbeat
            client = self._link.current
            if client is None:
                continue
            await self._announce(client)
            for instance, heard in list(self._heard.items()):
                if late > self._heartbeat / 3:
                    self._heard[instance] = heard + late
                elif now - heard > self._life:
                    self._forget(instance)
