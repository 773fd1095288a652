"""`file`: one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.waiting import Waiting

ACCEPT: Mapping[str, Any] = {
    "accept": {"type": ["string", "array"], "items": {"type": "string"}, "slot": "P[]",
               "description": "the kinds of files that are taken: pdf, png"},
    "size": {"type": "string", "slot": "P", "description": "the largest file: 5 MB"},
}


@dataclass(frozen=True, kw_only=True)
class File(Waiting):
    """One file. Declared and typed (its text is the file's name); it holds nothing yet."""

    kind: ClassVar[str] = "file"
    options_schema: ClassVar[Mapping[str, Any]] = ACCEPT

    accept: tuple[str, ...] = ()
    size: str = ""
