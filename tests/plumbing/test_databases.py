"""The databases that the fixtures give are fresh, of both kinds, and durable."""

from __future__ import annotations

from sqlalchemy import create_engine, inspect, text


def test_a_fresh_database_is_empty_and_takes_a_table(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            assert inspect(connection).get_table_names() == []
            connection.execute(text("create table leftover (id integer)"))
    finally:
        engine.dispose()


def test_two_databases_of_one_run_do_not_see_each_other(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    try:
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == []
            assert connection.scalar(text("show fsync")) == "on"
    finally:
        engine.dispose()
