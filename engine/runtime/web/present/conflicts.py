"""Two edits of one record side by side: what was saved meanwhile, and what I typed. Knows records, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.runtime.services import access, audit
from engine.runtime.services.records import Record
from engine.runtime.web.present import facts, forms, timelines
from engine.runtime.web.present.blocks import Grid


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two differ."""

    label: str
    theirs: str
    mine: str


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


def of(theirs: Record, mine: Record, current: int) -> ConflictView:
    """What differs between the record as it stands and the draft of what I typed."""
    shown = access.visible_fields(theirs.session.tx, theirs.definition, theirs)
    forms.load_titles(theirs)
    forms.load_titles(mine)
    differing = []
    for field in theirs.definition.fields.values():
        if field.name not in shown or field.kind == "lines" or field.computed:
            continue
        if theirs.values.get(field.name) != mine.values.get(field.name):
            left, right = facts.fact(theirs, field), facts.fact(mine, field)
            differing.append(Difference(left.label, left.value, right.value))
    moved = [name for name in theirs.definition.lines if name in shown and content(theirs, name) != content(mine, name)]
    last = next(iter(audit.history(theirs.session, theirs)), None)
    return ConflictView(
        title=theirs.title,
        who=last.actor_name if last else "",
        when=timelines.when(theirs, last.at) if last else "",
        version=current,
        differences=differing,
        theirs=[facts.grid(theirs, n, shown) for n in moved],
        mine=[facts.grid(mine, n, shown) for n in moved],
    )


def content(record: Record, name: str) -> list[object]:
    """The stored values of the lines, to compare."""
    return [(line.id, tuple(sorted((k, str(v)) for k, v in line.values.items()))) for line in record.lines(name)]
