"""Storefront and back office, rendered on the server: a client of the gateway that owns no data and no rules.

How a page comes about, for who adds one (docs/web.md says more):

- `shop/<area>.py` or `office/<area>.py` holds handlers; each is given `visit: VisitOf` and answers
  `await visit.page("shop/….html", …)` or `visit.redirect("/…")`. Its ROUTES are entered in `shop/__init__.py` or
  `office/__init__.py`; an office page is answered by `office_page(…)` and entered in `office/navigation.py`.
- What it shows comes from `visit.mall.get("/v1/…", SomeAnswer, …)`; `SomeAnswer` is a msgspec Struct in the same
  module with those fields alone that are shown. A refusal is a `Problem`; whoever does not catch it gets the page for
  its status.
- A form is `<form method="post">` with `{{ parts.token(form_token) }}`, read in its handler as `visit.form`. Where the
  mall refuses, `form.refuse(problem)` and the same page again with status 422. Done, it redirects (303).
- A text is a key in texts/ko/<area>.toml and texts/en/<area>.toml, said by `t("<area>.<key>")`.
"""
