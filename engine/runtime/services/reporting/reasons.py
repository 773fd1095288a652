"""Why a figure could not be computed, for people: the record and its field where it went wrong, and the reason."""

from __future__ import annotations

from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import reading
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.texts import Text, say


def reason(session: Session, error: ErrorValue, here: Record | None = None, name: str = "") -> Text:
    """The reason of an error; with the place where it arose, unless that is the field `name` of the record `here`.

    A record that the reader may not see is not named."""
    if error.at is None:
        return error.reason
    ref, field = error.at
    own = here is not None and here.id is not None and ref == Ref(here.object, here.id)
    if own and field in ("", name):
        return error.reason
    obj = session.tx.app.objects.get(ref.object)
    label = obj.fields[field].label if obj is not None and field in obj.fields else None
    record = None if own else reading.glance(session, ref)
    if record is None:
        return error.reason if label is None or not own else _joined(label, error.reason)
    title = say(zh="{title}", en="{title}", title=record.title)
    if label is None:
        return _joined(title, error.reason)
    return _joined(say(zh="{title}的“{field}”", en="{field} of {title}", title=title, field=label), error.reason)


def _joined(place: Text, why: Text) -> Text:
    return say(zh="{place}：{why}", en="{place}: {why}", place=place, why=why)


def named(session: Session, error: ErrorValue) -> ErrorValue:
    """The same error whose reason tells the place too."""
    return ErrorValue(error.code, reason(session, error), error.at)
