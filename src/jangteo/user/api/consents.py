"""Routes of consents: what is asked, what one has said, and saying it."""

from typing import TypeAlias

from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from jangteo.kit.http.permission import needs
from jangteo.user.api.given import PERSONAL, Caller, Language
from jangteo.user.commands import consents
from jangteo.user.consent_schemas import ConsentIn, ConsentState, ConsentTextsOut, MyConsents, TextIn
from jangteo.user.domain.consent import purpose_named
from jangteo.user.domain.member import Language as Spoken
from jangteo.user.domain.permissions import MANAGE_CONSENTS

Consents: TypeAlias = NamedDependency[SkipValidation[consents.Consents]]


@get("/v1/consent-texts")
async def show_texts(caller: Caller, language: Language, consents: Consents) -> ConsentTextsOut:
    """Show what the shop asks its members to agree to, in the caller's language."""
    return ConsentTextsOut(items=await consents.texts(caller.tenant, "en" if language == "en" else "ko"))


@post("/v1/consent-texts", guards=[needs(MANAGE_CONSENTS)])
async def publish_text(
    data: JSONBody[TextIn], caller: Caller, language: Language, consents: Consents
) -> ConsentTextsOut:
    """Publish a new version of a text; of a required one every member is asked again at the next log-in."""
    texts: dict[Spoken, tuple[str, str]] = {"ko": (data.ko.title, data.ko.body), "en": (data.en.title, data.en.body)}
    await consents.publish(caller, data.purpose, data.version, texts)
    return ConsentTextsOut(items=await consents.texts(caller.tenant, "en" if language == "en" else "ko"))


@get("/v1/members/me/consents", cache_control=PERSONAL)
async def my_consents(caller: Caller, consents: Consents) -> MyConsents:
    """Show what the caller agreed to, now and ever."""
    return await consents.mine(caller.tenant, caller.member_id)


@put("/v1/members/me/consents/{purpose:str}", cache_control=PERSONAL)
async def say(purpose: FromPath[str], data: JSONBody[ConsentIn], caller: Caller, consents: Consents) -> ConsentState:
    """Agree, or take the consent back."""
    member = caller.member_id
    named = purpose_named(purpose)
    return await consents.say(caller.tenant, member, named, data.granted, data.text_version, data.channel)


ROUTES = [show_texts, publish_text, my_consents, say]
