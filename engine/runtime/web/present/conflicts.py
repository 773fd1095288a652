"""Two edits of one record side by side: what was saved meanwhile, and what I typed. Knows records, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.runtime.services import audit
from engine.runtime.services.audit import Event
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.web.present import documents, facts, forms, timelines
from engine.runtime.web.present.blocks import Grid


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two differ. `take` is the side that alone has changed it since I began (`theirs`, `mine`);
    blank where both have, so that somebody must choose."""

    name: str
    label: str
    theirs: str
    mine: str
    take: str


@dataclass(frozen=True, slots=True)
class ConflictView:
    """The page of a conflict. `version` is the one that stands now; saving again is based on it."""

    title: str
    who: str
    when: str
    version: int
    differences: Sequence[Difference]
    theirs: Sequence[Grid]
    mine: Sequence[Grid]
    takes: Sequence[str] = ()                  # for each grid, as for a field

    @property
    def names(self) -> list[str]:
        """What is chosen between, fields and lines."""
        return [*(one.name for one in self.differences), *(grid.name for grid in self.mine)]


def of(theirs: Record, mine: Record, current: int, seen: int) -> ConflictView:
    """What differs between the record as it stands and the draft of what I typed over the version that I saw."""
    shown = access.visible_fields(theirs.session.tx, theirs.definition, theirs)
    forms.load_titles(theirs)
    forms.load_titles(mine)
    history = audit.history(theirs.session, theirs)
    before = changed_since(history, current - seen)
    differing = []
    for field in theirs.definition.fields.values():
        if field.name not in shown or field.kind == "lines" or field.computed:
            continue
        if theirs.values.get(field.name) != mine.values.get(field.name):
            left, right = facts.fact(theirs, field), facts.fact(mine, field)
            untyped = field.name in before and field.to_json(mine.values.get(field.name)) == before[field.name]
            take = "theirs" if untyped else "" if field.name in before else "mine"
            differing.append(Difference(field.name, left.label, left.value, right.value, take))
    moved = [name for name in theirs.definition.lines if name in shown and content(theirs, name) != content(mine, name)]
    last = next(iter(history), None)
    return ConflictView(
        title=theirs.title,
        who=last.actor_name if last else "",
        when=timelines.when(theirs, last.at) if last else "",
        version=current,
        differences=differing,
        theirs=[facts.grid(theirs, n, shown) for n in moved],
        mine=[facts.grid(mine, n, shown) for n in moved],
        takes=["" if any(path.startswith(f"{n}.") for path in before) else "mine" for n in moved],
    )


def document(theirs: Record, mine: Record | None, seen: int) -> list[dict[str, Any]]:
    """For programs: the fields in which the record as it stands differs from the draft of what was sent over the
    version `seen`, with `base` (what stood there then; lines have none), `theirs` and `mine`; without a draft those
    that were changed since."""
    before = changed_since(audit.history(theirs.session, theirs), theirs.version - seen)
    left, right = documents.record(theirs), None if mine is None else documents.record(mine)
    found = []
    for field in theirs.definition.fields.values():
        name = field.name
        if name not in left or field.computed:
            continue
        moved = any(path == name or path.startswith(f"{name}.") for path in before)
        if not (moved if right is None else left[name] != right.get(name)):
            continue
        base = {} if field.kind == "lines" else {"base": before.get(name, left[name])}
        sent = {} if right is None else {"mine": right.get(name)}
        found.append({"field": name, **base, "theirs": left[name], **sent})
    return found


def changed_since(history: Sequence[Event], versions: int) -> dict[str, Any]:
    """The fields that the last so many versions changed, each with its value before them, as JSON."""
    found: dict[str, Any] = {}
    for event in history:
        if not event.derived and event.event not in audit.DISCUSSED:
            if versions <= 0:
                break
            versions -= 1
        found |= {path: old for path, (old, _) in event.changes.items()}
    return found


def content(record: Record, name: str) -> list[object]:
    """The stored values of the lines, to compare."""
    return [(line.id, tuple(sorted((k, str(v)) for k, v in line.values.items()))) for line in record.lines(name)]
