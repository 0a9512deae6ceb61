"""Writes the permission table down for people: `python -m jangteo.gateway.access_page > docs/permissions.md`."""

import sys
from collections.abc import Iterable

from jangteo.gateway.routes import ROUTES, Access, Route

_INTRODUCTION = """# Who may call what

Made from the route table (`src/jangteo/gateway/routes.py`) by `python -m jangteo.gateway.access_page`; a test compares
the two. `tests/e2e/test_permissions.py` compares the table with what the running services do.

- **everybody**: no token is looked at.
- **guests, too**: a guest may call; a token that comes along must hold.
- **members**: a token that holds, and own things only. Other members' things are not there (404), unless the caller has
  one of the permissions in the last column.
- **staff**: a token that holds one of the permissions in the last column. Anybody else is refused (403).

Without a token that holds, rows for members and staff answer 401. So does every row, where the token is another shop's.
"""
_WHO = {
    Access.PUBLIC: "everybody",
    Access.OPTIONAL: "guests, too",
    Access.MEMBER: "members",
    Access.STAFF: "staff",
}


def page(routes: Iterable[Route] = ROUTES) -> str:
    """Return the table as Markdown: what each service answers to whom, then what each permission opens."""
    rows = sorted(routes, key=lambda route: (route.service, route.path, route.method))
    parts = [_INTRODUCTION]
    for service in sorted({row.service for row in rows}):
        lines = [
            f"| `{row.name}` | {_WHO[row.access]} | {_listed(row.permissions)} |"
            for row in rows
            if row.service == service
        ]
        parts.append(
            "\n".join([f"## {service}\n", "| endpoint | who | permission, any of |", "|---|---|---|", *lines, ""])
        )
    lines = ["## What each permission opens\n"]
    for permission in sorted({name for row in rows for name in row.permissions}):
        lines.append(f"- `{permission}`: {_opened_by(permission, rows)}")
    return "\n".join([*parts, *lines]) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _opened_by(permission: str, rows: Iterable[Route]) -> str:
    opened = (row for row in rows if permission in row.permissions)
    return ", ".join(f"`{row.name}`{' of others' if row.access is Access.MEMBER else ''}" for row in opened)


if __name__ == "__main__":
    sys.stdout.write(page())
