"""Secrets of people for the tests of this folder, written and read by a vault as a service does."""

import base64
import os


def add_master_key(file) -> int:
    """Add a version to a file of master keys, as an operator does; return its number."""
    first, *more = file.read_text().split()
    version = len(more) + 2
    lines = [first if ":" in first else f"1:{first}", *more, f"{version}:{base64.b64encode(os.urandom(32)).decode()}"]
    file.write_text("\n".join(lines))
    return version


def first_master_key(file) -> bytes:
    """Return the oldest key of such a file, whether or not versions were added."""
    return base64.b64decode(file.read_text().split()[0].removeprefix("1:"))


async def write_secret(vault, database, tenant, person) -> None:
    """Seal something under the person's key and store it."""
    async with database.transaction(tenant) as transaction:
        sealed = (await vault.make_key(transaction, person)).encrypt(f"secret of {person}", "secret")
        await transaction.execute("INSERT INTO secrets VALUES ($1, $2, $3)", tenant, person, sealed)


async def secrets_of(vault, database, tenant, only=None) -> set:
    """Return the people whose secrets `vault` can read; fails for the first that it cannot."""
    async with database.read(tenant) as reader:
        rows = await reader.fetch(
            "SELECT person_id, sealed FROM secrets WHERE tenant = $1 AND ($2::uuid IS NULL OR person_id = $2)",
            *(tenant, only),
        )
        for row in rows:
            key = await vault.key(reader, row["person_id"])
            assert key.decrypt(row["sealed"], "secret") == f"secret of {row['person_id']}"
    return {row["person_id"] for row in rows}
