"""Whether a plain value fits a JSON Schema. The library is asked only where a glance does not tell: loading it costs
more than checking a small app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLAIN = {"boolean": bool, "integer": int, "string": str, "object": dict}
KNOWN = frozenset(
    ("type", "description", "slot", "minimum", "maximum", "maxLength", "minProperties", "propertyNames",
     "additionalProperties")
)


def misfit(value: object, schema: Mapping[str, Any]) -> str:
    """What is wrong with a value of plain data, in the library's words; "" where it fits."""
    if surely_fits(value, schema):
        return ""
    from jsonschema import Draft202012Validator

    error = next(Draft202012Validator(schema).iter_errors(value), None)
    return "" if error is None else str(error.message)


def surely_fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a value fits a schema made of `KNOWN` words alone, or of a list of texts; False means no more than that
    the library must say."""
    if isinstance(value, str) and schema.keys() <= {"enum", "description", "slot"} and "enum" in schema:
        return value in schema["enum"]
    if not schema.keys() <= KNOWN or not _is_of(value, schema.get("type", ())):
        return False
    if isinstance(value, str):
        return bool(len(value) <= schema.get("maxLength", len(value)))
    if isinstance(value, int):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    assert isinstance(value, dict)
    names, inner = schema.get("propertyNames", {}), schema.get("additionalProperties")
    return bool(
        len(value) >= schema.get("minProperties", 0)
        and all(surely_fits(name, {"type": "string", **names}) for name in value)
        and (inner is None or (isinstance(inner, dict) and all(surely_fits(one, inner) for one in value.values())))
    )


def _is_of(value: object, types: str | list[str] | tuple[str, ...]) -> bool:
    """Whether the value is of one of the types, told by its very class: no `true` passes for a number."""
    return any(type(value) is PLAIN.get(name) for name in ([types] if isinstance(types, str) else types))
