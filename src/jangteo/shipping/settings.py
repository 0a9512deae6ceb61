"""What the shipping service is told at its start; times are in seconds."""

from jangteo.kit.privacy import PrivateSettings
from jangteo.kit.settings import AuditKey


class ShippingSettings(PrivateSettings, frozen=True, kw_only=True):
    """Settings of `shipping`.

    `work_seconds` is what one task may take, two calls of the carrier and one of the order service among it: so late
    is a task taken up whose process died. `poll_after` is how long a carrier may be silent before it is asked.
    `by_hand` names the shops, separated by commas, or `*`, whose staff hand parcels over themselves; no carrier is told
    of theirs. `sweep_every` is how soon the tasks of other processes are seen; own ones are taken up when they are due.
    """

    audit_key: AuditKey
    sandbox_url: str
    sandbox_secret_key: str
    sandbox_webhook_secret: str
    carrier: str = "sandbox"
    by_hand: str = ""
    carrier_timeout: float = 5.0
    work_seconds: float = 16.0
    sweep_every: float = 5.0
    poll_after: float = 60.0
    base_fee: int = 3_000
    free_over: int = 50_000
    jeju_surcharge: int = 3_000
    island_surcharge: int = 5_000
    heavy_fee_per_step: int = 2_000
    sender_name: str = "장터 물류센터"
    sender_phone: str = "+8225550100"
    sender_zip: str = "17383"
    sender_address: str = "경기도 이천시 마장면 덕평로 1"

    def ships_by_hand(self, tenant: str) -> bool:
        """Say whether a shop's staff send its parcels."""
        return not {"*", tenant}.isdisjoint(name.strip() for name in self.by_hand.split(","))
