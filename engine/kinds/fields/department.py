"""`department`: a department of the site by its name. Looks nothing up: the list is the service's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.text import PlainText


@dataclass(frozen=True, kw_only=True)
class Department(PlainText):
    """The name of a department (they are unique by name, as `me.department` gives it)."""

    kind: ClassVar[str] = "department"
    widget: ClassVar[str] = "unit"
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "in", "is blank", "is not blank")
    listed: ClassVar[str] = "departments"
    options_schema: ClassVar[Mapping[str, Any]] = {}
