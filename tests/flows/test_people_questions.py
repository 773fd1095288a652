"""What expressions ask about the organisation, about decided steps and about what a command changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.definitions.filters import Reader, belonging, everything
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row
from engine.runtime.services.identity import people
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from tests.flows.offices import Office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    office = Office(database_url)
    people.add_department(office.site, "exports", head="fan", above="sales")
    people.add_user(office.site, "he", "He", None, roles={"office": ["staff"]}, department="exports", language="en",
                    position="Clerk")
    people.add_department(office.site, "board", head="fan")
    people.add_user(office.site, "li", None, None, position="Clerk", further={"board": "Chair"})
    yield office
    office.site.database.close()


def asked(office: Office, text: str, record: Ref | None = None, login: str = "li") -> Any:
    """The value of an expression on a claim, users by their logins."""

    def value(tx: Tx) -> Any:
        session = Session(tx)
        expression = belonging(Reader(tx.app, everything(tx.app), decisions=True), "claim", text)
        row: Row | None = None if record is None else session.record(record)
        return named(expression.value(Frame(session) if row is None else session.frame(row)), session)

    return office.read(login, value)


def named(value: Any, session: Session) -> Any:
    if isinstance(value, tuple):
        return [named(item, session) for item in value]
    if isinstance(value, Ref):
        record = session.record(value)
        return None if record is None else record.get("login")
    return value.code if isinstance(value, ErrorValue) else value


@pytest.mark.parametrize(("text", "wanted"), [
    ("head('sales')", "wang"),
    ("head(me)", "wang"),
    ("heads('exports')", ["fan", "wang"]),
    ("heads(me)", ["wang"]),
    ("members('sales')", ["li", "wang", "he"]),
    ("members('exports')", ["he"]),
    ("count(members(me))", 3),
    ("head('nowhere')", "#N/A"),
    ("members('nowhere')", "#N/A"),
    ("departments(me)", ["sales", "board"]),
    ("'board' in departments(me)", True),
    ("departments(blank)", []),
    ("members('board')", ["li"]),
    ("in_position('Clerk')", ["li", "he"]),
    ("in_position('Clerk', 'exports')", ["he"]),
    ("in_position('Clerk', 'sales')", ["li", "he"]),
    ("in_position('Chair', me)", []),
    ("in_position('Chair')", ["li"]),
    ("in_position('Chair', 'nowhere')", "#N/A"),
    ("in_position('')", []),
    ("in_position('Clerk', '')", []),
    ("managers(me)", ["wang"]),
    ("head('')", None),
    ("heads(blank)", []),
    ("decider(head)", "#N/A"),
    ("chosen(head)", "#N/A"),
])
def test_the_organisation(office: Office, text: str, wanted: Any) -> None:
    assert asked(office, text) == wanted


def test_heads_see_the_people_of_further_departments(office: Office) -> None:
    assert asked(office, "me in team(me)") is True
    assert asked(office, "team(me)", login="fan") == ["fan", "li", "he"]


def test_who_decided_a_step(office: Office) -> None:
    ref = office.claim("200")
    assert asked(office, "decider(head)", ref) is None
    office.decide("wang", ref, "approve")
    office.decide("sun", ref, "approve")
    assert asked(office, "decider(head)", ref) == "wang"
    assert asked(office, "decider(money)", ref) == "sun"
    assert asked(office, "decider(board)", ref) is None
    assert asked(office, "decider(head)", office.claim(submit=False)) == "#N/A"


def test_text_of_a_link_is_the_title_of_its_record(office: Office) -> None:
    ref = office.claim()
    assert asked(office, "'by ' & creator", ref) == "by Li"
    assert asked(office, "join(claim, creator)", ref) == "Li"
    assert asked(office, "concat(creator, '!')", ref) == "Li!"


def test_what_a_change_touches(office: Office) -> None:
    ref = office.claim(submit=False)

    def touched(tx: Tx) -> list[Any]:
        session = Session(tx)
        record = session.record(ref)
        assert record is not None
        record.values["note"] = "new"
        reader = Reader(tx.app, everything(tx.app))
        asked = (belonging(reader, "claim", f"amended({name})") for name in ("note", "code"))
        return [expression.value(session.frame(record)) for expression in asked]

    assert office.read("li", touched) == [True, False]
