"""From records back along the paths that lead to them: links, ways back, lines, the record of a line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, select

from engine.runtime.storage.live import Tx
from engine.runtime.storage.mixed_links import SEVERAL


@dataclass(frozen=True, slots=True)
class Hop:
    """A piece of a path, as it is gone forwards to rows of `to`: by the `link` field `name` of `of`; `back` to rows
    whose link field `name` leads here (`to` has it); from a record to its `lines`; from a line up to its `record`."""

    kind: Literal["link", "back", "lines", "record"]
    of: str
    to: str
    name: str = ""


def origins(tx: Tx, hops: Sequence[Hop], ids: Collection[int]) -> list[int]:
    """The ids of the rows from which the path leads to the rows with these ids, ascending."""
    found: Select[Any] | list[int] = sorted(ids)
    for hop in reversed(hops):
        found = _before(tx, hop, found)
    if isinstance(found, list):
        return found
    column = found.subquery().c[0]
    return list(tx.connection.execute(select(column).where(column.is_not(None)).distinct().order_by(column)).scalars())


def _before(tx: Tx, hop: Hop, found: Select[Any] | list[int]) -> Select[Any]:
    tables, numbers = tx.live.tables, tx.live.numbers
    if hop.kind == "lines":
        lines = tables.objects[hop.to].alias()
        return select(lines.c.parent).where(lines.c.id.in_(found))
    if hop.kind == "record":
        lines = tables.objects[hop.of].alias()
        return select(lines.c.id).where(lines.c.parent.in_(found))
    back = hop.kind == "back"
    owner, target = (hop.to, hop.of) if back else (hop.of, hop.to)
    pairs = tables.links.get((owner, hop.name))
    table = pairs.alias() if pairs is not None else tables.objects[owner].alias()
    number = numbers.get(target, 0)
    if pairs is not None:
        start, end, same = table.c.owner, table.c.target, [table.c.of == number]
    else:
        start, end = table.c.id, table.c[hop.name]
        same = [table.c[hop.name + SEVERAL] == number] if hop.name + SEVERAL in table.c else []
    return select(end if back else start).where((start if back else end).in_(found), *same)
