"""`email`: one e-mail address. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.kinds.fields.base import Unfit
from engine.kinds.fields.text import PlainText
from engine.texts import say

ADDRESS = re.compile(r"[^@\s,;:<>()\[\]\"\\]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w-]{2,63}")


@dataclass(frozen=True, kw_only=True)
class Email(PlainText):
    """An address as `name@example.com`."""

    kind: ClassVar[str] = "email"
    compared: ClassVar[bool] = True
    widget: ClassVar[str] = "email"
    options_schema: ClassVar[Mapping[str, Any]] = {}
    longest: ClassVar[int] = 254

    def check_value(self, value: Any) -> None:
        super().check_value(value)
        if value is not None and not ADDRESS.fullmatch(value):
            raise Unfit(say("邮箱请写作 name@example.com", "write the address as name@example.com"))
