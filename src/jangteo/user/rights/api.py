"""Routes of a member's rights, and of those who have to prove that they were kept."""

from typing import Any, TypeAlias
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from jangteo.kit.http.permission import needs
from jangteo.user.api.given import PERSONAL, Caller, Language
from jangteo.user.api.sessions import address_of
from jangteo.user.rights import exports, legal, withdrawal
from jangteo.user.rights.legal import READ
from jangteo.user.rights.schemas import (
    Archive,
    ExportOut,
    ExportsOut,
    LegalRecordsOut,
    LegalSearch,
    WithdrawalIn,
    WithdrawalOut,
    WithdrawalProof,
)

Exports: TypeAlias = NamedDependency[SkipValidation[exports.Exports]]
Withdrawals: TypeAlias = NamedDependency[SkipValidation[withdrawal.Withdrawals]]
LegalReader: TypeAlias = NamedDependency[SkipValidation[legal.LegalReader]]


@post("/v1/members/me/exports", status_code=202, cache_control=PERSONAL, summary="Ask for a copy of all one's data")
async def request_export(caller: Caller, exports: Exports) -> ExportOut:
    """Begin to gather everything that the mall has about the caller; a mail tells when it is ready."""
    return await exports.request(caller.tenant, caller.member_id)


@get("/v1/members/me/exports", cache_control=PERSONAL, summary="See one's copies")
async def list_exports(caller: Caller, exports: Exports) -> ExportsOut:
    """Show the copies that are being gathered or can be downloaded, the newest first."""
    return ExportsOut(items=await exports.current(caller.tenant, caller.member_id))


@get("/v1/members/me/exports/{export_id:uuid}", cache_control=PERSONAL, summary="See how far the copy is")
async def show_export(export_id: FromPath[UUID], caller: Caller, exports: Exports) -> ExportOut:
    """Tell which services are still missing, or where the copy is and until when."""
    return await exports.show(caller.tenant, caller.member_id, export_id)


@get("/v1/members/me/exports/{export_id:uuid}/archive", cache_control=PERSONAL, summary="Download the copy")
async def download_export(export_id: FromPath[UUID], caller: Caller, exports: Exports) -> Response[Archive]:
    """Give the copy: one document for each service, for 24 hours, to the member alone."""
    found = await exports.archive(caller.tenant, caller.member_id, export_id)
    name = f"jangteo-{found.made_at:%Y-%m-%d}.json"
    return Response(found, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@post("/v1/members/me/withdrawal", status_code=202, cache_control=PERSONAL, summary="Leave (탈퇴)")
async def withdraw(
    data: JSONBody[WithdrawalIn],
    request: Request[Any, Any, Any],
    caller: Caller,
    language: Language,
    withdrawals: Withdrawals,
) -> WithdrawalOut:
    """End the membership, and have everything forgotten but what the law keeps.

    Refused with its `reasons` while orders, parcels or refunds are open; with `when_settled` it waits for them.
    """
    return await withdrawals.request(
        caller.tenant, caller.member_id, data.evidence, address_of(request), language, when_settled=data.when_settled
    )


@get("/v1/members/me/withdrawal", cache_control=PERSONAL, summary="See one's withdrawal")
async def show_withdrawal(caller: Caller, language: Language, withdrawals: Withdrawals) -> WithdrawalOut:
    """Tell how far it is, and what it waits for."""
    return await withdrawals.show(caller.tenant, caller.member_id, language)


@delete("/v1/members/me/withdrawal", summary="Stay after all")
async def call_off_withdrawal(caller: Caller, withdrawals: Withdrawals) -> None:
    """Call off a withdrawal that still waits for something to be settled."""
    await withdrawals.call_off(caller.tenant, caller.member_id)


@get("/v1/withdrawals/{withdrawal_id:uuid}", cache_control=PERSONAL, summary="Prove an erasure")
async def prove_withdrawal(withdrawal_id: FromPath[UUID], caller: Caller, withdrawals: Withdrawals) -> WithdrawalProof:
    """Show what each service destroyed and kept, the fingerprint of the destroyed key, and when."""
    return await withdrawals.proof(caller, withdrawal_id)


@post(
    "/v1/legal-records/search",
    status_code=200,
    cache_control=PERSONAL,
    summary="Read what the law keeps",
    guards=[needs(READ)],
)
async def read_legal_records(data: JSONBody[LegalSearch], caller: Caller, legal_reader: LegalReader) -> LegalRecordsOut:
    """Give the records of erased persons that one service keeps for one purpose.

    A search in a body, not in an address: neither the reason nor whom it is about comes into anybody's access log.
    """
    return await legal_reader.read(
        caller, data.service, data.purpose, data.reason, reference=data.reference, cursor=data.cursor
    )


ROUTES: list[Any] = [
    request_export,
    list_exports,
    show_export,
    download_export,
    withdraw,
    show_withdrawal,
    call_off_withdrawal,
    prove_withdrawal,
    read_legal_records,
]
