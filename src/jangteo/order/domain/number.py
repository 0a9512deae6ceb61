"""Order numbers: short enough to be read out on the telephone, and not to be guessed from another one."""

from datetime import datetime
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
# No 0 O 1 I L U: what is misheard, misread or spells something.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LETTERS = 7
RANDOM_BYTES = 8


def order_number(now: datetime, random: bytes) -> str:
    """Return `YYYYMMDD-XXXXXXX`: the day in Seoul and 7 of 30 letters (2·10¹⁰ numbers a day) out of 8 random bytes."""
    value = int.from_bytes(random)
    letters = []
    for _ in range(RANDOM_LETTERS):
        value, index = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[index])
    return f"{now.astimezone(SEOUL):%Y%m%d}-{''.join(letters)}"
