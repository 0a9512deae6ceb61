"""Whoever agreed to advertising is told so every two years, once, as long as they have not taken it back."""

from datetime import UTC, datetime, timedelta

import pytest

from jangteo.kit.clock import MovableClock
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.user.consent_notices import tell_of_consents
from jangteo.user.mails import Mails
from jangteo.user.store import Members

AGREED = {"terms": True, "privacy": True, "marketing_email": True}
YEAR = timedelta(days=365.25)


@pytest.fixture
async def later(settings):
    """Do the job after so much time, as another process would."""
    clock = MovableClock(datetime.now(UTC))
    async with open_database(settings.database_url, clock=clock) as database, open_vault(settings, database) as vault:
        Relay(database, None, source="user")  # not started: the service's own finds what is to be sent

        async def run(span):
            clock.advance(span.total_seconds())
            return await tell_of_consents(database, Mails(vault, Members(vault)))

        yield run


@pytest.fixture
def notices(database):
    async def read(someone):
        async with database.read(someone.tenant) as reader:
            sql = "SELECT n.round, c.purpose FROM consent_notices n JOIN consents c ON c.id = n.consent_id"
            rows = await reader.fetch(f"{sql} WHERE n.member_id = $1::uuid ORDER BY 1, 2", someone.profile["id"])
            return [tuple(row) for row in rows]

    return read


async def test_whoever_agreed_is_told_before_two_years_are_over_and_every_two_years_after(
    member, later, notices, letters
):
    one, other = await member(consents=AGREED), await member()
    said = {"granted": True, "text_version": "2025-01"}
    assert (await one.call("PUT", "/v1/members/me/consents/night_advertising", said)).status_code == 200
    await later(2 * YEAR - timedelta(days=40))
    assert await notices(one) == []
    await later(timedelta(days=15))
    both = [(1, "marketing_email"), (1, "night_advertising")]
    assert await notices(one) == both
    (letter,) = await letters(one, "advertising_consent")
    assert set(letter["parameters"]) == {"marketing_email", "night_advertising", "expires_at"}
    # Told once; who agreed to nothing is told nothing.
    await later(timedelta(days=200))
    assert (await notices(one), await notices(other)) == (both, [])
    await later(2 * YEAR - timedelta(days=190))
    assert await notices(one) == [*both, (2, "marketing_email"), (2, "night_advertising")]


async def test_who_took_it_back_is_not_told_and_who_agrees_anew_is_counted_anew(member, later, notices):
    back, anew = await member(consents=AGREED), await member(consents=AGREED)
    path = "/v1/members/me/consents/marketing_email"
    for one in (back, anew):
        assert (await one.call("PUT", path, {"granted": False})).status_code == 200
    assert (await anew.call("PUT", path, {"granted": True, "text_version": "2025-01"})).status_code == 200
    await later(2 * YEAR)
    assert (await notices(back), await notices(anew)) == ([], [(1, "marketing_email")])


async def test_years_of_standing_still_are_made_up_for_by_one_notice(member, later, notices):
    one = await member(consents=AGREED)
    await later(5 * YEAR)
    assert await notices(one) == [(2, "marketing_email")]
