"""The columns of a candidate row as SQL expressions see them: stored fields, formulas, balances, links, parents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, false, func, literal, or_, select

from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.expressions import terms
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Get, Source, Stored
from engine.expressions.operator_rules import ABOVE
from engine.expressions.scope import Columns, Figure, Frame
from engine.expressions.sql import blanked
from engine.expressions.terms import NotInSql
from engine.kinds.fields.base import Balance, Field
from engine.kinds.fields.link import Link
from engine.runtime.storage import register_keys, rows
from engine.runtime.storage.live import Live
from engine.runtime.storage.mixed_links import SEVERAL, Mixed, leads_to, whole
from engine.runtime.storage.register_sums import Sums, day_in
from engine.runtime.storage.spans import balances_at, between
from engine.runtime.storage.stored_errors import error_column

END = "__end"
DIRECT = frozenset({*rows.SYSTEM, *rows.LINE_SYSTEM} - {"deleted_at", "archived_at", "anonymised_at", "purged_at"})


def as_engine(frame: Frame) -> Frame:
    """The frame in which formulas and row rules are read: as the engine, also where the frame is a reader's."""
    engine = getattr(frame.world, "engine", None)
    return frame if engine is None else replace(frame, world=engine)


def in_sight(columns: ObjectColumns | RegisterColumns) -> ColumnElement[bool] | None:
    """The reader's row rule as a condition on these rows; None where every row is in sight or the engine reads.

    A rule that SQL cannot run lets nothing through."""
    rules_of = getattr(columns.frame.world, "sight", None)
    if rules_of is None:
        return None
    engine = replace(columns, frame=as_engine(columns.frame))
    owner = engine.definition.owner if isinstance(engine, ObjectColumns) else ""
    thing = engine.definition.name if isinstance(engine, ObjectColumns) else engine.register.name
    rules = rules_of(owner or thing)
    judged = engine.parent() if owner else engine
    if None in rules or judged is None:
        return None
    return or_(false(), *(rule_condition(rule, judged, engine.frame) for rule in rules))


def rule_condition(rule: Expression, columns: Columns, frame: Frame) -> ColumnElement[bool]:
    """A row rule on rows; one that SQL cannot run lets nothing through."""
    try:
        return rule.sql(columns, frame)
    except NotInSql:
        return false()


def above_of(obj: Object) -> str:
    """The link field that makes the object a tree, "" if it is none."""
    return next((f.name for f in obj.fields.values() if isinstance(f, Link) and f.tree), "")


@dataclass(frozen=True, slots=True)
class ObjectColumns:
    """Columns of one row of an object or of lines; `table` is an alias of its table. Implements `Columns`."""

    live: Live
    definition: Object
    table: FromClause
    frame: Frame

    def column(self, name: str) -> ColumnElement[Any] | None:
        """The column of a field, formula, balance or system field; None where SQL cannot give it."""
        found = self.figure(name)
        return None if found is None else blanked(found)

    def figure(self, name: str) -> Figure | None:
        """The same with the rows for which it is an error: a stored formula keeps that beside its value."""
        field = self.definition.fields.get(above_of(self.definition) if name == ABOVE else name)
        if field is None:
            return self._beside(name)
        if field.kind == "lines":
            return None
        if field.stored:
            return Figure(self.table.c[field.name], self._kept_error(field))
        engine = replace(self, frame=as_engine(self.frame))
        if field.balance is not None:
            return engine._balance(field.balance)
        return None if field.formula is None else field.formula.figure(engine, engine.frame)

    def _kept_error(self, field: Field) -> ColumnElement[bool] | None:
        return self.table.c[error_column(field.name)].is_not(None) if field.may_fail else None

    def _beside(self, name: str) -> Figure | None:
        """A system field, or the second column of a field: which object a link points to, where a range ends."""
        if name not in self.table.c or not (name in DIRECT or name.endswith((SEVERAL, END))):
            return None
        ranged = self.definition.fields.get(name.removesuffix(END)) if name.endswith(END) else None
        return Figure(self.table.c[name], None if ranged is None else self._kept_error(ranged))

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        return leads_to(self.live, self.table, self.definition.fields.get(name), object)

    def follow(self, name: str) -> Columns | None:
        """The record behind a link."""
        if name in ("creator", "changed_by"):
            return Followed(self.live, self.live.object("user"), self.table.c[name], self.frame)
        name = above_of(self.definition) if name == ABOVE else name
        field = self.definition.fields.get(name)
        targets: tuple[str, ...] = getattr(field, "to", ())
        if field is None or not field.stored or not targets:
            return None
        if len(targets) > 1:
            return Mixed(self.table.c[name])
        return Followed(self.live, self.live.object(targets[0]), self.table.c[name], self.frame)

    def parent(self) -> Columns | None:
        """The record to which a line belongs."""
        if not self.definition.owner:
            return None
        return Followed(self.live, self.live.object(self.definition.owner), self.table.c.parent, self.frame)

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        """Rows of another source, for a correlated subquery; lines and back-links of this row are joined to it."""
        return source_of(self.live, source, self.frame, self)

    def _balance(self, balance: Balance) -> Figure | None:
        if balance.without_this or balance.booked_by_this:
            return None
        register = self.live.app.registers[balance.register]
        rows = self.live.tables.registers[register.name].rows.alias()
        names = tuple(name for name in register.keys if name in balance.keys)
        level = (
            0
            if names == tuple(register.keys)
            else register.levels.index(names) + 1
            if names in register.levels
            else None
        )
        conditions = [rows.c["_level"] == (level or 0)]
        for name in names:
            conditions.extend(self._key_conditions(register, name, rows, balance))
        paths = [balance.keys[name] for name in names if balance.keys[name].text.strip() not in ("this", "parent")]
        unkeyed = [path.figure(self, self.frame).error for path in paths]
        found = Sums(self.live, register, rows, self.frame).figure(balance.measure)
        if found is None:
            return None

        def whole(part: ColumnElement[Any]) -> ColumnElement[Any]:
            return select(part).select_from(rows).where(*conditions).scalar_subquery()

        failed = None if found.error is None else whole(found.error)
        return Figure(whole(found.column), terms.either(failed, *unkeyed), found.condition)

    def _key_conditions(
        self, register: Register, name: str, rows: FromClause, balance: Balance
    ) -> list[ColumnElement[bool]]:
        field, path = register.keys[name], balance.keys[name].text.strip()
        several = name + SEVERAL in rows.c
        if path in ("this", "parent"):
            column = self.table.c.id if path == "this" else self.table.c.parent
            target = self.definition.name if path == "this" else self.definition.owner
            found = [rows.c[name] == column]
            return [*found, rows.c[name + SEVERAL] == self.live.numbers[target]] if several else found
        value = balance.keys[name].sql(self, self.frame)
        blank = register_keys.blank_of(field)
        conditions = [rows.c[name] == func.coalesce(value, literal(blank, rows.c[name].type))]
        kind = self._several_column(path, field)
        return [*conditions, rows.c[name + SEVERAL] == kind] if several else conditions

    def _several_column(self, path: str, field: Field) -> ColumnElement[Any]:
        if path + SEVERAL in self.table.c:
            return func.coalesce(self.table.c[path + SEVERAL], 0)
        targets: tuple[str, ...] = getattr(self.definition.fields.get(path), "to", ())
        return literal(self.live.numbers[targets[0]]) if targets else literal(0)


@dataclass(frozen=True, slots=True)
class Followed:
    """The columns of a record behind a link: each is a scalar subquery by its id. Implements `Columns`."""

    live: Live
    definition: Object
    id: ColumnElement[Any]
    frame: Frame

    def _inner(self) -> ObjectColumns:
        return ObjectColumns(
            self.live, self.definition, self.live.tables.objects[self.definition.name].alias(), self.frame
        )

    def _scalar(self, inner: ObjectColumns, value: ColumnElement[Any]) -> ColumnElement[Any]:
        query = select(value).select_from(inner.table).where(inner.table.c.id == self.id)
        rule = in_sight(inner)                 # a record out of the reader's sight gives nothing
        if rule is not None:
            query = query.where(rule)
        return query.correlate_except(inner.table).scalar_subquery()

    def column(self, name: str) -> ColumnElement[Any] | None:
        found = self.figure(name)
        return None if found is None else blanked(found)

    def figure(self, name: str) -> Figure | None:
        if name == "id":
            return Figure(self.id)
        inner = self._inner()
        found = inner.figure(name)
        if found is None:
            return None
        error = None if found.error is None else func.coalesce(self._scalar(inner, found.error), false())
        return Figure(self._scalar(inner, found.column), error)   # NULL where there is no record

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        found = (inner := self._inner()).isa(name, object)
        return None if found is None else func.coalesce(self._scalar(inner, found), false())

    def follow(self, name: str) -> Columns | None:
        inner = self._inner()
        further = inner.follow(name)
        if not isinstance(further, Followed):
            return None
        return Followed(self.live, further.definition, self._scalar(inner, further.id), self.frame)

    def parent(self) -> Columns | None:
        inner = self._inner()
        further = inner.parent()
        if not isinstance(further, Followed):
            return None
        return Followed(self.live, further.definition, self._scalar(inner, further.id), self.frame)

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        base = source.base
        if isinstance(base, Get) and getattr(base.owner, "word", "") == "row":
            return self._lines(base.name)
        return source_of(self.live, source, self.frame, None)

    def _lines(self, name: str) -> tuple[FromClause, Columns] | None:
        """The lines of the record behind the link; ways back are not looked up here."""
        if name not in self.definition.lines:
            return None
        inner = self._inner()
        id = self.id if in_sight(inner) is None else self._scalar(inner, inner.table.c.id)
        lines = self.live.app.objects[f"{self.definition.name}.{name}"]
        table = self.live.tables.objects[lines.name].alias()
        joined = select(table).where(table.c.parent == id).correlate_except(table).subquery()
        return joined, ObjectColumns(self.live, lines, joined, self.frame)


MOVEMENT = {"date": "_on_day", "for_day": "_for_day", "booked_at": "_booked_at", "id": "id"}


@dataclass(frozen=True, slots=True)
class RegisterColumns:
    """Columns of one row of a register: keys (blank as NULL again), measures, formulas. Implements `Columns`."""

    live: Live
    register: Register
    table: FromClause
    frame: Frame
    phase: str = ""                            # `opening`, `inflow` … of a span of days

    def column(self, name: str) -> ColumnElement[Any] | None:
        found = self.figure(name)
        return None if found is None else blanked(found)

    def figure(self, name: str) -> Figure | None:
        name, _, phase = name.partition("@")
        if phase:
            return replace(self, phase=phase).figure(name)
        formula = None if name in self.register.keys else self.register.formulas.get(name)
        if formula is not None:
            return formula.figure(self, self.frame)
        column = self._column(name)
        return None if column is None else Figure(column)

    def _column(self, name: str) -> ColumnElement[Any] | None:
        if name in self.register.keys:
            column = self.table.c[name]
            blank = literal(register_keys.blank_of(self.register.keys[name]), column.type)
            return func.nullif(column, blank, type_=column.type)
        if name.endswith(SEVERAL) and name in self.table.c:
            return self.table.c[name]
        if name in self.register.measures:
            return self.table.c.get(f"{name}@{self.phase}" if self.phase else name)
        return self.table.c[MOVEMENT[name]] if name in MOVEMENT and MOVEMENT[name] in self.table.c else None

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        return leads_to(self.live, self.table, self.register.keys.get(name), object)

    def follow(self, name: str) -> Columns | None:
        targets: tuple[str, ...] = getattr(self.register.keys.get(name), "to", ())
        if len(targets) != 1:
            return Mixed(self.table.c[name]) if targets else None
        return Followed(self.live, self.live.object(targets[0]), self.table.c[name], self.frame)

    def parent(self) -> Columns | None:
        return None

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        return source_of(self.live, source, self.frame, self)


def source_of(
    live: Live, source: Source, frame: Frame, outer: Columns | None, *, outermost: bool = False
) -> tuple[FromClause, Columns] | None:
    """The table behind a source's base, with its columns; None where it is not in the database. `outermost`: nothing
    of the statement stands around it."""
    base = source.base
    if isinstance(base, Stored):
        if base.name in live.app.objects:
            obj = live.app.objects[base.name]
            table = whole(live, obj) if outermost else live.tables.objects[obj.name].alias()
            return _seen(table, ObjectColumns(live, obj, table, frame))
        if base.name in live.app.registers:
            register = live.app.registers[base.name]
            return _seen(*register_source(live, register, source, frame, movements=base.movements))
        return None
    return _of_row(live, base, frame, outer) if isinstance(base, Get) else None


def _seen(table: FromClause, columns: ObjectColumns | RegisterColumns) -> tuple[FromClause, Columns]:
    """The rows that the reader of the frame may see."""
    rule = in_sight(columns)
    if rule is None:
        return table, columns
    rows = select(table).where(rule).subquery()
    return rows, replace(columns, table=rows)


def _of_row(live: Live, base: Get, frame: Frame, outer: Columns | None) -> tuple[FromClause, Columns] | None:
    """Lines and back-links of the candidate row itself."""
    if not isinstance(outer, ObjectColumns) or getattr(base.owner, "word", "") != "row":
        return None
    if base.name in outer.definition.lines:
        lines = live.app.objects[f"{outer.definition.name}.{base.name}"]
        table = live.tables.objects[lines.name].alias()
        joined = select(table).where(table.c.parent == outer.table.c.id).correlate(outer.table).subquery()
        return joined, ObjectColumns(live, lines, joined, frame)
    if (outer.definition.name, base.name) in live.tables.links:
        return _of_links(live, outer, base.name, frame)
    back = outer.definition.backs.get(base.name)
    if back is None:
        return None
    obj = live.app.objects[back[0]]
    table = live.tables.objects[obj.name].alias()
    query = _linking_here(live, table, back, outer)
    rule = in_sight(ObjectColumns(live, obj, table, frame))
    joined = (query if rule is None else query.where(rule)).correlate(outer.table).subquery()
    return joined, ObjectColumns(live, obj, joined, frame)


def _linking_here(live: Live, table: FromClause, back: tuple[str, str], outer: ObjectColumns) -> Select[Any]:
    """Rows that link to the candidate row by the field of a way back."""
    pairs = live.tables.links.get(back)
    if pairs is None:
        return select(table).where(table.c[back[1]] == outer.table.c.id)
    number = live.numbers.get(outer.definition.name, 0)
    joined = select(table).join(pairs, pairs.c.owner == table.c.id)
    return joined.where(pairs.c.target == outer.table.c.id, pairs.c.of == number)


def _of_links(live: Live, outer: ObjectColumns, name: str, frame: Frame) -> tuple[FromClause, Columns] | None:
    """The records to which the candidate row links by a field of several links to one object."""
    targets: tuple[str, ...] = getattr(outer.definition.fields[name], "to", ())
    if len(targets) != 1:
        return None
    pairs, obj = live.tables.links[outer.definition.name, name], live.app.objects[targets[0]]
    table = live.tables.objects[obj.name].alias()
    query = select(table).join(pairs, pairs.c.target == table.c.id).where(pairs.c.owner == outer.table.c.id)
    rule = in_sight(ObjectColumns(live, obj, table, frame))
    joined = (query if rule is None else query.where(rule)).correlate(outer.table).subquery()
    return joined, ObjectColumns(live, obj, joined, frame)


def register_source(
    live: Live, register: Register, source: Source, frame: Frame, *, movements: bool = False
) -> tuple[FromClause, RegisterColumns]:
    """Balances now, balances at the end of a day, changes in a span of days, or movements."""
    both = live.tables.registers[register.name]
    if movements:
        keys = [both.rows.c[c] for c in register_keys.encode(live, register, (None,) * len(register.keys))]
        query: Select[Any] = select(both.moves, *keys).join(both.rows, both.rows.c.id == both.moves.c["_row"])
        if source.between is not None:
            first, last = (day_in(live, node, frame) for node in source.between)
            query = query.where(both.moves.c["_on_day"].between(first, last))
        table: FromClause = query.subquery()
    elif source.between is not None:
        first, last = (day_in(live, node, frame) for node in source.between)
        table = between(live, register, first, last)
    elif source.moment is not None:
        table = balances_at(live, register, day_in(live, source.moment, frame))
    else:
        table = select(both.rows).where(both.rows.c["_level"] == 0).subquery()
    return table, RegisterColumns(live, register, table, frame)
