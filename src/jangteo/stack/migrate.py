"""Runs the migrations of services, on the local mall or on the one database that the environment names."""

from collections.abc import Sequence

from jangteo.stack.databases import migrations_of
from jangteo.stack.environment import DATABASES
from jangteo.stack.home import Home, StackError
from jangteo.stack.local import local_site


def migrate(names: Sequence[str], url: str | None) -> int:
    """Bring the tables of the services `names` (none: all) up to date, in the database `url` or in the local mall.

    Raises StackError where a name has no database, or where nothing says which database is meant.
    """
    for name in names:
        if name not in DATABASES:
            raise StackError(f"{name} has no database; these have: {', '.join(DATABASES)}")
    if url is not None and len(names) != 1:
        raise StackError("JANGTEO_MIGRATION_URL names one database: name one service")
    site = local_site(Home.locate()) if url is None else None
    # Alembic takes half a second to import, and nothing above needs it.
    from jangteo.kit.migrations import migrate as run

    for name in names or DATABASES:
        if any(migrations_of(name).glob("*.py")):
            run(site.migration_url(name) if site else str(url), migrations_of(name))
            print(f"{name}: tables are up to date")
    return 0
