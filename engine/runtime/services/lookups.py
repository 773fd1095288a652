"""Candidates of links: the records that a text finds, or names. Knows no page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from engine.definitions.objects import Object
from engine.errors import NotFound
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import Ref
from engine.kinds.fields.link import Link
from engine.runtime.services import reading
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import listings, queries
from engine.runtime.storage.listings import SortColumn
from engine.runtime.storage.live import Tx
from engine.texts import say

MOST_CALLED = 5000                             # more than the texts that are asked for at once


def lookup(tx: Tx, object: str, path: str, text: str, *, draft: Record | None = None, limit: int = 20) -> list[Record]:
    """Candidates of a link field (`customer`, `lines.product`) whose texts fit; its `where` is applied to the draft."""
    obj, link = link_at(tx, object, path)
    session = draft.session if draft is not None else Session(tx)
    found: list[Record] = []
    for target in link.to:
        found.extend(_candidates(session, tx.app.objects[target], link, text, draft, limit))
    return found[:limit]


def among(tx: Tx, link: Link, text: str, *, limit: int = 20) -> list[Record]:
    """Records that a link of no record may name (the key of a register), whose texts fit; none of what the actor does
    not see."""
    found: list[Record] = []
    for target in link.to:
        if access.may(tx, target, "see"):
            found.extend(_candidates(Session(tx), tx.app.objects[target], link, text, None, limit))
    return found[:limit]


def named(tx: Tx, object: str, path: str, words: Iterable[str]) -> dict[str, Record | None]:
    """The record that each text means for a link field, as a spreadsheet or a scanner gives it: the one of that title,
    key or code, else the only one that the text finds; None where that is none, or several."""
    few = lookup(tx, object, path, "", limit=reading.MOST)
    known: dict[str, dict[int, Record]] = {}
    words = list(words)
    for record in few if len(few) < reading.MOST else _called(tx, object, path, words):
        for name in _names(tx, record):
            known.setdefault(name, {})[id(record)] = record
    return {word: _meant(tx, object, path, word, list(known.get(word.casefold(), {}).values())) for word in words}


def _meant(tx: Tx, object: str, path: str, word: str, same: list[Record]) -> Record | None:
    if not same:
        found = lookup(tx, object, path, word, limit=20)
        same = [record for record in found if word.casefold() in _names(tx, record)] or found
    return same[0] if len(same) == 1 else None


def _called(tx: Tx, object: str, path: str, words: list[str]) -> list[Record]:
    """Of many candidates those that are called so by a code, in one statement; none where too many are (then each text
    is searched for, as are those that name nothing here)."""
    _, link = link_at(tx, object, path)
    spelled = {form for word in words for form in (word, word.lower(), word.upper())}
    found: list[Record] = []
    for target in link.to:
        found += _candidates(Session(tx), tx.app.objects[target], link, "", None, MOST_CALLED, called=spelled)
    return found if len(found) < MOST_CALLED else []


def _names(tx: Tx, record: Record) -> set[str]:
    """What a record is called: its title, the parts of its key, its codes; as far as the actor sees them."""
    values = [record.get(name) for name in _codes(tx, record.definition)]
    return {record.title.casefold(), *(value.casefold() for value in values if isinstance(value, str))}


def _codes(tx: Tx, obj: Object) -> list[str]:
    """The fields that name a record of an object: its codes, numbers and the parts of its key that the actor sees."""
    seen = access.sure_fields(tx, obj)
    coded = [f.name for f in obj.fields.values() if f.kind in ("barcode", "autonumber") or f.name in obj.key]
    return [name for name in coded if name in seen]


def link_at(tx: Tx, object: str, path: str) -> tuple[Object, Link]:
    """The object (or lines) and the link field at a path."""
    obj = reading.known_object(tx, object)
    head, _, tail = path.partition(".")
    if tail and f"{obj.name}.{head}" in tx.app.objects:
        obj, head = tx.app.objects[f"{obj.name}.{head}"], tail
    field = obj.fields.get(head)
    if not isinstance(field, Link):
        raise NotFound(say(zh="没有链接字段 {path}", en="There is no link field {path}", path=path))
    return obj, field


def _candidates(
    session: Session, target: Object, link: Link, text: str, draft: Record | None, limit: int,
    *, called: Collection[str] | None = None,
) -> list[Record]:
    """Those that a text finds; `called`: only those of which a code is one of these."""
    tx = session.tx
    scope = reading.scope_of(session, target, "see", "current")
    if called is not None:
        codes = [n for n in _codes(tx, target) if target.fields[n].stored and target.fields[n].type.name == "text"]
        scope = queries.called(scope, codes, called)
    frame = session.frame(draft) if draft is not None else Frame(session)
    where = link.where if draft is not None or link.where is None or not _reads_row(link) else None
    name = next((n for n in (*target.key, "name", "number") if n in target.fields and target.fields[n].stored), "")
    column = scope.columns.column(name) if name else None
    sort = [SortColumn(name, column, False, False)] if column is not None else []
    asked: dict[str, Any] = {
        "search": text,
        "sort": sort,
        "cursor": None,
        "count": "none",
        "visible": access.sure_fields(tx, target),
        "ranked": True,
    }
    try:
        listing = listings.page(tx, scope, where, frame, limit=limit, **asked)
        records = _adopted(session, target, listing.rows)
    except NotInSql:
        listing = listings.page(tx, scope, None, frame, limit=reading.MOST, **asked)
        records = _adopted(session, target, listing.rows)
        if where is not None:
            records = [r for r in records if where.value(frame.at(r)) is True]
    return records[:limit]


def _adopted(session: Session, target: Object, fetched: Sequence[Mapping[Any, Any]]) -> list[Record]:
    """The records of fetched rows; lines come with the record that they are lines of: it tells them apart."""
    if not target.owner:
        return session.adopt_all(target, fetched)
    refs = [Ref(target.name, int(row["id"])) for row in fetched]
    session.prefetch(refs)
    return [line for ref in refs if (line := session.record(ref)) is not None]


def _reads_row(link: Link) -> bool:
    """Whether the link's `where` reaches outward (`this.`, `parent`): then it needs the draft."""
    return link.where is not None and ("this" in link.where.text or "parent" in link.where.text)
