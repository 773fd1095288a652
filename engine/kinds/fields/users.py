"""`users`: several people of the site. Looks nobody up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.link import Link
from engine.kinds.fields.links import Links


@dataclass(frozen=True, kw_only=True)
class Users(Links):
    """Links to people; in texts the login is the key."""

    kind: ClassVar[str] = "users"
    widget: ClassVar[str] = "users"
    options_schema: ClassVar[Mapping[str, Any]] = {
        name: Link.options_schema[name] for name in ("from", "where", "back")
    }

    to: tuple[str, ...] = ("user",)
