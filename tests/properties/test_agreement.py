"""Python, SQLite, PostgreSQL and the browser agree on fields of every kind: values, errors, conditions and orders.

The rows are full of edges and stay the same in the ordinary suite; `FORMWORK_SOAK=1` draws other rows each time."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions.arithmetic import TOO_LARGE, plain_number
from engine.expressions.compiled import Expression
from engine.expressions.functions import ALL
from engine.expressions.nodes import Aggregate, Node, Source
from engine.expressions.sql import NotInSql
from engine.expressions.values import ErrorValue, Ref, Row, Rows
from tests.clusters import fresh_database
from tests.frontend.browsers import Browser
from tests.properties.forms import FORMS
from tests.properties.grammar import CONDITIONS, EXPRESSIONS, LEAVES, TYPES, every_word, sweep, texts_of
from tests.properties.lab import Lab, lab, parsed

SOAK = bool(os.environ.get("FORMWORK_SOAK"))
SEED = None if SOAK else 7
ORDINARY = settings(max_examples=5000 if SOAK else 40, derandomize=not SOAK, deadline=None)
ELSEWHERE = {
    "product": "run in the browser only, see tests/frontend/test_formulas.py",
    "join": "runs in the browser only, see tests/frontend/test_formulas.py",
    "last": "runs in the browser only, see tests/frontend/test_formulas.py",
    "upper": "runs in the browser only, see tests/frontend/test_formulas.py",
    "lower": "runs in the browser only, see tests/frontend/test_formulas.py",
    "today": "runs in the browser only, see tests/frontend/test_formulas.py",
}


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory, _server: tuple[str, str]) -> Iterator[list[Lab]]:
    """The lab on SQLite and, where there is a server, on PostgreSQL; the same rows in both."""
    folder: Path = tmp_path_factory.mktemp("lab")
    with lab(f"sqlite:///{folder}/lab.db", seed=SEED) as first:
        if not _server[0]:
            yield [first]
            return
        with fresh_database(_server[0], f"lab_{os.getpid()}") as url, lab(url, seed=SEED) as second:
            yield [first, second]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    running = Browser()
    yield running
    running.close()


def stored(value: Any) -> Any:
    """A value as a database gives it: errors and the empty text are blank, links are ids."""
    if isinstance(value, ErrorValue) or value == "":
        return None
    return value.id if isinstance(value, (Ref, Row)) else value


def fails(value: Any) -> str:
    """The code of an error, "" of anything else."""
    return value.code if isinstance(value, ErrorValue) else ""


def too_large(found: Expression, at: Lab, id: int) -> bool:
    """Whether a part needs more than 34 digits, which Python refuses and SQL keeps (README.md says so)."""
    frame = at.frame(at.pure, id)

    def parts(node: Node) -> Iterator[Node]:
        yield node
        if not isinstance(node, (Source, Aggregate)):
            for part in node.parts():
                yield from parts(part)

    from engine.expressions.evaluate import evaluate

    return any(evaluate(part, frame) == TOO_LARGE for part in parts(found.node))


def agrees(labs: list[Lab], browser: Browser, text: str) -> None:
    """Holds an expression against all interpreters that take it."""
    first = labs[0]
    found = parsed(first.app, text)
    assert isinstance(found, Expression), (text, [str(problem) for problem in found])
    wanted = first.python(found)
    for one in labs:
        same(text, "engine on " + one.name, wanted, one.python(found, engine=True), fails)
        same(text, "engine on " + one.name, wanted, one.python(found, engine=True), stored)
        in_sql(one, text, found, wanted)
    in_browser(first, browser, text, found, wanted)


def same(text: str, where: str, wanted: Mapping[int, Any], found: Mapping[int, Any], reading: Any) -> None:
    differing = {
        id: (reading(wanted[id]), reading(found[id])) for id in wanted if reading(wanted[id]) != reading(found[id])
    }
    assert not differing, (where, text, differing)


def in_sql(one: Lab, text: str, found: Expression, wanted: Mapping[int, Any]) -> None:
    try:
        values = one.sql(found)
    except NotInSql:
        return
    condition = found.type.name == "boolean"
    differing = {
        id: (wanted[id], values[id])
        for id in wanted
        if ((wanted[id] is True) if condition else stored(wanted[id])) != stored(values[id])
        and not too_large(found, one, id)
    }
    assert not differing, (one.name, text, differing)
    if condition:
        assert one.kept(found) == {id for id, value in wanted.items() if value is True}, (one.name, text)
    failing = parsed(one.app, f"iserror({text})")
    assert isinstance(failing, Expression), text
    failed = {id for id, value in one.sql(failing).items() if value}
    truly = {id for id, value in wanted.items() if isinstance(value, ErrorValue)}
    assert {id for id in failed ^ truly if not too_large(found, one, id)} == set(), (one.name, "errors of", text)


def to_page(value: Any) -> Any:
    """A value as it stands on a page."""
    if isinstance(value, ErrorValue):
        return {"error": value.code}
    if isinstance(value, Decimal):
        return {"number": plain_number(value)}
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (Ref, Row)):
        return f"{value.object}/{value.id}"
    return None if value == "" else value


def page(row: Row, names: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that a page can hold."""
    values = {name: row.get(name) for name in names}
    return {
        name: to_page(value)
        for name, value in values.items()
        if value is None or isinstance(value, (Decimal, str, bool, dt.date, ErrorValue, Ref))
    }


def in_browser(one: Lab, browser: Browser, text: str, found: Expression, wanted: Mapping[int, Any]) -> None:
    tree = found.browser()
    if tree is None:
        return
    fields, line = one.app.objects["thing"].fields, one.app.objects["thing.lines"].fields
    for id, value in wanted.items():
        row = one.pure.record(Ref("thing", id))
        assert row is not None
        lines = row.get("lines")
        assert isinstance(lines, Rows)
        record = page(row, {name: None for name in (*fields, "id", "version") if name != "lines"})
        answer = browser.ask(
            {
                "tree": tree,
                "record": record,
                "lines": {"lines": [page(item, line) for item in lines.items]},
                "today": "2026-04-01",
            }
        )
        assert answer == {"value": to_page(value)}, ("browser", text, id, record)


@pytest.mark.parametrize("kind", TYPES)
def test_each_form_of_the_grammar_agrees(labs: list[Lab], browser: Browser, kind: str) -> None:
    wrong = []
    for text in sweep(kind):
        try:
            agrees(labs, browser, text)
        except AssertionError as problem:
            wrong.append(str(problem))
    assert not wrong


@ORDINARY
@given(text=EXPRESSIONS)
def test_random_expressions_agree(labs: list[Lab], browser: Browser, text: str) -> None:
    agrees(labs, browser, text)


@ORDINARY
@given(text=CONDITIONS)
def test_random_conditions_agree(labs: list[Lab], browser: Browser, text: str) -> None:
    agrees(labs, browser, text)


KEYS = st.sampled_from(("number", "text", "day", "moment", "clock", "span", "money", "choice", "condition"))


@ORDINARY
@given(
    key=KEYS.flatmap(lambda kind: texts_of(kind, 1)),
    second=st.sampled_from(("note", "-day", "number", "-kind", "clock", "-span", "moment", "-held")),
    sign=st.sampled_from(("", "-")),
    kept=st.sampled_from(
        ("held", "day < from_day", "note > 'a'", "1 / tiny > 0", "moment in hours", "kind is blank", "true")
    ),
)
def test_sources_have_the_same_rows_in_the_same_order(
    labs: list[Lab], key: str, second: str, sign: str, kept: str
) -> None:
    text = f"list(thing where {kept} sort {sign}({key}) then {second}, id)"
    found = parsed(labs[0].app, text)
    if not isinstance(found, Expression):
        return
    wanted = labs[0].python(found, rows=3)
    for one in labs:
        same(text, one.name, wanted, one.python(found, engine=True, rows=3), lambda value: fails(value) or value)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_moments_agree_in_zones_whose_clocks_jump(
    browser: Browser, tmp_path: Path, _server: tuple[str, str], zone: str
) -> None:
    moments = re.compile(r"moment|later|hours|since|now\(|created_at")
    texts = [text for kind in TYPES for text in sweep(kind) if moments.search(text)]
    assert len(texts) > 60
    with lab(f"sqlite:///{tmp_path}/lab.db", zone, things=12) as first:
        for text in texts:
            agrees([first], browser, text)
        if _server[0]:
            name = f"zone_{os.getpid()}_{zone.rpartition('/')[2].lower()}"
            with fresh_database(_server[0], name) as url, lab(url, zone, things=12) as second:
                for text in texts:
                    agrees([second], browser, text)


def test_every_function_that_runs_elsewhere_is_compared() -> None:
    compared = every_word() | {"avg"}
    assert {function.name for function in ALL if function.sql} <= compared
    assert {function.name for function in ALL if function.browser} - compared == set(ELSEWHERE)


def test_most_forms_run_in_the_database(labs: list[Lab]) -> None:
    texts = [text for kind in ("number", "text", "day", "condition", "money") for text in sweep(kind)]
    assert sum(1 for text in texts if runs(labs[0], text)) > 0.9 * len(texts)


def runs(one: Lab, text: str) -> bool:
    found = parsed(one.app, text)
    assert isinstance(found, Expression)
    try:
        one.column(found)
    except NotInSql:
        return False
    return True


def test_the_grammar_has_leaves_for_every_hole() -> None:
    assert set(FORMS) <= set(LEAVES)
