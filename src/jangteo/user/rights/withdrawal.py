"""Leaving (탈퇴): asked for with the password, held by what is open, then forgotten by every service, with proof."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from jangteo.contracts.people import ErasureAnswer, UserErased
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Conflict, NotFound
from jangteo.kit.people import People, Standing
from jangteo.kit.postgres import Database, Transaction
from jangteo.user.commands.passwords import PasswordCheck
from jangteo.user.domain.permissions import LastOwner
from jangteo.user.mails import Mails
from jangteo.user.proofs import Evidence
from jangteo.user.rights import withdrawal_store as store
from jangteo.user.rights.due import Due, put_off
from jangteo.user.rights.legal import READ
from jangteo.user.rights.neighbours import Neighbours
from jangteo.user.rights.schemas import AnswerOut, ReasonOut, WithdrawalOut, WithdrawalProof
from jangteo.user.rights.states import State
from jangteo.user.role_store import lock_owners
from jangteo.user.store import lock_member

OWN = "user"


class WithdrawalHeld(Conflict):
    """Orders, parcels or refunds are open; `reasons` names them."""

    code = "withdrawal.held"
    ko = "아직 처리 중인 건이 있어 지금은 탈퇴할 수 없습니다. 모두 끝난 뒤 탈퇴하도록 예약할 수 있습니다."
    en = "Something is not settled yet, so you cannot leave now. You may ask to leave as soon as it is."


class WithdrawalUnknown(NotFound):
    """There is no withdrawal."""

    code = "withdrawal.unknown"
    ko = "탈퇴 신청이 없습니다."
    en = "There is no withdrawal."


class Withdrawals:
    """The withdrawals of all members; each step may be repeated, and any process may go on with any of them."""

    def __init__(
        self,
        database: Database,
        check: PasswordCheck,
        mails: Mails,
        people: People,
        neighbours: Neighbours,
        *,
        closing: timedelta,
    ) -> None:
        """`closing` is how long an account stays closed before it is erased: longer than an access token lives."""
        self._database = database
        self._check = check
        self._mails = mails
        self._people = people
        self._neighbours = neighbours
        self._closing = closing

    async def request(
        self, tenant: str, member: UUID, evidence: Evidence, address: str, language: str, *, when_settled: bool
    ) -> WithdrawalOut:
        """Close the caller's account, or wait until all is settled where that is allowed.

        Raises PasswordWrong, ProofInvalid, TooManyAttempts, WithdrawalHeld, LastOwner, and Unavailable where a service
        does not answer.
        """
        await self._check.prove(tenant, member, evidence, address)
        standings = await self._neighbours.standing(tenant, member)
        reasons = _reasons(standings, language)
        if reasons and not when_settled:
            raise WithdrawalHeld(reasons=reasons)
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            if await lock_owners(transaction) == {member}:
                raise LastOwner()
            found = await store.find(transaction, member)
            id = found["id"] if found else await store.add(transaction, member)
            if not reasons and (found is None or found["state"] == State.DEFERRED):
                await self._close(transaction, id, member, standings)
            return _told(await store.load(transaction, id), reasons)

    async def show(self, tenant: str, member: UUID, language: str) -> WithdrawalOut:
        """Return the caller's withdrawal with what it waits for. Raises WithdrawalUnknown, Unavailable."""
        async with self._database.read(tenant) as reader:
            row = await store.find(reader, member)
        if row is None:
            raise WithdrawalUnknown()
        reasons = []
        if row["state"] == State.DEFERRED:
            reasons = _reasons(await self._neighbours.standing(tenant, member), language)
        return _told(row, reasons)

    async def call_off(self, tenant: str, member: UUID) -> None:
        """Stay after all. Raises WithdrawalUnknown, and IllegalMove once the account is closed."""
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            row = await store.find(transaction, member)
            if row is None:
                raise WithdrawalUnknown()
            await store.advance(transaction, row["id"], State(row["state"]), State.CALLED_OFF, None)

    async def proof(self, caller: Caller, id: UUID) -> WithdrawalProof:
        """Return what every service said it destroyed and kept. Raises PermissionMissing, WithdrawalUnknown."""
        caller.require(READ)
        tenant = caller.tenant
        async with self._database.read(tenant) as reader:
            row = await store.load(reader, id)
            if row is None:
                raise WithdrawalUnknown()
            found = await store.answers(reader, id)
        told = [AnswerOut(service=service, proof=proof) for service, proof in found.items()]
        entry = Entry(by=caller, action="withdrawal.read", on=f"withdrawal:{id}", person=row["member_id"])
        await audit.note(self._database, tenant, entry)
        missing = [name for name in (OWN, *self._neighbours.names) if name not in found]
        return WithdrawalProof(**dict(row), answers=told, missing=missing)

    async def go_on(self, due: Due) -> None:
        """Do the next step of a withdrawal that is due. Raises Unavailable: try again later."""
        if due.state == State.ERASING:
            async with self._database.transaction(due.tenant) as transaction:
                await store.lock(transaction, due.id)
                if not await self._finish(transaction, due.id):
                    # Somebody has not answered: who has, answers the same again.
                    transaction.send(UserErased(member_id=due.member_id, withdrawal_id=due.id))
            await self.postpone(due)
            return
        standings = await self._neighbours.standing(due.tenant, due.member_id)
        if any(standing.holds for standing in standings.values()):
            await self.postpone(due)
            return
        async with self._database.transaction(due.tenant) as transaction:
            await lock_member(transaction, due.member_id)
            row = await store.lock(transaction, due.id)
            if row is None or row["state"] != due.state:
                return
            if due.state == State.DEFERRED:
                await self._close(transaction, due.id, due.member_id, standings)
            elif due.state == State.CLOSING:
                await self._erase(transaction, due, standings)

    async def postpone(self, due: Due) -> None:
        """Try again later."""
        await put_off(self._database, "withdrawals", due)

    async def on_answer(self, answer: ErasureAnswer, transaction: Transaction) -> None:
        """Take in a service's proof; with the last one the member is erased here, too."""
        if await store.lock(transaction, answer.withdrawal_id) is None:
            return
        await store.add_answer(transaction, answer)
        await self._finish(transaction, answer.withdrawal_id)

    async def _close(self, transaction: Transaction, id: UUID, member: UUID, standings: Mapping[str, Standing]) -> None:
        if await lock_owners(transaction) == {member}:
            raise LastOwner()
        # Asked for while the member can still be written to; the mail is written before the key is destroyed.
        await self._mails.request(transaction, member, "erased")
        await store.close_account(transaction, member)
        due_at = transaction.clock.now() + self._closing
        await store.advance(transaction, id, State.DEFERRED, State.CLOSING, due_at, _keeps(standings))

    async def _erase(self, transaction: Transaction, due: Due, standings: Mapping[str, Standing]) -> None:
        # An access token that was given out before may have changed the e-mail address since.
        await store.close_account(transaction, due.member_id)
        due_at = transaction.clock.now() + timedelta(seconds=10)
        await store.advance(transaction, due.id, State.CLOSING, State.ERASING, due_at, _keeps(standings))
        transaction.send(UserErased(member_id=due.member_id, withdrawal_id=due.id))

    async def _finish(self, transaction: Transaction, id: UUID) -> bool:
        """Erase the member here where everybody else has, the withdrawal being locked; return whether that is so."""
        row = await store.load(transaction, id)
        found = await store.answers(transaction, id)
        if row is None or not set(self._neighbours.names) <= set(found):
            return False
        if row["state"] == State.ERASING:
            proof = await self._people.erase(transaction, row["member_id"])
            await store.add_proof(transaction, id, OWN, proof)
            await store.advance(transaction, id, State.ERASING, State.ERASED, None)
        return True


def _keeps(standings: Mapping[str, Standing]) -> list[Any]:
    return [kept for standing in standings.values() for kept in standing.keeps]


def _reasons(standings: Mapping[str, Standing], language: str) -> list[ReasonOut]:
    return [
        ReasonOut(
            service=service,
            code=hold.code,
            reference=hold.reference,
            message=hold.ko if language == "ko" else hold.en,
        )
        for service, standing in standings.items()
        for hold in standing.holds
    ]


def _told(row: Any, reasons: Iterable[ReasonOut]) -> WithdrawalOut:
    return WithdrawalOut(
        id=row["id"],
        state=State(row["state"]),
        requested_at=row["requested_at"],
        closed_at=row["closed_at"],
        erased_at=row["erased_at"],
        reasons=list(reasons),
    )
