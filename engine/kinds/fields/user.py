"""`user`: a person of the site. Looks nobody up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.link import Link


@dataclass(frozen=True, kw_only=True)
class User(Link):
    """A link to a person; in texts the login is the key."""

    kind: ClassVar[str] = "user"
    widget: ClassVar[str] = "user"
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "in", "is me", "is blank", "is not blank")
    options_schema: ClassVar[Mapping[str, Any]] = {
        name: Link.options_schema[name] for name in ("from", "where", "back")
    }

    to: tuple[str, ...] = ("user",)
