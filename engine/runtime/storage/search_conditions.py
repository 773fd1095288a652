"""What the words of a search come to in a statement: a condition, the candidates that the index names, a rank."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, case, cast, func, literal, literal_column, true

from engine.definitions.objects import Object
from engine.runtime.storage import search_index
from engine.runtime.storage.live import Tx
from engine.runtime.storage.searching import ALIKE, EDGE, FOLD, HEAD_END, Sought, parts, searched, sought

MOST = 1000                                    # candidates that are looked at one by one, and put in order
CALLED, BEGINS, NAMED, HOLDS, UNRANKED = 0, 1, 2, 3, 9


@dataclass(frozen=True, slots=True)
class Search:
    """`condition`: all words are in what the reader may search. `rank`: small for what is called so; None where
    nothing is ranked. `first`: where too many fit to be put in order, those that are called so (rank below
    `UNRANKED`), which come first; None where the rank is told of all."""

    condition: ColumnElement[bool]
    rank: ColumnElement[int] | None = None
    first: Sequence[int] | None = None


def of(tx: Tx, obj: Object, table: FromClause, words: str, visible: Collection[str] | None) -> Search:
    """The search of an actor who sees these fields (None: all) in an object's table.

    Few candidates of the index are read and ranked; of many the texts are read in the order of the list, which finds
    a page of them soon."""
    asked = sought(words)
    lines = [tx.app.objects[f"{obj.name}.{name}"] for name in obj.lines]
    if "search_text" not in table.c:
        return Search(_holds(_shown(tx, obj, table, visible), asked))
    number = tx.live.numbers[obj.name]
    found = search_index.find(tx.connection, number, asked.terms, MOST)
    near = true() if found is None else table.c.id.in_(found)
    if visible is not None and not parts(obj, lines) <= set(visible):
        return Search(and_(near, _holds(_shown(tx, obj, table, visible), asked)))
    text: ColumnElement[Any] = table.c.search_text
    condition = and_(near, _holds(text, asked))
    if found is not None:
        return Search(condition, _rank(tx, text, asked))
    first = search_index.find(tx.connection, number, asked.called, MOST)
    exact = first is None
    if exact:                                  # more than that begin so: at least what is called exactly so
        first = search_index.find(tx.connection, number, [(term, False) for term, _ in asked.called], MOST)
    return Search(condition, _rank(tx, text, asked, exact=exact, named=False), first) if first else Search(condition)


def _holds(text: ColumnElement[Any], asked: Sought) -> ColumnElement[bool]:
    """Whether a text holds every word."""
    return and_(true(), *(text.contains(word, autoescape=True) for word in asked.words))


def _rank(
    tx: Tx, text: ColumnElement[Any], asked: Sought, *, exact: bool = False, named: bool = True
) -> ColumnElement[int]:
    """How near a record is that fits: called exactly so, called so to begin with, all words in what it is called."""
    whole, begins = _in_head(tx, text, f"{EDGE}{asked.phrase}{EDGE}"), _in_head(tx, text, EDGE + asked.phrase)
    steps: list[tuple[ColumnElement[bool], int]] = [(whole, CALLED)]
    steps += [] if exact else [(begins, BEGINS)]
    steps += [(and_(true(), *(_in_head(tx, text, word) for word in asked.words)), NAMED)] if named else []
    return case(*steps, else_=HOLDS if named else UNRANKED)


def _in_head(tx: Tx, text: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Whether a part stands in what the record is called, which is the beginning of its text."""
    at = func.strpos if tx.postgres else func.instr
    return at(text, part).between(1, at(text, HEAD_END))


def _shown(tx: Tx, obj: Object, table: FromClause, visible: Collection[str] | None) -> ColumnElement[Any]:
    """The searched fields that the reader may see, folded by the database."""
    text: ColumnElement[Any] = literal("")
    for name in searched(obj):
        if (visible is None or name in visible) and name in table.c:
            text = text + " " + func.coalesce(cast(table.c[name], Text), "")
    if not tx.postgres:
        return getattr(func, FOLD)(text)  # type: ignore[no-any-return]
    signs = {chr(sign): other for sign, other in ALIKE.items()}
    folded = func.replace(func.lower(func.normalize(text, literal_column("NFKC"))), "ß", "ss")
    return func.translate(folded, "".join(signs), "".join(signs.values()))
