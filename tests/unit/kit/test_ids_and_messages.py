"""Ids sort by time; messages travel in CloudEvents envelopes and come out as they went in."""

from datetime import UTC, datetime
from typing import ClassVar

import msgspec
import pytest

from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope


class Happened(Message, frozen=True, kw_only=True):
    type: ClassVar[str] = "thing.happened.v1"
    key: ClassVar[str] = "thing"
    thing: str
    count: int = 1


def test_ids_are_version_7_and_differ():
    ids = [new_id() for _ in range(1000)]
    assert {id.version for id in ids} == {7}
    assert len(set(ids)) == 1000


def test_a_message_comes_out_as_it_went_in():
    id, now = new_id(), datetime(2026, 1, 1, tzinfo=UTC)
    body = encode(Happened(thing="a"), id=id, source="shop", tenant="demo", time=now, traceparent=None)
    envelope = open_envelope(body)
    assert (envelope.id, envelope.tenant, envelope.partitionkey, envelope.time) == (id, "demo", "a", now)
    assert open_data(envelope, Happened) == Happened(thing="a")
    assert msgspec.json.decode(body)["specversion"] == "1.0"


def test_fields_of_a_newer_publisher_are_passed_over():
    body = encode(Happened(thing="a"), id=new_id(), source="s", tenant="t", time=datetime.now(UTC), traceparent=None)
    newer = body.replace(b'"thing":"a"', b'"thing":"a","colour":"red"')
    assert open_data(open_envelope(newer), Happened).thing == "a"


def test_what_is_no_envelope_is_refused():
    with pytest.raises(msgspec.DecodeError):
        open_envelope(b"{}")
