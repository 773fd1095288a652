"""In which rows a check fails: at the cell that it names, or in what it says of the lines as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Invalid, Refused
from engine.runtime.services import inputs, previews
from tests.services.shops import Shop

TEXT = """
app: shop
languages: [en]
roles: {sales: Sales}
objects:
  order:
    fields:
      most: {type: integer, default: 100}
      lines:
        type: lines
        name: Lines
        fields: {what: text, qty: {type: integer, default: 1}, done: {type: boolean, default: true}}
    states: {draft: Draft, out: Out}
    checks:
      - {that: "all(lines where what is not blank, qty <= this.most)", called: top, at: lines.qty, say: Too many}
      - {that: "not any(lines as l, l.what = 'bad') and count(lines) < 90", called: good, at: lines, say: Bad goods}
      - {that: "sum(lines, qty) <> 13", called: luck, at: lines, say: Thirteen}
      - {that: "all(lines, qty <> 7)", called: seven, at: lines, say: "Seven?", else: warn}
    actions:
      go:
        from: draft
        to: out
        checks: [{that: "all(lines, done)", called: done, at: lines, say: Not done}]
access: {any: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    yield made
    made.site.database.close()


@pytest.mark.parametrize(("lines", "fields", "words"), [
    ([{"what": "a"}, {"what": "b", "qty": "101"}, {"qty": "200"}, {"what": "c", "qty": "102"}],
     ["lines.1.qty", "lines.3.qty"], "Lines rows 2, 4: Too many"),
    ([{"what": "a"}, {"what": "bad"}], ["lines"], "Lines row 2: Bad goods"),
    ([{"what": "bad"}] * 25, ["lines"], f"Lines rows {', '.join(map(str, range(1, 21)))} …: Bad goods"),
    ([{"qty": "0"}] * 91, ["lines"], "Bad goods"),
    ([{"qty": "13"}], ["lines"], "Thirteen"),
])
def test_the_rows_at_fault_are_named(
    shop: Shop, lines: list[dict[str, str]], fields: list[str], words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        shop.create("li", "order", lines=lines)
    assert [one.field for one in refused.value.errors] == fields
    assert refused.value.message.to("en") == words
    draft = shop.run("li", lambda tx: previews.preview(tx, "order", inputs.read(tx, "order", {"lines": lines})))
    assert [one.field for one in draft.errors] == fields, "a form says it as one types"


def test_checks_of_actions_and_warnings_name_them_too(shop: Shop) -> None:
    order = shop.create("li", "order", lines=[{"what": "a"}, {"what": "b", "done": "false"}])
    with pytest.raises(Invalid, match="Lines row 2: Not done"):
        shop.act("li", order, "go")
    with pytest.raises(Refused, match=r"Lines row 1: Seven\?"):
        shop.create("li", "order", lines=[{"qty": "7"}])
