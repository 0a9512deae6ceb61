"""What is sealed is unreadable without its key; a key is made once, whoever asks, and ends for good."""

import asyncio
import base64
from datetime import date

import pytest

from jangteo.kit.ids import new_id
from jangteo.kit.privacy import WRAP, KeyUnknown, LegalKeyDestroyed, PersonErased, for_index

ADDRESS = "서울시 중구 세종대로 110"


async def sealed_for(vault, database, tenant, person, text=ADDRESS):
    async with database.transaction(tenant) as transaction:
        return (await vault.make_key(transaction, person)).encrypt(text, "address")


async def read(vault, database, tenant, person, sealed):
    async with database.read(tenant) as reader:
        return (await vault.key(reader, person)).decrypt(sealed, "address")


async def test_personal_data_is_unreadable_in_the_row_and_after_the_key_is_destroyed(vault, database, tenant):
    person = new_id()
    sealed = await sealed_for(vault, database, tenant, person)
    assert "세종" not in base64.b64decode(sealed).decode("utf-8", errors="replace")
    assert await read(vault, database, tenant, person, sealed) == ADDRESS
    with pytest.raises(ValueError, match="does not belong"):
        async with database.read(tenant) as reader:
            (await vault.key(reader, person)).decrypt(sealed, "phone")
    async with database.transaction(tenant) as transaction:
        assert await vault.destroy(transaction, person)
        assert not await vault.destroy(transaction, person)
    with pytest.raises(PersonErased):
        await read(vault, database, tenant, person, sealed)
    with pytest.raises(PersonErased):
        await sealed_for(vault, database, tenant, person)


async def test_a_person_erased_before_the_first_message_about_them_stays_erased(vault, database, tenant):
    person = new_id()
    async with database.transaction(tenant) as transaction:
        assert not await vault.destroy(transaction, person)
    with pytest.raises(PersonErased):
        await sealed_for(vault, database, tenant, person)


async def test_a_destruction_that_is_rolled_back_destroys_nothing(vault, database, tenant):
    person = new_id()
    sealed = await sealed_for(vault, database, tenant, person)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(tenant) as transaction:
            await vault.destroy(transaction, person)
            raise ZeroDivisionError
    assert await read(vault, database, tenant, person, sealed) == ADDRESS


async def test_parallel_first_uses_agree_on_one_key(vault, database, tenant):
    person = new_id()
    sealed = await asyncio.gather(*(sealed_for(vault, database, tenant, person) for _ in range(10)))
    assert [await read(vault, database, tenant, person, text) for text in sealed] == [ADDRESS] * 10


async def test_processes_that_meet_a_new_tenant_at_once_agree_on_its_keys(another_process, database, tenant):
    """More of them at once than the pool has connections: none waits for another's."""
    newcomer, person = f"{tenant}-new", new_id()
    async with another_process() as first, another_process() as second:
        vaults = [first, second] * 10
        sealed = await asyncio.gather(*(sealed_for(vault, database, newcomer, person) for vault in vaults))
        indexes = await asyncio.gather(*(vault.blind_index(newcomer, "email", "a@b.test") for vault in vaults))
        for vault in (first, second):
            assert {await read(vault, database, newcomer, person, text) for text in sealed} == {ADDRESS}
    assert len(set(indexes)) == 1
    async with database.read(newcomer) as reader:
        uses = await reader.fetch("SELECT use, version FROM tenant_keys WHERE tenant = $1 ORDER BY use", newcomer)
    assert [tuple(row) for row in uses] == [(for_index("email"), 1), (WRAP, 1)]


async def test_a_blind_index_is_stable_and_differs_by_tenant_and_purpose(vault, database, another_process, tenant):
    index = await vault.blind_index(tenant, "email", "a@b.test")
    async with another_process() as other:
        assert await other.blind_index(tenant, "email", "a@b.test") == index
    async with database.read(tenant) as reader:
        assert await vault.blind_indexes(reader, "email", "a@b.test") == [index]
    assert await vault.blind_index(f"{tenant}-2", "email", "a@b.test") != index
    assert await vault.blind_index(tenant, "phone", "a@b.test") != index


async def test_a_signature_holds_for_its_text_tenant_and_purpose_only(vault, tenant):
    signature = await vault.sign(tenant, "token", "session 1")
    assert await vault.is_signed(tenant, "token", "session 1", signature)
    assert not await vault.is_signed(tenant, "token", "session 2", signature)
    assert not await vault.is_signed(tenant, "mail", "session 1", signature)
    assert not await vault.is_signed(f"{tenant}-2", "token", "session 1", signature)


async def test_a_tenant_key_opens_in_its_own_row_only(vault, another_process, database, tenant):
    await vault.blind_index(tenant, "email", "a")
    await vault.blind_index(tenant, "phone", "a")
    async with database.transaction(tenant) as transaction:
        await transaction.execute(
            "UPDATE tenant_keys SET wrapped = (SELECT wrapped FROM tenant_keys WHERE use = 'index:phone')"
            " WHERE use = 'index:email'"
        )
    async with another_process() as other:
        with pytest.raises(KeyUnknown):
            await other.blind_index(tenant, "email", "a")


async def test_what_the_law_keeps_is_readable_for_its_purpose_until_its_day(vault, another_process, database, tenant):
    day, later = date(2031, 11, 22), date(2031, 11, 23)
    async with database.transaction(tenant) as transaction:
        sealed = (await vault.legal_key(transaction, "contract_payment", day)).seal("김철수 30000원")
        kept = (await vault.legal_key(transaction, "contract_payment", later)).seal("이영희")
        other_purpose = await vault.legal_key(transaction, "dispute", day)
    with pytest.raises(ValueError, match="not sealed for this purpose"):
        other_purpose.unseal(sealed)
    async with another_process() as other, database.read(tenant) as reader:
        assert (await other.open_legal(reader, "contract_payment", day)).unseal(sealed) == "김철수 30000원"
    async with database.transaction(tenant) as transaction:
        destroyed = await vault.destroy_due(transaction, day)
        assert [tuple(one) for one in destroyed] == [("contract_payment", day), ("dispute", day)]
        assert await vault.destroy_due(transaction, day) == []
    async with another_process() as other, database.read(tenant) as reader:
        for purpose in ("contract_payment", "dispute"):
            for one in (vault, other):
                with pytest.raises(LegalKeyDestroyed):
                    await one.open_legal(reader, purpose, day)
        assert (await other.open_legal(reader, "contract_payment", later)).unseal(kept) == "이영희"
    with pytest.raises(LegalKeyDestroyed):
        async with database.transaction(tenant) as transaction:
            await vault.legal_key(transaction, "contract_payment", day)


async def test_parallel_first_records_of_a_day_share_its_key(vault, database, tenant):
    async def seal():
        async with database.transaction(tenant) as transaction:
            return (await vault.legal_key(transaction, "access_log", date(2027, 2, 22))).seal("x")

    sealed = await asyncio.gather(*(seal() for _ in range(10)))
    async with database.read(tenant) as reader:
        key = await vault.open_legal(reader, "access_log", date(2027, 2, 22))
    assert [key.unseal(text) for text in sealed] == ["x"] * 10
