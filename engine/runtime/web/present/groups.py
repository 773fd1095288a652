"""A grouped list and the row of totals: what each group is called, its subtotals under their columns. Knows no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.definitions.objects import Object, View
from engine.expressions.values import Ref
from engine.runtime.services.lists import grouped
from engine.runtime.services.lists.grouped import MOST_GROUPS, Sums
from engine.runtime.services.reading import Query
from engine.runtime.services.sessions import Session
from engine.runtime.services.spoken import SYSTEM_LABELS
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, filters, titles, values
from engine.runtime.web.present.columns import Column
from engine.runtime.web.present.places import Place
from engine.texts import say

BLANK = say(zh="（空）", en="(blank)")
MONTH = say(zh="{0.year}年{0.month}月", en="{0:%b %Y}")
COUNTED = say(zh="{n} 条", en="{n}")
BY_MONTH = say(zh="{field}（按月）", en="{field} (by month)")
TOTAL = say(zh="合计", en="Total")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group as a row: its name, how many are in it, subtotals by the place of the column, the list of it alone, and
    where its first rows come from."""

    label: str
    color: str
    count: str
    cells: Sequence[str]
    url: str
    rows_url: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a list is grouped by, and its groups; `more` says that there are others."""

    by: str
    rows: Sequence[GroupRow]
    more: bool


NONE = Grouping("", (), False)


def choices(tx: Tx, obj: Object) -> list[tuple[str, str]]:
    """What the list may be grouped by, with its label."""
    return [(by, label_of(tx, obj, by)) for by in grouped.groupable(tx, obj)]


def label_of(tx: Tx, obj: Object, by: str) -> str:
    """How a grouping is called."""
    name, _, month = by.partition(":")
    field = obj.fields.get(name)
    label = SYSTEM_LABELS[name] if field is None else field.label
    return (BY_MONTH.filled(field=label) if month else label).to(tx.actor.language)


def added(tx: Tx, obj: Object, view: View | None, picked: Sequence[Column]) -> list[str]:
    """The columns whose sums are shown: what the view names, else whatever adds up."""
    wanted = None if view is None or view.kind != "list" else view.total
    return grouped.addable(tx, obj, [c.path for c in picked if wanted is None or c.path in wanted])


def of(
    tx: Tx, obj: Object, asked: Query, place: Place, by: str, picked: Sequence[Column], view: View | None
) -> Grouping:
    """The groups of what the list asks. `asked` has the view's own condition in it, the address of `place` has not."""
    names = added(tx, obj, view, picked)
    found = grouped.groups(tx, obj, asked, by, names)
    session = Session(tx)
    session.prefetch([one.value for one in found if isinstance(one.value, Ref)])
    rows = [row(session, obj, place, by, one, picked) for one in found]
    return Grouping(by, ranked(obj, by, rows, found), len(found) >= MOST_GROUPS)


def ranked(obj: Object, by: str, rows: Sequence[GroupRow], found: Sequence[Sums]) -> Sequence[GroupRow]:
    """Choices and states in their declared order, months newest first, the rest by name; blank comes last."""
    field = obj.fields.get(by.partition(":")[0])
    codes = list(obj.states) if by == "status" else list(getattr(field, "options", None) or {})
    if ":" in by:
        return [row for row, one in zip(rows, found, strict=True) if one.value is not None][::-1] + [
            row for row, one in zip(rows, found, strict=True) if one.value is None]
    places = {code: number for number, code in enumerate(codes)}
    keyed = [(one.value is None, places.get(str(one.value), len(places)), row.label, number)
             for number, (row, one) in enumerate(zip(rows, found, strict=True))]
    return [rows[number] for *_, number in sorted(keyed)]


def row(session: Session, obj: Object, place: Place, by: str, sums: Sums, picked: Sequence[Column]) -> GroupRow:
    """One group."""
    tx = session.tx
    label, color = said(session, obj, by, sums.value)
    condition = filters.joined(place.query.get("filter", ""), sums.condition)
    asked = place.asked(filter=condition, group="")
    rows_url = addresses.extended(addresses.records(place.app, place.object) + "/rows", **asked)
    count = COUNTED.filled(n=sums.count).to(tx.actor.language)
    cells = [amount(c, sums.sums, tx.actor.language) for c in picked]
    return GroupRow(label, color, count, cells, place.url(filter=condition, group=""), rows_url)


def said(session: Session, obj: Object, by: str, value: object) -> tuple[str, str]:
    """The name of a group, and its color if it has one."""
    language, name = session.tx.actor.language, by.partition(":")[0]
    field = obj.fields.get(name)
    if value is None:
        return BLANK.to(language), ""
    if by == "status":
        cell = values.status_cell(obj, str(value), "", language)
        return cell.text, cell.color
    if ":" in by:
        return MONTH.to(language).format(value), ""
    if field is None or isinstance(value, Ref):
        return str(titles.titled(session, value).title) if isinstance(value, Ref) else str(value), ""
    return field.seen_from(session.tx.timezone).format(value, language), values.option_color(field, value)


def amount(column: Column, sums: Mapping[str, object], language: str) -> str:
    """A subtotal under its column; blank under others."""
    if column.path not in sums or column.field is None:
        return ""
    return column.field.format(sums[column.path], language)


def total(
    tx: Tx, obj: Object, asked: Query, picked: Sequence[Column], view: View | None
) -> list[str] | None:
    """The row of totals over everything that the list finds; None where no column adds up."""
    names = added(tx, obj, view, picked)
    if not names:
        return None
    sums = grouped.total(tx, obj, replace(asked, cursor=None), names).sums
    cells = [amount(c, sums, tx.actor.language) for c in picked]
    if not cells[0]:
        cells[0] = TOTAL.to(tx.actor.language)
    return cells


