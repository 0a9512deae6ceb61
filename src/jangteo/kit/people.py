"""A person's rights over what a service keeps about them: to see it, to be told what holds it, and to have it erased.

Every service that keeps anything about a person implements `PersonalData`; `People` adds what is the same for all:
an erasure happens once, whole, with the destruction of the person's key, and leaves a proof that names nobody.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID

import msgspec

from jangteo.kit.errors import Unavailable
from jangteo.kit.legal_archive import LegalArchive, LegalPage
from jangteo.kit.postgres import Database, Reader, Transaction
from jangteo.kit.privacy import Vault

# A column of one of these names says that its table is about a person; a test walks all tables by them.
NAMING_COLUMNS = ("member_id", "person_id", "caller", "account_id")
SEALED_SUFFIX = "sealed"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Something not settled, because of which a person cannot be forgotten yet; `reference` is what it is about."""

    code: str
    reference: str
    ko: str
    en: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """That the law will have records kept for `purpose`, the latest counted from `since`."""

    purpose: str
    since: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What holds a person, and what will have to be kept of them."""

    holds: list[Hold] = []
    keeps: list[Kept] = []


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """All that a service has about a person, readable, by its kind."""

    service: str
    data: dict[str, Any]


class Counts(NamedTuple):
    """How many things of each kind an erasure destroyed, and how many records it kept for each purpose."""

    destroyed: dict[str, int]
    kept: dict[str, int]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That a person was erased: what was destroyed and kept, the destroyed key's fingerprint, and when."""

    destroyed: dict[str, int]
    kept: dict[str, int]
    key_id: str
    at: datetime


class StillHeld(Unavailable):
    """Something has come up since the person was found to be free; the erasure comes again later."""

    code = "person.held"
    ko = "아직 처리 중인 건이 있습니다."
    en = "Something of this person is not settled yet."


class PersonalData(Protocol):
    """What a service has to say about persons."""

    # Each table that names a person, and what becomes of its rows when one is erased.
    covers: ClassVar[Mapping[str, str]]

    async def standing(self, reader: Reader, person: UUID) -> Standing:
        """Return what is not settled of a person, and what the law will have kept."""
        ...

    async def export(self, reader: Reader, person: UUID) -> dict[str, Any]:
        """Return everything about a person in readable form; empty where there is nothing."""
        ...

    async def erase(self, transaction: Transaction, person: UUID) -> Counts:
        """Put away what the law has kept, and destroy the rest; the person's key is destroyed right after."""
        ...


class People:
    """The persons of one service with a database; `vault` is None for one that keeps nothing sealed."""

    def __init__(
        self,
        service: str,
        database: Database,
        data: PersonalData,
        vault: Vault | None = None,
        archive: LegalArchive | None = None,
    ) -> None:
        self.service = service
        self._database = database
        self._data = data
        self._vault = vault
        self._archive = archive

    async def standing(self, tenant: str, person: UUID) -> Standing:
        """Return what holds a person. Raises Unavailable."""
        async with self._database.read(tenant) as reader:
            return await self._data.standing(reader, person)

    async def document(self, tenant: str, person: UUID) -> Document:
        """Return all that there is about a person. Raises Unavailable."""
        async with self._database.read(tenant) as reader:
            return Document(service=self.service, data=await self._data.export(reader, person))

    async def legal_records(
        self, tenant: str, purpose: str, reference: str | None = None, cursor: UUID | None = None
    ) -> LegalPage:
        """Return what is kept for `purpose`."""
        if self._archive is None:
            return LegalPage(items=[], next_cursor=None)
        async with self._database.read(tenant) as reader:
            return await self._archive.read(reader, purpose, reference, cursor)

    async def erase(self, transaction: Transaction, person: UUID) -> Proof:
        """Erase a person, once; whoever asks again is given the same proof.

        Raises StillHeld where something is not settled: then nothing is changed, once the transaction is given up.
        """
        begun = await transaction.execute(
            "INSERT INTO person_erasures (tenant, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            transaction.tenant,
            person,
        )
        if not begun:
            stored = await transaction.fetchval(
                "SELECT proof FROM person_erasures WHERE tenant = $1 AND person_id = $2", transaction.tenant, person
            )
            return msgspec.json.decode(stored, type=Proof)
        if (await self._data.standing(transaction, person)).holds:
            raise StillHeld()
        counts = await self._data.erase(transaction, person)
        key_id = ""
        if self._vault is not None:
            key_id = await self._vault.fingerprint(transaction, person)
            await self._vault.destroy(transaction, person)
        proof = Proof(destroyed=counts.destroyed, kept=counts.kept, key_id=key_id, at=transaction.clock.now())
        await transaction.execute(
            "UPDATE person_erasures SET proof = $3 WHERE tenant = $1 AND person_id = $2",
            transaction.tenant,
            person,
            msgspec.json.encode(proof).decode(),
        )
        return proof
