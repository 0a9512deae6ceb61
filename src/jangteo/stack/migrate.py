"""Runs the migrations of services, on the local mall or on the one database that the environment names."""

from collections.abc import Sequence

from jangteo.stack.credentials import Credentials
from jangteo.stack.databases import migrations_of
from jangteo.stack.environment import DATABASES, Site
from jangteo.stack.home import Home, StackError
from jangteo.stack.ports import Ports


def migrate(names: Sequence[str], url: str | None) -> int:
    """Bring the tables of the services `names` (none: all) up to date, in the database `url` or in the local mall.

    Raises StackError where a name has no database, or where nothing says which database is meant.
    """
    for name in names:
        if name not in DATABASES:
            raise StackError(f"{name} has no database; these have: {', '.join(DATABASES)}")
    if url is not None and len(names) != 1:
        raise StackError("JANGTEO_MIGRATION_URL names one database: name one service")
    home = Home.locate()
    site = Site(home, Ports(home.root / "ports.json").known(), Credentials(home.secrets))
    if url is None and not site.ports:
        raise StackError("no local mall: run `make up`, or set JANGTEO_MIGRATION_URL and name one service")
    # Alembic takes half a second to import, and nothing above needs it.
    from jangteo.kit.migrations import migrate as run

    for name in names or DATABASES:
        if any(migrations_of(name).glob("*.py")):
            run(url or site.migration_url(name), migrations_of(name))
            print(f"{name}: tables are up to date")
    return 0
