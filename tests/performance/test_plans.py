"""Lists read their pages along an index, the first one and a deep one, also where the sorted field may be blank."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Table, event, insert, literal, select, text

from engine.runtime.storage.flow_tables import INSTANCES, TASKS, VISITS
from tests.performance.trades import Trade

ROWS, DEEP = 20_000, 9_000
SORTED_WHOLE = re.compile(r"USE TEMP B-TREE FOR ORDER BY|^ *(->)? *Sort\b|SCAN \w+$|Seq Scan on trade__order\b", re.M)


def grown(trade: Trade, id: int) -> None:
    """Copies of one order, a few days' worth, every hundredth without a day."""
    with trade.site.database.write() as connection:
        table = trade.site.apps_in(connection)[0].tables.objects["order"]
        row = dict(connection.execute(select(table).where(table.c.id == id)).mappings().one())
        day = row.pop("date")
        del row["id"]
        copies = [
            {**row, "number": f"C{n:06}", "date": None if n % 100 == 0 else day.replace(year=2000 + n % 20)}
            for n in range(ROWS)
        ]
        connection.execute(insert(table), copies)
        connection.execute(text("ANALYZE"))


def plans(trade: Trade, path: str, of: str = "FROM trade__order AS") -> list[str]:
    """How the database goes about the selects of orders (or of what is named) that a request sends."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if statement.startswith("SELECT") and of in statement and ("count(" not in statement or "order" not in of):
            sent.append((statement, values))

    for engine in trade.site.database.engines:
        event.listen(engine, "before_cursor_execute", note)
    trade.call("GET", path)
    for engine in trade.site.database.engines:
        event.remove(engine, "before_cursor_execute", note)
    word = "EXPLAIN QUERY PLAN " if trade.site.database.dialect == "sqlite" else "EXPLAIN "
    with trade.site.database.read() as connection:
        return ["\n".join(str(row[-1]) for row in connection.exec_driver_sql(word + s, v)) for s, v in sent]


@pytest.mark.parametrize("sort", ["-date", "date"])
def test_pages_are_read_along_an_index(trade: Trade, sort: str) -> None:
    customer, product = trade.party()
    grown(trade, trade.order(customer, [product]))
    listed = f"/api/trade/order?fields=number,date&limit=50&sort={sort}"
    page = trade.call("GET", f"{listed}&filter=date%20{'<' if sort == '-date' else '>'}%20date(2010, 1, 1)").get_json()
    first, deep = plans(trade, listed), plans(trade, f"{listed}&cursor={page['next']}")
    assert first and deep, "the list was asked for"
    for plan in (*first, *deep):
        assert not SORTED_WHOLE.search(plan), plan
        assert "date__id" in plan, plan


def test_pages_through_blanks_give_every_row_once(trade: Trade) -> None:
    customer, product = trade.party()
    id = trade.order(customer, [product])
    with trade.site.database.write() as connection:
        table = trade.site.apps_in(connection)[0].tables.objects["order"]
        row = dict(connection.execute(select(table).where(table.c.id == id)).mappings().one())
        del row["id"]
        copies = [{**row, "number": f"C{n}", "date": None if n % 3 else row["date"]} for n in range(20)]
        connection.execute(insert(table), copies)
        total = connection.execute(select(literal(1)).select_from(table)).all()
    for sort in ("date", "-date"):
        seen, cursor = [], ""
        while True:
            page = trade.call("GET", f"/api/trade/order?fields=date&limit=4&sort={sort}&cursor={cursor}").get_json()
            seen += [(item["date"] is None, item["id"]) for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        down = sort == "-date"
        assert seen == sorted(seen, key=lambda one, down=down: (one[0], -one[1] if down else one[1]))  # type: ignore[misc]
        assert len(seen) == len(set(seen)) == len(total)


FLOWS = r"sys_flow_(?:instance|visit|task)\b"
READ_WHOLE = re.compile(rf"SCAN {FLOWS}|Seq Scan on {FLOWS}|ix_sys_flow_instance_record \(object=\?\)$", re.M)


def test_the_inbox_begins_with_what_waits_for_its_reader_or_is_followed(trade: Trade) -> None:
    customer, product = trade.party()
    trade.submit(trade.order(customer, [product]))
    with trade.site.database.write() as connection:
        others: dict[Table, dict[str, Any]] = {        # approvals by others, over other records
            INSTANCES: {"status": "approved", "initiator": None, "record": 0},
            VISITS: {"instance": 0},
            TASKS: {"instance": 0, "visit": 0, "status": "done", "done_by": 0},
        }
        for table, over in others.items():
            row = {**connection.execute(select(table)).mappings().one(), **over, "id": 0}
            copies = [{**row, **{name: n for name, value in row.items() if value == 0 and name in ("id", *over)}}
                      for n in range(1000, 2500)]
            connection.execute(insert(table), copies)
        connection.execute(text("ANALYZE"))
    for box in ("todo", "watched"):
        asked = plans(trade, f"/apps/trade/tasks?box={box}", "sys_flow_instance")
        assert len(asked) >= 4, "rows and counters of the boxes"
        assert not [plan for plan in asked if READ_WHOLE.search(plan)], "\n\n".join(asked)
