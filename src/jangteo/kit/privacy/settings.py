"""What every service that keeps personal data is told beside the rest."""

from jangteo.kit.settings import ServiceSettings


class PrivateSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of a service with a vault.

    `key_provider` says who holds the master key: `file:///path`, `env:NAME`, `vault://host:8200/transit/name` or
    `aws-kms:alias/name?region=…`. `former_key_provider` is the one before, while a shop moves from one to another.
    """

    database_url: str
    key_provider: str
    former_key_provider: str = ""
