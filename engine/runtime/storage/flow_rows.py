"""SQL over running approvals: load a state, write what a decision changed, append to the history. Decides nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Select, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage import autograph_rows, rows
from engine.runtime.storage.flow_states import LIVE, OPEN, Instance, State, Task, Token, Visit
from engine.runtime.storage.flow_tables import EVENTS, INSTANCES, READERS, TASKS, TOKENS, VISITS
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import USERS

T = TypeVar("T", Token, Visit, Task)
Row: TypeAlias = "Mapping[Any, Any]"
GENESIS = "0" * 64
TITLE = 300                                    # letters of a title that are kept
SEALED = ("instance", "seq", "type", "actor", "path", "step", "visit", "task", "data", "previous")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history, still to be appended."""

    type: str
    actor: int | None
    path: str
    step: str
    visit: int | None
    task: int | None
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """What an instance is over."""

    instance: int
    object: str
    record: int


# ---- reading, by statements that are built once: a decision asks few things, and building costs more than asking


def _parts_of(table: Table, kind: type[Any]) -> Select[Any]:
    columns = [table.c[field.name] for field in fields(kind)]
    return select(*columns).where(table.c.instance == bindparam("instance")).order_by(table.c.id)


WHOLE = select(INSTANCES).where(INSTANCES.c.id == bindparam("id"), INSTANCES.c.app == bindparam("app"))
HELD = WHOLE.with_for_update()
PARTS_OF = {kind: _parts_of(table, kind) for kind, table in ((Token, TOKENS), (Visit, VISITS), (Task, TASKS))}
PLACE = select(INSTANCES.c.id, INSTANCES.c.object, INSTANCES.c.record).where(INSTANCES.c.app == bindparam("app"))
PLACE_OF = PLACE.where(INSTANCES.c.id == bindparam("id"))
PLACE_OF_TASK = PLACE.join(TASKS, TASKS.c.instance == INSTANCES.c.id).where(TASKS.c.id == bindparam("id"))
RUNS = select(INSTANCES).where(INSTANCES.c.object == bindparam("object"), INSTANCES.c.record == bindparam("record"))
RUNS = RUNS.order_by(INSTANCES.c.id.desc())
RUNNING = RUNS.where(INSTANCES.c.status.in_(LIVE))
REVISED = select(INSTANCES.c.id).where(
    INSTANCES.c.object == bindparam("object"), INSTANCES.c.record == bindparam("record"),
    INSTANCES.c.status == "returned", VISITS.c.kind == "revise", TASKS.c.status == "pending",
    TASKS.c.assignee == bindparam("user"),
).join_from(INSTANCES, VISITS, VISITS.c.instance == INSTANCES.c.id).join(TASKS, TASKS.c.visit == VISITS.c.id).limit(1)
LATEST = select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.instance == bindparam("instance"))
LATEST = LATEST.order_by(EVENTS.c.seq.desc()).limit(1)
READS = select(READERS.c.id).join(INSTANCES, INSTANCES.c.id == READERS.c.instance).where(
    INSTANCES.c.object == bindparam("object"), INSTANCES.c.record == bindparam("record"),
    READERS.c.user == bindparam("user"),
).limit(1)


def steps_reached(tx: Tx) -> set[tuple[str, str]]:
    """(flow, step) of every step at which somebody was ever asked."""
    query = select(INSTANCES.c.flow, VISITS.c.step).distinct().where(INSTANCES.c.app == tx.app.name)
    query = query.join_from(TASKS, VISITS, VISITS.c.id == TASKS.c.visit)
    query = query.join(INSTANCES, INSTANCES.c.id == TASKS.c.instance)
    return {(str(flow), str(step)) for flow, step in tx.connection.execute(query)}


def load(tx: Tx, id: int, *, lock: bool = False) -> State | None:
    """One instance of this app with all its parts; with `lock` nobody else decides on it until the transaction ends."""
    query = HELD if lock and tx.postgres else WHOLE
    found = rows.plain(tx.connection.execute(query, {"id": id, "app": tx.app.name}))
    if not found:
        return None
    return State(_instance(tx, found[0]), _parts(tx, Token, id), _parts(tx, Visit, id), _parts(tx, Task, id))


def place(tx: Tx, instance: int) -> Place | None:
    """What an instance of this app is over."""
    return _place(tx, PLACE_OF, instance)


def place_of_task(tx: Tx, task: int) -> Place | None:
    """The instance to which a task of this app belongs, and what it is over."""
    return _place(tx, PLACE_OF_TASK, task)


def _place(tx: Tx, query: Select[Any], id: int) -> Place | None:
    row = tx.connection.execute(query, {"id": id, "app": tx.app.name}).one_or_none()
    return None if row is None else Place(row.id, tx.live.names[row.object], row.record)


def instance_of_task(tx: Tx, task: int) -> int | None:
    """The instance to which a task belongs."""
    return tx.connection.execute(select(TASKS.c.instance).where(TASKS.c.id == task)).scalar_one_or_none()


def instance_of_visit(tx: Tx, visit: int) -> int | None:
    """The instance to which a visit belongs."""
    return tx.connection.execute(select(VISITS.c.instance).where(VISITS.c.id == visit)).scalar_one_or_none()


def children_of(tx: Tx, visit: int) -> list[Instance]:
    """The instances that a visit of another one has started."""
    query = select(INSTANCES).where(INSTANCES.c.caller == visit).order_by(INSTANCES.c.id)
    return [_instance(tx, row) for row in tx.connection.execute(query).mappings()]


def asking(tx: Tx, user: int) -> list[int]:
    """The instances of this app in which something waits for a person, or for somebody who helps them."""
    mine = (TASKS.c.assignee == user) | (TASKS.c.owner == user)
    query = select(TASKS.c.instance).distinct().join(INSTANCES, INSTANCES.c.id == TASKS.c.instance)
    query = query.where(INSTANCES.c.app == tx.app.name, INSTANCES.c.status.in_(LIVE), mine)
    query = query.where(TASKS.c.status.in_(OPEN)).order_by(TASKS.c.instance)
    return [int(id) for id in tx.connection.execute(query).scalars()]


def active_among(tx: Tx, users: Iterable[int]) -> list[int]:
    """Those of these people who have not left."""
    query = select(USERS.c.id).where(USERS.c.id.in_(list(users)), USERS.c.active.is_(True))
    return [int(id) for id in tx.connection.execute(query).scalars()]


def row_of(tx: Tx, id: int) -> Row:
    """An instance with the people who are `asked` now."""
    return with_asked(tx, list(tx.connection.execute(select(INSTANCES).where(INSTANCES.c.id == id)).mappings()))[0]


def with_asked(tx: Tx, runs: Sequence[Row]) -> list[Row]:
    """Rows of instances, each with the people who are `asked` now."""
    mine = TASKS.c.instance.in_([row["id"] for row in runs]), TASKS.c.status == "pending"
    asked: dict[int, list[int]] = {}
    for instance, user in tx.connection.execute(select(TASKS.c.instance, TASKS.c.assignee).where(*mine)):
        asked.setdefault(instance, []).append(user)
    return [{**row, "asked": asked.get(row["id"], [])} for row in runs]


def retitle(tx: Tx, object: str, record: int, title: str) -> None:
    """What a record is called in its approvals."""
    of = INSTANCES.c.app == tx.app.name, INSTANCES.c.object == tx.live.numbers[object], INSTANCES.c.record == record
    tx.connection.execute(update(INSTANCES).where(*of).values(title=title[:TITLE]))


def instances_of(tx: Tx, object: str, record: int, *, live: bool = False) -> list[Instance]:
    """The instances over one record, newest first; with `live` only those that are not over."""
    of = {"object": tx.live.numbers[object], "record": record}
    return [_instance(tx, row) for row in rows.plain(tx.connection.execute(RUNNING if live else RUNS, of))]


def under_way(tx: Tx, object: str, record: int, flow: str = "") -> list[State]:
    """The approvals of a record that are not over, all or those of one flow, with all their parts; newest first."""
    runs = (one.id for one in instances_of(tx, object, record, live=True) if flow in ("", one.flow))
    return [state for id in runs if (state := load(tx, id)) is not None]


def came_back(tx: Tx, object: str, record: int, user: int) -> bool:
    """Whether a live approval of the record waits for this person to revise it."""
    of = {"object": tx.live.numbers[object], "record": record, "user": user}
    return tx.connection.execute(REVISED, of).first() is not None


def times_of(tx: Tx, instance: int) -> tuple[dict[int, Row], dict[int, Row], Row]:
    """Moments that the state leaves out: by visit (opened_at closed_at), by task (created_at done_at read_at), own."""
    visits = select(VISITS.c.id, VISITS.c.opened_at, VISITS.c.closed_at).where(VISITS.c.instance == instance)
    tasks = select(TASKS.c.id, TASKS.c.created_at, TASKS.c.done_at, TASKS.c.read_at).where(TASKS.c.instance == instance)
    own = select(INSTANCES.c.started_at, INSTANCES.c.ended_at).where(INSTANCES.c.id == instance)
    return (
        {row["id"]: row for row in tx.connection.execute(visits).mappings()},
        {row["id"]: row for row in tx.connection.execute(tasks).mappings()},
        tx.connection.execute(own).mappings().one(),
    )


def events_of(tx: Tx, instance: int) -> list[Row]:
    """The history of one instance, oldest first."""
    query = select(EVENTS).where(EVENTS.c.instance == instance).order_by(EVENTS.c.seq)
    return list(tx.connection.execute(query).mappings())


def _instance(tx: Tx, row: Row) -> Instance:
    return Instance(
        row["id"], row["app"], row["flow"], row["version"], tx.live.names[row["object"]], row["record"],
        row["initiator"], row["status"], row["round"], frozenset(row["raised"]), row["lock_version"],
        row["suspended_at"], row["caller"], row["depth"],
        {step: tuple(users) for step, users in (row["chosen"] or {}).items()}, row["title"],
    )


def _parts(tx: Tx, kind: type[T], instance: int) -> dict[int, T]:
    make: Callable[..., T] = kind
    found = tx.connection.execute(PARTS_OF[kind], {"instance": instance})
    return {row[0]: make(*[tuple(one) if isinstance(one, list) else one for one in row]) for row in found}


# ---- writing


def add_instance(tx: Tx, instance: Instance, title: str) -> Instance:
    """Enter a new instance; its id comes back."""
    values = {
        "app": instance.app, "flow": instance.flow, "version": instance.version, "record": instance.record,
        "object": tx.live.numbers[instance.object], "initiator": instance.initiator, "status": instance.status,
        "raised": sorted(instance.raised), "title": title[:TITLE], "started_at": tx.now, "caller": instance.caller,
        "depth": instance.depth, "chosen": {step: list(users) for step, users in instance.chosen.items()},
    }
    return replace(instance, id=rows.insert(tx, INSTANCES, [values])[0], title=title[:TITLE])


def set_chosen(tx: Tx, instance: Instance) -> None:
    """Keep who was chosen for later steps."""
    chosen = {step: list(users) for step, users in instance.chosen.items()}
    tx.connection.execute(update(INSTANCES).where(INSTANCES.c.id == instance.id).values(chosen=chosen))


def set_title(tx: Tx, instance: Instance, title: str) -> None:
    """What lists show of the record, where it is another title now."""
    if instance.title != title[:TITLE]:
        rows.update(tx, INSTANCES, instance.id, {"title": title[:TITLE]})


def save(tx: Tx, before: State, after: State, entries: Sequence[Entry]) -> dict[int, int]:
    """Write the difference of two states of an instance, which the transaction holds, and append to its history.

    Gives the numbers that new rows (negative ids) have got."""
    given: dict[int, int] = {}
    fresh: list[tuple[Table, Any]] = [
        (table, part)
        for table, parts in ((TOKENS, after.tokens), (VISITS, after.visits), (TASKS, after.tasks))
        for part in parts.values() if part.id < 0
    ]
    for table, part in sorted(fresh, key=lambda pair: -pair[1].id):
        values = {name: value for name, value in _columns(part, given).items() if name != "id"}
        values |= {"instance": after.instance.id} | _opened(table, tx)
        if getattr(part, "status", "") in ("closed", "done"):
            values |= _ended(table, tx)
        given[part.id] = rows.insert(tx, table, [values])[0]
    _update(tx, TOKENS, before.tokens, after.tokens, given)
    _update(tx, VISITS, before.visits, after.visits, given)
    _update(tx, TASKS, before.tasks, after.tasks, given)
    _save_instance(tx, before.instance, after.instance)
    _append(tx, after.instance.id, entries, given)
    return given


def _columns(part: Any, given: Mapping[int, int]) -> dict[str, Any]:
    """Column values of a part, with the numbers of rows that are new."""
    found: dict[str, Any] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, int) and value < 0:
            value = given.get(value, value)
        found[field.name] = value
    return found


def _opened(table: Table, tx: Tx) -> dict[str, Any]:
    return {"opened_at": tx.now} if table is VISITS else {"created_at": tx.now} if table is TASKS else {}


def _ended(table: Table, tx: Tx) -> dict[str, Any]:
    return {"closed_at": tx.now} if table is VISITS else {"done_at": tx.now} if table is TASKS else {}


def _update(tx: Tx, table: Table, before: Mapping[int, T], after: Mapping[int, T], given: Mapping[int, int]) -> None:
    changes: dict[int, dict[str, Any]] = {}
    for id, part in after.items():
        old = before.get(id)
        if old is None or old == part:
            continue
        was, now = _columns(old, given), _columns(part, given)
        values = {name: value for name, value in now.items() if was[name] != value}
        if values.get("status") in ("closed", "cancelled", "done"):
            values |= _ended(table, tx)
        changes[id] = values
    rows.update_many(tx, table, changes)


def _save_instance(tx: Tx, before: Instance, after: Instance) -> None:
    if before == after:
        return
    values: dict[str, Any] = {
        "status": after.status, "round": after.round, "lock_version": after.lock_version, "version": after.version,
        "suspended_at": after.suspended_at,
    }
    if not after.live:
        values["ended_at"] = tx.now
    rows.update(tx, INSTANCES, after.id, values)


def _append(tx: Tx, instance: int, entries: Sequence[Entry], given: Mapping[int, int]) -> None:
    """Append to the history; every entry seals the one before."""
    if not entries:
        return
    last = tx.connection.execute(LATEST, {"instance": instance}).one_or_none()
    seq, previous = (last.seq, last.hash) if last is not None else (0, GENESIS)
    added = []
    for entry in entries:
        seq += 1
        row = {
            "instance": instance, "seq": seq, "type": entry.type, "at": tx.now.astimezone(dt.UTC), "actor": entry.actor,
            "path": entry.path, "step": entry.step, "data": dict(entry.data), "previous": previous,
            "visit": _known(entry.visit, given), "task": _known(entry.task, given),
        }
        previous = row["hash"] = seal(row)
        added.append(row)
    rows.put(tx.connection, EVENTS, added)


def _known(id: int | None, given: Mapping[int, int]) -> int | None:
    return id if id is None or id > 0 else given[id]


def seal(row: Row) -> str:
    """The hash of an entry: over all that it says and the hash of the entry before."""
    said = [*(row[name] for name in SEALED), row["at"].isoformat()]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def unbroken(tx: Tx, instance: int) -> bool:
    """Whether the history of an instance is as it was written: nothing changed, nothing taken out in between, and the
    signatures that it names as they were drawn."""
    previous, events = GENESIS, events_of(tx, instance)
    for number, row in enumerate(events, 1):
        if row["seq"] != number or row["previous"] != previous or row["hash"] != seal(row):
            return False
        previous = row["hash"]
    return autograph_rows.sound(tx, events)


def broken(tx: Tx) -> list[int]:
    """Instances of the app whose history is not as it was written."""
    query = select(INSTANCES.c.id).where(INSTANCES.c.app == tx.app.name).order_by(INSTANCES.c.id)
    return [int(id) for id in tx.connection.execute(query).scalars().all() if not unbroken(tx, id)]


def clocked(tx: Tx) -> list[int]:
    """Instances of the app that are under way and in which something is due."""
    query = select(TASKS.c.instance).distinct().join(INSTANCES, INSTANCES.c.id == TASKS.c.instance)
    query = query.where(INSTANCES.c.app == tx.app.name, INSTANCES.c.status == "running", TASKS.c.clock_at.is_not(None))
    query = query.where(TASKS.c.status.in_(("pending", "held"))).order_by(TASKS.c.instance)
    return [int(id) for id in tx.connection.execute(query).scalars()]


def let_read(tx: Tx, instance: int, users: Iterable[int], cause: str) -> None:
    """Note that these people may read the record, as they are asked (`task`), copied (`cc`) or were asked (`gave`)."""
    may = [{"instance": instance, "user": user, "cause": cause, "at": tx.now} for user in dict.fromkeys(users)]
    if may:
        build = postgres_insert if tx.postgres else sqlite_insert
        query = rows.statement(READERS, ("let", tx.postgres), lambda: build(READERS).on_conflict_do_nothing())
        tx.connection.execute(query, may)


def may_read(tx: Tx, object: str, record: int, user: int) -> bool:
    """Whether a flow over this record lets a person read it."""
    asked = {"object": tx.live.numbers[object], "record": record, "user": user}
    return tx.connection.execute(READS, asked).first() is not None


def readable(tx: Tx, object: str, user: int) -> Any:
    """A select of the ids of records of this object that flows let a person read, for row rules of lists."""
    return (
        select(INSTANCES.c.record).join(READERS, READERS.c.instance == INSTANCES.c.id)
        .where(INSTANCES.c.object == tx.live.numbers[object], READERS.c.user == user)
    )
