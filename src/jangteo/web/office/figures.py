"""What the dashboard shows: the shop's figures as the order service counts them, as tiles and charts."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from jangteo.web.office.charts import Chart, Value, chart, round_top
from jangteo.web.texts import Say, money, when


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a day, an hour or a period; amounts in won."""

    start: datetime
    placed: int
    placed_total: int
    paid: int
    sales: int
    refunded: int
    net_sales: int
    converted: int
    conversion: float | None
    cancelled: int
    rejected: int


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/staff/order-statistics."""

    step: str
    total: Figures
    items: list[Figures]


class Charts(NamedTuple):
    """The three pictures of a period."""

    sales: Chart
    orders: Chart
    conversion: Chart


class Tile(NamedTuple):
    """A figure of today beside that of yesterday; `text` and `before` as they are written."""

    key: str
    text: str
    before: str
    rises: bool | None


def tiles(today: Figures, yesterday: Figures, language: str) -> list[Tile]:
    """Return the tiles; whether a figure rises is told where both days have one."""

    def won(amount: int) -> str:
        return money(amount, language)

    return [
        _tile("orders", today.placed, yesterday.placed, str),
        _tile("sales", today.net_sales, yesterday.net_sales, won),
        _tile("conversion", today.conversion, yesterday.conversion, percent),
        _tile("given_back", today.refunded, yesterday.refunded, won),
    ]


def charts(statistics: Statistics, t: Say, language: str) -> Charts:
    """Return the charts of a period, by hour or by day."""
    items = statistics.items
    labels = [_label(one.start, statistics.step, language) for one in items]
    sales = [
        Value(label, one.net_sales, money(one.net_sales, language)) for label, one in zip(labels, items, strict=True)
    ]
    orders = [
        Value(label, one.placed, t("office_desk.count", count=one.placed))
        for label, one in zip(labels, items, strict=True)
    ]
    shares = [Value(label, one.conversion, percent(one.conversion)) for label, one in zip(labels, items, strict=True)]
    return Charts(
        sales=_counted(sales, lambda amount: _short(amount, language)),
        orders=_counted(orders, str),
        conversion=chart(shares, ["0%", "50%", "100%"], 1.0),
    )


def percent(share: float | None) -> str:
    """Return a share as it is written; a dash for none."""
    return "–" if share is None else f"{share * 100:.1f}%"


def _tile(key: str, now: float | None, before: float | None, write: Callable[..., str]) -> Tile:
    rises = None if now is None or before is None or now == before else now > before
    return Tile(key, write(now), write(before), rises)


def _counted(values: Sequence[Value], write: Callable[[int], str]) -> Chart:
    top = round_top([value.amount or 0 for value in values])
    return chart(values, [write(top * part // 4) for part in range(5)], top)


def _short(amount: int, language: str) -> str:
    """Return won as they fit beside a chart: 2.5만, 120만; 2.5K, 1.2M."""
    if language == "ko":
        return _tenths(amount, 10_000) + "만" if amount >= 10_000 else f"{amount:,}"
    if amount >= 1_000_000:
        return _tenths(amount, 1_000_000) + "M"
    return _tenths(amount, 1_000) + "K" if amount >= 1_000 else str(amount)


def _tenths(amount: int, unit: int) -> str:
    return f"{amount / unit:,.1f}".removesuffix(".0")


def _label(start: datetime, step: str, language: str) -> str:
    """Return what stands below a figure: 14시, 11/22."""
    if step == "hour":
        clock = when(start, language)[-5:]
        return f"{int(clock[:2])}시" if language == "ko" else clock
    return when(start, "ko", "day").partition("일")[0].replace("월 ", "/")
