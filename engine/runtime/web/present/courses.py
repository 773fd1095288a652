"""Where a document comes from and what followed: the documents before and after it. Knows records, no page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.definitions.objects import Object
from engine.errors import Unreadable
from engine.expressions.values import Ref
from engine.kinds.fields.link import Link
from engine.runtime.services import reading
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, values
from engine.runtime.web.present.values import Cell

MOST = 12                                      # documents on either side
FAR = 3                                        # steps away
EACH = 5                                       # of one kind per document that they lead on from


@dataclass(frozen=True, slots=True)
class Stop:
    """A document on the way. `far`: so many steps from the record whose page it is."""

    label: str
    title: str
    url: str
    status: Cell | None
    far: int


@dataclass(frozen=True, slots=True)
class Course:
    """The way of a document: what it was made from, itself, what came of it; nearest first on either side."""

    before: list[Stop]
    here: Stop
    after: list[Stop]


def is_document(obj: Object) -> bool:
    """Whether an object's records are documents: they have a course of states, and a number or postings."""
    numbered = any(field.kind == "autonumber" for field in obj.fields.values())
    return bool(obj.states) and not obj.owner and (bool(obj.posts) or numbered)


def may_have(tx: Tx, obj: Object) -> bool:
    """Whether documents can lead to a record of this object, or from it."""
    if not is_document(obj):
        return False
    return any(True for _ in _ways_back(tx, obj)) or any(True for _ in _ways_on(tx, obj))


def of(record: Record) -> Course:
    """What the actor may see of a record's way."""
    return Course(_walked(record, _origins), _stop(record, 0), _walked(record, _followers))


def _walked(record: Record, step: Callable[[Sequence[Record]], Iterable[Record]]) -> list[Stop]:
    found: list[Stop] = []
    known, edge = {record.ref}, [record]
    for far in range(1, FAR + 1):
        reached = []
        for one in step(edge):
            if one.ref in known or len(found) >= MOST:
                continue
            known.add(one.ref)
            reached.append(one)
            found.append(_stop(one, far))
        edge = reached
    return found


def _stop(record: Record, far: int) -> Stop:
    tx, obj = record.session.tx, record.definition
    language = tx.actor.language
    status = values.status_of(record, "", language) if obj.states else None
    url = addresses.record(tx.app.name, obj.name, record.id or 0) if far else ""
    return Stop(obj.label.to(language), record.title, url, status, far)


def _target(tx: Tx, name: str) -> Object | None:
    """The object that a link to it, or to its lines, leads to."""
    obj = tx.app.objects.get(name)
    return tx.app.objects.get(obj.owner) if obj is not None and obj.owner else obj


def _links(tx: Tx, obj: Object) -> Iterator[tuple[str, Link]]:
    """The links of an object and of its lines; the lines field, or ''."""
    yield from (("", field) for field in obj.fields.values() if isinstance(field, Link))
    for name in obj.lines:
        inner = tx.app.objects[f"{obj.name}.{name}"].fields.values()
        yield from ((name, field) for field in inner if isinstance(field, Link))


def _ways_back(tx: Tx, obj: Object) -> Iterator[tuple[str, Link]]:
    """The links of an object that lead to documents."""
    for name, field in _links(tx, obj):
        if any((target := _target(tx, to)) is not None and is_document(target) for to in field.to):
            yield name, field


def _ways_on(tx: Tx, obj: Object) -> Iterator[tuple[Object, str]]:
    """The documents that can link to an object's records, each with the condition that they do (`{ids}` is a hole)."""
    for other in tx.app.objects.values():
        if not is_document(other) or not access.may(tx, other.name, "see"):
            continue
        for name, field in _links(tx, other):
            for to in field.to:
                target = tx.app.objects.get(to)
                if target is None or _target(tx, to) is not obj:
                    continue
                path = f"{field.name}.parent.id" if target.owner else f"{field.name}.id"
                yield other, f"any({name}, {path} in [{{ids}}])" if name else f"{path} in [{{ids}}]"


def _origins(edge: Sequence[Record]) -> Iterator[Record]:
    for record in edge:
        yield from _made_from(record)


def _made_from(record: Record) -> Iterator[Record]:
    shown = access.visible_fields(record.session.tx, record.definition, record)
    for name, field in _ways_back(record.session.tx, record.definition):
        if (f"{name}.{field.name}" if name else field.name) not in shown:
            continue
        for holder in record.lines(name) if name else [record]:
            ref = holder.get(field.name)
            target = record.session.record(ref) if isinstance(ref, Ref) else None
            root = target.root if target is not None else None
            if root is not None and is_document(root.definition) and access.granted(root, "see"):
                yield root


def _followers(edge: Sequence[Record]) -> Iterator[Record]:
    """What leads on from any of these: one question for each kind of way, however many documents there are."""
    by_object: dict[str, list[Record]] = {}
    for record in edge:
        by_object.setdefault(record.object, []).append(record)
    for records in by_object.values():
        tx, ids = records[0].session.tx, ", ".join(str(record.id) for record in records)
        for other, condition in _ways_on(tx, records[0].definition):
            asked = Query(filter=condition.format(ids=ids), sort=("id",), limit=min(EACH * len(records), MOST))
            try:
                yield from reading.page(tx, other.name, asked).items
            except Unreadable:                 # the reader does not see the link
                continue
