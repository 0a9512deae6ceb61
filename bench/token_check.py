"""What checking an access token costs a service: `python -m bench.token_check`, CPU time of this process alone.

Warm is a token that was checked before; new is one seen for the first time, whose signature must be verified.
"""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from jangteo.kit.auth import AUDIENCE, ISSUER, TokenVerifier
from jangteo.kit.superseded import Superseded, Versions

ROUNDS, TOKENS, CHECKS = 7, 300, 20_000
AIM_MICROSECONDS = 60
_PERMISSIONS = "orders.read orders.manage payments.read products.manage stock.manage"


def main() -> None:
    """Measure and print medians; exit with 1 where a warm check costs more than the aim."""
    warm, new = asyncio.run(measure(ROUNDS, TOKENS, CHECKS))
    print(f"a token checked before: {warm:.2f} µs CPU (aim: under {AIM_MICROSECONDS})")
    print(f"a token seen for the first time: {new:.0f} µs CPU")
    raise SystemExit(int(warm >= AIM_MICROSECONDS))


async def measure(rounds: int, tokens: int, checks: int) -> tuple[float, float]:
    """Return the microseconds of CPU of a warm check and of a first one: medians over `rounds`."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key())), "kid": "k", "alg": "RS256"}

    async def keys() -> dict[str, Any]:
        return {"keys": [public]}

    async def nobody() -> Versions:
        return {}

    warm, new = [], []
    for _ in range(rounds):
        verifier = TokenVerifier(keys, Superseded(nobody))
        await verifier.check()
        made = [_token(private) for _ in range(tokens)]
        new.append(await _microseconds(verifier.verify, made))
        warm.append(await _microseconds(verifier.verify, [made[number % tokens] for number in range(checks)]))
    return statistics.median(warm), statistics.median(new)


async def _microseconds(verify: Callable[[str], Awaitable[Any]], tokens: list[str]) -> float:
    began = time.process_time()
    for token in tokens:
        await verify(token)
    return (time.process_time() - began) / len(tokens) * 1e6


def _token(private: rsa.RSAPrivateKey) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(uuid.uuid4()),
        "tenant": "demo",
        "sid": str(uuid.uuid4()),
        "scope": _PERMISSIONS,
        "iat": now,
        "exp": now + 600,
    }
    return jwt.encode(claims, private, algorithm="RS256", headers={"kid": "k"})


if __name__ == "__main__":
    main()
