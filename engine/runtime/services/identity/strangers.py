"""What people without an account do: they send forms, and find a record of which they know enough. They hold the one
role of the form or page at which they are; what that may, the grants say. Knows no request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.app import App
from engine.definitions.surfaces import GIVEN, Surface, surface
from engine.errors import NotFound, Unreadable
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import Ref
from engine.kinds.fields.base import Literal
from engine.runtime.services import changes, commands, occasions, reading
from engine.runtime.services.records import Record
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.sessions import Session
from engine.runtime.storage import queries
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.texts import say

MOST_FOUND = 20
LONGEST = 200                                  # signs of what is typed to find a record
GONE = say(zh="此页面不存在或已关闭", en="There is no such page, or it is closed")

UNKNOWN = say(
    zh="没有找到相符的记录：请核对所填内容", en="Nothing was found that agrees with all of this: check what you typed"
)


def open_to_all(app: App, kind: str, object: str, name: str) -> Surface:
    """The form or page of this name; `NotFound` where there is none, or only links lead there."""
    found = surface(app, kind, object, name)
    if found is None or not found.is_listed:
        raise NotFound(GONE)
    return found


def standing(one: Surface, language: str) -> Actor:
    """Nobody, at this form or page."""
    return Actor("public", roles=frozenset({one.role}), language=language)


def submit(
    tx: Tx, form: Surface, values: Mapping[str, Any], accept: tuple[str, ...], about: Ref | None = None
) -> tuple[Record, str]:
    """Create the record of a form; with what the last page says of it. `about`: the record of its link."""
    given = dict(form.set) if about is None else {**form.set, form.of: Literal(changes.as_link(about))}
    record = commands.create(tx, form.object, values, accept=accept, preset=given, before=form.before)
    return record, occasions.thanks(form, record)


def found(tx: Tx, view: Surface, texts: Mapping[str, str]) -> list[Record]:
    """The records that agree with everything that somebody must know; none unless all of it is given."""
    given = {find.path: texts.get(find.path, "").strip() for find in view.find}
    if not view.find or not all(given.values()) or any(len(text) > LONGEST for text in given.values()):
        return []
    obj = tx.app.objects[view.object]
    scope = reading.scope_of(ReaderSession(tx), obj, "see", "current")
    engine = Session(tx)
    asked = [(find.agrees, Frame(engine, names={GIVEN: given[find.path]})) for find in view.find]
    try:
        ids = queries.agreeing(tx, scope, asked, MOST_FOUND)
    except NotInSql as error:                  # the checker refuses such fields
        raise Unreadable(GONE) from error
    return [reading.get(tx, obj.name, id) for id in ids]
