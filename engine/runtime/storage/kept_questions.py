"""Questions to the database that were compiled before: the same condition with other values of the moment is the same
statement. Compiling one anew takes ten times as long as asking it, and a document asks for each of its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import FromClause, Select

from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Node, Source
from engine.expressions.recording import PLAIN, How, OtherShape, Recording, plain, recorded, signature
from engine.expressions.scope import Figure, Frame
from engine.expressions.sql import NotInSql
from engine.runtime.storage.live import Tx

KEPT = "@questions"                            # where a version keeps them
Parameters = Mapping[str, tuple[int, How]]      # see `Recording`
MOST = 500                                     # sources, and statements of one source


@dataclass(frozen=True, slots=True)
class Compiled:
    """A source as SQL: its table, the condition, the value asked for, and the statements made of them."""

    table: FromClause
    where: Figure | None
    measured: Figure | None
    statements: dict[Any, Select[Any]] = field(default_factory=dict)

    def statement(self, key: Any, make: Callable[[], Select[Any]]) -> Select[Any]:
        """A statement of this source, made once."""
        if key not in self.statements:
            self.statements[key] = make()
        return self.statements[key]


@dataclass(slots=True)
class Group:
    """Statements whose compilation evaluated the same constants, by what they depend on of them. A source that SQL
    cannot run is kept as what it says."""

    nodes: tuple[tuple[Node, bool], ...]
    known: dict[tuple[Any, ...], tuple[Compiled | NotInSql, Parameters]] = field(default_factory=dict)


@dataclass(slots=True)
class Shelf:
    """All that is kept of one source; `nodes` so that their ids stay taken."""

    nodes: tuple[Node | None, ...]
    groups: list[Group] = field(default_factory=list)


Compile = Callable[[], Compiled | None]


def compiled(
    tx: Tx, source: Source, value: Node | None, frame: Frame, work: Compile, *, front: bool = False
) -> tuple[Compiled, Mapping[str, Any]] | None:
    """The source as SQL with what is to be bound now; None where it is not in the database. `front`: `work` takes only
    what stands in front of the source's condition, which is kept apart. Raises `NotInSql`."""
    if getattr(frame.world, "sight", None) is not None:        # what a reader may see is the reader's
        return _bare(work())
    shelf = _shelf(tx, source, value, frame, front)
    values: dict[int, Any] = {}
    for group in shelf.groups:
        found = _fitting(group, frame, values)
        if isinstance(found, NotInSql):
            raise NotInSql(*found.args)
        if found is not None:
            return found
    with recorded(frame) as recording:
        try:
            made: Compiled | NotInSql | None = work()
        except NotInSql as error:
            made = error
    if made is not None and recording.sound:
        _keep(shelf, recording, made)
    if isinstance(made, NotInSql):
        raise made
    return _bare(made)


def _bare(made: Compiled | None) -> tuple[Compiled, Mapping[str, Any]] | None:
    return None if made is None else (made, {})


def _shelf(tx: Tx, source: Source, value: Node | None, frame: Frame, front: bool) -> Shelf:
    kept: dict[Any, Shelf] = tx.live.reading.setdefault(KEPT, {})
    key = (id(source), id(value), frozenset(frame.names), front)
    shelf = kept.get(key)
    if shelf is None:
        if len(kept) >= MOST:
            kept.clear()
        shelf = kept[key] = Shelf((source, value))
    return shelf


def _keep(shelf: Shelf, recording: Recording, made: Compiled | NotInSql) -> None:
    nodes = tuple(recording.nodes)
    group = next((one for one in shelf.groups if one.nodes == nodes), None)
    if group is None:
        group = Group(nodes)
        shelf.groups.append(group)
    if len(group.known) >= MOST:
        group.known.clear()
    key = tuple(signature(value, exact=exact) for value, (_, exact) in zip(recording.values, nodes, strict=True))
    kept = made if isinstance(made, Compiled) else NotInSql(*made.args)        # without the frames that it went through
    group.known[key] = kept, recording.parameters


def _fitting(
    group: Group, frame: Frame, values: dict[int, Any]
) -> tuple[Compiled, Mapping[str, Any]] | NotInSql | None:
    """What is kept for the values of now, with these as they are bound; None where nothing fits."""
    shape, found = [], []
    for node, exact in group.nodes:
        if id(node) not in values:
            values[id(node)] = plain(evaluate(node, frame))
        value = values[id(node)]
        if value is not None and type(value) not in PLAIN:
            return None
        found.append(value)
        shape.append(signature(value, exact=exact))
    known = group.known.get(tuple(shape))
    if known is None:
        return None
    kept, parameters = known
    if isinstance(kept, NotInSql):
        return kept
    try:
        return kept, {name: how(found[place], frame) for name, (place, how) in parameters.items()}
    except OtherShape:
        return None
