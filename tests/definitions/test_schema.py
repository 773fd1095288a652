"""The JSON Schema says what the checker says, as far as structure goes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.definitions.language import SHAPES
from engine.definitions.nodes import to_plain
from engine.definitions.reference.passages import FOLDER
from engine.definitions.reference.whole import homes
from engine.definitions.schema import json_schema
from engine.definitions.shapes import Either, Many, Named, Shaped, Slot
from engine.definitions.source import read
from tests.definitions.test_never_crash import EXAMPLE

APPS = [*sorted((Path(__file__).parents[2] / "apps").rglob("*.yaml")), *sorted(FOLDER.glob("*.yaml"))]
WRONG = {
    "an unknown key": "objects: {order: {feilds: {}}}",
    "a list for a map": "objects: [order]",
    "a wrong word": "objects: {order: {delete: nevr}}",
    "a missing key": "objects: {order: {checks: [{say: no}]}}",
    "yes for true": "objects: {order: {single: yes}}",
    "a step of no kind": "objects: {order: {actions: {go: {do: [{creat: order}]}}}}",
    "a key of another step": "objects: {order: {actions: {go: {do: [{refuse: no, pull: this}]}}}}",
    "a key of another kind of field": "objects: {order: {fields: {a: {type: text, to: order}}}}",
    "two labels": "objects: {order: {zh: [a]}}",
}


def errors(text: str) -> list[str]:
    tree, _ = read(text, "f")
    return [error.message for error in Draft202012Validator(json_schema()).iter_errors(to_plain(tree))]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_a_whole_app_fits() -> None:
    assert errors(EXAMPLE) == []


@pytest.mark.parametrize("path", APPS, ids=[path.name for path in APPS])
def test_the_apps_that_come_along_fit(path: Path) -> None:
    assert errors(path.read_text("utf-8")) == []


def test_every_key_links_to_its_explanation() -> None:
    links = set(re.findall(r"\(here/([\w-]+)#([\w-]+)\)", json.dumps(json_schema(pages="here/{page}"))))
    assert ("language-fields", "type-money-currency") in links
    assert ("language-steps", "step-create-copy") in links
    assert [(page, anchor) for page, anchor in sorted(links) if homes().get(anchor) != page] == []


def test_a_kind_of_field_has_its_own_keys() -> None:
    kinds = json_schema()["$defs"]["field"]["anyOf"][1]["allOf"]
    keys = {one["if"].get("properties", {}).get("type", {}).get("const"): one["then"]["properties"] for one in kinds}
    assert {"currency", "required"} <= set(keys["money"])
    assert not {"to", "pattern"} & set(keys["money"])
    assert {"to", "currency"} <= set(keys[None]), "without a kind of ours any key may stand there"


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit(name: str) -> None:
    assert errors(WRONG[name])


def test_every_shape_that_is_named_is_declared() -> None:
    def named(slot: Slot) -> set[str]:
        match slot:
            case Shaped(shape=shape):
                return {shape}
            case Many(of=of) | Named(of=of):
                return named(of)
            case Either(options=options):
                return {name for option in options for name in named(option)}
            case _:
                return set()

    forms = [form for shape in SHAPES.values() for form in (shape, *shape.variants.values())]
    used = {name for form in forms for key in form.keys.values() for name in named(key.slot)}
    assert used <= set(SHAPES)


def test_every_active_key_is_explained() -> None:
    unexplained = [
        f"{shape.name}.{key.name}"
        for shape in SHAPES.values()
        for key in shape.keys.values()
        if key.active and not key.doc
    ]
    assert unexplained == []
