"""Builds checks and unique rules. Tests no record."""

from __future__ import annotations

from itertools import pairwise

from engine.definitions.desks import Desk, word, words
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import Check, Unique
from engine.definitions.outlines import Thing
from engine.texts import Text


def checks(desk: Desk, node: Node | None, names: Scope, thing: str) -> tuple[Check, ...]:
    """`checks:` of an object or of an action."""
    items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
    return tuple(one for item in items if (one := _check(desk, item, names, thing)) is not None)


def _check(desk: Desk, spec: Map, names: Scope, thing: str) -> Check | None:
    that = desk.condition(spec.get("that"), names)
    called = word(spec.get("called"))
    at = desk.paths(spec.get("at"), thing)
    say = desk.message(spec.get("say"), names, _otherwise(spec, called))
    when = desk.condition(spec.get("when"), names)
    override = desk.who(spec.get("override"), names)
    if that is None:
        return None
    otherwise = word(spec.get("else"), "warn" if word(spec.get("level")) == "warning" else "refuse")
    if otherwise == "approve" and not called:
        desk.report("E-CHK-001", "a check that raises a name needs one", spec.key_at("else"), "add `called: credit`")
    return Check(
        that=that,
        say=say,
        called=called,
        at=at[0] if at else "",
        when=when,
        otherwise=otherwise,
        override=override,
        location=spec.at,
    )


def _otherwise(spec: Map, called: str) -> Text:
    """What is said where the check says nothing itself."""
    that = word(spec.get("that"))
    return Text({"zh": f"不满足：{called or that}", "en": f"This does not hold: {called or that}"})


def uniques(desk: Desk, thing: Thing) -> tuple[Unique, ...]:
    """`unique:` of an object."""
    node = thing.spec.get("unique")
    items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
    _flat(desk, thing, [item for item in items if _is_bare(item)])
    return tuple(one for item in items if (one := _unique(desk, thing, item)) is not None)


def _is_bare(rule: Map) -> bool:
    """Whether a rule was written as one name and nothing else: what it is written out with stands at the same place."""
    of = rule.get("of")
    return isinstance(of, List) and of.at == rule.at and len(of.items) == 1 and of.items[0].at == rule.at


def _flat(desk: Desk, thing: Thing, bare: list[Map]) -> None:
    """`unique: [room, slot]` reads like one combination, and is a rule for each name."""
    for first, second in pairwise(bare):
        if (first.at.file, first.at.line) == (second.at.file, second.at.line):
            names = ", ".join(text for rule in bare for text in words(rule.get("of")))
            hint = f"write `[[{names}]]` for the combination, or `unique: true` at each of the fields"
            message = f"`[{names}]` are {len(bare)} rules: each of the fields of {thing.name} is unique by itself"
            desk.report("W-UNI-001", message, first.at, hint, "warning")
            return


def _unique(desk: Desk, thing: Thing, spec: Map) -> Unique | None:
    fields = desk.paths(spec.get("of"), thing.name)
    when = desk.condition(spec.get("when"), desk.scope(thing.name))
    if not fields:
        return None
    for path in fields:
        place = desk.outline.path(thing.name, path.split("."))
        if place is None or desk.outline.field(*place) is None or desk.outline.computed(*place):
            node = spec.get("of")
            at = node.at if isinstance(node, (List, Scalar)) else spec.at
            desk.report("E-UNI-001", f"`{path}` is not stored: it cannot be unique", at, "name fields that people fill")
            return None
    owners = {path.partition(".")[0] if "." in path else "" for path in fields}
    if len(owners) > 1:
        desk.report(
            "E-UNI-002",
            "a unique rule is over fields of the record, or over fields of one of its lines",
            spec.at,
            "make two rules of it",
        )
        return None
    lines = owners.pop()
    if not lines and spec.get("each_when") is not None:
        desk.report(
            "E-UNI-003", "`each_when` chooses lines, and the rule names none", spec.key_at("each_when"), "write `when`"
        )
        return None
    each = desk.condition(spec.get("each_when"), desk.scope(f"{thing.name}.{lines}")) if lines else None
    ranged = [path for path in fields if _is_range(desk, thing, path)]
    if len(ranged) > 1:
        desk.report("E-UNI-005", "a unique rule has one range at most", spec.at, "make two rules of it")
        return None
    return Unique(
        fields=fields, when=when, say=desk.text(spec.get("say")), each_when=each, ranged=next(iter(ranged), ""),
        warning=word(spec.get("level")) == "warning",
    )


def _is_range(desk: Desk, thing: Thing, path: str) -> bool:
    place = desk.outline.path(thing.name, path.split("."))
    kind = None if place is None else desk.outline.member(*place)
    return kind is not None and kind.name == "range"
