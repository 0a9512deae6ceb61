"""Money: an integer of minor units with a currency, never a float."""

import msgspec

from jangteo.kit.errors import Invalid

# ISO 4217 minor unit exponents of the currencies the mall deals in.
MINOR_UNITS = {"KRW": 0, "JPY": 0, "USD": 2, "EUR": 2}


class UnknownCurrency(Invalid):
    """The currency is not one the mall deals in."""

    code = "money.unknown_currency"
    ko = "취급하지 않는 통화입니다: {currency}"
    en = "The currency {currency} is not dealt in."


class CurrencyMismatch(Invalid):
    """Two amounts of different currencies were mixed."""

    code = "money.currency_mismatch"
    ko = "통화가 서로 다릅니다: {left}, {right}"
    en = "The currencies differ: {left}, {right}."


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in minor units (KRW has none below the won) of one currency."""

    amount: int
    currency: str = "KRW"

    def __post_init__(self) -> None:
        if self.currency not in MINOR_UNITS:
            raise UnknownCurrency(currency=self.currency)

    def __add__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount * quantity, self.currency)

    def _require_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)


def included_vat(total: int) -> int:
    """Return the VAT inside a Korean price of `total` won: total − round(total / 1.1).

    Rate 10 % (부가가치세법 §30); the supply value is rounded half up, the VAT is what remains, so that
    supply and VAT sum to the price to the won.
    """
    supply = (total * 20 + 11) // 22
    return total - supply
