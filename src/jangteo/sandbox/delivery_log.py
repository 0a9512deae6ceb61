"""The page of the delivery log that both providers show their merchant."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter, SkipValidation

from jangteo.sandbox.delivery import Deliveries
from jangteo.sandbox.entrance import Cursor, Limit, json_response

DeliveriesOf = NamedDependency[SkipValidation[Deliveries]]


@get("/v1/webhook-deliveries")
async def list_deliveries(
    deliveries: DeliveriesOf,
    subject: FromQuery[str] = "",
    webhook_state: Annotated[str, QueryParameter(name="state")] = "",
    after: Cursor = 0,
    limit: Limit = 100,
) -> Response[bytes]:
    """List what was sent and is to be sent, oldest first; `after` is the last id seen."""
    found = deliveries.recent(subject=subject, state=webhook_state, after=after, limit=limit + 1)
    return json_response({"data": found[:limit], "has_more": len(found) > limit})
