"""The parts of a form or page as they are drawn: fields, grids of lines, texts, tabs. Knows no rights."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.layouts import Passage, Section, parts_of
from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.kinds.fields.base import Field, Literal
from engine.kinds.fields.lines import Lines
from engine.runtime.services.records import Record
from engine.runtime.services.rights import sight
from engine.runtime.web.present import addresses
from engine.runtime.web.present.controls import Control, holds

STATES = (("state",), ("status",), ("parent", "state"), ("parent", "status"))  # what no typing changes


@dataclass(frozen=True, slots=True)
class LineColumn:
    name: str
    label: str
    kind: str
    required: bool
    total: bool
    scale: int | None
    unit: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class LineRow:
    id: int | str
    index: int | str
    fields: Sequence[Control]
    errors: bool


@dataclass(frozen=True, slots=True)
class Scanning:
    """What a scanned code does in a grid: `column` is where it belongs, `values` what is set: a text, or a formula's
    tree under `tree`; by column, as JSON."""

    column: str
    values: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Line items as the macro takes them."""

    name: str
    label: str
    columns: Sequence[LineColumn]
    rows: Sequence[LineRow]
    template: LineRow | None
    totals: Mapping[str, str]
    readonly: bool
    min: int
    max: int | None
    error: str
    hidden: bool
    paste: bool = True
    scan: Scanning | None = None
    pull: str = ""                             # where the rows are that can be pulled into it
    fixed: bool = False                        # its rows may change, and neither come nor go


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a form: entries under a title (a control, or several side by side), the grid of a lines field, a text,
    tabs, or blocks that come and go together (`show` names them, `hidden` says whether they are gone now)."""

    title: str = ""
    entries: Sequence[Any] = ()
    grid: Grid | None = None
    text: str = ""
    tabs: Sequence[Tab] = ()
    blocks: Sequence[Block] = ()
    show: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """Blocks of which one tab's are seen at a time. `id` is unique on the page; `wrong`: something in it is marked."""

    id: str
    title: str
    blocks: Sequence[Block]
    wrong: bool
    open: bool = False


def scanning(inner: Object, typable: Collection[str]) -> Scanning | None:
    """What a scanned code does in the lines, as far as somebody may type there."""
    scan = inner.scan
    column = "" if scan is None else scan.find.split(".")[0]
    if scan is None or column not in typable:
        return None
    values = {
        name: {"tree": value.browser()} if isinstance(value, Expression) else inner.fields[name].to_input(value.value)
        for name, value in scan.values.items()
        if name in typable
    }
    return Scanning(column, json.dumps(values, ensure_ascii=False))


def passage(record: Record, entry: Passage) -> str:
    """A text between the fields; nothing where it tells what the actor may not read."""
    tx = record.session.tx
    if not sight.may_evaluate(tx, record.object, entry.text.nodes):
        return ""
    return entry.text.render(record.frame(), tx.actor.language)


def conditions(obj: Object) -> frozenset[str]:
    """The fields on which it hangs what of the page is shown."""
    shows = [part.show for part in parts_of(obj.form) if isinstance(part, Section) and part.show is not None]
    return frozenset(".".join(path[:2]) for show in shows for path in show.reads if not path[0].startswith("@"))


def flush(loose: list[Any]) -> list[Block]:
    """The fields gathered so far as an untitled block."""
    found = [Block(entries=tuple(loose))] if loose else []
    loose.clear()
    return found


def every_block(blocks: Sequence[Block]) -> Iterator[Block]:
    """These blocks, and those inside of them."""
    for block in blocks:
        yield block
        yield from every_block([*block.blocks, *(inner for tab in block.tabs for inner in tab.blocks)])


def controls_of(blocks: Sequence[Block]) -> Iterator[Control]:
    for block in every_block(blocks):
        for entry in block.entries:
            yield from (entry if isinstance(entry, list) else [entry])
        for row in block.grid.rows if block.grid else ():
            yield from row.fields


def left_out(field: Field, lines: Sequence[Record]) -> bool:
    """Whether a column is hidden in every line, whatever is typed: by a fixed rule, or one on the record's state or on
    what only the system fills in."""
    if field.show is None or not all(_untyped(lines, path) for path in field.show.reads):
        return False
    return not any(holds(field.show, line) for line in lines)


def _untyped(lines: Sequence[Record], path: Sequence[str]) -> bool:
    """Whether nothing that is typed in the form changes what a path of a line reads."""
    own = lines[0].definition.fields.get(path[0]) if lines and len(path) == 1 else None
    if own is None:
        return tuple(path) in STATES
    return own.readonly and not own.computed and not own.refill and isinstance(own.default, Literal | None)


def pulling(record: Record, field: Field) -> str:
    """Where the rows are that can be pulled into lines; blank where there are none, or in a form without an account."""
    tx, id = record.session.tx, record.id
    if not isinstance(field, Lines) or field.pull is None or tx.actor.kind != "user":
        return ""
    if id is None:
        return f"{addresses.records(tx.app.name, record.object)}/pull/{field.name}"
    return addresses.record(tx.app.name, record.object, id, "pull", field.name)
