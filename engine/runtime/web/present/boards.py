"""Boards: the frame with a place per card, and the look of each card. Knows definitions and access, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.definitions.questions import Card
from engine.errors import NotFound, Unreadable
from engine.expressions.nodes import Aggregate, Source, Stored
from engine.runtime.services import reading
from engine.runtime.services.reading import Query
from engine.runtime.services.reporting import boards
from engine.runtime.services.reporting.boards import NOTHING
from engine.runtime.services.reporting.narrowing import Given, Narrowed
from engine.runtime.services.reporting.reports import Table
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import (
    addresses,
    board_filters,
    columns,
    lists,
    menus,
    origins,
    pivots,
    sheets,
    shelves,
    values,
)
from engine.runtime.web.present.board_filters import Filter
from engine.runtime.web.present.groups import TOTAL
from engine.runtime.web.present.sheets import TableView
from engine.texts import listed, say

# How much room a card takes: figures a quarter, charts half, tables and lists half too, texts the whole width.
SIZES = {
    "number": "is-small",
    "bar": "is-half",
    "line": "is-half",
    "area": "is-half",
    "funnel": "is-half",
    "gauge": "is-small",
    "pie": "is-half",
    "table": "is-half",
    "pivot": "is-wide",
    "view": "is-half",
    "list": "is-half",
    "text": "is-wide",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A card's place in the frame; its content is loaded from `url`."""

    label: str
    kind: str
    size: str
    url: str
    below: int = 0                             # lines below a figure: its change, its goal


@dataclass(frozen=True, slots=True)
class BoardFrame:
    """A board before its cards are filled."""

    name: str
    label: str
    url: str
    places: Sequence[Place]
    filters: Sequence[Filter] = ()
    wrong: bool = False                        # a filter cannot be read: the cards wait until it is right


def frame(tx: Tx, name: str, given: Given = NOTHING) -> BoardFrame:
    """The frame of a board with what was `given` for its filters; `NotFound` if the actor may not see it."""
    board = tx.app.dashboards.get(name)
    if board is None or not boards.may_see(tx, board):
        raise NotFound(
            say(
                zh="没有名为 {name} 的看板，或者您无权查看",
                en="There is no board called {name}, or you may not see it",
                name=name,
            )
        )
    url = addresses.board(tx.app.name, name)
    filters = board_filters.shown(tx, board, given)
    places = [
        place(card, f"{url}/cards/{number}{_asked(tx, name, given)}", tx.actor.language)
        for number, card in enumerate(board.cards)
    ]
    wrong = any(one.control.error for one in filters)
    return BoardFrame(name, board.label.to(tx.actor.language), url, places, filters, wrong)


def _asked(tx: Tx, name: str, given: Given) -> str:
    """What was given for the filters of a board, at the end of an address."""
    return board_filters.address({one: given[one] for one in tx.app.dashboards[name].filters if one in given})


def place(card: Card, url: str, language: str) -> Place:
    below = (card.compare is not None) + (card.goal is not None)
    return Place(card.label.to(language), card.kind, SIZES.get(card.kind, "is-half"), url, below)


@dataclass(frozen=True, slots=True)
class CardContent:
    """What a card shows: one figure, a chart, a table or a text; `reason` says why there is nothing."""

    kind: str
    label: str
    value: str = ""
    goal: str = ""
    chart: Mapping[str, Any] | None = None
    table: TableView | None = None
    text: str = ""
    reason: str = ""
    url: str = ""
    change: Mapping[str, Any] | None = None
    drill_url: str = ""
    drill_label: str = ""
    beside: str = ""                           # the filters that are set and do not narrow it


def filled(tx: Tx, name: str, number: int, given: Given = NOTHING) -> CardContent:
    """The content of one card of a board, for what was `given` for its filters."""
    view, language = boards.card(tx, name, number, given), tx.actor.language
    own = tx.app.dashboards[name].cards[number]
    card = view.asked.card if view.asked is not None else own
    rows = f"{addresses.board(tx.app.name, name)}/cards/{number}/behind{_asked(tx, name, given)}"
    table = _laid_out(tx, card, view, rows) if view.chart is None else None
    if view.asked is not None and card.kind == "view" and not view.reason:
        table = _listed(tx, view.asked)
    if table is not None and view.records:
        addressed = zip(table.rows, view.records, strict=True)
        table = replace(table, rows=[replace(row, url=values.address_of(tx.app, ref)) for row, ref in addressed])
    drill_url, drill_label = drill(tx, own)
    beside = view.asked.beside if view.asked is not None else ()
    empty = view.table is not None and not view.table.rows
    return CardContent(
        kind=view.kind,
        label=view.label.to(language),
        value=figure(tx, card, view.value, view.shown),
        goal=figure(tx, card, view.goal, view.goal_shown),
        chart=None if empty or view.chart is None else origins.charted(view.chart, rows),
        table=table,
        text=view.text.to(language) if view.text is not None else "",
        reason=view.reason.to(language) if view.reason else "",
        url=addresses.report(tx.app.name, view.report) + board_filters.for_report(tx, name, view.report, given)
        if view.report
        else addresses.records(tx.app.name, view.object, **rows_of(tx, own, view))
        if view.object
        else "",
        change=change(tx, card, view),
        drill_url=drill_url,
        drill_label=drill_label,
        beside=listed([one.label.to(language) for one in beside], language),
    )


def _laid_out(tx: Tx, card: Card, view: boards.CardView, base: str) -> TableView | None:
    """What the card's table shows: of a pivot, or a report with `across`, its first groups, the values as headings.
    Figures of reports lead to their rows at `base`."""
    crossing = boards.crossing(tx, card)
    whole = view.whole or view.table
    if crossing is not None and view.table is not None:
        whole = pivots.crossed(tx, crossing, view.table)
        shown: Table | None = replace(whole, rows=whole.rows[: boards.most(card)])
    else:
        shown = view.table
    if shown is None or whole is None:
        return None
    made = sheets.table(tx, shown)
    report = crossing or tx.app.reports.get(card.report)
    if report is not None and view.table is not None:
        made = origins.linked(tx, report, view.table if crossing is not None else shown, shown, made, base)
    added = pivots.sums(tx.app.reports[card.report], whole) if card.total and card.report else []
    if not any(value is not None for value in added):
        return made
    texts = [sheets.cell(tx, column, value).text for column, value in zip(whole.columns, added, strict=True)]
    return replace(made, total=[TOTAL.to(tx.actor.language), *texts[1:]])


def _listed(tx: Tx, narrowed: Narrowed) -> TableView:
    """The first rows of a declared list, in its columns and its order, as its page shows them."""
    card = narrowed.card
    obj, view = tx.app.objects[card.object], tx.app.objects[card.object].views[card.view]
    query = Query(limit=boards.most(card), also=card.where, names=narrowed.names)
    asked = shelves.ordered(query, view, lists.sortable(tx, obj))
    picked = columns.of_view(tx, obj, view, access.visible_fields(tx, obj), tx.actor.language)
    rows = lists.rows(tx, obj, reading.page(tx, obj.name, asked), picked, tx.actor.language)
    return TableView([lists.plain_head(column) for column in picked], rows)


def change(tx: Tx, card: Card, view: boards.CardView) -> dict[str, Any] | None:
    """How a figure stands to the one before, in percent; which way is good is not known. None without one."""
    now, before = view.value, view.before
    if not isinstance(before, Decimal) or not isinstance(now, Decimal):
        return None
    was = figure(tx, card, before, (card.format and card.format.show(before, tx.actor.language, tx.zone)) or "")
    if before == 0:
        return {"text": say(zh="此前 {was}", en="Before: {was}", was=was).to(tx.actor.language)}
    percent = f"{(now - before) / abs(before) * 100:+.1f} %"
    text = say(zh="{percent}，此前 {was}", en="{percent}, before: {was}", percent=percent, was=was)
    return {"text": text.to(tx.actor.language)}


def rows_of(tx: Tx, card: Card, view: boards.CardView) -> dict[str, str]:
    """What the address of a list asks to show the rows of a card, and the further ones."""
    if view.view:
        return {"view": view.view}
    return asked(tx, view.object, card.where.text if card.where is not None else "")


def drill(tx: Tx, card: Card) -> tuple[str, str]:
    """What a card leads to: its address and name; of a figure that counts or adds up records of an object, the list of
    these very records. Blank where the actor may not go there."""
    app, language, name = tx.app, tx.actor.language, card.drill
    kind = "report" if name in app.reports else "dashboard" if name in app.dashboards else "object"
    if not name or not menus.may_open(tx, kind, name):
        return "", ""
    if kind == "object":
        label = app.objects[name].plural.to(language)
        return addresses.records(app.name, name, **asked(tx, name, counted(card))), label
    shown = app.reports[name].label if kind == "report" else app.dashboards[name].label
    return menus.address(app.name, kind, name), shown.to(language)


def counted(card: Card) -> str:
    """The condition of the records that a figure is worked out from, as it is written; blank without one."""
    node = card.value.node if card.value is not None else None
    source = node.source if isinstance(node, Aggregate) else None
    if card.value is None or not isinstance(source, Source) or source.where is None:
        return ""
    own = isinstance(source.base, Stored) and source.base.name == card.drill and not source.base.movements
    return card.value.text[source.where.start : source.where.end] if own and source.moment is None else ""


def asked(tx: Tx, object: str, condition: str) -> dict[str, str]:
    """A condition as the filter of a list; nothing where the list cannot ask it, or its reader may not."""
    try:
        reading.filter_of(tx, object, condition)
    except Unreadable:
        return {}
    return {"filter": condition} if condition else {}


def figure(tx: Tx, card: Card, value: Any, shown: str) -> str:
    """A number as people read it: in the card's format, else by the unit of its expression."""
    if card.format is not None or card.value is None:
        return shown
    return sheets.shown(tx, card.value.type, value)
