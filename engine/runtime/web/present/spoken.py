"""What the fields of a condition are now, where the reader sees them. Knows no flow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions.compiled import Expression
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Each, Get, Node, Operation, Root
from engine.expressions.values import ErrorValue, Ref, Row, Rows
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.spoken import SYSTEM_LABELS, Words
from engine.runtime.web.present import sheets
from engine.texts import say

COMPARED = ("=", "!=", "<", "<=", ">", ">=", "in", "blank")
NOW = say(zh="{what} 现为 {value}", en="{what} is {value} now")


def values(expression: Expression, record: Record) -> list[str]:
    """What the fields of a condition are now, as far as the reader may see them: `Amount is 1,200.00 now`."""
    tx = record.session.tx
    words, frame = Words(tx.app, record.object, tx.actor.language), ReaderSession(tx).frame(record)
    found: dict[str, None] = {}
    for side in _sides(expression.node):
        if not _open(side, record):
            continue
        value = evaluate(side, frame)
        if isinstance(value, ErrorValue | Row | Rows):
            continue
        if isinstance(value, Ref) and not value.title:
            target = record.session.record(value)
            value = Ref(value.object, value.id, target.title) if target is not None else value
        shown = words._options(side).get(str(value)) or sheets.shown(tx, side.type, value)
        said = words._of(side, expression.text)
        found[words._say(NOW, what=said, value=shown or "—")] = None
    return list(found)


def _sides(node: Node) -> Iterator[Node]:
    """What comparisons compare, constants left out."""
    if isinstance(node, Operation) and node.op in COMPARED:
        yield from (side for side in node.args if any(isinstance(one, Get | Each) for one in side.walk()))
    elif isinstance(node, Operation):
        for part in node.args:
            yield from _sides(part)
    elif isinstance(node, Get):
        yield node


def _open(node: Node, record: Record) -> bool:
    """Whether the reader may see all that a part of a condition reads."""
    tx = record.session.tx
    shown = access.visible_fields(tx, record.definition, record)
    for one in node.walk():
        if isinstance(one, Aggregate) and one.value is not None:
            return False                       # over rows of something else
        if isinstance(one, Get | Each):
            at_hand = isinstance(one.owner, Root) and one.owner.word in ("row", "this")
            things = one.owner.type.objects or ((record.object,) if at_hand else ())
            if things == (record.object,):
                visible = one.name in shown or one.name in SYSTEM_LABELS
            else:
                visible = bool(things) and all(_sure(record, shown, thing, one.name) for thing in things)
            if not visible:
                return False
    return True


def _sure(record: Record, shown: frozenset[str], thing: str, name: str) -> bool:
    tx = record.session.tx
    obj = tx.app.objects.get(thing)
    if obj is None:
        return False
    if obj.owner:
        return obj.owner == record.object and f"{obj.owner_field}.{name}" in shown
    return thing == "user" or access.may(tx, thing, "see") and name in access.sure_fields(tx, obj)
