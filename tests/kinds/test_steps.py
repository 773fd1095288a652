"""Steps of actions, steps of flows and cards: each declares its keys, and its keys are its attributes."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.kinds.actions import STEPS
from engine.kinds.actions.base import Step
from engine.kinds.cards import CARDS
from engine.kinds.steps import STEPS as FLOW_STEPS
from engine.kinds.steps import StepKind
from engine.runtime.services.steps import RUNNERS


def validator(options: Any, needs: tuple[str, ...]) -> Draft202012Validator:
    schema = {"type": "object", "properties": dict(options), "required": list(needs), "additionalProperties": False}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_a_step_is_complete(step: type[Step]) -> None:
    assert step.__module__ == "engine.kinds.actions." + {"if": "if_"}.get(step.kind, step.kind)
    assert next(iter(step.options_schema)) == step.kind == step.needs[0]
    own = {field.name: field for field in fields(step) if field.name not in ("when", "unless", "location")}
    declared = {key: schema.get("attribute", key) for key, schema in step.options_schema.items()}
    assert set(declared.values()) == set(own) - {"alias"}      # `as n` is written inside the source
    must = {name for name, field in own.items() if field.default is MISSING and field.default_factory is MISSING}
    assert must <= {declared[key] for key in step.needs}


@pytest.mark.parametrize(("kind", "written", "fine"), [
    ("create", {"create": "delivery", "with": {"customer": "=customer"}, "pull": "this"}, True),
    ("create", {"create": "delivery", "wiht": {}}, False), ("create", {"with": {}}, False),
    ("update", {"update": "l", "with": {"closed_qty": "=l.to_ship"}}, True), ("update", {"update": "l"}, False),
    ("set", {"set": {"lines.reserve": 0}}, True), ("set", {"set": {}}, False),
    ("if", {"if": "total > 0", "then": [], "else": []}, True), ("if", {"if": "total > 0"}, False),
    ("ensure", {"ensure": "task", "key": {"line": "=l"}, "called": "t"}, True), ("ensure", {"ensure": "task"}, False),
    ("assign", {"assign": "owner", "among": "role(sales)", "pick": "rotate"}, True),
    ("assign", {"assign": "owner", "among": "role(sales)", "pick": "dice"}, False),
])
def test_written_steps(kind: str, written: dict[str, Any], fine: bool) -> None:
    step = STEPS[kind]
    assert validator(step.options_schema, step.needs).is_valid(written) is fine


@pytest.mark.parametrize("kind", FLOW_STEPS.values(), ids=list(FLOW_STEPS))
def test_a_flow_step_is_complete(kind: StepKind) -> None:
    assert next(iter(kind.options_schema)) == kind.name == kind.needs[0]
    validator(kind.options_schema, kind.needs)


@pytest.mark.parametrize(("kind", "written", "fine"), [
    ("approve", {"approve": "manager", "by": "manager_of(creator)", "mode": "any", "edit": ["lines.price"]}, True),
    ("approve", {"approve": "manager"}, False), ("approve", {"approve": "manager", "by": "x", "mode": "most"}, False),
    ("parallel", {"parallel": [{"when": "total > 1", "steps": []}], "join": "any"}, True),
    ("parallel", {"parallel": [{"when": "total > 1"}]}, False),
    ("branch", {"branch": [{"when": "total > 1", "steps": []}, {"else": []}]}, True),
    ("notify", {"notify": "role(warehouse)", "say": {"zh": "好"}}, True), ("cc", {"cc": ["owner"]}, True),
])
def test_written_flow_steps(kind: str, written: dict[str, Any], fine: bool) -> None:
    step = FLOW_STEPS[kind]
    assert validator(step.options_schema, step.needs).is_valid(written) is fine


def test_cards() -> None:
    charts = {"area", "bar", "funnel", "gauge", "line", "pie"}
    assert set(CARDS) == {*charts, "list", "number", "pivot", "table", "text", "view"}
    for card in CARDS.values():
        assert next(iter(card.options_schema)) == card.name
        validator(card.options_schema, (card.name,))


def test_every_kind_of_step_has_a_runner() -> None:
    assert {*STEPS.values()} == set(RUNNERS)
