"""What the product service is told: where its documents, its stock and its index are."""

from jangteo.kit.settings import AuditKey, ServiceSettings


class ProductSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the product service; spans in the unit that the name ends in."""

    audit_key: AuditKey
    database_url: str
    mongodb_url: str
    state_dir: str
    expiry_sweep_seconds: float = 1.0
    publish_sweep_seconds: float = 5.0
    import_sweep_seconds: float = 0.5
    popularity_sweep_seconds: float = 60.0
    announce_sweep_seconds: float = 10.0
    # How many products the seeder makes for the demo shop; the benchmark asks for more.
    demo_products: int = 330
