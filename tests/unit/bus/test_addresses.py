"""A wrong address of the broker is refused at the start, in words."""

import pytest

from jangteo.kit import bus
from jangteo.kit.bus.backoff import pause
from jangteo.kit.bus.nats.streams import read_url


async def test_an_unknown_scheme_is_refused_and_the_known_ones_named():
    with pytest.raises(ValueError, match=r"carrier.*nats"):
        await bus.connect("carrier://pigeon", name="test")


def test_a_url_may_name_several_servers_and_settings():
    settings = read_url("nats://u:p@a:1,b:2?replicas=3&max_age_days=2.5&max_gib=10&prefix=shop")
    assert settings.servers == ["nats://u:p@a:1", "nats://b:2"]
    assert (settings.replicas, settings.max_age_days, settings.max_gib) == (3, 2.5, 10.0)
    assert (settings.stream, settings.parking) == ("SHOP", "SHOP_PARKED")


@pytest.mark.parametrize("url", ["nats://", "nats://a,", "nats://a?replicas=many", "nats://a?colour=red"])
def test_a_broken_url_is_refused(url):
    with pytest.raises(ValueError, match=r"."):
        read_url(url)


def test_a_refused_url_does_not_tell_the_password():
    with pytest.raises(ValueError, match="host") as caught:
        read_url("nats://user:hunter2@")
    assert "hunter2" not in str(caught.value)


def test_a_type_or_group_that_no_subject_can_hold_is_refused():
    settings = read_url("nats://a")
    for kind in ("", "order placed", "order.>", "*.placed", "order..placed", "order\r\nPUB x"):
        with pytest.raises(ValueError, match="message type"):
            settings.subject(kind)
    for group in ("", "a.b", "a b", ">"):
        with pytest.raises(ValueError, match="group"):
            settings.parking_subject(group)


def test_pauses_grow_stay_under_the_limit_and_differ():
    for attempt in range(1, 60):
        drawn = [pause(attempt, first=0.1, longest=30.0) for _ in range(20)]
        whole = min(30.0, 0.1 * 2 ** (attempt - 1))
        assert all(whole / 2 <= seconds <= whole for seconds in drawn)
        assert len(set(drawn)) > 1
