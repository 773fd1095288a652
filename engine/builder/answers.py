"""The step of declared tests that asks a report: rows that it has and has not, as the acting person gets them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.builder.staging import Failed, Trial, text
from engine.definitions.nodes import List, Map, Node
from engine.expressions.comparing import same_key
from engine.expressions.types import Type
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.services.reporting import reports
from engine.runtime.services.reporting.reports import Table
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import sheets

MOST_TOLD = 6                                  # rows of a report that a failed test tells
NUMBERS = ("number", "money", "quantity", "percent")


def asks(trial: Trial, step: Map) -> None:
    """A report answers the acting person with these rows; columns that a row does not name do not matter."""
    trial.work_off()
    name, params = text(step.get("asks")), _params(trial, step)
    table: Table = trial.run(lambda tx: reports.run(tx, name, params))
    for node in _rows(step.get("has")):
        if not _found(trial, table, node):
            got = _told(trial, table, node)
            raise Failed("a row is missing in the report", node.at, expected=_said(node), got=got)
    for node in _rows(step.get("lacks")):
        if _found(trial, table, node):
            raise Failed("a row too much in the report", node.at, expected=f"no {_said(node)}", got="there is one")
    wanted = step.get("rows")
    if wanted is not None and len(table.rows) != int(text(wanted)):
        got = f"{len(table.rows)}: {_told(trial, table, None)}"
        raise Failed("another number of rows", wanted.at, expected=text(wanted), got=got)


def _params(trial: Trial, step: Map) -> Mapping[str, Any]:
    """Parameters as a program gives them: links by their keys, days as 2026-03-31."""
    given = trial.given(step.get("with"))
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in given.items()}


def _rows(node: Node | None) -> list[Map]:
    items = node.items if isinstance(node, List) else () if node is None else (node,)
    return [item for item in items if isinstance(item, Map)]


def _found(trial: Trial, table: Table, wanted: Map) -> bool:
    """Whether some row of the report agrees in all columns that are wanted."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    pairs = [(places[name], node) for name, node in wanted.items() if name in places]
    if len(pairs) < len(wanted.pairs):
        return False                           # a column that the person may not see is not there
    values = [(place, _value(trial, table.columns[place].type, node)) for place, node in pairs]
    return any(all(_same(row[place], value) for place, value in values) for row in table.rows)


def _value(trial: Trial, kind: Type, node: Node) -> Value:
    """A value of a test, read as the column has its values: a link by the key of its record."""
    said = text(node)
    if said.startswith("="):
        found: Value = trial.evaluate(node)
        return found
    if kind.name == "record":
        return _linked(trial, kind, said)
    if kind.name in NUMBERS or (kind.name == "boolean" and said in ("true", "false")):
        return trial.evaluate(node)  # type: ignore[no-any-return]
    if kind.name == "date" and said:
        return dt.date.fromisoformat(said)
    return said


def _linked(trial: Trial, kind: Type, key: str) -> Value:
    def find(tx: Tx) -> Ref | None:
        session = Session(tx)
        return next((ref for one in kind.objects if (ref := session.find(one, key)) is not None), None)

    found: Ref | None = trial.run(find)
    return found if found is not None or not key else key


def _same(cell: Value, wanted: Value) -> bool:
    if isinstance(cell, ErrorValue):
        return False
    if isinstance(cell, int | Decimal) and isinstance(wanted, int | Decimal) and not isinstance(cell, bool):
        return Decimal(cell) == Decimal(wanted)
    return bool(same_key(cell) == same_key(wanted))


def _told(trial: Trial, table: Table, wanted: Map | None) -> str:
    """The first rows of a report in words; of a row that is looked for its columns only."""
    names = [one.name for one in table.columns]
    chosen = [name for name in (wanted.names() if wanted is not None else names) if name in names]
    gone = [name for name in (wanted.names() if wanted is not None else ()) if name not in names]
    if gone:
        return f"{trial.actor.login or 'the app'} is not shown {', '.join(gone)}"
    rows = [
        ", ".join(f"{name}: {_cell(trial, table, row, names.index(name))}" for name in chosen)
        for row in table.rows[:MOST_TOLD]
    ]
    return "; ".join(rows) + ("; …" if len(table.rows) > MOST_TOLD else "") if rows else "no rows"


def _cell(trial: Trial, table: Table, row: tuple[Value, ...], place: int) -> str:
    value = row[place]
    if isinstance(value, ErrorValue):
        return value.reason.to("en")
    found: str = trial.run(lambda tx: sheets.shown(tx, table.columns[place].type, value))
    return found


def _said(node: Map) -> str:
    return "{" + ", ".join(f"{name}: {text(inner)}" for name, inner in node.items()) + "}"
