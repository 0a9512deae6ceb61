"""`python -m jangteo.user.rotate_keys`: makes the next signing key now, for an operator who does not want to wait."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.user.keys import Rotation
from jangteo.user.settings import UserSettings


async def rotate(settings: UserSettings, *, compromised: bool) -> bool:
    """Make the next key; return False where the newest one does not sign yet."""
    async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
        rotation = Rotation.by(settings)
        if compromised:
            await rotation.replace(database, vault)
            return True
        return await rotation.rotate(database, vault)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in the environment of the user service; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m jangteo.user.rotate_keys", description=__doc__)
    parser.add_argument(
        "--compromised",
        action="store_true",
        help="end all other keys at once: whoever is logged in has to refresh before going on",
    )
    given = parser.parse_args(arguments)
    settings = load(UserSettings, "user")
    made = asyncio.run(rotate(settings, compromised=given.compromised))
    said = "the next signing key is published" if made else "the newest key is published but does not sign yet"
    sys.stdout.write(said + "\n")
    return 0 if made else 1


if __name__ == "__main__":
    raise SystemExit(main())
