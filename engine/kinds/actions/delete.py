"""`delete`: a record, or each of several, goes to the bin. Removes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.kinds.actions.base import Step

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, kw_only=True)
class Delete(Step):
    """Deletes the record (or each of the rows) that `of` gives."""

    kind: ClassVar[str] = "delete"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "delete": {
            "type": "string", "slot": "E", "attribute": "of",
            "description": "the record, or each of several rows; it goes to the bin",
        },
    }
    needs: ClassVar[tuple[str, ...]] = ("delete",)

    of: Expression
