"""Takes in pictures that staff upload: decoded to prove what they are, drawn anew without what a camera wrote.

Whatever is kept is a WebP of our own making, named by its content: nothing that came in is ever served.
"""

import asyncio
import io
import warnings
from hashlib import blake2b

from msgspec import Struct
from PIL import Image, ImageOps

from jangteo.kit.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE, MAX_SIDE = 16, 2_000
MEDIA_TYPE = "image/webp"
_FORMATS = ("PNG", "JPEG", "WEBP")
_QUALITY = 84
# A picture of the largest size takes some 160 MB while it is decoded.
_one_at_a_time = asyncio.Semaphore(1)


class PictureUnreadable(Invalid):
    """The file is no PNG, JPEG or WebP that can be decoded."""

    code = "picture.unreadable"
    ko = "PNG, JPEG, WebP 그림 파일만 올릴 수 있습니다."
    en = "Only pictures in PNG, JPEG or WebP can be uploaded."


class PictureTooLarge(Invalid):
    """The picture has more bytes or pixels than are taken."""

    code = "picture.too_large"
    ko = "그림은 {bytes}바이트, {pixels}화소를 넘을 수 없습니다."
    en = "A picture may have at most {bytes} bytes and {pixels} pixels."


class PictureTooSmall(Invalid):
    """The picture has too few pixels to show anything."""

    code = "picture.too_small"
    ko = "그림의 가로와 세로는 {side}화소 이상이어야 합니다."
    en = "A picture must be at least {side} pixels wide and high."


class Drawn(Struct, frozen=True):
    """A picture as it is kept; `name` stands for its content."""

    name: str
    content: bytes
    width: int
    height: int


async def redraw(content: bytes) -> Drawn:
    """Return what is kept of an uploaded file. Raises PictureUnreadable, PictureTooLarge, PictureTooSmall."""
    if len(content) > MAX_BYTES:
        raise _too_large()
    async with _one_at_a_time:
        return await asyncio.to_thread(_redraw, content)


def _redraw(content: bytes) -> Drawn:
    try:
        # Its dimensions are in its first bytes: a bomb is refused before it is unpacked.
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            warnings.simplefilter("error")
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_large()
            if min(picture.size) < MIN_SIDE:
                raise PictureTooSmall(side=MIN_SIDE, field="body")
            picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
            turned = ImageOps.exif_transpose(picture)
            plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        raise PictureUnreadable(field="body") from None
    plain.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    written = io.BytesIO()
    bare.save(written, "WEBP", quality=_QUALITY, method=4)
    drawn = written.getvalue()
    return Drawn(f"{blake2b(drawn, digest_size=16).hexdigest()}.webp", drawn, *bare.size)


def _too_large() -> PictureTooLarge:
    return PictureTooLarge(bytes=MAX_BYTES, pixels=MAX_PIXELS, field="body")
