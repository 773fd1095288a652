"""What a change of a field's declaration does to the values that records have: converted, filled in, or in the way.

Reads the database, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, column, func, or_, select
from sqlalchemy import table as named_table

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.renames import Renames, options
from engine.expressions.values import Key
from engine.kinds.fields.base import Field, Literal
from engine.runtime.storage import conversions, relinking, retyping
from engine.runtime.storage.conversions import SHOWN, Place
from engine.runtime.storage.live import Live
from engine.runtime.storage.operations import Operation
from engine.runtime.storage.relinking import Names
from engine.texts import Text, say

LINKS = ("link", "user")
SEVERAL = ("link", "user", "links", "users")
NUMBERS = ("integer", "decimal", "quantity", "money", "percent")
# The newest version of the app that had a field, with its column: what an archived column holds.
Earlier = Callable[[str, str], "tuple[Field, Column[Any]] | None"]

CLEAR = say(zh="先改掉这些值，或给新字段另起名称：旧值会归档保留",
            en="change these values first, or give the new field another name: the old values are kept")
DEFAULT = say(zh="给字段一个 `default:`，发布时即填入", en="give the field a `default:`, which publishing fills in")
MOVE = say(zh="先把这些记录移到别的状态，或保留该状态", en="bring these records to another state first, or keep it")
KEEP_ONE = say(zh="先把多余的记录放入回收站", en="put the others into the bin first")


@dataclass(frozen=True, slots=True)
class Refit:
    """One table of the new version beside what the database has: its object now and before."""

    connection: Connection
    app: App
    obj: Object
    table: str
    actual: str                                # the table's name as the database has it
    columns: Mapping[str, Any]                 # its columns, likewise
    former: Live | None
    was: Object | None
    renames: Renames
    names: Names | None = None                 # by what records are called, for fields that become links

    def old_field(self, name: str) -> Field | None:
        """The field of the live version that has the values of this one."""
        if self.was is None:
            return None
        return self.was.fields.get(self.renames.field(self.obj.name, name))

    def place(self, kept: Column[Any], name: str) -> Place:
        """A column of the table, with what names its records."""
        key = self.was.key if self.was is not None else ()
        titled = len(key) == 1 and key[0] in self.columns and self.was is not None and self.was.fields[key[0]].stored
        return Place(self.actual, kept, name, key[0] if titled else "")

    def who(self, where: Callable[[Any], Any], *names: str) -> tuple[int, tuple[str, ...]]:
        """How many rows a condition on columns holds of, and what names some of them."""
        place = self.place(Column("id", Integer), "id")
        typed: dict[str, Any] = {name: column(name) for name in names}
        shown = place.title or "id"
        typed |= {"id": column("id", Integer), shown: column(shown, String if place.title else Integer)}
        rows = named_table(self.actual, *typed.values())
        count = self.connection.execute(select(func.count()).select_from(rows).where(where(rows.c))).scalar_one()
        some = self.connection.execute(
            select(rows.c.id, rows.c[shown]).where(where(rows.c)).order_by(rows.c.id).limit(SHOWN)
        )
        return int(count), tuple(str(row[1]) if place.title and row[1] is not None else f"#{row[0]}" for row in some)


def values(refit: Refit, new: Field, kept: Column[Any], name: str, same: bool, into: str) -> Iterator[Operation]:
    """What becomes of the values of a field whose kind or options are others; `kept` is the column of the live
    version, `name` its name in the database, `same`: whether the database can keep both in one column."""
    old = refit.old_field(new.name)
    if old is None or old.computed or new.computed or (
        conversions.same_kind(old, new) and not options(old, new)
    ):
        return
    if old.kind in LINKS and (new.kind in LINKS or refit.names is None):
        yield from _links(refit, old, new, name)
    elif old.kind == new.kind and len(_goals(new)) == 1 and _former_goals(refit, new) == _goals(old):
        return                                 # what it links to has another name
    elif old.kind in SEVERAL or new.kind in SEVERAL:
        into = "" if old.kind == new.kind else into
        yield from _relinked(refit, old, new, refit.place(kept, name), into)
    elif old.kind in NUMBERS and new.kind in NUMBERS:
        return                                 # other decimals: `retyping` moves those
    elif retyping.scale_of(kept.type) is not None and old.kind != new.kind:
        yield from _converted(refit, old, new, refit.place(kept, name), False, into)
    elif not same or old.kind != new.kind or getattr(old, "options", None) != getattr(new, "options", None):
        yield from _converted(refit, old, new, refit.place(kept, name), same, into)
    else:
        found = conversions.examine(refit.connection, refit.place(kept, name), old, new)
        if found.misfits:
            yield _looked_at(refit, new, found)


def _looked_at(refit: Refit, new: Field, found: conversions.Examined) -> Operation:
    return Operation(
        "look at values", refit.table, new.name, rows=found.rows, changed=found.misfits,
        samples=tuple(one.to("en") for one in found.samples), reasons=found.samples,
        told=say(zh="{n} 个值不再符合要求，原样保留", en="{n} values stay as they are, though it takes them no more",
                 n=found.misfits),
        risk=f"{found.misfits} values stay as they are, though the field takes them no more", thing=refit.obj.name,
    )


def _converted(refit: Refit, old: Field, new: Field, place: Place, same: bool, into: str) -> Iterator[Operation]:
    if not conversions.convertible(old, new, place.column):
        if not same:
            yield from _refused(refit, old, new, place)
        return
    found = conversions.examine(refit.connection, place, old, new)
    if same and old.kind == new.kind and not options(old, new):
        if found.misfits:
            yield _looked_at(refit, new, found)
        return
    lost = f"{found.misfits} of {found.rows} values of the old type {old.kind} cannot be {new.kind}"
    codes = ", ".join(f"{gone} → {now}" for gone, now in options(old, new).items()) if old.kind == new.kind else ""
    if found.rows or not same:
        yield Operation(
            "convert values", refit.table, new.name, old.kind, rows=found.rows, changed=found.rows - found.misfits,
            fails=tuple(one.to("en") for one in found.samples), reasons=found.samples, into="" if same else into,
            thing=refit.obj.name, fields=(old, new), old=place.column,
            hint=CLEAR if found.misfits else None,
            risk=lost if found.misfits else "",
            told=_recoded(codes, found.rows - found.misfits) if codes else None,
        )


def _recoded(codes: str, count: int) -> Text:
    return say(zh="选项改名（{codes}），{n} 个值随之改变", en="options have other names ({codes}), {n} values follow",
               codes=codes, n=count)


def _refused(refit: Refit, old: Field, new: Field, place: Place) -> Iterator[Operation]:
    count, named = refit.who(lambda c: c[place.name].is_not(None), place.name)
    if count:
        fails = tuple(f"{one}: there is no way from {old.kind} to {new.kind}" for one in named)
        yield Operation(
            "change type", refit.table, new.name, old.kind, count, "the type of a field with values cannot change",
            fails, thing=refit.obj.name, hint=CLEAR,
        )


def _relinked(refit: Refit, old: Field, new: Field, place: Place, into: str) -> Iterator[Operation]:
    """A field that becomes a link, or was one: each value finds its record, or becomes what its record is called."""
    if refit.names is None or refit.former is None or not relinking.convertible(old, new):
        yield from _refused(refit, old, new, place)
        return
    goals = {goal: refit.renames.thing(goal) for goal in getattr(new, "to", ())}
    labels = {goal: refit.app.objects[goal].label for goal in goals}
    linking = relinking.Linking(old, new, refit.names, goals, labels, refit.app.languages)
    found = relinking.examine(refit.connection, refit.actual, linking, refit.former.names, place.title)
    lost = f"{found.misfits} of {found.rows} values of the old type {old.kind} cannot be {new.kind}"
    yield Operation(
        "convert values", refit.table, new.name, old.kind, rows=found.rows, changed=found.rows - found.misfits,
        fails=tuple(one.to("en") for one in found.samples), reasons=tuple(found.samples), into=into,
        thing=refit.obj.name, fields=(old, new), value=found.made, hint=CLEAR if found.misfits else None,
        risk=lost if found.misfits else "",
    )


def _links(refit: Refit, old: Field, new: Field, name: str) -> Iterator[Operation]:
    """Links that lead to what the field no longer links to, or are no links any more."""
    goals = _goals(old)
    wanted = {refit.renames.thing(goal) for goal in _goals(new)} if new.kind in LINKS else set()
    gone = [goal for goal in goals if goal not in wanted]
    several = f"{name}__of"
    if gone or not goals:
        numbers = {} if refit.former is None else refit.former.numbers
        held = [numbers.get(goal, 0) for goal in gone]
        by_kind = several in refit.columns
        count, named = refit.who(
            lambda c: c[several].in_(held) if by_kind else c[name].is_not(None), *([several] if by_kind else [name])
        )
        why = f"links to {' or '.join(gone)}" if gone else f"there is no way from {old.kind} to {new.kind}"
        if count:
            yield Operation(
                "change type", refit.table, new.name, old.kind, count, "the type of a field with values cannot change",
                tuple(f"{one}: {why}" for one in named), thing=refit.obj.name, hint=CLEAR,
            )
    if not gone and len(goals) == 1 and len(wanted) > 1:
        count, _ = refit.who(lambda c: c[name].is_not(None), name)
        goal = next(one for one in _goals(new) if refit.renames.thing(one) == goals[0])
        if count:
            yield Operation("fill links", refit.table, new.name, rows=count, thing=refit.obj.name, value=goal)


def _former_goals(refit: Refit, new: Field) -> tuple[str, ...]:
    return tuple(refit.renames.thing(goal) for goal in _goals(new))


def _goals(field: Field) -> tuple[str, ...]:
    return tuple(getattr(field, "to", ())) if field.kind in SEVERAL else ()


def defaults(refit: Refit, new: Field, *, fresh: bool) -> Iterator[Operation]:
    """Records without a value for a field that is required from now on, or that is `fresh`: a default is filled in, a
    plain one by the database, any other by the services."""
    old = refit.old_field(new.name)
    newly = new.required is True and (old is None or old.required is not True)
    if refit.was is None or new.computed or new.kind in ("autonumber", "lines"):
        return
    if not newly and not (fresh and new.default is not None):
        return
    place = "" if fresh or old is None else next((c for c in old.column_names() if c in refit.columns), "")
    alive = "deleted_at" in refit.columns

    def blank(c: Any) -> Any:
        found = c[place].is_(None) if place else c.id.is_not(None)
        return found & c.deleted_at.is_(None) if alive else found

    count, named = refit.who(blank, *filter(None, (place, "deleted_at" if alive else "")))
    if not count:
        return
    plain = isinstance(new.default, Literal) and len(new.column_names()) == 1 and new.kind not in SEVERAL
    if new.default is None or (new.unique and count > 1):
        yield Operation(
            "look at values", refit.table, new.name, rows=count, samples=named, thing=refit.obj.name,
            risk=f"{count} records have none; it is asked for when they are next changed" if newly else "",
            hint=DEFAULT if new.default is None else None, told=without(count, newly=newly),
        )
    elif plain and isinstance(new.default, Literal) and not isinstance(new.default.value, Key):
        yield Operation(
            "fill default", refit.table, new.name, rows=count, changed=count, samples=named, thing=refit.obj.name,
            value=new.default.value, fields=(new, new),
        )
    else:
        yield Operation(
            "compute default", refit.table, new.name, rows=count, samples=named, thing=refit.obj.name,
            fields=(new, new), value=newly,
        )


def without(count: int, *, newly: bool) -> Text:
    """What is said of records that stay without a value."""
    if newly:
        return say(zh="{n} 条记录没有值，下次修改时须填写",
                   en="{n} records have none; it is asked for when they are next changed", n=count)
    return say(zh="{n} 条记录没有值", en="{n} records have none", n=count)


def states(refit: Refit) -> Iterator[Operation]:
    """Records that stand in a state that is gone, or in none where there are states now."""
    real = [state.name for state in refit.obj.states.values() if not state.within]
    if refit.obj.owner or not real or refit.was is None or "state" not in refit.columns:
        return
    renamed = {old: now for now, old in refit.renames.states(refit.obj.name).items()}
    if renamed:
        count, _ = refit.who(lambda c: or_(c.state.in_(renamed), c.status.in_(renamed)), "state", "status")
        yield Operation(
            "rename states", refit.table, "state", ", ".join(renamed), rows=count, thing=refit.obj.name, value=renamed
        )
    stands = [*(name for name in real if name not in renamed.values()), *renamed, ""]
    count, named = refit.who(lambda c: c.state.not_in(stands), "state")
    if count:
        gone = ", ".join(name for name, one in refit.was.states.items() if not one.within and name not in stands)
        yield Operation(
            "look at values", refit.table, "state", rows=count, fails=tuple(f"{one}: {gone}" for one in named),
            thing=refit.obj.name, risk="records stand in a state that is gone",
            hint=MOVE,
            told=say(zh="{n} 条记录处于已删除的状态", en="{n} records stand in a state that is gone", n=count),
        )
    count, _ = refit.who(lambda c: or_(c.state == "", c.state.is_(None)), "state")
    if count:
        yield Operation(
            "fill states", refit.table, "state", rows=count, changed=count, thing=refit.obj.name, value=real[0]
        )


def alone(refit: Refit) -> Iterator[Operation]:
    """Records beside each other where there is to be one only; those in the bin do not count."""
    if refit.was is None or refit.was.single or not refit.obj.single or "deleted_at" not in refit.columns:
        return
    count, named = refit.who(lambda c: c.deleted_at.is_(None), "deleted_at")
    if count > 1:
        yield Operation(
            "look at values", refit.table, "single", rows=count, fails=named, thing=refit.obj.name,
            risk="there is to be one record", hint=KEEP_ONE,
            told=say(zh="只能有一条记录，现有 {n} 条", en="there is to be one record, and there are {n}", n=count),
        )


@dataclass(frozen=True, slots=True)
class Archived:
    """What is archived of a field that returns: the column that it gets back, or why not."""

    name: str
    column: Column[Any] | None = None
    why: Text | None = None


def archived(refit: Refit, new: Field, columns: Mapping[str, Any], earlier: Earlier) -> Archived | None:
    """The newest archived column of a field that returns; None where there is none, or it is computed anyway."""
    archives = [name for name in columns if name == f"zz_{new.name}" or name.startswith(f"zz_{new.name}_")]
    numbered = [name for name in archives if name[len(new.name) + 3 :].lstrip("_").isdigit() or name[3:] == new.name]
    if not numbered or new.computed:
        return None
    newest = max(numbered, key=lambda name: int(name[len(new.name) + 4 :] or 1))
    found = earlier(refit.obj.name, new.name)
    if found is None or found[0].computed:
        return None
    numbers = found[0].kind in NUMBERS and new.kind in NUMBERS
    if (found[0].kind != new.kind and not numbers) or _goals(found[0]) != _goals(new) or len(new.column_names()) > 1:
        why = say(
            zh="归档的 {name} 原是 {was}，不能作为 {now} 取回",
            en="what is kept as {name} was {was} and does not come back as {now}",
            name=newest, was=found[0].kind, now=new.kind,
        )
        return Archived(newest, why=why)
    return Archived(newest, found[1])
