"""What somebody may pull into the lines of a form: the rows of the source that they may see, each as the line that it
would give. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Invalid, NotFound
from engine.expressions.comparing import same_key
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import Row, Value
from engine.kinds.fields.lines import Lines, Pull
from engine.runtime.services import changes, reading
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, sight
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.steps.slots import evaluate
from engine.runtime.storage.live import Tx
from engine.texts import say

MOST = 500                                     # rows that are offered at once


@dataclass(frozen=True, slots=True)
class Offer:
    """A row that can be pulled. `line`: the line that it would give, with its copies and formulas, in no record;
    `given`: the fields that the pull fills; `group`: what it stands under, with titles in place of links."""

    source: Row
    line: Record
    given: Sequence[str]
    group: Value


@dataclass(frozen=True, slots=True)
class Offers:
    """The rows that can be pulled, those of a group together; `more`: there are others beyond `MOST`. `ticked`: they
    are chosen beforehand."""

    items: Sequence[Offer]
    more: bool
    ticked: bool


def rule_of(record: Record, name: str) -> Pull:
    """The pull of these lines; `NotFound` where there is none, or it is out of sight."""
    field = record.definition.fields.get(name)
    rule = field.pull if isinstance(field, Lines) else None
    if rule is None or name not in access.visible_fields(record.session.tx, record.definition, record):
        raise NotFound(say(zh="{name} 没有可带入的来源", en="Nothing can be pulled into {name}", name=name))
    return rule


def offered(record: Record, name: str) -> Offers:
    """What can be pulled into these lines of a draft as it stands. A row whose records one of its lines holds already
    is not offered again; what the actor may not see is neither offered nor filled in."""
    rule, tx = rule_of(record, name), record.session.tx
    if not sight.may_evaluate(tx, "", [rule.source.node], this=record.object):
        return Offers((), False, False)
    frame = record.frame()
    rows = ReaderSession(tx).listed(rule.source.node, frame)
    inner = tx.app.objects[f"{record.object}.{name}"]
    given = {n: v for n, v in rule.values.items() if _readable(tx, record, rule, v)}
    links = [n for n in given if inner.fields[n].type.name == "record"]
    held = {_key(line, links) for line in record.lines(name)} if links else set()
    found: dict[Any, list[Offer]] = {}
    count = 0
    for row in rows:
        at = frame.at(row, rule.source.alias)
        line = _line(record, name, {n: evaluate(v, at) for n, v in given.items()})
        if line is None or _key(line, links) in held:
            continue
        count += 1
        if count > MOST:
            break
        group = _group(record, rule, row, at)
        found.setdefault(same_key(group), []).append(Offer(row, line, tuple(given), group))
    items = tuple(one for group in found.values() for one in group)
    return Offers(items, count > MOST, rule.pick.default == "all")


def _readable(tx: Tx, record: Record, rule: Pull, value: object) -> bool:
    """Whether the actor may see what a value of the line is made of."""
    things = rule.source.candidate.objects
    if not isinstance(value, Expression):
        return True
    return bool(things) and sight.may_evaluate(tx, things[0], [value.node], this=record.object)


def _line(record: Record, name: str, values: Mapping[str, Any]) -> Record | None:
    """The line that values would give, beside those of the record; None where the source holds what no line can."""
    line = Record(record.session, record.session.tx.app.objects[f"{record.object}.{name}"])
    line.parent = record
    try:
        changes.fill_new(record.session, line, values)
    except Invalid:
        return None
    return line


def _key(line: Record, links: Iterable[str]) -> tuple[Any, ...] | None:
    """What tells a line's sources; None where it has none."""
    key = tuple(same_key(line.get(name)) for name in links)
    return key if any(part is not None for part in key) else None


def _group(record: Record, rule: Pull, row: Row, at: Frame) -> Value:
    """What a row stands under: what `by` says, else the record that it is a line of."""
    by, tx = rule.pick.by, record.session.tx
    if by is None:
        return row.root.title if isinstance(row, Record) and row.root is not row else None
    if not sight.may_evaluate(tx, row.object, [by.node], this=record.object):
        return None
    found: Value = reading.titled(record.session, by.value(at))
    return found
