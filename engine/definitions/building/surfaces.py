"""Builds what people without an account reach: forms, and pages of a record that they find. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.definitions.access import Grant, Permission
from engine.definitions.building.layouts import laid_fields, layout
from engine.definitions.building.occasions import FOR_EVERYBODY, entries, is_public
from engine.definitions.building.open_links import about, once, target_of, way_in
from engine.definitions.building.steps import Walk
from engine.definitions.desks import Desk, flag, scalars, word, words
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import Thing, maps
from engine.definitions.surfaces import GIVEN, SECONDS, Find, Limit, Surface, role_of
from engine.expressions.types import TEXT
from engine.suggest import did_you_mean

OFTEN = {"form": Limit(20, SECONDS["hour"]), "view": Limit(10, SECONDS["minute"])}      # where nothing is said
FILES = ("file", "files", "image")             # of the record itself; rows of lines take none
NOT_GIVEN = ("user", "users", "department", "signature", "json", "clock")
MOST = 10_000                                  # times


def surfaces(desk: Desk, thing: Thing) -> tuple[Surface, ...]:
    """Everything of an object that is `public`; what does not work yet says so."""
    known = maps(thing.spec.get("forms"))
    forms = [_form(desk, thing, name, spec) for name, spec in known if is_public(spec.get("public"))]
    views = [_view(desk, thing, name, spec) for name, spec in maps(thing.spec.get("views"))]
    return tuple(one for one in (*forms, *views) if one is not None)


def _form(desk: Desk, thing: Thing, name: str, spec: Map) -> Surface:
    names = desk.scope(thing.name)
    walk = Walk(desk, thing.name, names)
    before = walk.steps(spec.get("before"))
    columns: dict[str, list[str]] = {}
    laid = layout(desk, thing, entries(spec.get("fields")), columns)
    asked = [path for one in laid_fields(laid) for path in ([f"{one}.{n}" for n in columns.get(one, ())] or [one])]
    given = tuple(one for one in asked if _may_be_given(desk, thing, one, spec))
    fields = tuple(dict.fromkeys(one.partition(".")[0] for one in given))
    public = spec.get("public")
    way = way_in(desk, public)
    of = about(desk, thing, public, fields) if isinstance(public, Map) else ""
    for key in FOR_EVERYBODY:
        if spec.pair(key) is not None:
            hint = "leave it out; or leave `public` out, then it is a form for people with an account"
            desk.report("E-PUB-009", f"`{key}` has no meaning in a form for everybody", spec.key_at(key), hint)
    prefill = desk.paths(public.get("prefill"), thing.name) if isinstance(public, Map) else ()
    for item in scalars(public.get("prefill") if isinstance(public, Map) else None):
        if item.text in prefill and item.text not in fields:
            desk.report("E-PUB-001", f"the form has no field `{item.text}` to fill", item.at, "name it in `fields`")
    never = desk.condition(Scalar("false", spec.at, spec.at), names)
    verbs = {"create": Permission(fields=_with_lines(desk, thing, given))}
    verbs["see"] = Permission(never, verbs["create"].fields)
    return Surface(
        object=thing.name,
        kind="form",
        name=name,
        label=desk.label(spec.get("name"), name),
        fields=fields,
        grant=Grant(thing.name, role_of("form", thing.name, name), verbs, location=spec.at),
        limit=limit_of(desk, public) or OFTEN["form"],
        captcha=isinstance(public, Map) and flag(public.get("captcha")),
        prefill=tuple(one for one in prefill if one in fields),
        layout=laid,
        before=before,
        set=dict(desk.values(spec.get("set"), thing.name, walk.names)),
        thanks=desk.template(spec.get("thanks"), names),
        by_link=way,
        once=once(public),
        of=of,
        about=target_of(desk.outline.field(thing.name, of)) or "" if of else "",
        location=spec.at,
    )


def _view(desk: Desk, thing: Thing, name: str, spec: Map) -> Surface | None:
    public = spec.get("public")
    limit = limit_of(desk, public)
    if not is_public(public):
        if spec.get("detail") is not None:
            desk.note("view.detail", spec.key_at("detail"))
        return None
    ways = isinstance(public, Map) and (public.get("find") is not None or public.get("by_link") is not None)
    if not isinstance(public, Map) or spec.get("detail") is None or not ways:
        hint = "write `{detail: [status], public: {find: [number, phone_tail]}}`, or `public: {by_link: 14 days}`"
        message = "a view for everybody says what they must know of a record, or that it is seen by a link"
        desk.report("E-PUB-003", message, spec.key_at("public"), hint)
        return None
    fields = tuple(_own(desk, thing, spec.get("detail")))
    find = tuple(_finds(desk, thing, public.get("find")))
    where = desk.condition(spec.get("where"), desk.scope(thing.name))
    verbs = {"see": Permission(where, _with_lines(desk, thing, fields))}
    return Surface(
        object=thing.name,
        kind="view",
        name=name,
        label=desk.label(spec.get("name"), name),
        fields=fields,
        grant=Grant(thing.name, role_of("view", thing.name, name), verbs, location=spec.at),
        limit=limit or OFTEN["view"],
        find=find,
        by_link=way_in(desk, public),
        once=once(public),
        about=thing.name,
        location=spec.at,
    )


def limit_of(desk: Desk, node: Node | None) -> Limit | None:
    """How often strangers may ask: `10 per minute`; None where nothing is said."""
    limit = node.get("limit") if isinstance(node, Map) else None
    parts = words(limit)[0].split() if limit is not None and words(limit) else []
    if limit is None:
        return None
    good = len(parts) == 3 and parts[0].isdecimal() and parts[1] == "per" and parts[2] in SECONDS
    if not good or not 0 < int(parts[0]) <= MOST:
        desk.report("E-VIW-003", f"`{word(limit)}` is no limit", limit.at, "write `10 per minute`, `… hour` or `… day`")
        return None
    return Limit(int(parts[0]), SECONDS[parts[2]])


def _may_be_given(desk: Desk, thing: Thing, name: str, spec: Map) -> bool:
    """Whether strangers may give a field of this kind: they choose no people and sign nothing. Of lines every column
    that they would get is looked at."""
    wrong = next(_not_given(desk, thing, name), None)
    if wrong is not None:
        hint = "leave it out, and let somebody with an account give it"
        if "." in wrong[0]:
            hint += "; of lines name the columns that are asked for: `lines.qty`"
        desk.report("E-PUB-002", f"a form for everybody takes no {wrong[1]}: `{wrong[0]}`", spec.key_at("fields"), hint)
    return wrong is None


def _not_given(desk: Desk, thing: Thing, name: str) -> Iterator[tuple[str, str]]:
    for path in _with_lines(desk, thing, (name,)):
        head, _, column = path.partition(".")
        field = desk.outline.field(f"{thing.name}.{head}" if column else thing.name, column or head)
        if field is not None and field.kind in ((*NOT_GIVEN, *FILES) if column else NOT_GIVEN):
            yield path, field.kind


def _with_lines(desk: Desk, thing: Thing, fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields, of lines all columns (or those that are named)."""
    found: dict[str, None] = {}
    for name in fields:
        head, _, rest = name.partition(".")
        found[head] = None
        lines = desk.outline.things.get(f"{thing.name}.{head}")
        inner = [rest] if rest else [] if lines is None or lines.owner_field != head else list(lines.fields)
        found |= dict.fromkeys(f"{head}.{column}" for column in inner)
    return tuple(found)


def _own(desk: Desk, thing: Thing, node: Node | None) -> Iterator[str]:
    """What a page for everybody shows: fields of the record and of its lines; a link is not followed."""
    known = set(desk.paths(node, thing.name))
    for item in scalars(node):
        head, _, rest = item.text.partition(".")
        lines = desk.outline.things.get(f"{thing.name}.{head}")
        if item.text not in known:
            continue
        if rest and (lines is None or rest not in lines.fields):
            name = item.text.rpartition(".")[2]
            hint = f"add a field `{name}: {{formula: {item.text}}}` and name it here"
            message = f"a page for everybody shows fields of {thing.name}, not `{item.text}`"
            desk.report("E-PUB-002", message, item.at, hint)
        else:
            yield item.text


def _finds(desk: Desk, thing: Thing, node: Node | None) -> Iterator[Find]:
    """What strangers must know: texts, of the record, of its lines, or behind links."""
    known = set(desk.paths(node, thing.name))
    names = replace(desk.scope(thing.name), params={GIVEN: TEXT})
    for item in scalars(node):
        if item.text not in known:
            continue
        place = desk.outline.path(thing.name, item.text.split("."))
        found = None if place is None else desk.outline.member(*place)
        if found is None or found.name not in ("text", "any"):
            hint = "name a text, a number that is given by the engine, or a formula of texts: `right(phone, 4)`"
            desk.report("E-PUB-002", f"strangers type a text; `{item.text}` is {found}", item.at, hint)
            continue
        head, _, rest = item.text.partition(".")
        lines = desk.outline.things.get(f"{thing.name}.{head}")
        own = lines is not None and lines.owner_field == head
        text = f"any({head}, {rest} = {GIVEN})" if own else f"{item.text} = {GIVEN}"
        agrees = desk.condition(replace(item, text=text), names)
        if agrees is not None:
            yield Find(item.text, agrees)


def filled(desk: Desk, head: Node | None) -> str:
    """The object of a form or page that a test fills (`lead.enquiry`); reported where there is no such form, or the
    page is open to nobody."""
    name, _, which = desk.headed(word(head))
    thing = desk.outline.things.get(name)
    forms, views = ((), ()) if thing is None else (tuple(maps(thing.spec.get(key))) for key in ("forms", "views"))
    known = [one for one, _ in forms] + [one for one, inner in views if is_public(inner.get("public"))]
    if isinstance(head, Scalar) and which not in known:
        hint = did_you_mean(which, known) if thing is not None else "write `lead.enquiry`: the object and its form"
        message = f"{name or head.text} has no form `{which}`, and no page of that name for everybody"
        desk.report("E-TST-013", message, head.at, hint)
    return name
