"""Routes of the devices on which the caller is logged in."""

from uuid import UUID

from litestar import delete, get
from litestar.params import FromPath

from jangteo.user.account_schemas import DeviceOut, DevicesOut
from jangteo.user.api.given import PERSONAL, Caller, Devices

_PATH = "/v1/members/me/sessions"


@get(_PATH, cache_control=PERSONAL)
async def list_devices(caller: Caller, devices: Devices) -> DevicesOut:
    """Show where the caller is logged in, the last used first."""
    entries = await devices.list(caller.tenant, caller.member_id)
    return DevicesOut(
        items=[
            DeviceOut(
                id=entry.id,
                device=entry.device.name,
                address=entry.device.address,
                opened_at=entry.opened_at,
                used_at=entry.used_at,
                current=str(entry.id) == caller.session,
            )
            for entry in entries
        ]
    )


@delete(_PATH + "/{session_id:uuid}")
async def end_session(session_id: FromPath[UUID], caller: Caller, devices: Devices) -> None:
    """Log out on one device; all access tokens of the caller end within a minute, the others are refreshed."""
    await devices.end(caller.tenant, caller.member_id, session_id)


@delete(_PATH)
async def end_all_sessions(caller: Caller, devices: Devices) -> None:
    """Log out everywhere, here too."""
    await devices.end_all(caller.tenant, caller.member_id)


ROUTES = [list_devices, end_session, end_all_sessions]
