"""`python -m jangteo.user.appoint_owner TENANT EMAIL`: gives a shop its first owner, who then manages all roles."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.user.domain.permissions import OWNER
from jangteo.user.role_store import give_roles, roles_of
from jangteo.user.settings import UserSettings
from jangteo.user.store import Members


async def appoint(settings: UserSettings, tenant: str, email: str) -> bool:
    """Make the member with `email` an owner of `tenant`; return False where there is none."""
    async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
        audit.keep(database, settings.service, settings.audit_key)
        return await _appoint(database, Members(vault), tenant, email)


async def _appoint(database: Database, members: Members, tenant: str, email: str) -> bool:
    async with database.transaction(tenant) as transaction:
        found = await members.find(transaction, email)
        if found is None:
            return False
        member = found.member_id
        before = await roles_of(transaction, member)
        await give_roles(transaction, member, {*before, OWNER}, None)
        changed = {"before": before, "after": sorted({*before, OWNER})}
        entry = Entry(by=None, action="member.roles_given", person=member, details=changed)
        await audit.record(transaction, entry)
        return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in the environment of the user service; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m jangteo.user.appoint_owner", description=__doc__)
    parser.add_argument("tenant", metavar="TENANT")
    parser.add_argument("email", metavar="EMAIL", help="of somebody who has signed up")
    given = parser.parse_args(arguments)
    if not asyncio.run(appoint(load(UserSettings, "user"), given.tenant, given.email)):
        sys.stderr.write("nobody has signed up with this e-mail in this shop\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
