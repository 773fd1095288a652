"""Links for people without an account, as the dialog of sharing and REST tell of them. Knows no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.runtime.services.records import Record
from engine.runtime.services.rights import invitations, open_links, sharing
from engine.runtime.services.rights.open_links import Made
from engine.runtime.web.present import addresses, values
from engine.texts import say

JSON = dict[str, Any]
APP = say(zh="系统", en="System")
NEVER = say(zh="未使用", en="not used yet")
LAPSED = say(zh="已失效：创建者已无此权限", en="without effect: who made it has lost the right")


@dataclass(frozen=True, slots=True)
class Row:
    """A link in the dialog."""

    label: str
    whom: str
    until: str
    used: str
    by: str
    lapsed: str
    stop_url: str


@dataclass(frozen=True, slots=True)
class LinksView:
    """The part of the dialog: links that are not over, forms and pages to choose from, a new link's address."""

    url: str
    rows: Sequence[Row]
    choices: Sequence[tuple[str, str]]
    made: str


def of(record: Record, made: str = "") -> LinksView | None:
    """The links about a record; None where there are none and the reader makes none."""
    tx, language = record.session.tx, record.session.tx.actor.language
    url = addresses.record(tx.app.name, record.object, record.id or 0, "links")
    found = invitations.offered(tx, record.definition) if sharing.may(record) else []
    rows = [_row(record, one, url) for one in open_links.listing(record)]
    if not found and not rows:
        return None
    return LinksView(url, rows, invitations.labels(found, language), made)


def _row(record: Record, one: Made, url: str) -> Row:
    tx, language = record.session.tx, record.session.tx.actor.language
    used = NEVER if one.used_at is None else say(
        zh="已用 {n} 次，最近 {at}", en="used {n} times, last {at}", n=one.uses,
        at=values.moment(one.used_at, tx.zone, language),
    )
    return Row(
        one.label.to(language), one.whom, values.moment(one.until, tx.zone, language), used.to(language),
        one.by or APP.to(language), "" if one.holds else LAPSED.to(language), f"{url}/{one.number}/stop",
    )


def document(one: Made, language: str) -> JSON:
    """A link over REST; its address is told once, by who makes it."""
    return {
        "id": one.number, "name": one.label.to(language), "whom": one.whom, "by": one.by, "at": one.at.isoformat(),
        "until": one.until.isoformat(), "once": one.once, "uses": one.uses,
        "used_at": None if one.used_at is None else one.used_at.isoformat(), "holds": one.holds,
    }
