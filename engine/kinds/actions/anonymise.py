"""`anonymise`: the personal data of a record, or of each of several, are taken out for good. Blanks nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Anonymise(Step):
    """Takes the personal data out of the record (or of each of the rows) that `of` gives, for good."""

    kind: ClassVar[str] = "anonymise"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "anonymise": {
            "type": "string", "slot": "E:record", "attribute": "of",
            "description": "the record, or each of several rows: fields that are `personal` become blank, for good",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("anonymise",)

    of: Expression
