"""The glance that spares the JSON Schema library says yes only where the library does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.definitions.fitting import misfit, surely_fits
from engine.kinds.fields import KINDS

SCHEMAS = [schema for kind in KINDS.values() for schema in kind.options_schema.values()]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2000) | st.floats(allow_nan=False) | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=70), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(SCHEMAS), VALUES)
def test_what_fits_at_a_glance_fits(schema: dict[str, Any], value: object) -> None:
    valid = Draft202012Validator(schema).is_valid(value)
    assert valid or not surely_fits(value, schema)
    assert valid == (misfit(value, schema) == "")


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"type": "boolean", "description": "yes or no"}),
        (3, {"type": "integer", "minimum": 0, "maximum": 12}),
        ({"a": "A", "b": {"en": "B"}}, {"type": "object", "additionalProperties": {"type": ["string", "object"]}}),
    ],
)
def test_what_is_plain_needs_no_library(value: object, schema: dict[str, Any]) -> None:
    assert surely_fits(value, schema)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"type": "integer"}),
        (13, {"type": "integer", "minimum": 0, "maximum": 12}),
        ({}, {"type": "object", "minProperties": 1}),
        ({"a": 5}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ("a", {"type": "string", "format": "regex"}),
    ],
)
def test_what_is_wrong_or_unknown_is_left_to_it(value: object, schema: dict[str, Any]) -> None:
    assert not surely_fits(value, schema)
