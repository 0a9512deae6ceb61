"""Addresses that the platform looks after."""

import pytest

from jangteo.kit.discovery import Instance, NoInstance, open_registry


async def test_a_rule_gives_every_service_its_address():
    async with open_registry("static:http://{service}.shop:8080") as registry:
        assert registry.address("user") == "http://user.shop:8080"
        assert registry.instances("cart") == [Instance("cart", "http://cart.shop:8080")]
        async with registry.registered("user", "http://me:1"):
            assert registry.address("user") == "http://user.shop:8080"


async def test_a_list_knows_the_services_it_names_and_no_other():
    async with open_registry("static:user=http://u:1,cart=c:2", static={"cart": "http://other:3"}) as registry:
        assert registry.address("user") == "http://u:1"
        assert registry.address("cart") == "http://other:3"
        assert registry.instances("order") == []
        with pytest.raises(NoInstance, match="order"):
            registry.address("order")


@pytest.mark.parametrize(("url", "port"), [("http://h:81", 81), ("http://h", 80), ("https://h", 443)])
def test_an_address_has_a_host_and_a_port(url, port):
    assert Instance("user", url).host_and_port == ("h", port)


async def test_an_unknown_kind_of_registry_is_refused_and_the_known_ones_named():
    with pytest.raises(ValueError, match=r"consul.*static"):
        async with open_registry("consul://h"):
            pass
