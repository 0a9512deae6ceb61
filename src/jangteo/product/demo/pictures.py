"""Draws the demo's product pictures: a silhouette in its own colours before a studio's paper, as SVG under 3 KB.

A picture's name is a digest of its content, so equal pictures are one file and any file may be cached for ever.
"""

import hashlib
from colorsys import hls_to_rgb, rgb_to_hls
from functools import cache
from importlib.resources import files

from msgspec import Struct

_DIGEST_LETTERS = 24
_INK = "#2a2c33"
# All departments hang the same paper, with a breath of their own colour: a list of many is one picture then.
_PAPER, _BREATH = "#f1f0ee", 0.34

COLOURS = {
    "black": "#3b3e47", "white": "#e9e7e2", "navy": "#33456b", "silver": "#b4bac3", "coral": "#e97b66",
    "mint": "#7fc4ae", "yellow": "#e8b93f", "ivory": "#e6dcc6", "beige": "#cfb694", "khaki": "#838257",
    "pink": "#e3a2b0", "brown": "#8a5b3f", "tan": "#c08a57", "grey": "#9a9fa6", "sage": "#9db09a",
    "sand": "#cdb48a", "oak": "#cfa572", "walnut": "#7d5a41", "burgundy": "#843c4d", "rose": "#bf7c7d",
}  # fmt: skip


class Palette(Struct, frozen=True):
    """The colours of a department: backdrop, the things themselves where they come in no colour, and accents."""

    backdrop: str
    main: str
    accent: str


PALETTES = {
    "digital": Palette("#dfe6f0", "#55657f", "#ef7d57"),
    "appliances": Palette("#e3ebe8", "#e4e2db", "#4a8f87"),
    "fashion": Palette("#efe6df", "#b98d74", "#d06a5a"),
    "shoes-bags": Palette("#ece5da", "#9b6b4b", "#d9a441"),
    "beauty": Palette("#f4e3e3", "#d99a9c", "#b0566a"),
    "food": Palette("#f0ead7", "#a5714a", "#6f9a4e"),
    "kitchen": Palette("#e6e9dd", "#a9b3b0", "#e08b4f"),
    "home": Palette("#ebe5ea", "#c3a78e", "#7b83ab"),
    "sports": Palette("#dcebe6", "#3f7f78", "#f0944d"),
    "pets": Palette("#f3e8d4", "#d79a55", "#5f8f8a"),
    "kids": Palette("#e2ecf4", "#7fa8cf", "#f2a65a"),
    "stationery": Palette("#eae8f2", "#7a74a8", "#e3a14a"),
}


class Drawing(Struct, frozen=True):
    """A picture and the name of its file."""

    name: str
    content: bytes


@cache
def draw(shape: str, department: str, colour: str = "", turned: bool = False) -> Drawing:
    """Draw `shape` in `colour` (or as its department's things look); `turned` gives a second view of it."""
    palette = PALETTES[department]
    main = COLOURS.get(colour, palette.main)
    backdrop = _mix(_PAPER, palette.backdrop, _BREATH)
    paints = _paints(main, palette.accent, _Sheet(backdrop).is_close_to(main))
    parts = "".join(_part(part.split(), paints) for part in _shapes()[shape].split(";"))
    place = "translate(384 20) scale(-.92 .92)" if turned else "translate(16 20) scale(.92)"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><defs>'
        f'<radialGradient id="b" cy=".42" r=".75"><stop stop-color="{_shade(backdrop, 0.03)}"/>'
        f'<stop offset="1" stop-color="{_shade(backdrop, -0.025)}"/></radialGradient>'
        f"{_gradient('m', (_shade(main, 0.07), main, _shade(main, -0.08)))}"
        '<radialGradient id="s"><stop stop-color="#1d2430" stop-opacity=".3"/>'
        '<stop offset="1" stop-color="#1d2430" stop-opacity="0"/></radialGradient></defs>'
        f'<path fill="url(#b)" d="M0 0h400v400H0z"/><g transform="{place}">'
        '<ellipse cx="200" cy="320" rx="150" ry="20" fill="url(#s)" opacity=".6"/>'
        f'<ellipse cx="200" cy="315" rx="104" ry="9" fill="url(#s)"/>{parts}</g></svg>'
    )
    content = svg.encode()
    return Drawing(f"{hashlib.sha256(content).hexdigest()[:_DIGEST_LETTERS]}.svg", content)


class _Sheet(Struct, frozen=True):
    colour: str

    def is_close_to(self, other: str) -> bool:
        """Say whether a thing of that colour would be lost on this backdrop."""
        return sum(abs(a - b) for a, b in zip(_rgb(self.colour), _rgb(other), strict=True)) < 0.35


@cache
def _shapes() -> dict[str, str]:
    lines = files(__package__).joinpath("shapes.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name: parts.strip() for name, parts in pairs}


def _paints(main: str, accent: str, pale: bool) -> dict[str, str]:
    light = 0.12 if pale else 0.22
    return {
        "M": 'fill="url(#m)"',
        "F": f'fill="{_shade(main, 0.03)}"',
        "L": f'fill="{_shade(main, light)}"',
        "D": f'fill="{_shade(main, -0.17 if pale else -0.13)}"',
        "A": f'fill="{accent}"',
        "a": f'fill="{_shade(accent, 0.2)}"',
        "W": 'fill="#fbfaf7"',
        "w": 'fill="#fff" opacity=".32"',
        "K": f'fill="{_INK}"',
        "k": 'fill="#10131a" opacity=".13"',
    }


def _part(words: list[str], paints: dict[str, str]) -> str:
    kind, paint, *rest = words
    if kind == "r":
        x, y, width, height, radius = rest
        return f'<rect {paints[paint]} x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>'
    if kind == "e":
        cx, cy, rx, ry = rest
        return f'<ellipse {paints[paint]} cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry}"/>'
    if kind == "s":
        stroke = paints[paint].replace("fill=", "stroke=")
        return f'<path fill="none" {stroke} stroke-width="{rest[0]}" stroke-linecap="round" d="{" ".join(rest[1:])}"/>'
    return f'<path {paints[paint]} d="{" ".join(rest)}"/>'


def _gradient(name: str, stops: tuple[str, str, str]) -> str:
    first, middle, last = stops
    return (
        f'<linearGradient id="{name}"><stop stop-color="{first}"/><stop offset=".55" '
        f'stop-color="{middle}"/><stop offset="1" stop-color="{last}"/></linearGradient>'
    )


def _rgb(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _mix(one: str, other: str, share: float) -> str:
    """Return `one` with that share of `other` in it."""
    mixed = (a + (b - a) * share for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{round(part * 255):02x}" for part in mixed)


def _shade(colour: str, by: float) -> str:
    """Return `colour` lighter (or, negative, darker) by that share of the whole scale."""
    hue, lightness, saturation = rgb_to_hls(*_rgb(colour))
    red, green, blue = hls_to_rgb(hue, min(0.97, max(0.06, lightness + by)), saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
