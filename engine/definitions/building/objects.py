"""Builds objects and their lines. Stores nothing."""

from __future__ import annotations

from engine.definitions.building.actions import actions
from engine.definitions.building.amendments import amendment
from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.field_rules import ways_back
from engine.definitions.building.fields import object_fields
from engine.definitions.building.figures import figures
from engine.definitions.building.layouts import layout
from engine.definitions.building.occasions import occasions
from engine.definitions.building.posts import posts
from engine.definitions.building.rules import checks, uniques
from engine.definitions.building.states import effective, effective_while, states
from engine.definitions.building.steps import Walk
from engine.definitions.building.surfaces import surfaces
from engine.definitions.building.views import views
from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, candidates, flag, scalars, word
from engine.definitions.language import SHAPES
from engine.definitions.nodes import List, Map
from engine.definitions.objects import Keep, Lock, Object, Scan
from engine.definitions.outlines import Thing
from engine.expressions.compiled import Expression
from engine.kinds.fields.base import Literal
from engine.texts import FALLBACK, Text


def objects(desk: Desk) -> dict[str, Object]:
    """All objects and their lines, the people included."""
    ways_back(desk)
    found = {}
    for thing in desk.outline.things.values():
        if thing.kind == "object":
            found[thing.name] = _object(desk, thing)
        elif thing.kind == "lines":
            found[thing.name] = _lines(desk, thing)
    return found


def _object(desk: Desk, thing: Thing) -> Object:
    spec = thing.spec
    label = desk.label(spec.get("name"), thing.name)
    fields = object_fields(desk, thing)
    if not fields:
        desk.report("E-KEY-002", f"the object {thing.name} has no fields", spec.at, "add `fields:`")
    for name in thing.backs:
        if name in thing.fields:
            desk.report(
                "E-FLD-008",
                f"`{name}` is a field and a way back",
                thing.fields[name].at,
                "take another name for `back:`",
            )
    return Object(
        name=thing.name,
        label=label,
        plural=_plural(desk, spec, label),
        fields=fields,
        icon=word(spec.get("icon")),
        help=desk.fixed(spec.get("help"), "help"),
        title=desk.template(spec.get("title"), desk.scope(thing.name)),
        key=desk.paths(spec.get("key"), thing.name),
        single=flag(spec.get("single")),
        unique=uniques(desk, thing),
        checks=checks(desk, spec.get("checks"), desk.scope(thing.name), thing.name),
        states=states(desk, thing),
        effective=effective(desk, thing),
        effective_while=effective_while(desk, thing),
        actions={**actions(desk, thing), **amendment(desk, thing)},
        lock=_lock(desk, thing),
        posts=posts(desk, thing),
        views=views(desk, thing),
        surfaces=surfaces(desk, thing),
        occasions=occasions(desk, thing),
        figures=figures(desk, thing),
        form=layout(desk, thing, spec.get("form")),
        delete=word(spec.get("delete"), "bin"),
        discussion=word(spec.get("discussion"), "none"),
        keep=_keep(desk, thing),
        backs=dict(thing.backs),
        was=word(spec.get("was")),
        declared=_declared(desk, thing),
        key_at=spec.key_at("key"),
        location=spec.at,
    )


def _lines(desk: Desk, thing: Thing) -> Object:
    label = desk.label(thing.spec.get("name"), thing.owner_field)
    key = scalars(thing.spec.get("key"))
    return Object(
        name=thing.name,
        label=label,
        plural=label,
        fields=object_fields(desk, thing),
        owner=thing.owner,
        owner_field=thing.owner_field,
        key=desk.paths(List(key, thing.spec.at), thing.name) if key else (),
        backs=dict(thing.backs),
        scan=_scan(desk, thing),
        declared=_incoming(desk, thing),
        location=thing.spec.at,
    )


def _incoming(desk: Desk, thing: Thing) -> dict[str, object]:
    """Rows that come and go with a source: checked, not active yet."""
    found: dict[str, object] = {}
    rows = thing.spec.get("rows")
    if isinstance(rows, Map):
        each = desk.source(rows.get("each"), desk.scope(thing.owner))
        key = desk.paths(rows.get("key"), thing.name)
        values = {} if each is None else dict(desk.values(rows.get("set"), thing.name, candidates(each)))
        found["rows"] = Declared("rows", {"each": each, "key": key, "set": values}, rows.at)
    return found


def _scan(desk: Desk, thing: Thing) -> Scan | None:
    """What a scanned code does; the browser computes what is set, so that nobody waits between two codes."""
    spec = thing.spec.get("scan")
    if spec is None:
        return None
    found = desk.paths(spec.get("find") if isinstance(spec, Map) else spec, thing.name)
    values: dict[str, Literal | Expression] = {}
    if isinstance(spec, Map):
        values = dict(desk.values(spec.get("set"), thing.name, desk.scope(thing.name)))
        given = spec.get("set")
        for pair in given if isinstance(given, Map) else ():
            value = values.get(pair.key.text)
            if isinstance(value, Expression) and value.browser() is None:
                problem = f"`{pair.key.text}` cannot be computed in the browser, where codes are scanned"
                desk.report("E-FLD-013", problem,
                            pair.value.at, "use the row's own fields, numbers and texts only")
    return Scan(found[0], values) if found else None


def _plural(desk: Desk, spec: Map, label: Text) -> Text:
    """The label of many: in English an s is added where nothing is said."""
    given = spec.get("plural")
    if given is not None:
        return desk.text(given) or label
    english = label.forms.get(FALLBACK, "")
    if not english.isascii() or not english or english.endswith("s"):
        return label
    many = english[:-1] + "ies" if english.endswith("y") and english[-2:-1] not in "aeiou" else english + "s"
    return Text({**label.forms, FALLBACK: many})


def _lock(desk: Desk, thing: Thing) -> Lock | None:
    """When the record is closed, and what stays open."""
    spec = thing.spec.get("lock")
    if not isinstance(spec, Map):
        return None
    when = desk.condition(spec.get("when"), desk.scope(thing.name))
    excepted = desk.paths(spec.get("except"), thing.name)
    return None if when is None else Lock(when, excepted)


def _keep(desk: Desk, thing: Thing) -> Keep | None:
    """How long records are kept."""
    spec = thing.spec.get("keep")
    if not isinstance(spec, Map):
        return None
    names = desk.scope(thing.name)
    found = Reader(desk, Place(names, thing.name)).only(spec, SHAPES["keep"].keys)
    until, unless, then = found.get("until"), found.get("unless"), word(spec.get("then"))
    if then == "anonymise" and not _personal(desk, thing):
        hint = "mark the fields with personal data: `personal: true`"
        desk.report("E-KEP-001", f"{thing.name} has no personal data to take out", spec.key_at("then"), hint)
    if not isinstance(until, Expression) or not then:
        return None
    return Keep(until, then, unless if isinstance(unless, Expression) else None)


def _personal(desk: Desk, thing: Thing) -> bool:
    """Whether a field of the object, or of its lines, is marked as personal."""
    things = (one for one in desk.outline.things.values() if thing.name in (one.name, one.owner))
    return any(word(spec.get("personal")) == "true" for one in things for spec in one.fields.values())


def _declared(desk: Desk, thing: Thing) -> dict[str, object]:
    """What is declared of an object beyond what runs: forms for occasions, how long records are kept."""
    names = desk.scope(thing.name)

    def step(spec: Map) -> object:
        return Walk(desk, thing.name, names).step(spec)

    def entries(spec: Map) -> object:
        return layout(desk, thing, List((spec,), spec.at))

    reader = Reader(desk, Place(names, thing.name), nouns={"step": step, "layout": entries})
    return reader.later(thing.spec, SHAPES["object"])
