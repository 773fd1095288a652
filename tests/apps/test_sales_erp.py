"""The flagship app: it checks without a word, and its declared tests notice. `make apps` runs them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.builder import trials
from engine.definitions.compile import Loaded, load

APP = Path(__file__).parents[2] / "apps" / "sales_erp.yaml"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(APP)


def test_it_checks_without_errors_and_warnings(loaded: Loaded) -> None:
    assert [str(problem) for problem in loaded.problems if problem.severity != "note"] == []


def test_every_label_is_there_in_both_languages(loaded: Loaded) -> None:
    assert loaded.app is not None
    labels = {
        f"{object.name}.{field.name}": field.label.forms
        for object in loaded.app.objects.values() if object.name != "user" for field in object.fields.values()
    }
    assert {name for name, forms in labels.items() if not {"zh", "en"} <= set(forms)} == set()


def test_a_wrong_figure_in_its_tests_is_noticed(loaded: Loaded) -> None:
    assert loaded.app is not None
    name = "sales_erp/tests.yaml"
    wrong = load({**loaded.app.texts, name: loaded.app.texts[name].replace("so.total = 495", "so.total = 496")})
    assert wrong.app is not None
    [result] = trials.run(wrong.app, only="a quotation becomes an order in one click")
    assert "so.total = 496" in result.problem
