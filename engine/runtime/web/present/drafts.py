"""Drafts of forms as pages offer them: how old, where they are taken up, where thrown away. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_timedelta

from engine.definitions.objects import Object
from engine.kinds.fields.locales import locale_of
from engine.runtime.services import drafts
from engine.runtime.services.drafts import Draft
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses
from engine.texts import say, within

MOMENT = dt.timedelta(seconds=1)               # at least so old: what has just been kept does not lie ahead


@dataclass(frozen=True, slots=True)
class Offer:
    """A draft that is offered, or (`applied`) that stands in the form."""

    title: str
    label: str
    icon: str
    age: str
    url: str
    discard_url: str
    applied: bool = False


def offered(tx: Tx, obj: Object, id: int, draft: Draft, *, applied: bool = False, title: str = "") -> Offer:
    """One draft. Its age in words: `3 hours ago`."""
    form = addresses.record(tx.app.name, obj.name, id, "edit") if id else addresses.new_record(tx.app.name, obj.name)
    language = tx.actor.language
    return Offer(
        title=title,
        label=obj.label.to(language),
        icon=obj.icon,
        age=format_timedelta(min(draft.at - tx.now, -MOMENT), add_direction=True, locale=locale_of(language)),
        url=f"{form}?_draft=yes",
        discard_url=keep_url(tx, obj, id) + "/discard",
        applied=applied,
    )


def keep_url(tx: Tx, obj: Object, id: int) -> str:
    """Where the open form sends what stands in it."""
    base = addresses.record(tx.app.name, obj.name, id) if id else addresses.records(tx.app.name, obj.name)
    return f"{base}/draft"


def listing(tx: Tx, limit: int) -> Sequence[Offer]:
    """The actor's drafts, newest first."""
    if tx.actor.kind != "user":
        return ()
    found = []
    for obj, record, at in drafts.listing(tx, limit):
        new = say(zh="新建{object}", en="New {object}", object=within(obj.label)).to(tx.actor.language)
        title, id = (record.title, record.id or 0) if record is not None else (new, 0)
        found.append(offered(tx, obj, id, Draft((), 0, at), title=title))
    return found
