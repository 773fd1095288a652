"""What the editor offers at the cursor (`|`), also in text that is not finished."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.workbench.site import SCHEMA
from tests.frontend.nodes import call

OUTLINES = "static/js/outlines.js"
COMPLETIONS = "static/js/completions.js"


def place(text: str) -> Any:
    """Where the `|` stands in a text."""
    before, _, after = text.partition("|")
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    return call(OUTLINES, ("place", [before + after, row, column]))[0]


PLACES = [
    ("|", [], True, ""),
    ("app: sh|", ["app"], False, "sh"),
    ("objects:\n  customer:\n    fi|\n", ["objects", "customer"], True, "fi"),
    ("objects:\n  customer:\n    fields:\n      name: |\n", ["objects", "customer", "fields", "name"], False, ""),
    ("objects:\n  customer:\n    fields: {name: te|}\n", ["objects", "customer", "fields", "name"], False, "te"),
    (
        "objects:\n  customer:\n    fields:\n      name: {type: text, re|\n",
        ["objects", "customer", "fields", "name"],
        True,
        "re",
    ),
    (
        "objects:\n  customer:\n    fields:\n      name: {type: text,\n        re|\n",
        ["objects", "customer", "fields", "name"],
        True,
        "re",
    ),
    ("menu:\n  - cu|\n", ["menu", "[]"], True, "cu"),
    ("menu:\n- cu|\n", ["menu", "[]"], True, "cu"),
    ("menu: [a, cu|", ["menu", "[]"], False, "cu"),
    ("steps:\n  - approve: a\n    by: x\n    wh|", ["steps", "[]"], True, "wh"),
    ("steps:\n  - {approve: a, by: |", ["steps", "[]", "by"], False, ""),
    (
        "steps:\n  - parallel:\n      - steps:\n          - ap|",
        ["steps", "[]", "parallel", "[]", "steps", "[]"],
        True,
        "ap",
    ),
    ("a:\n  b:\n    c: 1\nd|", [], True, "d"),
    ("a:\n  b: 1\n\n  # note\n  c|", ["a"], True, "c"),
    ('"quoted key": {x: |', ["quoted key", "x"], False, ""),
    ("名称: |", ["名称"], False, ""),
    ("menu:\n  - {name: x, items: [a, {na|", ["menu", "[]", "items", "[]"], True, "na"),
]


@pytest.mark.parametrize(("text", "path", "is_key", "word"), PLACES)
def test_places(text: str, path: list[str], is_key: bool, word: str) -> None:
    found = place(text)
    assert (found["path"], found["isKey"], found["word"]) == (path, is_key, word)


def test_inside_a_block_of_text_there_is_no_place() -> None:
    assert place("help: |\n") is not None
    text = "help: >\n  some words\n  more "
    assert call(OUTLINES, ("place", [text, 2, 7])) == [None]


def test_keys_that_are_there_are_known() -> None:
    assert place("steps:\n  - approve: a\n    by: x\n    |\n    when: y\n  - approve: b")["keys"] == [
        "by",
        "approve",
        "when",
    ]
    assert place("f: {type: text, |}")["keys"] == ["type"]


def offered(text: str) -> list[str]:
    documents = [{"objects": {"customer": {}, "order": {}}}]
    (names,) = call(COMPLETIONS, ("declared", [documents, "objects"]))
    options = _suggest(place(text), names)
    return [option["label"] for option in options]


def _suggest(at: Any, names: list[str]) -> Any:
    # Functions cannot go through JSON: a list of names stands for the look-up.
    return call("tests/frontend/suggesting.mjs", ("suggest", [SCHEMA, at, names]))[0]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("|", ["app", "objects", "menu"]),
        ("app: x\n|", ["objects", "menu"]),
        ("objects:\n  customer:\n    |", ["name", "delete", "fields"]),
        ("objects:\n  customer:\n    delete: |", ["bin", "never", "now"]),
        ("objects:\n  customer:\n    fields:\n      n: |", ["text", "date"]),
        ("objects:\n  customer:\n    fields:\n      n: {|", ["type", "required", "to"]),
        ("objects:\n  customer:\n    fields:\n      n: {type: |", ["text", "money", "link"]),
        ("objects:\n  customer:\n    fields:\n      n: {type: link, to: |", ["customer", "order"]),
        ("objects:\n  customer:\n    fields:\n      n:\n        required: |", ["true", "false"]),
        ("menu:\n  - |", ["customer", "order"]),
        ("menu: [|", ["customer", "order"]),
        ("unknown:\n  |", []),
    ],
)
def test_offers(text: str, labels: list[str]) -> None:
    assert offered(text) == labels


def test_names_are_found_below_every_object() -> None:
    documents = [{"objects": {"a": {"fields": {"x": 1, "y": 2}}}}, None, {"objects": {"b": {"fields": {"z": 1}}}}]
    assert call(COMPLETIONS, ("declared", [documents, "objects.*.fields"])) == [["x", "y", "z"]]
