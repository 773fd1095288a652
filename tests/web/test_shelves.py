"""The bin and the archive at the doors of people and of programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.services.sites import fresh
from tests.services.test_shelves import APP
from tests.web.doors import Door, peopled


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def door(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    with fresh(request.param, _server, tmp_path_factory, "shelved") as url:
        made = Door(peopled(url, APP))
        yield made
        made.shop.site.database.close()


def test_the_page_of_the_bin(door: Door) -> None:
    li, wang, shop = door.browser("li"), door.browser("wang", "zh"), door.shop
    ref, other = shop.create("li", "client", name="Acme"), shop.create("sun", "client", name="Sunny")
    deal = shop.create("li", "deal", text="D", must=ref.id)
    base = f"/apps/shop/records/client/{ref.id}"
    assert "/apps/shop/bin?object=client" in li.get("/apps/shop/records/client").text
    li.post(f"{base}/delete", {"_version": "1"})
    wang.post(f"/apps/shop/records/client/{other.id}/delete", {"_version": "1"})
    mine, all_of_it = li.get("/apps/shop/bin?object=client").text, wang.get("/apps/shop/bin?object=client").text
    assert "Acme" in mine and "Sunny" not in mine and "Delete for good" not in mine and "for 90 days" in mine
    assert "Acme" in all_of_it and "Sunny" in all_of_it and "purge" in all_of_it
    shop.create("li", "client", name="Acme")
    refused = li.post(f"{base}/restore")
    assert refused.status_code == 422 and "already one with" in refused.text
    assert 'name="name" value="Acme"' in refused.text, "another one can be typed"
    assert "Acme" not in li.post(f"{base}/restore", {"name": "Acme again", "size": "x"}).headers.get("Location", "")
    assert li.post(f"{base}/restore", {"name": "Acme again"}).status_code == 303
    li.post(f"{base}/delete", {"_version": "3"})
    assert li.post(f"/apps/shop/records/client/{other.id}/restore").status_code == 404
    assert wang.post(f"/apps/shop/records/client/{other.id}/restore").status_code == 303
    assert li.post(f"{base}/purge").status_code == 403
    assert wang.post(f"{base}/purge").status_code == 303 and li.post(f"{base}/restore").status_code == 404
    assert li.get(f"/apps/shop/records/deal/{deal.id}").status_code == 404       # it went along


def test_the_page_of_what_is_archived(door: Door) -> None:
    li = door.browser("li")
    ref = door.shop.create("li", "client", name="Stored")
    base = f"/apps/shop/records/client/{ref.id}"
    assert li.post(f"{base}/archive", {"_version": "1"}).status_code == 303
    assert "Stored" not in li.get("/apps/shop/records/client?search=stored").text
    assert "Stored" in li.get("/apps/shop/records/client?shelf=archived").text
    page = li.get(base).text
    assert "In the archive: it can be read" in page and "Take out of the archive" in page
    assert li.post(f"{base}/edit", {"_version": "2", "size": "3"}).status_code == 409
    assert li.post(f"{base}/unarchive", {"_version": "2"}).status_code == 303
    assert "Stored" in li.get("/apps/shop/records/client").text


def test_links_say_that_they_lead_into_the_bin(door: Door) -> None:
    ref = door.shop.create("li", "client", name="Left")
    deal = door.shop.create("li", "deal", text="D", client="Left", must=door.shop.create("li", "client", name="M").id)
    with door.shop.site.database.write() as connection:        # as data from before links were asked
        connection.exec_driver_sql(f"update shop__client set deleted_at = '2026-01-01 00:00:00' where id = {ref.id}")
    page = door.browser("li").get(f"/apps/shop/records/deal/{deal.id}").text
    assert "Left (deleted)" in page and not re.search(rf'href="[^"]*client/{ref.id}"', page)


def test_the_bin_and_the_archive_over_rest(door: Door) -> None:
    li, wang, api = door.program("li"), door.program("wang"), "/api/shop/client"
    id = li.post(api, {"name": "Rest"}).json["id"]
    assert li.call("DELETE", f"{api}/{id}").status_code == 204
    (found,) = [one for one in li.get(f"{api}?state=deleted").json["items"] if one["id"] == id]
    assert found["deleted_at"] and found["name"] == "Rest"
    assert li.get(f"{api}?state=gone").status_code == 400 and li.get(f"{api}/{id}").status_code == 404
    assert door.program("sun").post(f"{api}/{id}/restore").status_code == 404
    twin = li.post(api, {"name": "Rest"}).json["id"]
    taken = li.post(f"{api}/{id}/restore")
    assert taken.status_code == 422 and taken.json["errors"][0]["code"] == "unique"
    assert li.post(f"{api}/{id}/restore", {"nam": "x"}).status_code == 400
    assert li.post(f"{api}/{id}/restore", {"name": "Rest 2"}).json["name"] == "Rest 2"
    li.call("DELETE", f"{api}/{id}")
    assert li.patch(f"{api}/{twin}", {"name": "Rest 3"}).status_code == 200
    back = li.post(f"{api}/{id}/restore")
    assert back.status_code == 200 and "deleted_at" not in back.json and back.headers["ETag"]
    assert li.post(f"{api}/{id}/archive", If_Match='"1"').status_code == 412
    assert li.post(f"{api}/{id}/archive").json["archived_at"]
    assert [one["id"] for one in li.get(f"{api}?state=archived").json["items"]] == [id]
    refused = li.patch(f"{api}/{id}", {"size": 3})
    assert refused.status_code == 409 and "archive" in refused.json["detail"]
    assert li.post(f"{api}/{id}/unarchive").status_code == 200
    li.call("DELETE", f"{api}/{id}")
    assert li.post(f"{api}/{id}/purge").status_code == 403
    assert wang.post(f"{api}/{id}/purge").status_code == 204 and wang.post(f"{api}/{id}/purge").status_code == 404
    paths = li.get("/api/shop/openapi.json").json["paths"]
    assert {f"{api}/{{id}}/{verb}" for verb in ("restore", "purge", "archive", "unarchive")} <= set(paths)
    assert "/restore" not in str(door.program("zhao").get("/api/shop/openapi.json").json["paths"].keys())
