"""Problems of definitions (values, collected) and failures of commands (exceptions, raised). Knows no floor above."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal

from engine.texts import Text

Severity = Literal["error", "warning", "note"]
UNTOLD = Text({})
EXPLAINED = "docs/problems.md"  # a topic per code; a server has the same page


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a definition: 1-based line and column; `path` as in `objects.sales_order.fields.qty`.

    `spots` gives line and column of any character of the text that begins here, where they do not stand side by side
    as in the text itself (escapes, folded lines). `space`: the namespace in which names there are looked up first."""

    file: str
    line: int = 1
    column: int = 1
    path: str = ""
    spots: Callable[[int], tuple[int, int]] | None = field(default=None, compare=False, repr=False)
    space: str = ""

    def within(self, text: str, offset: int) -> Location:
        """The place of the character `offset` of the text that begins here."""
        if self.spots is not None:
            return Location(self.file, *self.spots(offset), self.path, partial(_later, self.spots, offset), self.space)
        before = text[:offset]
        lines = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1) if lines else offset
        return Location(self.file, self.line + lines, self.column + column, self.path, space=self.space)


def _later(spots: Callable[[int], tuple[int, int]], start: int, offset: int) -> tuple[int, int]:
    return spots(start + offset)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a definition. `code` is stable and documented; problems are collected, never raised.

    `width`: how many columns of its line it is about, 0 where nobody knows yet. `zh`: the message in Chinese where
    people who define nothing meet it (in a filter that they write), blank elsewhere."""

    code: str
    message: str
    at: Location
    hint: str = ""
    severity: Severity = "error"
    width: int = 0
    zh: str = field(default="", compare=False)

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        where = f"{self.at.file}:{self.at.line}:{self.at.column}"
        return f"{where}: {self.severity} {self.code}: {self.message}{hint}"

    def document(self, page: str = EXPLAINED) -> dict[str, str | int]:
        """The problem as programs read it: file, line, column, width, severity, code, message, hint, and the address
        at which `page` explains the code."""
        return {
            "file": self.at.file,
            "line": self.at.line,
            "column": self.at.column,
            "width": max(self.width, 1),
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "url": f"{page}#{self.code.lower()}",
        }


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one value. `field` is a path: `customer`, `lines.0.qty` (0-based row); blank = the record.
    `told`: the message where it does not stand beside its field, naming field and row."""

    field: str
    message: Text
    code: str = "invalid"
    told: Text = dataclasses.field(default=UNTOLD, compare=False)

    def __post_init__(self) -> None:
        if not self.told:
            object.__setattr__(self, "told", self.message)


class BadDefinition(Exception):
    """The texts do not make an app; `problems` say why. What is live stays live."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(p) for p in problems[:3]))
        self.problems = problems


class Failure(Exception):
    """A command that was not carried out; nothing of it is written. `status` is the HTTP status that fits."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "failure"

    def __init__(self, message: Text, *, code: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message.to("en"))
        self.message = message
        self.code = code or self.default_code
        self.errors = tuple(errors)
        self.pointed = False                   # whether its text says which fields it is about
        self.about: Sequence[object] = ()      # of many records in one command those that are refused, where known
        self.places: Sequence[int] = ()        # the same as places, from 0, in what was given

    def __str__(self) -> str:
        return self.message.to("en")


class Unreadable(Failure):
    """The request cannot be read at all (malformed JSON, an unknown key, a filter that does not parse)."""

    status, default_code = 400, "unreadable"


class Forbidden(Failure):
    """The thing is visible to the actor, but the actor may not do this with it."""

    status, default_code = 403, "forbidden"


class NotFound(Failure):
    """There is no such thing, or the actor may not know of it: both look the same."""

    status, default_code = 404, "not_found"


class Refused(Failure):
    """A rule of the state, a guard or a check forbids this now. `warnings` wait for an answer (`accept`)."""

    status, default_code = 409, "refused"

    def __init__(
        self,
        message: Text,
        *,
        code: str = "",
        errors: Sequence[FieldError] = (),
        warnings: Sequence[tuple[str, Text]] = (),
    ) -> None:
        super().__init__(message, code=code, errors=errors)
        self.warnings = tuple(warnings)


class Conflict(Failure):
    """Somebody changed the record since it was read. `current_version` is the one that stands; `conflicts` are the
    fields in which what was sent differs from it, as documents (none where nobody has compared)."""

    status, default_code = 409, "stale"

    def __init__(self, message: Text, *, current_version: int, code: str = "") -> None:
        super().__init__(message, code=code)
        self.current_version = current_version
        self.conflicts: Sequence[Mapping[str, object]] = ()


class Invalid(Failure):
    """One or more values break a rule of their field or of the record; `errors` name each."""

    status, default_code = 422, "invalid"


class Locked(Failure):
    """A running approval holds the record."""

    status, default_code = 423, "locked"


class TooMany(Failure):
    """The caller asks too often; `seconds` until it may come again."""

    status, default_code = 429, "too_many"

    def __init__(self, message: Text, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Busy(Failure):
    """The database could not serve the command after several inner tries; try again."""

    status, default_code = 503, "busy"
