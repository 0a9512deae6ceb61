"""Makes the demo shop's accounts where they are missing, on a local mall only, and prints them as JSON."""

import asyncio
import sys
from typing import NamedTuple

import msgspec

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.bus import connect
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.user.commands.membership import Membership
from jangteo.user.consent_store import ConsentTexts
from jangteo.user.domain.member import Profile
from jangteo.user.domain.permissions import OWNER, PRESETS, STAFF_ROLE
from jangteo.user.mails import Mails
from jangteo.user.passwords import Passwords
from jangteo.user.role_store import Role, add_role, give_roles, list_roles
from jangteo.user.schemas import ConsentsGiven
from jangteo.user.settings import UserSettings
from jangteo.user.store import Members

AGREED = ConsentsGiven(terms=True, privacy=True)


class Account(NamedTuple):
    """A demo account; `role` is empty for a buyer."""

    email: str
    name: str
    role: str


ACCOUNTS = (
    Account("owner@jangteo.test", "김사장", OWNER),
    Account("staff@jangteo.test", "이직원", STAFF_ROLE),
    Account("orders@jangteo.test", "최주문", "orders"),
    Account("goods@jangteo.test", "정상품", "goods"),
    Account("support@jangteo.test", "한상담", "support"),
    Account("buyer@jangteo.test", "박손님", ""),
)


async def seed(settings: UserSettings) -> list[dict[str, str]]:
    """Make what is missing in every tenant and return all demo accounts."""
    passwords = Passwords(settings.bcrypt_cost)
    async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
        audit.keep(database, "user", settings.audit_key)
        bus = await connect(settings.bus_url, name="user-seed")
        relay = Relay(database, bus, source="user")
        await relay.start()
        try:
            members = Members(vault)
            membership = Membership(database, members, passwords, Mails(vault, members), ConsentTexts(settings))
            # One hash for all: the password is in the documentation anyhow, and bcrypt is slow on purpose.
            hashed = await passwords.hash(settings.demo_password)
            for tenant in settings.tenants:
                await _seed_tenant(database, tenant, members, membership, hashed)
        finally:
            await relay.stop()
            await bus.close()
            passwords.close()
    return [
        {"tenant": tenant, "role": one.role or "buyer", "email": one.email, "password": settings.demo_password}
        for tenant in settings.tenants
        for one in ACCOUNTS
    ]


async def _seed_tenant(database: Database, tenant: str, members: Members, membership: Membership, hashed: str) -> None:
    async with database.transaction(tenant) as transaction:
        present = {role.name for role in await list_roles(transaction)}
        for name in PRESETS.keys() - present:
            await add_role(transaction, Role(name=name, permissions=sorted(PRESETS[name])))
        for account in ACCOUNTS:
            if await members.find(transaction, account.email) is not None:
                continue
            profile = Profile(email=account.email, name=account.name, phone=None)
            member = await membership.enrol(transaction, profile, "ko", hashed, AGREED, verified=True)
            if account.role:
                await give_roles(transaction, member.id, [account.role], None)
                changed: dict[str, list[str]] = {"before": [], "after": [account.role]}
                entry = Entry(by=None, action="member.roles_given", person=member.id, details=changed)
                await audit.record(transaction, entry)


def main() -> int:
    """Run in the environment of the user service; return the exit code."""
    settings = load(UserSettings, "user")
    if settings.environment != "local":
        sys.stderr.write("demo accounts have a known password: they are made on a local mall only\n")
        return 1
    accounts = asyncio.run(seed(settings))
    sys.stdout.write(msgspec.json.encode(accounts).decode() + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
