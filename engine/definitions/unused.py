"""Finds what is declared and never used, by the app and the tree that it was made of. Takes nothing out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.definitions.access import Grant
from engine.definitions.app import App, MenuEntry
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import Check, Who
from engine.definitions.outlines import maps
from engine.definitions.parts import nodes_of, parts_of
from engine.definitions.questions import Card
from engine.errors import Location, Problem
from engine.expressions.nodes import Call, Decide, Literal, Root, Stored
from engine.kinds.actions.base import Step

CODE = "W-USE-001"


def unused(app: App, tree: Map) -> Iterator[Problem]:
    """A warning for each role, type, decision, report, parameter, name and abstract object that nothing uses."""
    nodes = tuple(nodes_of(app))
    calls = [node for node in nodes if isinstance(node, Call)]
    yield from _roles(app, tree, calls)
    yield from _named(tree, "types", "the type", "types")
    yield from _named(tree, "objects", "the abstract object", "objects", abstract=True)
    tested = "\n".join(_scalars(tree.get("tests") or Map((), tree.at)))
    yield from _decisions(tree, tested, {node.name for node in nodes if isinstance(node, Decide)})
    yield from _reports(app, tree, tested, {node.name for node in nodes if isinstance(node, Stored)})
    yield from _params(app, tree)
    yield from _raised(app, calls)
    yield from _step_names(app, {node.name for node in nodes if isinstance(node, Root) and node.word == "name"})


def _problem(what: str, name: str, at: Location, hint: str = "take it out") -> Problem:
    return Problem(CODE, f"nothing uses {what} `{name}`", at, hint, "warning")


def _roles(app: App, tree: Map, calls: Iterable[Call]) -> Iterator[Problem]:
    used = {name for role in app.roles.values() for name in role.includes}
    for part in parts_of(app):
        if isinstance(part, Grant):
            used.add(part.role)
        elif isinstance(part, Who):
            used.update(part.roles)
    used |= _words(calls)
    for name, at in _keys(tree, "roles"):
        if name not in used and not set(app.roles[name].includes) & used:
            yield _problem("the role", name, at, "grant it something under `access`, or take it out")


def _words(calls: Iterable[Call]) -> set[str]:
    """The texts that functions are asked with, among them names of roles and of checks."""
    return {arg.value for call in calls for arg in call.args if isinstance(arg, Literal) and isinstance(arg.value, str)}


def _keys(tree: Map, key: str) -> Iterator[tuple[str, Location]]:
    """The names declared under a key of the app, and where."""
    node = tree.get(key)
    for pair in node if isinstance(node, Map) else ():
        yield pair.key.text, pair.key.at


def _named(tree: Map, key: str, what: str, where: str, *, abstract: bool = False) -> Iterator[Problem]:
    """Things that are named by `type:` or `like:` anywhere."""
    wanted = dict(_keys(tree, key))
    if abstract:
        kept = {name for name, spec in maps(tree.get("objects")) if _is_abstract(spec)}
        wanted = {name: at for name, at in wanted.items() if name in kept}
    named = set(_scalars(tree)) if wanted else set()
    for name, at in wanted.items():
        if name not in named:
            yield _problem(what, name, at)


def _is_abstract(spec: Map) -> bool:
    node = spec.get("abstract")
    return isinstance(node, Scalar) and node.text == "true"


def _scalars(node: Node) -> Iterator[str]:
    """All values (no keys) of a tree."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Scalar):
            yield one.text.strip()
        elif isinstance(one, List):
            waiting.extend(one.items)
        else:
            waiting.extend(pair.value for pair in one.pairs)


def _decisions(tree: Map, tested: str, used: set[str]) -> Iterator[Problem]:
    for name, at in _keys(tree, "decisions"):
        if name not in used and f"{name}(" not in tested:
            yield _problem("the decision", name, at)


def _reports(app: App, tree: Map, tested: str, read: set[str]) -> Iterator[Problem]:
    """Reports that no menu, card or expression leads to; without a menu all of them are in it."""
    if not app.menu:
        return
    used = read | set(_targets(app.menu))
    used |= {part.report for part in parts_of(app.dashboards) if isinstance(part, Card)}
    for name, at in _keys(tree, "reports"):
        if name not in used and name not in tested:
            yield _problem("the report", name, at, "put it into the menu or on a board, or take it out")


def _targets(entries: Iterable[MenuEntry]) -> Iterator[str]:
    for entry in entries:
        yield entry.target
        yield from _targets(entry.items)


def _params(app: App, tree: Map) -> Iterator[Problem]:
    """Parameters of reports and inputs of decisions that nothing reads."""
    for key, part, things in (("reports", "params", app.reports), ("decisions", "inputs", app.decisions)):
        for name, spec in maps(tree.get(key)):
            thing = _of(things, name)
            read = {node.name for node in nodes_of(thing) if isinstance(node, Root)}
            inputs = spec.get(part)
            if thing is None or not isinstance(inputs, Map) or spec.get("rows") is not None:
                continue
            for pair in inputs:
                if pair.key.text not in read:
                    yield _problem(f"the {'parameter' if part == 'params' else 'input'}", pair.key.text, pair.key.at)


def _of(things: Mapping[str, object], name: str) -> object:
    return things.get(name)


def _raised(app: App, calls: Iterable[Call]) -> Iterator[Problem]:
    """Names that checks raise and no flow reads."""
    read = _words(call for call in calls if call.function.name == "raised")
    for part in parts_of(app):
        if isinstance(part, Check) and part.otherwise == "approve" and part.called not in read:
            yield _problem("the name", part.called, part.location, f"a flow reads it: `when: raised({part.called})`")


def _step_names(app: App, read: set[str]) -> Iterator[Problem]:
    """Names that steps give to what they make, and that no later step says."""
    for part in parts_of(app):
        called = getattr(part, "called", "") if isinstance(part, Step) else ""
        if called and called not in read:
            yield _problem("the name", called, part.location if isinstance(part, Step) else Location(""))
