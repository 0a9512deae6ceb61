"""The rules of refreshing, exhaustively: which use of which turn renews, repeats, refuses or revokes."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from jangteo.kit.ids import new_id
from jangteo.user.domain.permissions import ALL, BeyondOwn, require_own
from jangteo.user.domain.session import ANSWER_AGAIN_WITHIN, Session, Verdict, judge

NOW = datetime(2025, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def session(**changed):
    fields = {
        "id": new_id(),
        "member_id": new_id(),
        "turn": 5,
        "turned_at": NOW,
        "turned_by": None,
        "idle_until": NOW + DAY,
        "expires_at": NOW + DAY,
        "revoked": False,
        **changed,
    }
    return Session(**fields)


@pytest.mark.parametrize("turn", range(1, 8))
def test_only_the_current_turn_renews_and_any_other_revokes(turn):
    assert judge(session(), turn, None, NOW) is (Verdict.TURN if turn == 5 else Verdict.REVOKE)


@pytest.mark.parametrize(("key", "turned_by", "turn"), list(product([None, b"a"], [None, b"a", b"b"], [3, 4])))
def test_the_answer_is_repeated_for_the_last_turn_under_its_key_only(key, turned_by, turn):
    repeats = turn == 4 and key is not None and key == turned_by
    expected = Verdict.ANSWER_AGAIN if repeats else Verdict.REVOKE
    assert judge(session(turned_by=turned_by), turn, key, NOW) is expected


def test_the_answer_is_repeated_for_a_minute():
    old = session(turned_by=b"a")
    assert judge(old, 4, b"a", NOW + ANSWER_AGAIN_WITHIN) is Verdict.ANSWER_AGAIN
    assert judge(old, 4, b"a", NOW + ANSWER_AGAIN_WITHIN + timedelta(seconds=1)) is Verdict.REVOKE


@pytest.mark.parametrize("turn", [3, 4, 5])
@pytest.mark.parametrize(
    "over", [{"revoked": True}, {"idle_until": NOW}, {"expires_at": NOW - DAY}], ids=["revoked", "idle", "expired"]
)
def test_a_session_that_is_over_renews_nothing(turn, over):
    assert judge(session(turned_by=b"a", **over), turn, b"a", NOW) is Verdict.REFUSE


def test_nobody_gives_what_they_lack():
    require_own(ALL, ALL)
    require_own(frozenset({"orders.read"}), frozenset())
    with pytest.raises(BeyondOwn) as raised:
        require_own(frozenset({"orders.read"}), frozenset({"orders.read", "stock.manage", "orders.manage"}))
    assert raised.value.params == {"permissions": "orders.manage, stock.manage"}
