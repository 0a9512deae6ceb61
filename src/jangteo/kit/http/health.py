"""Whether a process runs, and whether it can do its work: what supervisors and gateways ask."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Response, get
from litestar.types import ControllerRouterHandler

CHECK_SECONDS = 2.0
Check = Callable[[], Awaitable[None]]


def health_routes(checks: Mapping[str, Check], tolerated: Mapping[str, Check]) -> list[ControllerRouterHandler]:
    """Return /health/live and /health/ready. A check says by raising that something does not answer.

    Any of `checks` makes the service unready (503); `tolerated` ones only degrade it.
    """

    @get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[dict[str, Any]]:
        asked = {**checks, **tolerated}
        told = dict(zip(asked, await asyncio.gather(*map(_outcome, asked.values())), strict=True))
        failed = {name for name, state in told.items() if state != "ok"}
        status = "unavailable" if failed & set(checks) else "degraded" if failed else "ok"
        return Response({"status": status, "checks": told}, status_code=503 if status == "unavailable" else 200)

    return [live, ready]


async def _outcome(check: Check) -> str:
    try:
        await asyncio.wait_for(check(), CHECK_SECONDS)
    except Exception as error:
        return type(error).__name__
    return "ok"
