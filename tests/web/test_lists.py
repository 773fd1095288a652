"""Lists: search, conditions, order, pages, empty states; and the page of one record."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.runtime.web.present import details
from tests.web.doors import Browser, Door, told

LIST = "/apps/shop/records/sale"


def rows(page: str) -> list[str]:
    """The addresses of the rows shown."""
    return re.findall(r'<tr data-href="([^"]+)"', page)


def stocked(door: Door, sales: int) -> None:
    door.shop.stocked(Bolt=1000)
    for number in range(sales):
        door.shop.sold(customer=f"Customer {number:03}", submit=number % 2 == 0, Bolt=1 + number)


def test_an_empty_list_offers_the_first_one(door: Door) -> None:
    page = door.browser("li").get(LIST).text
    assert "Nothing here yet" in page and "Create the first one" in page


def test_a_document_without_a_number_says_what_it_is(door: Door) -> None:
    """In its heading, in the list that leads to it, and where nothing else of its title is there yet."""
    door.shop.stocked(Bolt=10)
    draft, sent = door.shop.sold(submit=False, Bolt=1), door.shop.sold(Bolt=1)
    li = door.browser("li")
    heading = re.compile(r"<h1[^>]*>\s*(.*?)\s*</h1>", re.DOTALL)
    found = [heading.search(li.get(f"{LIST}/{one.id}").text) for one in (draft, sent)]
    assert [one and html.unescape(one[1]) for one in found] == ["Sale · Acme", "SO2026001 Acme"]
    links = re.findall(r'class="fw-row-link"[^>]*>(.*?)</a>', li.get(LIST).text)
    assert sorted(links) == ["No number yet", "SO2026001"]
    door.shop.sold(customer="Acme (north)", submit=False, Bolt=1)
    assert "Sale · Acme (north)" in html.unescape(li.get(LIST).text + li.get(f"{LIST}/3").text), "brackets stay"


def test_a_filtered_away_list_says_so(door: Door) -> None:
    stocked(door, 1)
    page = door.browser("li").get(LIST + "?search=zebra").text
    assert "Nothing fits" in page and "Create the first one" not in page


def test_pages_follow_each_other_and_lead_back(door: Door) -> None:
    stocked(door, 3)
    for number in range(110):
        door.shop.create("li", "customer", name=f"C{number:03}")
    li, seen, url, trail = door.browser("li"), [], "/apps/shop/records/customer?sort=name", []
    while url:
        page = li.get(url).text
        seen += rows(page)
        trail.append(url)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 113 and len(trail) == 3
    back = re.search(r'href="([^"]+)" rel="prev"', page)
    assert back and rows(li.get(back[1].replace("&amp;", "&")).text) == seen[50:100]
    first = re.search(r'href="([^"]+)" rel="prev"', li.get(back[1].replace("&amp;", "&")).text)
    assert first and rows(li.get(first[1].replace("&amp;", "&")).text) == seen[:50]


def test_a_picked_condition_becomes_part_of_the_address(door: Door) -> None:
    stocked(door, 3)
    li = door.browser("li")
    answer = li.get(LIST).status_code, li.get(f"{LIST}?add.field=total&add.op=%3E%3D&add.value=20")
    assert answer[0] == 200 and answer[1].status_code == 303
    asked = parse_qs(urlsplit(answer[1].location).query)
    assert asked == {"filter": ["total >= 20"]}
    page = li.get(answer[1].location).text
    assert len(rows(page)) == 2 and "Total at least" in page
    narrowed = li.get(answer[1].location + "&add.field=status&add.op=%3D&add.value=draft")
    assert narrowed.status_code == 422, "the status has tabs; it is no field"
    by_customer = li.get(f"{LIST}?add.field=customer&add.op=%3D&add.value=2")
    assert "customer.id" in parse_qs(urlsplit(by_customer.location).query)["filter"][0]
    assert "Customer 001" in li.get(by_customer.location).text and len(rows(li.get(by_customer.location).text)) == 1


def test_a_condition_that_makes_no_sense_says_what_is_wrong(door: Door) -> None:
    answer = door.browser("li").get(LIST + "?filter=nonsense+%3D+1")
    assert answer.status_code == 400 and "nonsense" in answer.text


def test_readers_of_chinese_are_told_in_chinese_what_makes_no_sense(door: Door) -> None:
    li = door.browser("li", "zh")
    li.post("/language", {"language": "zh"})
    for wrong, wanted in (
        ("total+%3E", "末尾 处写得不完整"),
        ("totl+%3E+5", "没有名为 `totl` 的内容（是否指 `total`？）"),
        ("(total+%3E+5", "没有闭合"),
        ("total+%3E+'a'", "两边的类型不同"),
    ):
        page = li.get(f"/apps/shop/records/sale?filter={wrong}").text
        said = html.unescape(page)
        assert "筛选条件有误：" in said and wanted in said, (wrong, re.findall("筛选条件有误[^<]*", said))
        assert not re.search("筛选条件有误[^<]*(expected|name|closed|compared)", said)


def test_tabs_show_one_status_each(door: Door) -> None:
    stocked(door, 4)
    li = door.browser("li")
    tabs = re.findall(r'<a href="([^"]*filter=status[^"]*)"', li.get(LIST).text)
    assert len(tabs) == 6
    assert len(rows(li.get(tabs[0].replace("&amp;", "&")).text)) == 2


def test_columns_sort_and_turn_round(door: Door) -> None:
    stocked(door, 3)
    li = door.browser("li")
    up, down = rows(li.get(LIST + "?sort=total").text), rows(li.get(LIST + "?sort=-total").text)
    assert up == down[::-1] and len(up) == 3


def test_only_rows_in_sight_are_listed_and_counted(door: Door) -> None:
    stocked(door, 2)
    door.shop.sold(login="sun", customer="Sun only", Bolt=1)
    assert len(rows(door.browser("li").get(LIST).text)) == 2
    assert "2 in all" in door.browser("li").get(LIST).text
    assert "Sun only" not in door.browser("li").get("/apps/shop/search?q=Sun").text
    assert "3 in all" in door.browser("wang").get(LIST).text


def test_an_object_out_of_sight_does_not_exist(door: Door) -> None:
    for path in (
        "/apps/shop/records/receipt",
        "/apps/shop/records/nonsense",
        "/apps/shop/registers/nonsense",
        "/apps/nonsense/",
    ):
        assert door.browser("li").get(path).status_code == 404, path


def test_a_record_out_of_sight_looks_like_one_that_never_was(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    other = door.shop.sold(login="sun", customer="Sun only", Bolt=1)
    li = door.browser("li")
    hidden, missing = li.get(f"{LIST}/{other.id}"), li.get(f"{LIST}/999999")
    assert hidden.status_code == missing.status_code == 404 and told(hidden) == told(missing)


def test_a_page_of_a_record_tells_its_story(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made = door.shop.sold(Bolt=2)
    page = door.browser("li").get(f"{LIST}/{made.id}").text
    assert "Approved" in page and "created it" in page and "Booked in" in page
    related = door.browser("li").get(f"{LIST}/{made.id}/related/deliveries").text
    assert "None yet" in related
    assert door.browser("li").get(f"{LIST}/{made.id}/related/nonsense").status_code == 404


def test_actions_out_of_reach_say_why(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made = door.shop.sold(Bolt=2)
    page = door.browser("li").get(f"{LIST}/{made.id}").text
    assert re.search(r'aria-disabled="true"[^>]* data-reason="You have no right to Ship"', page)
    assert "/actions/submit" not in page, "what the state rules out altogether is not shown"


def test_related_records_are_listed_and_counted(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(door, 1)
    answer = door.browser("li").get("/apps/shop/records/customer/1/related/sales")
    assert answer.status_code == 200 and len(rows(answer.text)) == 1
    assert 'id="related-count-sales" hx-swap-oob="true">1<' in answer.text
    door.shop.sold(customer="Customer 000", submit=False, Bolt=1)
    monkeypatch.setattr(details, "FEW", 1)
    answer = door.browser("li").get("/apps/shop/records/customer/1/related/sales")
    assert len(rows(answer.text)) == 1 and 'hx-swap-oob="true">2<' in answer.text
    page = door.browser("li").get("/apps/shop/records/customer/1").text
    assert 'id="related-count-sales"' in page
    counts = door.browser("li").get("/apps/shop/records/customer/1/related").text
    assert 'id="related-count-sales" hx-swap-oob="true">2<' in counts


def test_candidates_of_a_link_are_those_in_sight(door: Door) -> None:
    stocked(door, 2)
    door.shop.create("sun", "customer", name="Customer of sun")
    found = door.browser("li").get("/apps/shop/lookup/sale/customer?q=Customer").json["items"]
    assert [item["title"] for item in found] == ["Customer 000", "Customer 001"]
    assert door.browser("li").get("/apps/shop/lookup/sale/lines.product?q=bo").json["items"][0]["title"] == "Bolt"
    assert door.browser("li").get("/apps/shop/lookup/sale/note?q=").status_code == 404


def test_what_a_spreadsheet_names_is_found_for_all_rows_at_once(door: Door) -> None:
    stocked(door, 3)
    door.shop.create("sun", "customer", name="Customer of sun")
    li, url = door.browser("li"), "/apps/shop/lookup/sale/customer/named"
    words = ["customer 001", "002", "Customer", "Nobody", "Customer of sun", ""]
    found = li.post(url, {"q": words}).json["found"]
    titles = {word: one and one["title"] for word, one in found.items()}
    assert titles == {
        "customer 001": "Customer 001", "002": "Customer 002", "Customer": None, "Nobody": None, "Customer of sun": None
    }
    assert li.post("/apps/shop/lookup/sale/lines.product/named", {"q": "bolt"}).json["found"]["bolt"]["title"] == "Bolt"
    assert li.post(url, {"q": [str(n) for n in range(2001)]}).status_code == 400
    assert li.post("/apps/shop/lookup/receipt/lines.product/named", {"q": "bolt"}).status_code in (403, 404)


def test_registers_show_balances_movements_and_turnovers(door: Door) -> None:
    stocked(door, 2)
    zhao: Browser = door.browser("zhao")
    for view in ("balances", "movements", "turnovers"):
        answer = zhao.get(f"/apps/shop/registers/stock?view={view}")
        assert answer.status_code == 200 and "Bolt" in answer.text, view
    bolts = rows(zhao.get("/apps/shop/registers/stock").text)[0].replace("&amp;", "&")
    assert "product.id+%3D+1" in bolts and len(rows(zhao.get(bolts).text)) == 2, "a balance leads to its movements"
    views = ("balances", "turnovers")
    quiet = [view for view in views if "fw-nought" in zhao.get(f"/apps/shop/registers/stock?view={view}").text]
    assert quiet == ["turnovers"], "of sixteen figures a phone shows those that say something"
    assert "Nothing is booked" in zhao.get("/apps/shop/registers/stock?at=2020-01-01").text
    assert zhao.get("/apps/shop/registers/stock?at=yesterday").status_code == 400


def test_candidates_may_be_asked_with_the_form(door: Door) -> None:
    door.shop.stocked(Bolt=9, Nut=9)
    li = door.browser("li")
    form = {"note": "draft", "lines.4.product": "", "lines.4.qty": "1", "lines.4.id": ""}
    answer = li.post("/apps/shop/lookup/sale/lines.product", {**form, "_q": "bo", "_at": "lines.4.product"})
    assert answer.status_code == 200, told(answer)
    assert [item["title"] for item in answer.json["items"]] == ["Bolt"]
    assert li.post("/apps/shop/lookup/receipt/lines.product", {"_q": "bo", "_at": ""}).status_code in (403, 404)
    assert door.program("li").get("/api/shop/sale?count=exact").json["count"] == 0
