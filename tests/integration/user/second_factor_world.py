"""An authenticator app, as the tests of whatever asks for the second factor use it."""

import base64
import time
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

FACTOR = "/v1/members/me/second-factor"


class Phone:
    """An authenticator app: all it knows is the address it was shown."""

    def __init__(self, uri):
        said = parse_qs(urlsplit(uri).query)
        self.label = unquote(urlsplit(uri).path)
        self._totp = TOTP(base64.b32decode(said["secret"][0]), int(said["digits"][0]), SHA1(), int(said["period"][0]))

    def code(self, steps=0):
        """The code that is shown now, or will be so many steps from now."""
        return self._totp.generate(int(time.time()) + 30 * steps).decode()

    def wrong(self):
        shown = {self.code(steps) for steps in (-2, -1, 0, 1, 2)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in shown)


async def wait_a_step(database, someone):
    async with database.transaction(someone.tenant) as transaction:
        await transaction.execute(
            "UPDATE second_factors SET last_step = last_step - 3 WHERE member_id = $1", someone.profile["id"]
        )
