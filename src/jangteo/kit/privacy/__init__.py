"""Personal data at rest: the only piece of the mall that encrypts, and all that a service needs to know of it.

`open_vault(settings, database)` gives the Vault; `vault.py` shows which key protects what.
"""

from jangteo.kit.privacy.legal import Destroyed, LegalKey, LegalKeyDestroyed
from jangteo.kit.privacy.person import PersonErased, PersonKey
from jangteo.kit.privacy.providers import KeyProviderUnavailable, KeyUnknown
from jangteo.kit.privacy.settings import PrivateSettings
from jangteo.kit.privacy.tenant_keys import LEGAL, WRAP, for_index, for_mac
from jangteo.kit.privacy.vault import KEY_MEMORY_SECONDS, Claim, Vault, open_vault

__all__ = [
    "KEY_MEMORY_SECONDS",
    "LEGAL",
    "WRAP",
    "Claim",
    "Destroyed",
    "KeyProviderUnavailable",
    "KeyUnknown",
    "LegalKey",
    "LegalKeyDestroyed",
    "PersonErased",
    "PersonKey",
    "PrivateSettings",
    "Vault",
    "for_index",
    "for_mac",
    "open_vault",
]
