"""When a product that is being prepared goes on sale by itself."""

from datetime import UTC, datetime

from jangteo.kit.errors import Invalid
from jangteo.product.domain.catalogue import Product, Status


class BadPublishTime(Invalid):
    """Only what is being prepared can be published later, and within a person's lifetime."""

    code = "product.bad_publish_time"
    ko = "판매 시작 시각은 작성 중인 상품에만, 2020년부터 2100년 사이로 정할 수 있습니다."
    en = "Only a draft can have a time of publishing, from 2020 to 2100."


def publish_time(given: datetime | None, status: Status) -> datetime | None:
    """Return when a draft is to be published, in UTC and whole seconds. Raises BadPublishTime."""
    if given is None:
        return None
    if status is not Status.DRAFT or given.tzinfo is None or not 2020 <= given.year <= 2100:
        raise BadPublishTime(field="publish_at")
    return given.astimezone(UTC).replace(microsecond=0)


def is_due(product: Product, now: datetime) -> bool:
    """Say whether `product` is a draft whose time has come."""
    return product.status is Status.DRAFT and product.publish_at is not None and product.publish_at <= now
