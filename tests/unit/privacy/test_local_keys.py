"""Master keys in a file or the environment: read strictly, added to while a process runs, never shown."""

import base64

import pytest

from jangteo.kit.privacy.providers import KeyUnknown, open_keyholders
from jangteo.kit.privacy.providers.local import parse_keys
from jangteo.kit.settings import SettingsError

ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def test_a_key_without_a_version_is_the_first():
    assert parse_keys(f"{ONE}\n2:{TWO}\n") == {1: b"\1" * 32, 2: b"\2" * 32}
    assert parse_keys(f"1:{ONE},7:{TWO}") == {1: b"\1" * 32, 7: b"\2" * 32}


@pytest.mark.parametrize("text", ["", "secret", "1:secret", f"0:{ONE}", f"x:{ONE}", f"{ONE}\n1:{TWO}", ONE[:-4]])
def test_what_is_no_key_is_refused_without_being_shown(text):
    with pytest.raises(ValueError, match="master key") as told:
        parse_keys(text)
    assert "secret" not in str(told.value)
    assert ONE[:8] not in str(told.value)


async def test_a_key_added_to_the_file_is_used_at_once_and_the_old_one_still_unwraps(tmp_path):
    file = tmp_path / "master.key"
    file.write_text(ONE)
    async with open_keyholders(file.as_uri()) as holders:
        old = await holders.wrap(b"k" * 32, b"here")
        file.write_text(f"1:{ONE}\n2:{TWO}")
        new = await holders.wrap(b"k" * 32, b"here")
        assert (old.provider_version, new.provider_version) == (1, 2)
        assert await holders.unwrap(old, b"here") == await holders.unwrap(new, b"here") == b"k" * 32
        with pytest.raises(KeyUnknown):
            await holders.unwrap(new, b"there")


async def test_another_key_under_the_same_number_is_told(tmp_path):
    file = tmp_path / "master.key"
    file.write_text(ONE)
    async with open_keyholders(file.as_uri()) as holders:
        wrapped = await holders.wrap(b"k" * 32, b"")
    file.write_text(TWO)
    async with open_keyholders(file.as_uri()) as holders:
        with pytest.raises(KeyUnknown, match="another key has its number"):
            await holders.unwrap(wrapped, b"")


async def test_the_environment_holds_keys_that_a_file_held_before(tmp_path, monkeypatch):
    file = tmp_path / "master.key"
    file.write_text(ONE)
    async with open_keyholders(file.as_uri()) as holders:
        wrapped = await holders.wrap(b"k" * 32, b"")
    monkeypatch.setenv("SHOP_KEYS", f"1:{ONE},2:{TWO}")
    async with open_keyholders("env:SHOP_KEYS") as holders:
        assert await holders.unwrap(wrapped, b"") == b"k" * 32


@pytest.mark.parametrize(
    "address", ["", "file:relative", "file://host/path", "file:///nowhere", "env:", "env:UNSET", "ftp://x", "vault:"]
)
async def test_an_address_that_is_no_good_names_the_setting(address):
    with pytest.raises(SettingsError, match="JANGTEO_KEY_PROVIDER: "):
        async with open_keyholders(address):
            pass
