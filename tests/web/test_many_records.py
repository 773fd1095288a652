"""Many records at once: groups with subtotals, totals, cells edited in place, bulk commands with a result for each."""

from __future__ import annotations

import re

from tests.web.doors import Door, peopled, told

LIST = "/apps/shop/records/sale"


def bare(html: str) -> str:
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL).replace("CN¥", "¥").split())


def groups(page: str) -> list[str]:
    return [bare(one) for one in re.findall(r'<tbody class="fw-group">(.*?)</tbody>', page, re.DOTALL)]


def footer(page: str) -> str:
    found = re.search(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)
    return bare(found[1]) if found else ""


def test_groups_add_up_what_the_reader_sees(database_url: str) -> None:
    door = Door(peopled(database_url))
    door.shop.stocked(Bolt=1000)
    for n in range(4):
        door.shop.sold(customer="A" if n < 3 else "B", submit=n > 0, Bolt=n + 1)
    door.shop.sold(login="sun", customer="S", submit=False, Bolt=50)
    li, wang = door.browser("li"), door.browser("wang")
    page = li.get(f"{LIST}?group=customer").text
    assert groups(page) == ["A 3 ¥60.00", "B 1 ¥40.00"] and footer(page) == "Total ¥100.00"
    assert groups(wang.get(f"{LIST}?group=customer").text)[-1] == "S 1 ¥500.00"
    assert groups(li.get(f"{LIST}?group=status").text) == ["Draft 1 ¥10.00", "Approved 3 ¥90.00"], "in declared order"
    assert groups(li.get(f"{LIST}?group=status&filter=total+%3E+20&search=SO2026").text) == ["Approved 2 ¥70.00"]
    assert groups(li.get(f"{LIST}?group=date:month").text) == ["May 2026 4 ¥100.00"]
    rows_url = re.findall(r'hx-get="([^"]+/rows[^"]*)"', page)[0].replace("&amp;", "&")
    assert li.get(rows_url).text.count("<tr data-href") == 3
    assert li.get(f"{LIST}?group=note").status_code == 400
    secret = li.get("/apps/shop/records/customer?group=secret")
    assert secret.status_code == 400, "nobody groups by what they may not see"
    li.post(f"{LIST}/arrange", {"view": "", "column": ["number", "total"], "totals": "true", "back": "", "do": "keep"})
    assert footer(li.get(LIST).text) == "Total ¥100.00" and footer(wang.get(LIST).text) == ""
    assert footer(li.get(LIST + "?filter=total+%3E+20").text) == "Total ¥70.00"
    door.shop.site.database.close()


def test_a_cell_is_edited_by_the_same_rules(door: Door) -> None:
    door.shop.stocked(Bolt=1000)
    sale = door.shop.sold(submit=False, Bolt=1)
    done = door.shop.sold(Bolt=2)
    li = door.browser("li")
    assert 'data-editable="date,customer,note"' in li.get(LIST).text
    form = li.get(f"{LIST}/{sale.id}/cell/note")
    version = re.search(r'name="_version" value="(\d+)"', form.text)
    assert form.status_code == 200 and version is not None
    saved = li.post(f"{LIST}/{sale.id}/cell/note", {"note": "soon", "_version": version[1]})
    assert saved.status_code == 200, told(saved)
    assert "soon" in saved.text and f'data-href="{LIST}/{sale.id}"' in saved.text
    stale = li.post(f"{LIST}/{sale.id}/cell/note", {"note": "mine", "_version": version[1]})
    assert stale.status_code == 409 and "“soon” stands here now" in stale.text and 'value="mine"' in stale.text
    assert door.shop.value(sale, "note") == "soon"
    again = re.search(r'name="_version" value="(\d+)"', stale.text)
    assert again and li.post(f"{LIST}/{sale.id}/cell/note", {"note": "mine", "_version": again[1]}).status_code == 200
    assert door.shop.value(sale, "note") == "mine"
    wrong = li.post(f"{LIST}/{sale.id}/cell/date", {"date": "soon", "_version": ""})
    assert wrong.status_code == 422 and 'role="alert"' in wrong.text
    for shut in (f"{done.id}/cell/date", f"{sale.id}/cell/total", f"{sale.id}/cell/number", f"{sale.id}/cell/lines"):
        assert li.get(f"{LIST}/{shut}").status_code == 403, shut
        assert li.post(f"{LIST}/{shut}", {shut.rpartition("/")[2]: "1"}).status_code == 403, shut
    assert door.browser("sun").get(f"{LIST}/{sale.id}/cell/note").status_code == 404
    listed = li.get(LIST).text
    row = listed.partition(f'data-href="{LIST}/{done.id}"')[2].partition(">")[0]
    assert 'data-shut="' in row and "date" in row and "note" not in row, "its state opens the note alone"
    assert "data-shut" not in listed.partition(f'data-href="{LIST}/{sale.id}"')[2].partition(">")[0]
    page = li.get(f"{LIST}/{sale.id}").text
    title = page.partition("<h1>")[2].partition("</h1>")[0]
    assert title and title not in page.partition('class="fw-crumbs"')[2].partition("</nav>")[0]


def test_many_are_changed_each_by_itself(door: Door) -> None:
    door.shop.stocked(Bolt=1000)
    first, other = (door.shop.sold(submit=False, Bolt=n) for n in (1, 3))
    done = door.shop.sold(Bolt=2)
    theirs = door.shop.sold(login="sun", customer="S", submit=False, Bolt=1)
    li = door.browser("li")
    ids = [str(one.id) for one in (first, done, other, theirs)]
    asked = li.post(f"{LIST}/bulk/~edit", {"id": ids})
    assert '<option value="note">' in asked.text and '<option value="total">' not in asked.text
    control = li.post(f"{LIST}/bulk/~edit", {"id": ids, "_field": "date"}).text
    assert 'name="date"' in control and control.count('name="id"') == 4
    led = li.post(f"{LIST}/bulk/~edit", {"id": ids, "_field": "date", "_go": "1", "date": "2026-05-09"})
    assert led.status_code == 303 and f"{LIST}/outcome/" in led.location
    told_ = li.get(led.location).text
    assert li.get(led.location).text.count("2 of 4 done") == 1, "to reload does nothing"
    assert door.browser("sun").get(led.location).status_code == 404, "it is told to who did it"
    assert "2 of 4 done" in told_ and "cannot change while it is Approved" in told_ and f"#{theirs.id}" in told_
    assert str(door.shop.value(first, "date")) == str(door.shop.value(other, "date")) == "2026-05-09"
    assert str(door.shop.value(done, "date")) == str(door.shop.value(theirs, "date")) == "2026-05-04"
    assert "4 records are chosen" in li.post(f"{LIST}/bulk/~delete", {"id": ids}).text
    gone = li.get(li.post(f"{LIST}/bulk/~delete", {"id": ids, "_go": "1"}).location).text
    assert "2 of 4 done" in gone and li.get(f"{LIST}/{first.id}").status_code == 404
    assert li.get(f"{LIST}/{done.id}").status_code == 200
    assert door.browser("sun").get(f"{LIST}/{theirs.id}").status_code == 200
    assert li.post(f"{LIST}/bulk/~edit", {"id": ids, "_field": "total", "_go": "1", "total": "1"}).status_code == 422
    assert li.post(f"{LIST}/bulk/~edit", {}).status_code == 422
