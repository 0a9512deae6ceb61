"""What is asked of the other services about a person: what holds them, what there is, what the law keeps."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from jangteo.contracts.people import PARTICIPANTS
from jangteo.kit.http.client import ServiceClient
from jangteo.kit.legal_archive import LegalPage
from jangteo.kit.people import Document, Standing


class Neighbours:
    """The services that keep something about members."""

    def __init__(self, clients: Mapping[str, ServiceClient]) -> None:
        self._clients = {name: clients[name] for name in sorted(PARTICIPANTS)}

    @property
    def names(self) -> list[str]:
        """Return their names."""
        return list(self._clients)

    async def standing(self, tenant: str, person: UUID) -> dict[str, Standing]:
        """Return what each says holds the person. Raises Unavailable where one does not answer."""

        async def ask(name: str) -> Standing:
            return await self._clients[name].get(f"/internal/people/{person}/holds", Standing, tenant=tenant)

        found = await asyncio.gather(*(ask(name) for name in self._clients))
        return dict(zip(self._clients, found, strict=True))

    async def document(self, service: str, tenant: str, person: UUID) -> Document:
        """Return all that `service` has about the person. Raises Unavailable."""
        return await self._clients[service].get(f"/internal/people/{person}/data", Document, tenant=tenant)

    async def legal_records(
        self, service: str, tenant: str, purpose: str, reference: str | None, cursor: UUID | None
    ) -> LegalPage:
        """Return what `service` keeps by law for `purpose`. Raises Unavailable."""
        asked = {"purpose": purpose, "reference": reference, "cursor": cursor}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return await self._clients[service].get(f"/internal/legal-records?{query}", LegalPage, tenant=tenant)
