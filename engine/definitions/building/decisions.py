"""Builds decisions. Evaluates none."""

from __future__ import annotations

from engine.definitions.building.fields import inputs
from engine.definitions.decisions import Decision
from engine.definitions.desks import Desk
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar, keyed
from engine.definitions.outlines import maps

FORMS = ("formula", "rows", "from")


def decisions(desk: Desk, node: Node | None) -> dict[str, Decision]:
    return {name: _decision(desk, name, spec) for name, spec in maps(node)}


def _decision(desk: Desk, name: str, spec: Map) -> Decision:
    asked = inputs(desk, spec.get("inputs"), Scope(desk.outline))
    names = Scope(desk.outline, params={key: field.type for key, field in asked.items()})
    gives = spec.get("gives")
    single = isinstance(gives, Map) and isinstance(gives.get("type"), Scalar)
    given = inputs(desk, keyed(gives.at, **{name: gives}) if single and isinstance(gives, Map) else gives, names)
    result = given.get(name) if single else None
    formula = desk.expression(spec.get("formula"), names, result.type if result is not None else None)
    if spec.get("formula") is not None and not single:
        desk.report(
            "E-DEC-001",
            f"a formula gives one result, `{name}` has several",
            spec.key_at("formula"),
            "write `gives: money`",
        )
    if not any(spec.pair(form) for form in FORMS):
        desk.report("E-DEC-002", f"the decision `{name}` does not say how it decides", spec.at, "add `formula:`")
    return Decision(
        name=name,
        label=desk.label(spec.get("name"), name),
        inputs=asked,
        gives=result,
        results={} if single else given,
        formula=formula,
        location=spec.at,
    )
