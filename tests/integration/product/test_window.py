"""The shop window over HTTP: lists, pages, search, in both languages, cached by whoever likes."""

import httpx
import pytest

from jangteo.product.catalogue.rendering import MEDIA_PATH


@pytest.fixture
def window(caller, demo_shop):
    return caller(tenant=demo_shop)


@pytest.fixture
def english(caller, demo_shop):
    return caller(tenant=demo_shop, language="en")


async def test_the_category_tree_is_told_in_the_callers_language(window, english):
    tree = (await window.get("/v1/categories"))["items"]
    assert len(tree) == 12
    assert all(top["children"] for top in tree)
    names = {top["slug"]: top["name"] for top in tree}
    assert names["beauty"] == "뷰티"
    assert {top["slug"]: top["name"] for top in (await english.get("/v1/categories"))["items"]}["beauty"] == "Beauty"


async def test_a_category_lists_what_lies_in_it_and_inside_it(window):
    inside = (await window.get("/v1/products", category="digital", size=60))["total"]
    parts = [
        (await window.get("/v1/products", category=part))["total"]
        for part in ("audio", "speakers", "wearables", "pc-accessories")
    ]
    assert inside == sum(parts) > 20


async def test_pages_follow_each_other_to_the_end(window):
    seen, cursor = [], ""
    while cursor is not None:
        page = await window.get("/v1/products", sort="newest", size=60, **({"cursor": cursor} if cursor else {}))
        seen += [card["id"] for card in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == page["total"] == 330


async def test_a_card_leads_to_its_page_by_id_and_by_slug(window, english):
    card = (await window.get("/v1/products", size=1))["items"][0]
    by_id = await window.get(f"/v1/products/{card['id']}")
    assert by_id == await window.get(f"/v1/products/{card['slug']}")
    assert {name: by_id[name] for name in card} == card
    assert by_id["variants"]
    assert by_id["description"]
    assert by_id["breadcrumbs"][-1]["code"] == card["category"]
    assert (await english.get(f"/v1/products/{card['id']}"))["name"].isascii()


async def test_pictures_are_served_for_ever_and_cannot_run_scripts(window):
    card = (await window.get("/v1/products", size=1))["items"][0]
    assert card["picture"].startswith(MEDIA_PATH)
    answer = await window.call("GET", card["picture"])
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "immutable" in answer.headers["cache-control"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.content.startswith(b"<svg")
    again = await window.call("GET", card["picture"], If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    for name in ("nothing.svg", "..%2f..%2fetc%2fpasswd", "x" * 500):
        assert (await window.call("GET", MEDIA_PATH + name)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/v1/categories", "/v1/products?size=3", "/v1/search?q=이어폰", "/v1/search/suggestions?q=무선"]
)
async def test_an_answer_that_has_not_changed_is_not_sent_again(window, english, path):
    first = await window.call("GET", path)
    assert "max-age" in first.headers["cache-control"]
    assert "Accept-Language" in first.headers["vary"]
    for _ in range(2):  # the second time it comes from memory
        again = await window.call("GET", path, If_None_Match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    assert (await english.call("GET", path, If_None_Match=first.headers["etag"])).status_code == 200


async def test_search_tells_counts_and_filters_by_them(window):
    found = await window.get("/v1/search", q="티셔츠")
    assert found["how"] == "exact"
    colours = next(group for group in found["facets"]["attributes"] if group["code"] == "colour")
    assert colours["name"] == "색상"
    black = next(value for value in colours["values"] if value["code"] == "black")
    narrowed = await window.get("/v1/search", q="티셔츠", filter="colour:black")
    assert narrowed["total"] == black["count"]
    same = next(group for group in narrowed["facets"]["attributes"] if group["code"] == "colour")
    assert same["values"] == colours["values"]
    wider = await window.get("/v1/search", q="티셔츠", filter=["colour:black", "colour:navy"])
    assert wider["total"] >= narrowed["total"]


async def test_search_says_what_it_read(window):
    found = await window.get("/v1/search", q="블루트스 스피커")
    assert (found["how"], found["corrected_to"]) == ("corrected", "블루투스 스피커")
    assert found["items"]
    nothing = await window.get("/v1/search", q="양자컴퓨터")
    assert (nothing["how"], nothing["items"], nothing["total"]) == ("nothing", [], 0)


@pytest.mark.parametrize("typed", ["\x00", "a\x00b", ".*", "(", "ㄱㄱ.*", "\ufffe", "🙂"])
async def test_no_typing_breaks_search_or_suggestions(window, typed):
    await window.get("/v1/search", q=typed)
    await window.get("/v1/search/suggestions", q=typed)


async def test_suggestions_complete_half_a_syllable_and_show_products(window):
    found = await window.get("/v1/search/suggestions", q="무ㅅ")
    assert found["words"][0] == "무선"
    assert all("무선" in card["name"] for card in found["products"])


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/products?size=0", 422, "size"),
        ("/v1/products?size=61", 422, "size"),
        ("/v1/products?size=x", 422, "size"),
        ("/v1/products?min_price=-1", 422, "min_price"),
        ("/v1/products?max_price=99999999999999999999", 422, "max_price"),
        ("/v1/products?min_price=2&max_price=1", 422, "min_price"),
        ("/v1/search?q=a&min_price=2&max_price=1", 422, "min_price"),
        ("/v1/products?cursor=zzz", 422, "cursor"),
        ("/v1/products?category=no-such-thing", 404, "category"),
        ("/v1/products?category=No%20Such", 422, "category"),
        ("/v1/products?filter=colour", 422, "filter"),
        ("/v1/products?sort=random", 422, "sort"),
        ("/v1/search", 422, "q"),
        ("/v1/search?q=%20%20", 422, "q"),
        ("/v1/search?q=" + "가" * 101, 422, "q"),
        ("/v1/search/suggestions", 422, "q"),
        ("/v1/products/no-such-thing", 404, None),
        ("/v1/products/00000000-0000-7000-8000-000000000000", 404, None),
    ],
)
async def test_bad_questions_are_refused_by_their_field(window, path, status, field):
    answer = await window.call("GET", path)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    if field:
        assert problem["errors"][0]["field"] == field


async def test_the_document_of_the_service_names_every_route(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x.localhost") as http:
        assert (await http.get("/openapi.json")).status_code == 404  # no such shop
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        document = (await http.get("/openapi.json")).json()
    assert {"/v1/products", "/v1/search", "/v1/categories", "/media/{name}"} <= set(document["paths"])
    assert not [path for path in document["paths"] if path.startswith("/internal")]
    bodies = {
        path: set(document["paths"][path]["post"]["requestBody"]["content"])
        for path in ("/v1/catalogue/imports", "/v1/catalogue/pictures")
    }
    assert "text/csv" in bodies["/v1/catalogue/imports"]
    assert {"image/png", "image/jpeg", "image/webp"} <= bodies["/v1/catalogue/pictures"]
