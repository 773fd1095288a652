"""What a program is told on its way: why something is closed, which address is wrong; the page of the API names every
request."""

from __future__ import annotations

import re
from pathlib import Path

from tests.web.doors import Door, told

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
SALE = "/api/shop/sale"


def test_every_closed_field_says_why(door: Door) -> None:
    door.shop.stocked(Bolt=1000)
    draft, done = door.shop.sold(submit=False, Bolt=1), door.shop.sold(Bolt=2)
    li, zhao = door.program("li"), door.program("zhao")
    fields = li.get(f"{SALE}/{draft.id}/allowed").json["fields"]
    assert all(right["edit"] is (right["reason"] is None) for right in fields.values()), fields
    assert fields["total"]["reason"] == "Total is computed and cannot be given"
    assert fields["number"]["reason"] == "Number is filled in by the system"
    assert fields["lines.amount"]["reason"] == "Amount is computed and cannot be given"
    refused = li.patch(f"{SALE}/{draft.id}", {"total": 5})
    assert refused.json["errors"][0]["message"] == fields["total"]["reason"], told(refused)
    posted = li.get(f"{SALE}/{done.id}/allowed").json["fields"]
    assert posted["date"]["reason"] == "Date cannot change while it is Approved"
    assert zhao.get(f"{SALE}/{done.id}/allowed").json["fields"]["note"]["reason"] == "You may not fill in Note"
    preview = li.post(f"{SALE}/preview", {"customer": "Acme"}).json["allowed"]["fields"]
    assert preview["total"]["reason"] == fields["total"]["reason"] and preview["date"]["edit"]


def test_a_wrong_address_says_so(door: Door) -> None:
    door.shop.stocked(Bolt=1000)
    draft = door.shop.sold(submit=False, Bolt=1)
    li = door.program("li")
    nowhere = li.get(f"{SALE}/{draft.id}/nosuch")
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "not_found")
    assert "openapi.json" in nowhere.json["detail"]
    method = li.post(f"{SALE}/{draft.id}/history")
    assert (method.status_code, method.json["code"]) == (405, "method") and "GET" in method.headers["Allow"]
    unread = li.patch(f"{SALE}/{draft.id}", {"note": "x"}, If_Match="three")
    assert unread.status_code == 412 and "ETag" in unread.json["detail"] and "current_version" not in unread.json
    typed = li.patch(f"{SALE}/{draft.id}?acept=free", {"note": "x"})
    assert typed.status_code == 400 and "accept" in typed.json["detail"]


def test_the_page_of_the_api_names_every_request(door: Door) -> None:
    """Each path of a document, its names by their kind, stands in the page; `…` there continues the path before."""
    named = {re.sub(r"\{\w+\}", "{}", one) for one in paths_of(PAGE.read_text(encoding="utf-8"))}
    app, asked = door.shop.app, set()
    for login in ("wang", "ada"):
        for path in door.program(login).get("/api/shop/openapi.json").json["paths"]:
            parts = path.removeprefix("/api/shop/").split("/") if path.startswith("/api/shop/") else None
            if parts is None:
                asked.add(re.sub(r"\{\w+\}", "{}", path))
                continue
            if parts[0] in app.objects:
                parts[0] = "{}"
            for above in ("registers", "reports", "actions", "periods", "pull", "print"):
                if above in parts[:-1]:
                    parts[parts.index(above) + 1] = "{}"
            asked.add(re.sub(r"\{\w+\}", "{}", "/api/{}/" + "/".join(parts)))
    assert len(asked) > 20 and sorted(asked - named) == []


def paths_of(text: str) -> set[str]:
    """The paths that a text names in backticks; `…/x` goes on from the one before, or takes the place of its end."""
    found: set[str] = set()
    before = ""
    for path in re.findall(r"`[^`\n]*?((?:/api|…)/[^\s?`]+)[^`\n]*`", text):
        if path.startswith("…/"):
            tail = path.removeprefix("…/")
            found |= {f"{before}/{tail}", f"{before.rpartition('/')[0]}/{tail}"}
        else:
            found.add(path)
            before = path
    return found
