"""The site: what the edges hold. It knows what is live, opens transactions, runs commands, publishes definitions."""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from engine.definitions.app import App
from engine.definitions.compile import load
from engine.errors import BadDefinition, Busy, Conflict, Invalid, NotFound, Refused
from engine.runtime.services import calendars, events, keeping
from engine.runtime.services.identity import coffers
from engine.runtime.services.releases import publishing
from engine.runtime.services.releases.recomputing import catch_up
from engine.runtime.services.releases.seeding import plant
from engine.runtime.services.sessions import Retry
from engine.runtime.storage import migrations, plans, tables, veil_rows, versions
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.database import Database, lost_race, out_of_range
from engine.runtime.storage.file_stores import Folder, Store
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.patience import ENDLESS
from engine.runtime.storage.plans import Plan
from engine.texts import say

LOG = logging.getLogger(__name__)
T = TypeVar("T")
TRIES = 5
BUSY = say(zh="系统繁忙，请稍后再试", en="The system is busy; try again in a moment")
TOO_LARGE = say(zh="有数字的结果过大，无法保存", en="A number comes out too large to be kept")


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def beside(database: Database) -> Store | None:
    """The folder `files` beside SQLite's file; a server's site has a place for files only if it is told one."""
    url = database.engine.url
    return Folder(Path(url.database).parent / "files") if url.drivername.startswith("sqlite") and url.database else None


@dataclass(frozen=True, slots=True)
class Published:
    """What a publishing did: the version's number (the old one where nothing changed) and the plan that was carried
    out."""

    number: int
    plan: Plan
    changed: bool


class Site:
    """One database with its apps. Thread safe; any number of processes may hold one over the same database."""

    def __init__(
        self, database: Database, *, now: Callable[[], dt.datetime] = utc_now, files: Store | None = None,
        bin_days: int = keeping.BIN_DAYS, second_factor: tuple[str, ...] = (), public_url: str = "",
        audit_days: int = 0, secrets: tuple[str, ...] = (),
    ) -> None:
        self.database = database
        self.coffer = coffers.Coffer(secrets)  # seals what the database alone should not tell
        self.now = now
        self.second_factor = second_factor     # whom it is demanded of, see `factors.is_demanded`
        self.audit_days = audit_days           # how long the trails are kept; 0 = for ever
        self.public_url = public_url           # where people find it; letters lead there
        self.bin_days = bin_days               # how long what was deleted can be brought back
        self.files = files if files is not None else beside(database)
        self.wake: Callable[[], None] = lambda: None  # set by an embedded worker
        self._live: dict[tuple[str, int], Live] = {}
        self._building = threading.Lock()
        with database.write() as connection:
            versions.prepare(connection)
            coffers.seal_all(connection, self.coffer)
            for name in versions.outdated(connection):
                self._bring_up(connection, name)

    def _bring_up(self, connection: Connection, app: str) -> None:
        """Add what this engine wants beside the tables that an older one has made, and fill it. An app that does not
        compile any more stays as it is, until it is used."""
        try:
            live = self.live(connection, app)
        except BadDefinition as bad:
            LOG.warning("%s does not compile with this engine: %s", app, bad)
            return
        plan = plans.additive(plans.compare(connection, live.app, live.tables))
        for operation in plan.operations:
            LOG.info("%s: %s", app, operation)
        migrations.apply(connection, live.tables, plan)
        catch_up(Tx(connection, live, SERVICE, self.now(), files=self.files))
        versions.laid_out(connection, app)

    # ---- what is live

    def apps(self) -> list[Live]:
        """Every app that is live, by name."""
        with self.database.read() as connection:
            return self.apps_in(connection)

    def apps_in(self, connection: Connection) -> list[Live]:
        """The same, as one transaction sees it."""
        return [self._at(connection, name, number) for name, number in versions.every(connection)]

    def live(self, connection: Connection, app: str, *, hold: bool = False) -> Live:
        """The live version of an app; `NotFound` if there is none. Built once per version and process."""
        found = versions.live(connection, app, hold=hold)
        if found is None:
            raise unknown(app)
        return self._at(connection, app, found[0])

    def adopt(self, live: Live) -> None:
        """Take over what another site of this process has compiled (copies of one database)."""
        self._live[live.app.name, live.version] = live

    def at_version(self, connection: Connection, app: str, number: int) -> Live:
        """A version of an app as it was published (running approvals finish on theirs)."""
        return self._at(connection, app, number)

    def _at(self, connection: Connection, app: str, number: int) -> Live:
        known = self._live.get((app, number))
        if known is not None:
            return known
        with self._building:
            known = self._live.get((app, number))
            if known is None:
                loaded = load(versions.texts(connection, app, number))
                built = loaded.built  # a later engine may judge stricter: what runs goes on running
                if built is None:
                    raise BadDefinition(loaded.problems)
                numbers = versions.numbers(connection, app)
                older = veil_rows.older(connection, app, number, numbers)
                known = Live(built, tables.build(built), numbers, number, older=older)
                self._live[app, number] = known
        return known

    # ---- transactions

    def run(
        self, app: str, actor: Actor, function: Callable[[Tx], T], *, now: dt.datetime | None = None,
        alone: bool = False, seconds: float | None = None,
    ) -> T:
        """Run a command in one transaction. A lost race runs it again, holding what it needed; `Busy` after five
        tries. With `alone` every other command of the app waits, as for a publishing. `seconds`: see `Database`."""
        known: frozenset[tuple[str, int]] = frozenset()
        for attempt in range(TRIES):
            try:
                with self.database.write(seconds) as connection:
                    if alone:
                        versions.lock(connection, app)
                    live = self.live(connection, app, hold=True)
                    tx = Tx(connection, live, actor, now or self.now(), known=known, files=self.files)
                    result = function(tx)
                for callback in tx.after_commit:
                    callback()
                return result
            except Retry as lost:
                known = lost.known
            except StatementError as error:
                if out_of_range(error):
                    raise Invalid(TOO_LARGE, code="too_large") from error
                if not isinstance(error, DBAPIError) or not lost_race(error):
                    raise
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 - only spreads the tries
        raise Busy(BUSY)

    @contextmanager
    def read(self, app: str, actor: Actor, *, now: dt.datetime | None = None) -> Iterator[Tx]:
        """A read transaction on one snapshot."""
        with self.database.read() as connection:
            yield self.seen(connection, self.live(connection, app), actor, now=now)

    def seen(self, connection: Connection, live: Live, actor: Actor, *, now: dt.datetime | None = None) -> Tx:
        """A transaction that reads, over a connection that is in one."""
        return Tx(connection, live, actor, now or self.now(), write=False, files=self.files)

    # ---- publishing

    def plan(self, texts: Mapping[str, str]) -> Plan:
        """What publishing these texts would change; `BadDefinition` if they do not make an app.

        What is computed again is found out by doing it in copies of the tables, and taking it back, so that nobody
        waits; where they are too large, in a transaction that holds commands of this app meanwhile."""
        app = compiled(texts)
        wanted = tables.build(app)
        with self.database.read() as connection:
            found = versions.live(connection, app.name)
            plan = self.plan_in(connection, app)
            former = self._former(connection, app.name, found)
            again = publishing.computed_again(app, former, first=found is None)
        if plan.blocked or not (again or publishing.tried_out(plan) or publishing.books_again(app, former)):
            return plan
        with self.database.aside(tables.identifier(app.name, "")) as (connection, apart):
            if not apart:
                versions.lock(connection, app.name)
            former = self._former(connection, app.name, versions.live(connection, app.name))
            plan = self.plan_in(connection, app)
            if plan.blocked:                   # by what was written since
                return plan
            return publishing.rehearse(connection, app, wanted, plan, again, self.now(), former)

    def plan_in(self, connection: Connection, app: App) -> Plan:
        """What happens to the tables; nothing, if the app is live and its tables are as this version has them."""
        former = self._former(connection, app.name, versions.live(connection, app.name))

        def at(number: int) -> Live | None:
            try:
                return self._at(connection, app.name, number)
            except (BadDefinition, NotFound):  # of a time that this engine cannot read
                return None

        return publishing.planned(connection, app, tables.build(app), former, at, self.now())

    def _former(self, connection: Connection, app: str, found: tuple[int, str] | None) -> Live | None:
        """The live version; None where there is none, or it is of a time that this engine cannot read."""
        if found is None:
            return None
        try:
            return self._at(connection, app, found[0])
        except BadDefinition:
            return None

    def publish(
        self, texts: Mapping[str, str], *, by: str = "", comment: str = "", seen: int | None = None
    ) -> Published:
        """Make these texts the live version, with the tables that they need, in one transaction.

        Raises `BadDefinition` for texts that do not check, `Refused` where the data forbid a change of the plan, and
        `Conflict` where another version than `seen` (0 = none) has become live meanwhile."""
        try:
            return self._publish(compiled(texts), by, comment, seen)
        except DBAPIError as error:
            if lost_race(error):
                raise Busy(BUSY) from error
            if isinstance(error, (IntegrityError, DataError)):
                why = publishing.reason(error)
                raise Refused(
                    say(zh="现有数据不允许这次发布：{why}", en="The data forbid this publishing: {why}", why=why),
                    code="plan",
                ) from error
            raise

    def _publish(self, app: App, by: str, comment: str, seen: int | None) -> Published:
        wanted = tables.build(app)
        with self.database.write(ENDLESS) as connection:
            versions.lock(connection, app.name)
            _refuse_namesake(app.name, versions.apps(connection))
            found = versions.live(connection, app.name)
            plan = self.plan_in(connection, app)
            if found is not None and found[1] == app.version and not plan.operations:
                return Published(found[0], Plan(()), changed=False)
            if seen is not None:
                _refuse_overtaken(connection, app.name, seen, 0 if found is None else found[0])
            publishing.demand_possible(plan)
            former = self._former(connection, app.name, found)
            again = publishing.computed_again(app, former, first=found is None)
            number = versions.next_number(connection, app.name)
            live, plan = publishing.carry_out(
                connection, app, wanted, plan, again, number=number, now=self.now(), former=former
            )
            publishing.demand_possible(plan)
            versions.add(
                connection,
                app.name,
                app.version,
                app.texts,
                [str(o) for o in plan.operations],
                at=self.now(),
                by=by,
                comment=comment,
            )
            events.note(connection, self.now(), "published", actor_name=by, subject=app.name, app=app.name,
                        version=number, comment=comment, plan=[str(o) for o in plan.operations][:50])
            versions.laid_out(connection, app.name)
            tx = Tx(connection, live, SERVICE, self.now(), files=self.files)
            if found is None:
                plant(tx)
            elif former is not None:
                calendars.announce(tx, former.app)
        self._live[app.name, number] = live
        return Published(number, plan, changed=True)

    def versions(self, app: str) -> list[versions.Version]:
        with self.database.read() as connection:
            return versions.history(connection, app)

    def texts(self, app: str, number: int | None = None) -> Mapping[str, str]:
        """The files of a version, of the live one without a number."""
        with self.database.read() as connection:
            return versions.texts(connection, app, number if number is not None else self.live(connection, app).version)

    def roll_back(self, app: str, number: int, *, by: str = "") -> Published:
        """Publish an old text as a new version, by the same plan."""
        return self.publish(self.texts(app, number), by=by, comment=f"rollback to {number}")


def unknown(app: str) -> NotFound:
    """There is no such app."""
    return NotFound(say(zh="没有名为 {app} 的应用", en="There is no app called {app}", app=app))


def _refuse_overtaken(connection: Connection, app: str, seen: int, live: int) -> None:
    """Somebody who has looked at the plan for one version does not publish over another one unawares."""
    if seen != live:
        newest = versions.history(connection, app)[0]
        raise Conflict(
            say(
                zh="{app} 的版本 {n} 刚由 {by} 发布；请再看一次变更计划",
                en="Version {n} of {app} was published by {by} in the meantime: look at the plan again",
                app=app,
                n=live,
                by=newest.published_by or "-",
            ),
            current_version=live,
            code="overtaken",
        )


def _refuse_namesake(name: str, known: Iterable[str]) -> None:
    """Two apps whose names differ by case only would share their tables."""
    for other in known:
        if other != name and other.lower() == name.lower():
            raise Refused(
                say(
                    zh="已有应用 {other}，名称仅大小写不同：请换一个名称",
                    en="There is the app {other}, whose name differs by case only: take another name",
                    other=other,
                ),
                code="taken",
            )


def compiled(texts: Mapping[str, str]) -> App:
    """The app that the texts make; `BadDefinition` if they make none."""
    loaded = load(texts)
    if loaded.app is None:
        raise BadDefinition(loaded.problems)
    return loaded.app
