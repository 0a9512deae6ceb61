"""Who logs in by a provider only proves who they are by a fresh log-in there, in place of a password."""

from uuid import UUID

import pytest

from jangteo.kit.clock import MovableClock
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.user.proofs import LIFE, Proof, ProofInvalid, Proofs
from tests.integration.user.oidc.world import BACK, join

FACTOR = "/v1/members/me/second-factor"


@pytest.fixture
async def kim(guest, person):
    """A member who never chose a password, and their account at the provider."""
    someone, account = guest(), person()
    someone.session = (await join(someone, account)).json()
    someone.profile = someone.session["member"]
    return someone, account


async def proved(someone, account, name="google"):
    begun = (await someone.call("POST", f"/v1/members/me/identities/{name}", {"redirect_uri": BACK})).json()
    said = {"login_token": begun["login_token"], **await account.agree(begun["authorization_url"])}
    return await someone.call("POST", f"/v1/members/me/identities/{name}/proof", said)


async def test_a_fresh_log_in_turns_the_second_factor_on(kim):
    someone, account = kim
    refused = await someone.call("POST", FACTOR, {"password": "none was chosen"})
    assert refused.json()["code"] == "password.wrong"
    assert (await someone.call("POST", FACTOR, {})).json()["code"] == "password.wrong"
    answer = await proved(someone, account)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 300)
    assert (await someone.call("POST", FACTOR, {"proof": answer.json()["proof"]})).status_code == 201


async def test_a_proof_is_taken_where_one_leaves(kim, shop):
    someone, account = kim
    proof = (await proved(someone, account)).json()["proof"]
    # No neighbour answers here: what is told is that they do not, no longer that the password is wrong.
    asked = await someone.call("POST", "/v1/members/me/withdrawal", {"proof": proof})
    assert (asked.status_code, asked.json()["code"] != "proof.invalid") == (503, True)
    assert (await someone.call("POST", "/v1/members/me/withdrawal", {"proof": proof[:-4] + "AAAA"})).status_code == 422


async def test_anothers_account_proves_nothing_and_nobody_uses_anothers_proof(kim, guest, person):
    someone, account = kim
    other, theirs = guest(), person()
    other.session = (await join(other, theirs)).json()
    refused = await proved(someone, theirs)
    assert (refused.status_code, refused.json()["code"]) == (401, "oidc.refused")
    mine = (await proved(someone, account)).json()["proof"]
    answer = await other.call("POST", FACTOR, {"proof": mine})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "proof")
    for broken in ("x", mine[:-1], "A" * len(mine)):
        assert (await someone.call("POST", FACTOR, {"proof": broken})).json()["code"] == "proof.invalid"


async def test_a_proof_ends_after_five_minutes(settings, kim):
    member = UUID(kim[0].profile["id"])
    async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
        clock, proofs, tenant = MovableClock(database.clock.now()), Proofs(vault), kim[0].tenant
        proof = Proof(await proofs.give(tenant, member, clock.now()))
        clock.advance(LIFE.total_seconds() - 1)
        await proofs.check(tenant, member, proof, clock.now())
        clock.advance(1)
        with pytest.raises(ProofInvalid):
            await proofs.check(tenant, member, proof, clock.now())
