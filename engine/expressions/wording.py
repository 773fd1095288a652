"""Values as text where the world is needed for it: links by the title of their record, moments on the app's clock."""

from __future__ import annotations

from typing import Any

from engine.expressions.arithmetic import row_text, text_of
from engine.expressions.comparing import is_record
from engine.expressions.moments import local
from engine.expressions.scope import World
from engine.expressions.values import ErrorValue, Ref, Rows


def title_of(record: Any, world: World) -> str:
    """A link or record by its title; blank where it is gone or out of sight."""
    if isinstance(record, Ref):
        if record.title:
            return record.title
        row = world.record(record)
        return row_text(row) if row is not None else ""
    return row_text(record)


def wording(value: Any, world: World) -> str | ErrorValue:
    """A value as text, as `&`, `join` and `concat` put it; an error, also one in a list, stays one."""
    if type(value) is str:
        return value
    if type(value) is ErrorValue:
        return value
    if isinstance(value, (tuple, Rows)):
        words = [wording(item, world) for item in (value.items if isinstance(value, Rows) else value)]
        error = next((word for word in words if isinstance(word, ErrorValue)), None)
        return error or ", ".join(str(word) for word in words)
    return title_of(value, world) if is_record(value) else text_of(local(value, world))
