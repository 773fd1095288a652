"""Reports as SQL: one statement per question, with the reader's row rules in it. Adds up only what stays exact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, FromClause, Select, and_, case, false, func, literal, or_, select

from engine.definitions.registers import Register
from engine.expressions.arithmetic import Spread, divide
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Aggregate, Each, Get, Node, Root, Source, Stored
from engine.expressions.numbers import Exact
from engine.expressions.scope import Columns, Figure, Frame
from engine.expressions.sql import NotInSql, blanked, compile_part
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.storage import queries, register_keys
from engine.runtime.storage.columns import ObjectColumns, source_of
from engine.runtime.storage.live import Tx
from engine.runtime.storage.mixed_links import SEVERAL
from engine.runtime.storage.sources import UNKNOWN, error_at

Rules: TypeAlias = "Callable[[str], Sequence[Expression | None]]"   # of a thing; None = all rows, empty = none
MOST_ROWS = 20_000
MOST_TOLD = 20                                 # errors of one column whose reason is looked up
FAILED = "_x"                                  # end of the label beside a value: the row for which it is an error
ORDERED = ("number", "date", "datetime")       # types on which the databases and Python agree about order


@dataclass(frozen=True, slots=True)
class Base:
    """The rows of a question: where they are, their columns, and what limits them to those in sight."""

    thing: str
    table: FromClause
    columns: Columns
    conditions: tuple[ColumnElement[bool], ...]
    alias: str = ""                            # how expressions may call a row


@dataclass(frozen=True, slots=True)
class Sorted:
    """A sort key: the place of a selected value."""

    place: int
    descending: bool


def thing_of(source: Source) -> str:
    """What a source has rows of, if they are stored: an object, lines, a register; blank for others."""
    base = source.base
    if isinstance(base, Stored):
        return base.name
    if isinstance(base, Each) and isinstance(base.owner, Stored) and base.type.name == "rows":
        return f"{base.owner.name}.{base.name}"
    return ""


def base(tx: Tx, source: Source, rules: Rules, frame: Frame) -> Base:
    """The rows of a stored source that the row rules let through; raises `NotInSql` for other sources."""
    thing = thing_of(source)
    obj = tx.app.objects.get(thing)
    if obj is None and thing not in tx.app.registers:
        raise NotInSql(f"{thing or 'this source'} is not stored")
    if obj is None:
        found = _register(tx, source, rules(thing), frame)
    elif obj.owner:
        owner = queries.scoped(tx, tx.app.objects[obj.owner], rules(obj.owner), frame)
        table = tx.live.tables.objects[thing].alias()
        inside = table.c.parent.in_(select(owner.table.c.id).where(owner.rule))
        found = Base(thing, table, ObjectColumns(tx.live, obj, table, frame), (inside,), source.alias)
    else:
        scope = queries.scoped(tx, obj, rules(thing), frame)
        found = Base(thing, scope.table, scope.columns, (scope.rule,), source.alias)
    return found if source.where is None else narrowed(tx, found, source.where, frame)


def narrowed(tx: Tx, rows: Base, where: Node, frame: Frame) -> Base:
    """Only rows for which the condition holds. Raises `Spread` where it is an error for a row."""
    found = compile_part(where, rows.columns, frame, rows.alias)
    if found.error is not None:
        query = select(rows.table.c.id).where(*rows.conditions, found.error).limit(1)
        failing = tx.connection.execute(query).scalar_one_or_none()
        if failing is not None:
            raise Spread(failure(tx, rows, where, failing, frame))
    return Base(rows.thing, rows.table, rows.columns, (*rows.conditions, found.column), rows.alias)


def failure(tx: Tx, rows: Base, node: Node, id: int, frame: Frame) -> ErrorValue:
    """The error that an expression is for the row with this id."""
    query = select(rows.table).where(rows.table.c.id == id)
    return error_at(tx, rows.thing, tx.connection.execute(query).mappings().one(), node, frame, frame.world)  # type: ignore[arg-type]


def _register(tx: Tx, source: Source, rules: Sequence[Expression | None], frame: Frame) -> Base:
    found = source_of(tx.live, source, frame, None)
    if found is None:
        raise NotInSql("this source is not stored")
    table, columns = found
    if any(rule is None for rule in rules):
        allowed: tuple[ColumnElement[bool], ...] = ()
    else:
        allowed = (or_(false(), *(rule.sql(columns, frame) for rule in rules if rule is not None)),)
    return Base(thing_of(source), table, columns, allowed)


# ---- one row per row


def plain(
    tx: Tx, rows: Base, values: Sequence[Node], frame: Frame, *, order: Sequence[Sorted] = (), limit: int | None = None
) -> list[tuple[Value, ...]]:
    """The values of these expressions for each row."""
    slots = [_slot(tx, rows, node, frame, number) for number, node in enumerate(values)]
    query = _select(rows, slots)
    if "id" in rows.table.c:
        query = query.order_by(*_order(slots, order), rows.table.c.id)
    return _fetch(tx, query.limit(limit or MOST_ROWS), slots)


def fetched(tx: Tx, rows: Base) -> list[Mapping[str, Any]]:
    """The rows themselves, for expressions that only Python can evaluate."""
    query = select(rows.table).where(*rows.conditions).limit(MOST_ROWS)
    return [dict(row) for row in tx.connection.execute(query).mappings()]


# ---- groups


def native(node: Aggregate) -> bool:
    """Whether the databases add this up exactly as Python does."""
    return not node.args and _native(node.function.name, node.value)


def _native(name: str, value: Node | None) -> bool:
    if value is None:
        return name == "count"
    if name in ("sum", "average"):
        return value.type.name == "number"
    return name in ("min", "max") and value.type.name in ORDERED


def groups(
    tx: Tx, rows: Base, keys: Sequence[Node], totals: Sequence[Aggregate], frame: Frame, *,
    order: Sequence[Sorted] = (), limit: int | None = None,
) -> list[tuple[Value, ...]]:
    """One tuple per group: its keys, then its totals, all of them `native`. Raises `NotInSql` if a total is not exact.

    Keys and values are computed in an inner select, so that the grouping is on plain columns."""
    slots = [_slot(tx, rows, node, frame, number) for number, node in enumerate(keys)]
    values = [_measured(tx, rows, total, frame) for total in totals]
    measured = [c for n, value in enumerate(values) if value is not None for c in _labelled(rows, value, f"v{n}")]
    inner = _select(rows, slots).add_columns(*measured, literal(1).label("one")).subquery()
    grouped = [part for slot in slots for part in slot.grouped(inner)]
    sums = [
        _total(tx, rows, total.function.name, total.value, frame, number, inner.c.get(f"v{number}"),
               inner.c.get(f"v{number}{FAILED}"))
        for number, total in enumerate(totals)
    ]
    outer = [slot.over(inner) for slot in slots] + sums
    query = select(*(c for slot in outer for c in slot.columns)).select_from(inner).group_by(*grouped)
    query = query.order_by(*_order(outer, order), *grouped).limit(limit or MOST_ROWS)
    return _fetch(tx, query, outer)


def single(tx: Tx, rows: Base, name: str, value: Node | None, frame: Frame) -> tuple[bool, Value]:
    """One total over all rows, or (False, None) where the database would not give the same as Python."""
    if name in ("exists", "any") and value is None:
        query = select(literal(1)).select_from(rows.table).where(*rows.conditions).limit(1)
        return True, tx.connection.execute(query).first() is not None
    if not _native(name, value):
        return False, None
    found_value = None if value is None else _column(tx, rows, value, frame)
    column, error = (None, None) if found_value is None else (found_value.column, _failed(rows, found_value.error))
    slot = _total(tx, rows, name, value, frame, 0, column, error)
    found = _fetch(tx, select(*slot.columns).select_from(rows.table).where(*rows.conditions), [slot])
    return True, found[0][0]


def _measured(tx: Tx, rows: Base, total: Aggregate, frame: Frame) -> Figure | None:
    return None if total.value is None else _column(tx, rows, total.value, frame)


def _column(tx: Tx, rows: Base, value: Node, frame: Frame) -> Figure:
    found = compile_part(value, rows.columns, frame, rows.alias)
    if value.type.name == "number" and not tx.postgres and not isinstance(found.column.type, Exact):
        raise NotInSql("this number is not added up exactly by the database")
    return found


def _total(
    tx: Tx, rows: Base, name: str, value: Node | None, frame: Frame, number: int,
    column: ColumnElement[Any] | None, error: ColumnElement[Any] | None,
) -> Slot:
    """A total of a column; where `error` names a row whose value is an error, that is the result."""
    label = f"t{number}"
    if column is None or value is None:
        return Slot((label,), (func.count().label(label),), _number)
    if name == "average":
        parts = (func.sum(column).label(label), func.count(column).label(label + "n"))
        slot = Slot((label, label + "n"), parts, _mean)
    else:
        made = func.sum(column) if name == "sum" else func.min(column) if name == "min" else func.max(column)
        empty = Decimal(0) if name == "sum" else None
        decode = _decoder(value.type.name)
        slot = Slot((label,), (made.label(label),), lambda row: empty if row[0] is None else decode(row))
    return slot if error is None else _doubtful(tx, rows, value, frame, slot, func.min(error))


def _labelled(rows: Base, value: Figure, label: str) -> list[ColumnElement[Any]]:
    """A value, and beside it the row for which it is an error."""
    error = _failed(rows, value.error)
    return [blanked(value).label(label), *([] if error is None else [error.label(label + FAILED)])]


def _failed(rows: Base, error: ColumnElement[bool] | None) -> ColumnElement[Any] | None:
    """The row's id where there is an error."""
    if error is None:
        return None
    if "id" not in rows.table.c:
        raise NotInSql("rows that have no name")
    return case((error, rows.table.c.id))


def _doubtful(tx: Tx, rows: Base, node: Node, frame: Frame, slot: Slot, error: ColumnElement[Any]) -> Slot:
    """A value that is an error where its last column names a row."""
    label = slot.names[0] + FAILED
    known: dict[int, ErrorValue] = {}

    def read(row: Sequence[Any]) -> Value:
        if row[-1] is None:
            return slot.read(row[:-1])
        if row[-1] not in known:
            known[row[-1]] = failure(tx, rows, node, row[-1], frame) if len(known) < MOST_TOLD else UNKNOWN
        return known[row[-1]]

    return Slot((*slot.names, label), (*slot.columns, error.label(label)), read)


def _mean(row: Sequence[Any]) -> Value:
    """By the language's own division, so that rounding is the same."""
    return divide(Decimal(row[0] or 0), Decimal(row[1]))

# ---- what is selected


@dataclass(frozen=True, slots=True)
class Slot:
    """One selected value: its labelled columns and how they become a value."""

    names: tuple[str, ...]
    columns: tuple[Any, ...]
    read: Callable[[Sequence[Any]], Value]

    def over(self, inner: FromClause) -> Slot:
        """The same value, of a subquery that selected it: one group for all rows for which it is an error."""
        parts = (func.min(inner.c[n]).label(n) if n.endswith(FAILED) else inner.c[n] for n in self.names)
        return Slot(self.names, tuple(parts), self.read)

    def grouped(self, inner: FromClause) -> list[ColumnElement[Any]]:
        """By what the rows of the subquery are grouped."""
        return [inner.c[name].is_(None) if name.endswith(FAILED) else inner.c[name] for name in self.names]


def _slot(tx: Tx, rows: Base, node: Node, frame: Frame, number: int) -> Slot:
    found = compile_part(node, rows.columns, frame, rows.alias)
    error = _failed(rows, found.error)
    slot = _plain_slot(tx, rows, node, blanked(found), f"k{number}")
    return slot if error is None else _doubtful(tx, rows, node, frame, slot, error)


def _plain_slot(tx: Tx, rows: Base, node: Node, column: ColumnElement[Any], label: str) -> Slot:
    if node.type.name != "record":
        return Slot((label,), (column.label(label),), _decoder(node.type.name))
    kind = _kind_column(rows, node)
    if kind is not None:
        names = tx.live.names
        return Slot(
            (label, label + SEVERAL), (column.label(label), kind.label(label + SEVERAL)),
            lambda row: None if row[0] is None else Ref(names[row[1]], row[0]),
        )
    if len(node.type.objects) != 1:
        raise NotInSql("the database cannot tell what this links to")
    target = node.type.objects[0]
    return Slot((label,), (column.label(label),), lambda row: None if row[0] is None else Ref(target, row[0]))


def _kind_column(rows: Base, node: Node) -> ColumnElement[Any] | None:
    if isinstance(node, Get) and isinstance(node.owner, Root) and node.owner.word in ("row", "this"):
        return rows.columns.column(node.name + SEVERAL)
    return None


def _select(rows: Base, slots: Iterable[Slot]) -> Select[Any]:
    return select(*(c for slot in slots for c in slot.columns)).select_from(rows.table).where(*rows.conditions)


def _order(slots: Sequence[Slot], order: Sequence[Sorted]) -> list[ColumnElement[Any]]:
    """Blanks come last in both directions."""
    found: list[ColumnElement[Any]] = []
    for key in order:
        column = slots[key.place].columns[0]
        plain_column = getattr(column, "element", column)
        found.append(plain_column.is_(None))
        found.append(plain_column.desc() if key.descending else plain_column.asc())
    return found


def _fetch(tx: Tx, query: Select[Any], slots: Sequence[Slot]) -> list[tuple[Value, ...]]:
    found: list[tuple[Value, ...]] = []
    for row in tx.connection.execute(query):
        at, values = 0, []
        for slot in slots:
            width = len(slot.columns)
            values.append(slot.read(row[at:at + width]))
            at += width
        found.append(tuple(values))
    return found


def _number(row: Sequence[Any]) -> Value:
    return None if row[0] is None else Decimal(row[0])


def _boolean(row: Sequence[Any]) -> Value:
    return None if row[0] is None else bool(row[0])


def _date(row: Sequence[Any]) -> Value:
    return dt.date.fromisoformat(row[0]) if isinstance(row[0], str) else row[0]


def _as_is(row: Sequence[Any]) -> Value:
    return row[0] if row[0] != "" else None


def _decoder(kind: str) -> Callable[[Sequence[Any]], Value]:
    return {"number": _number, "boolean": _boolean, "date": _date}.get(kind, _as_is)


# ---- registers at a coarser grain (alerts)


def register_rows_at(
    tx: Tx, register: Register, names: Sequence[str], given: Sequence[Mapping[str, Value]] | None
) -> list[tuple[dict[str, Value], dict[str, Decimal]]]:
    """Keys and summed measures at the grain `names`, of all rows or of those that have some of the given keys."""
    table = tx.live.tables.registers[register.name].rows
    columns: list[Column[Any]] = [
        table.c[column] for name in names for column in register_keys.encode_key(tx.live, register.keys[name], None)
    ]
    query = select(*columns, *(func.sum(table.c[m]).label(m) for m in register.measures)).where(table.c["_level"] == 0)
    if given is not None:
        query = query.where(or_(false(), *(_has(tx, register, table, keys) for keys in given)))
    found = []
    for row in tx.connection.execute(query.group_by(*columns)).mappings():
        keys = {name: register_keys.decode_key(tx.live, register.keys[name], row) for name in names}
        found.append((keys, {name: row[name] or Decimal(0) for name in register.measures}))
    return found


def _has(tx: Tx, register: Register, table: Any, keys: Mapping[str, Value]) -> ColumnElement[bool]:
    encoded: dict[str, Any] = {}
    for name, value in keys.items():
        encoded |= register_keys.encode_key(tx.live, register.keys[name], value)
    return and_(*(table.c[column] == value for column, value in encoded.items()))
