"""Derived states that read other records follow them: a job brings up to date what a command may have moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.expressions.values import Ref
from engine.runtime.services import audit, outbox, saving
from engine.runtime.services.automation import automations, dated
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import Command
from engine.runtime.storage import reversed_paths, rows
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.reversed_paths import Hop

JOB = "derive"
BATCH = 200
DEEPEST = 6                                    # links that lead to links, formulas that read formulas
ROUNDS = 12                                    # states that follow states that follow states …
STATED = ("state", "status")
Hops: TypeAlias = "tuple[Hop, ...]"


@dataclass(frozen=True, slots=True)
class Way:
    """From the records of `object`, whose derived states read these `members` at the end of the path."""

    object: str
    hops: Hops
    members: frozenset[str]


def enter(session: Session, turn: int = 0) -> None:
    """Enter jobs for the records whose derived states read what the session has changed of others."""
    ways = watched(session.tx.live)
    if not ways or turn >= ROUNDS:
        return
    moved: dict[Way, set[int]] = {}
    for record in {*session.touched.values(), *session.refreshed.values()}:
        for part in (record, *record.all_lines(), *record.removed, *record.taken_out):
            for way in ways.get(part.object, ()):
                if part.id is not None and _moved(part, way):
                    moved.setdefault(way, set()).update(_nearest(part, way))
    for way, ids in moved.items():
        hops = way.hops[:-1] if way.hops[-1].kind == "back" else way.hops
        found = reversed_paths.origins(session.tx, hops, ids)
        for first in range(0, len(found), BATCH):
            outbox.enqueue(session.tx, JOB, {
                "object": way.object, "ids": found[first : first + BATCH], "turn": turn + 1,
            })


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Bring the derived states of these records up to date."""
    obj = tx.app.objects.get(str(args["object"]))
    if obj is not None:                        # else it went with a newer version
        bring(tx, obj, [int(id) for id in args["ids"]], int(args.get("turn", 0)))


def bring(tx: Tx, obj: Object, ids: Sequence[int], turn: int = 0) -> None:
    """Derive the states of these records again; those that have ended stay as they ended."""
    final = {state.name for state in obj.states.values() if state.final}
    session = Session(tx)
    for row in rows.fetch(tx, obj, ids, lock=True):
        if row["state"] not in final and row["deleted_at"] is None:
            saving.refresh(session, session.adopt(obj, row))
    for record in session.refreshed.values():
        audit.append(session, [audit.entry(session, record, "updated")])
    automations.enter(Command(session), alone=True)
    dated.enter(Command(session))
    enter(session, turn)


def _moved(part: Record, way: Way) -> bool:
    """Whether the record is another one for who reads it along the way. New ones are reached by ways back alone."""
    before = part.before
    back = way.hops[-1].kind == "back"
    if before is None or part.deleted:
        return back
    if back and before.get(way.hops[-1].name) != part.values.get(way.hops[-1].name):
        return True
    return any(
        before.get(name) != (part.system if name in STATED else part.values).get(name) for name in way.members
    )


def _nearest(part: Record, way: Way) -> Iterator[int]:
    """From where the way is to be gone back: the record itself; on a way back what it leads to, and what it led to."""
    last = way.hops[-1]
    if last.kind != "back":
        yield part.id or 0
        return
    for values in (part.values, part.before or {}):
        value = values.get(last.name)
        for ref in value if isinstance(value, tuple) else (value,):
            if isinstance(ref, Ref) and ref.object == last.of:
                yield ref.id


# ---- what is read where


@lru_cache(maxsize=16)
def watched(live: Live) -> Mapping[str, tuple[Way, ...]]:
    """By object or lines: from where derived states read something of its rows."""
    app = live.app
    found: dict[str, dict[tuple[str, Hops], set[str]]] = {}
    for obj in app.objects.values():
        for state in obj.states.values():
            for path in state.when.reads if state.when is not None and state.within else ():
                for end, hops, member in _ends(app, obj, path, ()):
                    found.setdefault(end, {}).setdefault((obj.name, hops), set()).add(member)
    return MappingProxyType({
        name: tuple(Way(start, hops, frozenset(members)) for (start, hops), members in ways.items())
        for name, ways in found.items()
    })


def _ends(app: App, obj: Object, path: Sequence[str], hops: Hops) -> Iterator[tuple[str, Hops, str]]:
    """Where a path ends beyond the record itself: the object, the way there, the member that is read."""
    if not path or path[0].startswith("@") or len(hops) > DEEPEST:
        return
    name, rest = path[0], path[1:]
    field = obj.fields.get(name)
    another = any(hop.kind in ("link", "back") for hop in hops)     # own lines are written with their record
    if another and (name in STATED or (field is not None and field.kind != "lines")):
        yield obj.name, hops, name
    if field is not None and field.formula is not None:
        for inner in field.formula.reads:
            if inner[0] != name:
                yield from _ends(app, obj, inner, hops)
    for hop in _hops(app, obj, name):
        if hop.kind == "back" and not rest:
            yield hop.to, (*hops, hop), hop.name
        yield from _ends(app, app.objects[hop.to], rest, (*hops, hop))


def _hops(app: App, obj: Object, name: str) -> Iterable[Hop]:
    """Where a member of a row leads."""
    field = obj.fields.get(name)
    if name == "parent" and obj.owner:
        return [Hop("record", obj.name, obj.owner)]
    if field is None:
        back = obj.backs.get(name)
        return [] if back is None or back[0] == "user" else [Hop("back", obj.name, back[0], back[1])]
    if field.kind == "lines":
        return [Hop("lines", obj.name, f"{obj.name}.{name}")]
    targets: Sequence[str] = getattr(field, "to", ()) if field.stored and field.type.name in ("record", "list") else ()
    return [Hop("link", obj.name, target, name) for target in targets if target in app.objects and target != "user"]
