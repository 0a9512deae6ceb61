"""The tree of categories: added, renamed, moved. Each has a form of its own, on one page."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.office.goods.told import AREA, MANAGE, Categories, Category
from jangteo.web.problem import NotThere, Problem
from jangteo.web.visit import Visit

PATH = "/office/categories"
SOURCE = "/v1/catalogue/categories"
FIELDS = ("name_ko", "name_en", "parent", "position")


@get(PATH, include_in_schema=False)
async def show_tree(visit: VisitOf) -> Response[bytes]:
    """Show the tree, and a form for a new one."""
    visit.require(MANAGE)
    return await _tree_page(visit, Form.filled(position=0))


@post(PATH, include_in_schema=False)
async def add(visit: VisitOf) -> Response[bytes]:
    """Add a category."""
    visit.require(MANAGE)
    form = visit.form
    try:
        await visit.mall.post("/v1/categories", {"slug": form.text("slug"), **_body(form)}, Category)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        form.refuse(problem)
        return await _tree_page(visit, form, status=422)
    visit.flash("good", visit.t("goods.categories.added"))
    return visit.redirect(PATH)


@get(f"{PATH}/{{slug:str}}", include_in_schema=False)
async def show(slug: FromPath[str], visit: VisitOf) -> Response[bytes]:
    """Show a category as it was written."""
    visit.require(MANAGE)
    tree = await visit.mall.get(SOURCE, Categories)
    found = next((one for one in tree.items if one.slug == slug), None)
    if found is None:
        raise NotThere()
    return await _page(visit, tree, found, _filled(found))


@post(f"{PATH}/{{slug:str}}", include_in_schema=False)
async def edit(slug: FromPath[str], visit: VisitOf) -> Response[bytes]:
    """Rename or move a category, if it is still as it was when the form was shown."""
    visit.require(MANAGE)
    form = visit.form
    try:
        await visit.mall.put(
            f"/v1/categories/{slug}", _body(form), Category, version=f'"{form.number("version") or 0}"'
        )
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        form.refuse(problem)
        tree = await visit.mall.get(SOURCE, Categories)
        found = next((one for one in tree.items if one.slug == slug), None)
        if found is None:
            raise NotThere() from None
        stale = None
        if problem.code == "category.edited":
            found = msgspec.convert(problem.params["current"], Category)
            stale = _differences(form, _filled(found))
        return await _page(visit, tree, found, form, status=problem.status, stale=stale)
    visit.flash("good", visit.t("goods.categories.saved"))
    return visit.redirect(PATH)


def _body(form: Form) -> dict[str, object]:
    position = form.number("position")
    return {
        "name_ko": form.text("name_ko"),
        "name_en": form.text("name_en"),
        "parent": form.text("parent") or None,
        "position": position if position is not None else form.text("position") or 0,
    }


def _filled(category: Category) -> Form:
    return Form.filled(**{name: getattr(category, name) for name in FIELDS})


def _differences(mine: Form, theirs: Form) -> list[tuple[str, str, str]]:
    pairs = ((name, mine.text(name), theirs.text(name)) for name in FIELDS)
    return [(name, own, other) for name, own, other in pairs if own != other]


async def _tree_page(visit: Visit, form: Form, status: int = 200) -> Response[bytes]:
    tree = await visit.mall.get(SOURCE, Categories)
    parents = [("", visit.t("goods.categories.top")), *tree.choices(visit.language)]
    template = "office/goods/categories.html"
    return await office_page(
        visit, template, area=AREA, needs=(MANAGE,), status=status, form=form, tree=list(tree.tree()), parents=parents
    )


async def _page(
    visit: Visit,
    tree: Categories,
    category: Category,
    form: Form,
    status: int = 200,
    stale: list[tuple[str, str, str]] | None = None,
) -> Response[bytes]:
    return await office_page(
        visit,
        "office/goods/category.html",
        area=AREA,
        needs=(MANAGE,),
        status=status,
        form=form,
        category=category,
        stale=stale,
        parents=[("", visit.t("goods.categories.top")), *tree.choices(visit.language)],
    )


ROUTES = [show_tree, add, show, edit]
