"""The view model of a list: columns, rows, tabs, conditions, order, pages. Knows reading and access, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from engine.definitions.objects import Action, Object, View
from engine.errors import NotFound
from engine.runtime.services import reading, spoken, uniques
from engine.runtime.services.lists.list_views import Arrangement
from engine.runtime.services.reading import Page, Query
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import (
    addresses,
    builders,
    cards,
    cell_forms,
    columns,
    comparing,
    filters,
    groups,
    newcomers,
    papers,
    places,
    scenes,
    shelves,
    subjects,
    titles,
)
from engine.runtime.web.present.builders import Builder
from engine.runtime.web.present.columns import Column
from engine.runtime.web.present.groups import Grouping
from engine.runtime.web.present.places import Head, ListRow, Place, Tab, turned
from engine.runtime.web.present.scenes import Scene
from engine.runtime.web.present.shelves import ALL, Chosen, Shelf
from engine.runtime.web.present.subjects import Subject
from engine.texts import say

MOST_TABS = 8
COUNTED = 1000  # counting stops here
FEW = 5
ARCHIVE = say(zh="归档", en="Archive")
BIN = say(zh="回收站", en="Bin")
REST = say(zh="更多", en="More")


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
    forms: Sequence[Mapping[str, str]]         # ways to begin a new record, where there are several
    bulk: Sequence[tuple[str, str]]
    papers: Sequence[tuple[str, str]]
    compared: Sequence[tuple[str, str]]        # comparisons of what is ticked: name, label
    builder: Builder
    scene: Scene | None
    grouping: Grouping
    total: Sequence[str] | None
    shelf: Shelf
    help: str
    icon: str
    back: str = ""                             # what the address asks, for forms that come back to it
    table: Mapping[str, str] = field(default_factory=dict)     # attributes of the table
    import_url: str = ""
    exports: Sequence[Mapping[str, str]] = ()
    beyond: Sequence[Mapping[str, str]] = ()
    rest: str = ""

    @property
    def batch(self) -> bool:
        """Whether rows can be ticked."""
        return bool(self.bulk or self.papers or self.compared)

    def beyond_on_a_phone(self, export: str, load: str) -> list[Mapping[str, Any]]:
        """The menu of what else there is; where the window is narrow, files are in it, too."""
        files = [{**one, "label": f"{export}: {one['label']}", "icon": "download"} for one in self.exports]
        files += [{"label": load, "icon": "upload", "url": self.import_url}] if self.import_url else []
        return [*self.beyond, *({**one, "narrow": True} for one in files)]


def of(
    tx: Tx, obj: Object, asked: Query, chosen: Chosen, *, panel: Builder | None = None, unread: bool = False
) -> ListView:
    """The list of an object as its address asks. `panel`: the rows of the filter that are being made; `unread`: the
    filter makes no sense, so that nothing is listed. Raises `NotFound` if the actor may see none of it."""
    demand_sight(tx, obj)
    language, view, kept = tx.actor.language, chosen.view, chosen.arrangement
    shown = access.visible_fields(tx, obj)
    sure, place = sortable(tx, obj), chosen.place(tx, obj)
    put = shelves.ordered(asked, view, sure)
    listed = view is None or view.kind == "list"
    by = chosen.asked.get("group", "") if listed and not unread else ""
    whole = unread or by or not scenes.paged(view)
    page = Page([], None, None) if whole else reading.page(tx, obj.name, scenes.asked(view, put, place))
    scene = None if unread else scenes.of(tx, obj, view, put, place, page)
    picked = columns.of_view(tx, obj, view, shown, language, kept.columns)
    known = subjects_of(tx, obj, chosen)
    grouping = groups.of(tx, obj, put, place, by, picked, view) if by else groups.NONE
    adds = not unread and (kept.totals or by) and bool(page.items or grouping.rows)
    group, chips = builders.of_text(tx, obj.name, known, "" if unread else asked.filter)
    return ListView(
        app=tx.app.name,
        object=obj.name,
        label=obj.label.to(language),
        plural=obj.plural.to(language),
        path=addresses.records(tx.app.name, obj.name),
        search_url=place.url(search=""),
        clear_url=place.url(search="", filter="", shelf=""),
        views=shelves.tabs(tx, obj, chosen),
        scene=scene,
        grouping=grouping,
        total=groups.total(tx, obj, put, picked, view) if adds else None,
        heads=carded(obj, heads(place, picked, put.sort, sure, kept.widths), view, kept),
        rows=rows(tx, obj, page, picked, language, view) if listed else (),
        tabs=statuses(obj, place, asked.filter, language),
        status_label=status_label(obj, asked.filter, language),
        chips=[*shelf_chip(place, language), *((text, place.url(filter=left)) for text, left in chips)],
        filter=asked.filter,
        search=asked.search,
        sort=chosen.asked.get("sort", ""),
        state="rows" if page.items or grouping.rows else "unread" if unread else emptiness(view, asked),
        count=count_text(page, language),
        previous_url=places.previous(place),
        next_url=places.following(place, page.next),
        new_url=addresses.new_record(tx.app.name, obj.name) if uniques.offers_new(tx, obj) else "",
        forms=newcomers.ways(tx, obj),
        bulk=bulk_of(tx, obj),
        papers=papers.offered_for_many(tx, obj),
        compared=comparing.offered(tx, obj),
        builder=panel or builders.of(tx, obj, known, group, expression=asked.filter),
        shelf=shelves.shelf(tx, obj, chosen),
        back=urlencode(place.asked()),
        table=table_attributes(place, chosen) | {"data-editable": editable(tx, obj, picked)},
        help=obj.help.to(language) if obj.help else "",
        icon=obj.icon,
        import_url=addresses.imports(tx.app.name, obj.name) if access.may(tx, obj.name, "import") else "",
        exports=files_of(place) if access.may(tx, obj.name, "export") and asked.shelf == "current" else (),
        beyond=beyond(tx, obj, place, language),
        rest=REST.to(language),
    )


def sortable(tx: Tx, obj: Object) -> frozenset[str]:
    """What a list may be sorted by: what the actor sees in every record."""
    return access.sure_fields(tx, obj) | set(reading.NEVER_NULL)


def table_attributes(place: Place, chosen: Chosen) -> dict[str, str]:
    """What the table says to the script that changes widths, and its density."""
    path = addresses.records(place.app, place.object)
    return {"data-density": chosen.arrangement.density, "data-widths": f"{path}/width", "data-view": chosen.key}


def shelf_chip(place: Place, language: str) -> list[tuple[str, str]]:
    """That the archive is shown, with the way back."""
    return [(ARCHIVE.to(language), place.url(shelf=""))] if place.query.get("shelf") else []


def beyond(tx: Tx, obj: Object, place: Place, language: str) -> list[Mapping[str, str]]:
    """The ways to what the list leaves out: the archive, and the bin for those who may delete."""
    if not access.may(tx, obj.name, "delete") or obj.name == "user":
        return []
    archive = place.url(shelf="archived", filter="")
    found: list[Mapping[str, str]] = [{"label": ARCHIVE.to(language), "icon": "archive", "url": archive}]
    if obj.delete == "bin":
        url = addresses.bin(place.app, object=obj.name)
        found.append({"label": BIN.to(language), "icon": "trash", "url": url})
    return found


def files_of(place: Place) -> list[Mapping[str, str]]:
    """The list as files: what it shows, in its order."""
    asked = place.asked()
    kinds = (("xlsx", "Excel (.xlsx)"), ("csv", "CSV (.csv)"))
    return [{"label": label, "url": addresses.export(place.app, place.object, kind, **asked)} for kind, label in kinds]


def demand_sight(tx: Tx, obj: Object) -> None:
    """An object of which the actor may see nothing does not exist for them."""
    if not access.may(tx, obj.name, "see"):
        raise NotFound(say(zh="没有名为 {name} 的对象", en="There is no object called {name}", name=obj.name))


def subjects_of(tx: Tx, obj: Object, chosen: Chosen) -> Mapping[str, Subject]:
    """What the list may be filtered by: its object's fields, and what its columns show of linked records."""
    declared = chosen.view.columns if chosen.view is not None else ()
    return subjects.of(tx, obj, dict.fromkeys((*declared, *chosen.arrangement.columns)))


def emptiness(view: View | None, asked: Query) -> str:
    """Why there are no rows: nothing fits what was asked, nothing belongs in the view, or there is nothing at all."""
    if asked.filter or asked.search:
        return "unmatched"
    return "unfilled" if view is not None and view.where is not None else "nothing"


def heads(
    place: Place, picked: Sequence[Column], sort: Sequence[str], sure: frozenset[str], widths: Mapping[str, int]
) -> list[Head]:
    """The heads of the columns; their links turn the order round. Fields that some rows hide order nothing."""
    return [head(place, c, sort if c.sortable and c.path in sure else None, widths.get(c.path, 0)) for c in picked]


def carded(obj: Object, found: Sequence[Head], view: View | None, kept: Arrangement) -> list[Head]:
    """The heads as a phone shows them on cards: led by what the title of a record says, without those that the view
    leaves off its cards, unless somebody has chosen columns for it."""
    titled = {path[0] for path in obj.title.reads if len(path) == 1} if obj.title is not None else set()
    led = [replace(one, lead=number > 0 and one.name in titled) for number, one in enumerate(found)]
    if view is None or view.kind != "list" or not view.card or kept.columns:
        return led
    return [replace(one, hide_on_phone=number > 0 and one.name not in view.card) for number, one in enumerate(led)]


def plain_head(column: Column) -> Head:
    """A head by which nothing is sorted."""
    return Head(column.path, column.label, column.kind, "", "")


def head(place: Place, column: Column, sort: Sequence[str] | None, width: int) -> Head:
    """A column's head; one by which nothing is sorted has `sort` None."""
    plain = Head(column.path, column.label, column.kind, "", "", width=width)
    if sort is None:
        return plain
    place_in = next((n for n, key in enumerate(sort) if key.lstrip("-") == column.path), -1)
    now = "" if place_in < 0 else "desc" if sort[place_in].startswith("-") else "asc"
    alone = now and len(sort) == 1
    url = place.url(sort=turned(sort, column.path) or column.path if alone else column.path)
    more = place.url(sort=turned(sort, column.path))
    return replace(plain, sort_url=url, sorted=now, order=place_in + 1 if now and len(sort) > 1 else 0, more_url=more)


def may_take(tx: Tx, action: Action) -> bool:
    """Whether the actor may take an action on some record: by role or by name; each record decides for itself."""
    who = action.by
    if who is None:
        return True
    return bool(set(who.roles) & tx.actor.roles) or bool(who.people) or bool({"everyone", "public"} & set(who.words))


def picked_of(tx: Tx, obj: Object, chosen: Chosen) -> list[Column]:
    """The columns of the view that is looked at."""
    shown = access.visible_fields(tx, obj)
    return columns.of_view(tx, obj, chosen.view, shown, tx.actor.language, chosen.arrangement.columns)


def editable(tx: Tx, obj: Object, picked: Sequence[Column]) -> str:
    """The columns whose cells can be edited in place; each record decides for itself whether they are open."""
    if not access.may(tx, obj.name, "edit"):
        return ""
    return ",".join(c.path for c in picked if "." not in c.path and cell_forms.editable(obj, c.path))


def has_batch(tx: Tx, obj: Object) -> bool:
    """Whether rows can be ticked: there is something to do with many at once."""
    return bool(bulk_of(tx, obj) or papers.offered_for_many(tx, obj))


def bulk_of(tx: Tx, obj: Object) -> list[tuple[str, str]]:
    """What may be done with many records at once: actions offered for it, a field changed, the bin."""
    language = tx.actor.language
    found = [(a.name, a.label.to(language)) for a in obj.actions.values() if a.bulk and may_take(tx, a)]
    if access.may(tx, obj.name, "edit"):
        found.append(("~edit", say(zh="修改字段…", en="Change a field …").to(language)))
    if access.may(tx, obj.name, "delete") and obj.name != "user":
        found.append(("~delete", say(zh="删除", en="Delete").to(language)))
    return found


def rows(
    tx: Tx, obj: Object, page: Page, picked: Sequence[Column], language: str, view: View | None = None
) -> list[ListRow]:
    """The rows of a page."""
    return listed(tx, obj, page.items, picked, language, view)


def listed(
    tx: Tx, obj: Object, records: Sequence[Record], picked: Sequence[Column], language: str, view: View | None = None
) -> list[ListRow]:
    """Records as rows, coloured as the view says, with the titles of what they link to loaded at once."""
    if not records:
        return []
    open_columns = [name for name in editable(tx, obj, picked).split(",") if name]
    titles.load(records[0].session, records, [c.field for c in picked if c.field is not None and "." not in c.path])
    return [
        ListRow(
            addresses.record(tx.app.name, obj.name, r.id or 0),
            r.id or 0,
            columns.cells(tx, r, picked, shown, language),
            shut_of(r, open_columns),
            cards.color_of(r, obj, view, shown) if view is not None and view.kind == "list" and view.color else "",
        )
        for r, shown in zip(records, access.visible_in(tx, obj, records), strict=True)
    ]


def shut_of(record: Record, names: Sequence[str]) -> Mapping[str, str]:
    """Which of the cells that can be edited in place the record's state shuts, so that no pencil offers them."""
    shut = [name for name in names if access.reason_of_state(record, name) is not None]
    return {"data-shut": ",".join(shut)} if shut else {}


def statuses(obj: Object, place: Place, filter: str, language: str) -> list[Tab]:
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
    return (spoken.SYSTEM_LABELS["status"] if chosen is None else chosen.label).to(language)


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
