"""The form: opened with defaults, previewed while one types, saved once, shown again with everything typed in it."""

from __future__ import annotations

import re
from typing import Any

from engine.expressions.values import Ref
from tests.services.shops import SHOP
from tests.web.doors import Browser, Door, peopled, told

NEW = "/apps/shop/records/sale/new"


def ids(door: Door, **quantities: object) -> dict[str, int]:
    return {code: ref.id for code, ref in door.shop.stocked(**quantities).items()}


def customer(door: Door, name: str = "Acme") -> int:
    return door.shop.create("li", "customer", name=name).id


def sale(customer: object, *lines: tuple[object, object], **more: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"customer": str(customer), "date": "2026-05-04", **more}
    for index, (product, qty) in enumerate(lines):
        form |= {
            f"lines.{index}.id": "",
            f"lines.{index}.product": str(product),
            f"lines.{index}.qty": str(qty),
            f"lines.{index}.price": "10",
        }
    return form


def control(page: str, name: str) -> str:
    """The tag of a control by its name."""
    found = re.search(rf'<(?:input|select|textarea|output)[^>]*(?:name|data-field)="{re.escape(name)}"[^>]*>', page)
    assert found, f"no control {name}"
    return found[0]


def saved(answer: Any) -> int:
    assert answer.status_code == 303, told(answer)
    return int(answer.location.rsplit("/", 1)[1])


def test_a_new_form_offers_defaults_and_a_first_row(door: Door) -> None:
    page = door.browser("li").get(NEW).text
    assert 'value="2026-05-04"' in control(page, "date")
    assert "lines.0.product" in page and "lines.__index__.product" in page
    assert 'name="number"' not in page, "numbers are given by the engine"


def test_the_address_may_give_values(door: Door) -> None:
    acme = customer(door)
    page = door.browser("li").get(f"{NEW}?customer={acme}").text
    assert f'<option value="{acme}" selected' in page and "Acme" in page


def test_what_is_saved_is_what_was_typed(door: Door) -> None:
    products, acme = ids(door, Bolt=10, Nut=10), customer(door)
    li = door.browser("li")
    id = saved(li.post(NEW, sale(acme, (products["Bolt"], 2), (products["Nut"], 3), note="soon")))
    page = li.get(f"/apps/shop/records/sale/{id}").text
    assert "Acme" in page and "soon" in page and "50.00" in page


def test_rows_are_kept_in_the_order_in_which_the_form_has_them(door: Door) -> None:
    """A row moved or copied by hand keeps its number in the names of its controls."""
    products, acme = ids(door, Bolt=10, Nut=10, Cap=10), customer(door)
    li = door.browser("li")
    first = sale(acme, (products["Bolt"], 1), (products["Nut"], 2), (products["Cap"], 3))
    rows = [{k: v for k, v in first.items() if k.startswith(f"lines.{n}.")} for n in range(3)]
    rest = {k: v for k, v in first.items() if not k.startswith("lines.")}
    id = saved(li.post(NEW, {**rest, **rows[2], **rows[0], **rows[1]}))
    stored = door.program("li").get(f"/api/shop/sale/{id}").json["lines"]
    assert [line["qty"] for line in stored] == ["3", "1", "2"]
    edited: dict[str, Any] = {**rest, "_version": "1", "_lines": "lines"}
    for place in (1, 2, 0):
        edited |= {k.replace(k.split(".")[1], "9" + str(place), 1): v for k, v in rows[(2, 0, 1)[place]].items()}
        edited[f"lines.9{place}.id"] = str(stored[place]["id"])
    saved(li.post(f"/apps/shop/records/sale/{id}/edit", edited))
    again = door.program("li").get(f"/api/shop/sale/{id}").json["lines"]
    assert [line["qty"] for line in again] == ["1", "2", "3"]
    assert [line["id"] for line in again] == [stored[n]["id"] for n in (1, 2, 0)], "a moved row is the same row"


def test_blank_rows_are_no_lines(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    form = sale(acme, (products["Bolt"], 2), ("", ""))
    form["lines.1.price"] = ""
    id = saved(door.browser("li").post(NEW, form))
    assert len(door.shop.lines(Ref("sale", id))) == 1


def test_errors_keep_everything_typed_and_stand_at_their_fields(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    answer = door.browser("li").post(NEW, sale(acme, (products["Bolt"], "many"), note="keep me"))
    assert answer.status_code == 422
    assert 'value="keep me"' in control(answer.text, "note")
    assert 'value="many"' in control(answer.text, "lines.0.qty") and 'aria-invalid="true"' in control(
        answer.text, "lines.0.qty"
    )
    assert 'data-jump="lines.0.qty"' in answer.text, "the list on top leads to the field"
    assert f'<option value="{products["Bolt"]}" selected' in answer.text


def test_rules_of_the_record_are_shown_at_their_fields(door: Door) -> None:
    answer = door.browser("li").post(NEW, {"customer": "", "date": "", "note": "n"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in control(answer.text, "customer")
    assert "data-jump" in answer.text and door.browser("li").get("/apps/shop/records/sale").text.count("data-href") == 0


def test_the_same_form_sent_twice_saves_once(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    li, form = door.browser("li"), {**sale(acme, (products["Bolt"], 1)), "_key": "k1"}
    first, second = li.post(NEW, form), li.post(NEW, form)
    assert first.location == second.location
    assert door.program("li").get("/api/shop/sale?count=exact").json["count"] == 1


def test_save_and_submit_is_one_step(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    li = door.browser("li")
    assert "Save and submit" in re.sub(r"\s+", " ", li.get(NEW).text)
    id = saved(li.post(NEW, {**sale(acme, (products["Bolt"], 1)), "_then": "submit"}))
    assert door.shop.value(Ref("sale", id), "state") == "approved"
    short = li.post(NEW, {**sale(acme, (products["Bolt"], 99)), "_then": "submit", "note": "kept"})
    assert short.status_code == 409 and "short" in short.text and 'value="kept"' in control(short.text, "note")
    assert door.program("li").get("/api/shop/sale?count=exact").json["count"] == 1


def test_warnings_wait_for_an_answer(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    li, form = door.browser("li"), {**sale(acme, (products["Bolt"], 1)), "lines.0.price": "0", "_then": "submit"}
    warned = li.post(NEW, form)
    assert (
        warned.status_code == 409
        and 'name="_accept" value="free"' in warned.text
        and "Something is free" in warned.text
    )
    assert saved(li.post(NEW, {**form, "_accept": "free"}))


def preview(li: Browser, path: str, form: dict[str, Any]) -> dict[str, Any]:
    answer = li.post(path, form)
    assert answer.status_code == 200, told(answer)
    found: dict[str, Any] = answer.json
    return found


def test_a_preview_fills_what_nobody_typed(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    form = sale(acme, (products["Bolt"], 3))
    form["lines.0.price"] = ""
    seen = preview(
        door.browser("li"),
        "/apps/shop/records/sale/preview",
        {**form, "_changed": "lines.0.product", "_touched": "lines.0.product"},
    )
    assert seen["values"]["lines.0.price"]["value"] == "10.00"
    assert seen["values"]["lines.0.amount"]["text"].endswith("30.00") and seen["values"]["total"]["text"].endswith(
        "30.00"
    )


def test_a_preview_leaves_what_was_typed(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    form = sale(acme, (products["Bolt"], 3)) | {"lines.0.price": "8"}
    seen = preview(
        door.browser("li"),
        "/apps/shop/records/sale/preview",
        {**form, "_changed": "lines.0.qty", "_touched": "lines.0.price"},
    )
    assert seen["values"]["total"]["text"].endswith("24.00")


def test_rows_counted_with_gaps_keep_their_paths(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    form = {"customer": str(acme), "lines.5.product": str(products["Bolt"]), "lines.5.qty": "many", "lines.5.id": ""}
    seen = preview(door.browser("li"), "/apps/shop/records/sale/preview", {**form, "_changed": "lines.5.qty"})
    assert "lines.5.amount" in seen["values"] and "lines.0.amount" not in seen["values"]
    assert [e["field"] for e in seen["errors"]][0] == "lines.5.qty"
    assert seen["values"]["lines.5.qty"]["value"] == "many", "what cannot be read yet is not taken away"


def test_a_preview_writes_nothing(door: Door) -> None:
    products, acme = ids(door, Bolt=10), customer(door)
    preview(door.browser("li"), "/apps/shop/records/sale/preview", sale(acme, (products["Bolt"], 3)))
    assert door.program("li").get("/api/shop/sale?count=exact").json["count"] == 0


def test_two_edits_meet_and_neither_is_lost(door: Door) -> None:
    acme = customer(door)
    li, sheet = door.browser("li"), f"/apps/shop/records/customer/{acme}/edit"
    version = re.search(r'name="_version" value="(\d+)"', li.get(sheet).text)
    assert version
    door.shop.update("wang", Ref("customer", acme), name="Acme Ltd")
    clash = li.post(sheet, {"name": "Acme AG", "limit": "5", "_version": version[1], "_key": "k"})
    assert clash.status_code == 409
    assert "Wang" in clash.text and "Acme Ltd" in clash.text and "Acme AG" in clash.text
    now = re.search(r'name="_version" value="(\d+)"', clash.text)
    assert now and int(now[1]) == int(version[1]) + 1
    assert saved(li.post(sheet, {"name": "Acme AG", "limit": "5", "_version": now[1]})) == acme
    assert door.shop.value(Ref("customer", acme), "name") == "Acme AG"


def test_lines_are_changed_added_and_taken_out(door: Door) -> None:
    products = ids(door, Bolt=10, Nut=10)
    made = door.shop.sold(submit=False, Bolt=1, Nut=2)
    first, second = door.shop.lines(made)
    acme = door.shop.value(made, "customer").id
    form = {
        "customer": str(acme),
        "date": "2026-05-04",
        "_version": "1",
        "lines.0.id": str(second),
        "lines.0.product": str(products["Nut"]),
        "lines.0.qty": "7",
        "lines.0.price": "10",
        "lines.1.id": "",
        "lines.1.product": str(products["Bolt"]),
        "lines.1.qty": "4",
        "lines.1.price": "10",
    }
    saved(door.browser("li").post(f"/apps/shop/records/sale/{made.id}/edit", form))
    assert first not in door.shop.lines(made) and door.shop.lines(made)[0] == second
    assert [door.shop.line(made, n, "qty") for n in (0, 1)] == [7, 4]


def test_a_grid_that_was_emptied_has_no_lines(door: Door) -> None:
    ids(door, Bolt=10)
    made = door.shop.sold(submit=False, Bolt=1)
    li = door.browser("li")
    assert 'name="_lines" value="lines"' in li.get(f"/apps/shop/records/sale/{made.id}/edit").text
    emptied = li.post(f"/apps/shop/records/sale/{made.id}/edit", {"_lines": "lines", "_version": "1"})
    assert emptied.status_code == 422 and len(door.shop.lines(made)) == 1, (
        "one line at least is the rule of this object"
    )


def test_a_field_left_open_by_the_state_is_saved(door: Door) -> None:
    ids(door, Bolt=10)
    made = door.shop.sold(Bolt=1)
    li = door.browser("li")
    page = li.get(f"/apps/shop/records/sale/{made.id}/edit").text
    assert 'name="_lines"' not in page
    version = re.search(r'name="_version" value="(\d+)"', page)
    line = re.search(r'name="lines.0.id" value="(\d+)"', page)
    assert version and line
    saved(
        li.post(
            f"/apps/shop/records/sale/{made.id}/edit", {"note": "hurry", "_version": version[1], "lines.0.id": line[1]}
        )
    )
    assert door.shop.value(made, "note") == "hurry" and len(door.shop.lines(made)) == 1


def test_what_the_state_closes_is_shown_and_not_typed(door: Door) -> None:
    ids(door, Bolt=10)
    made = door.shop.sold(Bolt=1)
    li = door.browser("li")
    page = li.get(f"/apps/shop/records/sale/{made.id}/edit").text
    assert control(page, "note").startswith("<input") and control(page, "customer").startswith("<output")
    refused = li.post(f"/apps/shop/records/sale/{made.id}/edit", {"customer": "1", "_version": "2"})
    assert refused.status_code == 409


def test_hidden_fields_are_nowhere(door: Door) -> None:
    acme = customer(door)
    door.shop.update("wang", Ref("customer", acme), secret="canary-price")
    li = door.browser("li")
    for path in (
        f"/apps/shop/records/customer/{acme}",
        f"/apps/shop/records/customer/{acme}/edit",
        "/apps/shop/records/customer",
        "/apps/shop/search?q=canary-price",
        f"/api/shop/customer/{acme}",
        f"/api/shop/customer/{acme}/history",
    ):
        assert "canary-price" not in li.get(path).text.replace("q=canary-price", "").replace(
            "Search: canary-price", ""
        ), path
    assert li.post(f"/apps/shop/records/customer/{acme}/edit", {"secret": "x", "_version": "2"}).status_code in (
        409,
        422,
    )
    assert "canary-price" in door.browser("wang").get(f"/apps/shop/records/customer/{acme}").text


def test_unknown_controls_are_refused(door: Door) -> None:
    assert door.browser("li").post("/apps/shop/records/customer/new", {"name": "A", "creator": "1"}).status_code == 400


def test_columns_that_nothing_typed_can_bring_up_take_no_room(database_url: str) -> None:
    more = "price: {type: money, default"
    gone = "gone: {type: quantity, default: 0, readonly: true, show: gone > 0, en: Written off}"
    extra = "extra: {type: quantity, default: 0, show: extra > 0, en: On top}"
    text = SHOP.replace(more, f"\n{' ' * 10}".join((gone, extra, more)), 1)
    door = Door(peopled(database_url, text))
    try:
        door.shop.stocked(chai=3)
        page = door.browser("li").get("/apps/shop/records/sale/new").text
        assert "Written off" not in page, "only the system fills it in"
        assert "On top" in page, "somebody may type it"
    finally:
        door.shop.site.database.close()
