"""What travels on the bus: typed messages in CloudEvents 1.0 envelopes."""

from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec

MessageT = TypeVar("MessageT", bound="Message")

_encoder = msgspec.json.Encoder()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An event (past tense) or a command (imperative) of a service; it carries no personal data.

    `type` is its versioned name, `key` names the field whose value keeps related messages in order.
    """

    type: ClassVar[str]
    key: ClassVar[str]

    def partition(self) -> str:
        """Return the value that related messages share: the aggregate's id."""
        return str(getattr(self, self.key))


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CloudEvents 1.0 envelope (structured JSON), with `tenant`, `partitionkey` and `traceparent` extensions."""

    specversion: str
    id: UUID
    source: str
    type: str
    time: datetime
    datacontenttype: str = "application/json"
    tenant: str
    partitionkey: str
    traceparent: str | None = None
    data: msgspec.Raw


_envelope_decoder = msgspec.json.Decoder(Envelope)
_data_decoders: dict[type[Message], msgspec.json.Decoder[Any]] = {}


def encode(message: Message, *, id: UUID, source: str, tenant: str, time: datetime, traceparent: str | None) -> bytes:
    """Return the envelope of `message` as JSON bytes."""
    return _encoder.encode(
        {
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": message.type,
            "time": time,
            "datacontenttype": "application/json",
            "tenant": tenant,
            "partitionkey": message.partition(),
            **({"traceparent": traceparent} if traceparent else {}),
            "data": message,
        }
    )


def open_envelope(body: bytes) -> Envelope:
    """Parse an envelope; its data stays raw. Raises msgspec.DecodeError on anything else."""
    return _envelope_decoder.decode(body)


def open_data(envelope: Envelope, cls: type[MessageT]) -> MessageT:
    """Parse the data of `envelope` as `cls`. Fields that `cls` does not know are passed over."""
    decoder = _data_decoders.get(cls)
    if decoder is None:
        decoder = _data_decoders[cls] = msgspec.json.Decoder(cls)
    result: MessageT = decoder.decode(envelope.data)
    return result
