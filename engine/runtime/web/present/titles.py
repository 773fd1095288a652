"""Titles of linked records, loaded for many rows at once. Knows sessions and records, no page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.expressions.values import Ref, Value
from engine.kinds.fields.base import Field
from engine.runtime.services import reading
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session


def refs_in(value: Any) -> Iterable[Ref]:
    """The links in a value: itself, or those of a list."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from refs_in(item)


def load(session: Session, records: Sequence[Record], fields: Iterable[Field]) -> None:
    """Fetch whatever these fields of these records link to, with one statement per object."""
    names = [f.name for f in fields if f.type.name in ("record", "list") and f.kind != "lines"]
    session.prefetch({ref for record in records for name in names for ref in refs_in(record.get(name))})


def titled(session: Session, value: Value) -> Any:
    """The value with every link in it given its title; one to a record out of sight says so."""
    if isinstance(value, tuple):
        return tuple(titled(session, item) for item in value)
    if not isinstance(value, Ref):
        return value
    found: Ref = reading.titled(session, value)
    return found if found.title else Ref(value.object, value.id, reading.called(found, session.tx.actor.language))
