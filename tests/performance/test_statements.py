"""No work grows with what it shows: pages, files and commands send as many statements for many rows as for a few."""

from __future__ import annotations

import pytest

from tests.performance.trades import Trade

FEW, MANY = 3, 12
APPROVING = 34                                 # statements of an approval that books, its request and answer included
SHOWN = {
    "list page": "/apps/trade/records/order",
    "filtered page": "/apps/trade/records/order?filter=customer.name%20%3E%20''&sort=-total",
    "list": "/api/trade/order",
    "picked fields": "/api/trade/order?fields=number,customer,customer.region.country.name,owner&sort=-date",
    "detail": "/apps/trade/records/order/{id}",
    "related": "/apps/trade/records/customer/{customer}/related/orders",
    "counts of what is related": "/apps/trade/records/customer/{customer}/related",
    "way of a document": "/apps/trade/records/order/{id}/course",
    "record": "/api/trade/order/{id}",
    "form": "/apps/trade/records/order/{id}/edit",
    "CSV": "/apps/trade/records/order/export.csv",
    "XLSX": "/apps/trade/records/order/export.xlsx",
    "inbox": "/apps/trade/tasks",
    "tasks": "/api/tasks",
    "card": "/apps/trade/boards/board/cards/0",
    "candidates": "/apps/trade/lookup/order/customer?q=0",
    "search": "/apps/trade/search?q=0",
    "balances": "/apps/trade/registers/stock",
    "home": "/apps/trade/",
    "kanban": "/apps/trade/records/order?view=board",
    "calendar": "/apps/trade/records/order?view=days",
    "agenda": "/apps/trade/records/order?view=days&span=agenda",
    "timeline": "/apps/trade/records/order?view=plan",
    "gallery": "/apps/trade/records/order?view=pictures",
    "tree": "/apps/trade/records/region?view=tree&expanded={region}",
    "found in a tree": "/apps/trade/records/region?view=tree&filter=name%20%3E%20''",
}


def test_what_is_shown_takes_as_many_statements_for_many_rows_as_for_few(trade: Trade) -> None:
    counts: dict[int, dict[str, list[str]]] = {}
    parties: list[tuple[int, str]] = []
    for size in (FEW, MANY):
        parties += [trade.party() for _ in range(size - len(parties))]
        orders = [trade.order(customer, [code for _, code in parties]) for customer, _ in parties]
        for _, code in parties:
            trade.order(parties[0][0], [code])
        for id in orders[1:]:
            trade.submit(id)
        named = {"id": orders[0], "customer": parties[0][0], "region": trade.top}
        counts[size] = {
            name: trade.counted(lambda path=path: trade.call("GET", path))  # type: ignore[misc]
            for name, path in ((name, path.format(**named)) for name, path in SHOWN.items())
        }
    grown = {
        name: (len(counts[FEW][name]), len(seen), further(counts[FEW][name], seen))
        for name, seen in counts[MANY].items()
        if len(seen) > len(counts[FEW][name])
    }
    assert not grown, "\n".join(f"{name}: {few} → {many}: {what}" for name, (few, many, what) in grown.items())


def further(few: list[str], many: list[str]) -> set[str]:
    """The statements that there are more of."""
    return {one[:200] for one in many if many.count(one) > few.count(one)}


@pytest.mark.parametrize("sizes", [(FEW, 40)])
def test_commands_take_as_many_statements_for_many_lines_as_for_few(trade: Trade, sizes: tuple[int, int]) -> None:
    parties = [trade.party() for _ in range(max(sizes))]
    counts = {}
    for size in sizes:
        codes, made = [code for _, code in parties[:size]], list[int]()
        counts["create", size] = trade.counted(lambda c=codes, m=made: m.append(trade.order(parties[0][0], c)))  # type: ignore[misc]
        counts["submit", size] = trade.counted(lambda m=made: trade.submit(m.pop()))  # type: ignore[misc]
        waiting = [item["id"] for item in trade.call("GET", "/api/tasks").get_json()["items"]]
        counts["approve", size] = trade.counted(
            lambda w=waiting: trade.call("POST", f"/api/tasks/{w.pop()}/approve", {})       # type: ignore[misc]
        )
        id = trade.order(parties[0][0], codes)
        lines = trade.call("GET", f"/api/trade/order/{id}").get_json()["lines"]
        quantities = iter(("3", "4"))

        def change(id: int = id, lines: list[dict[str, object]] = lines) -> None:
            quantity = next(quantities)                               # noqa: B023 - called within the round
            body = {"lines": [{"id": line["id"], "qty": quantity} for line in lines]}
            trade.call("PATCH", f"/api/trade/order/{id}", body)

        counts["change", size] = trade.counted(change)
    for verb in ("create", "submit", "approve", "change"):
        few, many = (counts[verb, size] for size in sizes)
        assert len(few) >= len(many), f"{verb}: {len(few)} → {len(many)}: {further(few, many)}"
    assert len(counts["approve", FEW]) <= APPROVING, counts["approve", FEW]
