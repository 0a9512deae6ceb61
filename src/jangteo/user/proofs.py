"""A proof that a member has just logged in at a linked provider: for five minutes as good as the password.

Who never chose a password could not leave, nor turn the second factor on, without it. It is a signature over member and
time, so that it is stored nowhere.
"""

import base64
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from jangteo.kit.errors import Invalid
from jangteo.kit.privacy import Vault

PROOF = "identity.proof"
LIFE = timedelta(minutes=5)
_TIME_BYTES, _SEAL_BYTES = 8, 32


class ProofInvalid(Invalid):
    """Not given out here to this member, or too long ago."""

    code = "proof.invalid"
    ko = "본인 확인이 유효하지 않거나 만료되었습니다. 다시 확인해 주세요."
    en = "This proof of who you are does not hold, or has expired. Please prove it again."


class Proof(NamedTuple):
    """What `Proofs.give` returned."""

    token: str


# What says that it is the member who asks.
Evidence: TypeAlias = str | Proof


class Proofs:
    """Gives and checks proofs."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def give(self, tenant: str, member: UUID, now: datetime) -> str:
        """Return a proof for a member who has just logged in at a provider."""
        until = int((now + LIFE).timestamp())
        seal = await self._vault.sign(tenant, PROOF, _signed(member, until))
        return base64.urlsafe_b64encode(until.to_bytes(_TIME_BYTES) + seal).rstrip(b"=").decode()

    async def check(self, tenant: str, member: UUID, proof: Proof, now: datetime) -> None:
        """Raise ProofInvalid unless `proof` is this member's and still holds."""
        try:
            raw = base64.b64decode(proof.token + "=" * (-len(proof.token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise ProofInvalid(field="proof") from None
        until = int.from_bytes(raw[:_TIME_BYTES])
        if len(raw) != _TIME_BYTES + _SEAL_BYTES or until <= now.timestamp():
            raise ProofInvalid(field="proof")
        if not await self._vault.is_signed(tenant, PROOF, _signed(member, until), raw[_TIME_BYTES:]):
            raise ProofInvalid(field="proof")


def _signed(member: UUID, until: int) -> str:
    return f"{member}:{until}"
