"""What the checker says of checks that are shown at cells of lines: whether they tell in which rows."""

from __future__ import annotations

from tests.golden.marks import marks

TEXT = """\
app: shop
objects:
  order:
    fields: {lines: {type: lines, fields: {qty: quantity, done: boolean}}}
    checks:
      - {that: sum(lines.qty) <= 100, at: lines.qty}
      - {that: "all(lines where done, qty > 0)", at: lines.qty}
      - {that: "not exists(lines where qty > 9) or sum(lines.qty) < 3", at: lines.qty}
      - {that: "any(lines, done)", at: lines.done}
      - {that: sum(lines.qty) <= 90, at: lines}
"""


def test_a_check_at_a_cell_must_tell_the_row() -> None:
    assert marks(TEXT) == ["4:5 W-ACC-001", "6:16 W-CHK-001", "9:17 W-CHK-001"]
