"""Totals of a list and of its groups, added up by the database over the rows in sight. Knows no page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.runtime.storage.live import Tx
from engine.runtime.storage.queries import Scoped, fitting


def summed(
    tx: Tx, scope: Scoped, where: Expression | None, frame: Frame, *,
    search: str, visible: Collection[str], added: Mapping[str, ColumnElement[Any]],
    by: ColumnElement[Any] | None = None, most: int = 1,
) -> Sequence[tuple[Any, int, Mapping[str, Any]]]:
    """Of each value of `by` (of all rows together without it): the value, how many rows, the sum of each of what is
    `added`. Groups come by their value, blank last, `most` at most."""
    query = fitting(tx, scope.select(), scope, where, frame, search=search, visible=visible)
    given = [one.label(f"s_{n}") for n, one in enumerate(added.values())]
    inner = query.with_only_columns(*([] if by is None else [by.label("g")]), scope.table.c.id, *given).subquery()
    sums = [func.sum(inner.c[f"s_{n}"]) for n in range(len(given))]
    outer = select(func.count(), *sums)
    if by is not None:
        group = inner.c["g"]
        outer = select(group, func.count(), *sums).group_by(group).order_by(group.is_(None), group).limit(most)
    found = []
    for row in tx.connection.execute(outer):
        key, count, values = (None, row[0], row[1:]) if by is None else (row[0], row[1], row[2:])
        found.append((key, int(count), dict(zip(added, values, strict=True))))
    return found
