"""The boxes that a new member ticks, one for each purpose: none is ticked beforehand, each names its text's version."""

from typing import Any

from jangteo.web.account.answers import ConsentText, ConsentTexts
from jangteo.web.forms import Form
from jangteo.web.mall import Mall


async def asked(mall: Mall) -> list[ConsentText]:
    """Return what the shop asks its members to agree to. Raises Problem."""
    return (await mall.get("/v1/consent-texts", ConsentTexts)).items


def given(form: Form) -> dict[str, Any]:
    """Return age and consents as the API takes them, with the versions of the texts that were shown."""
    shown = [one.partition("=") for one in form.many("text")]
    ticked = {purpose: form.flag(purpose) for purpose, _, _ in shown}
    versions = {purpose: version for purpose, _, version in shown}
    return {
        "is_14_or_older": form.flag("is_14_or_older"),
        "consents": {"terms": False, "privacy": False, **ticked, "versions": versions},
    }
