"""What the checker says about slips of YAML: input, places, codes."""

from __future__ import annotations

import pytest

from tests.golden.marks import marks

CASES = {
    "not yaml": (
        """\
app: shop
  objects: {}
""",
        ["2:10 E-YAML-001"],
    ),
    "an entry of a list indented too deep": (
        """\
app: shop
languages:
  - zh
   - en
""",
        ["4:4 E-YAML-001"],
    ),
    "a text that goes on like a list": (
        """\
app: shop
name: a long
  - name
""",
        ["3:3 E-YAML-001"],
    ),
    "begins with a forbidden sign": (
        """\
app: shop
name: @shop
""",
        ["2:7 E-YAML-001"],
    ),
    "tab": (
        """\
app: shop
objects:
	order: {}
""",
        ["3:1 E-YAML-002"],
    ),
    "control character": (
        """\
app: "\x00"
""",
        ["1:7 E-YAML-003"],
    ),
    "two documents": (
        """\
app: shop
---
app: other
""",
        ["2:1 E-YAML-006"],
    ),
    "no map": (
        """\
- app: shop
""",
        ["1:1 E-YAML-005"],
    ),
    "anchor": (
        """\
app: &name shop
""",
        ["1:6 E-YAML-007"],
    ),
    "alias": (
        """\
app: *name
""",
        ["1:6 E-YAML-007"],
    ),
    "tag": (
        """\
app: !shop x
""",
        ["1:6 E-YAML-007"],
    ),
    "merge key": (
        """\
app: shop
objects:
  order:
    <<: {name: x}
""",
        ["4:5 E-YAML-007"],
    ),
    "too deep": (
        """\
app: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
""",
        ["1:37 E-YAML-008"],
    ),
    "key is a map": (
        """\
app: shop
objects: {{a: 1}: 2}
""",
        ["2:11 E-YAML-009"],
    ),
    "given twice": (
        """\
app: shop
objects:
  order:
    fields: {qty: quantity}
    fields: {price: money}
""",
        ["5:5 E-YAML-010"],
    ),
    "comma cut an expression": (
        """\
app: shop
objects:
  order:
    fields:
      qty: quantity
      twice: {formula: max(qty, 2), type: quantity}
""",
        ["6:24 E-YAML-011"],
    ),
    "bracket in a flow text": (
        """\
app: shop
objects:
  order:
    fields:
      kind: text
    checks: [{that: kind in ['a']}]
""",
        ["6:29 E-YAML-012"],
    ),
    "template without quotes": (
        """\
app: shop
objects:
  order:
    title: {number} {customer}
""",
        ["4:21 E-YAML-012"],
    ),
    "first of its neighbours too deep": (
        """\
app: shop
objects:
  order:
     name: Order
    fields:
      qty: quantity
""",
        ["4:6 E-YAML-001"],
    ),
    "second of its neighbours not deep enough": (
        """\
app: shop
objects:
  order:
    name: Order
   fields:
      qty: quantity
""",
        ["5:4 E-YAML-001"],
    ),
    "first of its neighbours not deep enough": (
        """\
app: shop
objects:
 order:
    name: Order
    fields: {qty: quantity}
  other:
    fields: {qty: quantity}
""",
        ["3:2 E-YAML-001"],
    ),
    "first item of a list too deep": (
        """\
app: shop
objects:
  order:
    checks:
       - {that: qty > 0}
      - {that: qty > 1}
""",
        ["5:8 E-YAML-001"],
    ),
    "a key without a colon": (
        """\
app: shop
objects:
  order:
    fields
    name: Order
""",
        ["4:5 E-YAML-001"],
    ),
    "a quote that is not closed": (
        """\
app: shop
objects:
  order:
    name: "Order
    fields: {qty: quantity}
""",
        ["4:11 E-YAML-001"],
    ),
    "a brace that is not closed": (
        """\
app: shop
objects:
  order:
    name: {en: Order
    fields: {qty: quantity}
""",
        ["4:11 E-YAML-001"],
    ),
    "a text behind a text": (
        """\
app: shop
name: "My" shop
""",
        ["2:12 E-YAML-001"],
    ),
    "nothing in it": (
        """\
# only a comment
""",
        ["1:1 E-APP-002"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str) -> None:
    text, expected = CASES[name]
    assert marks(text) == expected
