"""Searching within a page."""

from __future__ import annotations

import pytest

from tests.frontend.nodes import call


@pytest.mark.parametrize(
    ("said", "sought", "fits"),
    [
        ("The label of many", "label", True),
        ("The label of many", "LABEL many", True),
        ("The label of many", "label few", False),
        ("E-REF-003 An unknown field.", "e-ref", True),
        ("参考手册", "手册", True),
        ("anything", "", True),
    ],
)
def test_every_word_must_be_there(said: str, sought: str, fits: bool) -> None:
    assert call("static/js/finders.js", ("fits", [said, sought])) == [fits]
