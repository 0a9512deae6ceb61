"""Master keys in HashiCorp Vault, or OpenBao, by the transit secrets engine over its documented HTTP API.

`vault://host:8200/MOUNT/KEY` with, as a query, `token_file=` (as a Vault agent keeps it; read anew for each call) or
`role_id=&secret_id_file=` (AppRole), `namespace=`, `ca_file=`. Without them the token is VAULT_TOKEN of the
environment. `vault+http://` is for an agent on the same machine.
"""

import asyncio
import base64
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from jangteo.kit.privacy.providers.provider import KeyProviderUnavailable, KeyUnknown, Wrapped

_TIMEOUT = aiohttp.ClientTimeout(total=5.0)
_OPTIONS = {"token_file", "role_id", "secret_id_file", "namespace", "ca_file"}
_FORM = "vault://host:8200/MOUNT/KEY is expected"


class TransitProvider:
    """Wraps by one named key of a transit engine; Vault keeps the key and its versions."""

    def __init__(
        self, session: aiohttp.ClientSession, api: str, mount: str, name: str, options: dict[str, str]
    ) -> None:
        """`api` is the server's address and ends with `/v1`."""
        self._session = session
        self._api = api
        self._path = (mount, name)
        self._options = options
        self._token = ""

    @property
    def _key(self) -> str:
        return "vault:" + "/".join(self._path)

    async def wrap(self, key: bytes, bound_to: bytes) -> Wrapped:
        """Wrap under the newest version. Raises KeyProviderUnavailable."""
        answer = await self._call("POST", "encrypt", {"plaintext": _text(key), "associated_data": _text(bound_to)})
        # vault:v<version>:<ciphertext>
        ciphertext: str = answer["ciphertext"]
        return Wrapped(self._key, int(ciphertext.split(":")[1].removeprefix("v")), ciphertext.encode())

    async def unwrap(self, wrapped: Wrapped, bound_to: bytes) -> bytes:
        """Return the key. Raises KeyUnknown, KeyProviderUnavailable."""
        sent = {"ciphertext": wrapped.blob.decode(), "associated_data": _text(bound_to)}
        return base64.b64decode((await self._call("POST", "decrypt", sent))["plaintext"])

    async def newest(self) -> tuple[str, int]:
        """Return key and version. Raises KeyProviderUnavailable."""
        return self._key, int((await self._call("GET", "keys", None))["latest_version"])

    def owns(self, provider_key: str) -> bool:
        """Say whether this engine's key wrapped it."""
        return provider_key == self._key

    def first_master_key(self) -> bytes | None:
        """Return None: Vault does not give its keys away."""
        return None

    async def _call(self, method: str, what: str, body: dict[str, str] | None) -> dict[str, Any]:
        mount, name = self._path
        for last in (False, True):
            token = await self._authenticated(renew=last)
            status, answer = await self._request(method, f"{mount}/{what}/{name}", token, body)
            if status == 200:
                return dict(answer["data"])
            # 403 is also a token that ran out: by AppRole, or from its file, there is a newer one.
            if status != 403 or last:
                break
        if status == 400 and what == "decrypt":
            raise KeyUnknown(key=f"{self._key}: {_errors(answer)}")
        raise KeyProviderUnavailable(status=status, reason=_errors(answer))

    async def _authenticated(self, *, renew: bool) -> str:
        if "token_file" in self._options:
            return _read(self._options["token_file"])
        if "role_id" not in self._options:
            return os.environ.get("VAULT_TOKEN", "")
        if renew or not self._token:
            sent = {"role_id": self._options["role_id"], "secret_id": _read(self._options["secret_id_file"])}
            status, answer = await self._request("POST", "auth/approle/login", "", sent)
            if status != 200:
                raise KeyProviderUnavailable(status=status, reason=_errors(answer))
            self._token = answer["auth"]["client_token"]
        return self._token

    async def _request(
        self, method: str, path: str, token: str, body: dict[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        headers = {"X-Vault-Token": token} if token else {}
        if "namespace" in self._options:
            headers["X-Vault-Namespace"] = self._options["namespace"]
        try:
            async with self._session.request(method, f"{self._api}/{path}", json=body, headers=headers) as response:
                answer = await response.json(content_type=None)
                return response.status, answer if isinstance(answer, dict) else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise KeyProviderUnavailable(reason=type(error).__name__) from error


@asynccontextmanager
async def open_transit(address: str) -> AsyncIterator[TransitProvider]:
    """Open `vault://…`; nothing is called yet. Raises ValueError where the address is of another form."""
    parts = urlsplit(address)
    path, options = parts.path.strip("/").rpartition("/"), dict(parse_qsl(parts.query))
    if not parts.hostname or not path[0] or not path[2]:
        raise ValueError(_FORM)
    if unknown := sorted(options.keys() - _OPTIONS):
        raise ValueError(f"{unknown[0]} is not known; known are {', '.join(sorted(_OPTIONS))}")
    if ("role_id" in options) != ("secret_id_file" in options):
        raise ValueError("role_id and secret_id_file belong together")
    scheme = "http" if parts.scheme == "vault+http" else "https"
    # The files are read once in vain, so that a wrong name is told at the start and not with the first purchase.
    tls: ssl.SSLContext | bool = True
    try:
        for name in options.keys() & {"token_file", "secret_id_file"}:
            await asyncio.to_thread(Path(options[name]).read_text)
        if "ca_file" in options:
            tls = await asyncio.to_thread(ssl.create_default_context, cafile=options["ca_file"])
    except OSError as error:
        raise ValueError(f"{error.filename or options.get('ca_file')} cannot be read: {error.strerror}") from None
    connector = aiohttp.TCPConnector(ssl=tls)
    async with aiohttp.ClientSession(timeout=_TIMEOUT, connector=connector) as session:
        yield TransitProvider(session, f"{scheme}://{parts.netloc}/v1", path[0], path[2], options)


def _read(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise KeyProviderUnavailable(reason=f"{file}: {error.strerror}") from error


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _errors(answer: dict[str, Any]) -> str:
    return "; ".join(str(error) for error in answer.get("errors") or ["no reason given"])
