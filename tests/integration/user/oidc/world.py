"""Somebody with an account at a provider, and the steps of a log-in by it."""

import uuid
from urllib.parse import parse_qs, urlsplit

BACK = "https://shop.example/back"
AGREED = {"terms": True, "privacy": True}


class Person:
    """Somebody with an account at the provider."""

    def __init__(self, outside, **told):
        self.sub, self.outside = uuid.uuid4().hex, outside
        self.email = f"{self.sub[:10]}@example.test"
        self.told = {"email": self.email, "email_verified": True, "name": "나길동", **told}

    async def agree(self, url):
        """Log in at the provider; return what it adds to the address of return."""
        await self.outside.put(f"/people/{self.sub}", json=self.told)
        answer = await self.outside.get(f"{url}&login_as={self.sub}")
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(BACK)
        said = parse_qs(urlsplit(answer.headers["location"]).query)
        return {"code": said["code"][0], "state": said["state"][0]}

    async def come_back(self, guest, name="google", **changed):
        """Go all the way and return the shop's answer."""
        begun = await begin(guest, name)
        said = await self.agree(begun["authorization_url"])
        return await complete(guest, name, {"login_token": begun["login_token"], **said, **changed})


async def begin(guest, name="google", redirect_uri=BACK):
    answer = await guest.call("POST", f"/v1/identity-providers/{name}/log-ins", {"redirect_uri": redirect_uri})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def complete(guest, name, body):
    return await guest.call("POST", f"/v1/identity-providers/{name}/log-ins/completion", body)


async def join(guest, someone, by="google", **more):
    """Become a member by a provider; return the session."""
    return await sign_up(guest, await newcomer(guest, someone, by), by, **more)


async def newcomer(guest, someone, by="google"):
    """Come from a provider as somebody new; return the token of the log-in, which waits for the consents."""
    begun = await begin(guest, by)
    said = await someone.agree(begun["authorization_url"])
    asked = await complete(guest, by, {"login_token": begun["login_token"], **said})
    assert (asked.status_code, asked.json()["needed"]) == (202, "consents"), asked.text
    return begun["login_token"]


async def sign_up(guest, login_token, by="google", **more):
    """Agree, and become a member; return the session."""
    body = {"login_token": login_token, "is_14_or_older": True, "consents": AGREED, **more}
    return await guest.call("POST", f"/v1/identity-providers/{by}/log-ins/sign-up", body)


def refused(answer):
    return (answer.status_code, answer.json()["code"]) == (401, "oidc.refused")
