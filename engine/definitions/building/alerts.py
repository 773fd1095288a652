"""Builds alerts: what they look at, when they fire, whom they tell. Watches nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.desks import Desk, scalars, word
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node
from engine.definitions.outlines import maps
from engine.definitions.questions import Alert, Level, Receiver
from engine.expressions.compiled import Expression, Template, template
from engine.expressions.types import DURATION, Type, choice_of

SEVERITIES = ("info", "warning", "critical")
SPANS = ("repeat", "for", "cooldown", "keep_firing")
CHANNELS = ("inbox", "email")                  # those that are built
ONE_VALUE = ("text", "choice", "number", "boolean", "date", "record")   # types that alerts can be grouped by


def alerts(desk: Desk, node: Node | None) -> dict[str, Alert]:
    """All alerts of the app."""
    return {name: one for name, spec in maps(node) if (one := _alert(desk, name, spec)) is not None}


def _alert(desk: Desk, name: str, spec: Map) -> Alert | None:
    over = desk.source(spec.get("over"), Scope(desk.outline))
    if over is None:
        return None
    names = Scope(desk.outline, over.candidate, aliases={over.alias: over.candidate} if over.alias else {})
    when, say = desk.condition(spec.get("when"), names), desk.template(spec.get("say"), names)
    resolved = desk.template(spec.get("resolved"), names)
    per = _grain(desk, over.candidate, spec)
    _known(desk, over.candidate, spec, per, {"when": when, "say": say, "resolved": resolved})
    to = tuple(one for item in _maps_in(spec.get("to")) if (one := _receiver(desk, item, names)) is not None)
    spans = {key: desk.expression(spec.get(key), names, DURATION) for key in SPANS}
    severity = _severity(desk, spec.get("severity"), names)
    group = tuple(_group(desk, spec, names, over.candidate, per))
    if when is None or say is None:
        return None
    return Alert(
        name=name,
        label=desk.label(spec.get("name"), name),
        over=over,
        per=per,
        when=when,
        say=say,
        to=to,
        severity=severity,
        repeat=spans["repeat"],
        lasting=spans["for"],
        resolved=resolved,
        cooldown=spans["cooldown"],
        keep_firing=spans["keep_firing"],
        escalate=tuple(_levels(desk, spec, names)),
        inhibits=tuple(filter(None, (desk.named(item, "alert") for item in scalars(spec.get("inhibits"))))),
        group=group,
        group_title=_title(desk, group, names) if group else None,
        group_wait=_of_group(desk, spec, "group_wait"),
        group_interval=_of_group(desk, spec, "group_interval"),
        no_data=word(spec.get("no_data"), "resolve"),
        location=spec.at,
    )


def _levels(desk: Desk, spec: Map, names: Scope) -> Iterator[Level]:
    for item in _maps_in(spec.get("escalate")):
        after, who = desk.expression(item.get("after"), names, DURATION), desk.who(item.get("to"), names)
        if after is not None and who is not None:
            yield Level(after, who)


def _group(desk: Desk, spec: Map, names: Scope, rows: Type, per: tuple[str, ...]) -> Iterator[Expression]:
    """What alerts are told together by: fields with one value each."""
    thing = rows.objects[0] if len(rows.objects) == 1 else ""
    if spec.get("group") is not None and not scalars(spec.get("group")):
        desk.report("E-QST-006", "`group` names no field", spec.key_at("group"), "name one, or leave it out")
    for item in scalars(spec.get("group")):
        found = desk.expression(item, names) if desk.paths(item, thing) else None
        if found is not None and found.type.name not in ONE_VALUE:
            message = f"`{item.text}` gives {found.type}, not one value to group by"
            hint = "name a text, a choice, a number, a yes or no, a date or a link"
            desk.report("E-QST-005", message, item.at, hint)
        elif found is not None:
            _in_grain(desk, rows, per, found, item)
            yield found


def _title(desk: Desk, group: tuple[Expression, ...], names: Scope) -> Template | None:
    """What the alerts of a group have in common, as people read it."""
    return desk.kept(template(" · ".join(f"{{{one.text}}}" for one in group), group[0].at, names))


def _of_group(desk: Desk, spec: Map, key: str) -> Expression | None:
    """A span of the groups, which reads no row."""
    if spec.get(key) is not None and spec.get("group") is None:
        message = f"`{key}` says how groups are told, and the alert has none"
        desk.report("E-QST-006", message, spec.key_at(key), "add `group: [field]`, or leave it out")
    return desk.expression(spec.get(key), Scope(desk.outline), DURATION)


def _severity(desk: Desk, node: Node | None, names: Scope) -> str | Expression:
    """One of the three words, or an expression that gives one of them."""
    given = word(node, "warning")
    return given if given in SEVERITIES else desk.expression(node, names, choice_of(*SEVERITIES)) or "warning"


def _grain(desk: Desk, rows: Type, spec: Map) -> tuple[str, ...]:
    """The keys of the register that an alert tells apart, in its order; all without `per`."""
    keys = _keys(desk, rows)
    if keys is None:
        if spec.get("per") is not None:
            desk.report("E-QST-002", "`per` names keys of a register", spec.key_at("per"), "leave it out")
        return ()
    chosen = desk.some_of(spec.get("per"), keys, f"key of {rows.objects[0]}", "E-REF-007")
    return tuple(key for key in keys if key in chosen) or keys


def _keys(desk: Desk, rows: Type) -> tuple[str, ...] | None:
    """The keys of the register whose rows these are; None where they are none of a register."""
    thing = desk.outline.things.get(rows.objects[0]) if rows.objects else None
    return tuple(dict(maps(thing.spec.get("keys")))) if thing is not None and thing.kind == "register" else None


def _known(
    desk: Desk, rows: Type, spec: Map, per: tuple[str, ...], parts: dict[str, Expression | Template | None]
) -> None:
    """At a coarser grain the other keys are not known."""
    for key, part in parts.items():
        node = spec.get(key)
        if part is not None and node is not None:
            _in_grain(desk, rows, per, part, node)


def _in_grain(desk: Desk, rows: Type, per: tuple[str, ...], part: Expression | Template, node: Node) -> None:
    """Report the first key that a part reads and the grain does not have."""
    unknown = sorted({path[0] for path in part.reads} & (set(_keys(desk, rows) or ()) - set(per)))
    if unknown:
        message = f"the alert reads `{unknown[0]}`, which is not in its `per`"
        desk.report("E-REG-003", message, node.at, f"add `{unknown[0]}` to `per`")


def _receiver(desk: Desk, spec: Map, names: Scope) -> Receiver | None:
    who = desk.who(spec.get("who"), names)
    via = scalars(spec.get("via"))
    for channel in via:
        if channel.text not in CHANNELS:
            desk.note(f"via: {channel.text}", channel.at)
    built = tuple(one.text for one in via if one.text in CHANNELS)
    return None if who is None else Receiver(who, built or ("inbox",))


def _maps_in(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
