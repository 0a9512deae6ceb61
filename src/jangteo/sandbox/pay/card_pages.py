"""Pages on which a card holder types a card for one purchase: opened by the merchant, good for one token.

A page knows the amount that its reader was shown, so its token pays that amount, once, and nothing else.
"""

import secrets

import msgspec

from jangteo.sandbox.database import Database
from jangteo.sandbox.pay import commands
from jangteo.sandbox.pay.provider import Pay
from jangteo.sandbox.pay.schemas import NewCardPage, NewToken
from jangteo.sandbox.pay.settings import PaySettings
from jangteo.sandbox.problems import Refusal, Unknown

LASTS = 900.0


class ReturnNotAllowed(Refusal):
    """Card holders are led back to the shop's own pages only."""

    status = 422
    code = "return_url_not_allowed"
    detail = "The return address is not one of the shop's own."


class PageOver(Refusal):
    """The page was used, left, or open too long."""

    status = 409
    code = "card_page_over"
    detail = "The card page is not open any more."


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page; the fields are the columns of its table, in order. `token` is empty until a card was typed."""

    key: str
    reference: str
    amount: int
    currency: str
    return_url: str
    token: str = ""
    abandoned: bool = False
    spent: bool = False
    expires_at: float

    def is_open(self, now: float) -> bool:
        """Tell whether a card may still be typed."""
        return not self.token and not self.abandoned and now < self.expires_at


_COLUMNS = CardPage.__struct_fields__
_INSERT = f"INSERT INTO card_pages ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


def open_page(pay: Pay, new: NewCardPage) -> CardPage:
    """Open a page. Raises ReturnNotAllowed."""
    require_shop(pay.settings, new.return_url)
    page = CardPage(
        key=secrets.token_urlsafe(24),
        reference=new.reference,
        amount=new.amount,
        currency=new.currency,
        return_url=new.return_url,
        expires_at=pay.now() + LASTS,
    )
    pay.database.execute(_INSERT, *msgspec.structs.astuple(page))
    return page


def load(database: Database, key: str) -> CardPage:
    """Return a page. Raises Unknown."""
    row = database.row(f"SELECT {', '.join(_COLUMNS)} FROM card_pages WHERE key = ?", key)
    if row is None:
        raise Unknown
    return msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), CardPage, strict=False)


def type_card(pay: Pay, key: str, card: NewToken) -> CardPage:
    """Make the page's one token; pressed twice, the first token stands. Raises as `check_card`, Unknown, PageOver."""
    with pay.database.transaction():
        page = load(pay.database, key)
        if page.token and not page.spent:
            return page
        if not page.is_open(pay.now()):
            raise PageOver
        token = commands.make_token(pay, card).token
        pay.database.execute("UPDATE card_pages SET token = ? WHERE key = ?", token, key)
        return msgspec.structs.replace(page, token=token)


def leave(pay: Pay, key: str) -> CardPage:
    """Close a page without a card, at its reader's wish; one with a card stays as it is. Raises Unknown."""
    with pay.database.transaction():
        pay.database.execute("UPDATE card_pages SET abandoned = 1 WHERE key = ? AND token = ''", key)
        return load(pay.database, key)


def require_shop(settings: PaySettings, url: str) -> None:
    """Raise ReturnNotAllowed unless `url` leads to one of the shop's own origins."""
    if not settings.is_shop(url):
        raise ReturnNotAllowed(field="return_url")
