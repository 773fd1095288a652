"""`address`: a postal address as people write it. Knows no map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.long_text import LongText


@dataclass(frozen=True, kw_only=True)
class Address(LongText):
    """A few lines of text."""

    kind: ClassVar[str] = "address"
    options_schema: ClassVar[Mapping[str, Any]] = {}
    longest: ClassVar[int] = 1000
