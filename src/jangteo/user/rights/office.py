"""Puts the parts together that see to members' rights."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from jangteo.contracts.people import ANSWERS, PARTICIPANTS
from jangteo.contracts.retention import RULES
from jangteo.kit.inbox import Handler
from jangteo.kit.legal_archive import LegalArchive, destroying_due
from jangteo.kit.messages import Message
from jangteo.kit.people import People
from jangteo.kit.postgres import Database
from jangteo.kit.process import Foundation
from jangteo.user.commands.passwords import PasswordCheck
from jangteo.user.mails import Mails
from jangteo.user.rights.desk import RightsDesk
from jangteo.user.rights.exports import Exports
from jangteo.user.rights.legal import LegalReader
from jangteo.user.rights.neighbours import Neighbours
from jangteo.user.rights.personal import UserPeople
from jangteo.user.rights.withdrawal import OWN, Withdrawals
from jangteo.user.settings import UserSettings
from jangteo.user.store import Members


class Office(NamedTuple):
    """What the routes and the messages of members' rights are answered by."""

    exports: Exports
    withdrawals: Withdrawals
    legal_reader: LegalReader

    @property
    def handlers(self) -> dict[type[Message], Handler]:
        """Return what is done with the services' proofs."""
        return dict.fromkeys(ANSWERS, self.withdrawals.on_answer)


@asynccontextmanager
async def open_office(
    settings: UserSettings,
    foundation: Foundation,
    database: Database,
    members: Members,
    mails: Mails,
    check: PasswordCheck,
) -> AsyncIterator[Office]:
    """See to members' rights while the block runs."""
    archive = LegalArchive(members.vault, RULES)
    people = People(OWN, database, UserPeople(members, archive), members.vault, archive)
    neighbours = Neighbours({name: foundation.client(name) for name in PARTICIPANTS})
    closing = timedelta(seconds=settings.withdrawal_closing_seconds)
    exports = Exports(database, members.vault, mails, people, neighbours)
    withdrawals = Withdrawals(database, check, mails, people, neighbours, closing=closing)
    desk = RightsDesk(database, exports, withdrawals, settings.rights_sweep_seconds)
    async with destroying_due(database, archive), desk.at_work():
        yield Office(exports, withdrawals, LegalReader(database, people, neighbours))
