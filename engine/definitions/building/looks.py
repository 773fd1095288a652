"""Checks steps of declared tests that look at what people are shown: print forms, reports, figures. Looks at none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definitions.building.samples import maps_in
from engine.definitions.nodes import Map
from engine.definitions.outlines import maps
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.definitions.building.tests import Walk


def prints(walk: Walk, spec: Map) -> None:
    """The print form is one of the record's object."""
    desk, thing = walk.desk, walk.of(spec)
    name = desk.one_of(spec.get("prints"), tuple(desk.documents_of), "print form", "E-REF-012")
    of = desk.documents_of.get(name, "")
    if of and thing and of != thing:
        desk.report("E-TST-015", f"`{name}` prints {of}, not {thing}", spec.key_at("prints"), f"say `of:` which {of}")
    if spec.get("has") is None and spec.get("lacks") is None:
        hint = "say what it `has` or `lacks`"
        desk.report("E-TST-015", "nothing is looked for on the paper", spec.key_at("prints"), hint)


def figure(walk: Walk, spec: Map) -> None:
    """The key figure is one of the record's object."""
    desk = walk.desk
    way = "shows" if spec.pair("shows") is not None else "hides"
    thing = desk.outline.things.get(walk.of(spec))
    if thing is not None:
        known = tuple(name for name, _ in maps(thing.spec.get("figures")))
        desk.one_of(spec.get(way), known, f"key figure of {thing.name}", "E-REF-012")
    if spec.get("is") is not None:
        desk.expression(spec.get("is"), walk.scope())


def asks(walk: Walk, spec: Map) -> None:
    """Parameters and columns are those of the report."""
    desk = walk.desk
    name = desk.named(spec.get("asks"), "report")
    thing = desk.outline.things.get(name)
    if thing is None:
        return
    params = thing.spec.get("params")
    known = {"with": params.names() if isinstance(params, Map) else (), "has": tuple(thing.formulas)}
    known["lacks"] = known["has"]
    for key, names in known.items():
        what = "parameter" if key == "with" else "column"
        node = spec.get(key)
        for row in (node,) if isinstance(node, Map) else maps_in(node):
            for pair in row:
                if pair.key.text not in names:
                    hint = did_you_mean(pair.key.text, names)
                    desk.report("E-TST-016", f"{name} has no {what} `{pair.key.text}`", pair.key.at, hint)
            walk.expressions(row)
    if all(spec.get(key) is None for key in ("has", "lacks", "rows", "refused")):
        hint = "say what it `has` or `lacks`, how many `rows`, or that it is `refused`"
        desk.report("E-TST-016", "nothing is looked for in the report", spec.key_at("asks"), hint)
