"""Saved views of lists and how each person has arranged them. A view asks; what it answers is each reader's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import FieldError, Forbidden, Invalid, NotFound
from engine.runtime.storage import view_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

MARK = "~"                                     # begins the key of a saved view: no declared one is called so
LONGEST = 100
MOST = 30                                      # saved views that one person may have of an object
ASKS = ("filter", "search", "sort", "view", "group", "columns")
DENSITIES = ("profile", "compact", "normal", "roomy")     # `profile`: as the person has it everywhere
WIDTHS = (40, 1200)                            # pixels that a column may be wide
EVERYONE = "everyone"
OPENED_FIRST = "*"                             # the arrangement that tells which view is opened first


@dataclass(frozen=True, slots=True)
class SavedView:
    """A question to a list under a name. `question` holds keys of `ASKS`; `roles` with whom it is shared."""

    id: int
    owner: int
    name: str
    question: Mapping[str, Any]
    roles: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the address calls it."""
        return f"{MARK}{self.id}"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a person looks at one view: which columns in which order (none: as declared), how wide, how dense, with a row
    of totals or not."""

    columns: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    density: str = "profile"
    totals: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an object's lists for the actor: saved views in sight, arrangements, the view opened first."""

    views: tuple[SavedView, ...] = ()
    arranged: Mapping[str, Arrangement] = field(default_factory=dict)
    first: str = ""

    def view(self, key: str) -> SavedView | None:
        return next((view for view in self.views if view.key == key), None)

    def arrangement(self, key: str) -> Arrangement:
        return self.arranged.get(key, Arrangement())


def kept(tx: Tx, object: str) -> Kept:
    """What is kept for the actor, with two small statements."""
    user = tx.actor.id
    if tx.actor.kind != "user" or user is None:
        return Kept()
    settings = dict(view_rows.arrangements(tx.connection, user, tx.app.name, object))
    first = str(settings.pop(OPENED_FIRST, {}).get("first", ""))
    views = [_view(row) for row in view_rows.of_object(tx.connection, tx.app.name, object)]
    seen = tuple(view for view in views if view.owner == user or {EVERYONE, *tx.actor.roles} & set(view.roles))
    return Kept(seen, {key: _arrangement(one) for key, one in settings.items()}, first)


def _view(row: Mapping[str, Any]) -> SavedView:
    return SavedView(row["id"], row["owner"], row["name"], row["question"], tuple(row["roles"]))


def _arrangement(settings: Mapping[str, Any]) -> Arrangement:
    return Arrangement(
        tuple(settings.get("columns", ())),
        dict(settings.get("widths", {})),
        settings.get("density", "profile"),
        bool(settings.get("totals", False)),
    )


def save(tx: Tx, object: str, name: str, question: Mapping[str, Any], roles: Iterable[str] = ()) -> SavedView:
    """A new view of the actor's own, shared with these roles. Raises `Invalid` for its name, `Forbidden` for roles that
    the actor has not."""
    user, name, shared = _person(tx), _named(name), _shared(tx, roles)
    if sum(view.owner == user for view in kept(tx, object).views) >= MOST:
        raise Invalid(say(zh="最多保存 {most} 个视图", en="{most} saved views at most", most=MOST))
    asked = {key: value for key, value in question.items() if key in ASKS and value}
    row = {"app": tx.app.name, "object": object, "owner": user, "name": name, "question": asked, "roles": shared}
    id = view_rows.add(tx.connection, {**row, "changed_at": tx.now})
    return SavedView(id, user, name, asked, tuple(shared))


def change(
    tx: Tx, object: str, key: str, *, name: str, roles: Iterable[str], question: Mapping[str, Any] | None = None
) -> None:
    """Change a view: only its owner may. `question` None leaves what it asks."""
    view = own(tx, object, key)
    values: dict[str, Any] = {"name": _named(name), "roles": _shared(tx, roles, besides=view.roles)}
    if question is not None:
        values["question"] = {key: value for key, value in question.items() if key in ASKS and value}
    view_rows.change(tx.connection, view.id, tx.now, values)


def remove(tx: Tx, object: str, key: str) -> None:
    """Take a view away: only its owner may."""
    view = own(tx, object, key)
    view_rows.remove(tx.connection, tx.app.name, object, view.id, view.key)


def own(tx: Tx, object: str, key: str) -> SavedView:
    """A view of the actor's. Raises `NotFound` for one out of sight, `Forbidden` for one of somebody else."""
    view = kept(tx, object).view(key)
    if view is None:
        raise NotFound(say(zh="没有这个视图", en="There is no such view"))
    if view.owner != tx.actor.id:
        raise Forbidden(say(zh="只有保存者才能修改此视图", en="Only the person who saved a view may change it"))
    return view


def arrange(tx: Tx, object: str, key: str, **changes: Any) -> None:
    """Keep how the actor looks at a view: `columns`, `widths`, `density`, `totals`."""
    user = _person(tx)
    now = kept(tx, object).arrangement(key)
    settings: dict[str, Any] = {"columns": list(now.columns), "widths": dict(now.widths), "density": now.density,
                                "totals": now.totals}
    settings |= changes
    least, most = WIDTHS
    settings["widths"] = {path: max(least, min(most, int(width))) for path, width in settings["widths"].items()}
    if settings["density"] not in DENSITIES:
        settings["density"] = "profile"
    plain = {"columns": [], "widths": {}, "density": "profile", "totals": False}
    told = {name: value for name, value in settings.items() if value != plain.get(name)}
    view_rows.arrange(tx.connection, user, tx.app.name, object, key[:LONGEST], told)


def open_first(tx: Tx, object: str, key: str) -> None:
    """Which view the actor's list opens with; blank for the declared one."""
    settings = {"first": key[:LONGEST]} if key else {}
    view_rows.arrange(tx.connection, _person(tx), tx.app.name, object, OPENED_FIRST, settings)


def _person(tx: Tx) -> int:
    if tx.actor.kind != "user" or tx.actor.id is None:
        raise Forbidden(say(zh="请先登录", en="Please sign in"))
    return tx.actor.id


def _named(name: str) -> str:
    name = " ".join(name.split())
    if name and len(name) <= LONGEST:
        return name
    message = _no_name(name)
    raise Invalid(message, errors=[FieldError("name", message)])


def _no_name(name: str) -> Text:
    if not name:
        return say(zh="请为视图起个名字", en="Give the view a name")
    return say(zh="名字最多 {most} 个字符", en="A name has {most} characters at most", most=LONGEST)


def _shared(tx: Tx, roles: Iterable[str], besides: Iterable[str] = ()) -> list[str]:
    """With whom a view is shared: roles that the actor has, and those that it was shared with before."""
    wanted = [role for role in dict.fromkeys(roles) if role]
    wrong = next((role for role in wanted if role not in {EVERYONE, *tx.actor.roles, *besides}), None)
    if wrong is not None:
        raise Forbidden(say(zh="不能与角色“{role}”共享", en="A view is shared with roles of one's own, not {role}",
                            role=wrong))
    return wanted
