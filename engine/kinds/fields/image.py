"""`image`: a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.file import ACCEPT
from engine.kinds.fields.waiting import Waiting


@dataclass(frozen=True, kw_only=True)
class Image(Waiting):
    """A picture. Declared and typed (its text is the file's name); it holds nothing yet."""

    kind: ClassVar[str] = "image"
    options_schema: ClassVar[Mapping[str, Any]] = ACCEPT

    accept: tuple[str, ...] = ()
    size: str = ""
