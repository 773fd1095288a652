"""`image`: a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.kinds.fields.attached import Attachment
from engine.kinds.fields.media import PICTURES


@dataclass(frozen=True, kw_only=True)
class Image(Attachment):
    """A picture that browsers draw: it is shown where others are named. A phone offers its camera."""

    kind: ClassVar[str] = "image"
    widget: ClassVar[str] = "image"
    takes: ClassVar[tuple[str, ...]] = PICTURES
