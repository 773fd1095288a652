"""Builds what is said of links by which people without an account come to forms and pages (`by_link`, `of`, `once`)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.desks import Desk, flag, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import Thing, maps
from engine.expressions.compiled import Expression
from engine.expressions.types import DURATION
from engine.kinds.fields.base import Field
from engine.kinds.fields.link import Link
from engine.suggest import did_you_mean


def way_in(desk: Desk, public: Node | None) -> Expression | None:
    """How long a link works that leads there: a length that depends on nothing."""
    node = public.get("by_link") if isinstance(public, Map) else None
    single = public.get("once") if isinstance(public, Map) else None
    if node is None and single is not None:
        desk.report("E-PUB-007", "`once` is said of a link: there is none", single.at, "add `by_link: 14 days`")
    return desk.expression(node, Scope(desk.outline), DURATION)


def once(public: Node | None) -> bool:
    """Whether a link works one time."""
    return isinstance(public, Map) and flag(public.get("once"))


def about(desk: Desk, thing: Thing, public: Map, fields: tuple[str, ...]) -> str:
    """The field of a form by link that the record of the link fills."""
    node, way = public.get("of"), public.get("by_link")
    if node is None or way is None:
        if way is not None:
            hint = f"name the link of {thing.name} that leads there: `of: order`"
            message = "a form by link does not say what its link is about"
            desk.report("E-PUB-007", message, public.key_at("by_link"), hint)
        elif node is not None:
            desk.report("E-PUB-007", "`of` is said of a link: there is none", node.at, "add `by_link: 14 days`")
        return ""
    name = word(node)
    field = desk.outline.field(thing.name, name)
    if target_of(field) is None or name in fields:
        hint = "leave it out of `fields`: the link says which one" if name in fields else "name a link to one object"
        desk.report("E-PUB-007", f"a link cannot fill `{name}` of {thing.name}", node.at, hint)
        return ""
    return name


def linked(desk: Desk, head: Node | None, of: str) -> None:
    """Report where a mail is to lead to a form or page that is not by link, or not of the record at hand."""
    if not isinstance(head, Scalar):
        return
    name, _, which = desk.headed(head.text)
    thing = desk.outline.things.get(name)
    known = {} if thing is None else dict(_by_link(desk, thing))
    if which not in known:
        hint = did_you_mean(which, known) if known else "give a form or page `public: {by_link: 14 days}`"
        desk.report("E-PUB-008", f"nothing of {name or head.text} is opened by a link as `{which}`", head.at, hint)
    elif of and known[which] != of.partition(".")[0]:
        hint = f"send it from {known[which] or 'there'}"
        desk.report("E-PUB-008", f"`{head.text}` is about {known[which]}, not {of}", head.at, hint)


def _by_link(desk: Desk, thing: Thing) -> Iterator[tuple[str, str]]:
    """The forms and pages of an object that are opened by links, each with what such a link is about."""
    for part in ("forms", "views"):
        for name, spec in maps(thing.spec.get(part)):
            public = spec.get("public")
            if not isinstance(public, Map) or public.get("by_link") is None:
                continue
            field = desk.outline.field(thing.name, word(public.get("of")))
            yield name, thing.name if part == "views" else target_of(field) or ""


def target_of(field: Field | None) -> str | None:
    """The one object to which a field links; None for any other field."""
    to = field.to if isinstance(field, Link) else ()
    return to[0] if len(to) == 1 and to[0] != "user" else None
