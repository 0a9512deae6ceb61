"""Who runs each shop: what Korean law wants on every page of one (전자상거래법 §10, 정보통신망법)."""

from collections.abc import Mapping

import msgspec

from jangteo.kit.settings import SettingsError


class Company(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The seller; `mail_order_number` is the report as a mail-order business (통신판매업신고번호)."""

    shop: str
    name: str
    representative: str
    business_number: str
    mail_order_number: str
    address: str
    phone: str
    email: str
    hosting: str
    privacy_officer: str
    safety_service: str = ""  # 구매안전서비스(에스크로·보증보험) the shop has


DEMO = Company(
    shop="장터",
    name="주식회사 장터데모",
    representative="김사장",
    business_number="000-00-00000",
    mail_order_number="제0000-서울중구-00000호",
    address="서울특별시 중구 세종대로 00 (시험용 주소)",
    phone="02-0000-0000",
    email="help@jangteo.test",
    hosting="주식회사 장터데모",
    privacy_officer="이담당",
    safety_service="시험용 상점입니다. 실제 결제와 배송은 이루어지지 않습니다.",
)


def companies(text: str, tenants: tuple[str, ...], *, is_local: bool) -> Mapping[str, Company]:
    """Read `text`, JSON of a company by tenant. Raises SettingsError where a shop has none, but on a local mall."""
    try:
        found = msgspec.json.decode(text or "{}", type=dict[str, Company])
    except msgspec.DecodeError as error:
        raise SettingsError(f"JANGTEO_COMPANIES: {error}") from None
    missing = [tenant for tenant in tenants if tenant not in found]
    if missing and not is_local:
        raise SettingsError(f"JANGTEO_COMPANIES says nothing of {', '.join(missing)}")
    return {**found, **dict.fromkeys(missing, DEMO)}
