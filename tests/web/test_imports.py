"""Importing in the browser: upload, look, answer, rehearse, run, download what failed; and lists as files."""

from __future__ import annotations

import io
import re

from python_calamine import CalamineWorkbook

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from tests.web.doors import Browser, Door, told

LIST = "/apps/shop/records/product"


def uploaded(browser: Browser, content: bytes, name: str = "goods.csv") -> str:
    """The address of the import."""
    answer = browser.post(f"{LIST}/import", {"file": (io.BytesIO(content), name)})
    assert answer.status_code == 303, told(answer)
    return str(answer.location)


def work(door: Door) -> None:
    drain(door.shop.site, handlers(door.shop.site), door.shop.now)


def form_of(page: str) -> dict[str, str]:
    """What the mapping form would send as it stands."""
    found = dict(re.findall(r'<input type="hidden" name="(set\.[a-z]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select class="form-select"[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: value.replace("&#34;", '"') for name, value in found.items()}


def test_a_file_from_upload_to_records(door: Door) -> None:
    zhao = door.browser("zhao")
    assert f'href="{LIST}/import"' in zhao.get(LIST).text
    assert "Look at the file" in zhao.get(f"{LIST}/import").text
    content = "Code no.,单价,Remark\nP1,1.50,x\nP2,-3,y\nP3,oops,z\n".encode()
    url = uploaded(zhao, content)
    page = zhao.get(url).text
    assert "please check" in page and "encoding: utf-8" in page and "P1" in page
    form = form_of(page)
    assert (form["col.0"], form["col.1"], form["col.2"]) == ("code", "price", "")
    assert zhao.post(url, {**form, "do": "rehearse"}).status_code == 303
    waiting = zhao.get(url).text
    assert "nothing is written" in waiting and f'hx-get="{url}/progress"' in waiting
    assert "Rows so far" in zhao.get(f"{url}/progress").text
    work(door)
    assert zhao.get(f"{url}/progress", **{"HX-Request": "true"}).headers["HX-Redirect"] == url
    page = zhao.get(url).text
    assert "Result of the rehearsal" in page and "Import without the failed rows" in page
    assert re.search(r"<td[^>]*>3</td><td[^>]*>单价</td><td[^>]*>.*?may not be below", page), told(zhao.get(url))
    assert ">P1<" not in zhao.get(LIST).text
    book = CalamineWorkbook.from_filelike(io.BytesIO(zhao.get(f"{url}/errors.xlsx").data))
    assert [row[0] for row in book.get_sheet_by_index(0).to_python()] == ["Code no.", "P2", "P3"]
    assert zhao.post(f"{url}/run").status_code == 303
    work(door)
    page = zhao.get(url).text
    assert "Imported" in page and "To the list" in page
    assert ">P1<" in zhao.get(LIST).text and ">P2<" not in zhao.get(LIST).text
    assert zhao.post(f"{url}/run").status_code == 409, "it is done"


def test_questions_are_answered_on_the_page(door: Door) -> None:
    zhao = door.browser("zhao", language="zh")
    url = uploaded(zhao, b"Code,Price\nP1,1.234\n")
    page = zhao.get(url).text
    form = form_of(page)
    assert form["set.numbers"] == "" and "1.234,5: 1234" in page
    assert zhao.post(url, {**form, "do": "rehearse"}).status_code == 303
    assert form_of(zhao.get(url).text)["set.numbers"] == "", "it still waits for the answer"
    zhao.post(url, {**form, "set.numbers": '"1.234,5"', "do": "rehearse"})
    work(door)
    zhao.post(f"{url}/run")
    work(door)
    assert "1,234.00" in zhao.get(LIST).text


def test_who_may_not_import_finds_nothing(door: Door) -> None:
    li, zhao = door.browser("li"), door.browser("zhao")
    assert f"{LIST}/import" not in li.get(LIST).text
    assert li.get(f"{LIST}/import").status_code == 403
    assert li.post(f"{LIST}/import", {"file": (io.BytesIO(b"Code\nP1\n"), "a.csv")}).status_code == 403
    url = uploaded(zhao, b"Code\nP1\n")
    for path in (url, f"{url}/progress", f"{url}/errors.xlsx"):
        assert li.get(path).status_code == 404
    assert li.post(f"{url}/run").status_code == 404
    assert door.browser("wang").post(url, {"do": "rehearse"}).status_code == 404


def test_files_that_are_none(door: Door) -> None:
    zhao = door.browser("zhao")
    assert zhao.post(f"{LIST}/import").status_code == 422
    assert zhao.post(f"{LIST}/import", {"file": (io.BytesIO(b""), "a.csv")}).status_code == 422
    page = zhao.get(uploaded(zhao, b"no zip", "../../a.xlsx"))
    assert page.status_code == 200 and "no spreadsheet" in page.text and "Another file" in page.text


def test_a_list_as_a_file(door: Door) -> None:
    zhao = door.browser("zhao")
    url = uploaded(zhao, b"Code,Price\n=1+1,5\nP2,7\nP3,9\n")
    zhao.post(url, {**form_of(zhao.get(url).text), "do": "rehearse"})
    work(door)
    zhao.post(f"{url}/run")
    work(door)
    asked = f"{LIST}?filter=price+%3C+8&sort=-price"
    page = zhao.get(asked).text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+/export\.[a-z]+[^"]*)"', page)]
    assert len(links) == 4 and len(set(links)) == 2, "beside the main action, and in the menu of a phone"
    answer = zhao.get(links[1])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["Code", "P2", "'=1+1"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(zhao.get(links[0]).data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in book] == ["Code", "P2", "=1+1"]
    assert zhao.get(f"{LIST}/export.pdf").status_code == 400
    assert door.browser("li").get(f"{LIST}/export.csv").status_code == 403
