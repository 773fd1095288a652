"""Forms that somebody has begun to fill in, kept on the server per person and form until they are saved."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.objects import Object
from engine.errors import Invalid, NotFound
from engine.runtime.services import commands, reading
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage import draft_rows
from engine.runtime.storage.live import Tx
from engine.texts import say

JOB = "drafts"
KEPT = dt.timedelta(days=30)
LARGEST = 300_000                              # letters of a form
Pairs = Sequence[tuple[str, str]]              # names and values of controls, as a browser sends them


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into a form: `pairs` by control, over this version of the record (0: a new one)."""

    pairs: Pairs
    version: int
    at: dt.datetime


def keep(tx: Tx, object: str, id: int, version: int, pairs: Pairs) -> None:
    """Keep what the actor has typed into the form of a record (0: of a new one)."""
    _demand(tx, object, id)
    form = json.dumps([list(pair) for pair in pairs], ensure_ascii=False)
    if len(form) > LARGEST:
        raise Invalid(say(zh="表单太大，草稿未保存", en="The form is too large to be kept as a draft"))
    draft_rows.put(tx, object, id, version, form)


def _demand(tx: Tx, object: str, id: int) -> None:
    """Raise for a form that the actor may not open."""
    obj = commands.known(tx, object)
    if id:
        reading.get(tx, object, id)
    else:
        access.demand_create(tx, obj)


def found(tx: Tx, object: str, id: int) -> Draft | None:
    """The actor's draft of a form, unless it is too old to be offered."""
    row = draft_rows.one(tx, object, id)
    if row is None or tx.now - row["at"] > KEPT:
        return None
    return Draft([(name, value) for name, value in json.loads(row["form__file"])], row["version"], row["at"])


def drop(tx: Tx, object: str, id: int) -> None:
    """Forget the actor's draft of a form."""
    draft_rows.drop(tx, object, id)


def open_pairs(obj: Object, pairs: Pairs, open_fields: Mapping[str, bool]) -> Pairs:
    """What of a draft the actor may (still) give: `open_fields` says of each path (`qty`, `lines.qty`) whether it is
    open. What the definition no longer has falls away."""
    return [(name, value) for name, value in pairs if _is_open(obj, name, open_fields)]


def _is_open(obj: Object, name: str, open_fields: Mapping[str, bool]) -> bool:
    head, _, rest = name.partition(".")
    if name.startswith("_") or (head in obj.lines and rest.endswith(".id")):
        return True
    inner = rest.partition(".")[2]
    return open_fields.get(f"{head}.{inner}" if inner else head, False)


def listing(tx: Tx, limit: int) -> list[tuple[Object, Record | None, dt.datetime]]:
    """The actor's drafts, newest first: the object, the record (None: a new one) and when; without those of records
    that are gone or out of sight and of forms that the actor may no longer open."""
    kept = []
    for object, id, at in draft_rows.of_actor(tx, limit):
        obj = tx.app.objects.get(object)
        if obj is None or tx.now - at > KEPT or not (id or access.may(tx, object, "create")):
            continue
        try:
            kept.append((obj, reading.get(tx, object, id) if id else None, at))
        except NotFound:
            continue
    return kept


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Forget drafts that nobody came back to."""
    draft_rows.forget(tx, tx.now - KEPT)
