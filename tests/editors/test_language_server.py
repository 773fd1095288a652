"""An editor with the YAML language server completes, explains and checks definitions by our schema."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.builder import starters
from engine.definitions.schema import json_schema
from tests.editors.servers import Server, installed

HEAD = "# yaml-language-server: $schema=formwork.schema.json\napp: shop\n"
OBJECT = f"{HEAD}objects:\n  order:\n"
ORDER = f"{OBJECT}    fields:\n"
TOTAL = f"{ORDER}      total:"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    script = installed()
    if isinstance(script, str):
        if os.environ.get("CI"):
            pytest.fail(script)
        pytest.skip(script)
    folder = tmp_path_factory.mktemp("editor")
    (folder / "formwork.schema.json").write_text(json.dumps(json_schema()), encoding="utf-8")
    made = Server(script, folder)
    yield made
    made.close()


def labels(answer: Any) -> set[str]:
    return {item["label"] for item in answer["items"]}


@pytest.mark.parametrize(
    ("text", "offered", "absent"),
    [
        (f"{HEAD}|", {"objects", "registers", "flows"}, {"fields"}),
        (f"{OBJECT}    |", {"fields", "states", "unique"}, {"cards"}),
        (f"{TOTAL}\n        type: |", {"money", "link", "quantity"}, {"bar"}),
        (f"{TOTAL}\n        type: money\n        |", {"currency", "required", "formula"}, {"to", "pattern"}),
        (f"{ORDER}      who:\n        type: link\n        |", {"to", "where", "back"}, {"currency", "pattern"}),
        (f"{OBJECT}    delete: |", {"bin", "never", "now"}, set()),
        (f"{OBJECT}    actions:\n      go:\n        do:\n          - |", {"create", "notify"}, {"approve"}),
    ],
)
def test_it_completes(text: str, offered: set[str], absent: set[str], server: Server, request: Any) -> None:
    found = labels(server.at("textDocument/completion", f"c{abs(hash(text))}.yaml", text))
    assert offered <= found
    assert not absent & found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{OBJECT}    de|lete: never\n", ["What deleting means", "language-objects.md#object-delete"]),
        (f"{TOTAL} {{type: money, curr|ency: CNY}}\n", ["ISO 4217", "language-fields.md#type-money-currency"]),
        (f"{TOTAL} {{type: money, requ|ired: true}}\n", ["must be filled", "#field-required"]),
    ],
)
def test_it_explains(text: str, said: list[str], server: Server) -> None:
    found = server.at("textDocument/hover", f"h{abs(hash(text))}.yaml", text)
    shown = json.dumps(found["contents"], ensure_ascii=False)
    assert all(part.lower() in shown.lower() for part in said), shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{HEAD}objects:\n  order:\n    feilds: {{}}\n", 4),
        (f"{HEAD}objects:\n  order:\n    delete: nevr\n", 4),
        (f"{ORDER}      total: {{type: money, to: customer}}\n", 5),
        (f"{HEAD}objects:\n  order:\n    single: often\n", 4),
    ],
)
def test_it_finds_slips(text: str, line: int, server: Server) -> None:
    found = server.problems(f"p{abs(hash(text))}.yaml", text)
    assert [problem["range"]["start"]["line"] for problem in found] == [line], found


def test_it_finds_nothing_in_the_starter(server: Server, tmp_path: Path) -> None:
    ((name, text),) = starters.started("my_app").items()
    assert server.problems(name, text) == []
