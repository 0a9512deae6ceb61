"""How a visitor wants to see the shop: language and theme, each a plain cookie."""

from litestar import Response, post

from jangteo.web.given import VisitOf
from jangteo.web.texts import LANGUAGES
from jangteo.web.visit import LANGUAGE_COOKIE, THEME_COOKIE, inside

THEMES = ("light", "dark", "system")


@post("/preferences", include_in_schema=False)
async def prefer(visit: VisitOf) -> Response[bytes]:
    """Take over what was chosen, and show the page again on which it was."""
    language, theme = visit.form.text("language"), visit.form.text("theme")
    if language in LANGUAGES:
        visit.remember(LANGUAGE_COOKIE, language)
    if theme in THEMES:
        visit.remember(THEME_COOKIE, theme)
    return visit.redirect(inside(visit.form.text("back")))


ROUTES = [prefer]
