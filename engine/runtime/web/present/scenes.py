"""Views that are no list: which picture a view is, and what it reads. Knows the pictures, no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from engine.definitions.objects import Object, View
from engine.runtime.services.reading import Page, Query
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import branches, calendars, galleries, gantts, kanbans
from engine.runtime.web.present.branches import Tree
from engine.runtime.web.present.calendars import Calendar
from engine.runtime.web.present.galleries import Gallery
from engine.runtime.web.present.gantts import Gantt
from engine.runtime.web.present.kanbans import Board
from engine.runtime.web.present.places import Place

Scene: TypeAlias = Board | Calendar | Gantt | Gallery | Tree
WHOLE: Mapping[str, Callable[[Tx, Object, View, Query, Place], Scene]] = {
    "kanban": kanbans.of, "calendar": calendars.of, "timeline": gantts.of,
}
PAGED = ("gallery", "tree")                    # they stand on a page of the list's records


def paged(view: View | None) -> bool:
    """Whether a view reads the records of the list page by page; a kanban or a calendar reads by itself."""
    return view is None or view.kind not in WHOLE


def asked(view: View | None, query: Query, place: Place) -> Query:
    """The question of a page of the view."""
    if view is not None and view.kind == "tree":
        return branches.top(view, query, place)
    return query if view is None or view.kind != "gallery" else replace(query, limit=galleries.PAGE)


def of(tx: Tx, obj: Object, view: View | None, query: Query, place: Place, page: Page) -> Scene | None:
    """The picture of a view; None for a list."""
    if view is None or view.kind not in (*WHOLE, *PAGED):
        return None
    if view.kind in WHOLE:
        return WHOLE[view.kind](tx, obj, view, query, place)
    if not page.items:
        return None                            # then the list says why nothing is there
    if view.kind == "gallery":
        return galleries.of(tx, obj, view, page.items)
    return branches.of(tx, obj, view, query, place, page)
