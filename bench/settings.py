"""How malls are set up that are measured, tested and broken."""

from msgspec.structs import fields

from jangteo.user.settings import UserSettings

# For tests and faults: fast parcels, short waits, no limits on one client, cheap passwords.
QUICK = {
    "order": {"JANGTEO_PAYMENT_WINDOW": "20", "JANGTEO_ANSWER_SECONDS": "3"},
    "payment": {"JANGTEO_PROVIDER_TIMEOUT": "1"},
    "sandbox-pay": {"JANGTEO_TIMEOUT_DELAY": "2", "JANGTEO_WEBHOOK_LATE_DELAY": "4"},
    "sandbox-carrier": {"JANGTEO_SPEED": "0.3"},
    "gateway": {"JANGTEO_RATE_LIMIT_SCALE": "0"},
    "user": {
        "JANGTEO_BCRYPT_COST": "5",
        "JANGTEO_LOGIN_ATTEMPTS_PER_ADDRESS": "1000000",
        "JANGTEO_WITHDRAWAL_CLOSING_SECONDS": "1",
        "JANGTEO_RIGHTS_SWEEP_SECONDS": "0.2",
    },
}

# For measurements: what `make up` starts, but for these. Each is told in the report, with its reason.
MEASURED = {
    "gateway": {"JANGTEO_RATE_LIMIT_SCALE": "0"},
    "user": {"JANGTEO_LOGIN_ATTEMPTS_PER_ADDRESS": "1000000"},
    "sandbox-carrier": {"JANGTEO_SPEED": "3600"},
}
DIFFERENCES = (
    "The gateway's rate limits are off (JANGTEO_RATE_LIMIT_SCALE=0): every buyer comes from one address.",
    "Log-ins from one address are not limited (JANGTEO_LOGIN_ATTEMPTS_PER_ADDRESS); those of one account are.",
    "Parcels take an hour a leg (JANGTEO_SPEED=3600): a checkout counts up to the announced parcel, not its journey.",
)


def bcrypt_cost() -> int:
    """Return the cost that a measured mall hashes passwords with: the one of production."""
    given = MEASURED["user"].get("JANGTEO_BCRYPT_COST")
    return int(given or next(field.default for field in fields(UserSettings) if field.name == "bcrypt_cost"))
