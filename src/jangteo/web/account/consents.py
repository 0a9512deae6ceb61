"""Consents: given and taken back by the same click, each with its date told; and new terms asked for after a log-in."""

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from jangteo.web.account import consent_boxes, refusals
from jangteo.web.account.answers import ConsentState, ConsentText, MyConsents
from jangteo.web.given import VisitOf
from jangteo.web.mall import segment
from jangteo.web.problem import LoginNeeded, Problem
from jangteo.web.texts import when
from jangteo.web.visit import Visit, inside

PATH, API = "/account/consents", "/v1/members/me/consents"
TERMS, DUE = "/account/terms", "account/terms.html"


@get(PATH, include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show what the member has said on each purpose, now and ever."""
    visit.require_member()
    texts, mine = await asyncio.gather(consent_boxes.asked(visit.mall), visit.mall.get(API, MyConsents))
    said = {one.purpose: one for one in mine.items}
    rows = [(text, said[text.purpose]) for text in texts]
    titles = {text.purpose: text.title for text in texts}
    return await visit.page("account/consents.html", rows=rows, due=mine.due, history=mine.history, titles=titles)


@post(f"{PATH}/{{purpose:str}}", include_in_schema=False)
async def say(visit: VisitOf, purpose: FromPath[str]) -> Response[bytes]:
    """Agree or take back, and tell what holds from when on (정보통신망법 §50)."""
    visit.require_member()
    form, granted = visit.form, visit.form.text("granted") == "yes"
    asked = {"granted": granted, "text_version": form.text("text_version") or None, "channel": "web"}
    try:
        state = await visit.mall.put(f"{API}/{segment(purpose)}", asked, ConsentState)
    except LoginNeeded:
        raise
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        visit.flash("bad", problem.detail)
        return visit.redirect(PATH)
    title = next((one.title for one in await consent_boxes.asked(visit.mall) if one.purpose == purpose), purpose)
    date = when(state.at, visit.language, "date") if state.at else ""
    text = "rights.consents.agreed" if state.granted else "rights.consents.withdrawn"
    visit.flash("good", visit.t(text, title=title, date=date))
    return visit.redirect(PATH)


@get(TERMS, include_in_schema=False)
async def show_due(visit: VisitOf, next: FromQuery[str] = "/") -> Response[bytes]:
    """Ask for the consents whose text has changed; with none due, go on."""
    visit.require_member()
    due = await _due(visit)
    if not due:
        return visit.redirect(inside(next))
    return await visit.page(DUE, texts=due, next=inside(next))


@post(TERMS, include_in_schema=False)
async def agree(visit: VisitOf) -> Response[bytes]:
    """Take those that were ticked; where one is still due, ask again."""
    visit.require_member()
    form, goal = visit.form, inside(visit.form.text("next"))
    try:
        for shown in form.many("text"):
            purpose, _, version = shown.partition("=")
            if form.flag(purpose):
                asked = {"granted": True, "text_version": version, "channel": "web"}
                await visit.mall.put(f"{API}/{segment(purpose)}", asked, ConsentState)
    except Problem as problem:
        return await refusals.again(visit, DUE, problem, texts=await _due(visit), next=goal)
    due = await _due(visit)
    if not due:
        return visit.redirect(goal)
    form.errors = {one.purpose: visit.t("account.form.consent_missing") for one in due}
    form.summary = visit.t("account.form.consent_missing")
    return await visit.page(DUE, status=422, texts=due, next=goal, form=form)


async def _due(visit: Visit) -> list[ConsentText]:
    texts, mine = await asyncio.gather(consent_boxes.asked(visit.mall), visit.mall.get(API, MyConsents))
    return [text for text in texts if text.purpose in mine.due]


ROUTES = [show, say, show_due, agree]
