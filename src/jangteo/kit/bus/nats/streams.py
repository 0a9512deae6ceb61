"""The two streams that hold everything: the messages, and those that could not be handled."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit, urlunsplit

from nats.js import JetStreamContext, api
from nats.js.errors import BadRequestError

DAY = 86_400.0
STREAM_EXISTS_OTHERWISE = 10058
TYPE = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
GROUP = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What the URL's query may say: `nats://a,b?replicas=3&max_age_days=7&parked_days=14&trim_gib=1&max_gib=50`.

    Messages go when they are `max_age_days` old, or, once the stream has more than `trim_gib`, when every group
    has handled them. `max_gib`, if set, removes the oldest beyond it whether they were handled or not.
    """

    servers: list[str]
    prefix: str = "jangteo"
    replicas: int = 1
    max_age_days: float = 7.0
    parked_days: float = 14.0
    max_gib: float = 0.0
    trim_gib: float = 1.0

    @property
    def stream(self) -> str:
        """The stream of all messages."""
        return self.prefix.upper()

    @property
    def parking(self) -> str:
        """The stream of parked messages."""
        return f"{self.stream}_PARKED"

    def subject(self, message_type: str) -> str:
        """Return where messages of this type go; raises ValueError for a type that no subject can hold."""
        if not TYPE.fullmatch(message_type):
            raise ValueError(f"not a message type: {message_type!r}")
        return f"{self.prefix}.{message_type}"

    def replay_prefix(self, group: str) -> str:
        """Return what stands before the type in the subject of a message that only `group` gets again."""
        return f"{self.prefix}-replay.{group}."

    def parking_subject(self, group: str) -> str:
        """Return where the messages that `group` could not handle go."""
        if not GROUP.fullmatch(group):
            raise ValueError(f"not a consumer group: {group!r}; letters, digits, - and _ only")
        return f"{self.prefix}-parked.{group}"


def read_url(url: str) -> StreamSettings:
    """Return the settings in a bus URL; several servers are parted by commas. Raises ValueError."""
    address, _, query = url.partition("?")
    days_and_sizes = ("max_age_days", "parked_days", "max_gib", "trim_gib")
    known: dict[str, type] = {"prefix": str, "replicas": int, **dict.fromkeys(days_and_sizes, float)}
    given = parse_qs(query, keep_blank_values=True)
    if unknown := set(given) - set(known):
        raise ValueError(f"unknown settings in the bus URL: {sorted(unknown)}; known: {sorted(known)}")
    scheme, _, hosts = address.partition("://")
    servers = [f"{scheme}://{host}" for host in hosts.split(",")]
    for server in servers:
        parts = urlsplit(server)
        if not parts.hostname:
            raise ValueError(f"the bus URL names no host: {urlunsplit(parts._replace(netloc='…'))}")
    return StreamSettings(servers, **{key: known[key](values[-1]) for key, values in given.items()})


async def ensure_streams(js: JetStreamContext, settings: StreamSettings) -> str:
    """Make both streams, or bring them in line; return when the stream of messages was made.

    That time tells a stream that was lost and made again (its sequence begins anew) from the old one.
    """
    messages = api.StreamConfig(
        name=settings.stream,
        subjects=[f"{settings.prefix}.>", f"{settings.prefix}-replay.>"],
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD,
        max_age=settings.max_age_days * DAY,
        max_bytes=int(settings.max_gib * 2**30) or -1,
        duplicate_window=600,
        storage=api.StorageType.FILE,
        num_replicas=settings.replicas,
        allow_direct=True,
    )
    parking = api.StreamConfig(
        name=settings.parking,
        subjects=[f"{settings.prefix}-parked.>"],
        max_age=settings.parked_days * DAY,
        storage=api.StorageType.FILE,
        num_replicas=settings.replicas,
        allow_direct=True,
    )
    info = await _ensure(js, messages)
    await _ensure(js, parking)
    return str(info.created)


async def _ensure(js: JetStreamContext, config: api.StreamConfig) -> api.StreamInfo:
    try:
        return await js.add_stream(config)
    except BadRequestError as error:
        if error.err_code != STREAM_EXISTS_OTHERWISE:
            raise
        return await js.update_stream(config)
