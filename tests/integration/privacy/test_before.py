"""A shop from before tenant keys were random keeps reading its data, and needs the old master key no longer."""

import base64
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from private_people import first_master_key

from jangteo.kit.ids import new_id

NONCE = b"n" * 12


def derived(master, tenant, use):
    return HKDF(SHA256(), 32, salt=None, info=f"jangteo:{tenant}:{use}".encode()).derive(master)


async def a_shop_of_before(database, tenant, master, person, person_key):
    wrapped = NONCE + AESGCM(derived(master, tenant, "wrap")).encrypt(NONCE, person_key, person.bytes)
    async with database.transaction(tenant) as transaction:
        await transaction.execute(
            "INSERT INTO person_keys (tenant, person_id, wrapped_key) VALUES ($1, $2, $3)", tenant, person, wrapped
        )
        await transaction.execute("INSERT INTO derived_tenants VALUES ($1)", tenant)
    sealed = NONCE + AESGCM(person_key).encrypt(NONCE, b"old", person.bytes + b"name")
    return base64.b64encode(sealed).decode()


async def test_what_was_sealed_indexed_and_signed_before_still_holds(database, another_process, master_file, tenant):
    master, person = first_master_key(master_file), new_id()
    sealed = await a_shop_of_before(database, tenant, master, person, b"k" * 32)
    async with another_process() as vault, database.read(tenant) as reader:
        assert (await vault.key(reader, person)).decrypt(sealed, "name") == "old"
        index = await vault.blind_index(tenant, "member.email", "a@b.test")
        signature = await vault.sign(tenant, "refresh_token", "00ff")

    assert index == hmac.digest(derived(master, tenant, "index:member.email"), b"a@b.test", "sha256")
    assert signature == hmac.digest(derived(master, tenant, "index:refresh_token"), b"00ff", "sha256")


async def test_a_new_tenant_of_that_shop_has_random_keys(database, another_process, master_file, tenant):
    master = first_master_key(master_file)
    await a_shop_of_before(database, f"{tenant}-old", master, new_id(), b"k" * 32)
    async with another_process() as vault:
        ring = await vault.tenant_keys.ring(tenant, "wrap")
    assert ring.newest.secret != derived(master, tenant, "wrap")
