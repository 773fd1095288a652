"""A tree of records: what stands on top, what hangs below what is open, how much is below. Knows no request.

What is open stands in the address (`expanded=3,17`), so that a page that is loaded again, or come back to, is the
same; below what is open one statement fetches all, whatever its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.definitions.objects import Object, View
from engine.digits import whole
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.lists import grouped, spans_of_days
from engine.runtime.services.reading import Page, Query
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, cards, filters
from engine.runtime.web.present.cards import Card
from engine.runtime.web.present.places import Place
from engine.texts import say

BRANCH = 200                                   # records below one that are shown; the rest is behind a link
OPEN = 100                                     # records that may be open at once
DEEP = 60                                      # steps of a path upwards
BELOW = say(zh="{n} 个下级", en="{n} below")


@dataclass(frozen=True, slots=True)
class Node:
    """A record of the tree. `count`: how many hang directly below it; `nodes`: those, where it is open; `path`: what it
    hangs below, of one that a search has found."""

    card: Card
    level: int
    count: int
    below: str
    open: bool
    nodes: Sequence[Node]
    branch_url: str
    more_url: str = ""
    path: str = ""
    size: int = 0
    place: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree; `found`: what a search or filter has found, as a flat list with paths."""

    view: str
    nodes: Sequence[Node]
    found: bool
    field: str
    template: str = "records/_tree.html"


@dataclass(frozen=True, slots=True)
class Ground:
    """What all nodes of a tree are made of: the question with the view's own condition, the address without it."""

    tx: Tx
    obj: Object
    view: View
    asked: Query
    place: Place


def flat(place: Place) -> bool:
    """Whether the tree is searched or filtered: then what is found stands alone, with its path."""
    return bool(place.query.get("filter") or place.query.get("search"))


def top(view: View, asked: Query, place: Place) -> Query:
    """The question of the first page: what stands on top, or what is found."""
    return asked if flat(place) else replace(asked, top=view.columns[0], limit=BRANCH)


def of(tx: Tx, obj: Object, view: View, asked: Query, place: Place, page: Page) -> Tree:
    """The tree over the records of a page."""
    ground = Ground(tx, obj, view, asked, place)
    if flat(place):
        paths = paths_of(page.items, view.columns[0])
        drawn = cards.cards(tx, obj, view, page.items, cards.shown(tx, obj, view, view.card))
        return Tree(view.name, [Node(card, 1, 0, "", False, (), "", path=path, size=len(drawn), place=n)
                                for n, (card, path) in enumerate(zip(drawn, paths, strict=True), 1)], True,
                    view.columns[0])
    return Tree(view.name, nodes(ground, page.items), False, view.columns[0])


def branch(tx: Tx, obj: Object, view: View, asked: Query, place: Place, above: int, level: int) -> list[Node]:
    """What hangs directly below a record."""
    ground = Ground(tx, obj, view, asked, place)
    return nodes(replace(ground, place=replace(place, query={**place.query, "expanded": ""})),
                 children(ground, [above]).get(above, []), level)


def nodes(ground: Ground, roots: Sequence[Record], level: int = 1) -> list[Node]:
    """Records with what is open below them: a statement per level for the records, one for how many are below each."""
    opened = expanded(ground.place)
    held: dict[int, list[Record]] = {0: list(roots)}
    found = list(roots)
    step: Sequence[Record] = roots
    while step:
        wanted = [record.id for record in step if record.id in opened and record.id is not None]
        fetched = children(ground, wanted) if wanted else {}
        step = [record for id, many in fetched.items() for record in many if id not in held]
        held |= {id: many for id, many in fetched.items() if id not in held}
        found += step
    counts = counted(ground, [record.id or 0 for record in found])
    shown = cards.shown(ground.tx, ground.obj, ground.view, ground.view.card)
    drawn = {card.id: card for card in cards.cards(ground.tx, ground.obj, ground.view, found, shown)}
    return built(ground, held, counts, drawn, 0, level)


def built(
    ground: Ground, held: Mapping[int, Sequence[Record]], counts: Mapping[int, int], drawn: Mapping[int, Card],
    of: int, level: int,
) -> list[Node]:
    """The nodes below one record, each with its own."""
    made = []
    many = held.get(of, ())
    total = counts.get(of, len(many)) if of else len(many)
    for number, record in enumerate(many[:BRANCH], 1):
        id, count = record.id or 0, counts.get(record.id or 0, 0)
        inner = built(ground, held, counts, drawn, id, level + 1) if id in held else []
        more = more_url(ground, id) if count > BRANCH else ""
        below = BELOW.filled(n=count).to(ground.tx.actor.language) if count else ""
        made.append(Node(drawn[id], level, count, below, id in held and count > 0, inner, branch_url(ground, id, level),
                         more, size=max(total, len(many)), place=number))
    return made


def expanded(place: Place) -> frozenset[int]:
    """The records that an address opens."""
    parts = place.query.get("expanded", "").split(",")
    return frozenset(id for part in parts[:OPEN] if (id := whole(part)) is not None)


def children(ground: Ground, ids: Sequence[int]) -> dict[int, list[Record]]:
    """What hangs below each of these records, with as many statements as it takes pages."""
    found: dict[int, list[Record]] = {id: [] for id in ids}
    put = replace(below(ground, ids), limit=reading.MOST, cursor=None, count="none")
    for _ in range(len(ids) * 2):
        page = reading.page(ground.tx, ground.obj.name, put)
        for record in page.items:
            ref = record.get(ground.view.columns[0])
            if isinstance(ref, Ref) and ref.id in found and len(found[ref.id]) <= BRANCH:
                found[ref.id].append(record)
        if page.next is None:
            break
        put = replace(put, cursor=page.next)
    return found


def below(ground: Ground, ids: Sequence[int]) -> Query:
    """The question of what hangs below records."""
    listed = ", ".join(str(id) for id in ids)
    return spans_of_days.narrowed(ground.asked, f"{ground.view.columns[0]}.id in [{listed}]")


def counted(ground: Ground, ids: Sequence[int]) -> dict[int, int]:
    """How many hang directly below each of these records."""
    if not ids:
        return {}
    found = grouped.counts(ground.tx, ground.obj, below(ground, ids), ground.view.columns[0], len(ids))
    return {ref.id: count for ref, count in found.items() if isinstance(ref, Ref)}


def branch_url(ground: Ground, id: int, level: int) -> str:
    """Where what hangs below a record is fetched."""
    url = addresses.records(ground.tx.app.name, ground.obj.name) + "/branch"
    asked = {k: v for k, v in ground.place.asked().items() if k != "expanded"}
    return addresses.extended(url, **asked, above=str(id), level=str(level + 1))


def more_url(ground: Ground, id: int) -> str:
    """A list of all that hangs below a record."""
    condition = filters.joined(ground.place.query.get("filter", ""), f"{ground.view.columns[0]}.id = {id}")
    return ground.place.url(filter=condition, view=cards.any_list(ground.obj), expanded="")


def paths_of(records: Sequence[Record], name: str) -> list[str]:
    """What each record hangs below, from the top: `A / B`; a statement per level. What is out of sight is left out."""
    if not records:
        return []
    session, known = records[0].session, set[Ref]()
    step = {ref for record in records if isinstance(ref := record.get(name), Ref)}
    for _ in range(DEEP):
        if not step:
            break
        session.prefetch(step)
        known |= step
        reached = (session.record(ref) for ref in step)
        step = {ref for one in reached if one is not None and isinstance(ref := one.get(name), Ref)} - known
    return [path_of(session, record, name) for record in records]


def path_of(session: Session, record: Record, name: str) -> str:
    """The titles above one record, as far up as the actor sees."""
    found: list[str] = []
    ref = record.get(name)
    while isinstance(ref, Ref) and len(found) < DEEP:
        upper = reading.glance(session, ref)
        if upper is None:
            break
        found.append(upper.title)
        ref = upper.get(name)
    return " / ".join(reversed(found))
