"""What the user service does by itself once an hour: rotate keys that are old, forget sessions long ended,
and tell members again what advertising they agreed to.
"""

import asyncio
import logging

from jangteo.kit.errors import Unavailable
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import Vault
from jangteo.user.consent_notices import tell_of_consents
from jangteo.user.identity_store import Identities
from jangteo.user.keys import Rotation
from jangteo.user.mails import Mails
from jangteo.user.session_store import remove_ended_sessions

log = logging.getLogger(__name__)

PAUSE_SECONDS = 3600.0


async def keep_house(database: Database, vault: Vault, rotation: Rotation, mails: Mails) -> None:
    """Go on until cancelled; several processes may do so at once."""
    while True:
        await asyncio.sleep(PAUSE_SECONDS)
        try:
            await rotation.ensure(database, vault)
            await remove_ended_sessions(database)
            await Identities(vault).sweep(database)
            await tell_of_consents(database, mails)
        except Unavailable:
            log.warning("the hourly housekeeping did not finish: the database does not answer")
        except Exception:
            log.exception("the hourly housekeeping failed")
