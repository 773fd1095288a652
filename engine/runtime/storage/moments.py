"""Column types for moments: aware UTC in Python, naive UTC in the database, one text format on SQLite."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator

UTC = "+00:00"


class Moment(TypeDecorator[dt.datetime]):
    """An aware UTC datetime, stored naive."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any] | None:
        """One call per value here too: every row that is written has several moments."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def text(value: dt.datetime | None) -> str | None:
            if value is None:
                return None
            return value.astimezone(dt.UTC).isoformat(" ", "microseconds").removesuffix(UTC)

        return text

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], dt.datetime | None]:
        """One call per value: every row that is read has several moments."""
        read = dt.datetime.fromisoformat

        def written(value: str | None) -> dt.datetime | None:
            return None if value is None else read(value + UTC)

        def plain(value: dt.datetime | None) -> dt.datetime | None:
            return None if value is None else value.replace(tzinfo=dt.UTC)

        return written if dialect.name == "sqlite" else plain
