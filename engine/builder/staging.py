"""What a running test has in hand: who acts, the records by name, how its values and expressions are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from engine.builder.rehearsals import Clock, Stage
from engine.definitions.filters import NotReadable, Reader, everything, value
from engine.definitions.nodes import List, Map, Node, Scalar, plain_of
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, record_of
from engine.expressions.values import Ref, Row, Rows
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import sweeping
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx


class Failed(Exception):
    """A test that did not hold, with the place that says so."""

    def __init__(self, message: str, at: Location | None = None) -> None:
        super().__init__(message)
        self.at = at


class Trial:
    """One running test: who acts, the records by name, the one that was created or named last."""

    def __init__(self, stage: Stage, site: Site, clock: Clock) -> None:
        self.stage = stage
        self.app = stage.app
        self.site = site
        self.clock = clock
        self.actor: Actor = SERVICE
        self.names: dict[str, Ref] = {}
        self.last: Ref | None = None
        self._things = everything(self.app)

    def person(self, node: Node) -> Actor:
        try:
            return self.stage.actor(text_of(node))
        except KeyError as error:
            raise Failed(f"there is no sample person {text_of(node)}", node.at) from error

    def move_to(self, moment: dt.datetime) -> None:
        """Set the clock; a new day brings what comes after midnight (states that hang on the day)."""
        day = self._day()
        self.clock.now = moment
        if self._day() != day:
            self.run(lambda tx: sweeping.run(tx, {}), SERVICE)

    def _day(self) -> dt.date:
        return self.clock.now.astimezone(ZoneInfo(self.app.timezone)).date()

    def work_off(self) -> None:
        """Run the background jobs that are due."""
        drain(self.site, handlers(self.site), self.clock.now)

    def run(self, function: Callable[[Tx], Any], actor: Actor | None = None) -> Any:
        return self.site.run(self.app.name, actor or self.actor, function, now=self.clock.now)

    # ---- values

    def evaluate(self, node: Node, *, expect_boolean: bool = False, actor: Actor | None = None) -> Any:
        """The value of an expression in which the named records stand bare."""
        assert isinstance(node, Scalar)
        with self.site.read(self.app.name, actor or SERVICE, now=self.clock.now) as tx:
            return self._value(tx, self._expression(node, expect_boolean))

    def _expression(self, node: Scalar, expect_boolean: bool) -> Expression:
        aliases = {name: record_of(ref.object) for name, ref in self.names.items()}
        reader = Reader(self.app, self._things, aliases=aliases, decisions=True)
        try:
            return value(reader, "", node.text.removeprefix("="), BOOLEAN if expect_boolean else None)
        except NotReadable as bad:
            problem = bad.problems[0]
            raise Failed(f"{problem.message} {problem.hint}".strip(), node.at) from bad

    def _value(self, tx: Tx, expression: Expression) -> Any:
        session = Session(tx)
        names = {name: session.record(ref) for name, ref in self.names.items()}
        found = expression.value(Frame(session, names=names))
        if isinstance(found, Rows):
            found = tuple(found.items)
        return Ref(found.object, found.id) if isinstance(found, Row) and found.id is not None else found

    def given(self, node: Node | None) -> dict[str, Any]:
        """Values of a `with`, `=expressions` evaluated."""
        return {} if node is None else self._plain(node)

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

    def record(self, node: Node) -> Ref:
        """A record by its name in the test or by an expression."""
        text = text_of(node)
        found = self.names.get(text) or self.evaluate(node)
        if not isinstance(found, Ref):
            raise Failed(f"{text} is no record", node.at)
        self.last = found
        return found

    def remember(self, ref: Ref, step: Map) -> None:
        """The record is the last one now, and has the name of `called`."""
        self.last = ref
        called = step.get("called")
        if called is not None:
            self.names[text_of(called)] = ref


def text_of(node: Node | None) -> str:
    """The text of a scalar."""
    if not isinstance(node, Scalar):
        raise Failed("a text is needed here", None if node is None else node.at)
    return node.text


def texts_of(node: Node | None) -> list[str]:
    """The texts of a list, or of one that stands alone."""
    if node is None:
        return []
    return [text_of(item) for item in node] if isinstance(node, List) else [text_of(node)]


def mapping_of(node: Node | None) -> dict[str, str]:
    """The texts of a map; a text that stands alone is for every name."""
    if node is None:
        return {}
    return {name: text_of(inner) for name, inner in node.items()} if isinstance(node, Map) else {"*": text_of(node)}
