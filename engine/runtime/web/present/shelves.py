"""Which view of a list is looked at, and the tabs to choose from: declared ones, saved ones. Knows no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.definitions.objects import Object, View
from engine.errors import NotFound, Unreadable
from engine.expressions.scope import Frame
from engine.runtime.services import reading
from engine.runtime.services.lists import grouped, list_views
from engine.runtime.services.lists.list_views import Arrangement, Kept, SavedView
from engine.runtime.services.lists.moving import STATES
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import filters
from engine.runtime.web.present.places import Place, Tab
from engine.texts import say

ALL = say(zh="全部", en="All")
NOTHING = "~0"                                 # the key of no view at all, where the person opens another one first
COUNTED = 100                                  # tabs count so far
ICONS = {
    "list": "", "kanban": "layout-kanban", "calendar": "calendar", "timeline": "timeline", "gallery": "photo",
    "tree": "list-tree",
}
KINDS = tuple(ICONS)                           # kinds of views that show many records
KEPT_BLANK = ("filter", "search", "sort", "group")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The view that is looked at. `key`: what the address calls it; `view`: the declared one whose columns and
    condition hold; `saved`: the saved one, if it is one; `asked`: what the address and the view ask together;
    `standing`: what a declared view asks by itself."""

    key: str
    view: View | None
    saved: SavedView | None
    kept: Kept
    asked: Mapping[str, str]
    standing: Mapping[str, str] = field(default_factory=dict)

    @property
    def arrangement(self) -> Arrangement:
        """How the actor looks at it: as arranged, else as it was saved."""
        found = self.kept.arrangement(self.key)
        if found.columns or self.saved is None:
            return found
        saved = self.saved.question.get("columns", "")
        return replace(found, columns=tuple(path for path in str(saved).split(",") if path))

    @property
    def base(self) -> Mapping[str, str]:
        """What the view asks by itself."""
        if self.saved is None:
            return self.standing
        return {k: str(v) for k, v in self.saved.question.items() if k in KEPT_BLANK}

    def place(self, tx: Tx, obj: Object) -> Place:
        """The address of what is looked at."""
        return Place(tx.app.name, obj.name, self.asked, self.base)


def choose(tx: Tx, obj: Object, address: Mapping[str, str]) -> Chosen:
    """The view of an address; of a bare one the view that the actor opens first. Raises `NotFound` for a saved view
    that is gone or out of sight."""
    kept = list_views.kept(tx, obj.name)
    key, bare = address.get("view", ""), not any(k in address for k in ("view", *KEPT_BLANK))
    saved = kept.view(kept.first if bare else key)
    if saved is None and key.startswith(list_views.MARK) and key != NOTHING:
        raise NotFound(say(zh="没有这个视图，或不再与您共享", en="There is no such view, or it is no longer shared"))
    if saved is None:
        key = kept.first if bare and kept.first in obj.views else key
        view = _open(tx, obj, declared(obj, key))
        by = grouping(tx, obj, view)
        standing = {"group": by} if by else {}
        asked = named({**standing, **address}, key)
        return Chosen(view.name if view is not None else "", view, None, kept, asked, standing)
    question = {k: str(v) for k, v in saved.question.items() if k in KEPT_BLANK}
    asked = named({**question, **address}, saved.key)
    return Chosen(saved.key, _open(tx, obj, declared(obj, str(saved.question.get("view", "")))), saved, kept, asked)


def grouping(tx: Tx, obj: Object, view: View | None) -> str:
    """What a declared list is grouped by until its reader groups it otherwise; blank if they may not see that."""
    if view is None or view.kind != "list" or not view.group:
        return ""
    name = "status" if view.group in STATES else view.group
    return next((by for by in grouped.groupable(tx, obj) if by.partition(":")[0] == name), "")


def _open(tx: Tx, obj: Object, view: View | None) -> View | None:
    """The view itself if it is for the actor, else a list."""
    return view if view is None or meant(tx, obj, view) else first_list(obj)


def named(asked: Mapping[str, str], key: str) -> dict[str, str]:
    """What is asked, with the name of the view if it has one."""
    return {**{k: v for k, v in asked.items() if k != "view"}, **({"view": key} if key else {})}


def declared(obj: Object, name: str) -> View | None:
    """The named view of many records, else the one that is shown first: the default, else the first list."""
    known = [v for v in obj.views.values() if v.kind in KINDS]
    first = next((v for v in known if v.default), next((v for v in known if v.kind == "list"), None))
    return next((v for v in known if v.name == name), None if name == NOTHING else first)


def first_list(obj: Object) -> View | None:
    """The list that shows an object's records in small: beside what they belong to."""
    lists = [v for v in obj.views.values() if v.kind == "list"]
    return next((v for v in lists if v.default), lists[0] if lists else None)


def meant(tx: Tx, obj: Object, view: View) -> bool:
    """Whether a view is for the actor: they are among its people, and see in every record what it stands on. Where a
    record stands would tell the value of a field that is hidden in some."""
    stands = (*view.columns[:1], *([view.until] if view.until else [])) if view.kind != "list" else ()
    seen = access.visible_fields(tx, obj) if view.kind == "gallery" else access.sure_fields(tx, obj)
    if any(name in obj.fields and name not in seen for name in stands):
        return False
    who = view.by
    if who is None or access.unbound(tx.actor):
        return True
    named = any(tx.actor.ref in access.people(e.value(Frame(Session(tx)))) for e in who.people)
    return bool({*who.roles, *who.words} & tx.actor.grantees) or (tx.actor.ref is not None and named)


def tabs(tx: Tx, obj: Object, chosen: Chosen, *, counted: bool = False) -> list[Tab]:
    """The views to choose from; with `counted`, how many are in each, as far as that is counted."""
    place, language = chosen.place(tx, obj), tx.actor.language
    known = [v for v in obj.views.values() if v.kind in KINDS and meant(tx, obj, v)]
    here = chosen.view if chosen.saved is None else None
    found = [
        Tab(view_label(v, language), place.view(v.name), v is here, key=v.name, icon=ICONS[v.kind]) for v in known
    ]
    if not any(v.kind == "list" for v in known) and (known or chosen.kept.views):
        found.insert(0, Tab(ALL.to(language), place.view(NOTHING), chosen.saved is None and here is None, key=NOTHING))
    for saved in chosen.kept.views:
        icon = "users" if saved.owner != tx.actor.id else ""
        found.append(Tab(saved.name, place.view(saved.key), saved is chosen.saved, key=saved.key, icon=icon))
    return [replace(tab, count=count(tx, obj, chosen.kept, tab.key)) for tab in found] if counted else found


def count(tx: Tx, obj: Object, kept: Kept, key: str) -> int:
    """How many records a view holds for the actor, a hundred at most; none where its filter is not theirs to read."""
    saved = kept.view(key)
    question: Mapping[str, str] = {} if saved is None else saved.question
    view = declared(obj, str(question.get("view", "")) if saved is not None else key)
    asked = Query(filter=str(question.get("filter", "")), search=str(question.get("search", "")))
    try:
        return reading.count(tx, obj.name, narrowed(asked, view), most=COUNTED)
    except Unreadable:
        return 0


def view_label(view: View, language: str) -> str:
    """The label of a view in this language; one without a condition or a label of its own shows all there is."""
    unnamed = language not in view.label.forms and view.where is None
    return (ALL if unnamed else view.label).to(language)


def narrowed(asked: Query, view: View | None) -> Query:
    """The question with the view's condition."""
    if view is None or view.where is None:
        return asked
    return replace(asked, filter=filters.joined(view.where.text, asked.filter))


def ordered(asked: Query, view: View | None, sure: frozenset[str]) -> Query:
    """The question with the view's condition, in the view's order if none is asked for."""
    if view is None:
        return asked
    order = tuple(key for key in view.sort if key.lstrip("-") in sure)
    return replace(narrowed(asked, view), sort=asked.sort or order, ranked=not asked.sort)


# ---- what is kept


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the panel of saved views shows: the view's name, whether it is the reader's own, whether it is opened first,
    whether the list asks something else by now, with whom it may be shared."""

    key: str
    name: str
    own: bool
    first: bool
    changed: bool
    roles: Sequence[tuple[str, str, bool]]     # name, label, shared
    question: Mapping[str, str]


def shelf(tx: Tx, obj: Object, chosen: Chosen) -> Shelf:
    """The panel of the view that is looked at."""
    language, saved = tx.actor.language, chosen.saved
    shared = set(saved.roles) if saved is not None else set()
    roles = [(list_views.EVERYONE, say(zh="所有人", en="Everybody").to(language), list_views.EVERYONE in shared)]
    mine = (role for role in tx.app.roles.values() if role.name in tx.actor.roles)
    roles += [(role.name, role.label.to(language), role.name in shared) for role in mine]
    view = chosen.view.name if chosen.view is not None else ""
    columns = ",".join(chosen.arrangement.columns)
    question = {k: v for k, v in chosen.place(tx, obj).asked().items() if k in KEPT_BLANK and v}
    question |= {k: v for k, v in (("view", view), ("columns", columns)) if v}
    stored = {k: str(v) for k, v in saved.question.items()} if saved is not None else {}
    own = saved is not None and saved.owner == tx.actor.id
    first = bool(chosen.kept.first) and chosen.kept.first == (chosen.key or NOTHING)
    changed = saved is not None and question != stored
    return Shelf(chosen.key, saved.name if saved is not None else "", own, first, changed, roles, question)
