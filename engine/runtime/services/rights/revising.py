"""What a state shuts and a returned approval opens: who is asked to revise the record may change it as in its first
state. Knows nothing of rights."""

from __future__ import annotations

from collections.abc import Sequence

from engine.runtime.services.records import Record
from engine.runtime.storage import flow_rows


def named(edit: Sequence[str], name: str) -> bool:
    """Whether a list of what may change (`edit` of a state) names a field, the lines it is in, or rows of them."""
    head = name.split(".")[0]
    return name in edit or head in edit or any(e.startswith(name + ".") for e in edit) or name + "+" in edit


def opens(record: Record, name: str) -> bool:
    """Whether a field may change because the record came back to the actor."""
    obj = record.definition
    first = obj.states[obj.initial].edit
    return (first is None or named(first, name)) and mine(record)


def mine(record: Record) -> bool:
    """Whether an approval sent the record back to the actor, who has not submitted it again."""
    session, me = record.session, record.session.tx.actor.id
    if me is None or record.id is None:
        return False
    key = (record.object, record.id)
    if key not in session.came_back:
        session.came_back[key] = flow_rows.came_back(session.tx, *key, me)
    return session.came_back[key]
