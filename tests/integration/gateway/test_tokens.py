"""The token check at the gateway: who is let through, who is not, and what they are told."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

PROBLEM = "application/problem+json"


async def test_a_public_route_asks_no_token_and_does_not_look_at_a_bad_one(mall):
    assert (await mall.get("/v1/products")).status == 200
    told = await mall.get("/v1/products", headers={"Authorization": "Bearer nonsense"})
    assert told.status == 200
    assert "authorization" not in told.json["headers"]


async def test_a_member_route_without_a_token_is_401_problem_in_korean(mall):
    told = await mall.get("/v1/orders")
    assert (told.status, told.headers["Content-Type"]) == (401, PROBLEM)
    assert told.json["code"] == "unauthenticated"
    assert told.json["detail"] == "로그인이 필요합니다."
    assert told.json["instance"] == "/v1/orders"
    assert told.json["trace_id"] == told.headers["x-request-id"]
    assert "Bearer" in told.headers["www-authenticate"]
    assert mall.upstreams["order"].seen == []


async def test_a_valid_token_reaches_the_service_which_checks_it_again(mall):
    told = await mall.get("/v1/orders", headers=mall.bearer())
    assert told.status == 200
    assert told.json["headers"]["authorization"].startswith("Bearer ey")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 120},
        {"iss": "somebody"},
        {"aud": "jangteo-internal"},
        {"nbf": int(time.time()) + 3600},
        {"exp": None},
    ],
    ids=["expired", "other issuer", "other audience", "not yet valid", "never ends"],
)
async def test_a_token_that_does_not_hold_is_refused(mall, claims):
    token = mall.keys.token(**claims)
    if claims == {"exp": None}:
        payload = {"iss": "jangteo", "aud": "jangteo", "sub": "m"}
        token = jwt.encode(payload, mall.keys.private["k1"], algorithm="RS256", headers={"kid": "k1"})
    told = await mall.get("/v1/orders", headers={"Authorization": f"Bearer {token}"})
    assert (told.status, told.json["code"]) == (401, "token.invalid")


async def test_an_expired_token_within_the_clock_skew_still_holds(mall):
    told = await mall.get("/v1/orders", headers=mall.bearer(exp=int(time.time()) - 5))
    assert told.status == 200


async def test_forged_tokens_are_refused(mall):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    payload = {"iss": "jangteo", "aud": "jangteo", "sub": "m", "exp": int(time.time()) + 60}
    forged = [
        jwt.encode(payload, stranger, algorithm="RS256", headers={"kid": "k1"}),
        jwt.encode(payload, "", algorithm="none"),
        jwt.encode(payload, "x" * 64, algorithm="HS256", headers={"kid": "k1"}),
        mall.keys.token()[:-8] + "AAAAAAAA",
    ]
    for token in forged:
        told = await mall.get("/v1/orders", headers={"Authorization": f"Bearer {token}"})
        assert (told.status, told.json["code"]) == (401, "token.invalid")


async def test_a_token_in_the_query_is_not_accepted(mall):
    assert (await mall.get(f"/v1/orders?access_token={mall.keys.token()}")).status == 401


async def test_a_cart_takes_guests_and_members_but_no_bad_token(mall):
    assert (await mall.get("/v1/cart")).status == 200
    assert (await mall.get("/v1/cart", headers=mall.bearer())).status == 200
    told = await mall.get("/v1/cart", headers=mall.bearer(exp=int(time.time()) - 3600))
    assert (told.status, told.json["code"]) == (401, "token.invalid")


async def test_the_problem_is_told_in_english_where_that_is_preferred(mall):
    for asked, language in {
        "en": "en",
        "en-US,en;q=0.9,ko;q=0.8": "en",
        "fr-FR, en;q=0.5": "en",
        "ko-KR,ko;q=0.9,en;q=0.8": "ko",
        "fr": "ko",
        "*": "ko",
    }.items():
        told = await mall.get("/v1/orders", headers={"Accept-Language": asked})
        assert told.headers["Content-Language"] == language, asked
        assert (told.json["detail"] == "Please log in.") == (language == "en")


async def test_a_new_key_is_taken_over_and_a_withdrawn_one_is_refused(mall, eventually):
    mall.keys.add("k2")

    async def status(kid: str) -> int:
        return (await mall.get("/v1/orders", headers=mall.bearer(kid))).status

    async def new_key_holds() -> bool:
        return await status("k2") == 200

    await eventually(new_key_holds, 40)
    assert await status("k1") == 200
    withdrawn = mall.keys.private.pop("k1")
    try:

        async def old_key_is_refused() -> bool:
            unseen = {"iss": "jangteo", "aud": "jangteo", "sub": str(time.time()), "exp": int(time.time()) + 600}
            token = jwt.encode(unseen, withdrawn, algorithm="RS256", headers={"kid": "k1"})
            return (await mall.get("/v1/orders", headers={"Authorization": f"Bearer {token}"})).status == 401

        await eventually(old_key_is_refused, 40)
    finally:
        mall.keys.private["k1"] = withdrawn
        await eventually(lambda: _is(status("k1"), 200), 40)


async def _is(told, wanted):
    return await told == wanted


async def test_known_keys_survive_an_outage_of_the_user_service(mall, eventually):
    refreshes = mall.upstreams["user"]
    refreshes.keys_down = True
    try:
        fresh = mall.keys.token(jti="outage")
        first = time.monotonic()

        async def longer_than_a_refresh() -> bool:
            assert (await mall.get("/v1/orders", headers={"Authorization": f"Bearer {fresh}"})).status == 200
            assert (await mall.get("/v1/orders", headers=mall.bearer(jti=str(time.time())))).status == 200
            return time.monotonic() - first > 4

        await eventually(longer_than_a_refresh, 30)
    finally:
        refreshes.keys_down = False


async def test_while_no_key_was_ever_fetched_the_answer_is_503_not_401(tmp_path, opening, mall, eventually):
    async with opening(tmp_path) as other:
        other.files.write_instances("user", [])
        await other.envoy.stop(0)
        await other.envoy.start()

        async def told_to_come_again() -> bool:
            try:
                told = await other.get("/v1/orders", headers=other.bearer())
            except OSError:
                return False
            return (told.status, told.json["code"]) == (503, "keys.unavailable")

        await eventually(told_to_come_again)
