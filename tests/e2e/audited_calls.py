"""One call that succeeds for each route that asks staff for a permission: the audit trail must know of it."""

import base64

WHY = {"reason": "=HYPERLINK(1) 고객이 전화로 요청"}
CATEGORY = {"slug": "{new}", "name_ko": "감사", "name_en": "Audited"}
PRODUCT = {
    "name_ko": "감사 상품",
    "name_en": "Audited",
    "category": "{category}",
    "variants": [{"sku": "{new_sku}", "price": 1000}],
}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGUlEQVR42mNkZGJmIAUwMZAIRjWMahg6GgBGYgAmOSrK0wAAAABJRU5ErkJggg=="
)
GRADE = {"code": "plain", "name_ko": "기본", "name_en": "Plain", "threshold": 0}
# What staff may do unnoticed, and why: the progress of an import that one began oneself is about nobody, and is asked
# for every few seconds; its beginning has an entry, and so has another's look at it.
UNNOTED = frozenset({"GET /v1/catalogue/imports/{id}"})
# For each route that asks for a permission: a call of it that succeeds, and whether it is about a person.
CALLS = {
    "GET /v1/orders": ("/v1/orders?member_id={member}", None, True),
    "GET /v1/orders/{id}": ("/v1/orders/{order}", None, True),
    "GET /v1/orders/{id}/events": ("/v1/orders/{order}/events", None, True),
    "POST /v1/orders/{id}/cancellation": ("/v1/orders/{unpaid}/cancellation", {"reason": "재고 파손"}, True),
    "POST /v1/orders/{id}/address-disclosure": ("/v1/orders/{order}/address-disclosure", WHY, True),
    "GET /v1/payments": ("/v1/payments?order_id={order}", None, True),
    "GET /v1/payments/{id}": ("/v1/payments/{payment}", None, True),
    "GET /v1/payments/{id}/ledger": ("/v1/payments/{payment}/ledger", None, True),
    "POST /v1/payments/{id}/refunds": ("/v1/payments/{payment}/refunds", {"amount": 100, "reason": "흠집"}, True),
    "GET /v1/shipments": ("/v1/shipments?order_id={order}", None, True),
    "GET /v1/shipments/{id}": ("/v1/shipments/{shipment}", None, True),
    "POST /v1/shipments/{id}/address-disclosure": ("/v1/shipments/{shipment}/address-disclosure", WHY, True),
    "POST /v1/orders/{id}/refunds": ("/v1/orders/{order}/refunds", {"amount": 50, "reason": "흠집"}, True),
    "GET /v1/staff/orders": ("/v1/staff/orders?member_id={member}", None, True),
    "GET /v1/staff/order-statistics": ("/v1/staff/order-statistics", None, False),
    "POST /v1/shipments/{id}/parcels": (
        "/v1/shipments/{sent_by_hand}/parcels",
        {"courier": "cj", "tracking_number": "654321009876"},
        True,
    ),
    "POST /v1/shipments/{id}/delivery": ("/v1/shipments/{sent_by_hand}/delivery", {}, True),
    "GET /v1/permissions": ("/v1/permissions", None, False),
    "GET /v1/roles": ("/v1/roles", None, False),
    "POST /v1/roles": ("/v1/roles", {"name": "{new}", "permissions": []}, False),
    "PUT /v1/roles/{name}": ("/v1/roles/{new}", {"permissions": ["orders.read"]}, False),
    "DELETE /v1/roles/{name}": ("/v1/roles/{new}", None, False),
    "GET /v1/members/{id}/roles": ("/v1/members/{member}/roles", None, True),
    "PUT /v1/members/{id}/roles": ("/v1/members/{member}/roles", {"roles": []}, True),
    "GET /v1/members": ("/v1/members", None, False),
    "POST /v1/members/search": ("/v1/members/search", {"email": "{email}"}, True),
    "GET /v1/members/{id}/profile": ("/v1/members/{member}/profile", None, True),
    "POST /v1/members/{id}/profile-disclosure": ("/v1/members/{member}/profile-disclosure", WHY, True),
    "GET /v1/members/{id}/access-log": ("/v1/members/{member}/access-log", None, True),
    "POST /v1/members/{id}/access-log-disclosure": ("/v1/members/{member}/access-log-disclosure", WHY, True),
    "POST /v1/consent-texts": (
        "/v1/consent-texts",
        {
            **{"purpose": "night_advertising", "version": "{new}"},
            **{"ko": {"title": "야간", "body": "야간"}, "en": {"title": "Night", "body": "Night"}},
        },
        False,
    ),
    "GET /v1/withdrawals/{id}": ("/v1/withdrawals/{withdrawal}", None, True),
    "POST /v1/legal-records/search": (
        "/v1/legal-records/search",
        {"service": "order", "purpose": "contract_payment", "reason": "asked by the court"},
        False,
    ),
    "GET /v1/messages": ("/v1/messages?member_id={member}", None, True),
    "GET /v1/messages/{id}": ("/v1/messages/{message}", None, True),
    "GET /v1/system/services": ("/v1/system/services", None, False),
    "GET /v1/system/queues": ("/v1/system/queues", None, False),
    "GET /v1/system/queues/{group}/parked": ("/v1/system/queues/order/parked", None, False),
    "POST /v1/system/queues/{group}/replays": ("/v1/system/queues/order/replays", {}, False),
    "POST /v1/system/queues/{group}/discards": (
        "/v1/system/queues/order/discards",
        {"ids": ["00000000-0000-7000-8000-000000000000"], "reason": "asked for by nobody"},
        False,
    ),
    "PUT /v1/member-grades": ("/v1/member-grades", {"items": [GRADE], "span_days": 30}, False),
    "POST /v1/categories": ("/v1/categories", CATEGORY, False),
    "PUT /v1/categories/{id}": ("/v1/categories/{new}", {"name_ko": "감사함", "name_en": "Audited"}, False),
    "POST /v1/products": ("/v1/products", PRODUCT, False),
    "PUT /v1/products/{id}": ("/v1/products/{new_product}", PRODUCT, False),
    "POST /v1/products/{id}/archive": ("/v1/products/{new_product}/archive", None, False),
    "GET /v1/products/{id}/stock-movements": ("/v1/products/{product}/stock-movements", None, False),
    "POST /v1/products/{id}/stock-movements": (
        "/v1/products/{product}/stock-movements",
        {"sku": "{sku}", "delta": 1, "reason": "incoming", "reference": "audit"},
        False,
    ),
    "GET /v1/catalogue/low-stock": ("/v1/catalogue/low-stock", None, False),
    "GET /v1/catalogue/products": ("/v1/catalogue/products?q=x", None, False),
    "GET /v1/catalogue/products/{id}": ("/v1/catalogue/products/{product}", None, False),
    "GET /v1/catalogue/categories": ("/v1/catalogue/categories", None, False),
    "GET /v1/catalogue/export": ("/v1/catalogue/export", None, False),
    "POST /v1/catalogue/imports": ("/v1/catalogue/imports", b"product,sku\nno-price,NO-PRICE", False),
    "GET /v1/catalogue/imports": ("/v1/catalogue/imports", None, False),
    "GET /v1/catalogue/imports/{id}": ("/v1/catalogue/imports/{import}", None, False),
    "GET /v1/catalogue/imports/{id}/errors": ("/v1/catalogue/imports/{import}/errors", None, False),
    "POST /v1/catalogue/pictures": ("/v1/catalogue/pictures", PICTURE, False),
}
# Only the other shop sends its parcels itself.
BY_HAND = ("POST /v1/shipments/{id}/parcels", "POST /v1/shipments/{id}/delivery")
