"""How a stored formula keeps that it is an error: a column beside its value, with the code and the reason."""

from __future__ import annotations

import hashlib
import json

from engine.expressions.values import ErrorValue
from engine.texts import Text

SUFFIX = "__error"                             # no field's name has two underscores
LONGEST = 63                                   # bytes of a name on PostgreSQL
LANGUAGES = ("zh", "en")


def error_column(field: str) -> str:
    """The column beside that of a field; a long name is shortened with a digest."""
    name = field.encode("utf-8", "surrogatepass")
    if len(name) + len(SUFFIX) <= LONGEST:
        return field + SUFFIX
    return f"zx_{hashlib.sha256(name).hexdigest()[:40]}{SUFFIX}"


def is_error_column(column: str) -> bool:
    """Whether a column is one of these."""
    return column.endswith(SUFFIX)


def encoded(error: ErrorValue) -> str:
    """What the column holds: the code, and the reason in the languages of the engine."""
    reason = {language: error.reason.to(language) for language in LANGUAGES}
    return json.dumps([error.code, reason], ensure_ascii=False, separators=(",", ":"))


def decoded(text: str) -> ErrorValue:
    """The error out of the column."""
    code, reason = json.loads(text)
    return ErrorValue(code, Text(reason))


def kept(error: ErrorValue) -> ErrorValue:
    """An error as it comes back from the database: what is compared with what is there."""
    return decoded(encoded(error))
