"""Typing of calls: functions of the table, aggregates over sources, decisions of the app. Knows no operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.expressions.checker import Checker, shown
from engine.expressions.functions.base import BARE, Function, Param, join_two, join_types
from engine.expressions.name_rules import bare_name, stored
from engine.expressions.nodes import Aggregate, Call, Decide, Get, Items, Literal, Node, Root
from engine.expressions.operator_rules import beside, condition, element_type, tree_link
from engine.expressions.operators import UnitClash, comparable, family, fits
from engine.expressions.result_rules import alike, window_in
from engine.expressions.scope import Names, Signature
from engine.expressions.source_rules import Parts, head, source, with_base
from engine.expressions.trees import Brackets, Constant, Invocation, Operator, SourceTree, Tree
from engine.expressions.types import ANY, USER, Type, list_of, record_of
from engine.suggest import closest, did_you_mean

WANTED = {
    "number": "a number",
    "text": "a text",
    "boolean": "a condition",
    "date": "a date",
    "moment": "a date or a moment",
    "time": "a time of day",
    "duration": "a duration",
    "record": "a record",
    "user": "a person",
    "list": "a list",
    "range": "a range",
    "bound": "a date, a moment or a number",
    "any": "a value",
    "source": "a source of rows",
}
TAKES: Mapping[str, tuple[str, ...]] = {
    "number": ("number",),
    "text": ("text", "choice", "number"),
    "boolean": ("boolean",),
    "date": ("date", "datetime"),
    "moment": ("date", "datetime"),
    "time": ("time", "datetime"),
    "duration": ("duration",),
    "record": ("record",),
    "user": ("record",),
    "list": ("list", "rows"),
    "range": ("range",),
    "bound": ("date", "datetime", "number"),
}
# Words of the scope of a report's columns: of any report, and of one over a register in a span of days.
REPORT, SPAN = "@report", "@span"
SPANS = ("day", "week", "month", "quarter", "year")
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


class CallRules:
    """The rule of calls, over one table of functions."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions

    def __call__(self, checker: Checker, tree: Tree, names: Names) -> Node:
        assert isinstance(tree, Invocation)
        signature = names.decision(tree.written)
        if signature is not None:
            return decision(checker, tree, names, signature)
        function = self.functions.get(tree.name)
        if function is None:
            near = closest(tree.name, self.functions)
            return checker.wrong("E-NAM-003", tree, did_you_mean(tree.name, near), name=tree.written)
        if function.figure:
            return self.figure(checker, tree, names, function)
        if function.name == "pairs":
            return pairs(checker, tree, names, function)
        if function.form == "aggregate":
            return aggregate(checker, tree, names, function)
        return plain(checker, tree, names, function)

    def figure(self, checker: Checker, tree: Invocation, names: Names, function: Function) -> Node:
        """`opening(on_hand)` in a report over `stock between a and b`: the sum of what the measure was then."""
        found = aggregate(checker, tree, names, function)
        if not isinstance(found, Aggregate):
            return found
        value = found.value
        if names.head(SPAN) is None or not (isinstance(value, Get) and isinstance(value.owner, Root)):
            hint = "name a measure, in a report from `stock between date(2026, 1, 1) and today()`"
            return checker.wrong("E-TYP-018", tree, hint, function=tree.written)
        name = value.name if function.figure == "turnover" else f"{value.name}@{function.figure}"
        return replace(found, function=self.functions["sum"], value=replace(value, name=name))


def aggregate(checker: Checker, tree: Invocation, names: Names, function: Function) -> Node:
    """`f(source [, value] [, more])`, `f(a, b, …)` where it takes values too, `f([value])` over a report's group."""
    group = names.head("rows")
    grouped = group is not None and group.type.name == "rows"
    if not tree.args:
        return (
            _over_group(checker, tree, names, function)
            if grouped and function.row != "value"
            else _arity(checker, tree, function)
        )
    opening = tree.args[0]
    if isinstance(opening, SourceTree):
        return _over_source(checker, tree, function, source(checker, opening, names), names)
    if grouped and isinstance(opening, (Invocation, Operator, Constant)) and len(tree.args) == function.least:
        return _over_group(checker, tree, names, function)
    node, problems = checker.attempt(opening, names, lambda part, scope: head(checker, part, scope))
    if node.type.name in ("rows", "list") or (node.type == ANY and not problems and len(tree.args) == 1):
        checker.problems.extend(problems)
        return _over_source(checker, tree, function, with_base(checker, opening, node, names), names)
    if function.scalars and len(tree.args) > 1:
        return _over_values(checker, tree, names, function)
    if grouped and len(tree.args) == function.least:
        return _over_group(checker, tree, names, function)
    checker.problems.extend(problems)
    if not problems:
        hint = (
            f"write `{tree.written}(a, b)` for several values"
            if function.scalars
            else "aggregates take rows, or a path through rows"
        )
        checker.wrong("E-TYP-005", opening, hint, found=shown(node.type))
    return nothing(tree)


def pairs(checker: Checker, tree: Invocation, names: Names, function: Function) -> Node:
    """`pairs(order.lines where …, product, parent)`: rows of two items that meet; both are read on the source's row."""
    if len(tree.args) != 3:
        return _arity(checker, tree, function)
    parts = source(checker, tree.args[0], names)
    if parts is None:
        return nothing(tree)
    values = tuple(checker.node(part, parts.names) for part in tree.args[1:])
    both = Items(values, type=list_of(ANY), start=tree.start, end=tree.end)
    kind = function.result([values[0].type])
    return Aggregate(function, parts.rows, both, (), parts.alias, type=kind, start=tree.start, end=tree.end)


def nothing(tree: Tree) -> Node:
    """What stands where a problem was reported."""
    return Literal(None, type=ANY, start=tree.start, end=tree.end)


def _arity(checker: Checker, tree: Invocation, function: Function) -> Node:
    most = function.most
    if function.form == "aggregate":
        least, most = function.least, None if function.scalars else len(function.params) + (function.row != "none")
    else:
        least = function.least
    wanted = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
    return checker.wrong("E-TYP-004", tree, usage(function), function=tree.written, wanted=wanted, found=len(tree.args))


def usage(function: Function) -> str:
    """How a function is called: `round(number, places)`."""
    names = [param.name + ("…" if param.many else "") for param in function.params]
    if function.form == "aggregate" and function.row != "none":
        names.insert(1, "condition" if function.row == "condition" else "value")
    return f"`{function.name}({', '.join(names)})`"


def _over_group(checker: Checker, tree: Invocation, names: Names, function: Function) -> Node:
    """An aggregate over the rows of a report's group, which `rows` names."""
    symbol = names.head("rows")
    assert symbol is not None
    rows = Root("name", symbol.name, type=symbol.type, start=tree.start, end=tree.start)
    inner = names.within(record_of(*symbol.type.objects), {})
    return _with_values(checker, tree, function, Parts(rows, None, inner), tree.args, names)


def _over_source(checker: Checker, tree: Invocation, function: Function, parts: Parts | None, names: Names) -> Node:
    if parts is None:
        return nothing(tree)
    return _with_values(checker, tree, function, parts, tree.args[1:], names)


def _with_values(
    checker: Checker, tree: Invocation, function: Function, parts: Parts, rest: Sequence[Tree], names: Names
) -> Node:
    element = element_type(parts.rows.type) or ANY
    taken = parts.value is not None or element.name not in ("record", "any")
    more = function.params[1:]
    value = parts.value
    if not taken and function.row != "none" and rest and (function.row != "optional" or len(rest) > _needed(more)):
        value = _row_value(checker, function, rest[0], parts.names)
        rest = rest[1:]
    elif not taken and function.row in ("value", "condition") and element.name == "record":
        return _without_value(checker, tree, function, element, names, _needed(more))
    if len(rest) > len(more):
        return checker.wrong("E-TYP-009", rest[0]) if taken else _arity(checker, tree, function)
    if len(rest) < _needed(more):
        return _arity(checker, tree, function)
    kind = value.type if value is not None else element
    _check_over(checker, tree, function, kind)
    args = tuple(argument(checker, part, more[i], function, names, i + 1) for i, part in enumerate(rest))
    return Aggregate(
        function, parts.rows, value, args, parts.alias, type=function.result([kind]), start=tree.start, end=tree.end
    )


def _without_value(
    checker: Checker, tree: Invocation, function: Function, element: Type, names: Names, more: int
) -> Node:
    """`sum(lines)`: rows are given, and nothing says what is taken from each."""
    rows = checker.written(tree.args[0])
    kinds = {name: names.member(element, name) for name in names.members(element) if name != "id"}
    fields = [name for name, kind in kinds.items() if kind is not None and kind.name in (function.over or ("number",))]
    found = "condition" if function.row == "condition" else next(iter(fields), "value")
    hint = f"{usage(function)}, as in `{tree.written}({rows}, {found})`; `count({rows})` counts them"
    wanted = f"{2 + more} or more" if function.scalars else f"{2 + more}"
    return checker.wrong("E-TYP-004", tree, hint, function=tree.written, wanted=wanted, found=len(tree.args))


def _needed(params: Sequence[Param]) -> int:
    return sum(1 for param in params if not param.optional)


def _row_value(checker: Checker, function: Function, tree: Tree, names: Names) -> Node:
    return condition(checker, tree, names) if function.row == "condition" else checker.node(tree, names)


def _check_over(checker: Checker, tree: Invocation, function: Function, kind: Type) -> None:
    if function.over and kind.name not in (*function.over, "any", "blank"):
        checker.wrong(
            "E-TYP-001",
            tree,
            "count rows with `count(…)`" if kind.name == "record" else "",
            op=function.name,
            types=shown(kind),
        )
    if function.row == "condition" and kind.name not in ("boolean", "any", "blank"):
        checker.wrong("E-TYP-010", tree, usage(function), found=shown(kind))


def _over_values(checker: Checker, tree: Invocation, names: Names, function: Function) -> Node:
    items = tuple(checker.node(part, names) for part in tree.args)
    kind = ANY
    for part, item in zip(tree.args, items, strict=True):
        _check_over(checker, tree, function, item.type) if item.type.name not in ("rows", "list") else checker.wrong(
            "E-TYP-003", part, function=tree.written, wanted="a value", place=PLACES[0], found=shown(item.type)
        )
        try:
            if not comparable(kind, item.type, order=False):
                checker.wrong("E-TYP-008", part, left=shown(kind), right=shown(item.type))
        except UnitClash:
            checker.wrong("E-TYP-002", part, left=shown(kind), right=shown(item.type), op=tree.written)
        kind = join_two(kind, item.type) if kind != ANY else item.type
    values = Items(items, type=list_of(kind), start=tree.start, end=tree.end)
    return Aggregate(function, values, type=function.result([kind]), start=tree.start, end=tree.end)


def plain(checker: Checker, tree: Invocation, names: Names, function: Function) -> Node:
    """A function of single values."""
    found, most = len(tree.args), function.most
    if (function.window is not None or function.of_report) and names.head(REPORT) is None:
        return checker.wrong("E-TYP-017", tree, "write it under `show:` of a report", function=tree.written)
    if found < function.least or (most is not None and found > most):
        return _arity(checker, tree, function)
    args: list[Node] = []
    for place, part in enumerate(tree.args):
        if function.param(place).kind == "path":
            args.append(_path(checker, part, function.param(place), names, args[0].type if args else None))
            continue
        node = argument(checker, part, function.param(place), function, names, place)
        lone = place == found - 1  # the last argument of `switch` that has none beside it is the rest
        if function.param(place).kind == "case" and not lone:
            node = beside(checker, node, args[0].type, part)
        args.append(node)
    args = alike(checker, tree, function, args)
    if function.window is not None and (inner := window_in(args)):
        hint = f"give `{inner}(…)` a column of its own, and write its name here"
        return checker.wrong("E-TYP-019", tree, hint, function=tree.written, left=inner)
    kind = function.result([arg.type for arg in args])
    if function.tree:
        args.append(tree_link(checker, tree.args[0], args[0].type, names))
    return Call(function, tuple(args), type=kind, start=tree.start, end=tree.end)


def argument(checker: Checker, tree: Tree, param: Param, function: Function, names: Names, place: int) -> Node:
    """One argument, checked against its parameter."""
    if param.kind in BARE:
        return _bare(checker, tree, param, names)
    if param.kind == "boolean":
        return condition(checker, tree, names)
    if param.kind in ("table", "values"):
        return _loose(checker, tree, param, function, names)
    if param.kind == "source":
        parts = source(checker, tree, names)
        return parts.rows if parts is not None else nothing(tree)
    node = checker.node(tree, names)
    if param.kind == "user":
        node = beside(checker, node, USER, tree)
    takes = TAKES.get(param.kind)
    wrong_person = param.kind == "user" and node.type.name == "record" and "user" not in node.type.objects
    if takes and (node.type.name not in (*takes, "any", "blank") or wrong_person):
        return checker.wrong(
            "E-TYP-003",
            tree,
            usage(function),
            function=function.name,
            wanted=WANTED[param.kind],
            place=PLACES[min(place, len(PLACES) - 1)],
            found=shown(node.type),
        )
    return node


def _path(checker: Checker, tree: Tree, param: Param, names: Names, owner: Type | None) -> Node:
    """The path of a field of a record: of the first argument's, or of the one that the expression belongs to."""
    node = _bare(checker, tree, param, names)
    this = names.head("this")
    at: Type | None = owner if owner is not None else this.type if this is not None else None
    for step in (bare_name(tree) or "").split(".") if not isinstance(tree, Constant) else ():
        if at is None or at.name not in ("record", "rows", "list") or not at.objects:
            return node
        row = record_of(*at.objects)
        found = names.member(row, step)
        if found is None:
            hint = did_you_mean(step, names.members(row))
            return checker.wrong("E-NAM-002", tree, hint, owner=shown(row), name=step)
        at = found
    return Literal(bare_name(tree), type=Type("text", of=at), start=tree.start, end=tree.end)


def _loose(checker: Checker, tree: Tree, param: Param, function: Function, names: Names) -> Node:
    """A list whose items may differ: a table written out, or values to be counted."""
    node = _mixed(checker, tree, names)
    rows = element_type(node.type)
    if param.kind == "table" and node.type.name != "any" and (rows is None or rows.name not in ("list", "any")):
        hint = "for rows write `xlookup(wanted, rows.key, rows.value)`; a table is `[['a', 1], ['b', 2]]`"
        wanted, place = "a table written out", PLACES[1]
        return checker.wrong(
            "E-TYP-003", tree, hint, function=function.name, wanted=wanted, place=place, found=shown(node.type)
        )
    return node


def _mixed(checker: Checker, tree: Tree, names: Names) -> Node:
    if not isinstance(tree, Brackets):
        return checker.node(tree, names)
    items = tuple(_mixed(checker, part, names) for part in tree.items)
    return Items(items, type=list_of(join_types([item.type for item in items])), start=tree.start, end=tree.end)


def _bare(checker: Checker, tree: Tree, param: Param, names: Names) -> Node:
    """A name of the definition: `role(hr)`, `get(customer, …)`, `raised(credit)`."""
    if isinstance(tree, Constant) and isinstance(tree.value, str):
        return checker.wrong("E-NAM-009", tree, f"write `{tree.value}`", name=tree.value)
    name = bare_name(tree)
    if name is None:
        return checker.wrong("E-TYP-014", tree, f"the name of a {param.name}")
    if param.name == "unit" and name not in SPANS:
        return checker.wrong("E-SYN-014", tree, did_you_mean(name, SPANS), found=name)
    if param.kind == "role":
        name = getattr(names, "role", str)(name)
    if param.kind == "role" and name not in names.roles():
        return checker.wrong("E-NAM-006", tree, did_you_mean(name, names.roles()), name=name)
    if param.kind == "object" and names.source(name) is None:
        near = [word for word in names.heads() if names.source(word) is not None]
        return checker.wrong("E-NAM-004", tree, did_you_mean(name, near), name=name)
    if param.kind == "object":
        name = stored(rows, name, tree).name if (rows := names.source(name)) is not None else name
    return Literal(
        name, type=Type("text", objects=(name,) if param.kind == "object" else ()), start=tree.start, end=tree.end
    )


def _worth(given: Type, wanted: Type) -> bool:
    """Whether an amount of money is given where a whole number without a unit is wanted."""
    return wanted.name == "number" and wanted.scale == 0 and not wanted.unit and family(given.unit) == "money"


def decision(checker: Checker, tree: Invocation, names: Names, signature: Signature) -> Node:
    """A decision of the app, called like a function."""
    if len(tree.args) != len(signature.inputs):
        inputs = ", ".join(name for name, _ in signature.inputs)
        return checker.wrong(
            "E-TYP-004",
            tree,
            f"`{signature.name}({inputs})`",
            function=signature.name,
            wanted=len(signature.inputs),
            found=len(tree.args),
        )
    args = []
    for place, (part, (name, kind)) in enumerate(zip(tree.args, signature.inputs, strict=True)):
        node = beside(checker, checker.node(part, names), kind, part)
        if not fits(node.type, kind) or _worth(node.type, kind):
            node = checker.wrong(
                "E-TYP-003",
                part,
                f"it is the input `{name}`",
                function=signature.name,
                wanted=shown(kind),
                place=PLACES[min(place, len(PLACES) - 1)],
                found=shown(node.type),
            )
        args.append(node)
    return Decide(signature.name, tuple(args), type=signature.gives, start=tree.start, end=tree.end)
