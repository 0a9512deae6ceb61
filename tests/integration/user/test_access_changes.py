"""Turning the second factor on, renewing its codes and turning it off: each in the audit trail, and told by mail."""

FACTOR = "/v1/members/me/second-factor"
PASSWORD = "a decent passphrase"


async def test_each_change_of_the_second_factor_is_audited_and_told(enrolled, database, letters):
    one = await enrolled()
    renewed = await one.call("POST", f"{FACTOR}/recovery-codes", {"password": PASSWORD, "code": one.phone.code()})
    assert renewed.status_code == 201, renewed.text
    code = renewed.json()["recovery_codes"][0]
    refused = await one.call("POST", f"{FACTOR}/removal", {"password": PASSWORD, "code": one.phone.wrong()})
    assert refused.status_code == 422
    assert (await one.call("POST", f"{FACTOR}/removal", {"password": PASSWORD, "code": code})).status_code == 204
    async with database.read(one.tenant) as reader:
        sql = "SELECT action, actor, origin FROM audit_entries WHERE tenant = $1 ORDER BY number"
        entries = await reader.fetch(sql, one.tenant)
    actions = [entry["action"] for entry in entries]
    assert actions == ["second_factor.on", "second_factor.codes_renewed", "second_factor.off"]
    assert {entry["actor"] for entry in entries} == {f"member:{one.profile['id']}"}
    assert all(entry["origin"] and "203.0.113.7" not in entry["origin"] for entry in entries)
    assert len(await letters(one, "second_factor_changed", 3)) == 3
