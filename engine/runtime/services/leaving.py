"""What leaves: records that are deleted and lines that are taken out, and what becomes of the links to them.

Every door comes by here: `mark` puts a record into the bin, `follow` looks, before anything is booked, who links to
what has left in this command, and refuses, clears the link or lets the holder go too, as the link says (`on_delete`).
`stay` keeps what a command links to from leaving at the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

from engine.definitions.objects import Object
from engine.errors import Refused
from engine.expressions.values import Ref, Value
from engine.kinds.fields.link import Link
from engine.runtime.services import saving
from engine.runtime.services.approvals import holding
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import holders, rows
from engine.runtime.storage.live import Live
from engine.texts import Text, say

MOST = 20_000                                  # records that one deletion may take along or clear
FEW = 50                                       # holders among which one is looked for that may be named

Places: TypeAlias = tuple[tuple[Object, Link], ...]
Gone: TypeAlias = dict[str, dict[int, Record]]  # what leaves, by object and id


@lru_cache(maxsize=32)
def _places(live: Live) -> Mapping[str, Places]:
    """By object (or lines) the links that lead to it (computed once per published version)."""
    found: dict[str, list[tuple[Object, Link]]] = {}
    for obj in live.app.objects.values():
        for field in obj.fields.values():
            if _holds(field) and isinstance(field, Link) and obj.name != "user":
                for target in field.to:
                    found.setdefault(target, []).append((obj, field))
    return MappingProxyType({name: tuple(places) for name, places in found.items()})


def _holds(field: object) -> bool:
    """Whether a field is a link that somebody or something has given: what is computed follows by itself."""
    return isinstance(field, Link) and field.stored and field.formula is None and field.to != ("user",)


def mark(session: Session, record: Record) -> None:
    """Put a record into the bin. Raises `Refused` for people, for what is never deleted, and for one that has ever
    booked anything: it can only be cancelled."""
    if record.definition.delete == "never":
        raise Refused(say(zh="“{object}”不能删除", en="{object}: nothing of it may be deleted",
                          object=record.definition.label))
    if record.object == "user" or session.holdings.has_booked(record):
        raise Refused(
            say(
                zh="{title} 已有记账或引用，只能作废，不能删除",
                en="{title} has postings: it can be cancelled, not deleted",
                title=_named(record),
            )
        )
    record.system["deleted_at"] = session.now
    record.deleted = True
    record.touch()


def follow(session: Session) -> None:
    """Do what the links say to all that has left in this command. Raises `Refused` where a link keeps it."""
    waiting: list[tuple[Object, Link, str, set[int]]] = []
    while gone := _gone(session):
        saving.flush(session)
        for name, records in gone.items():
            _hold(session, name, records.values())
            for obj, link in _places(session.tx.live).get(name, ()):
                if link.on_delete == "refuse":
                    waiting.append((obj, link, name, set(records)))
                else:
                    _let_go(session, obj, link, name, set(records))
    if waiting:
        saving.flush(session)
        _judge(session, waiting)


def _gone(session: Session) -> Gone:
    """What has left and was not looked at yet: records with those of their lines that something may link to."""
    places, found = _places(session.tx.live), Gone()
    for record in [*session.unsaved, *session.touched.values()]:
        lines = [*record.removed, *record.taken_out]
        if record.deleted:
            lines += [line for name in record.definition.lines if f"{record.object}.{name}" in places
                      for line in record.lines(name)]
        for one in (*([record] if record.deleted else ()), *lines):
            if one.id is not None and one not in session.left and one.object in places:
                found.setdefault(one.object, {})[one.id] = one
    session.left.update(one for records in found.values() for one in records.values())
    return found


def _hold(session: Session, name: str, records: Iterable[Record]) -> None:
    roots = {record.root.id for record in records if record.root.id is not None}
    holders.hold_alone(session.tx, session.tx.live.object(name).owner or name, roots)


def _let_go(session: Session, obj: Object, link: Link, target: str, ids: set[int]) -> None:
    """Clear the links to what leaves, or let the holders go too."""
    found = holders.found(session.tx, obj, link, target, ids, most=MOST + 1)
    if len(found) > MOST:
        raise Refused(say(zh="超过 {n} 条“{object}”引用了它，不能一次删除", object=obj.plural, n=MOST,
                          en="More than {n} {object} link to it: too many to be deleted at once"))
    refs = [Ref(obj.name, id) for id in found]
    session.prefetch(refs)
    session.hold(dict.fromkeys(one.root for ref in refs if (one := session.record(ref)) is not None))
    for holder in filter(None, map(session.record, refs)):
        kept = _without(holder.values.get(link.name), target, ids)
        if holder.deleted or kept == holder.values.get(link.name):
            continue                           # gone already, or changed until it was held
        if link.on_delete == "clear":
            holding.refuse(holder.root, (link.name if holder.parent is None else holder.definition.owner_field,))
            holder.set(link.name, kept)
        elif holder.parent is not None:
            holding.refuse(holder.root, (holder.definition.owner_field,))
            holder.parent.remove_line(holder.definition.owner_field, holder)
        else:
            holding.refuse(holder, ())
            mark(session, holder)


def _without(value: Value, target: str, ids: set[int]) -> Value:
    """The value of a link field without those that leave."""
    if isinstance(value, tuple):
        return tuple(one for one in value if not _leads(one, target, ids)) or None
    return None if _leads(value, target, ids) else value


def _leads(value: object, target: str, ids: set[int]) -> bool:
    return isinstance(value, Ref) and value.object == target and value.id in ids


def _judge(session: Session, waiting: Iterable[tuple[Object, Link, str, set[int]]]) -> None:
    """Refuse what is still linked to. Who may not see the holders is told how many there are, nothing else."""
    for obj, link, target, ids in waiting:
        number = holders.count(session.tx, obj, link, target, ids)
        if number:
            some = holders.found(session.tx, obj, link, target, ids, most=FEW)
            raise Refused(_used(session, target, ids, number, _shown(session, obj, some)), code="linked")


def _shown(session: Session, obj: Object, ids: Iterable[int]) -> Record | None:
    """The first of the holders that the actor may see."""
    holders_ = (session.record(Ref(obj.name, id)) for id in ids)
    return next((one.root for one in holders_ if one is not None and access.granted(one, "see")), None)


def _used(session: Session, target: str, ids: set[int], number: int, shown: Record | None) -> Text:
    only = session.records.get((target, next(iter(ids)))) if len(ids) == 1 else None
    what = session.tx.live.object(target).label if only is None else _named(only)
    if shown is None:
        return say(zh="{what} 仍被 {n} 条记录引用，不能删除",
                   en="{what} cannot be deleted: records that link to it: {n}", what=what, n=number)
    return say(zh="{what} 仍被 {n} 条记录引用（如“{object}”{title}），不能删除",
               en="{what} cannot be deleted: records that link to it: {n} ({object} {title}, for example)",
               what=what, n=number, object=shown.definition.label, title=shown.title)


def _named(record: Record) -> str | Text:
    """The record by its title for who may see it, else by its object."""
    return record.title if access.granted(record, "see") else record.definition.label


def cascaded(session: Session, record: Record) -> list[Record]:
    """The records in the bin that link to this one and go where it goes."""
    found: list[Record] = []
    for obj, link in _places(session.tx.live).get(record.object, ()):
        if link.on_delete == "cascade" and not obj.owner:
            ids = holders.found(session.tx, obj, link, record.object, [record.id or 0], most=MOST, binned=True)
            session.prefetch(Ref(obj.name, id) for id in ids)
            found += filter(None, (session.record(Ref(obj.name, id)) for id in ids))
    return found


def refs(value: Value) -> Iterator[Ref]:
    """The records that the value of a link leads to."""
    yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Ref))


# ---- links that are made


def stay(session: Session) -> None:
    """Keep what this command has newly linked to from leaving before the commit; what has left meanwhile is known
    as such from here on."""
    if not session.tx.write:
        return
    wanted: dict[str, set[int]] = {}
    refs = [ref for record in session.touched.values() if not record.deleted for ref in _made(record)]
    session.prefetch(refs)
    for ref in refs:
        target = session.record(ref)
        root = None if target is None else target.root
        if root is not None and root.id is not None and (root.object, root.id) not in session.held | session.stayed:
            wanted.setdefault(root.object, set()).add(root.id)
    for name in sorted(wanted):
        for id, binned in holders.hold_shared(session.tx, name, wanted[name]).items():
            session.records[name, id].system["deleted_at"] = binned
        session.stayed.update((name, id) for id in wanted[name])
    if session.tx.postgres:
        _look_again(session, [ref for ref in refs if session.tx.live.object(ref.object).owner])


def _look_again(session: Session, lines: Iterable[Ref]) -> None:
    """Forget lines that were taken out while their record was waited for."""
    by_object: dict[str, set[int]] = {}
    for ref in lines:
        by_object.setdefault(ref.object, set()).add(ref.id)
    for name, ids in by_object.items():
        there = {int(row["id"]) for row in rows.fetch(session.tx, session.tx.live.object(name), ids)}
        for id in ids - there:
            session.records.pop((name, id), None)


def _made(record: Record) -> Iterator[Ref]:
    """The links of a record and of its lines in hand that it did not have before."""
    lines = record.all_lines() if record.returned else (one for some in record.children.values() for one in some)
    for part in (record, *lines):
        before: Mapping[str, Value] = {} if record.returned else part.before or {}
        for field in part.definition.fields.values():
            value = part.values.get(field.name)
            if value is not None and _holds(field) and value != before.get(field.name):
                yield from (one for one in refs(value) if one.object != "user")
