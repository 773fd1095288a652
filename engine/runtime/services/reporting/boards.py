"""Boards: the cards of a dashboard as plain data, answered as the reader. Draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from engine.definitions.objects import Who
from engine.definitions.questions import Card, Dashboard, Report
from engine.errors import Failure, Forbidden, NotFound
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Node
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.services import reading
from engine.runtime.services.reporting import behind, charting, grouping, narrowing, reasons, reports
from engine.runtime.services.reporting.narrowing import Given, Narrowed
from engine.runtime.services.reporting.reports import Column, Table
from engine.runtime.services.rights import access, sight
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.sessions import Session
from engine.runtime.storage import listings
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

LISTED = 10                                    # rows of a list or table card that says nothing
MOST = 100
NOTHING: Given = MappingProxyType({})
UNSEEN = say(zh="您无权查看这张卡片的内容", en="You may not see what this card shows")


@dataclass(frozen=True, slots=True)
class CardView:
    """One card: `value` and `shown` of a number (`goal` and the value `before` too), `chart` an ECharts option, `table`
    of a table or list with `records` row by row, `text`. `reason` says why there is nothing to see."""

    kind: str
    name: str
    label: Text
    value: Value = None
    shown: str = ""
    goal: Value = None
    goal_shown: str = ""
    before: Value = None
    chart: Mapping[str, Any] | None = None
    table: Table | None = None
    whole: Table | None = None                 # a table before it was cut, for its sums
    view: str = ""                             # of the object, whose first rows the card lists
    records: tuple[Ref, ...] = ()
    object: str = ""
    report: str = ""
    text: Text | None = None
    reason: Text | None = None
    asked: Narrowed | None = None              # the card as it was asked


def listing(tx: Tx) -> list[Dashboard]:
    """The dashboards that are for the actor."""
    return [board for board in tx.app.dashboards.values() if may_see(tx, board)]


def may_see(tx: Tx, board: Dashboard) -> bool:
    """Whether the board is for the actor: everybody signed in, unless it names people."""
    actor = tx.actor
    if actor.kind == "service":
        return True
    if board.by is None:
        return actor.kind == "user"
    return _among(tx, board.by)


def _among(tx: Tx, who: Who) -> bool:
    actor = tx.actor
    if "public" in who.words or ("everyone" in who.words and actor.kind == "user") or set(who.roles) & actor.roles:
        return True
    frame = Frame(ReaderSession(tx))
    return actor.ref is not None and any(actor.ref in access.people(e.value(frame)) for e in who.people)


def card(tx: Tx, dashboard: str, index: int, given: Given = NOTHING) -> CardView:
    """One card of a board (0-based), narrowed to what was `given` for its filters, else to their defaults. `NotFound`
    for what there is not; a card that cannot be answered says why."""
    board = tx.app.dashboards.get(dashboard)
    if board is None or not may_see(tx, board) or not 0 <= index < len(board.cards):
        raise NotFound(say(zh="没有这个看板，或者您无权查看", en="There is no such board, or you may not see it"))
    one = board.cards[index]
    view = CardView(one.kind, one.name, one.label, object=one.object, report=one.report)
    try:
        asked = narrowing.narrowed(tx, board, one, narrowing.chosen(tx, board, given))
        view = replace(view, asked=asked)
        return KINDS[one.kind](tx, asked, view)
    except (Forbidden, NotFound):
        return replace(view, reason=UNSEEN)
    except Failure as failure:
        return replace(view, reason=failure.message)


def behind_card(tx: Tx, dashboard: str, index: int, given: Given, at: str) -> behind.Behind:
    """The rows behind a figure of a card: those of the report's group that `at` tells, narrowed as the card is.

    Raises `NotFound` for what is not for the actor, and what `behind.run` and `behind.heard` raise."""
    board = tx.app.dashboards.get(dashboard)
    known = board is not None and may_see(tx, board) and 0 <= index < len(board.cards)
    one = board.cards[index] if board is not None and known else None
    if board is None or one is None or one.report not in tx.app.reports:
        raise NotFound(say(zh="没有这张卡片，或者您无权查看", en="There is no such card, or you may not see it"))
    asked = narrowing.narrowed(tx, board, one, narrowing.chosen(tx, board, given))
    assert asked.report is not None, "a card of a report has it"
    return behind.run(tx, asked.report, behind.heard(asked.report, at), asked.params, names=asked.names)


def _number(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    one, frame = asked.card, Frame(ReaderSession(tx), names=asked.names)
    assert one.value is not None, "a number card has its expression"
    demand_sight(tx, one.value.node, *(e.node for e in (one.goal, one.compare) if e is not None))
    value = one.value.value(frame)
    if isinstance(value, ErrorValue):
        return replace(view, reason=reasons.reason(Session(tx), value))
    goal, before = (_beside(expression, frame) for expression in (one.goal, one.compare))
    return replace(
        view, value=value, shown=_shown(tx, one, value), goal=goal, goal_shown=_shown(tx, one, goal), before=before
    )


def demand_sight(tx: Tx, *nodes: Node, thing: str = "") -> None:
    """Raise `Forbidden` where a card reads what the actor may not see."""
    if not sight.may_evaluate(tx, thing, nodes):
        raise Forbidden(UNSEEN)


def _beside(expression: Expression | None, frame: Frame) -> Value:
    """A figure that stands beside another one; left out where it cannot be computed."""
    value = expression.value(frame) if expression is not None else None
    return None if isinstance(value, ErrorValue) else value


def _gauge(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    found = _number(tx, asked, view)
    if found.reason is not None:
        return found
    return replace(found, chart=charting.gauge(found.value, found.goal, found.shown))


def _shown(tx: Tx, one: Card, value: Value) -> str:
    shown = one.format.show(value, tx.actor.language, tx.zone) if one.format is not None else None
    return shown if shown is not None else "" if value is None else str(value)


def _chart(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    one = asked.card
    table = _cut(_sorted(_answer(tx, asked), one), one)
    names = [column.name for column in table.columns]
    x = one.x or names[0]
    y = [name for name in one.y or tuple(name for name in names if name not in (x, one.split)) if name in names]
    if x not in names or not y or (one.split and one.split not in names):
        return replace(view, reason=UNSEEN)
    drawn = [place for place, name in enumerate(names) if name in (x, one.split, *y)]
    cells = (row[place] for row in table.rows for place in drawn)
    error = next((value for value in cells if isinstance(value, ErrorValue)), None)
    if error is not None:                      # a gap in the picture would look like nothing
        return replace(view, reason=error.reason)
    groups = behind.groups(tx, asked.report, table)
    return replace(view, table=table, chart=charting.option(tx, one.kind, table, x, y, one.split, groups))


def crossing(tx: Tx, one: Card) -> Report | None:
    """The report of a card that shows values of a column as headings, as the card asks it; None for other cards. Its
    rows are cut once they are laid out so."""
    report = tx.app.reports.get(one.report)
    if report is None:
        return None
    if one.kind == "table":
        return report if report.across and not one.columns else None
    return _pivoted(report, one) if one.kind == "pivot" else None


def _pivoted(report: Report, one: Card) -> Report:
    """The report grouped by the sides of a pivot alone: what it shows is worked out anew for these groups."""
    by = {name: report.by[name] for name in (*one.rows, *one.columns)}
    sort = tuple(key for key in report.sort if key.lstrip("-") in {*by, *report.show})
    return replace(report, by=by, across=one.columns[0], sort=sort, limit=None)


def most(one: Card) -> int:
    """How many rows a card shows at most."""
    return one.top or (LISTED if one.kind in ("table", "view") else MOST)


def _answer(tx: Tx, asked: Narrowed) -> Table:
    assert asked.report is not None, "a card of a report has it"
    return reports.run(tx, asked.report, asked.params, names=asked.names)


def _pivot(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    assert asked.report is not None, "a pivot has its report"
    one, report = asked.card, _pivoted(asked.report, asked.card)
    table = _sorted(_answer(tx, replace(asked, report=report)), one)
    table = _columns(table, [column.name for column in table.columns if column.name in {*report.by, *one.values}])
    return replace(view, table=table) if len(table.columns) > len(report.by) else replace(view, reason=UNSEEN)


def _view(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    one = asked.card
    if not access.may(tx, one.object, "see"):
        raise Forbidden(view.label)
    return replace(view, view=one.view)


def _table(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    one = asked.card
    table = _sorted(_answer(tx, asked), one)
    if crossing(tx, one) is not None:
        return replace(view, table=table)
    whole = _columns(table, one.columns) if one.columns else table
    return replace(view, table=_cut(whole, one), whole=whole)


def _columns(table: Table, names: Sequence[str]) -> Table:
    """Only these columns, in this order."""
    places = [place for name in names for place, c in enumerate(table.columns) if c.name == name]
    rows = tuple(tuple(row[place] for place in places) for row in table.rows)
    return Table(tuple(table.columns[place] for place in places), rows, table.more)


def _sorted(table: Table, one: Card) -> Table:
    """Sorted as the card wants."""
    if not one.sort:
        return table
    names = [column.name for column in table.columns]
    cells = [dict(zip(names, row, strict=True)) for row in table.rows]
    rows = tuple(tuple(c[name] for name in names) for c in grouping.ordered(cells, one.sort))
    return replace(table, rows=rows)


def _cut(table: Table, one: Card) -> Table:
    """Only its first rows."""
    top = most(one)
    return Table(table.columns, table.rows[:top], table.more or len(table.rows) > top)


def _list(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    one = asked.card
    obj = tx.app.objects[one.object]
    if not access.may(tx, obj.name, "see"):
        raise Forbidden(view.label)
    demand_sight(tx, *(e.node for e in (one.where,) if e is not None), thing=obj.name)
    session = ReaderSession(tx)
    scope = reading.scope_of(session, obj, "see", "current")
    top = min(one.top or LISTED, MOST)
    sort = reading.sort_columns(tx, scope, one.sort)
    found = listings.page(
        tx, scope, one.where, Frame(session, names=asked.names), search="", sort=sort, limit=top, cursor=None,
        count="none",
    )
    records = session.adopt_all(obj, found.rows)
    visible = access.sure_fields(tx, obj) | {"state", "status"}
    names = [name for name in one.columns or tuple(obj.fields)[:5] if name in visible]
    rows = tuple(tuple(reading.titled(session, record.get(name)) for name in names) for record in records)
    columns = tuple(_field_column(tx, one.object, name) for name in names)
    refs = tuple(Ref(obj.name, record.id or 0, record.title) for record in records)
    return replace(view, table=Table(columns, rows, found.next is not None), records=refs)


def _field_column(tx: Tx, object: str, name: str) -> Column:
    obj = tx.app.objects[object]
    if name in ("state", "status"):
        return reports.state_column(obj, name)
    field = obj.fields[name]
    return Column(name, field.type, field.label, grouping.labels_of(obj, name), grouping.colors_of(obj, name))


def _text(tx: Tx, asked: Narrowed, view: CardView) -> CardView:
    one = asked.card
    assert one.text is not None, "a text card has its text"
    demand_sight(tx, *one.text.nodes)
    frame = Frame(ReaderSession(tx))
    return replace(view, text=Text({language: one.text.render(frame, language) for language in tx.app.languages}))


KINDS: Mapping[str, Callable[[Tx, Narrowed, CardView], CardView]] = {
    "number": _number, "gauge": _gauge, "bar": _chart, "line": _chart, "area": _chart, "pie": _chart, "funnel": _chart,
    "table": _table, "pivot": _pivot, "list": _list, "view": _view, "text": _text,
}
