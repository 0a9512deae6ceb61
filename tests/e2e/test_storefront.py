"""The storefront as a browser without scripts sees it, on a whole mall: lists, a product, wishes, and closed doors."""

import asyncio
import gzip
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from surfing import Page, Surfer

CARD = re.compile(r'href="(/products/[^"]+)" class="card-link"')
LIST_BYTES = 150_000


@pytest.fixture
async def surfer(mall):
    """Makes visitors of the shop."""
    made = []

    def make(language="ko", **more):
        made.append(Surfer(mall.url, language, **more))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


async def find_product(visitor, wanted):
    """Return the page of a product with options of which some variant is as `wanted`, and that variant."""
    told = await visitor.http.get("/v1/products?category=fashion&size=30")
    for card in told.json()["items"]:
        product = (await visitor.http.get(f"/v1/products/{card['id']}")).json()
        for variant in product["variants"]:
            if variant["available"] == wanted:
                return product, variant
    raise AssertionError("no such product in the demo shop")


def chosen(variant):
    return "&".join(f"{code}={value}" for code, value in variant["choice"].items())


async def test_the_front_page_shows_real_merchandise_in_the_visitors_language(surfer):
    korean, english = surfer("ko"), surfer("en")
    assert (await korean.go("/")).status == 200
    assert korean.page.says("지금 많이 찾는 상품")
    assert re.search(r"[0-9]{1,3},000원|[0-9]{1,3},[0-9]00원", korean.page.text)
    await english.go("/")
    assert english.page.says("What people look for now")
    assert re.search(r"₩[0-9]{1,3},[0-9]00", english.page.text)
    assert len(set(CARD.findall(english.page.text))) >= 12
    assert english.page.h1
    for said in ("사업자등록번호", "통신판매업신고", "개인정보보호책임자"):
        assert korean.page.says(said)


async def test_a_visitor_switches_language_and_theme_and_stays_where_one_is(surfer):
    visitor = surfer("ko")
    await visitor.go("/categories/fashion?sort=newest")
    page = await visitor.fill("/preferences", language="en")
    assert page.path == "/categories/fashion?sort=newest"
    assert page.says("Newest")
    page = await visitor.fill("/preferences", theme="dark")
    assert 'data-theme="dark"' in page.text
    assert 'lang="en"' in page.text


async def test_every_state_of_a_list_has_an_address_that_shows_it_to_anybody(surfer):
    visitor, friend = surfer(), surfer()
    page = await visitor.go("/categories/fashion")
    brand = re.search(r'name="brand" value="([^"]+)"', page.text)[1]
    narrowed = await visitor.fill("/categories/fashion", brand=brand, in_stock="1")
    shown = CARD.findall(narrowed.text)
    assert 0 < len(shown) < 24
    assert CARD.findall((await friend.go(narrowed.path)).text) == shown
    (without,) = [
        link for link in narrowed.links if "in_stock=1" in link and "brand" not in link and "sort" not in link
    ]
    assert len(CARD.findall((await visitor.go(without)).text)) >= len(shown)


async def test_a_long_list_goes_on_without_a_script_and_is_light(surfer):
    visitor = surfer("ko")
    first = await visitor.go("/search?sort=newest")
    assert len(first.text.encode()) < LIST_BYTES
    (further,) = {link for link in first.links if "cursor=" in link}
    second = await visitor.go(further)
    assert len(CARD.findall(second.text)) == 24
    assert not set(CARD.findall(first.text)) & set(CARD.findall(second.text))


async def test_a_search_finds_corrects_suggests_and_says_when_there_is_nothing(surfer):
    visitor = surfer()
    page = await visitor.go("/search?q=원피스")
    assert page.h1 == "‘원피스’ 검색 결과"
    assert CARD.findall(page.text)
    page = await visitor.go("/search?q=%EC%9B%90%ED%94%BC%EC%8A%A4%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page.text
    assert (await visitor.go("/search?q=zzzqqqxxx")).says("찾으시는 상품이 없습니다")
    page = await visitor.go("/search?q=원피스&min_price=20000&max_price=10000")
    assert page.says("최저 가격이 최고 가격보다 높습니다")
    assert 'value="20000"' in page.text
    part = await visitor.http.get("/search/suggestions", params={"q": "원피"}, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<ul>")
    assert "원피스" in part.text


async def test_a_product_is_chosen_by_links_and_goes_into_the_cart(surfer):
    visitor = surfer()
    product, variant = await find_product(visitor, wanted=True)
    page = await visitor.go(f"/products/{product['slug']}")
    assert page.h1 == product["name"]
    assert page.says("옵션을 골라 주세요.")
    assert "sku" not in page.form("/cart/lines").fields
    page = await visitor.go(f"/products/{product['slug']}?{chosen(variant)}")
    assert page.form("/cart/lines").fields["sku"] == variant["sku"]
    assert page.says("도착 예정")
    assert page.says("배송비")
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text)[1])
    assert [one["@type"] for one in data] == ["Product", "BreadcrumbList"]
    assert data[0]["offers"]["price"] == variant["price"]
    assert f'rel="canonical" href="{visitor.base}/products/{product["slug"]}"' in page.text


async def test_what_is_sold_out_says_so_and_cannot_be_bought(surfer):
    visitor = surfer()
    product, variant = await find_product(visitor, wanted=False)
    page = await visitor.go(f"/products/{product['slug']}?{chosen(variant)}")
    assert page.says("품절")
    assert re.search(r'<button class="button buy-add"[^>]* disabled', page.text)


async def test_a_guests_wish_is_kept_and_taken_back(surfer):
    visitor = surfer()
    product, _ = await find_product(visitor, wanted=True)
    heart = f"/wishlist/{product['id']}"
    await visitor.go(f"/products/{product['slug']}")
    await visitor.fill(heart, wished="1")
    assert visitor.page.path == f"/products/{product['slug']}"
    assert 'aria-pressed="true"' in visitor.page.text
    assert (await visitor.go("/wishlist")).says(product["name"])
    assert (await visitor.fill(heart, wished="")).says("찜한 상품이 없습니다")


@pytest.mark.parametrize("path", ["/nope", "/products/nope", "/categories/nope", "/static/x/none.css/..%00"])
async def test_what_is_not_there_is_told_on_a_page(surfer, path):
    visitor = surfer("en")
    response = await visitor.http.get(path)
    assert response.status_code in (400, 404)
    if response.status_code == 404:
        assert Page(response).says("This page does not exist")


async def test_a_form_of_another_site_or_without_its_token_is_refused(surfer):
    visitor = surfer()
    await visitor.go("/")
    token = visitor.page.form("/preferences").fields["form_token"]
    fields = {"language": "en", "back": "/", "form_token": token}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        refused = await visitor.http.post("/preferences", data=fields, headers=headers)
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert (await visitor.http.post("/preferences", data={**fields, "form_token": "x"})).status_code == 403
    stranger = surfer()
    await stranger.go("/")
    assert (await stranger.http.post("/preferences", data=fields)).status_code == 403
    assert (await visitor.http.post("/preferences", data=fields)).status_code == 303


async def test_the_forms_of_two_first_pages_opened_at_once_both_hold(surfer):
    visitor, stranger = surfer(), surfer()
    pages = await asyncio.gather(*[visitor.http.get("/", headers={"Cookie": ""}) for _ in range(2)])
    tokens = [Page(answer).form("/preferences").fields["form_token"] for answer in pages]
    await stranger.go("/")
    for language, token in zip(("en", "ko"), tokens, strict=True):
        fields = {"language": language, "back": "/", "form_token": token}
        assert (await visitor.http.post("/preferences", data=fields)).status_code == 303
        assert (await stranger.http.post("/preferences", data=fields)).status_code == 403
        elsewhere = {"Origin": "https://evil.example"}
        assert (await visitor.http.post("/preferences", data=fields, headers=elsewhere)).status_code == 403


async def test_a_form_from_before_the_log_in_does_not_hold_after_it(surfer, mall):
    visitor = surfer()
    before = (await visitor.go("/login")).form("/preferences").fields["form_token"]
    account = next(one for one in mall.accounts() if one["tenant"] == "demo" and one["role"] == "buyer")
    await visitor.fill("/login", email=account["email"], password=account["password"])
    fields = {"language": "en", "back": "/", "form_token": before}
    assert (await visitor.http.post("/preferences", data=fields)).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/login", "/nope", "/account", "/sitemap.xml", "/robots.txt", "/manifest.webmanifest"]
)
async def test_head_answers_as_get_does_without_the_body(surfer, path):
    got, asked = [await surfer("en").http.request(method, path) for method in ("GET", "HEAD")]
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    for name in ("content-type", "cache-control", "content-language", "location"):
        assert asked.headers.get(name) == got.headers.get(name)


async def test_head_of_a_file_tells_that_it_is_there(surfer):
    visitor = surfer()
    style = re.search(r'href="(/static/[^"]+/css/shop.css)"', (await visitor.go("/")).text)[1]
    told = await visitor.http.head(style)
    assert (told.status_code, told.content) == (200, b"")
    assert "immutable" in told.headers["cache-control"]
    assert (await visitor.http.head(style.replace("shop.css", "none.css"))).status_code == 404


async def test_every_page_forbids_what_is_not_the_shops_own(surfer):
    visitor = surfer()
    for path in ("/", "/categories", "/search?q=x", "/login", "/nope"):
        page = await visitor.go(path)
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "same-origin"
        assert not re.search(
            r"<script(?![^>]* src=)(?! type=\"application/ld\+json\")|<style|\sstyle=|\son[a-z]+=", page.text
        )


async def test_static_files_are_kept_for_ever_and_shown_to_nobody_under_an_old_name(surfer):
    visitor = surfer()
    page = await visitor.go("/")
    (style,) = set(re.findall(r'href="(/static/[^"]+/css/shop.css)"', page.text))
    told = await visitor.http.get(style, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in told.headers["cache-control"]
    assert told.headers["content-encoding"] == "gzip"
    old = await visitor.http.get(f"/static/0123456789ab/{style.split('/', 3)[3]}")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-store")
    script = await visitor.http.get(re.search(r'src="(/static/[^"]+/htmx.js)"', page.text)[1])
    assert b"htmx" in script.content
    assert gzip.compress(script.content)


async def test_robots_sitemap_and_manifest_lead_to_what_is_there(surfer):
    visitor = surfer()
    assert "Disallow: /account" in (await visitor.http.get("/robots.txt")).text
    told = await visitor.http.get("/sitemap.xml")
    found = [one.text for one in ElementTree.fromstring(told.content).iter() if one.tag.endswith("loc")]
    assert len(found) > 300
    assert "set-cookie" not in told.headers
    for address in (found[2], found[-1]):
        assert (await visitor.http.get(urlsplit(address).path)).status_code == 200
    manifest = (await visitor.http.get("/manifest.webmanifest")).json()
    for icon in manifest["icons"]:
        assert (await visitor.http.get(icon["src"])).headers["content-type"] == "image/png"
    assert (await visitor.http.get("/service-worker.js")).headers["content-type"].startswith("text/javascript")
    assert (await visitor.go("/offline")).says("인터넷에 연결되어 있지 않습니다")


async def test_each_shop_has_its_own_products(surfer, mall):
    port = mall.url.rpartition(":")[2]
    visitor = surfer(host=f"other.localhost:{port}")
    slug = (await visitor.http.get("/v1/products?size=1")).json()["items"][0]["slug"]
    page = await visitor.go(f"/products/{slug}")
    assert page.status in (200, 404)
    assert f"http://other.localhost:{port}/categories" in (await visitor.go("/categories")).text


async def test_the_office_is_closed_to_guests_and_buyers_and_shows_each_desk_its_own(surfer, mall):
    guest = surfer()
    assert (await guest.go("/office")).path.startswith("/login?next=%2Foffice")
    for role, status in (("buyer", 403), ("owner", 200)):
        account = next(one for one in mall.accounts() if one["tenant"] == "demo" and one["role"] == role)
        visitor = surfer()
        await visitor.go("/login?next=/office")
        await visitor.fill("/login", email=account["email"], password=account["password"])
        page = await visitor.go("/office")  # by itself: where the shop's terms have changed meanwhile, they come first
        assert (page.path, page.status) == ("/office", status), role
