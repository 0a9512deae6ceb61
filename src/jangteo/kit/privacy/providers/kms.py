"""Master keys in AWS KMS, by the SDK `boto3` (the extra `aws`): `aws-kms:KEY?region=REGION`.

KEY is a key's id, ARN or `alias/NAME`; credentials come the SDK's own ways. Older versions of a key stay with KMS,
which does not tell them: after its rotation `jangteo keys rewrap --everything` wraps again.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qsl, unquote

from jangteo.kit.privacy.providers.provider import KeyProviderUnavailable, KeyUnknown, Wrapped

_TIMEOUT_SECONDS = 5
_GONE = {"InvalidCiphertextException", "NotFoundException", "IncorrectKeyException"}


class KmsProvider:
    """Wraps by one key of KMS. The SDK blocks, so each call has a thread; there are few."""

    def __init__(self, client: Any, key: str) -> None:
        self._client = client
        self._name = key

    async def wrap(self, key: bytes, bound_to: bytes) -> Wrapped:
        """Wrap under the key. Raises KeyProviderUnavailable."""
        answer = await self._call("encrypt", KeyId=self._name, Plaintext=key, EncryptionContext=_context(bound_to))
        return Wrapped(f"aws-kms:{answer['KeyId']}", 0, answer["CiphertextBlob"])

    async def unwrap(self, wrapped: Wrapped, bound_to: bytes) -> bytes:
        """Return the key. Raises KeyUnknown, KeyProviderUnavailable."""
        answer = await self._call(
            "decrypt",
            KeyId=wrapped.provider_key.removeprefix("aws-kms:"),
            CiphertextBlob=wrapped.blob,
            EncryptionContext=_context(bound_to),
        )
        return bytes(answer["Plaintext"])

    async def newest(self) -> tuple[str, int]:
        """Return the ARN to which the name leads now, and 0. Raises KeyProviderUnavailable."""
        answer = await self._call("describe_key", KeyId=self._name)
        return f"aws-kms:{answer['KeyMetadata']['Arn']}", 0

    def owns(self, provider_key: str) -> bool:
        """Say whether a key of KMS wrapped it: an alias may have led to another one before."""
        return provider_key.startswith("aws-kms:")

    def first_master_key(self) -> bytes | None:
        """Return None: KMS does not give its keys away."""
        return None

    async def _call(self, what: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = await asyncio.to_thread(getattr(self._client, what), **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _GONE and what == "decrypt":
                raise KeyUnknown(key=f"{arguments['KeyId']}: {code}") from None
            raise KeyProviderUnavailable(reason=code) from None
        except BotoCoreError as error:
            raise KeyProviderUnavailable(reason=type(error).__name__) from None
        return answer


async def open_kms(address: str) -> KmsProvider:
    """Open `aws-kms:KEY?region=REGION`. Raises ValueError where it is of another form, or the SDK is missing."""
    name, _, query = address.partition(":")[2].partition("?")
    options = dict(parse_qsl(query))
    if not name or options.keys() - {"region", "endpoint"}:
        raise ValueError("aws-kms:KEY?region=REGION is expected")
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise ValueError("aws-kms needs the package boto3: pip install 'jangteo[aws]'") from None
    from botocore.exceptions import BotoCoreError

    config = Config(connect_timeout=_TIMEOUT_SECONDS, read_timeout=_TIMEOUT_SECONDS, retries={"max_attempts": 2})
    try:
        client = await asyncio.to_thread(
            boto3.client,
            "kms",
            region_name=options.get("region"),
            endpoint_url=options.get("endpoint"),
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise ValueError(str(error)) from None
    return KmsProvider(client, unquote(name))


def _context(bound_to: bytes) -> dict[str, str]:
    return {"jangteo": bound_to.decode()}
