"""Saved views, their counts and what each person arranges of a list; on both databases where SQL is new."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from tests.web.doors import Browser, Door, peopled, told

LIST = "/apps/shop/records/sale"


def rows(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr data-href="[^"]+/(\d+)"', page)]


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col" data-column="([^"]+)"', page)


def tabs(page: str) -> dict[str, str]:
    """Label → address of the tabs; with their counts where they are counted."""
    nav = re.search(r'<nav class="fw-tabs".*?</nav>', page, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', nav[0], re.DOTALL) if nav else []
    return {re.sub(r"<svg.*?</svg>|<[^>]+>", "", label): url.replace("&amp;", "&") for url, label in found}


def save(browser: Browser, question: str, name: str, *roles: str) -> str:
    """Keep what a list asks as a view, as the panel does; the address of the view."""
    page = browser.get(f"{LIST}?{question}").text
    hidden = dict(re.findall(r'<input type="hidden" name="(q\.\w+)" value="([^"]*)"', page))
    sent = {key: value.replace("&#39;", "'").replace("&gt;", ">") for key, value in hidden.items()}
    answer = browser.post(f"{LIST}/views", {**sent, "do": "new", "name": name, "role": list(roles)})
    assert answer.status_code == 303, told(answer)
    return answer.location


def test_views_are_saved_shared_counted_and_opened_first(database_url: str) -> None:
    door = Door(peopled(database_url))
    door.shop.stocked(Bolt=1000)
    made = [door.shop.sold(customer=f"C{n}", submit=n % 2 == 0, Bolt=n + 1) for n in range(4)]
    theirs = door.shop.sold(login="sun", customer="S", submit=False, Bolt=9)
    li, sun = door.browser("li"), door.browser("sun")
    own = save(li, "filter=total+%3E%3D+30&sort=-total", "Large ones")
    shared = save(li, "filter=status+%3D+'draft'", "Drafts", "sales")
    assert rows(li.get(own).text) == [made[3].id, made[2].id], "the view brings its conditions and its order"
    assert list(tabs(li.get(LIST).text)) == ["All", "Large ones", "Drafts"]
    assert list(tabs(sun.get(LIST).text)) == ["All", "Drafts"]
    assert rows(sun.get(shared).text) == [theirs.id], "a shared view shows what the reader may see"
    assert sun.get(own).status_code == 404
    assert list(tabs(li.get(f"{LIST}/tabs").text)) == ["All4", "Large ones2", "Drafts2"]
    wider = li.get(own + "&filter=").text
    assert len(rows(wider)) == 4 and "Changed since it was saved" in wider, "its conditions can be taken away"
    key = own.partition("view=")[2]
    li.post(f"{LIST}/views", {"do": "first", "key": key.replace("%7E", "~")})
    assert rows(li.get(LIST).text) == [made[3].id, made[2].id] and len(rows(sun.get(LIST).text)) == 1
    assert len(rows(li.get(LIST + "?view=~0").text)) == 4
    for verb in ("save", "drop"):
        given = shared.partition("view=")[2].replace("%7E", "~")
        answer = sun.post(f"{LIST}/views", {"do": verb, "key": given, "name": "x"})
        assert answer.status_code == 403, told(answer)
    assert sun.post(f"{LIST}/views", {"do": "new", "name": "x", "role": ["store"]}).status_code == 403
    assert li.post(f"{LIST}/views", {"do": "drop", "key": key.replace("%7E", "~")}).status_code == 303
    assert list(tabs(li.get(LIST).text)) == ["All", "Drafts"] and len(rows(li.get(LIST).text)) == 4
    door.shop.site.database.close()


def test_columns_density_and_widths_are_each_persons_own(database_url: str) -> None:
    door = Door(peopled(database_url))
    door.shop.stocked(Bolt=1000)
    door.shop.sold(Bolt=1)
    li, wang = door.browser("li"), door.browser("wang")
    usual = heads(li.get(LIST).text)
    sent = {"view": "", "column": ["total", "number", "creator", "secret"], "density": "compact",
            "sort": ["-total", "date"], "sorted": "", "back": "filter=total+%3E+1&sort=number", "do": "keep"}
    answer = li.post(f"{LIST}/arrange", sent)
    assert answer.status_code == 303, told(answer)
    assert answer.location == f"{LIST}?filter=total+%3E+1&sort=-total%2Cdate"
    page = li.get(LIST).text
    assert heads(page) == ["total", "number", "creator"] and 'data-density="compact"' in page
    assert heads(wang.get(LIST).text) == usual
    panel = li.get(f"{LIST}/arrange?sort=-total").text
    assert "<h1>Columns and order</h1>" in panel and 'name="back" value="sort=-total"' in panel
    assert re.findall(r'name="column" value="([^"]+)" checked', panel) == ["total", "number", "creator"]
    assert re.findall(r'<option value="([^"]+)" selected', panel) == ["-total"]
    part = li.get(f"{LIST}/arrange", **{"HX-Request": "true"}).text
    assert part.lstrip().startswith("<form") and f'{LIST}/arrange?' in li.get(LIST).text
    wide = {"view": "", "column": ["total", "evil"], "width": ["222", "9999"]}
    assert li.post(f"{LIST}/width", wide).status_code == 204
    assert '<col width="222">' in li.get(LIST).text and "9999" not in li.get(LIST).text
    li.post(f"{LIST}/arrange", {"view": "", "do": "reset", "back": ""})
    assert heads(li.get(LIST).text) == usual and "<colgroup>" not in li.get(LIST).text
    assert li.post(f"{LIST}/arrange", {"view": "", "column": [], "back": ""}).status_code == 422
    door.shop.site.database.close()


def test_a_list_is_sorted_by_several_columns(door: Door) -> None:
    door.shop.stocked(Bolt=1000)
    made = [door.shop.sold(customer=f"C{n}", submit=False, Bolt=n % 2 + 1).id for n in range(4)]
    li = door.browser("li")
    page = li.get(LIST + "?sort=-total,date").text
    assert rows(page) == [made[1], made[3], made[0], made[2]] or rows(page)[:2] == [made[1], made[3]]
    more = re.findall(r'data-more="([^"]+)"', li.get(LIST + "?sort=-total").text)
    assert any(urlencode({"sort": "-total,date"}) in url.replace("&amp;", "&") for url in more)
    assert "<small>1</small>" in page and "<small>2</small>" in page and page.count("aria-sort=") == 2
