"""Deciding by a link of a mail: a page that shows what it is about, and a form that acts. Knows mail links."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from engine.errors import Failure
from engine.runtime.services.approvals import mail_links
from engine.runtime.services.approvals.mail_links import Offer
from engine.runtime.services.identity import people
from engine.runtime.services.sessions import Session
from engine.runtime.web.present.facts import Fact
from engine.runtime.web.present.inboxes import VERBS, short_facts
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import plain_page
from engine.runtime.web.snapshots import end, site
from engine.runtime.web.visits import language

BLUEPRINT = Blueprint("mail_links", __name__)


@route(BLUEPRINT, "/decide/<token>", Access.PUBLIC)
def show(token: str) -> ResponseReturnValue:
    """What is to be decided: scanners of mail look at it too, so that looking decides nothing."""
    return draw(token)


@route(BLUEPRINT, "/decide/<token>", Access.PUBLIC, methods=("POST",))
def decide(token: str) -> ResponseReturnValue:
    """Decide, once; a refusal shows the page again with its reason."""
    comment = request.form.get("_comment", "")
    end()
    try:
        offer = mail_links.decide(site(), token, request.form.get("verb", ""), comment)
    except Failure as failure:
        if failure.status >= 500:  # noqa: PLR2004
            raise
        return draw(token, failure, comment)
    g.secret_address = True
    return plain_page("sessions/decided.html", title=offer.view.item.record.title)


def draw(token: str, failure: Failure | None = None, comment: str = "") -> ResponseReturnValue:
    """The page of a link; of one that no longer works what to do instead."""
    chosen = language()
    try:
        offer = mail_links.opened(site(), token)
    except Failure as gone:
        return plain_page("sessions/decided.html", title="", message=gone.message.to(chosen), status=404)
    g.secret_address = True
    item = offer.view.item
    return plain_page(
        "sessions/decide.html",
        status=failure.status if failure else 200,
        title=item.record.title,
        step=item.step_label.to(chosen),
        flow=item.flow_label.to(chosen),
        who=item.initiator.title if item.initiator is not None else "",
        facts=facts_of(offer, chosen),
        verbs=[(verb, VERBS[verb].to(chosen)) for verb in offer.verbs],
        wanted=offer.view.opinion_wanted,
        comment=comment,
        error=failure.message.to(chosen) if failure else "",
    )


def facts_of(offer: Offer, language: str) -> list[Fact]:
    """What helps to decide, as far as the link's person may see it: as in their inbox, in the page's language."""
    person = people.by_id(site(), offer.user)
    if person is None:
        return []
    actor = replace(people.actor_for(site(), person, offer.app), language=language)
    with site().read(offer.app, actor) as tx:
        return short_facts(Session(tx), offer.view.item)
