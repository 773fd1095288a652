"""The view model of a list: columns, rows, tabs, conditions, order, pages. Knows reading and access, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.definitions.objects import Action, Object, View
from engine.errors import NotFound
from engine.runtime.services import access, reading
from engine.runtime.services.reading import Page, Query
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, builders, columns, filters, subjects, titles
from engine.runtime.web.present.builders import Builder
from engine.runtime.web.present.columns import Column
from engine.runtime.web.present.subjects import Subject
from engine.runtime.web.present.values import Cell
from engine.texts import say

MOST_TABS = 8
COUNTED = 1000  # counting stops here
FEW = 5
TRAIL = 40  # pages back that an address remembers
ALL = say(zh="全部", en="All")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head as the table macro takes it."""

    name: str
    label: str
    kind: str
    sort_url: str
    sorted: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row as the table macro takes it."""

    url: str
    id: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Tab:
    """A choice among lists; `count` is shown beside it."""

    label: str
    url: str
    active: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class ListView:
    """Everything that the list of an object shows. `state`: rows | nothing (none yet) | unfilled (none in
    this view) | unmatched (filtered away) | unread (the filter
    makes no sense)."""

    app: str
    object: str
    label: str
    plural: str
    path: str
    search_url: str
    clear_url: str
    views: Sequence[Tab]
    heads: Sequence[Head]
    rows: Sequence[ListRow]
    tabs: Sequence[Tab]
    status_label: str
    chips: Sequence[tuple[str, str]]
    filter: str
    search: str
    sort: str
    state: str
    count: str
    previous_url: str
    next_url: str
    new_url: str
    bulk: Sequence[tuple[str, str]]
    builder: Builder
    help: str
    icon: str
    import_url: str = ""
    exports: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The list's address: its path and what it asks for, from which its links are made."""

    app: str
    object: str
    query: Mapping[str, str]

    def url(self, **changes: str) -> str:
        """The same list with some of its questions changed; blank takes one away. Paging starts anew."""
        asked = {k: v for k, v in self.query.items() if k not in ("cursor", "trail")}
        asked = {k: v for k, v in (asked | changes).items() if v}
        return addresses.records(self.app, self.object, **asked)


def of(
    tx: Tx, obj: Object, asked: Query, query: Mapping[str, str], *, panel: Builder | None = None, unread: bool = False
) -> ListView:
    """The list of an object as its address asks; raises `NotFound` if the actor may see none of it. `panel`: the rows
    that are being made; `unread`: the filter makes no sense, so that nothing is listed."""
    demand_sight(tx, obj)
    language = tx.actor.language
    view = view_of(obj, query.get("view", ""))
    shown = access.visible_fields(tx, obj)
    sure = access.sure_fields(tx, obj) | set(reading.NEVER_NULL)
    page = Page([], None, None) if unread else reading.page(tx, obj.name, with_view(asked, view, sure))
    place = Place(tx.app.name, obj.name, query)
    picked = columns.of_view(tx, obj, view, shown, language)
    narrowed = bool(asked.filter or asked.search)
    known = subjects_of(tx, obj, query)
    group, chips = builders.of_text(tx, known, "" if unread else asked.filter)
    return ListView(
        app=tx.app.name,
        object=obj.name,
        label=obj.label.to(language),
        plural=obj.plural.to(language),
        path=addresses.records(tx.app.name, obj.name),
        search_url=place.url(search=""),
        clear_url=place.url(search="", filter=""),
        views=views(obj, place, view, language),
        heads=[head(place, c, asked.sort, sure) for c in picked],
        rows=rows(tx, obj, page, picked, language),
        tabs=tabs(obj, place, asked.filter, language),
        status_label=status_label(obj, asked.filter, language),
        chips=[(text, place.url(filter=left)) for text, left in chips],
        filter=asked.filter,
        search=asked.search,
        sort=query.get("sort", ""),
        state="rows" if page.items else "unread" if unread else emptiness(view, narrowed=narrowed),
        count=count_text(page, language),
        previous_url=previous(place, query),
        next_url=following(place, query, page),
        new_url=addresses.new_record(tx.app.name, obj.name) if access.may(tx, obj.name, "create") else "",
        bulk=[(a.name, a.label.to(language)) for a in obj.actions.values() if a.bulk and may_take(tx, a)],
        builder=panel or builders.of(tx, obj, known, group, expression=asked.filter),
        help=obj.help.to(language) if obj.help else "",
        icon=obj.icon,
        import_url=addresses.imports(tx.app.name, obj.name) if access.may(tx, obj.name, "import") else "",
        exports=files_of(place) if access.may(tx, obj.name, "export") else (),
    )


def files_of(place: Place) -> list[Mapping[str, str]]:
    """The list as files: what it shows, in its order."""
    asked = {k: v for k, v in place.query.items() if v and k not in ("cursor", "trail")}
    kinds = (("xlsx", "Excel (.xlsx)"), ("csv", "CSV (.csv)"))
    return [{"label": label, "url": addresses.export(place.app, place.object, kind, **asked)} for kind, label in kinds]


def demand_sight(tx: Tx, obj: Object) -> None:
    """An object of which the actor may see nothing does not exist for them."""
    if not access.may(tx, obj.name, "see"):
        raise NotFound(say(zh="没有名为 {name} 的对象", en="There is no object called {name}", name=obj.name))


def subjects_of(tx: Tx, obj: Object, query: Mapping[str, str]) -> Mapping[str, Subject]:
    """What the list may be filtered by: its object's fields, and what its columns show of linked records."""
    view = view_of(obj, query.get("view", ""))
    return subjects.of(tx, obj, view.columns if view is not None else ())


def emptiness(view: View | None, *, narrowed: bool) -> str:
    """Why there are no rows: nothing fits what was asked, nothing belongs in the view, or there is nothing at all."""
    return "unmatched" if narrowed else "unfilled" if view is not None and view.where is not None else "nothing"


def view_of(obj: Object, name: str) -> View | None:
    """The named list view, else the one that is shown first."""
    lists = [v for v in obj.views.values() if v.kind == "list"]
    first = next((v for v in lists if v.default), lists[0] if lists else None)
    return next((v for v in lists if v.name == name), first)


def views(obj: Object, place: Place, chosen: View | None, language: str) -> list[Tab]:
    """The list views to choose from; one without a condition or a label in this language shows all there is."""
    known = [v for v in obj.views.values() if v.kind == "list"]
    return [Tab(view_label(v, language), place.url(view=v.name, filter="", sort=""), v is chosen) for v in known]


def view_label(view: View, language: str) -> str:
    """The label of a view in this language."""
    unnamed = language not in view.label.forms and view.where is None
    return (ALL if unnamed else view.label).to(language)


def with_view(asked: Query, view: View | None, sure: frozenset[str]) -> Query:
    """The question narrowed by the view's condition, in the view's order if none is asked for."""
    if view is None:
        return asked
    condition = filters.joined(view.where.text, asked.filter) if view.where is not None else asked.filter
    order = tuple(key for key in view.sort if key.lstrip("-") in sure)
    return replace(asked, filter=condition, sort=asked.sort or order)


def head(place: Place, column: Column, sort: Sequence[str], sure: frozenset[str]) -> Head:
    """A column's head; its link turns the order round. Fields that some rows hide order nothing."""
    first = sort[0] if sort else ""
    now = {column.path: "asc", "-" + column.path: "desc"}.get(first, "")
    target = "-" + column.path if now == "asc" else column.path
    url = place.url(sort=target) if column.sortable and column.path in sure else ""
    return Head(column.path, column.label, column.kind, url, now)


def may_take(tx: Tx, action: Action) -> bool:
    """Whether the actor may take an action on some record: by role or by name; each record decides for itself."""
    who = action.by
    if who is None:
        return True
    return bool(set(who.roles) & tx.actor.roles) or bool(who.people) or bool({"everyone", "public"} & set(who.words))


def rows(tx: Tx, obj: Object, page: Page, picked: Sequence[Column], language: str) -> list[ListRow]:
    """The rows of a page, with the titles of what they link to loaded at once."""
    records: Sequence[Record] = page.items
    if not records:
        return []
    titles.load(records[0].session, records, [c.field for c in picked if c.field is not None and "." not in c.path])
    return [
        ListRow(
            addresses.record(tx.app.name, obj.name, r.id or 0),
            r.id or 0,
            columns.cells(tx, r, picked, access.visible_fields(tx, obj, r), language),
        )
        for r in records
    ]


def tabs(obj: Object, place: Place, filter: str, language: str) -> list[Tab]:
    """One tab per status, and one for all; none for an object without states."""
    if not obj.states or len(obj.states) > MOST_TABS:
        return []
    parts = filters.split(filter)
    rest = [p for p in parts if not p.startswith("status = ")]
    found = [Tab(ALL.to(language), place.url(filter=filters.joined(*rest)), len(rest) == len(parts))]
    for state in obj.states.values():
        condition = f"status = {filters.quoted(state.name)}"
        url = place.url(filter=filters.joined(condition, *rest))
        found.append(Tab(state.label.to(language), url, condition in parts))
    return found


def status_label(obj: Object, filter: str, language: str) -> str:
    """What the choice of a status says: the one that is chosen, else that it is one."""
    parts = filters.split(filter)
    chosen = next((s for s in obj.states.values() if f"status = {filters.quoted(s.name)}" in parts), None)
    return (columns.SYSTEM_LABELS["status"] if chosen is None else chosen.label).to(language)


def previous(place: Place, query: Mapping[str, str]) -> str:
    """The page before, out of the trail of cursors in the address; blank on the first page."""
    if not query.get("cursor"):
        return ""
    *before, last = trail_of(query) or [""]
    return step(place, last, before)


def following(place: Place, query: Mapping[str, str], page: Page) -> str:
    """The next page; its address keeps the way back. Blank on the last page."""
    here = query.get("cursor", "")
    return step(place, page.next, [*trail_of(query), here] if here else []) if page.next else ""


def trail_of(query: Mapping[str, str]) -> list[str]:
    """The cursors of the pages before, without the first page's blank one."""
    trail = query.get("trail", "")
    return trail.split(",")[-TRAIL:] if trail else []


def step(place: Place, cursor: str, trail: Sequence[str]) -> str:
    """The address of one page."""
    more = {"cursor": cursor, "trail": ",".join(trail)}
    return addresses.extended(place.url(), **{k: v for k, v in more.items() if v})


def count_text(page: Page, language: str) -> str:
    """How many there are, as far as they were counted."""
    if page.count is None:
        return ""
    if page.count > COUNTED:
        return say(zh="超过 {n} 条", en="more than {n}", n=COUNTED).to(language)
    return say(zh="共 {n} 条", en="{n} in all", n=page.count).to(language)


@dataclass(frozen=True, slots=True)
class Group:
    """What of one object fits the words of a search."""

    plural: str
    icon: str
    url: str
    items: Sequence[tuple[str, str]]


def everywhere(tx: Tx, words: str) -> list[Group]:
    """The first few records of each object that fit the words."""
    found = []
    for obj in tx.app.objects.values():
        if obj.owner or obj.name == "user" or not access.may(tx, obj.name, "see"):
            continue
        page = reading.page(tx, obj.name, Query(search=words, limit=FEW))
        items = [(r.title, addresses.record(tx.app.name, obj.name, r.id or 0)) for r in page.items]
        if items:
            found.append(
                Group(
                    obj.plural.to(tx.actor.language),
                    obj.icon,
                    addresses.records(tx.app.name, obj.name, search=words),
                    items,
                )
            )
    return found
