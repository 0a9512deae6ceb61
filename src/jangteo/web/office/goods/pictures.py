"""A product's pictures: uploaded, put in order, described, taken away."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.goods.editing import product_at
from jangteo.web.office.goods.told import AREA, MANAGE, PATH, Product, Uploaded, tabs
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

MOST = 20
_TRIES = 3


@get(f"{PATH}/{{product:uuid}}/pictures", include_in_schema=False)
async def show(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Show a product's pictures in their order."""
    visit.require(MANAGE)
    found = await product_at(visit, product)
    return await _page(visit, found, _filled(found))


@post(f"{PATH}/{{product:uuid}}/pictures", include_in_schema=False)
async def arrange(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Put pictures in the order of their numbers, with what they show; those ticked are taken away."""
    visit.require(MANAGE)
    form, found = visit.form, await product_at(visit, product)
    body, places = found.sent(pictures=_arranged(form, found)), {}
    for to, picture in enumerate(body["pictures"]):
        places[f"pictures[{to}].alt.ko"] = f"ko-{picture['name']}"
        places[f"pictures[{to}].alt.en"] = f"en-{picture['name']}"
    try:
        await visit.mall.put(f"/v1/products/{product}", body, Product, version=f'"{form.number("version") or 0}"')
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        form.refuse(problem)
        form.errors = {places.get(path, path): message for path, message in problem.errors.items()}
        return await _page(visit, await product_at(visit, product), form, status=problem.status)
    visit.flash("good", visit.t("goods.pictures.saved"))
    return visit.redirect(f"{PATH}/{product}/pictures")


@post("/office/uploads/products/{product:uuid}/pictures", include_in_schema=False)
async def upload(product: FromPath[UUID], visit: VisitOf) -> Response[bytes]:
    """Take a picture in and put it behind the others."""
    visit.require(MANAGE)
    form, found = visit.form, await product_at(visit, product)
    file = form.files.get("file")
    content = await file.read() if file is not None else b""
    alt = {"ko": form.text("alt_ko") or found.name_ko, "en": form.text("alt_en") or found.name_en}
    try:
        headers = {"Content-Type": "application/octet-stream"}
        told = await visit.mall.call("POST", "/v1/catalogue/pictures", content, headers=headers)
        name = msgspec.json.decode(told.body, type=Uploaded).name
        await _add(visit, found, {"name": name, "alt": alt})
    except Problem as problem:
        if problem.status not in (409, 413, 422):
            raise
        form.refuse(problem)
        form.errors = {"file": problem.detail}
        return await _page(visit, found, form, status=422)
    visit.flash("good", visit.t("goods.pictures.added"))
    return visit.redirect(f"{PATH}/{product}/pictures")


async def _add(visit: Visit, product: Product, picture: dict[str, Any]) -> None:
    """Add a picture to whatever the product is by now: it takes nothing away from what somebody else wrote."""
    for attempt in range(_TRIES):
        if any(one.name == picture["name"] for one in product.pictures):
            return
        pictures = [*msgspec.to_builtins(product.pictures), picture][:MOST]
        try:
            version = f'"{product.version}"'
            await visit.mall.put(
                f"/v1/products/{product.id}", product.sent(pictures=pictures), Product, version=version
            )
            return
        except Problem as problem:
            if problem.code != "product.edited" or attempt == _TRIES - 1:
                raise
            product = msgspec.convert(problem.params["current"], Product)


def _filled(product: Product) -> Form:
    fields: dict[str, object] = {"version": product.version}
    for place, picture in enumerate(product.pictures, 1):
        fields |= {f"place-{picture.name}": place, f"ko-{picture.name}": picture.alt.ko}
        fields[f"en-{picture.name}"] = picture.alt.en
    return Form.filled(**fields)


def _arranged(form: Form, product: Product) -> list[dict[str, Any]]:
    """Return the pictures that stay, by their numbers; those of one number as they were."""
    kept = [picture for picture in product.pictures if not form.flag(f"drop-{picture.name}")]
    kept.sort(key=lambda picture: form.number(f"place-{picture.name}") or 0)
    return [
        {"name": one.name, "alt": {"ko": form.text(f"ko-{one.name}"), "en": form.text(f"en-{one.name}")}}
        for one in kept
    ]


async def _page(visit: Visit, product: Product, form: Form, status: int = 200) -> Response[bytes]:
    return await office_page(
        visit,
        "office/goods/pictures.html",
        area=AREA,
        needs=(MANAGE,),
        status=status,
        product=product,
        form=form,
        tab="pictures",
        tabs=tabs(product, visit.permissions),
        is_full=len(product.pictures) >= MOST,
    )


ROUTES = [show, arrange, upload]
