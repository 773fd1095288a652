"""A refusal that stands alone names field and row in the reader's language, once; beside its field it does not."""

from __future__ import annotations

import pytest

from tests.web.doors import Door, told

SALE = "/api/shop/sale"
GOOD = {"product": "Bolt", "qty": "1"}


@pytest.fixture
def shop(door: Door) -> Door:
    door.shop.stocked(Bolt=100)
    door.shop.sold(submit=False, Bolt=1)
    return door


@pytest.mark.parametrize(("values", "english", "chinese"), [
    ({"date": "soon"}, "Date: ", "“日期”："),
    ({"lines": [GOOD, {**GOOD, "qty": "many"}]}, "Lines row 2, Quantity: ", "明细第 2 行“数量”："),
    ({"lines": [GOOD, {**GOOD, "qty": "0"}]}, "Lines row 2: Quantity may not be below", "明细第 2 行：“数量”不能小于"),
    ({"lines": [{"qty": "1"}]}, "Lines row 1: Product is required", "明细第 1 行：“产品”必填"),
    ({"customer": None}, "Customer is required", "“客户”必填"),
    ({"date": "soon", "customer": None}, "Sale needs 2 corrections: Date: ", "“订单”有 2 处需要修改：“日期”："),
])
def test_the_detail_names_field_and_row(shop: Door, values: dict, english: str, chinese: str) -> None:  # type: ignore[type-arg]
    body = {"customer": "Acme", "lines": [GOOD], **values}
    program = shop.program("li")
    answer = program.post(SALE, body)
    assert answer.status_code == 422 and answer.json["detail"].startswith(english), told(answer)
    other = program.post(SALE, body, Accept_Language="zh")
    assert other.json["detail"].startswith(chinese), told(other)
    assert all(not error["message"].startswith(("Lines row", "Date: ")) for error in answer.json["errors"])


def test_the_form_says_it_on_top_with_field_and_row_and_beside_the_field_without(shop: Door) -> None:
    form = {"customer": "Acme", "lines.0.product": "Bolt", "lines.0.qty": "1", "lines.1.product": "Bolt",
            "lines.1.qty": "many"}
    page = shop.browser("li").post("/apps/shop/records/sale/new", form)
    assert page.status_code == 422
    shown = told(page)
    assert shown.count("Lines row 2, Quantity: “many” is not a number") == 1
    assert page.text.count("“many” is not a number") == 2 and page.text.count("row 2, Quantity") == 1


def test_an_action_names_its_own_input(shop: Door) -> None:
    answer = shop.program("li").post(f"{SALE}/1/actions/cancel", {"input": {"reason": [5]}})
    assert answer.status_code == 422 and answer.json["detail"].startswith("Reason: "), told(answer)
