"""The filters above a board and parameters of reports, as people set them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import pytest

from tests.web.doors import Browser, Door, peopled

NEW = quote('{"kind":"new"}')
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
    posts: [{to: weight, keys: {item: this}, add: {n: n}, dated: day}]
  ad:
    title: "{words}"
    fields: {words: text, kind: {type: choice, options: {new: New, old: Old}}}
    posts: [{to: weight, keys: {item: this}, add: {n: 9}}]
registers:
  weight: {keys: {item: {type: link, to: [deal, ad], zh: 事项, en: Item}}, measures: {n: integer}}
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
      - {list: deal, columns: [code]}
      - {number: count(ad), name: {zh: 广告, en: Ads}}
access:
  deal: {sales: full, manager: {see: true, hide: kind}, store: {see: {when: code = 'A', fields: [code, n, kind, day]}}}
  region: {sales: full, manager: {see: code = 'east'}}
  ad: {sales: full, manager: see, store: see}
  weight: {sales: see}
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


def test_no_choice_on_a_board_tells_what_its_reader_may_not_see(door: Door) -> None:
    """The filter is offered for what may be seen of it elsewhere (`ad`): of deals, where it is hidden, it is silent."""
    wang, zhao = door.browser("wang"), door.browser("zhao")

    def cards(browser: Browser, query: str) -> list[str]:
        found = [browser.get(f"/apps/shop/boards/board/cards/{n}?{query}") for n in (0, 1, 2)]
        assert {one.status_code for one in found} == {200}, query
        return [re.sub(r"[?&](amp;)?(kind|region|place)=[\w]*", "", one.text) for one in found]

    assert "kind" in wang.get("/apps/shop/boards/board").text, "what the test asks is there to be asked"
    for query in ("kind={}", "kind={}&place=1"):
        assert cards(wang, query.format("new")) == cards(wang, query.format("old")), "a hidden field"
    for name in ("region", "place"):
        page = wang.get(f"/apps/shop/boards/board?{name}=2").text
        assert ">east<" in page and ">hz<" not in page and ">south<" not in page, "the title of a link out of sight"
    assert ">2<" in cards(wang, "region=1")[0], "what is above a record out of sight is not told by `under`"
    assert cards(zhao, "region=1") == cards(zhao, "region=99") == cards(zhao, "nosuch=1"), "no filter of a hidden field"
    listed = cards(zhao, "kind=new")[2].replace(" ", "")
    assert ">A<" in listed and ">C<" not in listed, "row rules hold under any choice"
    for forged in ("kind=new'%20or%20'1'='1", "day=2026-01-01&day=2026-01-02&day=x", "kind=a&kind=b", "place=-1"):
        for number in (0, 1, 2):
            answer = zhao.get(f"/apps/shop/boards/board/cards/{number}?{forged}")
            assert answer.status_code in (200, 400, 422) and ">C<" not in answer.text, forged


def rows_of(page: str) -> list[str]:
    return re.findall(r'data-path="record"[^>]*>\s*<a[^>]*>([^<]*)', page)


def test_a_figure_leads_to_its_rows_narrowed_as_it_is(door: Door) -> None:
    li = door.browser("li")

    def behind(page: str) -> dict[str, list[str]]:
        found = re.findall(r'<a href="([^"]*/behind[^"]*)">(\d+)<', li.get(page).text)
        return {figure: rows_of(li.get(unescape(url)).text) for url, figure in found}

    assert behind("/apps/shop/reports/sums") == {"5": ["C", "A"], "2": ["B"]}
    assert behind("/apps/shop/reports/sums?place=2") == {"1": ["A"]}, "as its parameters say"
    assert behind("/apps/shop/boards/board/cards/1?region=3") == {"4": ["C"]}, "as the board is narrowed"
    page = li.get(f"/apps/shop/reports/sums/behind?_at={NEW}").text
    assert "New" in page and "what is behind it" in page and ">5<" in page, "their sum"
    api = door.program("li").get(f"/api/shop/reports/sums/behind?_at={NEW}&place=hz").json
    assert [row[0]["title"] for row in api["rows"]] == ["A"] and api["more"] is False
    assert door.program("li").get("/api/shop/reports/sums/behind?_at=[").status_code == 400
    assert li.get("/apps/shop/reports/nosuch/behind").status_code == 404


def test_what_is_hidden_shows_no_rows_behind(door: Door) -> None:
    for address in (f"reports/sums/behind?_at={NEW}", f"boards/board/cards/1/behind?_at={NEW}"):
        for login in ("wang", "zhao"):         # what groups is hidden from one, what the condition reads from the other
            refused = door.browser(login).get(f"/apps/shop/{address}")
            assert refused.status_code == 403 and rows_of(refused.text) == [], login


def test_a_key_that_is_one_of_several_objects_leads_to_its_movements(door: Door) -> None:
    """A deal and an ad with the same number: each figure leads to what its own document booked."""
    door.shop.create("li", "ad", words="Buy!")
    li = door.browser("li")
    page = li.get("/apps/shop/registers/weight").text
    links = {figure: unescape(url) for url, figure in re.findall(r'<a href="([^"]*view=movements[^"]*)">(\d)<', page)}
    assert set(links) == {"1", "2", "4", "9"}
    documents = {url: set(re.findall(r'data-href="([^"]*)"', li.get(url).text)) for url in links.values()}
    assert all(len(found) == 1 for found in documents.values())
    assert "/records/ad/1" in li.get(links["9"]).text and "/records/deal/1" in li.get(links["1"]).text
    dated = li.get(f"/apps/shop/registers/weight?view=movements&filter={quote('date <= date(2026, 1, 31)')}").text
    assert "/records/deal/1" in dated and "/records/deal/2" not in dated
