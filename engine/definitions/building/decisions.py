"""Builds decisions: formulas and tables of cases. Evaluates none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.definitions.building.fields import inputs
from engine.definitions.building.matching import matching
from engine.definitions.building.tables import judge
from engine.definitions.decisions import ONLY, Case, Cell, Decision
from engine.definitions.desks import Desk, word
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, keyed
from engine.definitions.outlines import maps
from engine.expressions.compiled import Expression
from engine.kinds.fields.base import Field, Literal

FORMS = ("formula", "rows", "from")
BOUND = re.compile(r"(<=|>=|<|>)\s*(.+)\Z")
RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+)\Z")
ORDERED = ("number", "date", "datetime", "time")


def decisions(desk: Desk, node: Node | None) -> dict[str, Decision]:
    """All decisions of the app."""
    return {name: _decision(desk, name, spec) for name, spec in maps(node)}


def _decision(desk: Desk, name: str, spec: Map) -> Decision:
    asked = inputs(desk, spec.get("inputs"), Scope(desk.outline))
    names = Scope(desk.outline, params={key: field.type for key, field in asked.items()})
    gives = spec.get("gives")
    single = isinstance(gives, Map) and isinstance(gives.get("type"), Scalar)
    given = inputs(desk, keyed(gives.at, **{ONLY: gives}) if single and isinstance(gives, Map) else gives, names)
    _judge(desk, name, spec, single)
    return Decision(
        name=name,
        label=desk.label(spec.get("name"), name),
        inputs=asked,
        gives=given.get(ONLY),
        results={} if single else given,
        formula=_formula(desk, spec, given.get(ONLY), names),
        cases=_table(desk, spec, asked, given, names),
        matching=matching(desk, spec, asked, given, names) if spec.get("from") is not None else None,
        hit=word(spec.get("hit"), "first"),
        otherwise=_otherwise(desk, spec.get("otherwise"), given, names),
        location=spec.at,
    )


def _judge(desk: Desk, name: str, spec: Map, single: bool) -> None:
    if word(spec.get("hit")) == "all" and not single:
        hint = "write `gives: money`: the answer is a list of them"
        desk.report("E-DEC-001", f"`hit: all` lists one result, `{name}` has several", spec.key_at("hit"), hint)
    if spec.get("formula") is not None and not single:
        hint = "write `gives: money`, or a table with `rows:`"
        desk.report("E-DEC-001", f"a formula gives one result, `{name}` has several", spec.key_at("formula"), hint)
    if not any(spec.pair(form) for form in FORMS):
        hint = "add `formula:`, `rows:` or `from:`"
        desk.report("E-DEC-002", f"the decision `{name}` does not say how it decides", spec.at, hint)


def _formula(desk: Desk, spec: Map, result: Field | None, names: Scope) -> Expression | None:
    return desk.expression(spec.get("formula"), names, None if result is None else result.type)


def _table(
    desk: Desk, spec: Map, asked: Mapping[str, Field], given: Mapping[str, Field], names: Scope
) -> tuple[Case, ...]:
    """The rows of a table, judged where all of them could be read."""
    before, hit = len(desk.problems), word(spec.get("hit"), "first")
    rows = _cases(desk, spec.get("rows"), asked, given, names)
    if rows and len(desk.problems) == before:
        judge(desk, asked, rows, hit, spec.key_at("rows") if spec.get("otherwise") is None else None)
    return tuple(case for _, case in rows)


def _cases(
    desk: Desk, node: Node | None, asked: Mapping[str, Field], given: Mapping[str, Field], names: Scope
) -> list[tuple[List, Case]]:
    """Each row with its case: a cell per input, then a value per result."""
    found = []
    for row in node if isinstance(node, List) else ():
        cells = row.items if isinstance(row, List) else ()
        if len(cells) != len(asked) + len(given):
            message = f"this row has {len(cells)} cells, there are {len(asked)} inputs and {len(given)} results"
            desk.report(
                "E-DEC-003",
                message,
                row.at,
                f"its cells are {', '.join((*asked, *(name or 'the result' for name in given)))}",
            )
            continue
        tests = tuple(_cell(desk, cell, field) for cell, field in zip(cells, asked.values(), strict=False))
        answers = zip(cells[len(asked) :], given.items(), strict=True)
        values = {name: one for cell, (name, field) in answers if (one := desk.value(cell, field, names)) is not None}
        assert isinstance(row, List), "a row with cells is a list"
        found.append((row, Case(tests, values)))
    return found


def _otherwise(
    desk: Desk, node: Node | None, given: Mapping[str, Field], names: Scope
) -> dict[str, Literal | Expression]:
    """The answer without a fitting case."""
    if node is None:
        return {}
    if set(given) == {ONLY}:
        one = desk.value(node, given[ONLY], names)
        return {} if one is None else {ONLY: one}
    if not isinstance(node, Map):
        desk.report(
            "E-DEC-003",
            "`otherwise` gives every result",
            node.at,
            f"write `otherwise: {{{', '.join(f'{name}: …' for name in given)}}}`",
        )
        return {}
    known = {name: desk.value(node.get(name), field, names) for name, field in given.items()}
    return {name: one for name, one in known.items() if one is not None}


def _cell(desk: Desk, node: Node, field: Field) -> Cell:
    """`any`, a literal, a list, `<= x`, `>= x`, `a..b`."""
    if isinstance(node, List):
        return Cell("in", tuple(_read(desk, item, item, field) for item in node))
    if not isinstance(node, Scalar):
        desk.report("E-DEC-003", "a cell is a value, a list, `any`, `<= x`, `>= x` or `a..b`", node.at)
        return Cell("any")
    if node.plain and node.text == "any":
        return Cell("any")
    if field.type.name in ORDERED:
        bound, range_ = BOUND.match(node.text), RANGE.match(node.text)
        if bound:
            value, strict = _read(desk, node, bound[2], field), bound[1] in ("<", ">")
            return Cell("from", (None, value, False, strict) if bound[1][0] == "<" else (value, None, strict, False))
        if range_:
            return Cell(
                "from", (_read(desk, node, range_[1], field), _read(desk, node, range_[2], field), False, False)
            )
    return Cell("in", (_read(desk, node, node, field),))


def _read(desk: Desk, at: Node, part: Node | str, field: Field) -> Any:
    """A literal of a cell, read by the input's kind; `blank` and `=blank` are blank."""
    node = Scalar(part, at.at, at.at) if isinstance(part, str) else part
    if isinstance(node, Scalar) and (node.blank or node.text in ("blank", "=blank")):
        return None
    found = (
        desk.value(node, field, Scope(desk.outline)) if not isinstance(node, Scalar) or node.text[:1] != "=" else None
    )
    if isinstance(node, Scalar) and node.text[:1] == "=":
        desk.report("E-DEC-003", "a cell holds no expression", node.at, "compute it before, and hand it in as an input")
    return found.value if isinstance(found, Literal) else None
