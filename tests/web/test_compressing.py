"""Answers leave compressed, and no length of one tells the token of forms."""

from __future__ import annotations

import gzip
import re

from tests.web.doors import Door

PAGE = "/apps/shop/records/customer/new"
READS = {"Accept-Encoding": "gzip, deflate, br"}


def token(text: str) -> str:
    """The token that a page carries, the same in its head and in its forms."""
    found = set(re.findall(r'(?:name="csrf-token" content|name="csrf_token" value)="([^"]+)"', text))
    assert len(found) == 1, found
    return found.pop()


def test_pages_and_documents_leave_compressed(door: Door) -> None:
    li = door.browser("li")
    plain, packed = li.get(PAGE), li.get(PAGE, **READS)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in (plain, packed))
    assert packed.content_length == len(packed.data) < len(plain.data) / 3
    assert token(gzip.decompress(packed.data).decode()) != token(plain.text)
    foreign = li.get(PAGE, **READS, **{"Sec-Fetch-Site": "cross-site"})
    assert "Content-Encoding" not in foreign.headers, "what another site asks for shows no length of use"
    assert "Content-Encoding" not in li.get("/session", **READS).headers, "small ones leave as they are"


def test_the_length_of_one_page_varies_by_chance(door: Door) -> None:
    li = door.browser("li")
    assert len({len(li.get(PAGE, **READS).data) for _ in range(12)}) > 3


def test_a_compressed_record_is_changed_by_its_weak_etag(door: Door) -> None:
    made = door.program("li").post("/api/shop/customer", {"name": "Wide"})
    path, wang = f"/api/shop/customer/{made.json['id']}", door.program("wang")
    long = wang.patch(path, {"secret": "no, " * 245}, **{"If-Match": made.headers["ETag"]}, **READS)
    assert long.status_code == 200 and long.headers["Content-Encoding"] == "gzip", long.text
    assert long.headers["ETag"] == f'W/"{made.json["version"] + 1}"'
    for answered in (200, 412):                # the second time it is an old one
        assert wang.patch(path, {"secret": "short"}, **{"If-Match": long.headers["ETag"]}).status_code == answered


def test_every_page_of_a_session_may_send_with_its_own_token(door: Door) -> None:
    li = door.browser("li")
    one, other = token(li.get(PAGE).text), token(li.get(PAGE).text)
    assert one != other
    for number, carried in enumerate((one, other, li.get("/session").json["csrf"])):
        li.csrf = carried
        assert li.post(PAGE, {"name": f"c{number}", "_key": f"k{number}"}).status_code == 303
    forged = ("B" if one[0] == "A" else "A") + one[1:]
    ended = one[:-4] + ("BBBB" if one[-4:] != "BBBB" else "CCCC")
    for wrong in (forged, ended, "", "ü", one[: len(one) // 2], "A" * len(one)):
        li.csrf = wrong
        assert li.post(PAGE, {"name": "never", "_key": "k9"}).status_code == 403
