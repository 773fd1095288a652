"""Every kind keeps its values: through JSON, through the form's control, through both databases."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, event, insert, select

from engine.expressions import numbers
from engine.kinds.fields import KINDS
from engine.kinds.fields.attached import Attachment
from engine.kinds.fields.base import Field
from tests.kinds.samples import FIELDS, RAW

NAMES = sorted(FIELDS)


def test_every_kind_is_sampled() -> None:
    # Files are looked up in a store: the tests of attachments take them there and back.
    held = {name for name, kind in KINDS.items() if kind.holds and not issubclass(kind, Attachment)}
    assert {field.kind for field in FIELDS.values()} | {"lines"} == held
    assert set(RAW) == set(FIELDS)


def draw(name: str, data: st.DataObject) -> tuple[Field, Any]:
    field = FIELDS[name]
    value = field.parse(data.draw(RAW[name]))
    field.check_value(value)
    return field, value


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_json(name: str, data: st.DataObject) -> None:
    field, value = draw(name, data)
    assert field.parse(json.loads(json.dumps(field.to_json(value), allow_nan=False))) == value


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_input(name: str, data: st.DataObject) -> None:
    field, value = draw(name, data)
    if isinstance(value, dt.datetime):
        value = value.replace(microsecond=0)
    assert field.parse_input(field.to_input(value)) == value


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_python_values_fit_themselves(name: str, data: st.DataObject) -> None:
    field, value = draw(name, data)
    assert field.parse(value) == value
    assert field.fit(value) == value
    assert field.fit(None) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh", "en", "de", "no such"])
@given(data=st.data())
def test_formats_in_every_language(name: str, language: str, data: st.DataObject) -> None:
    field, value = draw(name, data)
    assert isinstance(field.format(value, language), str)
    assert field.format(None, language) == ""


@pytest.mark.parametrize("name", NAMES)
def test_blank(name: str) -> None:
    field = FIELDS[name]
    assert field.parse(None) is field.parse("") is field.parse("  ") is field.parse_input(" ") is None
    field.check_value(None)
    assert field.to_json(None) is None
    assert field.to_input(None) == ""
    assert all(value is None for value in field.to_row(None).values())


def stored(engine: Engine, field: Field, values: list[Any]) -> list[Any]:
    """The values after a trip through a real table."""
    table = Table("t", MetaData(), Column("no", Integer, primary_key=True), *field.columns())
    with engine.begin() as connection:
        table.create(connection)
        rows = [{"no": no, **field.to_row(value)} for no, value in enumerate(values)]
        connection.execute(insert(table), rows)
        found = [field.from_row(row) for row in connection.execute(select(table).order_by(table.c.no)).mappings()]
        table.drop(connection)
    return found


@pytest.fixture
def engine(database_url: str) -> Any:
    sqlite = database_url.startswith("sqlite")
    engine = create_engine(database_url, connect_args={} if sqlite else {"prepare_threshold": None})
    if sqlite:
        event.listen(engine, "connect", lambda connection, record: numbers.register(connection))
    yield engine
    engine.dispose()


@given(data=st.data())
def test_rows(engine: Engine, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    field = FIELDS[name]
    values = [None, *(field.parse(raw) for raw in data.draw(st.lists(RAW[name], max_size=8)))]
    assert stored(engine, field, values) == values


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_the_names_of_the_columns_are_told_without_making_them(kind: str) -> None:
    field = FIELDS[kind]
    assert field.column_names() == tuple(column.name for column in field.columns())
