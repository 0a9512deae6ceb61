"""When a refresh token may be used. It names its session and its turn, so that a spent one gives itself away.

                log in                 token of the current turn: turn + 1
    (nothing) ─────────▶ OPEN ───────────────────────────────────────▶ OPEN
                          │  log out, or a token of an earlier turn ──▶ REVOKED
                          └─ idle too long, or too old ───────────────▶ EXPIRED

Two uses of one token are theft, even in the same moment: the session ends, for the honest one as well. Only a client
that sent an `Idempotency-Key` with its refresh, and lost the answer, is given that answer again: within a minute,
under the same key, and while nobody has used the next token.
"""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

import msgspec

from jangteo.kit.errors import Unauthenticated

ANSWER_AGAIN_WITHIN = timedelta(seconds=60)


class RefreshInvalid(Unauthenticated):
    """The refresh token is forged, expired, revoked or spent: only logging in again helps."""

    code = "refresh_token.invalid"
    ko = "로그인이 만료되었습니다. 다시 로그인해 주세요."
    en = "The session is over. Please log in again."


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A log-in: the family of all refresh tokens that come out of it."""

    id: UUID
    member_id: UUID
    turn: int
    turned_at: datetime
    turned_by: bytes | None  # digest of the Idempotency-Key of the last refresh
    idle_until: datetime
    expires_at: datetime
    revoked: bool


class Verdict(Enum):
    """What becomes of a refresh."""

    TURN = "turn"
    ANSWER_AGAIN = "answer again"
    REFUSE = "refuse"
    REVOKE = "revoke"


def judge(session: Session, turn: int, key: bytes | None, now: datetime) -> Verdict:
    """Decide on a token of `turn` that was sent with the Idempotency-Key digest `key` at `now`."""
    if session.revoked or now >= min(session.idle_until, session.expires_at):
        return Verdict.REFUSE
    if turn == session.turn:
        return Verdict.TURN
    was_last = turn == session.turn - 1 and now - session.turned_at <= ANSWER_AGAIN_WITHIN
    if was_last and key is not None and key == session.turned_by:
        return Verdict.ANSWER_AGAIN
    return Verdict.REVOKE
