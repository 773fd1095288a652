"""The filters above a board: their controls, what is chosen now, the usual periods. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from engine.definitions.questions import BoardFilter, Dashboard
from engine.errors import Invalid
from engine.expressions.nodes import Get
from engine.expressions.values import Range, Ref, Value
from engine.kinds.fields.range import Interval
from engine.runtime.services.reporting import grouping, narrowing
from engine.runtime.services.reporting.narrowing import Given
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, asks, controls
from engine.runtime.web.present.controls import Control, Item, Option
from engine.runtime.web.present.titles import titled
from engine.texts import Text, say

FEW = 50                                       # records that a list of them shows; of more one searches


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with its control; `periods` are the usual ones of days: label, address, whether it is chosen."""

    control: Control
    periods: Sequence[tuple[str, str, bool]] = ()


def shown(tx: Tx, board: Dashboard, given: Given) -> list[Filter]:
    """The filters that the actor may use, with what was given or their defaults, and what is wrong with it."""
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    try:
        values = narrowing.chosen(tx, board, given)
    except Invalid as failure:
        wrong = {error.field: error.message.to(tx.actor.language) for error in failure.errors}
    found = []
    for one in narrowing.offered(tx, board):
        control = replace(_control(tx, one, given.get(one.name), values.get(one.name)), error=wrong.get(one.name, ""))
        found.append(Filter(control, _periods(tx, board, one, given, values.get(one.name))))
    return found


def _control(tx: Tx, one: BoardFilter, typed: Any, value: Value) -> Control:
    field, language = one.input, tx.actor.language
    text = typed if isinstance(typed, str) and value is None else field.to_input(value) if value is not None else ""
    control = controls.free(tx, field, one.name, text)
    if isinstance(field, Interval):
        return replace(control, **controls.ends_of(field, value, typed, language))
    if field.type.name == "record":
        return _link(tx, one, control, value)
    labels = _labels(tx, one)
    if not labels:
        return control
    return replace(control, options=[Option(code, labels[code].to(language)) for code in labels])


def _labels(tx: Tx, one: BoardFilter) -> dict[str, Text]:
    """What may be chosen of a choice or state: the values of every thing that has the field."""
    found: dict[str, Text] = {}
    for thing, path in one.paths.items():
        found = {**grouping.option_labels(tx, thing, path), **found}
    return found


def _link(tx: Tx, one: BoardFilter, control: Control, value: Value) -> Control:
    """A few records as a list, of many one searches among the candidates of the link that the field ends in."""
    found = asks.candidates(tx, one.input, FEW + 1)
    where = next((place for path in one.paths.values() if (place := _searched(tx, path.node))), "")
    if len(found) <= FEW or not where:
        return replace(control, widget="select", items=(), options=found)
    title = titled(Session(tx), value).title if isinstance(value, Ref) else ""
    items = [Item(one.input.to_input(value), title)] if value is not None else []
    return replace(control, widget="link", value="", items=items, url=where)


def _searched(tx: Tx, node: Any) -> str:
    owners = node.owner.type.objects if isinstance(node, Get) else ()
    obj = tx.app.objects.get(owners[0]) if owners else None
    if obj is None or node.name not in obj.fields or not controls.leads(obj.fields[node.name]):
        return ""
    root, _, inner = obj.name.partition(".")
    return addresses.lookup(tx.app.name, root, f"{inner}.{node.name}" if inner else node.name)


def _periods(
    tx: Tx, board: Dashboard, one: BoardFilter, given: Given, value: Value
) -> list[tuple[str, str, bool]]:
    """The periods that are asked for most; of days only."""
    if not isinstance(one.input, Interval):
        return []
    url = addresses.board(tx.app.name, board.name)
    found = []
    for label, period in usual(tx.today):
        text = one.input.to_input(period)
        found.append((label.to(tx.actor.language), url + address({**given, one.name: text}), value == period))
    return found


def usual(today: dt.date) -> list[tuple[Text, Range]]:
    """This month and the last one, this quarter, this year, each with all its days."""
    month = today.replace(day=1)
    before = (month - dt.timedelta(days=1)).replace(day=1)
    quarter = month.replace(month=(today.month - 1) // 3 * 3 + 1)
    year = today.replace(month=1, day=1)
    return [
        (say(zh="本月", en="This month"), Range(month, _last(month, 1))),
        (say(zh="上月", en="Last month"), Range(before, month - dt.timedelta(days=1))),
        (say(zh="本季", en="This quarter"), Range(quarter, _last(quarter, 3))),
        (say(zh="今年", en="This year"), Range(year, _last(year, 12))),
    ]


def _last(first: dt.date, months: int) -> dt.date:
    """The last day of so many months that begin on a day."""
    whole = first.year * 12 + first.month - 1 + months
    return dt.date(whole // 12, whole % 12 + 1, 1) - dt.timedelta(days=1)


def address(given: Given) -> str:
    """What was given as the end of an address; blank where nothing was."""
    return f"?{urlencode(given, doseq=True)}" if given else ""


def for_report(tx: Tx, board: str, report: str, given: Given) -> str:
    """The end of the address of a card's report: what was given for filters that are its parameters."""
    known = tx.app.reports[report].params
    filters = tx.app.dashboards[board].filters.values()
    return address({one.param: given[one.name] for one in filters if one.param in known and one.name in given})
