"""A board of cards: its columns, the cards in each, where they can be moved. Knows reading and rights, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from engine.definitions.objects import Object, State, View
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.lists import grouped
from engine.runtime.services.lists.grouped import Sums
from engine.runtime.services.lists.moving import STATES
from engine.runtime.services.reading import Query
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import cards, filters, groups, titles, values
from engine.runtime.web.present.cards import Card
from engine.runtime.web.present.columns import Column
from engine.runtime.web.present.places import Place
from engine.texts import Text, say

CARDS = 30                                     # of a column; the rest is behind a link
MOST_COLUMNS = 24
ADDED = ("money", "quantity")                  # a chance or an age says nothing once it is added up


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the board: its key (what a card gets by being dropped here), label, colour, how many, the cards."""

    key: str
    label: str
    color: str
    count: int
    cards: Sequence[Card]
    more_url: str = ""
    sums: Sequence[tuple[str, str]] = ()       # label and sum of what its cards show


@dataclass(frozen=True, slots=True)
class Board:
    """The board: `view` as the address calls it, by what it is parted, the columns."""

    view: str
    field: str
    lanes: Sequence[Lane]
    template: str = "records/_kanban.html"


def of(tx: Tx, obj: Object, view: View, asked: Query, place: Place) -> Board:
    """The board of what the list asks; `asked` has the view's own condition in it."""
    by = "state" if view.columns[0] in STATES else view.columns[0]
    shown = cards.shown(tx, obj, view)
    names = grouped.addable(tx, obj, [c.path for c in shown if c.field is not None and c.field.kind in ADDED])
    known = {one.value if not isinstance(one.value, Ref) else str(one.value.id): one
             for one in grouped.groups(tx, obj, asked, by, names)}
    lanes = []
    for key, label, color in places(tx, obj, by, list(known.values())):
        one = known.get(_bare(key, by, obj))
        lanes.append(lane(tx, obj, view, asked, place, by, key, label.to(tx.actor.language), color, one, shown))
    return Board(view.name, by, lanes)


def _bare(key: str, by: str, obj: Object) -> object:
    field = obj.fields.get(by)
    if field is not None and field.type.name == "boolean" and key:
        return key == "true"
    return key or None


def places(tx: Tx, obj: Object, by: str, found: Sequence[Sums]) -> list[tuple[str, Text, str]]:
    """The columns in their declared order, blank first where there is any, states in which work ends last: key, label,
    colour."""
    field = obj.fields.get(by)
    if by == "state":
        real = sorted((state for state in obj.states.values() if not state.within), key=partial(ending, obj))
        return [(s.name, s.label, values.color_of(s.color)) for s in real][:MOST_COLUMNS]
    blank = [("", groups.BLANK, "gray")] if any(one.value is None for one in found) else []
    options: Mapping[str, object] = getattr(field, "options", None) or {}
    if options:
        listed = [(code, o.label, values.color_of(o.color or "")) for code, o in options.items()]  # type: ignore[attr-defined]
        return [*blank, *listed][:MOST_COLUMNS]
    if field is not None and field.type.name == "boolean":
        words = ((code, *(field.format(code == "true", one) for one in ("zh", "en"))) for code in ("false", "true"))
        return [*blank, *((code, say(zh=zh, en=en), "gray") for code, zh, en in words)]
    session = Session(tx)
    session.prefetch([one.value for one in found if isinstance(one.value, Ref)])
    linked = [(str(one.value.id), str(titles.titled(session, one.value).title)) for one in found
              if isinstance(one.value, Ref)]
    named = [(key, say(zh=title, en=title), "gray") for key, title in sorted(linked, key=lambda pair: pair[1])]
    return [*blank, *named][:MOST_COLUMNS]


def ending(obj: Object, state: State) -> int:
    """How far at the end of the board a state stands: what is given up (it ends, and counts no more) last of all."""
    return 0 if not state.final else 1 if not obj.effective or state.name in obj.effective else 2


def targets(tx: Tx, obj: Object, view: View) -> list[tuple[str, Text]]:
    """The columns into which a card can be moved: key and label. Of people and links those that the board has now."""
    by = "state" if view.columns[0] in STATES else view.columns[0]
    condition = view.where.text if view.where is not None else ""
    field = obj.fields.get(by)
    linked = field is not None and field.type.name == "record"
    found = grouped.groups(tx, obj, Query(filter=condition), by, ()) if linked else []
    return [(key, label) for key, label, _ in places(tx, obj, by, found)]


def lane(
    tx: Tx, obj: Object, view: View, asked: Query, place: Place, by: str, key: str, label: str, color: str,
    sums: Sums | None, shown: Sequence[Column],
) -> Lane:
    """One column with its first cards."""
    if sums is None or not sums.count:
        return Lane(key, label, color, 0, ())
    page = reading.page(tx, obj.name, replace(asked, filter=filters.joined(asked.filter, sums.condition), limit=CARDS))
    records = page.items
    condition = filters.joined(place.query.get("filter", ""), sums.condition)
    more = place.url(filter=condition, view=cards.any_list(obj)) if page.next else ""
    added = [(c.label, text) for c in shown if (text := groups.amount(c, sums.sums, tx.actor.language))]
    return Lane(key, label, color, sums.count, cards.cards(tx, obj, view, records, shown), more, added)
