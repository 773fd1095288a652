"""`signature`: a signature drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.attached import MEGABYTE, Attachment


@dataclass(frozen=True, kw_only=True)
class Signature(Attachment):
    """A signature, drawn in the form and kept as a small picture. Without a script a picture of one is uploaded."""

    kind: ClassVar[str] = "signature"
    widget: ClassVar[str] = "signature"
    options_schema: ClassVar[Mapping[str, Any]] = {}
    takes: ClassVar[tuple[str, ...]] = ("png", "jpg", "jpeg")

    @property
    def largest(self) -> int:
        return MEGABYTE
