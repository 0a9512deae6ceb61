"""Who may become a member by themselves: people of 14 and older (개인정보보호법 제22조의2).

Consent for a child below 14 is a guardian's to give, which a shop has to verify. The mall does not do that by itself:
it refuses, and says whom to ask. A birth date is looked at and not kept: less to know is less to lose.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from jangteo.kit.errors import Invalid

OLD_ENOUGH = 14
_SHOP_ZONE = ZoneInfo("Asia/Seoul")


class AgeMissing(Invalid):
    """Neither was it said that the person is 14 or older, nor when they were born."""

    code = "age.required"
    ko = "만 14세 이상인지 확인해 주세요. is_14_or_older 또는 birth_date 중 하나가 필요합니다."
    en = "Please state that you are 14 or older: is_14_or_older or birth_date is required, and not both."


class UnderAge(Invalid):
    """Too young to consent by themselves."""

    code = "age.under_14"
    ko = "만 14세 미만은 법정대리인의 동의가 필요하여 직접 가입할 수 없습니다. 보호자와 함께 고객센터에 문의해 주세요."
    en = "Below 14 a guardian has to consent, so you cannot sign up here. Please contact the shop with your guardian."


class BirthDateInvalid(Invalid):
    """Nobody alive was born on that day."""

    code = "birth_date.invalid"
    ko = "생년월일이 올바르지 않습니다."
    en = "This is not a date of birth."


def check_age(is_14_or_older: bool | None, birth_date: date | None, now: datetime) -> None:
    """Raise AgeMissing, UnderAge or BirthDateInvalid unless the person is old enough at `now`."""
    if (is_14_or_older is None) == (birth_date is None):
        raise AgeMissing()
    if birth_date is None:
        if not is_14_or_older:
            raise UnderAge()
        return
    today = now.astimezone(_SHOP_ZONE).date()
    years = full_years(birth_date, today)
    if not 0 <= years <= 130:
        raise BirthDateInvalid()
    if years < OLD_ENOUGH:
        raise UnderAge()


def full_years(born: date, today: date) -> int:
    """Return the age (만 나이); who was born on 29 February turns on 1 March of other years (민법 160조)."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
