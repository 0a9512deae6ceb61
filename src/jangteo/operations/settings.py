"""What the operations service is told: where its audit trail is, and which processes there should be."""

from jangteo.kit.settings import AuditKey, ServiceSettings


class OperationsSettings(ServiceSettings, frozen=True, kw_only=True):
    """`watched` are names parted by commas, each with `=` and an address behind it where it is not in the registry."""

    audit_key: AuditKey
    database_url: str
    watched: str = ""

    @property
    def watched_addresses(self) -> dict[str, str]:
        """Return the address of every watched service, empty where the registry has it."""
        parts = (part.strip().partition("=") for part in self.watched.split(","))
        return {name: address for name, _, address in parts if name}
