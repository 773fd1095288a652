"""The view model of the bin: what was deleted and may be brought back, by object. Knows reading and access, no page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from engine.definitions.objects import Object
from engine.runtime.services import reading, shelving
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, controls, lists, titles, values
from engine.runtime.web.present.controls import Control
from engine.runtime.web.present.places import Tab
from engine.texts import say

LIMIT = 50
TYPED = ("text", "number", "date")            # widgets of values that stand in one line
TITLE = say(zh="回收站", en="Bin")
NOTHING = say(zh="回收站是空的", en="The bin is empty")
HELP = say(zh="您删除的、以及您有权删除的记录在这里保留 {days} 天，可以恢复；之后自动彻底删除。",
           en="What you have deleted, and what you may delete, stays here for {days} days and can be brought back; "
              "then it goes for good.", days="{days}")
WORDS = {
    "record": say(zh="记录", en="Record"), "who": say(zh="删除人", en="Deleted by"),
    "when": say(zh="删除时间", en="Deleted"),
    "until": say(zh="保留至", en="Kept until"), "restore": say(zh="恢复", en="Restore"),
    "purge": say(zh="彻底删除", en="Delete for good"),
    "sure": say(zh="彻底删除后不能恢复。继续？", en="It cannot be brought back then. Go on?"),
}


@dataclass(frozen=True, slots=True)
class Binned:
    """One record in the bin; `purge_url` is blank for who may not delete it for good."""

    title: str
    who: str
    when: str
    until: str
    restore_url: str
    purge_url: str
    asks: Sequence[Control] = ()               # what it may come back with instead


@dataclass(frozen=True, slots=True)
class BinView:
    """The page: a tab per object of which something lies there, the rows of one of them."""

    title: str
    help: str
    nothing: str
    words: dict[str, str]
    tabs: Sequence[Tab]
    rows: Sequence[Binned]
    count: str
    next_url: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a record could not be brought back, and the fields of which it says so."""

    id: int
    message: str
    fields: Sequence[str] = ()


def of(tx: Tx, object: str, cursor: str | None, days: int, hindrance: Hindrance | None = None) -> BinView:
    """What the actor may bring back: of one object, of the first that has something without it."""
    language = tx.actor.language
    counts = {obj.name: _count(tx, obj) for obj in tx.app.objects.values() if _may_hold(tx, obj)}
    held = [name for name, count in counts.items() if count or name == object]
    chosen = object if object in held else next(iter(held), "")
    asked = Query(sort=("-changed_at",), limit=LIMIT, cursor=cursor, count="capped", shelf="deleted")
    page = reading.page(tx, chosen, asked) if chosen else reading.Page([], None, None)
    labels = {name: tx.app.objects[name].plural.to(language) for name in held}
    tabs = [Tab(labels[name], addresses.bin(tx.app.name, object=name), name == chosen, counts[name]) for name in held]
    following = addresses.bin(tx.app.name, object=chosen, cursor=page.next) if page.next else ""
    return BinView(
        TITLE.to(language), HELP.filled(days=days).to(language), NOTHING.to(language),
        {name: text.to(language) for name, text in WORDS.items()}, tabs,
        [_row(tx, record, days, hindrance) for record in page.items], lists.count_text(page, language), following,
        "" if hindrance is None else hindrance.message,
    )


def _may_hold(tx: Tx, obj: Object) -> bool:
    known = not obj.owner and obj.name != "user"
    return known and access.may(tx, obj.name, "see") and access.may(tx, obj.name, "delete")


def _count(tx: Tx, obj: Object) -> int:
    return reading.page(tx, obj.name, Query(limit=1, count="capped", shelf="deleted")).count or 0


def _row(tx: Tx, record: Record, days: int, hindrance: Hindrance | None) -> Binned:
    language, zone = tx.actor.language, tx.zone
    at: dt.datetime = record.system["deleted_at"]
    who = titles.titled(record.session, record.get("changed_by"))

    def url(verb: str) -> str:
        return addresses.record(tx.app.name, record.object, record.id or 0, verb)

    return Binned(
        record.title, who.title if who is not None else "", values.moment(at, zone, language),
        values.moment(at + dt.timedelta(days=days), zone, language), url("restore"),
        url("purge") if shelving.may_purge(tx, record.object) else "",
        _asks(tx, record, hindrance.fields) if hindrance is not None and hindrance.id == record.id else (),
    )


def _asks(tx: Tx, record: Record, names: Sequence[str]) -> list[Control]:
    """The controls of fields whose values are taken, as far as one types them in one line."""
    fields = (record.definition.fields[name] for name in names if name in record.definition.fields)
    return [
        controls.free(tx, field, field.name, field.to_input(record.values.get(field.name)))
        for field in fields if field.widget in TYPED
    ]
