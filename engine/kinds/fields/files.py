"""`files`: several files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.expressions.types import TEXT, Type, list_of
from engine.kinds.fields.file import ACCEPT
from engine.kinds.fields.waiting import Waiting


@dataclass(frozen=True, kw_only=True)
class Files(Waiting):
    """Several files. Declared and typed (their names); it holds nothing yet."""

    kind: ClassVar[str] = "files"
    options_schema: ClassVar[Mapping[str, Any]] = ACCEPT

    accept: tuple[str, ...] = ()
    size: str = ""

    @property
    def type(self) -> Type:
        return list_of(TEXT)
