"""How malls are set up that are measured, tested and broken: fast parcels, short waits, no limits on one client."""

QUICK = {
    "order": {"JANGTEO_PAYMENT_WINDOW": "20", "JANGTEO_ANSWER_SECONDS": "3"},
    "payment": {"JANGTEO_PROVIDER_TIMEOUT": "1"},
    "sandbox-pay": {"JANGTEO_TIMEOUT_DELAY": "2", "JANGTEO_WEBHOOK_LATE_DELAY": "4"},
    "sandbox-carrier": {"JANGTEO_SPEED": "0.3"},
    "gateway": {"JANGTEO_RATE_LIMIT_SCALE": "0"},
    "user": {"JANGTEO_BCRYPT_COST": "5", "JANGTEO_LOGIN_ATTEMPTS_PER_ADDRESS": "1000000"},
}
