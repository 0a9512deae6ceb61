"""Pictures that staff upload: decoded, drawn anew, without what the camera wrote, kept once."""

import io

import pytest
from PIL import Image

from jangteo.product.catalogue.pictures import MAX_BYTES

PATH = "/v1/catalogue/pictures"
ORIENTATION, MAKER = 0x0112, 0x010F


def picture(kind="PNG", size=(64, 48), mode="RGB", **options):
    image = Image.linear_gradient("L").resize(size).convert(mode)
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def with_exif():
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "SECRET-CAMERA"
    return picture("JPEG", exif=exif)


@pytest.mark.parametrize("content", [picture("PNG"), picture("JPEG"), picture("WEBP"), picture("PNG", mode="RGBA")])
async def test_an_uploaded_picture_is_shown_for_ever(staff, shopper, content):
    answer = await staff.call("POST", PATH, content)
    kept = answer.json()
    assert (answer.status_code, kept["width"], kept["height"]) == (201, 64, 48)
    shown = await shopper.call("GET", kept["url"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in shown.headers["cache-control"]
    assert Image.open(io.BytesIO(shown.content)).size == (64, 48)
    assert (await staff.call("POST", PATH, content)).json() == kept


async def test_what_the_camera_wrote_is_dropped_and_the_picture_stands_upright(staff, shopper):
    kept = (await staff.call("POST", PATH, with_exif())).json()
    assert (kept["width"], kept["height"]) == (48, 64)
    content = (await shopper.call("GET", kept["url"])).content
    assert b"SECRET" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


async def test_a_large_picture_is_made_as_small_as_pages_need_it(staff):
    kept = (await staff.call("POST", PATH, picture("JPEG", size=(4_000, 1_000)))).json()
    assert (kept["width"], kept["height"]) == (2_000, 500)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "picture.unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "picture.unreadable"),
        (picture("GIF"), "picture.unreadable"),
        (picture("PNG")[:60], "picture.unreadable"),
        (picture("JPEG", size=(640, 480))[:900], "picture.unreadable"),
        (picture("PNG", size=(8, 800)), "picture.too_small"),
        (picture("PNG", size=(7_000, 7_000), mode="1"), "picture.too_large"),
    ],
)
async def test_what_is_no_good_picture_is_refused(staff, content, code):
    answer = await staff.call("POST", PATH, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_body_beyond_the_limit_is_not_read(staff):
    assert (await staff.call("POST", PATH, bytes(MAX_BYTES + 1))).status_code == 413


async def test_only_those_who_look_after_products_upload(caller):
    for scope, status in ((None, 401), ("", 403), ("stock.manage", 403)):
        assert (await caller(scope=scope).call("POST", PATH, picture())).status_code == status


async def test_a_picture_is_one_shops(staff, caller, other_tenant):
    kept = (await staff.call("POST", PATH, picture(size=(33, 33)))).json()
    assert (await caller(tenant=other_tenant).call("GET", kept["url"])).status_code == 404
