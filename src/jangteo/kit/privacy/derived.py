"""The tenant keys of shops from before tenant keys were random: derived from the master key, now version 1.

A database that had personal data when its table `tenant_keys` was made lists its tenants in `derived_tenants`. Their
first version of each key is derived once more, wrapped and stored; from then on the master key is not needed for it.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jangteo.kit.privacy.sealing import KEY_BYTES


def derive(master_key: bytes, tenant: str, use: str) -> bytes:
    """Return the key of `tenant` for `use` as it was derived from the master key (HKDF-SHA-256)."""
    # Signatures were made under the keys of blind indexes.
    named = use.replace("mac:", "index:", 1)
    info = b"jangteo:" + tenant.encode() + b":" + named.encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(master_key)
