"""Typing of constants, names and paths, each unknown name with what was probably meant. Knows no operators."""

from __future__ import annotations

from engine.expressions import habits
from engine.expressions.checker import Checker, shown
from engine.expressions.nodes import Decide, Each, Get, Literal, Node, Root, Stored
from engine.expressions.scope import Names, Symbol
from engine.expressions.trees import Constant, Every, Invocation, Member, Name, Span, Tree
from engine.expressions.types import ANY, BLANK, BOOLEAN, DURATION, NUMBER, PERCENT, TEXT, Type, list_of
from engine.expressions.values import Duration
from engine.suggest import closest, did_you_mean

SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MOVEMENTS = "movements of "
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def constant(checker: Checker, tree: Constant, names: Names) -> Node:
    value = tree.value
    kind = (
        BLANK if value is None else BOOLEAN if isinstance(value, bool) else TEXT if isinstance(value, str) else NUMBER
    )
    return Literal(value, type=PERCENT if tree.percent else kind, start=tree.start, end=tree.end)


def span(checker: Checker, tree: Span, names: Names) -> Node:
    """A duration: months are calendar months, days are 24 hours, working units need a calendar when applied."""
    if tree.working and tree.unit == "day":
        value = Duration(working_days=tree.amount)
    elif tree.working:
        value = Duration(working_seconds=tree.amount * SECONDS[tree.unit])
    elif tree.unit in SECONDS:
        value = Duration(seconds=tree.amount * SECONDS[tree.unit])
    elif tree.amount == tree.amount.to_integral_value():
        value = Duration(months=int(tree.amount) * MONTHS[tree.unit])
    else:
        return checker.wrong("E-SYN-013", tree, f"{tree.unit}s come whole", found=str(tree.amount))
    return Literal(value, type=DURATION, start=tree.start, end=tree.end)


def name(checker: Checker, tree: Name, names: Names) -> Node:
    """A bare name: the row's field, a scope word, an alias; only then stored rows of that name."""
    symbol = names.head(tree.name)
    if symbol is not None:
        return from_symbol(tree, symbol)
    rows = names.source(tree.name)
    if rows is not None:
        return stored(rows, tree.name, tree)
    return checker.wrong("E-NAM-001", tree, unknown_hint(tree.name, names), name=tree.name)


def stored(rows: Type, name: str, tree: Tree) -> Stored:
    """Stored rows under their full name: `customer` inside of the namespace `crm` is `crm.customer`."""
    full, movements = (rows.objects[0] if len(rows.objects) == 1 else name), False
    if full.startswith(MOVEMENTS):
        full, movements = full.removeprefix(MOVEMENTS), True
    return Stored(full, movements, type=rows, start=tree.start, end=tree.end)


def from_symbol(tree: Tree, symbol: Symbol) -> Node:
    start, end = tree.start, tree.end
    if symbol.kind == "field":
        return Get(Root("row", type=ANY, start=start, end=end), symbol.name, type=symbol.type, start=start, end=end)
    if symbol.kind == "word" and symbol.name == "parent":
        return Get(Root("row", type=ANY, start=start, end=end), "parent", type=symbol.type, start=start, end=end)
    if symbol.kind == "word" and symbol.name in ("this", "me", "old"):
        return Root(symbol.name, type=symbol.type, start=start, end=end)
    if symbol.kind == "source":
        return stored(symbol.type, symbol.name, tree)
    if symbol.kind == "reference":
        return Literal(symbol.name, type=symbol.type, start=start, end=end)
    return Root("name", symbol.name, type=symbol.type, start=start, end=end)


def unknown_hint(name: str, names: Names) -> str:
    """What a name that does not exist was meant to be."""
    from_functions = callable_hint(name, names)
    if from_functions:
        return from_functions
    if name in names.roles():
        return f"`{name}` is a role: write `role({name})` or `has_role(me, {name})`"
    this = names.head("this")
    if this is not None and names.member(this.type, name) is not None:
        return f"inside a source bare names are its row's: write `this.{name}`"
    parent = names.head("parent")
    if parent is not None and names.member(parent.type, name) is not None:
        return f"it belongs to the record of the line: write `parent.{name}`"
    near = closest(name, names.heads())
    if habits.spoken(name):
        return habits.spoken(name)
    if near:
        return did_you_mean(name, near)
    return did_you_mean(name, names.heads()) or f"a text is quoted: `'{name}'`"


def callable_hint(name: str, names: Names) -> str:
    return f"a decision is called: `{name}(…)`" if names.decision(name) is not None else ""


def every(checker: Checker, tree: Every, names: Names) -> Node:
    """`all warehouse`, `movements of stock`."""
    rows = names.source(f"movements of {tree.name}") if tree.movements else None
    rows = rows or names.source(tree.name)
    if rows is None:
        near = [word for word in names.heads() if names.source(word) is not None]
        return checker.wrong("E-NAM-004", tree, did_you_mean(tree.name, near), name=tree.name)
    return stored(rows, tree.name, tree)


def member(checker: Checker, tree: Member, names: Names) -> Node:
    """A step of a path; through rows and lists it gives the list of the values."""
    dotted = _dotted(checker, tree, names)
    if dotted is not None:
        return dotted
    owner = checker.node(tree.owner, names)
    return member_of(checker, tree, owner, names)


def member_of(checker: Checker, tree: Member, owner: Node, names: Names) -> Node:
    kind = owner.type
    start, end = tree.start, tree.end
    if isinstance(owner, Decide):
        found = _result(checker, tree, owner, names)
        if found is not None:
            return found
    if kind.name in ("any", "json"):
        return Get(owner, tree.name, type=ANY, start=start, end=end)
    if kind.name == "range" and tree.name in ("start", "end"):
        return Get(owner, tree.name, type=kind.of or ANY, start=start, end=end)
    through = kind.of if kind.name == "list" else kind
    if through is None or through.name not in ("record", "rows"):
        return checker.wrong("E-TYP-006", tree, _member_hint(tree, kind), offset=tree.at, found=shown(kind))
    row = Type("record", objects=through.objects)
    found_type = names.member(row, tree.name)
    if found_type is None:
        itself = f"the record itself is `{checker.written(tree.owner)}`" if tree.name in habits.ITSELF else ""
        hint = itself or did_you_mean(tree.name, names.members(row))
        return checker.wrong("E-NAM-002", tree, hint, offset=tree.at, owner=shown(row), name=tree.name)
    if kind.name == "record":
        return Get(owner, tree.name, type=found_type, start=start, end=end)
    if isinstance(owner, Stored) and found_type == Type("rows", objects=(f"{owner.name}.{tree.name}",)):
        return Stored(f"{owner.name}.{tree.name}", type=found_type, start=start, end=end)
    return Each(owner, tree.name, type=each_type(found_type), start=start, end=end)


def each_type(kind: Type) -> Type:
    """The type of a member taken from every row."""
    return kind if kind.name in ("rows", "list") else list_of(kind)


def _member_hint(tree: Member, kind: Type) -> str:
    functions = {
        "length": "len(…)",
        "count": "count(…)",
        "sum": "sum(…)",
        "year": "year(…)",
        "month": "month(…)",
        "day": "day(…)",
    }
    return f"write `{functions[tree.name]}`" if tree.name in functions else ""


def _dotted(checker: Checker, tree: Member, names: Names) -> Node | None:
    """A name with points in it that the scope knows as one: `available.before` in the text of a guard, `crm.customer`
    of a namespace, also behind `all` and `movements of`."""
    whole = _whole(tree, names)
    if isinstance(whole, Every):
        rows = names.source(f"{MOVEMENTS}{whole.name}" if whole.movements else whole.name)
        return None if rows is None else stored(rows, whole.name, tree)
    symbol = None if whole is None else names.head(whole)
    if symbol is None or whole is None:
        return None
    if symbol.kind == "source":
        return stored(symbol.type, whole, tree)
    return Root("name", whole, type=symbol.type, start=tree.start, end=tree.end)


def _whole(tree: Member, names: Names) -> str | Every | None:
    """A path as one name; behind `all`, where its first name alone is none."""
    path, owner = [tree.name], tree.owner
    while isinstance(owner, Member):
        path.append(owner.name)
        owner = owner.owner
    tail = ".".join(reversed(path))
    if isinstance(owner, Every):
        known = names.source(owner.name) is not None
        return None if known else Every(owner.start, tree.end, f"{owner.name}.{tail}", owner.movements)
    return f"{owner.name}.{tail}" if isinstance(owner, Name) else None


def _result(checker: Checker, tree: Member, owner: Decide, names: Names) -> Node | None:
    """One of several results of a decision: `price_for(…).price`."""
    signature = names.decision(owner.name)
    if signature is None or not signature.results:
        return None
    kind = signature.results.get(tree.name)
    if kind is None:
        hint = did_you_mean(tree.name, signature.results)
        return checker.wrong(
            "E-NAM-002", tree, hint, offset=tree.at, owner=f"the result of `{owner.name}`", name=tree.name
        )
    return Get(owner, tree.name, type=kind, start=tree.start, end=tree.end)


def bare_name(tree: Tree) -> str | None:
    """The text of a bare name or path (`credit`, `lines.price`), None for anything else."""
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Member):
        owner = bare_name(tree.owner)
        return None if owner is None else f"{owner}.{tree.name}"
    if isinstance(tree, Invocation) and not tree.args:
        return None
    return None
