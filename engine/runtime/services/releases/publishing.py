"""One change of a definition, carried out inside a transaction: tables, then the stored values that mean something
else. The same for publishing and for showing what publishing would do, which is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Column, Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from engine.definitions.app import App
from engine.definitions.meanings import POSTED, Member, changed, reading
from engine.definitions.renames import Renames
from engine.errors import Refused
from engine.kinds.fields.base import Field
from engine.runtime.services.releases import filling, reposting, running
from engine.runtime.services.releases.recomputing import recompute
from engine.runtime.services.releases.relinking import Called
from engine.runtime.storage import migrations, plans, renaming, tables, veil_rows, versions
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.plans import Operation, Plan
from engine.texts import Text, say

WRITING = ("fill default", "compute default", "convert values")
FORBIDDEN = say(zh="现有数据不允许这次发布", en="the data forbid this publishing")
MOST_TRIED = 2000                              # records of an object in which a plan finds out what would change


def planned(
    connection: Connection, app: App, wanted: tables.Tables, former: Live | None, at: Callable[[int], Live | None],
    now: dt.datetime,
) -> Plan:
    """What happens to the tables; `former` is the live version, None where there is none that this engine reads, `at`
    gives the others by their number."""
    names = None if former is None else Called(Tx(connection, former, SERVICE, now, write=False))

    def earlier(thing: str, name: str) -> tuple[Field, Column[Any]] | None:
        for number in range(0 if former is None else former.version, 0, -1):
            live = at(number)
            table = None if live is None else live.tables.objects.get(thing)
            if live is not None and table is not None and name in table.c and name in live.app.objects[thing].fields:
                return live.app.objects[thing].fields[name], table.c[name]
        return None

    plan = plans.compare(connection, app, wanted, former, earlier, names)
    if former is None:
        return plan
    return plan.then(*running.in_the_way(Tx(connection, former, SERVICE, now, write=False), app))


def computed_again(app: App, former: Live | None, *, first: bool) -> frozenset[Member]:
    """The stored values that the new definition gives another meaning."""
    return frozenset() if first else changed(None if former is None else former.app, app)


def books_again(app: App, former: Live | None) -> bool:
    """Whether posting rules, or the kept levels of registers, are other ones now."""
    return former is not None and reposting.needed(former.app, app)


def carry_out(
    connection: Connection, app: App, wanted: tables.Tables, plan: Plan, again: Collection[Member], *,
    number: int, now: dt.datetime, former: Live | None, most: int | None = None,
) -> tuple[Live, Plan]:
    """Apply the plan, compute and book again; what is live then, and the plan with all that was done. With `most` only
    so many records of an object are computed."""
    renames = Renames(None if former is None else former.app, app)
    objects = {new: old for new, old in renames.things().items() if new in app.objects}
    numbers = versions.number_objects(connection, app.name, app.objects, objects)
    renaming.rename_kept(connection, renames)
    migrations.apply(connection, wanted, plan, numbers)
    live = Live(app, wanted, numbers, number, older=veil_rows.older(connection, app.name, number, numbers))
    tx = Tx(connection, live, SERVICE, now)
    plan = Plan(tuple(_filled_in(tx, plan, most)))
    moved = reading(app, _written(plan))
    done = recompute(tx, {*again, *moved}, most=most) if again or moved else []
    if former is not None:
        reposting.renumber(tx, former.app)
        booked = [thing for thing, name in moved if name == POSTED]
        plan = plan.then(*reposting.carry_out(tx, former.app, booked))
    fresh = {(o.table, o.name) for o in plan.operations if o.kind in ("add column", "change type")}
    return live, plan.then(*(o for o in done if _is_news(o, fresh)))


def _filled_in(tx: Tx, plan: Plan, most: int | None) -> list[Operation]:
    """The operations, those that fill in defaults which are worked out with what came of them."""
    wanted = [o for o in plan.operations if o.kind == "compute default"]
    done = iter(filling.fill(tx, wanted, most=most) if wanted else [])
    return [next(done) if o.kind == "compute default" else o for o in plan.operations]


def _written(plan: Plan) -> set[Member]:
    """The fields in which the plan writes other values than records had."""
    return {(o.thing, o.name) for o in plan.operations if o.kind in WRITING and o.changed}


def tried_out(plan: Plan) -> bool:
    """Whether only doing it tells what a plan comes to."""
    return any(o.kind in WRITING for o in plan.operations)


def _is_news(operation: Operation, fresh: Collection[tuple[str, str]]) -> bool:
    """A column that is new in the plan has no values that could change."""
    return bool(operation.fails) or (operation.table, operation.name) not in fresh


def rehearse(
    connection: Connection, app: App, wanted: tables.Tables, plan: Plan, again: Collection[Member], now: dt.datetime,
    former: Live | None,
) -> Plan:
    """The plan with what would be computed again, in so many records as is quick, and booked again, in all: it is done
    and taken back."""
    point = connection.begin_nested()
    try:
        return carry_out(connection, app, wanted, plan, again, number=0, now=now, former=former, most=MOST_TRIED)[1]
    except (IntegrityError, DataError) as error:
        table = plan.operations[0].table if plan.operations else ""
        return plan.then(Operation("look at values", table, told=FORBIDDEN, fails=(reason(error),)))
    finally:
        point.rollback()


def reason(error: DBAPIError) -> str:
    """What the database says against a change."""
    return str(error.orig).splitlines()[0]


def demand_possible(plan: Plan) -> None:
    """Raises `Refused` where the data forbid the plan."""
    if plan.blocked:
        listed = Text({language: "; ".join(
            f"{o if o.told is None else o.told.to(language)}: {', '.join(o.fails)}" for o in plan.blocked
        ) for language in ("zh", "en")})
        raise Refused(
            say(zh="现有数据不允许这次发布：{listed}", en="The data forbid this publishing: {listed}", listed=listed),
            code="plan",
        )
