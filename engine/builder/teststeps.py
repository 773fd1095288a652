"""The steps of declared tests: who acts, what is done, what is expected."""

from __future__ import annotations

import datetime as dt
import fnmatch
import threading
from collections.abc import Callable, Mapping
from typing import Any

from engine.builder.rehearsals import Clock, Stage, moment_of
from engine.definitions.filters import NotReadable, Reader, everything, value
from engine.definitions.nodes import List, Map, Node, Scalar, plain_of
from engine.errors import Failure, Location
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, record_of
from engine.expressions.values import Duration, ErrorValue, Ref, Row, Rows
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import access, alerts, commands, inputs, notices, reading, tasks
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx

VERBS = (
    "create",
    "update",
    "delete",
    "act",
    "approve",
    "reject",
    "return",
    "expect",
    "at",
    "wait",
    "at_once",
    "can",
    "cannot",
    "fires",
    "told",
    "not_told",
)
DECISIONS = ("approve", "reject", "return")


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

    # ---- the step itself

    def take(self, step: Map) -> None:
        """Carry out one step; `refused` turns its failure into what is expected."""
        who = step.get("as")
        if who is not None:
            self.actor = self._actor(who)
        verb = next((name for name in VERBS if step.get(name) is not None), "")
        if not verb:
            if who is None:
                raise Failed(f"no verb: one of {', '.join(VERBS)}", step.at)
            return
        refused = step.get("refused")
        try:
            RUNNERS[verb](self, step)
        except Failure as failure:
            if refused is None:
                raise
            _check_refusal(failure, refused)
        else:
            if refused is not None:
                raise Failed(f"expected a refusal like {_text(refused)}, but it was done", refused.at)

    def _actor(self, node: Node) -> Actor:
        try:
            return self.stage.actor(_text(node))
        except KeyError as error:
            raise Failed(f"there is no sample person {_text(node)}", node.at) from error

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
        text = _text(node)
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
            self.names[_text(called)] = ref


# ---- verbs


def _create(trial: Trial, step: Map) -> None:
    object = _text(step.get("create"))
    if object not in trial.app.objects:
        raise Failed(f"there is no object {object}", step.at)
    raw = trial.given(step.get("with"))
    accept = _texts(step.get("accept"))
    record = trial.run(lambda tx: commands.create(tx, object, inputs.read(tx, object, raw), accept=accept).ref)
    trial.remember(record, step)


def _update(trial: Trial, step: Map) -> None:
    target = step.get("update")
    assert target is not None
    ref = trial.record(target)
    raw = trial.given(step.get("with"))
    trial.run(lambda tx: commands.update(tx, ref.object, ref.id, inputs.read(tx, ref.object, raw)))


def _delete(trial: Trial, step: Map) -> None:
    target = step.get("delete")
    assert target is not None
    ref = trial.record(target)
    trial.run(lambda tx: commands.delete(tx, ref.object, ref.id))


def _act(trial: Trial, step: Map) -> None:
    created = trial.run(action_of(trial, step))
    if step.get("called") is not None:
        if not created:
            raise Failed("the action created nothing to be called so", step.at)
        trial.remember(created[0], step)


def action_of(trial: Trial, step: Map) -> Callable[[Tx], list[Ref]]:
    """The command of an `act` step; gives what it created."""
    ref, name = trial.of(step), _text(step.get("act"))
    raw = trial.given(step.get("with"))
    accept, override = _texts(step.get("accept")), _mapping(step.get("override"))

    def take(tx: Tx) -> list[Ref]:
        action = tx.app.objects[ref.object].actions.get(name)
        given = inputs.read_asked(tx, ref.object, action, raw) if action is not None else {}
        done = commands.act(tx, ref.object, ref.id, name, given=given, accept=accept, override=override)
        return [record.ref for record in done.created if record.parent is None]

    return take


def _decide(trial: Trial, step: Map) -> None:
    verb = next(v for v in DECISIONS if step.get(v) is not None)
    ref, name = trial.of(step), _text(step.get(verb))
    raw = trial.given(step.get("with"))
    note = step.get("note")

    def decide(tx: Tx) -> None:
        mine = [t.id for t in tasks.inbox(tx, "todo") if t.record == ref and t.step == name and t.id is not None]
        if not mine:
            raise Failed(f"{tx.actor.login} has no task {name}", step.at)
        commands.decide(
            tx, mine[0], verb, comment="" if note is None else _text(note), values=inputs.read(tx, ref.object, raw)
        )

    trial.run(decide)


def _expect(trial: Trial, step: Map) -> None:
    node = step.get("expect")
    for item in node if isinstance(node, List) else [node]:
        assert isinstance(item, Scalar)
        found = trial.evaluate(item, expect_boolean=True)
        if found is not True:
            reason = f" ({found.reason.to('en')})" if isinstance(found, ErrorValue) else ""
            raise Failed(f"expected {item.text}{_sides(trial, item)}{reason}", item.at)


def _sides(trial: Trial, item: Scalar) -> str:
    """What the left side of a comparison really is, for the message."""
    for operator in (" != ", " <= ", " >= ", " = ", " < ", " > "):
        left, found, _ = item.text.rpartition(operator)
        if found and left.count("(") == left.count(")") and " and " not in left and " where " not in left.split("(")[0]:
            try:
                return f", got {_shown(trial.evaluate(Scalar(left, item.at, item.body)))}"
            except Failed:
                return ""
    return ""


def _shown(found: Any) -> str:
    if isinstance(found, ErrorValue):
        return found.reason.to("en")
    return "blank" if found is None else f"{found}"


def _at(trial: Trial, step: Map) -> None:
    trial.clock.now = moment_of(trial.app, _text(step.get("at")))


def _wait(trial: Trial, step: Map) -> None:
    node = step.get("wait")
    assert isinstance(node, Scalar)
    span = trial.evaluate(node)
    if not isinstance(span, Duration):
        raise Failed(f"{node.text} is no duration", node.at)
    trial.clock.now += dt.timedelta(days=float(span.months) * 30, seconds=float(span.seconds))
    _drain(trial)


def _at_once(trial: Trial, step: Map) -> None:
    """Take actions at the same moment, each in a transaction and thread of its own; `succeed` says how many get
    through."""
    node = step.get("at_once")
    assert isinstance(node, List)
    prepared: list[tuple[Actor, Callable[[Tx], list[Ref]]]] = []
    for inner in node:
        assert isinstance(inner, Map)
        who = inner.get("as")
        prepared.append((trial.actor if who is None else trial._actor(who), action_of(trial, inner)))
    results: list[Failure | None] = [None] * len(prepared)
    begun = threading.Barrier(len(prepared))

    def one(index: int) -> None:
        begun.wait()
        try:
            trial.run(prepared[index][1], prepared[index][0])
        except Failure as failure:
            results[index] = failure

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(prepared))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = sum(result is None for result in results)
    wanted = int(_text(step.get("succeed")))
    if done != wanted:
        reasons = "; ".join(r.message.to("en") for r in results if r is not None)
        raise Failed(f"expected {wanted} to succeed, {done} did ({reasons})", node.at)


def _may(trial: Trial, step: Map, verb: str) -> bool:
    """Whether the acting person may do this with a record (or create one of an object)."""
    if verb == "create":
        return bool(trial.run(lambda tx: access.may(tx, _text(step.get("of")), "create")))
    ref = trial.of(step)

    def ask(tx: Tx) -> bool:
        try:
            record = reading.get(tx, ref.object, ref.id)
        except Failure:
            return False
        if verb in ("see", "edit", "delete"):
            return access.granted(record, verb)
        if verb in record.definition.actions:
            return access.action_right(record, record.definition.actions[verb]).ok
        return any(t.record == ref for t in tasks.inbox(tx, "todo")) if verb in DECISIONS else False

    return bool(trial.run(ask))


def _can(trial: Trial, step: Map) -> None:
    for verb in _texts(step.get("can")):
        if not _may(trial, step, verb):
            raise Failed(f"{trial.actor.login} cannot {verb}", step.at)


def _cannot(trial: Trial, step: Map) -> None:
    for verb in _texts(step.get("cannot")):
        if _may(trial, step, verb):
            raise Failed(f"{trial.actor.login} can {verb}", step.at)


def _drain(trial: Trial) -> None:
    drain(trial.site, handlers(trial.site), trial.clock.now)


def _fires(trial: Trial, step: Map) -> None:
    _drain(trial)
    name, about = _text(step.get("fires")), step.get("of")
    ref = None if about is None else trial.record(about)
    found = trial.run(
        lambda tx: [a for a in alerts.open(tx) if a.rule == name and (ref is None or ref in a.labels.values())], SERVICE
    )
    if not found:
        raise Failed(f"the alert {name} does not fire", step.at)


def _told(trial: Trial, step: Map) -> None:
    wanted = step.get("told")
    negative = wanted is None
    who = trial._actor(wanted if wanted is not None else step.get("not_told"))  # type: ignore[arg-type]
    about = "*" if step.get("about") is None else _text(step.get("about"))
    _drain(trial)
    messages = trial.run(lambda tx: [m.text for m in notices.inbox(tx)], who)
    fits = any(fnmatch.fnmatchcase(form, about) for text in messages for form in (text.to("zh"), text.to("en")))
    if fits == negative:
        said = "; ".join(text.to("zh") for text in messages[:3]) or "nothing"
        raise Failed(f"{who.login} was told: {said}", step.at)


def _check_refusal(failure: Failure, wanted: Node) -> None:
    if isinstance(wanted, Scalar) and wanted.text == "true":
        return
    pattern = _text(wanted)
    texts = [failure.message, *(e.message for e in failure.errors)]
    if not any(fnmatch.fnmatchcase(text.to(language), pattern) for text in texts for language in ("zh", "en")):
        raise Failed(
            f"expected a refusal like {pattern}, got: {failure.message.to('zh')} / {failure.message.to('en')}",
            wanted.at,
        )


def _text(node: Node | None) -> str:
    if not isinstance(node, Scalar):
        raise Failed("a text is needed here", None if node is None else node.at)
    return node.text


def _texts(node: Node | None) -> list[str]:
    if node is None:
        return []
    return [_text(item) for item in node] if isinstance(node, List) else [_text(node)]


def _mapping(node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    return {name: _text(inner) for name, inner in node.items()} if isinstance(node, Map) else {"*": _text(node)}


RUNNERS: Mapping[str, Callable[[Trial, Map], None]] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "act": _act,
    "approve": _decide,
    "reject": _decide,
    "return": _decide,
    "expect": _expect,
    "at": _at,
    "wait": _wait,
    "at_once": _at_once,
    "can": _can,
    "cannot": _cannot,
    "fires": _fires,
    "told": _told,
    "not_told": _told,
}
