"""What a running test has in hand: who acts, the records by name, how its values and expressions are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from engine.builder.explaining import Explained, explained
from engine.builder.furnishing import text, texts
from engine.builder.rehearsals import Clock, Failed, Stage
from engine.definitions.filters import NotReadable, Reader, everything, value
from engine.definitions.nodes import List, Map, Node, plain_of
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, Type, record_of
from engine.expressions.values import Ref, Row, Rows, Value
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import keeping
from engine.runtime.services.automation import sweeping
from engine.runtime.services.records import Record
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.rights import shares
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import prints

__all__ = ["Failed", "Trial", "mapping_of", "text", "texts"]

MOST_TOLD = 3                                  # background jobs of which a failed test tells


@dataclass(frozen=True, slots=True)
class Unset:
    """A print form that is filled, with all that may be refused, and not set: that would take long in tests."""

    name: str

    def pdf(self) -> bytes:
        return b"%PDF-"


def unset(record: Record, name: str) -> Unset:
    """The print form of a record under its name as a file."""
    return Unset(prints.of(record, name).name)


class Witness(Session):
    """A session that sees everything, as the engine does; `me` is the person as whom the step runs."""

    def __init__(self, tx: Tx, person: Actor) -> None:
        super().__init__(tx)
        self.person = person

    @property
    def me(self) -> Ref | None:
        return self.person.ref


class Trial:
    """One running test: who acts, the records by name, the one that was created or named last, the mails sent."""

    def __init__(self, stage: Stage, site: Site, clock: Clock) -> None:
        self.stage = stage
        self.app = stage.app
        self.site = site
        self.clock = clock
        self.actor: Actor = SERVICE
        self.names: dict[str, Ref] = {}
        self.last: Ref | None = None
        self.mails: list[EmailMessage] = []
        self.sharing = False                   # whether the test has shared any record
        self._things = everything(self.app)

    def person(self, node: Node | None) -> Actor:
        """The sample person of this login, with what others have shared."""
        try:
            actor = self.stage.actor(text(node))
        except KeyError as error:
            raise Failed(f"there is no sample person {text(node)}", None if node is None else node.at) from error
        if not self.sharing:
            return actor
        with self.site.read(self.app.name, actor, now=self.clock.now) as tx:
            return shares.received(tx.connection, tx.live, actor, tx.now)

    def move_to(self, moment: dt.datetime) -> None:
        """Set the clock; a new day brings what comes after midnight (states that hang on the day)."""
        day = self._day()
        self.clock.now = moment
        if self._day() != day:
            self.run(lambda tx: sweeping.run(tx, {}), SERVICE)
            if any(obj.keep is not None for obj in self.app.objects.values()):
                self.run(lambda tx: keeping.run(tx, {}), SERVICE)

    def _day(self) -> dt.date:
        return self.clock.now.astimezone(ZoneInfo(self.app.timezone)).date()

    def work_off(self) -> None:
        """Run the background jobs that are due; mails are kept here, nothing leaves."""
        drain(self.site, handlers(self.site, self._keep, rehearsing=True, press=unset), self.clock.now, log=False)

    def given_up(self) -> str:
        """Why background jobs of the test were given up, a few words; blank where none was."""
        with self.site.database.read() as connection:
            jobs = job_rows.listing(connection, "failed", "delayed")
        told = ((job["kind"], str(job["error"])) for job in jobs if job["error"])
        said = (f"{kind}: {error.partition(': ')[2] or error}" for kind, error in told)
        return "; ".join(list(dict.fromkeys(said))[:MOST_TOLD])

    def _keep(self, message: EmailMessage) -> None:
        self.mails.append(message)

    def run(self, function: Callable[[Tx], Any], actor: Actor | None = None) -> Any:
        """Run a command in a transaction of its own, as the acting person."""
        return self.site.run(self.app.name, actor or self.actor, function, now=self.clock.now)

    # ---- values

    def evaluate(self, node: Node, expect: Type | None = None) -> Any:
        """The value of an expression in which the named records stand bare."""
        expression = self.expression(node, expect)
        with self.site.read(self.app.name, SERVICE, now=self.clock.now) as tx:
            found = expression.value(self._frame(Witness(tx, self.actor)))
        if isinstance(found, Rows):
            found = tuple(found.items)
        return Ref(found.object, found.id) if isinstance(found, Row) and found.id is not None else found

    def explain(self, node: Node) -> tuple[Value, Explained]:
        """The value of a condition, and where it is not true, why."""
        expression = self.expression(node, BOOLEAN)
        with self.site.read(self.app.name, SERVICE, now=self.clock.now) as tx:
            session = Witness(tx, self.actor)
            frame = self._frame(session)
            found = expression.value(frame)
            return found, Explained() if found is True else explained(expression, frame, partial(_title, session))

    def expression(self, node: Node, expect: Type | None = None) -> Expression:
        """The compiled expression of a step, with the records named so far."""
        aliases = {name: record_of(ref.object) for name, ref in self.names.items()}
        reader = Reader(self.app, self._things, aliases=aliases, decisions=True, space=node.at.space)
        try:
            return value(reader, "", text(node).removeprefix("="), expect)
        except NotReadable as bad:
            problem = bad.problems[0]
            raise Failed(f"{problem.message} {problem.hint}".strip(), node.at) from bad

    def _frame(self, session: Session) -> Frame:
        return Frame(session, names={name: session.record(ref) for name, ref in self.names.items()})

    def given(self, node: Node | None) -> dict[str, Any]:
        """Values of a `with`, `=expressions` evaluated."""
        return {name: self._plain(inner) for name, inner in node.items()} if isinstance(node, Map) else {}

    def _plain(self, node: Node) -> Any:
        if isinstance(node, Map):
            return {name: self._plain(inner) for name, inner in node.items()}
        if isinstance(node, List):
            return [self._plain(inner) for inner in node]
        if node.plain and node.text in ("true", "false"):
            return node.text == "true"
        return self.evaluate(node) if node.text.startswith("=") else plain_of(node)

    def of(self, step: Map) -> Ref:
        """The record that a step is about: `of`, else the one created or named last."""
        node = step.get("of")
        if node is not None:
            return self.record(node)
        if self.last is None:
            raise Failed("no record yet: say `of`", step.at)
        return self.last

    def record(self, node: Node | None) -> Ref:
        """A record by its name in the test or by an expression."""
        assert node is not None, "the checker requires it"
        found = self.names.get(text(node)) or self.evaluate(node)
        if not isinstance(found, Ref):
            raise Failed(f"{text(node)} is no record", node.at)
        self.last = found
        return found

    def register_row(self, node: Node | None) -> RegisterRow | None:
        """The row of a register that an expression gives; None where it gives something else."""
        found = None if node is None or text(node) in self.names else self.evaluate(node)
        return found if isinstance(found, RegisterRow) else None

    def remember(self, ref: Ref, step: Map) -> None:
        """The record is the last one now, and has the name of `called`."""
        self.last = ref
        called = step.get("called")
        if called is not None:
            self.names[text(called)] = ref


def _title(session: Session, ref: Ref) -> str:
    record = session.record(ref)
    return "" if record is None else session.title(record)


def mapping_of(node: Node | None) -> dict[str, str]:
    """The texts of a map; a text that stands alone is for every name."""
    if isinstance(node, Map):
        return {name: text(inner) for name, inner in node.items()}
    return {} if node is None else {"*": text(node)}
