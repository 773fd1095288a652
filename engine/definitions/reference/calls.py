"""The page on functions: signature, result, example, where each runs. Knows no keys and no codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.definitions.nodes import plain_of
from engine.definitions.reference.leaves import Block, Code, Page, Prose, Table, Topic, anchor_of
from engine.definitions.source import read
from engine.expressions.functions import ALIASES, ALL
from engine.expressions.functions.aggregates import AGGREGATES
from engine.expressions.functions.base import Function, Param
from engine.expressions.functions.choices import CHOICES
from engine.expressions.functions.dates import DATES
from engine.expressions.functions.lookups import LOOKUPS
from engine.expressions.functions.numbers import NUMBERS
from engine.expressions.functions.people import PEOPLE_FUNCTIONS
from engine.expressions.functions.ranges import RANGES
from engine.expressions.functions.records import RECORDS
from engine.expressions.functions.texts import TEXTS
from engine.expressions.functions.windows import WINDOWS
from engine.expressions.types import Type

FILE = Path(__file__).parent / "functions.yaml"
FAMILIES: Mapping[str, tuple[Function, ...]] = {
    "Aggregates": AGGREGATES,
    "Choices": CHOICES,
    "Numbers": NUMBERS,
    "Texts": TEXTS,
    "Dates": DATES,
    "Ranges": RANGES,
    "Records, trees, places": RECORDS,
    "Look-ups in lists": LOOKUPS,
    "People": PEOPLE_FUNCTIONS,
    "Rows of a report": WINDOWS,
}
KINDS: Mapping[str, str] = {
    "any": "value",
    "source": "rows",
    "case": "value",
    "moment": "date or moment",
    "role": "name of a role",
    "object": "name of an object",
    "word": "name",
    "path": "name of a field",
    "bound": "day, moment or number",
}


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of a function. `gives`: the example's value; `of`: the object of an example app that it is about;
    `own`: spreadsheets have none like it; `shown`: the example app in which the example stands."""

    says: str
    example: str
    gives: str = ""
    of: str = ""
    own: str = ""
    shown: str = ""


@lru_cache(maxsize=1)
def notes() -> Mapping[str, Note]:
    """Function → what is said of it."""
    tree, problems = read(FILE.read_text("utf-8"), FILE.name)
    if tree is None or problems:
        raise ValueError(f"{FILE.name}: {problems}")
    return {name: Note(**{key: str(value) for key, value in plain_of(node).items()}) for name, node in tree.items()}


def pages() -> Iterator[Page]:
    """The page on functions."""
    intro: tuple[Block, ...] = (
        Prose(
            "Names are read in capitals and small letters alike. Every function runs in Python; in SQL (filters, "
            "reports, alerts) and in the browser (live totals) run those that give exactly the same there. Functions "
            "with a spreadsheet's name give a spreadsheet's result, errors included."
        ),
        Table(("function", "gives", "runs in", "spreadsheet"), tuple(_row(one) for one in ALL)),
    )
    yield Page("functions", "Functions", intro, tuple(topics()))


def _row(function: Function) -> tuple[str, str, str, str]:
    anchor = anchor_of("function", function.name)
    return f"[{function.name}]({anchor})", result(function), places(function), origin(function)


def topics() -> Iterator[Topic]:
    """A topic per function, by families."""
    known = {one.name for family in FAMILIES.values() for one in family}
    rest = tuple(one for one in ALL if one.name not in known)
    for title, family in {**FAMILIES, "Others": rest}.items():
        if family:
            yield Topic(anchor_of("functions", title.split(",")[0].replace(" ", "-")), title, 2, ())
            yield from (topic_of(one) for one in family)


def topic_of(function: Function) -> Topic:
    """What a function gives, with an example."""
    note = notes().get(function.name)
    blocks: list[Block] = [Code(signature(function), "text")]
    blocks.append(Prose(" ".join(part for part in (note.says if note else "", _facts(function)) if part)))
    if note is not None:
        blocks.append(Code(f"{note.example} → {note.gives}" if note.gives else note.example, "text"))
    return Topic(anchor_of("function", function.name), function.name, 3, tuple(blocks))


def _facts(function: Function) -> str:
    also = [alias for alias, name in ALIASES.items() if name == function.name]
    names = f" Also called {', '.join(f'`{one}`' for one in also)}." if also else ""
    return f"Gives {result(function)}. Runs in {places(function)}.{names}"


def signature(function: Function) -> str:
    """`round(number, places?)`; `…` repeats."""
    shown = [_param(one, function) for one in function.params]
    if function.form == "aggregate" and function.row != "none":
        shown.insert(1, {"value": "value?", "optional": "value?", "condition": "condition?"}[function.row])
    more = ["…"] if any(one.many for one in function.params) else []
    return f"{function.name}({', '.join([*shown, *more])})"


def _param(param: Param, function: Function) -> str:
    kind = KINDS.get(param.kind, param.kind)
    name = param.name if kind in (param.name, "value") else f"{param.name}: {kind}"
    return f"{name}?" if param.optional else name


def result(function: Function) -> str:
    """The type of the result, as far as it does not hang on the arguments."""
    if isinstance(function.gives, Type):
        return "a value" if function.gives.name == "any" else _article(str(function.gives))
    name = getattr(function.gives, "__name__", "")
    return {"first_type": "what its first argument is", "sum_type": "a number, of the values' unit"}.get(
        name, "what its arguments are"
    )


def _article(kind: str) -> str:
    kind = kind.replace("record of user", "person").replace("boolean", "yes or no")
    return kind if kind == "yes or no" else f"a {kind}"


def places(function: Function) -> str:
    """Where it runs."""
    return ", ".join(["Python", *(["SQL"] if function.sql else []), *(["browser"] if function.browser else [])])


def origin(function: Function) -> str:
    """The function of a spreadsheet that it is, if any."""
    note = notes().get(function.name)
    also = [alias.upper() for alias, name in ALIASES.items() if name == function.name]
    return ", ".join(also) if note is None or note.own else function.name.upper()
