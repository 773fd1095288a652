"""Reading registers as an actor: balances (now or at the end of a day), movements, turnovers, and where a figure
comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from engine.definitions.outlines import MOVEMENTS
from engine.definitions.registers import Register
from engine.errors import NotFound, Unreadable
from engine.expressions.nodes import Literal, Source, Stored
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.types import DATE, DATETIME, TEXT, Type, record_of, rows_of
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.services import reading
from engine.runtime.services.registers import causes
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.reporting.sheets import Column, Sheet
from engine.runtime.services.rights import access
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.sessions import Session
from engine.runtime.storage import register_queries
from engine.runtime.storage.columns import RegisterColumns, in_sight, register_source
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_queries import Moved
from engine.runtime.storage.spans import balances_at
from engine.texts import say

MOST = 1000
DAY = say(zh="日期", en="Date")
DOCUMENT = say(zh="单据", en="Document")
BOOKED = say(zh="记账时间", en="Booked at")
BY = say(zh="记账人", en="Booked by")
RULE = say(zh="规则", en="Rule")
PARTS = (
    ("opening", say(zh="期初", en="opening")),
    ("inflow", say(zh="增加", en="in")),
    ("outflow", say(zh="减少", en="out")),
    ("closing", say(zh="期末", en="closing")),
)


def balances(
    tx: Tx, name: str, *, at: dt.date | None = None, filter: str = "", limit: int = MOST,
    known_at: dt.datetime | None = None,
) -> Sheet:
    """One row per keys: keys, measures, formulas; rows that are zero throughout are left out. `at` as of the end of a
    day; `known_at` of what had been booked by then."""
    register, session = known(tx, name), Session(tx)
    table, columns, rule = _scope(session, register, filter, at=at, known_at=known_at)
    fetched = register_queries.balances(tx, register, table, rule, limit)
    shown = [
        n for n in (*register.keys, *register.measures, *register.formulas) if n in access.visible_columns(tx, register)
    ]
    rows = []
    for keys, measures in fetched:
        row = RegisterRow(session, register, keys, measures)
        rows.append([_shown(session, row.get(n)) for n in shown])
    return Sheet(tuple(_column(register, n) for n in shown), tuple(_titled(session, rows)))


def movements(
    tx: Tx, name: str, *, filter: str = "", after: int | None = None, limit: int = 100, document: Ref | None = None,
    known_at: dt.datetime | None = None,
) -> Sheet:
    """What was booked, newest first: day (blank where days do not matter), document, keys, amounts. `document`
    restricts to what one record booked."""
    register, session = known(tx, name), Session(tx)
    table, columns, rule = _scope(session, register, filter, movements=True)
    if known_at is not None:
        rule.append(table.c["_booked_at"] <= known_at)
    found = register_queries.movements(tx, register, table, rule, limit, after, document)
    shown = [n for n in (*register.keys, *register.measures) if n in access.visible_columns(tx, register)]
    rows = [[*_head(tx, register, m), *({**m.keys, **m.amounts}[n] for n in shown)] for m in found]
    head = (
        Column("date", DATE, DAY),
        Column("for_day", DATE, say(zh="所属日期", en="For the day")),
        Column("document", record_of(), DOCUMENT),
        Column("booked_at", DATETIME, BOOKED),
        Column("booked_by", record_of("user"), BY),
        Column("rule", TEXT, RULE),
    )
    more = str(found[-1].id) if len(found) == limit else None
    return Sheet((*head, *(_column(register, n) for n in shown)), tuple(_titled(session, rows)), more)


def _head(tx: Tx, register: Register, moved: Moved) -> list[Any]:
    """Days, document, when, by whom and by which rule a movement was booked."""
    by, document = None if moved.actor is None else Ref("user", moved.actor), moved.document
    rule = causes.said(tx, register, document.object, moved.rule)
    if document.object not in tx.app.objects:
        rule = say(zh="{object} {id}：定义中已没有", en="{object} {id}, which the definition has no more",
                   object=document.object, id=document.id)
    known = document if document.object in tx.app.objects else None
    return [*_days(register, moved), known, moved.booked_at, by, rule.to(tx.actor.language)]


def _days(register: Register, moved: Moved) -> tuple[dt.date | None, dt.date | None]:
    return (moved.on_day, moved.for_day) if register.dated else (None, None)


def turnovers(tx: Tx, name: str, start: dt.date, end: dt.date, *, by: Sequence[str] = (), filter: str = "") -> Sheet:
    """Opening, in, out and closing of every measure between two days (both included), by some of the keys (default
    all)."""
    register, session = known(tx, name), Session(tx)
    if not register.dated:
        raise Unreadable(say(zh="“{register}”没有时间轴", en="{register} has no days", register=register.label))
    unknown = [n for n in by if n not in register.keys]
    if unknown:
        raise Unreadable(
            say(
                zh="“{register}”没有键 {names}",
                en="{register} has no key {names}",
                register=register.label,
                names=", ".join(unknown),
            )
        )
    visible = access.visible_columns(tx, register)
    keys = [n for n in register.keys if n in (by or register.keys) and n in visible]
    measures = [n for n in register.measures if n in visible]
    table, _, rule = _scope(session, register, filter, span=(start, end))
    found = register_queries.turnovers(tx, register, table, rule, keys, measures)
    columns = [_column(register, n) for n in keys]
    columns += [
        Column(
            f"{m}_{part}",
            register.measures[m].type,
            say(zh="{m} {p}", en="{m} {p}", m=register.measures[m].label, p=label),
        )
        for m in measures
        for part, label in PARTS
    ]
    return Sheet(tuple(columns), tuple(_titled(session, [list(row) for row in found])))


def bookings(session: Session, document: Ref) -> Iterable[tuple[Register, list[Moved]]]:
    """What one record has booked, by register; only registers that the actor may see."""
    tx = session.tx
    for name in {post.register: None for post in tx.app.objects[document.object].posts}:
        register = tx.app.registers[name]
        if access.may(tx, name, "see"):
            table, _, rule = _scope(session, register, "", movements=True)
            found = register_queries.movements(tx, register, table, rule, 200, None, document)
            if found:
                yield register, found


def known(tx: Tx, name: str) -> Register:
    """The register, if the actor may see it."""
    register = tx.app.registers.get(name)
    if register is None or not access.may(tx, name, "see"):
        raise NotFound(
            say(
                zh="没有名为 {name} 的台账，或者您无权查看",
                en="There is no register called {name}, or you may not see it",
                name=name,
            )
        )
    return register


def rows_in_sight(session: Session, register: Register, ids: Sequence[int]) -> frozenset[int] | None:
    """Those of these kept rows that the actor may see; None where every row is in sight."""
    table, _, rule = _scope(session, register, "")
    return register_queries.those(session.tx, table, rule, ids) if rule else None


def _scope(
    session: Session, register: Register, filter: str, *, at: dt.date | None = None, movements: bool = False,
    known_at: dt.datetime | None = None, span: tuple[dt.date, dt.date] | None = None,
) -> tuple[FromClause, RegisterColumns, list[ColumnElement[bool]]]:
    """The register's rows (or movements; or its rows with what happened in a span of days) with the actor's row rules
    and a filter as conditions."""
    tx, frame = session.tx, Frame(ReaderSession(session.tx))
    base = Stored(register.name, movements, type=rows_of(register.name))
    moment = None if at is None else Literal(at, type=DATE)
    days = None if span is None else (Literal(span[0], type=DATE), Literal(span[1], type=DATE))
    table, columns = register_source(
        tx.live, register, Source(base, moment=moment, between=days, type=rows_of(register.name)), frame,
        movements=movements,
    )
    assert isinstance(columns, RegisterColumns)
    if known_at is not None and not movements:
        table = balances_at(tx.live, register, at or dt.date.max, known_at)
        columns = RegisterColumns(tx.live, register, table, frame)
    rule = in_sight(columns)
    conditions = [] if rule is None else [rule]
    try:
        where = reading.filter_of(tx, f"{MOVEMENTS}{register.name}" if movements else register.name, filter)
        if where is not None:
            conditions.append(where.sql(columns, frame))
    except NotInSql as error:
        raise Unreadable(
            say(zh="这个筛选条件不能用于台账：{rule}", en="This filter cannot be used here: {rule}", rule=filter)
        ) from error
    return table, columns, conditions


def _column(register: Register, name: str) -> Column:
    field = register.keys.get(name) or register.measures.get(name)
    if field is not None:
        return Column(name, field.type, field.label)
    kind: Type = register.formulas[name].type
    return Column(name, kind, register.formula_labels.get(name) or say(zh=name, en=name))


def _shown(session: Session, value: Value) -> Value:
    return None if isinstance(value, ErrorValue) else value


def _titled(session: Session, rows: Sequence[list[Any]]) -> list[list[Any]]:
    """Rows with the titles of what they link to, loaded together."""
    session.prefetch(value for row in rows for value in row if isinstance(value, Ref))
    return [[reading.titled(session, value) for value in row] for row in rows]
