"""`file`: one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.kinds.fields.attached import Attachment


@dataclass(frozen=True, kw_only=True)
class File(Attachment):
    """One file of any sort that is taken; as a text it is its name."""

    kind: ClassVar[str] = "file"
