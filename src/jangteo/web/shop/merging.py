"""Brings a guest's cart into the member's and tells what came of it: nobody is surprised by what is in the cart."""

import msgspec

from jangteo.web.mall import CART, PIECES
from jangteo.web.problem import Problem
from jangteo.web.shop.basket import Basket, CutLine
from jangteo.web.visit import Visit


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/cart/merge."""

    cart: Basket
    cut: tuple[CutLine, ...] = ()


async def bring_along(visit: Visit) -> None:
    """Merge the guest's cart that the session still has, once; where that fails, the next look at the cart does it."""
    if visit.session.read(CART, str) is None:
        return
    guests = visit.session.read(PIECES, int) or 0
    try:
        merged = await visit.mall.post("/v1/cart/merge", {}, Merged)
    except Problem:
        return
    kept = guests - sum(line.asked - line.kept for line in merged.cut)
    if guests and (others := merged.cart.pieces - kept) > 0:
        visit.flash("note", visit.t("buy.merge.both", guests=guests, others=others))
    names = {line.sku: line.name for line in merged.cart.lines}
    for line in merged.cut:
        name = names.get(line.sku) or line.sku
        visit.flash("note", visit.t("buy.merge.cut", name=name, asked=line.asked, kept=line.kept))
