"""The index by which records are found by their words: on SQLite a full-text table (FTS5), on PostgreSQL a table of
text search vectors. It tells which records may hold all words; that they do is read in their texts (`searching`).

One table for all apps: terms begin with the number of their object. It holds nothing that the texts do not, so that
backups leave it out and it can be made anew at any time. It is written in the transaction that writes the texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from engine.errors import Refused
from engine.runtime.storage.database import is_postgres
from engine.runtime.storage.searching import terms
from engine.texts import say

NAME = "sys_search"                            # on SQLite with further tables whose names begin so
METADATA = MetaData()
VECTORS = Table(
    NAME, METADATA,
    Column("object", SmallInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("terms", postgresql.TSVECTOR, nullable=False),
)
Index("ix_sys_search__terms", VECTORS.c.terms, postgresql_using="gin")
MAKE = f"""CREATE VIRTUAL TABLE IF NOT EXISTS {NAME}
    USING fts5(terms, tokenize = "ascii tokenchars '_'", detail = none, columnsize = 0)"""
PUT = f"INSERT OR REPLACE INTO {NAME} (rowid, terms) VALUES (?, ?)"     # as the driver takes it: one for every record
TAKE = text(f"DELETE FROM {NAME} WHERE rowid = :place")
CLEAR = text(f"DELETE FROM {NAME} WHERE rowid BETWEEN :first AND :last")
FIND = text(f"SELECT rowid - :first FROM {NAME} WHERE {NAME} MATCH :question LIMIT :most")
HELD = text(f"SELECT rowid - :first, terms FROM {NAME} WHERE rowid BETWEEN :low AND :high")
SHIFT = 44                                     # a row's place on SQLite: the object's number, then the record's
BATCH = 2000

_given = func.array_to_tsvector(bindparam("terms", type_=postgresql.ARRAY(Text)))
_insert = postgresql.insert(VECTORS).values(object=bindparam("object"), record=bindparam("record"), terms=_given)
UPSERT = _insert.on_conflict_do_update(index_elements=["object", "record"], set_={"terms": _insert.excluded.terms})
FIND_VECTORS = (
    select(VECTORS.c.record)
    .where(VECTORS.c.object == bindparam("object"), VECTORS.c.terms.op("@@")(text("CAST(:question AS tsquery)")))
    .limit(bindparam("most"))
)


def prepare(connection: Connection) -> None:
    """Make the index where it is missing; blank. Raises `Refused` on a SQLite that was built without full-text
    search."""
    if is_postgres(connection):
        METADATA.create_all(connection)
        return
    try:
        connection.exec_driver_sql(MAKE)
    except OperationalError as error:
        if "fts5" not in str(error.orig):
            raise
        told = say(
            zh="这里的 SQLite 没有全文搜索（FTS5）：请换用带 FTS5 的 Python，或用 PostgreSQL",
            en="The SQLite here was built without full-text search (FTS5): use a Python that has it, or PostgreSQL",
        )
        raise Refused(told, code="fts5") from error


def write(connection: Connection, number: int, texts: Mapping[int, str]) -> None:
    """Index records of the object with this number by their texts; blank ones are taken out."""
    found = {record: terms(given) for record, given in texts.items()}
    put = {record: words for record, words in found.items() if words}
    gone = [record for record, words in found.items() if not words]
    if is_postgres(connection):
        if put:
            rows = [{"object": number, "record": id, "terms": _named(number, words)} for id, words in put.items()]
            connection.execute(UPSERT, rows)
        if gone:
            chosen = VECTORS.c.object == number, VECTORS.c.record.in_(gone)
            connection.execute(delete(VECTORS).where(*chosen))
        return
    first = number << SHIFT
    if put:
        connection.exec_driver_sql(PUT, [(first + id, " ".join(_named(number, words))) for id, words in put.items()])
    if gone:
        connection.execute(TAKE, [{"place": first + id} for id in gone])


def find(connection: Connection, number: int, asked: Sequence[tuple[str, bool]], most: int) -> list[int] | None:
    """The records that have all these terms (of some the beginning); None if they are more than `most`, or if there
    is no term to look for."""
    if not asked:
        return None
    mark = _mark(number)
    if is_postgres(connection):
        question = " & ".join(f"'{mark}{term}'" + (":*" if begun else "") for term, begun in asked)
        given: dict[str, Any] = {"object": number, "question": question, "most": most + 1}
        found = list(connection.execute(FIND_VECTORS, given).scalars())
    else:
        question = " AND ".join(f'"{mark}{term}"' + ("*" if begun else "") for term, begun in asked)
        given = {"first": number << SHIFT, "question": question, "most": most + 1}
        found = list(connection.execute(FIND, given).scalars())
    return found if len(found) <= most else None


def rebuild(connection: Connection, number: int, table: Table) -> int:
    """Index the records of an object anew by what their table holds; how many have a text."""
    if is_postgres(connection):
        connection.execute(delete(VECTORS).where(VECTORS.c.object == number))
    else:
        connection.execute(CLEAR, {"first": number << SHIFT, "last": (number + 1 << SHIFT) - 1})
    done, last = 0, 0
    query = select(table.c.id, table.c.search_text).where(table.c.search_text != "").order_by(table.c.id).limit(BATCH)
    while rows := connection.execute(query.where(table.c.id > last)).all():
        write(connection, number, {row[0]: row[1] for row in rows})
        done, last = done + len(rows), rows[-1][0]
    return done


def wrong(connection: Connection, number: int, texts: Mapping[int, str]) -> Iterator[int]:
    """Which of these records, of one run of ascending ids, the index does not know as they are."""
    low, high = min(texts), max(texts)
    held: dict[int, set[str]] = {}
    if is_postgres(connection):
        query = select(VECTORS.c.record, func.tsvector_to_array(VECTORS.c.terms))
        rows = connection.execute(query.where(VECTORS.c.object == number, VECTORS.c.record.between(low, high)))
        held = {record: set(words) for record, words in rows}
    else:
        first = number << SHIFT
        rows = connection.execute(HELD, {"first": first, "low": first + low, "high": first + high})
        held = {record: set(words.split()) for record, words in rows}
    for id in sorted({*texts, *held}):
        if set(_named(number, terms(texts.get(id, "")))) != held.get(id, set()):
            yield id


def _mark(number: int) -> str:
    return f"{number:x}_"


def _named(number: int, words: Iterable[str]) -> list[str]:
    mark = _mark(number)
    return [mark + word for word in words]
