"""What there is in an app and of which type (objects, lines, registers, reports, decisions). Compiles nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.definitions.nodes import List, Map, Node, Scalar, keyed, made
from engine.definitions.objects import AMEND
from engine.definitions.spaces import Spaces
from engine.errors import Location
from engine.expressions.scope import Signature
from engine.expressions.types import (
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    TEXT,
    USER,
    Type,
    choice_of,
    record_of,
    rows_of,
)
from engine.kinds.fields.base import Field

RECORD: Mapping[str, Type] = {
    "id": INTEGER,
    "version": INTEGER,
    "creator": USER,
    "created_at": DATETIME,
    "changed_by": USER,
    "changed_at": DATETIME,
    "ended_on": DATE,
}
STATED = ("state", "status", "ended_from")
LINE: Mapping[str, Type] = {"id": INTEGER, "position": INTEGER}
MOVEMENT: Mapping[str, Type] = {"date": DATE, "booked_at": DATETIME}
MOVEMENTS = "movements of "
# What the engine keeps of every record: the states that it was in, and the steps of its flows.
HISTORIES: Mapping[str, Mapping[str, Type]] = {
    "stays": {"id": INTEGER, "by": USER, "since": DATETIME, "until": DATETIME, "time": DURATION},
    "steps": {
        "id": INTEGER,
        "flow": TEXT,
        "step": TEXT,
        "actor": USER,
        "since": DATETIME,
        "until": DATETIME,
        "decision": choice_of("approve", "reject", "return", "resubmit"),
        "time": DURATION,
    },
}
PEOPLE = "@people"                             # own fields of people, as a thing of their own
WORDS = ("this", "me", "old", "parent", "id", "version")
MOMENTS = ("deleted_at", "archived_at", "anonymised_at", "purged_at")   # the engine's own, which no expression reads
RESERVED: Mapping[str, frozenset[str]] = {
    "object": frozenset({*RECORD, *STATED, *WORDS, "search_text", *MOMENTS}),
    "lines": frozenset({*LINE, *WORDS}),
}


@dataclass(slots=True)
class Thing:
    """One thing whose rows expressions can name. `fields` are written out; `formulas` are further computed members."""

    name: str
    kind: str  # object | lines | register | report | answer | history | told
    spec: Map
    fields: dict[str, Map]
    owner: str = ""
    owner_field: str = ""
    states: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    backs: dict[str, tuple[str, str]] = field(default_factory=dict)
    formulas: dict[str, Scalar] = field(default_factory=dict)

    @property
    def acts(self) -> dict[str, Map]:
        """The actions as they are written, the one that `amend` gives among them."""
        found = dict(maps(self.spec.get("actions")))
        amend = self.spec.get(AMEND)
        if isinstance(amend, Map):
            asked = {key: node for key, of in (("ask", "fields"), ("start", "flow")) if (node := amend.get(of))}
            found[AMEND] = keyed(amend.at, **asked)
        return found


class Outline:
    """Answers what a name is and which type it has; types of computed members are found when they are asked for.

    `draft` makes a field without its expressions, `infer` types the expression of a computed member: both are given
    by the builder, so that this module compiles nothing."""

    def __init__(
        self, things: Mapping[str, Thing], decisions: Mapping[str, Map], roles: Sequence[str], spaces: Spaces
    ) -> None:
        self.things = dict(things)
        self.spaces = spaces
        self.decisions = decisions
        self.roles = tuple(roles)
        self.draft: Callable[[Thing, str], Field | None] = lambda thing, name: None
        self.infer: Callable[[Thing, str], Type | None] = lambda thing, name: None
        self.sign: Callable[[str], Signature | None] = lambda name: None
        self.input_type: Callable[[Map, str], Type] = lambda spec, name: Type("any")
        self.stands: dict[str, str] = {}       # what people may stand for, as `me` names it → the object
        self._fields: dict[tuple[str, str], Field | None] = {}
        self._members: dict[tuple[str, str], Type | None] = {}
        self._signatures: dict[str, Signature | None] = {}
        self._running: list[tuple[str, str]] = []

    def field(self, thing: str, name: str) -> Field | None:
        """The field without its expressions; None where there is none, or while it is being made (a circle)."""
        place = (thing, name)
        if place in self._fields:
            return self._fields[place]
        found = self.things.get(thing)
        if found is None or name not in found.fields or place in self._running:
            return None
        self._running.append(place)
        made = self.draft(found, name)
        self._running.remove(place)
        self._fields[place] = made
        return made

    def computed(self, thing: str, name: str) -> bool:
        """Whether a field is a formula or a balance, which nobody sets."""
        spec = self.things[thing].fields.get(name)
        return spec is not None and (spec.get("formula") is not None or spec.get("balance") is not None)

    def member(self, thing: str, name: str) -> Type | None:
        """The type of a member of a thing's rows."""
        place = (thing, name)
        if place not in self._members:
            self._members[place] = self._member(thing, name)
        return self._members[place]

    def _member(self, name: str, member: str) -> Type | None:
        if name.startswith(MOVEMENTS):
            return self._of_movement(name.removeprefix(MOVEMENTS), member)
        thing = self.things.get(name)
        if thing is None:
            return None
        if member in thing.fields:
            made = self.field(name, member)
            return Type("any") if made is None else made.type
        if member in thing.formulas:
            return self._inferred(thing, member)
        if member in thing.backs:
            return rows_of(thing.backs[member][0])
        if name == "user" and member in self.stands:
            return record_of(self.stands[member])
        if member in HISTORIES and f"{name}.{member}" in self.things:
            return rows_of(f"{name}.{member}")
        return self._system(thing, member)

    def _inferred(self, thing: Thing, member: str) -> Type | None:
        place = (thing.name, member)
        if place in self._running:
            return Type("any")
        self._running.append(place)
        found = self.infer(thing, member)
        self._running.remove(place)
        return found

    def _system(self, thing: Thing, member: str) -> Type | None:
        if thing.kind == "object":
            if member in STATED:
                shown = thing.states if member != "status" else (*thing.states, *thing.derived)
                return choice_of(*shown) if shown else None
            return self.member(PEOPLE, member) if thing.name == "user" and member not in RECORD else RECORD.get(member)
        if thing.kind == "history":
            return self._of_history(thing, member)
        if thing.kind == "lines":
            return record_of(thing.owner) if member == "parent" else LINE.get(member)
        return None

    def _of_history(self, thing: Thing, member: str) -> Type | None:
        if member == "parent":
            return record_of(thing.owner)
        owner = self.things[thing.owner]
        if member == "state" and thing.owner_field == "stays":
            return choice_of(*owner.states, *owner.derived)
        return HISTORIES[thing.owner_field].get(member)

    def _of_movement(self, register: str, member: str) -> Type | None:
        if member == "document":
            posting = tuple(one.name for one in self.things.values() if one.kind == "object" and one.spec.get("posts"))
            return record_of(*posting)
        return MOVEMENT.get(member) or self.member(register, member)

    def members(self, thing: str) -> Iterator[str]:
        """All member names of a thing, for suggestions."""
        found = self.things.get(thing.removeprefix(MOVEMENTS))
        if found is None:
            return
        yield from (*found.fields, *found.formulas, *found.backs)
        if found.kind == "object":
            yield from (*RECORD, *(STATED if found.states else ()))
            yield from (one for one in HISTORIES if f"{found.name}.{one}" in self.things)
            yield from self.things[PEOPLE].fields if found.name == "user" and PEOPLE in self.things else ()
        elif found.kind == "history":
            yield from ("parent", *(("state",) if found.owner_field == "stays" else ()), *HISTORIES[found.owner_field])
        elif found.kind == "lines":
            yield from ("parent", *LINE)
        if thing.startswith(MOVEMENTS):
            yield from ("document", *MOVEMENT)

    def rows(self, name: str) -> Type | None:
        """`rows of …` for an object, register or report; `movements of stock` has the movement's members too."""
        thing = self.things.get(name.removeprefix(MOVEMENTS))
        if thing is None or thing.kind == "answer" or (name.startswith(MOVEMENTS) and thing.kind != "register"):
            return None
        return rows_of(name)

    def sources(self) -> tuple[str, ...]:
        """The names that stand for stored rows."""
        return tuple(name for name, thing in self.things.items() if thing.kind in ("object", "register", "report"))

    def signature(self, name: str) -> Signature | None:
        """A declared decision as a function."""
        if name not in self.decisions:
            return None
        if name not in self._signatures:
            self._signatures[name] = None
            self._signatures[name] = self.sign(name)
        return self._signatures[name]

    def path(self, thing: str, parts: Sequence[str]) -> tuple[str, str] | None:
        """Where a path leads: the thing and its member (`order_line.parent` → sales_order.lines, parent)."""
        for step in parts[:-1]:
            kind = self.member(thing, step)
            if kind is None or kind.name not in ("record", "rows") or not kind.objects:
                return None
            thing = kind.objects[0] if len(kind.objects) == 1 else self._having(kind.objects, parts)
        return (thing, parts[-1]) if self.member(thing, parts[-1]) is not None else None

    def _having(self, objects: Sequence[str], parts: Sequence[str]) -> str:
        """Of several targets the first that has the next step."""
        wanted = parts[-1]
        return next((one for one in objects if self.member(one, wanted) is not None), objects[0])


def things_of(objects: Map, app: Map, named: Callable[[Map], Map]) -> dict[str, Thing]:
    """All things of an app: objects (written out in full) with their lines, registers, reports, the people.

    `named` writes out a field whose type is one of the app's own."""
    found: dict[str, Thing] = {}
    for thing in _objects(objects):
        found[thing.name] = thing
    for name, spec in maps(app.get("registers")):
        fields = {key: named(part) for one in ("keys", "measures") for key, part in maps(spec.get(one))}
        formulas = {
            key: one for key, part in maps(spec.get("formulas")) if isinstance(one := part.get("formula"), Scalar)
        }
        found.setdefault(name, Thing(name, "register", spec, fields, formulas=formulas))
    for name, spec in maps(app.get("reports")):
        columns = {**dict(maps(spec.get("by"))), **dict(maps(spec.get("show")))}
        formulas = {key: one for key, part in columns.items() if isinstance(one := part.get("value"), Scalar)}
        found.setdefault(name, Thing(name, "report", spec, {}, formulas=formulas))
    _add_backs(found)
    _add_histories(found, app)
    found |= {thing.name: thing for thing in _told(app, named)}
    own = app.get("users")
    if isinstance(own, Map) and own.get("fields") is not None:
        found[PEOPLE] = Thing(PEOPLE, "answer", own, {name: named(part) for name, part in maps(own.get("fields"))})
    return found


def _objects(objects: Map) -> Iterator[Thing]:
    for name, spec in (("user", people()), *maps(objects)):
        states = dict(maps(spec.get("states")))
        real = tuple(key for key, state in states.items() if state.get("within") is None)
        thing = Thing(
            name,
            "object",
            spec,
            dict(maps(spec.get("fields"))),
            states=real,
            derived=tuple(key for key in states if key not in real),
        )
        yield thing
        yield from _lines(thing)


def _lines(thing: Thing) -> Iterator[Thing]:
    for name, spec in thing.fields.items():
        kind = spec.get("type")
        if isinstance(kind, Scalar) and kind.text == "lines":
            yield Thing(f"{thing.name}.{name}", "lines", spec, dict(maps(spec.get("fields"))), thing.name, name)


def _add_backs(things: dict[str, Thing]) -> None:
    for thing in list(things.values()):
        if thing.kind not in ("object", "lines"):
            continue
        for name, spec in thing.fields.items():
            back = spec.get("back")
            if isinstance(back, Scalar):
                for target in link_targets(spec):
                    if target in things:
                        things[target].backs.setdefault(back.text, (thing.name, name))


def _add_histories(things: dict[str, Thing], app: Map) -> None:
    """`order.stays` where an object has states, `order.steps` where it has flows; a field of that name comes first."""
    flowing = {node.text for _, spec in maps(app.get("flows")) if isinstance(node := spec.get("of"), Scalar)}
    for thing in [one for one in things.values() if one.kind == "object"]:
        for name, kept in (("stays", bool(thing.states)), ("steps", thing.name in flowing)):
            if kept and name not in (*thing.fields, *thing.backs):
                whole = f"{thing.name}.{name}"
                things.setdefault(whole, Thing(whole, "history", Map((), thing.spec.at), {}, thing.name, name))


def told_rows(automation: str, name: str) -> str:
    """What rows are called that come with a webhook."""
    return f"{name} of {automation}"


def _told(app: Map, named: Callable[[Map], Map]) -> Iterator[Thing]:
    for automation, spec in maps(app.get("automations")):
        for name, one in maps(spec.get("inputs") if spec.get("webhook") is not None else None):
            if isinstance(kind := named(one).get("type"), Scalar) and kind.text == "lines":
                fields = {key: named(part) for key, part in maps(one.get("fields"))}
                yield Thing(told_rows(automation, name), "told", one, fields)


def link_targets(spec: Map) -> tuple[str, ...]:
    """The objects that a link (or a field of people) links to."""
    kind = spec.get("type")
    if isinstance(kind, Scalar) and kind.text in ("user", "users"):
        return ("user",)
    to = spec.get("to")
    return tuple(item.text for item in to if isinstance(item, Scalar)) if isinstance(to, List) else ()


def maps(node: Node | None) -> Iterator[tuple[str, Map]]:
    """The entries of a map of maps."""
    if isinstance(node, Map):
        yield from ((name, value) for name, value in node.items() if isinstance(value, Map))


def key_at(node: Node | None, name: str) -> Location:
    """Where a key of a map stands."""
    return node.key_at(name) if isinstance(node, Map) else Location("")


def people() -> Map:
    """The builtin object of the people, as if somebody had written it."""
    at = Location("")

    def typed(kind: str, zh: str, en: str, **more: str) -> Map:
        label = keyed(at, zh=made(zh, at), en=made(en, at))
        return keyed(at, type=made(kind, at), name=label, **{key: made(text, at) for key, text in more.items()})

    fields = keyed(
        at,
        login=typed("text", "登录名", "Login", required="true", unique="true", search="true"),
        name=typed("text", "姓名", "Name", required="true", search="true"),
        email=typed("email", "邮箱", "Email"),
        department=typed("text", "部门", "Department"),
        position=typed("text", "岗位", "Position"),
        active=typed("boolean", "在用", "Active", default="true"),
    )
    label = keyed(at, zh=made("用户", at), en=made("User", at))
    return keyed(at, name=label, title=made("{name}", at), key=List((made("login", at),), at), fields=fields)
