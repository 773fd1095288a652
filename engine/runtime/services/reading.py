"""Reading records as an actor: one, a page of a list, candidates of a link. What is out of sight does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DataError

from engine.definitions.filters import NotReadable, Reader, condition
from engine.definitions.objects import Object
from engine.errors import NotFound, Unreadable
from engine.expressions.compiled import Expression, both
from engine.expressions.faults import told
from engine.expressions.nodes import Literal, Lookup
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import Ref, Value
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, listings, queries
from engine.runtime.storage.listings import Listing, SortColumn
from engine.runtime.storage.live import Tx
from engine.runtime.storage.queries import Scoped
from engine.texts import say

MOST = 200
MOST_SORTS = 4
FILTERS = 200                                  # checked ones that are kept, per version and set of roles
LINKING = ("record", "list")                   # types whose values can be links
PLAIN = frozenset(("id", "version", "state", "status"))         # what of every record stands in one column
NEVER_NULL = ("id", "created_at", "changed_at", "state", "status", "version", "position")


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks for. `filter` an expression; `sort` fields, `-` in front for descending; `count` exact |
    capped | none. `top`: of a tree the link to the record above; then only what hangs below nothing that the question
    itself finds."""

    filter: str = ""
    search: str = ""
    sort: tuple[str, ...] = ()
    limit: int = 50
    cursor: str | None = None
    count: str = "none"
    ranked: bool = False
    shelf: str = "current"                     # current | archived | deleted (what the actor may bring back)
    top: str = ""
    also: Expression | None = None             # a condition of the definition beside the filter
    names: Mapping[str, Value] = field(default_factory=dict)   # what `also` may name


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records; `next` is the cursor of the following one, `count` as asked (1001 means more than 1000)."""

    items: list[Record]
    next: str | None
    count: int | None


def get(tx: Tx, object: str, id: int) -> Record:
    """One record; `NotFound` if it is gone or out of sight."""
    obj = tx.app.objects.get(object)
    if obj is None or not any(flow.object == object for flow in tx.app.flows.values()):
        obj = known_object(tx, object)               # else who is asked to decide may see this very record
    record = Session(tx).record(Ref(obj.name, id))
    if record is None or not access.granted(record, "see"):
        known_object(tx, object)
    if record is None or record.system.get("deleted_at") is not None or not access.granted(record, "see"):
        raise NotFound(access.GONE)
    return record


def glance(session: Session, ref: Ref) -> Record | None:
    """A linked record if the actor may see it."""
    record = session.record(ref)
    return record if record is not None and access.granted(record, "see") else None


def page(tx: Tx, object: str, query: Query) -> Page:
    """A page of what the actor may see. Raises `Unreadable` for a filter, sort or cursor that makes no sense."""
    obj = known_object(tx, object)
    session = Session(tx)
    listing = _listing(session, obj, query)
    return Page(session.adopt_all(obj, listing.rows), listing.next, listing.count)


def rows(tx: Tx, object: str, query: Query, names: Sequence[str]) -> Listing | None:
    """The same as rows of these columns, without making records of them; None where one of the values is more than its
    column, or is not shown of every record."""
    obj = known_object(tx, object)
    plain = access.once(tx, ("plain", object), lambda: _plain(tx, obj))
    read = tuple(sorted({*names, "id"}))
    return _listing(Session(tx), obj, query, only=read) if plain.issuperset(read) else None


def _plain(tx: Tx, obj: Object) -> frozenset[str]:
    """The values of an object's records that are what stands in one column, for this actor and in every record."""
    if obj.name == "user":
        return frozenset()
    seen, columns = access.sure_fields(tx, obj), tx.live.tables.objects[obj.name].c
    fields = [field for field in obj.fields.values() if field.name in seen and field.name in columns]
    whole = (f.name for f in fields if f.stored and not f.may_fail and f.column_names() == (f.name,))
    return frozenset(whole) - {f.name for f in fields if f.type.name in LINKING or f.balance is not None} | PLAIN


def _listing(session: Session, obj: Object, query: Query, *, only: tuple[str, ...] = ()) -> Listing:
    """The rows of a page."""
    tx, reader = session.tx, ReaderSession(session.tx)
    frame = Frame(reader, names=query.names)
    scope = scope_of(reader, obj, "see", query.shelf)
    if query.shelf == "deleted":
        scope = _returnable(reader, scope)
    where = filter_of(tx, obj.name, query.filter)
    _refuse_strangers(session, where)
    where = query.also if where is None else where if query.also is None else both(where, query.also)
    try:
        scope = _topmost(reader, scope, where, query) if query.top else scope
        return listings.page(
            tx,
            scope,
            where,
            frame,
            search=query.search.strip(),
            sort=sort_columns(tx, scope, query.sort),
            limit=max(1, min(query.limit, MOST)),
            cursor=query.cursor,
            count=query.count,
            visible=access.sure_fields(tx, obj),
            ranked=query.ranked or not query.sort,
            only=only,
        )
    except NotInSql as error:
        raise Unreadable(
            say(
                zh="这个筛选条件不能用于列表：{rule}",
                en="This filter cannot be used for a list: {rule}",
                rule=query.filter,
            )
        ) from error
    except (OverflowError, DataError) as error:
        raise Unreadable(
            say(zh="筛选条件中的数值过大：{rule}", en="A number in the filter is too large: {rule}", rule=query.filter)
        ) from error
    except (ValueError, TypeError) as error:
        raise Unreadable(say(zh="分页游标无效", en="The cursor is not one of this list")) from error


def count(tx: Tx, object: str, query: Query, *, most: int) -> int:
    """How many records the actor sees that fit, `most` at most. Raises `Unreadable` as `page` does."""
    obj = known_object(tx, object)
    reader = ReaderSession(tx)
    scope, where = scope_of(reader, obj, "see", query.shelf), filter_of(tx, obj.name, query.filter)
    visible = access.sure_fields(tx, obj)
    try:
        return queries.some(tx, scope, where, Frame(reader), search=query.search.strip(), most=most, visible=visible)
    except (NotInSql, OverflowError, DataError) as error:
        raise Unreadable(say(zh="这个筛选条件不能用于列表", en="This filter cannot be used for a list")) from error


def load_lines(records: list[Record]) -> None:
    """Load all lines of these records of one object, and what they link to, with one statement per object."""
    for name in records[0].definition.lines if records else ():
        records[0].session.prefetch_lines(records, name)


def reader_of(tx: Tx) -> Reader:
    """The names that the actor may use in filters and reports: what is out of sight does not exist."""
    return access.once(tx, ("reader",), lambda: _reader(tx))


def _reader(tx: Tx) -> Reader:
    visible: dict[str, frozenset[str]] = {
        o.name: access.sure_fields(tx, o)
        for o in tx.app.objects.values()
        if not o.owner and access.may(tx, o.name, "see")
    }
    for register in tx.app.registers.values():
        if access.may(tx, register.name, "see"):
            visible[register.name] = access.visible_columns(tx, register)
    return Reader(tx.app, visible)


def filter_of(tx: Tx, thing: str, text: str) -> Expression | None:
    """A filter from outside, checked with the actor's rights; None if it is blank."""
    if not text.strip():
        return None
    known = access.once(tx, ("filters",), dict[tuple[str, str], Expression])
    try:
        found = known.get((thing, text)) or condition(reader_of(tx), thing, text)
    except NotReadable as error:
        reasons = told(error.problems)
        raise Unreadable(
            say(zh="筛选条件有误：{reasons}", en="The filter cannot be read: {reasons}", reasons=reasons)
        ) from error
    if len(known) >= FILTERS:
        known.clear()
    known[thing, text] = found
    return found


def _refuse_strangers(session: Session, where: Expression | None) -> None:
    """A filter by a person who has no account would find nothing without a word: people are named by their login."""
    for node in () if where is None else where.node.walk():
        if not (isinstance(node, Lookup) and node.objects == ("user",) and isinstance(node.text, Literal)):
            continue
        login = str(node.text.value)
        if session.find("user", login) is None:
            raise Unreadable(say(
                zh="没有账号为“{login}”的人员；按姓名筛选请写 字段.name = '{login}'",
                en="Nobody has the login “{login}”; to filter by the name write field.name = '{login}'", login=login,
            ))


def _topmost(session: Session, scope: Scoped, where: Expression | None, query: Query) -> Scoped:
    """Of a scope what hangs below nothing that is found too: what is above may be out of sight, or in the bin."""
    found = scope_of(session, scope.definition, "see", query.shelf, alone=False)
    return queries.topmost(scope, found, where, Frame(session), query.top)


def _returnable(session: Session, scope: Scoped) -> Scoped:
    """Of what is in the bin what the actor may bring back: what they may delete, and what they have deleted."""
    may = access.may(session.tx, scope.definition.name, "delete")
    theirs = scope_of(session, scope.definition, "delete", "deleted", alone=False) if may else None
    return queries.returnable(scope, theirs, session.tx.actor.id)


def scope_of(session: Session, obj: Object, verb: str, shelf: str = "kept", *, alone: bool = True) -> Scoped:
    """The rows on which some grant gives the actor the verb; of lines those whose record is in sight. `alone`: the
    statement holds the object's table once."""
    tx = session.tx
    table = queries.listed(tx, obj) if alone else None
    if access.unbound(tx.actor) or (obj.name == "user" and verb == "see"):
        return queries.scoped(tx, obj, [None], Frame(session), table=table, shelf=shelf)
    root = obj.owner or obj.name
    rules = [permission.when for _, permission in access.permissions(tx, root, verb)]
    if None in rules and table is not None:
        return queries.scoped(tx, obj, rules, Frame(session), table=table, shelf=shelf)
    decides = verb == "see" and tx.actor.kind == "user" and any(f.object == root for f in tx.app.flows.values())
    decides = decides and access.reaches(tx, root, "see", "decide")
    also = flow_rows.readable(tx, root, tx.actor.id) if decides else None
    return queries.scoped(tx, obj, rules, Frame(session), also=also, table=table, shelf=shelf)


def sort_columns(tx: Tx, scope: Scoped, sort: Iterable[str]) -> list[SortColumn]:
    """The columns of a sort; only fields that the actor may see."""
    visible = access.sure_fields(tx, scope.definition) | set(NEVER_NULL)
    found: list[SortColumn] = []
    for key in list(sort)[:MOST_SORTS]:
        name, descending = key.lstrip("-"), key.startswith("-")
        if name == "id":
            continue
        column = scope.columns.column(name) if name in visible else None
        if column is None:
            raise Unreadable(say(zh="不能按 {name} 排序", en="Cannot sort by {name}", name=name))
        field = scope.definition.fields.get(name)
        found.append(
            SortColumn(name, column, descending, name in NEVER_NULL or (field is not None and field.required is True))
        )
    return found


def known_object(tx: Tx, object: str) -> Object:
    """An object that the actor may see; `NotFound` else."""
    obj = tx.app.objects.get(object)
    if obj is None or obj.owner or not access.may(tx, object, "see"):
        raise NotFound(
            say(
                zh="没有名为 {name} 的对象，或者您无权查看",
                en="There is no object called {name}, or you may not see it",
                name=object,
            )
        )
    return obj


def called(ref: Ref, language: str) -> str:
    """How people read a link that was `titled`: one to a record out of their sight says so, with its number."""
    return ref.title or say(zh="无权查看（#{n}）", en="Out of your sight (#{n})", n=ref.id).to(language)


def titled(session: Session, value: Any) -> Any:
    """A link with its title, for showing; a target out of sight shows no title."""
    if not isinstance(value, Ref):
        return value
    record = glance(session, value)
    return Ref(value.object, value.id, record.title if record is not None else "")
