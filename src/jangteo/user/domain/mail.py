"""The mails that the user service asks for: where the link in each leads, and how long it holds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from jangteo.contracts.user import MailKind
from jangteo.kit.errors import Invalid, NotFound

NOTICE_LIFE = timedelta(days=2)


class Kind(NamedTuple):
    """One kind of mail; `page` is where its link leads, below the shop's address, and empty where it has none."""

    life: timedelta = NOTICE_LIFE
    page: str = ""


KINDS: Mapping[MailKind, Kind] = {
    "verify_email": Kind(timedelta(days=1), "/account/verify-email"),
    "reset_password": Kind(timedelta(minutes=30), "/account/reset-password"),
    "change_email_old": Kind(timedelta(days=1), "/account/confirm-email"),
    "change_email_new": Kind(timedelta(days=1), "/account/confirm-email"),
    "email_changed": Kind(),
    "password_changed": Kind(),
    "login_locked": Kind(),
    "new_device": Kind(),
    "second_factor_changed": Kind(),
    "identity_linked": Kind(),
    "identity_unlinked": Kind(),
    # The law has it told before a day: a mail server that is away for a week is no excuse.
    "advertising_consent": Kind(timedelta(days=14)),
    "export_ready": Kind(timedelta(days=7), "/account/export"),
    "erased": Kind(),
}


class MailUnknown(NotFound):
    """There is no such mail, or nobody should get it any more."""

    code = "mail.unknown"
    ko = "보낼 메일이 없습니다."
    en = "There is no such mail to send."


class LinkInvalid(Invalid):
    """The token was not given out here, or was for something else."""

    code = "link.invalid"
    ko = "올바르지 않은 링크입니다. 메일의 링크를 다시 확인해 주세요."
    en = "This link is not valid. Please check the link in the mail."


class LinkUsed(Invalid):
    """The token was used, or what it was for was settled otherwise."""

    code = "link.used"
    ko = "이미 사용되었거나 더 이상 유효하지 않은 링크입니다."
    en = "This link was used already, or does not hold any more."


class LinkExpired(Invalid):
    """The token came too late."""

    code = "link.expired"
    ko = "링크의 유효 기간이 지났습니다. 다시 요청해 주세요."
    en = "This link has expired. Please ask for a new one."


class Link(NamedTuple):
    """What a token that holds stands for."""

    mail_id: UUID
    member_id: UUID
    kind: MailKind
    expires_at: datetime
    email: str | None  # the address that it was sent to, where that was not the member's own
