"""One request of one visitor: who it is, in what language, and how a page or a redirection is answered."""

import secrets
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from litestar import Request, Response

from jangteo.kit.errors import JangteoError
from jangteo.web import protection
from jangteo.web.chrome import departments, departments_seen
from jangteo.web.company import Company
from jangteo.web.forms import Form
from jangteo.web.mall import PIECES, TOKENS, Mall, Visitor
from jangteo.web.member import Member, Tokens
from jangteo.web.problem import LoginNeeded, NotAllowed
from jangteo.web.rendering import render
from jangteo.web.session import Session
from jangteo.web.texts import Say, sayer

FLASHES = "flashes"
LANGUAGE_COOKIE, THEME_COOKIE = "jangteo_language", "jangteo_theme"
HTML = "text/html"
_YEAR = 31_536_000
_IN_HEADERS = "".join(map(chr, range(33, 127)))  # the rest of an address has to be escaped in a header


class Flash(NamedTuple):
    """A word on the next page: `kind` is good, note or bad."""

    kind: str
    text: str


class Visit:
    """Made for each request by `reception`, found by handlers as the dependency `visit`."""

    def __init__(
        self,
        visitor: Visitor,
        session: Session,
        mall: Mall,
        company: Company,
        *,
        path: str,
        query: str,
        theme: str,
        is_htmx: bool,
    ) -> None:
        self.visitor = visitor
        self.session = session
        self.mall = mall
        self.company = company
        self.path = path
        self.query = query
        self.theme = theme
        self.is_htmx = is_htmx
        self.language = visitor.language
        self.t: Say = sayer(visitor.language)
        self.trouble: JangteoError | None = None  # that already stood at the door
        self.cookies: list[str] = []
        self._form = Form()

    @property
    def tokens(self) -> Tokens | None:
        """Return the log-in; None for a guest."""
        return self.session.read(TOKENS, Tokens)

    @property
    def member(self) -> Member | None:
        """Return who is logged in."""
        tokens = self.tokens
        return tokens.member if tokens else None

    @property
    def permissions(self) -> frozenset[str]:
        """Return what the visitor's token allows."""
        tokens = self.tokens
        return tokens.permissions if tokens else frozenset()

    @property
    def url(self) -> str:
        """Return the address of this page within the shop."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def origin(self) -> str:
        """Return scheme and host of this shop."""
        return f"{self.visitor.scheme}://{self.visitor.host}"

    def require_member(self) -> Member:
        """Return who is logged in. Raises LoginNeeded: the visitor is led to the log-in, and back here."""
        member = self.member
        if member is None:
            raise LoginNeeded()
        return member

    def require(self, *permissions: str) -> None:
        """Raise LoginNeeded for a guest, NotAllowed for a member who has none of `permissions`."""
        self.require_member()
        if not self.permissions.intersection(permissions):
            raise NotAllowed()

    def flash(self, kind: str, text: str) -> None:
        """Say something on the next page that is shown."""
        kept = self.session.read(FLASHES, list[Flash]) or []
        self.session.write(FLASHES, [*kept, Flash(kind, text)][-5:])

    @property
    def form(self) -> Form:
        """Return the form that was sent with this request."""
        return self._form

    async def receive(self, request: Request[Any, Any, Any]) -> None:
        """Read and check a form before any handler has it. Raises NotAllowed where it is not one of ours."""
        headers = dict(request.scope["headers"])
        if not protection.is_from_here(headers):
            raise NotAllowed("form.foreign")
        self._form = Form.of((await request.form()).multi_items())
        given = request.headers.get(protection.HEADER) or self._form.text(protection.FIELD)
        if not any(protection.holds(given, key) for key in self._form_keys()):
            raise NotAllowed("form.expired")

    def _form_keys(self) -> list[bytes]:
        """Return the keys that a form of this visitor may be made of.

        A newcomer who opens two pages at once is given two sessions, of which the browser keeps one; the forms of
        the other hold by a cookie of their own, which only that page can have left. Not for members: the log-in
        begins a session whose forms are its own.
        """
        keys = [self.session.form_key()]
        if self.tokens is None:
            keys += [protection.key_of(told) for told in self.session.spare_form_keys]
        return keys

    async def page(
        self,
        template: str,
        *,
        status: int = 200,
        block: str = "",
        frames: str = "",
        posts_to: str = "",
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Response[bytes]:
        """Answer with a page; `block` names a part of it that is answered alone (to htmx, say).

        `frames` and `posts_to` are origins beside our own that the page may frame, and its forms go to.
        """
        if not block and not template.startswith("office/"):
            await departments(self.mall)
        return self.page_now(
            template, status=status, block=block, frames=frames, posts_to=posts_to, headers=headers, **values
        )

    def page_now(
        self,
        template: str,
        *,
        status: int = 200,
        block: str = "",
        frames: str = "",
        posts_to: str = "",
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Response[bytes]:
        """Answer with a page as `page` does, asking nobody for what stands around it."""
        is_office = template.startswith("office/")
        values = {"form": Form(), **values, "visit": self, "company": self.company, "shop_name": self.company.shop}
        values["form_token"] = protection.token(self.session.form_key())
        if not block:
            values["flashes"] = self._flashes()
            values["pieces"] = self.session.read(PIECES, int) or 0
            values["departments"] = () if is_office else departments_seen(self.mall)
        body = render(template, self.language, values, block)
        told = {
            **protection.SECURITY,
            "content-security-policy": protection.content_policy(frames=frames, posts_to=posts_to),
            "content-language": self.language,
            "vary": "Cookie, Accept-Language, HX-Request",
            "cache-control": "no-store" if self.session.is_kept or is_office else "private, no-cache",
            **(headers or {}),
        }
        return Response(body, status_code=status, media_type=HTML, headers=told)

    def _flashes(self) -> list[Flash]:
        found = self.session.read(FLASHES, list[Flash]) or []
        self.session.drop(FLASHES)
        return found

    def redirect(self, path: str, status: int = 303) -> Response[bytes]:
        """Lead on to another page of the shop."""
        path = quote(path, safe=_IN_HEADERS, errors="replace")
        if self.is_htmx:
            return Response(b"", status_code=200, media_type=HTML, headers={"HX-Redirect": path})
        return Response(b"", status_code=status, media_type=HTML, headers={"location": path})

    def to_log_in(self) -> Response[bytes]:
        """Lead to the log-in, and back here afterwards; a form that was sent leads back to the page it stood on."""
        return self.redirect(f"/login?next={quote(self.url, safe='')}")

    def remember(self, name: str, value: str) -> None:
        """Give the browser a plain cookie of no secret: language, theme."""
        secure = "; Secure" if self.visitor.scheme == "https" else ""
        self.cookies.append(f"{name}={value}; Max-Age={_YEAR}; Path=/; SameSite=Lax{secure}")

    @staticmethod
    def once() -> str:
        """Return a new key for a form that must take effect once."""
        return secrets.token_hex(16)


def inside(path: str, default: str = "/") -> str:
    """Return `path` where it is one of this shop, else `default`: nobody is led astray by a link of ours."""
    try:
        parts = urlsplit(path)
    except ValueError:  # half an IPv6 address, letters that turn into others
        return default
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if plain and path.isprintable() and "\\" not in path else default
