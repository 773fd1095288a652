"""`signature`: a signature drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.waiting import Waiting


@dataclass(frozen=True, kw_only=True)
class Signature(Waiting):
    """A signature drawn by hand. Declared and typed (its text is the file's name); it holds nothing yet."""

    kind: ClassVar[str] = "signature"
    options_schema: ClassVar[Mapping[str, Any]] = {}
