"""Whether what a rule of a field reads has changed in the running command, so that the rule is to be judged again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from engine.expressions.compiled import Expression
from engine.expressions.reading import read_of_this
from engine.expressions.values import Ref
from engine.runtime.services.records import Record

Path = Sequence[str]
DEEPEST = 12                                   # formulas that read formulas, links that lead to links


def moved(record: Record, rule: Expression | None) -> bool:
    """Whether a stored value that the rule reads differs from what was loaded.

    The clock, the acting person and rows that are not reached from the record do not count: a rule that has become
    false by itself must not stand in the way of other changes."""
    return rule is not None and any_moved(record, read_of_this(rule.node, rule.outward))


def any_moved(record: Record, paths: Iterable[Path], depth: int = 0) -> bool:
    return any(_moved(record, path, depth) for path in paths if not path[0].startswith("@"))


def _moved(record: Record, path: Path, depth: int) -> bool:
    if record.before is None:
        return True
    if depth > DEEPEST:
        return False
    head, rest = path[0], path[1:]
    if head == "parent":
        return record.parent is not None and bool(rest) and _moved(record.parent, rest, depth + 1)
    field = record.definition.fields.get(head)
    if field is None:
        return head in ("state", "status") and record.before.get(head) != record.system.get(head)
    if field.kind == "lines":
        return _lines_moved(record, head, rest, depth)
    if field.formula is not None:
        return any_moved(record, (path for path in field.formula.reads), depth + 1)
    if record.before.get(head) != record.values.get(head):
        return True
    return bool(rest) and _behind(record, head, rest, depth)


def _lines_moved(record: Record, name: str, rest: Path, depth: int) -> bool:
    gone = any(line.definition.owner_field == name for line in (*record.removed, *record.taken_out))
    return gone or any(
        line.before is None or (bool(rest) and _moved(line, rest, depth + 1)) for line in record.lines(name)
    )


def _behind(record: Record, name: str, rest: Path, depth: int) -> bool:
    """Whether this command has changed what lies behind a link; what it has not in hand it has not changed."""
    value = record.values.get(name)
    target = record.session.records.get((value.object, value.id)) if isinstance(value, Ref) else None
    return target is not None and _moved(target, rest, depth + 1)


def day_bound(value: object, bound: object) -> bool:
    """Whether a bound is a day and the value a moment."""
    return isinstance(value, dt.datetime) and isinstance(bound, dt.date) and not isinstance(bound, dt.datetime)
