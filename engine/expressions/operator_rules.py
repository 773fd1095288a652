"""Typing of operators: arithmetic with units, comparisons with quoted data, conditions. Knows no functions."""

from __future__ import annotations

from engine.expressions import habits
from engine.expressions.checker import Checker, shown
from engine.expressions.functions.base import join_two
from engine.expressions.nodes import Items, Literal, Lookup, Node, Operation, Stored
from engine.expressions.operators import (
    UnitClash,
    arithmetic_type,
    comparable,
    condition_type,
    join_type,
    sign_type,
)
from engine.expressions.scope import Names
from engine.expressions.trees import Brackets, KindTest, Name, Operator, Tree
from engine.expressions.types import ANY, BLANK, BOOLEAN, TEXT, Type, list_of
from engine.suggest import did_you_mean

ABOVE = "@above"
# Members that lead to a person or to the record of a line, never up a tree.
NO_TREE = ("creator", "changed_by", "parent", ABOVE)


def operator(checker: Checker, tree: Operator, names: Names) -> Node:
    return RULES[tree.op](checker, tree, names)


def made(tree: Operator, kind: Type, *args: Node, op: str = "") -> Node:
    return Operation(op or tree.op, tuple(args), type=kind, start=tree.start, end=tree.end)


def _arithmetic(checker: Checker, tree: Operator, names: Names) -> Node:
    left, right = (checker.node(arg, names) for arg in tree.args)
    try:
        kind = arithmetic_type(tree.op, left.type, right.type)
    except UnitClash:
        hint = "divide the price by the quantity, or convert one of them" if tree.op in "+-" else ""
        return checker.wrong(
            "E-TYP-002", tree, hint, offset=tree.at, left=shown(left.type), right=shown(right.type), op=tree.op
        )
    if kind is None:
        types = f"{shown(left.type)} and {shown(right.type)}"
        return checker.wrong(
            "E-TYP-001", tree, _arithmetic_hint(checker, tree, left, right), offset=tree.at, op=tree.op, types=types
        )
    return made(tree, kind, left, right)


def _arithmetic_hint(checker: Checker, tree: Operator, left: Node, right: Node) -> str:
    names = {left.type.name, right.type.name}
    spans = (habits.duration(checker.written(part)) for part in tree.args)
    unquoted = next((one for one in spans if one), "")
    if unquoted and names & {"date", "datetime", "time", "duration"}:
        return unquoted
    if tree.op == "+" and names & {"text", "choice"}:
        return "join texts with `&`"
    if names & {"rows", "list"}:
        return "add up rows with `sum(…)`"
    return ""


def _sign(checker: Checker, tree: Operator, names: Names) -> Node:
    arg = checker.node(tree.args[0], names)
    kind = sign_type(arg.type)
    if kind is None:
        return checker.wrong("E-TYP-001", tree, op="-" if tree.op == "neg" else "+", types=shown(arg.type))
    if tree.op == "pos":
        return arg
    return made(tree, kind, arg)


def _join(checker: Checker, tree: Operator, names: Names) -> Node:
    args = [checker.node(arg, names) for arg in tree.args]
    for part, arg in zip(tree.args, args, strict=True):
        if join_type(arg.type) is None:
            checker.wrong("E-TYP-001", part, "write `join(source, value)`", op="&", types=shown(arg.type))
    return made(tree, TEXT, *args)


def _logic(checker: Checker, tree: Operator, names: Names) -> Node:
    return made(tree, BOOLEAN, *(condition(checker, arg, names) for arg in tree.args))


def condition(checker: Checker, tree: Tree, names: Names) -> Node:
    """A yes-or-no expression."""
    node = checker.node(tree, names)
    if condition_type(node.type) is None:
        written = checker.written(tree)
        hints = {
            "number": f"write `{written} != 0`",
            "rows": f"write `exists({written})`",
            "list": f"write `exists({written})`",
        }
        hint = hints.get(node.type.name, f"write `{written} is not blank`")
        return checker.wrong("E-TYP-010", tree, hint, found=shown(node.type))
    return node


def _comparison(checker: Checker, tree: Operator, names: Names) -> Node:
    left, right = compared(checker, tree.args[0], tree.args[1], names)
    order = tree.op not in ("=", "!=")
    try:
        fine = comparable(left.type, right.type, order=order)
    except UnitClash:
        return checker.wrong(
            "E-TYP-002", tree, offset=tree.at, left=shown(left.type), right=shown(right.type), op=tree.op
        )
    if not fine:
        hint = _comparison_hint(checker, tree, names, left, right)
        return checker.wrong("E-TYP-008", tree, hint, offset=tree.at, left=shown(left.type), right=shown(right.type))
    return made(tree, BOOLEAN, left, right)


def _comparison_hint(checker: Checker, tree: Operator, scope: Names, left: Node, right: Node) -> str:
    names = (left.type.name, right.type.name)
    this = scope.head("this")
    for part, node in zip(tree.args, (left, right), strict=True):
        if isinstance(node, Stored) and isinstance(part, Name) and this and scope.member(this.type, part.name):
            return f"inside a source bare names are its row's: write `this.{part.name}`"
    days = (habits.day(checker.written(part)) for part in tree.args)
    day = next((one for one in days if one), "")
    if day and ("date" in names or "datetime" in names):
        return day
    if "date" in names and "text" in names:
        return "write dates as `date(2026, 3, 31)`"
    if "list" in names or "rows" in names:
        return "test one value against many with `in`, or add them up first"
    if set(names) == {"number", "text"}:
        return "numbers are not quoted"
    if set(names) == {"record", "number"}:
        record, number = (left, right) if left.type.name == "record" else (right, left)
        link, value = (checker.written(tree.args[0 if one is left else 1]) for one in (record, number))
        return f"write `{link}.id {tree.op} {value}`"
    return ""


def compared(checker: Checker, left_tree: Tree, right_tree: Tree, names: Names) -> tuple[Node, Node]:
    """Both sides of a comparison: quoted text beside a choice is checked, beside a record looked up by its key."""
    left = _unless_unquoted(checker, left_tree, names)
    right = _unless_unquoted(checker, right_tree, names)
    if left is None and right is None:
        left = checker.node(left_tree, names)
    if left is None:
        left = _quoted_or_wrong(checker, left_tree, right.type if right else ANY, names)
    if right is None:
        right = _quoted_or_wrong(checker, right_tree, left.type, names)
    return beside(checker, left, right.type, left_tree), beside(checker, right, left.type, right_tree)


def _unless_unquoted(checker: Checker, tree: Tree, names: Names) -> Node | None:
    """The node, or None for a bare name that is unknown (perhaps a code that should be quoted)."""
    if isinstance(tree, Name) and names.head(tree.name) is None and names.source(tree.name) is None:
        return None
    return checker.node(tree, names)


def _quoted_or_wrong(checker: Checker, tree: Tree, other: Type, names: Names) -> Node:
    if isinstance(tree, Name) and tree.name in other.options:
        return checker.wrong("E-NAM-001", tree, f"data is quoted: `'{tree.name}'`", name=tree.name)
    return checker.node(tree, names)


def beside(checker: Checker, node: Node, other: Type, tree: Tree) -> Node:
    """A node as it is meant beside a value of type `other`; the empty text beside what is no text is blank."""
    if isinstance(node, Literal) and node.value == "" and other.name not in ("text", "choice", "any"):
        return Literal(None, type=BLANK, start=node.start, end=node.end)
    if other.name == "choice" and other.options and isinstance(node, Literal) and isinstance(node.value, str):
        return option(checker, node, other, tree)
    if other.name == "record" and other.objects and node.type.name in ("text", "choice"):
        if isinstance(node, Literal) and node.value == "me" and "user" in other.objects:
            hint = "write `me` without quotes: the person who asks"
            return checker.wrong("E-TYP-008", tree, hint, left=shown(other), right=shown(node.type))
        if other.objects == ("user",) and isinstance(node, Literal) and not _login(node.value):
            hint = "people are named by their login; to compare what they are called write `.name` behind the field"
            return checker.wrong("E-TYP-008", tree, hint, left=shown(other), right=shown(node.type))
        return Lookup(other.objects, node, type=Type("record", objects=other.objects), start=node.start, end=node.end)
    return node


def _login(value: object) -> bool:
    """Whether a text can be somebody's login; what people are called mostly has spaces or letters of their language."""
    return isinstance(value, str) and value.isascii() and " " not in value.strip()


def option(checker: Checker, node: Literal, choice: Type, tree: Tree) -> Node:
    """Quoted text checked against the options of a choice or the states of an object."""
    if node.value == "" or node.value in choice.options:
        return node
    return checker.wrong("E-NAM-007", tree, did_you_mean(str(node.value), choice.options, quote="'"), name=node.value)


def _membership(checker: Checker, tree: Operator, names: Names) -> Node:
    left = checker.node(tree.args[0], names)
    if isinstance(tree.args[1], Brackets):
        return made(tree, BOOLEAN, left, _items_beside(checker, tree, left, names))
    right = checker.node(tree.args[1], names)
    element = right.type.of if right.type.name == "range" else element_type(right.type)
    if element is None:
        hint = (
            f"write `[{checker.written(tree.args[1])}]`"
            if right.type.name != "text"
            else "write `contains(text, part)` or a list"
        )
        return checker.wrong("E-TYP-005", tree.args[1], hint, found=shown(right.type))
    left = beside(checker, left, element, tree.args[0])
    return (
        made(tree, BOOLEAN, left, right)
        if _alike(left.type, element)
        else checker.wrong("E-TYP-008", tree, offset=tree.at, left=shown(left.type), right=shown(element))
    )


def _alike(left: Type, right: Type) -> bool:
    try:
        return comparable(left, right, order=False)
    except UnitClash:
        return False


def element_type(kind: Type) -> Type | None:
    """What a list or rows hold; None for a single value."""
    if kind.name == "rows":
        return Type("record", objects=kind.objects, of=kind.of)
    if kind.name == "list":
        return kind.of or ANY
    return ANY if kind.name == "any" else None


def _items_beside(checker: Checker, tree: Operator, left: Node, names: Names) -> Node:
    brackets = tree.args[1]
    items = []
    for part in brackets.parts():
        item = _unless_unquoted(checker, part, names) or _quoted_or_wrong(checker, part, left.type, names)
        item = beside(checker, item, left.type, part)
        if not _alike(left.type, item.type):
            checker.wrong("E-TYP-008", part, left=shown(left.type), right=shown(item.type))
        items.append(item)
    return Items(tuple(items), type=list_of(left.type), start=brackets.start, end=brackets.end)


def _blank(checker: Checker, tree: Operator, names: Names) -> Node:
    return made(tree, BOOLEAN, checker.node(tree.args[0], names))


def _under(checker: Checker, tree: Operator, names: Names) -> Node:
    left = checker.node(tree.args[0], names)
    right = beside(checker, checker.node(tree.args[1], names), left.type, tree.args[1])
    for part, node in zip(tree.args, (left, right), strict=True):
        if node.type.name not in ("record", "any", "blank"):
            return checker.wrong(
                "E-TYP-001", part, "`is under` compares records of a tree", op="is under", types=shown(node.type)
            )
    if not _alike(left.type, right.type):
        return checker.wrong("E-TYP-008", tree, offset=tree.at, left=shown(left.type), right=shown(right.type))
    return made(tree, BOOLEAN, left, right, tree_link(checker, tree.args[0], left.type, names))


def tree_link(checker: Checker, tree: Tree, kind: Type, names: Names) -> Node:
    """The name of the link by which records of a kind hang below each other: the only one to their own object, or the
    one that the scope calls `@above`."""
    row = Type("record", objects=kind.objects)
    found = [
        name
        for name in names.members(row)
        if name not in NO_TREE and names.member(row, name) == row and len(kind.objects) == 1
    ]
    if len(found) == 1 or (names.member(row, ABOVE) is not None and kind.objects):
        name = found[0] if len(found) == 1 else ABOVE
        return Literal(name, type=TEXT, start=tree.start, end=tree.end)
    hint = "give the object one link to itself, with `tree: true`"
    return checker.wrong("E-TYP-015", tree, hint, found=shown(kind))


def kind_test(checker: Checker, tree: KindTest, names: Names) -> Node:
    """`item is invoice`: which of several objects a link names."""
    arg = checker.node(tree.arg, names)
    if arg.type.name not in ("record", "any"):
        hint = _is_blank(tree) or f"compare values with `=`: `{checker.written(tree.arg)} = …`"
        return checker.wrong("E-TYP-001", tree, hint, op=f"is {tree.name}", types=shown(arg.type))
    rows = names.source(tree.name)
    wanted = rows.objects[0] if rows is not None and len(rows.objects) == 1 else tree.name
    if arg.type.objects and wanted not in arg.type.objects:
        hint = _is_blank(tree) or did_you_mean(tree.name, arg.type.objects)
        return checker.wrong(
            "E-NAM-008", tree, hint, offset=tree.at, owner=f"`{checker.written(tree.arg)}`", name=tree.name
        )
    name = Literal(wanted, type=TEXT, start=tree.at, end=tree.end)
    return Operation("isa", (arg, name), type=BOOLEAN, start=tree.start, end=tree.end)


def _is_blank(tree: KindTest) -> str:
    """What `is empty`, `is not null` and the like were meant to be."""
    return "write `is blank` or `is not blank`" if habits.WORDS.get(tree.name.lower()) == "blank" else ""


def brackets(checker: Checker, tree: Brackets, names: Names) -> Node:
    """A list written out; its items are alike."""
    items = [checker.node(part, names) for part in tree.items]
    kind: Type | None = None
    for part, item in zip(tree.items, items, strict=True):
        if kind is not None and not _alike(kind, item.type):
            checker.wrong("E-TYP-013", part, left=shown(kind), right=shown(item.type))
            break
        kind = item.type if kind is None else join_two(kind, item.type)
    return Items(tuple(items), type=list_of(kind or ANY), start=tree.start, end=tree.end)


RULES = {
    **dict.fromkeys(("+", "-", "*", "/", "^"), _arithmetic),
    **dict.fromkeys(("neg", "pos"), _sign),
    "&": _join,
    **dict.fromkeys(("and", "or", "not"), _logic),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), _comparison),
    "in": _membership,
    "blank": _blank,
    "under": _under,
}
