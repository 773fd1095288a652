"""Booking anew when a definition changes: what the changed rules say of the documents that are there, in the
transaction that publishes. Closed days are carried where their register carries, else the publishing is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.registers import Register, Valued
from engine.definitions.renames import Renames
from engine.errors import Refused
from engine.runtime.services import saving
from engine.runtime.services.registers import guards, postings, revaluing, valuation
from engine.runtime.services.registers.analysis import ROWS_PER_RULE
from engine.runtime.services.sessions import Session
from engine.runtime.storage import balances, level_rows, queries, register_keys, renaming, rows, value_rows
from engine.runtime.storage.balances import BalanceRow, Measures, Movement
from engine.runtime.storage.live import Tx
from engine.runtime.storage.operations import Operation
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text, say

BATCH = 500
SHOWN = 5                                      # rows of a register whose balance changes, as a sample
ZERO = Decimal(0)
Kept: TypeAlias = "tuple[str, int, Keys]"      # register, level, keys


@dataclass(slots=True)
class Reposting:
    """What booking anew came to: by object how many documents were looked at and how many booked something; the rows
    in which something was booked, with what they were before and what was moved on which day; guards that no longer
    hold."""

    documents: dict[str, list[int]] = field(default_factory=dict)
    changed: dict[Kept, tuple[BalanceRow, Mapping[str, Decimal]]] = field(default_factory=dict)
    days: dict[Kept, dict[dt.date, Measures]] = field(default_factory=dict)
    carried: int = 0
    broken: list[Text] = field(default_factory=list)

    def operations(self, tx: Tx) -> list[Operation]:
        """It as part of a plan: documents with a sample of balances before and after, and what forbids it."""
        found = []
        for name, (seen, done) in self.documents.items():
            told = say(
                zh="按新规则重新记账：{seen} 张单据中 {done} 张有差额", seen=seen, done=done,
                en="booked again by the new rules: {done} of {seen} documents book a difference",
            )  # fmt: skip
            found.append(Operation("book again", _table(tx, name), rows=seen, changed=done, thing=name, told=told))
        for register in tx.app.registers.values():
            mine = [(row, before) for (name, level, _), (row, before) in self.changed.items()
                    if name == register.name and level == 0 and row.measures != before]
            if mine:
                samples = tuple(_shown(register, row, before) for row, before in mine[:SHOWN])
                table = tx.live.tables.registers[register.name].rows.name
                told = say(zh="{n} 个余额改变（{rows}）", en="{n} balances change ({rows})", n=len(mine),
                           rows="; ".join(samples))
                found.append(
                    Operation(
                        "book again", table, rows=len(mine), changed=len(mine), samples=samples, thing=register.name,
                        told=told,
                        risk=f"{self.carried} bookings of closed days are carried" if self.carried else "",
                    )
                )  # fmt: skip
        if self.broken:
            fails = tuple(dict.fromkeys(text.to("en") for text in self.broken[:SHOWN]))
            found.append(_forbidden(tx, next(iter(self.documents), ""), fails))
        return found


def _table(tx: Tx, object: str) -> str:
    return tx.live.tables.objects[object].name if object else ""


def _forbidden(tx: Tx, object: str, fails: tuple[str, ...]) -> Operation:
    hint = say(
        zh="可在规则上用 `since`、`before`，让旧单据仍按旧规则记账",
        en="with `since` and `before` on the rules, old documents keep what they have booked",
    )
    told = say(zh="不能按新规则重新记账", en="it cannot be booked again by the new rules")
    return Operation("book again", _table(tx, object), thing=object, fails=fails, hint=hint, told=told)


def _shown(register: Register, row: BalanceRow, before: Mapping[str, Decimal]) -> str:
    keys = ", ".join("" if key is None else str(getattr(key, "id", key)) for key in row.keys)
    moved = [
        f"{name} {before[name].normalize():f} → {row.measures[name].normalize():f}"
        for name in register.measures
        if row.measures[name] != before[name]
    ]
    return f"{register.name}[{keys}]: {', '.join(moved)}"


def concerned(old: App, new: App, moved: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Object → the registers to which it posts or has posted, of the objects whose rules changed, or that post to one
    of the `moved` registers: what their rules read has got other values."""
    found = {}
    renames = Renames(old, new)
    for obj in new.objects.values():
        if obj.owner or obj.name == "user":
            continue
        was = old.objects.get(renames.thing(obj.name))
        before = frozenset[tuple[object, ...]]() if was is None else _rules(old, was, _now(renames))
        after = _rules(new, obj, {})
        stirred = {str(rule[0]) for rule in after} & set(moved)
        if was is not None and (before != after or stirred):
            names = {str(rule[0]) for rule in before | after} & new.registers.keys()
            found[obj.name] = tuple(sorted(names))
    return {name: registers for name, registers in found.items() if registers}


def _now(renames: Renames) -> dict[str, str]:
    """Old name → new name of registers."""
    return {renames.thing(name): name for name in renames.after.registers}


def _rules(app: App, obj: Object, named: Mapping[str, str]) -> frozenset[tuple[object, ...]]:
    return frozenset(
        (named.get(p.register, p.register), p.place, p.hash, _shape(app.registers[p.register])) for p in obj.posts
    )


def renumber(tx: Tx, old: App) -> None:
    """Rules have numbers by the names of their object and register: what they booked follows when those change."""
    renames = Renames(old, tx.app)
    for obj in tx.app.objects.values():
        was = old.objects.get(renames.thing(obj.name))
        before = {} if was is None else {(post.register, post.place): post.no for post in was.posts}
        for register, made in tx.live.tables.registers.items():
            pairs = {before.get((renames.thing(register), post.place)): post.no
                     for post in obj.posts if post.register == register}
            rules = {no: now for no, now in pairs.items() if no is not None and no != now}
            if rules:
                renaming.renumber(tx.connection, made.moves, tx.live.numbers[obj.name], rules, ROWS_PER_RULE)


def _shape(register: Register) -> tuple[object, ...]:
    """What of a register decides where and how rules book in it."""
    return (register.dated, tuple(register.keys), tuple((name, f.type.scale) for name, f in register.measures.items()))


def regrouped(old: App, new: App) -> list[Register]:
    """The registers whose kept levels are other ones now."""
    renames = Renames(old, new)
    found = []
    for one in new.registers.values():
        was = old.registers.get(renames.thing(one.name))
        keys = {name: renames.field(one.name, name) for name in one.keys}
        levels = tuple(tuple(keys[name] for name in level) for level in one.levels)
        if was and (was.levels, tuple(was.keys)) != (levels, tuple(keys.values())):
            found.append(one)
    return found


def needed(old: App, new: App) -> bool:
    """Whether there is anything to be booked or summed anew."""
    return bool(concerned(old, new) or regrouped(old, new) or _revalued(old, new))


def carry_out(tx: Tx, old: App, moved: Collection[str] = ()) -> list[Operation]:
    """Rebuild levels that changed and book anew what changed rules say; what was done, with what forbids it: guards
    that no longer hold, closed days of a register that does not carry, rules that cannot be computed."""
    try:
        return _carry_out(tx, old, moved).operations(tx)
    except Refused as refused:
        return [_forbidden(tx, next(iter(concerned(old, tx.app)), ""), (refused.message.to("en"),))]


def _carry_out(tx: Tx, old: App, moved: Collection[str]) -> Reposting:
    for register in regrouped(old, tx.app):
        level_rows.rebuild(tx, register)
    work = Reposting()
    for name, registers in concerned(old, tx.app, moved).items():
        _post(tx, tx.app.objects[name], registers, work)
    for register in _revalued(old, tx.app):
        for valued in register.valued.values():
            _value(tx, register, valued)
    _judge(tx, work)
    return work


def _revalued(old: App, new: App) -> list[Register]:
    """The registers that value otherwise now."""
    renames = Renames(old, new)
    pairs = ((old.registers.get(renames.thing(one.name)), one) for one in new.registers.values())
    return [one for was, one in pairs if was is not None and _worth(was) != _worth(one)]


def _worth(register: Register) -> dict[str, tuple[object, ...]]:
    return {name: (dict(one.counted), one.per, one.method) for name, one in register.valued.items()}


def _value(tx: Tx, register: Register, valued: Valued) -> None:
    """Value everything that a measure counts; what is more than one transaction takes is left to the job."""
    for group in value_rows.groups(tx, register, valued):
        session = Session(tx)
        found = valuation.adjustments(session, register, valued, group, dt.date.min)
        if found:
            revaluing.book(session, register, valued, group, dt.date.min, found)


def _post(tx: Tx, obj: Object, registers: Sequence[str], work: Reposting) -> None:
    seen = done = last = 0
    while ids := queries.ids_after(tx, obj, last, BATCH):
        session = Session(tx)
        documents = [session.adopt(obj, row) for row in rows.fetch(tx, obj, ids, lock=True)]
        for name in obj.lines:
            session.prefetch_lines(documents, name)
        for document in documents:
            document.deleted = document.system.get("deleted_at") is not None
        session.hold(documents)
        for document in postings.settle(session, documents, anew=registers):
            saving.refresh(session, document)
        moved = [movement for movements in session.moved.values() for movement in movements]
        seen += len(documents)
        done += len({movement.doc for movement in moved if movement.object == obj.name})
        work.carried += sum(movement.on_day != movement.for_day for movement in moved)
        for register in tx.app.registers.values():
            for row in session.holdings.touched(register):
                at = (register.name, row.level, row.keys)
                work.changed[at] = (row, work.changed[at][1] if at in work.changed else row.before)
            for movement in session.moved.get(register.name, ()):
                _note(work, register, movement)
            if register.name in session.moved:
                work.broken.extend(guards.unbalanced(session, register))
        last = ids[-1]
    work.documents[obj.name] = [seen, done]


def _note(work: Reposting, register: Register, movement: Movement) -> None:
    """What a movement did to the rows of all levels, by day."""
    places = [(0, movement.keys)]
    places += [(n, register_keys.at_level(register, at, movement.keys)) for n, at in enumerate(register.levels, 1)]
    for level, keys in places:
        days = work.days.setdefault((register.name, level, keys), {})
        into = days.setdefault(movement.on_day, dict.fromkeys(register.measures, ZERO))
        for name, amount in movement.amounts.items():
            into[name] += amount


def _judge(tx: Tx, work: Reposting) -> None:
    """The guards of rows that changed, on what they are now against what they were before the publishing; those of
    every date on past days too."""
    session = Session(tx)
    for at, (row, before) in work.changed.items():
        for guard in row.register.guards:
            if guard.per == guards.DOCUMENT or guards.level_of(row.register, guard) != row.level:
                continue
            message = guards.failing(session, guard, row, before)
            days = work.days.get(at)
            if message is None and guard.every_date and days:
                since = balances.by_days(session.tx, row.register, guard.per, {row.keys: min(days)})[row.keys]
                message = next(guards.past_days(session, guard, row, since, days), None)
            if message is not None:
                work.broken.append(message)
