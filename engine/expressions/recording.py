"""What a compilation to SQL took from its frame, so that the same statement can be asked again with other values.

A constant of a condition is a value of the moment: of a line, a customer, a day. Most of them are only compared; then
the statement is the same for all values of one shape (blank or not, zero or not, of which kind), and the value itself
is a parameter. Where more than the shape was looked at, the very value belongs to the statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal

from engine.expressions.comparing import is_record
from engine.expressions.nodes import Node
from engine.expressions.numbers import Exact, bind_number, fits
from engine.expressions.scope import Frame
from engine.expressions.values import Ref

How = Callable[[Any, Frame], Any]              # a constant → what is bound; raises `OtherShape`
PLAIN = (str, Decimal, bool, dt.date, dt.datetime, dt.time, Ref)


class OtherShape(Exception):
    """This value does not fit the statement that another one of its kind made."""


@dataclass(slots=True)
class Recording:
    """One compilation: the nodes that were evaluated in `frame` and whether their exact value counts, the parameters
    by their names (which node, how its value is bound). Not `sound`: the statement holds something besides."""

    frame: Frame
    nodes: list[tuple[Node, bool]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    parameters: dict[str, tuple[int, How]] = field(default_factory=dict)
    sound: bool = True

    def note(self, node: Node, value: Any, frame: Frame, *, exact: bool) -> int | None:
        """A constant that was evaluated; its place where it may become a parameter."""
        if frame is not self.frame:
            self.sound = False
        if value is not None and type(value) not in PLAIN:
            self.sound = False
        self.nodes.append((node, exact))
        self.values.append(value)
        return None if exact else len(self.nodes) - 1

    def parameter(self, place: int, value: Any, kind: Any, how: How, *, several: bool = False) -> BindParameter[Any]:
        """A parameter for the value of a constant."""
        name = f"given_{len(self.parameters)}"
        self.parameters[name] = (place, how)
        return bindparam(name, value, type_=kind, expanding=several)


RECORDING: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recorded(frame: Frame) -> Iterator[Recording]:
    """Record what is compiled within."""
    recording = Recording(frame)
    token = RECORDING.set(recording)
    try:
        yield recording
    finally:
        RECORDING.reset(token)


def spoil() -> None:
    """The statement that is being compiled holds what was looked up now: it cannot be asked again."""
    recording = RECORDING.get()
    if recording is not None:
        recording.sound = False


def given(place: int | None, value: Any, kind: Any, how: How | None = None) -> ColumnElement[Any]:
    """A constant in SQL, a parameter where it is recorded; `how` makes what is bound out of another value of its
    shape (None: it is bound as it is)."""
    recording = None if place is None else RECORDING.get()
    if place is None or recording is None:
        return literal(value, kind)
    return recording.parameter(place, value, kind, how or (lambda found, _: found))


def given_number(place: int | None, value: Decimal, beside: ColumnElement[Any] | None) -> ColumnElement[Any]:
    """A constant number, in the scale of what it stands beside if that holds it exactly."""
    kind = bind_number(value, beside).type
    scale = kind.scale if isinstance(kind, Exact) else None

    def fitting(found: Any, _: Frame) -> Any:
        if scale is not None and not fits(found, scale):
            raise OtherShape
        return found

    return given(place, value, kind, fitting)


def plain(value: Any) -> Any:
    """A record as the link to it."""
    return Ref(value.object, value.id or 0) if is_record(value) and not isinstance(value, Ref) else value


def signature(value: Any, *, exact: bool) -> Any:
    """What of a constant the statement depends on."""
    if exact:
        return type(value), str(value) if isinstance(value, Decimal) else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Ref):
        return value.object
    return type(value), not value
