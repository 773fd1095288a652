"""The filters above a board and parameters of reports, as people set them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.doors import Door, peopled

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  region:
    key: code
    title: "{code}"
    fields: {code: {type: text, required: true, unique: true}, above: {type: link, to: region, tree: true}}
  deal:
    title: "{code}"
    fields:
      code: {type: text, zh: 编号, en: Code}
      day: {type: date, zh: 日期, en: Day}
      region: {type: link, to: region, zh: 地区, en: Region}
      kind: {type: choice, options: {new: {zh: 新单, en: New}, old: {zh: 老单, en: Old}}, zh: 类型, en: Kind}
      n: integer
reports:
  sums:
    params: {place: {type: link, to: region, zh: 地区, en: Region}, span: {type: range, zh: 期间, en: Span}}
    from: deal where (place is blank or region = place) and (span is blank or day in span)
    by: {kind: kind}
    show: {n: {value: sum(n), zh: 数量, en: Number}}
dashboards:
  board:
    name: {zh: 看板, en: Board}
    filters:
      region: {field: region, under: true, zh: 地区, en: Region}
      day: {field: day, zh: 日期, en: Day}
      kind: {field: kind, zh: 类型, en: Kind}
      place: {param: place, zh: 地点, en: Place}
    cards:
      - {number: "sum(deal, n)", name: {zh: 总数, en: Sum}}
      - {table: sums}
access: {deal: {sales: full}, region: {sales: full}}
"""


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    shop = made.shop
    for code, above in (("east", None), ("hz", "east"), ("south", None)):
        shop.create("li", "region", code=code, above=above)
    for code, day, region, kind, n in (
        ("A", "2026-01-05", "hz", "new", 1),
        ("B", "2026-02-05", "east", "old", 2),
        ("C", "2026-02-09", "south", "new", 4),
    ):
        shop.create("li", "deal", code=code, day=day, region=region, kind=kind, n=n)
    yield made
    shop.site.database.close()


def test_a_board_is_narrowed_by_its_address(door: Door) -> None:
    li = door.browser("li")

    def total(query: str) -> str:
        text = li.get(f"/apps/shop/boards/board/cards/0?{query}").text
        return next(one for one in "1234567" if f">{one}<" in text)

    assert total("") == "7"
    assert total("region=1") == "3", "with what is under it"
    assert total("region=2") == "1"
    assert total("day=2026-02-01&day=2026-02-28") == "6" and total("day=&day=2026-01-31") == "1"
    assert total("day=2026-02-01&day=2026-02-28&kind=new") == "4"
    page = li.get("/apps/shop/boards/board?region=1&day=2026-02-01&day=2026-02-28&nosuch=1").text
    assert "cards/0?region=1&amp;day=2026-02-01&amp;day=2026-02-28\"" in page
    assert '<option value="1" selected>east' in page and 'value="2026-02-01"' in page and "This quarter" in page
    assert 'option value="new">New' in page, "what may be chosen has its label"
    assert "Not narrowed by: Place" in li.get("/apps/shop/boards/board/cards/0?place=1").text
    card = li.get("/apps/shop/boards/board/cards/1?place=2").text
    assert "reports/sums?place=2" in card and ">1<" in card.replace(" ", "")


def test_what_cannot_be_read_is_said_at_its_control(door: Door) -> None:
    li = door.browser("li")
    wrong = li.get("/apps/shop/boards/board?day=soon&kind=nosuch")
    assert wrong.status_code == 422 and "hx-get" not in wrong.text.split("<main", 1)[1]
    assert wrong.text.count('aria-invalid="true"') >= 2
    assert li.get("/apps/shop/boards/board/cards/0?kind=nosuch").status_code == 200


def test_a_report_takes_links_and_periods_from_its_page(door: Door) -> None:
    li = door.browser("li")
    page = li.get("/apps/shop/reports/sums?place=2&span=2026-01-01&span=2026-01-31").text
    assert '<option value="2" selected>hz' in page and "New" in page and 'value="2026-01-31"' in page
    assert "Old" not in page.split("<main", 1)[1]
    program = door.program("li")
    assert program.get("/api/shop/reports/sums?place=hz").json["rows"], "programs name records by their keys"
