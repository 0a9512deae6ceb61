"""Loads, locks and saves withdrawals and what the services answered: every write of leaving."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from jangteo.contracts.people import ErasureAnswer
from jangteo.kit.ids import new_id
from jangteo.kit.people import Kept, Proof
from jangteo.kit.postgres import Reader, Transaction
from jangteo.user.rights.states import State, move
from jangteo.user.token_versions import supersede_tokens

COLUMNS = "id, member_id, state, requested_at, closed_at, erased_at"
_MARKS = {State.CLOSING: "closed_at", State.ERASED: "erased_at"}


async def find(reader: Reader, member: UUID) -> Any | None:
    """Return a member's withdrawal, unless it was called off."""
    return await reader.fetchrow(
        f"SELECT {COLUMNS} FROM withdrawals WHERE tenant = $1 AND member_id = $2 AND state <> 'called_off'",
        reader.tenant,
        member,
    )


async def load(reader: Reader, id: UUID) -> Any | None:
    """Return a withdrawal."""
    return await reader.fetchrow(f"SELECT {COLUMNS} FROM withdrawals WHERE tenant = $1 AND id = $2", reader.tenant, id)


async def lock(transaction: Transaction, id: UUID) -> Any | None:
    """Return a withdrawal that nobody else may change until the end."""
    return await transaction.fetchrow(
        f"SELECT {COLUMNS} FROM withdrawals WHERE tenant = $1 AND id = $2 FOR UPDATE", transaction.tenant, id
    )


async def add(transaction: Transaction, member: UUID) -> UUID:
    """Insert a withdrawal that waits, to be looked at now."""
    id = new_id()
    await transaction.execute(
        "INSERT INTO withdrawals (id, tenant, member_id, state, requested_at, due_at) VALUES ($1, $2, $3, $4, $5, $5)",
        id,
        transaction.tenant,
        member,
        State.DEFERRED,
        transaction.clock.now(),
    )
    return id


async def advance(
    transaction: Transaction, id: UUID, state: State, target: State, due_at: datetime | None, keeps: Iterable[Kept] = ()
) -> None:
    """Move a withdrawal locked before from `state` to `target`; it is due at `due_at`. Raises IllegalMove."""
    mark = f", {_MARKS[target]} = $6" if target in _MARKS else ""
    values = [transaction.clock.now()] if mark else []
    await transaction.execute(
        f"UPDATE withdrawals SET state = $3, due_at = $4, keeps = $5, tries = 0{mark} WHERE tenant = $1 AND id = $2",
        transaction.tenant,
        id,
        move(state, target),
        due_at,
        msgspec.json.encode(list(keeps)).decode(),
        *values,
    )


async def add_answer(transaction: Transaction, answer: ErasureAnswer) -> None:
    """Store a service's proof, once."""
    proof = Proof(destroyed=answer.destroyed, kept=answer.kept, key_id=answer.key_id, at=answer.at)
    await add_proof(transaction, answer.withdrawal_id, answer.service, proof)


async def add_proof(transaction: Transaction, id: UUID, service: str, proof: Proof) -> None:
    """Store the proof of `service`, unless it is there: the first one tells what was destroyed."""
    await transaction.execute(
        "INSERT INTO withdrawal_answers (tenant, withdrawal_id, service, proof) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        transaction.tenant,
        id,
        service,
        msgspec.json.encode(proof).decode(),
    )


async def answers(reader: Reader, id: UUID) -> dict[str, Proof]:
    """Return the proofs there are, by their services."""
    rows = await reader.fetch(
        "SELECT service, proof FROM withdrawal_answers WHERE tenant = $1 AND withdrawal_id = $2 ORDER BY service",
        reader.tenant,
        id,
    )
    return {row["service"]: msgspec.json.decode(row["proof"], type=Proof) for row in rows}


async def close_account(transaction: Transaction, member: UUID) -> None:
    """End all sessions and every way in; the address is free for somebody to register from here on."""
    now = transaction.clock.now()
    await transaction.execute(
        "UPDATE sessions SET revoked_at = $3, revoked_for = 'withdrawn'"
        " WHERE tenant = $1 AND member_id = $2 AND revoked_at IS NULL",
        transaction.tenant,
        member,
        now,
    )
    await transaction.execute(
        "UPDATE members SET email_index = NULL, password_hash = NULL, version = version + 1, updated_at = $3"
        " WHERE tenant = $1 AND id = $2",
        transaction.tenant,
        member,
        now,
    )
    await supersede_tokens(transaction, [member])
    for table in ("member_roles", "login_challenges", "email_changes", "identities", "oidc_logins"):
        await transaction.execute(
            f"DELETE FROM {table} WHERE tenant = $1 AND member_id = $2", transaction.tenant, member
        )
